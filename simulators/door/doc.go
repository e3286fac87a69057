// Package door makes believe: a UHPPOTE UT0311-L04 door controller behind
// uhppoted-mqtt, on any MQTT broker. Topics and JSON are those of
// github.com/uhppoted/uhppoted-mqtt (README.md, documentation/commands, device/*.go,
// mqtt/*.go, read at v0.9.0); event types and reasons those of uhppoted-lib
// locales/en/dictionary.go. Nothing of it is copied.
//
//	controller.go  the controller and the goroutine that owns it
//	leaf.go        one door: its lock, its leaf, and what testers do to it
//	events.go      the event record and its two feeds
//	requests.go    what uhppoted-mqtt answers
//	faults.go      what can be made to go wrong
//	intercom.go    an intercom that calls, on the same broker
package door
