package link

import (
	"encoding/json"
	"fmt"
	"time"

	"guardroom/devices"
)

// Versions is the range of wire versions that a side speaks.
type Versions struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// Spoken is what this build speaks.
var Spoken = Versions{Min: 1, Max: 1}

// Meets reports whether v and w have a version in common.
func (v Versions) Meets(w Versions) bool { return v.Min <= w.Max && w.Min <= v.Max }

// BirthMessage says who a gateway is and what it serves. Retained.
type BirthMessage struct {
	Wire     Versions         `json:"wire"`
	Station  string           `json:"station"`
	Gateway  string           `json:"gateway"`
	Session  string           `json:"session"` // new at each connection
	Epoch    uint64           `json:"epoch"`
	Software string           `json:"software"`
	Config   string           `json:"config"` // hash of the configuration
	ReadOnly bool             `json:"read_only"`
	Managed  bool             `json:"managed"`
	Demo     bool             `json:"demo,omitempty"` // everything this gateway says is simulated
	At       time.Time        `json:"at"`
	Devices  []devices.Device `json:"devices"`
}

// StatusMessage is also the last will. An offline counts only when it names the
// session that is current: a late will never hides a new connection.
type StatusMessage struct {
	State   string    `json:"state"` // online, offline
	Session string    `json:"session"`
	At      time.Time `json:"at"`
}

// The states of a StatusMessage.
const (
	Online  = "online"
	Offline = "offline"
)

// ReadingsMessage carries the latest values; newest wins.
type ReadingsMessage struct {
	Readings []devices.Reading `json:"readings"`
}

// DeviceState is how a gateway sees one of its devices.
type DeviceState struct {
	Device    string    `json:"device"`
	State     string    `json:"state"` // up, lost, unknown
	Since     time.Time `json:"since"`
	LastHeard time.Time `json:"last_heard,omitzero"`
	Error     string    `json:"error,omitempty"`
}

// The states of a device. Lost is the early mark; the alarm comes as a signal.
const (
	DeviceUp      = "up"
	DeviceLost    = "lost"
	DeviceUnknown = "unknown"
)

// HeartbeatMessage is sent every 10 s.
type HeartbeatMessage struct {
	Session string        `json:"session"`
	At      time.Time     `json:"at"` // by the gateway's clock, uncorrected
	Clock   devices.Clock `json:"clock"`
	Epoch   uint64        `json:"epoch"`
	Seq     uint64        `json:"seq"`     // last sequence number given
	Upto    uint64        `json:"upto"`    // last one confirmed
	Depth   uint64        `json:"depth"`   // signals not yet confirmed
	Bytes   int64         `json:"bytes"`   // spool on disk
	Lag     float64       `json:"lag"`     // seconds since the oldest unconfirmed signal was observed
	Dropped uint64        `json:"dropped"` // telemetry dropped for want of space, ever
	Devices []DeviceState `json:"devices,omitempty"`
}

// ConfirmMessage says that every sequence number up to Upto is committed, or
// recorded as a gap or a dead letter. Only it lets a spool forget.
type ConfirmMessage struct {
	Epoch uint64    `json:"epoch"`
	Upto  uint64    `json:"upto"`
	Now   time.Time `json:"now"` // the console's clock
}

// DesiredMessage is the state to hold, re-asserted after a reconnect. Retained.
type DesiredMessage struct {
	Version   uint64     `json:"version"`
	Lockdowns []Lockdown `json:"lockdowns"`
}

// Lockdown is one lockdown in force.
type Lockdown struct {
	ID     string            `json:"id"`
	Points []devices.PointID `json:"points"`
}

// ConfigMessage is a configuration that the console sends to a gateway that is
// managed. Versions of a gateway only grow. Retained.
type ConfigMessage struct {
	Version uint64    `json:"version"`
	Text    string    `json:"text"` // YAML: devices, supervision
	By      string    `json:"by"`   // name, for the gateway's log
	At      time.Time `json:"at"`
}

// AppliedMessage says what became of the newest configuration that a gateway has
// looked at. Retained.
type AppliedMessage struct {
	Version uint64 `json:"version"` // 0: none was sent
	State   string `json:"state"`   // trying, applied, refused, reverted
	// InForce is the version that the gateway runs with, but while it tries another;
	// 0 is its own file, of which birth tells the hash.
	InForce uint64        `json:"in_force"`
	Faults  []ConfigFault `json:"faults,omitempty"`
	At      time.Time     `json:"at"`
}

// The states of an AppliedMessage.
const (
	ConfigTrying   = "trying"
	ConfigInForce  = "applied"
	ConfigRefused  = "refused"  // it cannot be read: faults say where and why
	ConfigReverted = "reverted" // it did not work: the last good one counts again
)

// ConfigFault is one thing that is wrong with a configuration.
type ConfigFault struct {
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"` // 0: of the whole
	Reason string `json:"reason"`
}

// GapDetail are the Detail keys of a spool.gap signal: which sequence numbers
// of which epoch were dropped, and why.
const (
	GapEpoch = "epoch"
	GapFrom  = "from"
	GapTo    = "to"
	GapCount = "count"
	GapWhy   = "why"
)

// Decode reads the JSON of one small message and says which one failed.
func Decode[M any](c Channel, payload []byte) (M, error) {
	var m M
	if len(payload) > MaxBytes*4 {
		return m, fmt.Errorf("%s: message of %d bytes", c, len(payload))
	}
	if err := json.Unmarshal(payload, &m); err != nil {
		return m, fmt.Errorf("%s: %w", c, err)
	}
	return m, nil
}
