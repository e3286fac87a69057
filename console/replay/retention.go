package replay

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"guardroom/console/auth"
)

// Retention says how long what is kept of every station, by type of record.
type Retention struct {
	JournalDays    int   `json:"journal_days"`     // signals
	DeadLetterDays int   `json:"dead_letter_days"` // what could not be understood or stored
	Version        int64 `json:"version"`          // 0: nobody has chosen
}

// DefaultRetention holds until somebody chooses.
func DefaultRetention() Retention { return Retention{JournalDays: 400, DeadLetterDays: 90} }

const (
	fewestDays = 30
	mostDays   = 20 * 366
)

// Validate reports the first field that cannot be.
func (r *Retention) Validate() error {
	for name, days := range map[string]int{"journal_days": r.JournalDays, "dead_letter_days": r.DeadLetterDays} {
		if days < fewestDays || days > mostDays {
			return &InvalidError{Field: name, Reason: fmt.Sprintf("not between %d and %d", fewestDays, mostDays)}
		}
	}
	return nil
}

// Hold keeps a part of the journal, however old it is.
type Hold struct {
	ID            string     `json:"id"`
	Station       string     `json:"station"` // "*": of every station
	From          time.Time  `json:"from"`
	Until         time.Time  `json:"until"`
	Reason        string     `json:"reason"`
	By            string     `json:"by"`
	ByName        string     `json:"by_name"`
	At            time.Time  `json:"at"`
	ReleasedAt    *time.Time `json:"released_at"` // null while it stands
	ReleasedName  string     `json:"released_name"`
	ReleaseReason string     `json:"release_reason"`
}

// retentionStore keeps what people chose. Each change is entered in the record.
type retentionStore interface {
	Retention(ctx context.Context) (Retention, error)
	SaveRetention(ctx context.Context, by auth.Operator, r Retention) (Retention, error)
	Holds(ctx context.Context, stations []string) ([]Hold, error)
	AddHold(ctx context.Context, by auth.Operator, h Hold) (Hold, error)
	FindHold(ctx context.Context, id string) (Hold, error)
	ReleaseHold(ctx context.Context, by auth.Operator, id, reason string) (Hold, error)
}

// Retention returns how long what is kept.
func (d *Desk) Retention(ctx context.Context, by auth.Operator) (Retention, error) {
	if err := by.May(auth.AuditRead, auth.AllStations); err != nil {
		return Retention{}, err
	}
	return d.Store.Retention(ctx)
}

// Retain changes how long what is kept. What is dropped is gone.
func (d *Desk) Retain(ctx context.Context, by auth.Operator, r Retention) (Retention, error) {
	if err := by.May(auth.StationsManage, auth.AllStations); err != nil {
		return Retention{}, err
	}
	if err := r.Validate(); err != nil {
		return Retention{}, err
	}
	return d.Store.SaveRetention(ctx, by, r)
}

// Holds lists the legal holds that by may see, newest first, released ones too.
func (d *Desk) Holds(ctx context.Context, by auth.Operator, station string) ([]Hold, error) {
	stations, err := by.Scope(auth.AuditRead, station)
	if err != nil {
		return nil, err
	}
	return d.Store.Holds(ctx, stations)
}

const longestReason = 1000

// Hold places a legal hold.
func (d *Desk) Hold(ctx context.Context, by auth.Operator, h Hold) (Hold, error) {
	if err := by.May(auth.StationsManage, h.Station); err != nil {
		return Hold{}, err
	}
	if err := reason(h.Reason); err != nil {
		return Hold{}, err
	}
	switch {
	case h.Station == "":
		return Hold{}, &InvalidError{Field: "station", Reason: "is needed; * is every station"}
	case h.From.IsZero():
		return Hold{}, &InvalidError{Field: "from", Reason: "is needed"}
	case !h.Until.After(h.From):
		return Hold{}, &InvalidError{Field: "until", Reason: "is not after from"}
	}
	h.ID, h.By, h.ByName = auth.NewID(), by.ID, by.Name
	h.From, h.Until, h.ReleasedAt = h.From.UTC(), h.Until.UTC(), nil
	return d.Store.AddHold(ctx, by, h)
}

// Release ends a legal hold. Doing so again changes nothing.
func (d *Desk) Release(ctx context.Context, by auth.Operator, id, why string) (Hold, error) {
	if all, some := by.Stations(auth.StationsManage); !all && len(some) == 0 {
		return Hold{}, by.May(auth.StationsManage, auth.AllStations)
	}
	h, err := d.Store.FindHold(ctx, id)
	if err != nil {
		return Hold{}, err
	}
	if err := by.May(auth.StationsManage, h.Station); err != nil {
		return Hold{}, err
	}
	if h.ReleasedAt != nil {
		return h, nil
	}
	if err := reason(why); err != nil {
		return Hold{}, err
	}
	return d.Store.ReleaseHold(ctx, by, id, why)
}

func reason(text string) error {
	switch {
	case text == "":
		return &InvalidError{Field: "reason", Reason: "is needed"}
	case !utf8.ValidString(text):
		return &InvalidError{Field: "reason", Reason: "not UTF-8"}
	case utf8.RuneCountInString(text) > longestReason:
		return &InvalidError{Field: "reason", Reason: fmt.Sprintf("longer than %d characters", longestReason)}
	}
	return nil
}
