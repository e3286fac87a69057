package replay

import (
	"slices"
	"time"
)

// Digest is what a segment of the journal comes down to.
type Digest struct {
	From, To time.Time // the earliest and the latest instant received in it
	Signals  int
	Heard    map[string][]*Heard // by station
	Minutes  map[Minute]Density
	Sayings  map[[16]byte]*Said
	Cards    []Card
}

// Minute is a minute of a station.
type Minute struct {
	Station string
	At      time.Time
}

// Density says how much came in some time.
type Density struct {
	At      time.Time `json:"at"` // where it begins
	Signals int       `json:"signals"`
	Alarms  int       `json:"alarms"` // raised
	Worst   int       `json:"worst"`  // priority of the worst of them, 0 none
}

// Add puts two densities together.
func (d Density) Add(e Density) Density {
	d.Signals, d.Alarms = d.Signals+e.Signals, d.Alarms+e.Alarms
	if d.Worst == 0 || e.Worst != 0 && e.Worst < d.Worst {
		d.Worst = e.Worst
	}
	return d
}

// Said is a saying and how often it came.
type Said struct {
	Saying
	Count int
}

// Card is a card shown at a reader.
type Card struct {
	Hash   string
	At     time.Time
	Signal int64
}

// Raise is an alarm raised, as the density counts it.
type Raise struct {
	At       time.Time
	Station  string
	Priority int
}

// MakeDigest digests a run of the journal and the alarms raised meanwhile.
func MakeDigest(heard []Heard, raised []Raise) *Digest {
	d := &Digest{Heard: map[string][]*Heard{}, Minutes: map[Minute]Density{}, Sayings: map[[16]byte]*Said{}, Signals: len(heard)}
	for i := range heard {
		h := &heard[i]
		d.Span(h.Received)
		d.Heard[h.Station] = append(d.Heard[h.Station], h)
		d.count(h.Station, h.Received, Density{Signals: 1})
		if h.Card != "" {
			d.Cards = append(d.Cards, Card{h.Card, h.Received, h.ID})
		}
		saying := Say(h)
		if said := d.Sayings[saying.key]; said != nil {
			said.Count++
		} else {
			d.Sayings[saying.key] = &Said{saying, 1}
		}
	}
	for _, r := range raised {
		d.count(r.Station, r.At, Density{Alarms: 1, Worst: r.Priority})
	}
	return d
}

// Span widens the time that d covers to at.
func (d *Digest) Span(at time.Time) {
	if d.From.IsZero() || at.Before(d.From) {
		d.From = at
	}
	if at.After(d.To) {
		d.To = at
	}
}

func (d *Digest) count(station string, at time.Time, one Density) {
	m := Minute{station, at.UTC().Truncate(time.Minute)}
	d.Minutes[m] = d.Minutes[m].Add(one)
}

// Keys lists the sayings in a fixed order.
func (d *Digest) Keys() [][16]byte {
	keys := make([][16]byte, 0, len(d.Sayings))
	for k := range d.Sayings {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(x, y [16]byte) int { return slices.Compare(x[:], y[:]) })
	return keys
}
