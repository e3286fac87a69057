package intake

import (
	"context"
	"errors"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/devices"
)

// Journal is what intake needs of the store.
type Journal interface {
	// Commit runs fn in one transaction, which it may run again when the database
	// rolled it back.
	Commit(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
	// Load returns what is committed of a gateway.
	Load(ctx context.Context, gateway string) ([]Progress, error)
	// Unsettled lists the gateways with something committed behind a hole.
	Unsettled(ctx context.Context) ([]Gateway, error)
	// Transient says whether err may go away by itself, Poison whether the
	// database refuses the values themselves.
	Transient(err error) bool
	Poison(err error) bool
}

// Gateway is a gateway and its station.
type Gateway struct{ Station, ID string }

// Span is a run of sequence numbers, both ends included.
type Span struct{ First, Last uint64 }

// Progress is what is committed of one epoch of a gateway: everything up to
// Upto but for the gaps, and Present, which lies above Upto or in a gap.
type Progress struct {
	Epoch, Upto   uint64
	Version       int64
	Present, Gaps []Span
}

// Tx is one transaction of intake.
type Tx interface {
	// Advance writes the marks, and locks them until the end. It returns
	// ErrOvertaken when somebody else has committed for one of the gateways since
	// it was loaded.
	Advance(ctx context.Context, marks []Mark) error
	// Next draws the next number of what the console itself says of a gateway.
	Next(ctx context.Context, gateway string) (uint64, error)
	// Append writes signals to the journal, in this order.
	Append(ctx context.Context, records []Record) error
	// Bury writes dead letters.
	Bury(ctx context.Context, letters []Letter) error
	// Board reads what the machine needs to apply the signals, and locks it; and
	// what the register knows of their points.
	Board(ctx context.Context, signals []Record) (*alarms.Board, map[devices.PointID]alarms.About, error)
	// Keep writes what the machine changed, and tells the screens.
	Keep(ctx context.Context, b *alarms.Board) error
	Audit(e audit.Entry)
}

// ErrOvertaken says that another console has committed for the gateway.
var ErrOvertaken = errors.New("somebody else has committed for this gateway")

// Mark is the progress of one epoch of a gateway after a group.
type Mark struct {
	Station, Gateway string
	Epoch            uint64
	Was, Upto        uint64
	Version          int64 // as loaded; 0: there was no row
	Add              []uint64
	Settled          bool // something that lay above Was is at or below Upto now
	Gaps             []Gap
}

// Gap is a run of numbers that never came.
type Gap struct {
	Span
	Found time.Time
	Why   string
}

// Record is one signal for the journal.
type Record struct {
	devices.Signal
	Station, Gateway string
	Received         time.Time
}

// Letter is something that could not be understood or stored.
type Letter struct {
	ID       int64     `json:"id"`
	Station  string    `json:"station"`
	Gateway  string    `json:"gateway"`
	Topic    string    `json:"topic"`
	Received time.Time `json:"received"`
	Reason   string    `json:"reason"`
	Epoch    uint64    `json:"epoch"`
	Seq      uint64    `json:"seq"` // 0 when it could not be read
	Payload  string    `json:"payload"`
}
