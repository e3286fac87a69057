// Package profiles compiles the YAML profile of a product into what a gateway
// needs to speak with one device: points, read plan, decoder and commands. It
// also plays the other side for simulators. The shipped profiles lie beside it,
// each in a folder with its golden vectors; README.md explains the language.
//
// The way of a profile through the files:
//
//	tree.go        YAML to values that know their lines
//	schema.go      the values against schema.json
//	document.go    the values as specs (spec.go; document_mqtt.go: messages)
//	params.go      what a site says of its device
//	expression.go  formulas and texts with formulas
//	compile.go     specs and parameters to points (rules.go: states, field.go: values, command.go)
//	plan.go        points to reads
//	image.go       the last words of a Modbus device
//	decode.go      words to states and conditions
//	limit.go       values to states: limits with a dead band
//	message.go     MQTT messages to states and happenings (memory.go, request.go)
//	simulate.go    states to words
//
// Nothing here waits, logs or asks for the time.
package profiles
