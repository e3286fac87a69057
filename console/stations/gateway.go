package stations

import (
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// State is how the console sees a gateway.
type State string

// The states of a gateway.
const (
	NeverSeen State = "never_seen"
	Online    State = "online"
	Lost      State = "lost"    // its connection broke, or it fell silent
	Offline   State = "offline" // it said goodbye
)

// Gateway is a gateway as screens see it.
type Gateway struct {
	ID            string        `json:"id"`
	Station       string        `json:"station"`
	Name          string        `json:"name"`
	State         State         `json:"state" enum:"online,lost,offline,never_seen"`
	Since         time.Time     `json:"since"`
	LastHeartbeat *time.Time    `json:"last_heartbeat"`
	Clock         devices.Clock `json:"clock"` // empty until the first heartbeat
	Epoch         uint64        `json:"epoch"`
	Seq           uint64        `json:"seq"`
	Upto          uint64        `json:"upto"`
	Depth         uint64        `json:"depth"`
	Lag           float64       `json:"lag"`     // seconds
	Bytes         int64         `json:"bytes"`   // spool on disk
	Dropped       uint64        `json:"dropped"` // telemetry, ever
	Software      string        `json:"software"`
	ReadOnly      bool          `json:"read_only"`
	Demo          bool          `json:"demo"`
	Devices       int           `json:"devices"`
	DevicesLost   int           `json:"devices_lost"`
	Session       string        `json:"session"`
}

// Record is a gateway as the store keeps it.
type Record struct {
	ID, Station, Name string
	CredentialHash    string // hex SHA-256 of 256 random bits
	Demo              bool
	CreatedAt         time.Time
	State             State
	Since             time.Time
	LastHeartbeat     time.Time
	Session           string
	Birth             *link.BirthMessage // the last one, nil before the first
}

// Device is one piece of equipment as screens see it.
type Device struct {
	ID        string     `json:"id"` // "<gateway>/<device>"
	Gateway   string     `json:"gateway"`
	Station   string     `json:"station"`
	Device    string     `json:"device"`
	Name      string     `json:"name"`
	Profile   string     `json:"profile"`
	Category  string     `json:"category"`
	Location  string     `json:"location"`
	Address   string     `json:"address"`
	Line      string     `json:"line"`
	State     string     `json:"state" enum:"up,lost,unknown"`
	Since     time.Time  `json:"since"`
	LastHeard *time.Time `json:"last_heard"`
	Error     string     `json:"error"`
	Points    []Point    `json:"points"`
	// Plan is how the gateway asks the device; null when its birth does not say.
	Plan *devices.ReadPlan `json:"plan"`
}

// deviceState is what the live stream says of a device.
type deviceState struct {
	State     string     `json:"state"`
	Since     time.Time  `json:"since"`
	LastHeard *time.Time `json:"last_heard"`
	Error     string     `json:"error"`
}

// Point is one input or output as screens see it.
type Point struct {
	ID         devices.PointID      `json:"id"`
	Device     string               `json:"device"` // "<gateway>/<device>"
	Station    string               `json:"station"`
	Name       string               `json:"name"`
	Type       devices.PointType    `json:"type"`
	Unit       string               `json:"unit"`
	States     []string             `json:"states"`
	Kinds      []devices.Kind       `json:"kinds"`
	Verbs      []Verb               `json:"verbs"`
	Priority   int                  `json:"priority"`
	Location   string               `json:"location"`
	Priorities map[devices.Kind]int `json:"priorities"`
	// CommandsAllowed lets commands through that are off by default.
	CommandsAllowed bool     `json:"commands_allowed"`
	Reading         *Reading `json:"reading"`
}

// Verb is a command that a point takes, and whether who asks may give it.
type Verb struct {
	Verb         devices.Verb `json:"verb"`
	Allowed      bool         `json:"allowed"`
	OffByDefault bool         `json:"off_by_default"`
	NeedsReason  bool         `json:"needs_reason"`
}

// Reading is the last value of a point.
type Reading struct {
	State    string          `json:"state"`
	States   []string        `json:"states"`
	Value    *float64        `json:"value"`
	Text     string          `json:"text"`
	Quality  devices.Quality `json:"quality" enum:"good,stale,bad,uncertain,not_programmed,unknown"`
	Observed time.Time       `json:"observed"`
	Source   string          `json:"source"`
}

// Override is what people set of a point; it outlives every birth.
type Override struct {
	Name            string // empty: the gateway's
	Priorities      map[devices.Kind]int
	CommandsAllowed bool
}
