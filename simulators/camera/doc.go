// Package camera is make-believe cameras: each an RTSP server of its own that
// plays a committed clip as main and sub-stream, with an ONVIF face, a head that
// turns between prepared views, and faults to be set.
//
//	camera.go   a camera and what is asked of it
//	clip.go     a coded picture stream, read from Annex B
//	scenes.go   the committed clips; make/ draws them anew
//	server.go   RTSP: DESCRIBE, SETUP, PLAY, and ANNOUNCE for those who feed one
//	player.go   the pace of a stream, and what faults do to it
//	head.go     where the camera looks
//	onvif.go    device, media and PTZ services (ONVIF Core, Media and PTZ 2.x)
//	faults.go   what can be wrong with it
package camera
