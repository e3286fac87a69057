package profiles

import (
	"time"

	"guardroom/devices"
)

// document is a profile file as written, before repetition and parameters.
// Every part remembers its line, so that what Compile finds has a place too.
type document struct {
	file       string
	params     []param
	maps       map[string]codeMap
	points     []pointSpec
	requests   []requestSpec
	messages   []messageSpec
	fast, slow time.Duration
	bridge     int
	life       *lifeSpec
	change     *changeSpec
}

type codeMap map[int64]outcome

// outcome is the state that a code stands for.
type outcome struct {
	state string
	kind  devices.Kind
}

type pointSpec struct {
	line      int
	repeat    []repeatSpec
	when      []choice
	id, name  template
	unit      string
	kind      devices.PointType
	tier      template
	priority  int
	fields    []fieldSpec
	states    []stateSpec
	value     *valueSpec
	absent    []matchSpec
	normal    []matchSpec
	commands  []commandSpec
	textField string // the field that a text point shows
}

// repeatSpec lets name run from..to, or over the entries of a list parameter.
type repeatSpec struct {
	line     int
	name     string
	from, to expression
	list     string
}

// choice holds when the parameter or field called name has one of the values.
type choice struct {
	line   int
	name   string
	values []any
}

type fieldSpec struct {
	line int
	name string

	table       Table // Modbus
	address     expression
	as          string
	words       int
	lowFirst    bool
	packBits    int
	packElement expression
	packFirst   template
	rest        int64
	restText    string

	message string // MQTT
	path    template
	where   []pathTest
}

// pathTest holds when the value at path, as text, is want.
type pathTest struct {
	path string
	want template
}

type matchSpec struct {
	line   int
	of     string
	bit    expression
	any    expression
	all    expression
	mask   expression
	equals expression
	in     []expression
	text   template
}

type stateSpec struct {
	line      int
	state     string
	kind      devices.Kind
	match     []matchSpec
	unless    []matchSpec
	limit     *limitSpec
	choose    *selectSpec
	code      *codeSpec
	cause     string
	quiet     bool
	uncertain bool
	summary   bool
	cleared   []matchSpec
	sim       map[string]expression
}

type selectSpec struct {
	of       string
	mask     expression
	codes    codeMap
	fallback *outcome
}

type codeSpec struct {
	of   string
	mask expression
}

type valueSpec struct {
	of            string
	scale, offset float64
}

type commandSpec struct {
	line         int
	verb         devices.Verb
	when         []choice
	writes       []writeSpec
	request      string
	with         []binding
	confirm      *confirmSpec
	effects      []effectSpec
	offByDefault bool
	needsReason  bool
}

// binding gives a name of a request its value: door: ${n}.
type binding struct {
	name  string
	value template
}

type writeSpec struct {
	line           int
	table          Table
	address, value expression
}

type confirmSpec struct {
	line   int
	point  template
	state  string
	not    bool
	within time.Duration
}

type effectSpec struct {
	line  int
	point template
	state string
	on    bool
}

type requestSpec struct {
	line   int
	name   string
	repeat []repeatSpec
	topic  template
	body   *node
	poll   bool
}

type messageSpec struct {
	line     int
	name     string
	topics   []template
	body     string
	raw      bool
	onlyIf   []pathTest
	alive    bool
	nativeID string
	asOf     string
	occurred string
	layouts  []string
	zone     template
	replyID  string
	replyOK  []pathTest
	failed   bool
	failure  string
	fallback string
	events   []eventSpec
}

type eventSpec struct {
	line   int
	when   []eventTest
	point  string // braces hold paths of the payload: "door{door-id}"
	state  string
	kind   devices.Kind
	pulse  bool
	sets   []setSpec
	text   string
	detail []detailSpec
}

// eventTest holds when the value at path is one of the values.
type eventTest struct {
	path   string
	values []string
}

type setSpec struct {
	field string
	value int64
}

type detailSpec struct {
	name  string
	value string // as it is
	path  string // or from the payload
	last  int    // and of that only the last characters, after "…"
}

type lifeSpec struct {
	line   int
	point  string
	within time.Duration
}

type changeSpec struct {
	line    int
	table   Table
	address expression
	when    []choice
}
