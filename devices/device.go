package devices

// A Device is one piece of equipment behind a gateway.
type Device struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Profile  string  `json:"profile"`            // "fire/siemens-nk8237"
	Category string  `json:"category"`           // the profile's first part: fire, intrusion, access, power, sensor
	Location string  `json:"location,omitempty"` // words for a person
	Address  string  `json:"address,omitempty"`  // where the gateway finds it, without credentials
	Line     string  `json:"line,omitempty"`     // the physical line it shares with others
	Points   []Point `json:"points"`
}

// A Point is one input or output of a device: a zone, a door contact, a lock.
type Point struct {
	ID       string    `json:"id"`
	Name     string    `json:"name,omitempty"`
	Type     PointType `json:"type"`
	Unit     string    `json:"unit,omitempty"`   // "V", "°C", "s", "%"
	States   []string  `json:"states,omitempty"` // the profile's state names, "normal" first
	Kinds    []Kind    `json:"kinds,omitempty"`  // the signals it can give
	Verbs    []Verb    `json:"verbs,omitempty"`  // the commands it takes
	Priority int       `json:"priority,omitempty"`
	Location string    `json:"location,omitempty"`
}

// PointType says what a point's value is.
type PointType string

// The point types.
const (
	Binary  PointType = "binary"  // bool
	Enum    PointType = "enum"    // a state name
	Analog  PointType = "analog"  // a number in the point's unit
	Counter PointType = "counter" // a number that only grows
	Text    PointType = "text"    // a string
	Event   PointType = "event"   // no value: it only gives signals
)

// Points that every device has without a profile naming them.
const (
	CommsPoint = "comms" // gives comms.lost
	LifePoint  = "life"  // gives lifesign.stopped
)

// GatewayDevice is the device id under which a gateway speaks of itself.
const GatewayDevice = "gateway"

// Points of a gateway itself.
const (
	LinkPoint  = "link"  // gateway.lost, raised by the console
	SpoolPoint = "spool" // spool.gap, signals.missing
	ClockPoint = "clock" // clock.skew
)
