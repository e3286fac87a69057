// Package modbusd is a Modbus TCP slave for simulators and tests: tables of
// coils and registers for each unit, a hook for what masters write, and faults
// on demand. It is written from the specification (Modbus Application Protocol
// V1.1b3, Messaging on TCP/IP V1.0b) and shares no code with devices/modbus, so
// that the two cannot share a mistake.
//
//	store.go     tables, declared ranges, writes
//	server.go    listening and its options
//	master.go    one connection, and how faults spoil its answers
//	frame.go     MBAP frames
//	requests.go  function codes 1 2 3 4 5 6 15 16 and 0x2B/0x0E
//	faults.go    what can be made to go wrong
package modbusd
