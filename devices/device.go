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
	// Plan is how its gateway asks it; nil when nobody said.
	Plan *ReadPlan `json:"plan,omitempty"`
	// Camera is what it offers when it is one.
	Camera *Camera `json:"camera,omitempty"`
}

// A Camera is what a device of category camera offers beside its points.
type Camera struct {
	Streams []string   `json:"streams"` // MainStream, SubStream
	PTZ     bool       `json:"ptz"`     // it can be turned
	Record  *Recording `json:"record,omitempty"`
	Sees    []string   `json:"sees,omitempty"` // points that it looks at, whole ids
}

// Recording says how a gateway keeps the pictures of a camera.
type Recording struct {
	Hours    int    `json:"hours"`              // how long at most; 0 says the recorder alone knows
	Stream   string `json:"stream"`             // which is kept
	Recorder bool   `json:"recorder,omitempty"` // a recorder of the station's own keeps them
}

// CameraCategory is the category of cameras, and the name of their profile.
const CameraCategory = "camera"

// The streams of a camera.
const (
	MainStream = "main" // the full picture
	SubStream  = "sub"  // a small one, for walls
)

// Points of a camera beside CommsPoint.
const (
	PicturePoint  = "picture"  // connecting, live, frozen, lost; gives video.frozen
	RecorderPoint = "recorder" // recording, stopped, off; gives video.unrecorded
)

// A ReadPlan is how a gateway keeps up with a device: the requests that it
// sends at each cadence, or the topics that it listens to.
type ReadPlan struct {
	Fast     string        `json:"fast"` // how often fast reads are due, "1s"
	Slow     string        `json:"slow"`
	Reads    []PlannedRead `json:"reads"`
	Topics   []string      `json:"topics"`
	LifeSign string        `json:"life_sign"` // what must change, and within which time; "" nothing
}

// PlannedRead is one request of a read plan. Address is that of the PDU, base 0.
type PlannedRead struct {
	Table   string `json:"table"` // holding, input, coil, discrete
	Address uint16 `json:"address"`
	Count   uint16 `json:"count"`
	Tier    string `json:"tier"` // fast, slow
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
	Limits   []Limit   `json:"limits,omitempty"` // of its value
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

// ConsoleGateway is the gateway id under which the console speaks of itself: of
// the watch of a station, of its fallback pack. No gateway may have it.
const ConsoleGateway = "console"

// Points of a gateway itself.
const (
	LinkPoint  = "link"  // gateway.lost, raised by the console
	SpoolPoint = "spool" // spool.gap, signals.missing
	ClockPoint = "clock" // clock.skew
)
