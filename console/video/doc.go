// Package video brings a camera's picture to many browsers at once: WebRTC with
// WHEP's and WHIP's exchange of session descriptions, one port for all.
//
//	server.go    the port, the feeds, the pulse that looks at them
//	feed.go      one stream of one camera: one source, many viewers
//	ring.go      its newest packets: group of pictures and retransmission history
//	timeline.go  one clock over reconnects and wrong time stamps
//	session.go   a viewer's or a gateway's connection
//	viewer.go    what a viewer is sent, when, and what is left out
//	span.go      which packet of the ring was which of the viewer's
//	codecs.go    what is offered and chosen
//	age.go       how old the shown picture is, told to the browser
//	push.go      a gateway as source
//	socket.go    the UDP port: bursts to one viewer in one system call
//
// A packet is cut to size and stamped once for a camera, and kept once. A viewer
// has a place in the ring and a header of twelve bytes; the rest is shared.
package video
