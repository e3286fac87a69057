// Package rtsp pulls the picture of a camera or a recorder: RTSP 1.0 (RFC 2326)
// over TCP, UDP or TLS, H.264 (RFC 6184) and H.265 (RFC 7798) in RTP.
//
//	camera.go   what is pulled, who takes it, and why it may end
//	pull.go     one stream for as long as it is wanted
//	session.go  one connection of it
//	stream.go   its packets, and what they say about themselves
//	units.go    the units inside a packet
//	format.go   what the picture is made of, from SDP and parameter sets
//	order.go    whether pictures are sent in another order than shown
//	fault.go    the words for what goes wrong
//	health.go   whether a stream lives, stands still or is gone
package rtsp
