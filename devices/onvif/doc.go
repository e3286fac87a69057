// Package onvif asks a camera for its streams and turns it: SOAP 1.2 with a
// WS-UsernameToken digest (ONVIF Core 2.x, Media 1, PTZ 2), and HTTP digest
// where a camera wants that. It finds no cameras; it is given their address.
//
//	camera.go    a camera and how it is reached
//	media.go     its profiles and the addresses of their streams
//	ptz.go       where it looks
//	soap.go      questions and answers
//	token.go     who asks
//	errors.go    the words for what goes wrong
package onvif
