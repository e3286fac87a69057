package poller

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/devices/profiles"
)

// A device that does not know an address refuses the whole read. The bad
// addresses are found once, then read around; their points are bad.
const (
	retryQuarantine = 5 * time.Minute // then the whole block is tried again
	maxProbes       = 64              // reads spent on the search
)

// quarantine is what a device does not know of a block.
type quarantine struct {
	why    string
	bad    []bool    // by word
	good   []span    // to read instead, in order
	points []string  // that hang on a bad word
	until  time.Time // then the whole is tried again
}

// span is words [from, to) of a block.
type span struct{ from, to uint16 }

func unknownAddress(err error) bool {
	var e modbus.Exception
	return errors.As(err, &e) && e.Configuration()
}

// isolate finds the words of a block that the device does not know by halving,
// and returns the words it does know with zeros between them. When it knows none
// it returns the device's refusal.
func (d *Modbus) isolate(ctx context.Context, b *block, p modbus.Priority, refusal error) ([]uint16, error) {
	search := &sieve{device: d, block: b, priority: p, words: make([]uint16, b.Count)}
	search.bad = make([]bool, b.Count)
	if err := search.halves(ctx, span{0, b.Count}); err != nil {
		return nil, err // not now: the search begins anew at the next poll
	}
	q := &search.quarantine
	q.until = d.site.Now().Add(retryQuarantine)
	q.why = "the device refuses " + q.addresses(b)
	q.points = d.dependents(b, q.bad)
	b.bad = q
	d.degrade(q.points, devices.Bad)
	d.site.Log.Warn("configuration fault: read around it", "device", d.settings.ID, "block", b.name(), "fault", q.why, "points", len(q.points), "error", refusal)
	if len(q.good) == 0 {
		return nil, refusal
	}
	return search.words, nil
}

// A sieve is one search for bad addresses.
type sieve struct {
	quarantine
	device   *Modbus
	block    *block
	priority modbus.Priority
	words    []uint16
	probes   int
}

// halves looks into both halves of a stretch that was refused as a whole.
func (s *sieve) halves(ctx context.Context, whole span) error {
	if whole.to-whole.from == 1 || s.probes >= maxProbes {
		for i := whole.from; i < whole.to; i++ {
			s.bad[i] = true
		}
		return nil
	}
	mid := (whole.from + whole.to) / 2
	for _, half := range []span{{whole.from, mid}, {mid, whole.to}} {
		s.probes++
		got, err := s.device.ask(ctx, s.priority, s.block.Table, s.block.Address+half.from, half.to-half.from)
		switch {
		case unknownAddress(err):
			err = s.halves(ctx, half)
		case err == nil:
			copy(s.words[half.from:half.to], got)
			s.good = append(s.good, half)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (q *quarantine) addresses(b *block) string {
	var names string
	for i, bad := range q.bad {
		if !bad {
			continue
		}
		if len(names) > 60 {
			return names + " …"
		}
		if names != "" {
			names += ", "
		}
		names += fmt.Sprintf("%s %d", b.Table, int(b.Address)+i)
	}
	return names
}

// readAround reads the good stretches of a block, and now and then the whole,
// in case the device was set right.
func (d *Modbus) readAround(ctx context.Context, b *block, p modbus.Priority) ([]uint16, error) {
	q := b.bad
	if now := d.site.Now(); !now.Before(q.until) {
		q.until = now.Add(retryQuarantine)
		words, err := d.ask(ctx, p, b.Table, b.Address, b.Count)
		if err == nil {
			b.bad, b.redo = nil, true
		}
		if !unknownAddress(err) {
			return words, err
		}
	}
	if len(q.good) == 0 {
		return nil, errNothingGood
	}
	words := make([]uint16, b.Count)
	for _, s := range q.good {
		got, err := d.ask(ctx, p, b.Table, b.Address+s.from, s.to-s.from)
		if err != nil {
			return nil, err
		}
		if len(got) != int(s.to-s.from) {
			return nil, fmt.Errorf("%s: %d words for %d asked", b.name(), len(got), s.to-s.from)
		}
		copy(words[s.from:], got)
	}
	return words, nil
}

var errNothingGood = errors.New("the device refuses every address of the block")

// dependents are the points that change when bad words change. The decoder is
// tried with several fillings of them: what never differs does not hang on them.
func (d *Modbus) dependents(b *block, bad []bool) []string {
	c := d.settings.Compiled
	var first map[string]profiles.PointState
	found := map[string]bool{}
	for _, fill := range []uint16{0, 0xFFFF, 0x5555, 0xAAAA, 0x00FF, 0xFF00} {
		trial := c.NewImage()
		for _, other := range d.blocks {
			words := slices.Clone(d.image.Words(other.index))
			if words == nil {
				words = make([]uint16, other.Count)
			}
			if other == b {
				for i := range words {
					if bad[i] {
						words[i] = filling(b.Table, fill)
					}
				}
			}
			trial.Put(other.index, words)
		}
		seen := map[string]profiles.PointState{}
		for _, ps := range c.Decode(trial, b.index) {
			seen[ps.Point] = ps
			if was, ok := first[ps.Point]; ok && !reflect.DeepEqual(was, ps) {
				found[ps.Point] = true
			}
		}
		if first == nil {
			first = seen
		}
	}
	points := make([]string, 0, len(found))
	for point := range found {
		points = append(points, point)
	}
	slices.Sort(points)
	return points
}

func filling(t profiles.Table, fill uint16) uint16 {
	if t == profiles.Coil || t == profiles.Discrete {
		return fill & 1
	}
	return fill
}

// without leaves out the points that hang on bad words.
func (q *quarantine) without(states []profiles.PointState) []profiles.PointState {
	return slices.DeleteFunc(states, func(ps profiles.PointState) bool { return slices.Contains(q.points, ps.Point) })
}
