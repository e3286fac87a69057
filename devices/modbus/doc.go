// Package modbus asks Modbus slaves over TCP, RTU and RTU in TCP.
//
// A Line is one physical line: one TCP connection, or one serial port, with one
// or many units behind it. The goroutine in Run owns it; Read and Write ask that
// goroutine and may be called from anywhere.
//
//	line.go        Line: the goroutine that owns the wire, and what it concludes
//	ask.go         Read and Write: the queue and giving up
//	options.go     settings and their defaults
//	address.go     tcp://, rtu+tcp:// and rtu:// addresses
//	transport.go   connect, settle, send, receive, close on doubt
//	wire.go        TCP connection or serial port
//	backoff.go     pauses between attempts to connect
//	frame.go       what every answer must fulfil
//	tcpframe.go    MBAP frames (Modbus Messaging on TCP/IP V1.0b, 3.1.3)
//	rtuframe.go    RTU frames and their CRC (Modbus over Serial Line V1.02, 2.5.1)
//	errors.go      what can go wrong, and what the caller may conclude from it
//	stats.go       counters
//
// What the library goburrow/modbus does here: it encodes requests, numbers
// transactions and decodes answers. What it does not do here: own the connection.
// Its own transports keep a connection after a fault and so fail for ever, or
// return fewer registers than asked without an error.
package modbus
