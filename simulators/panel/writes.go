package panel

import (
	"slices"
	"time"

	"guardroom/devices/profiles"
	"guardroom/simulators/modbusd"
)

// address is one word that masters may write.
type address struct {
	table modbusd.Table
	at    uint16
}

// command is what a panel knows of such a word.
type command struct {
	values []uint16 // that mean something
	shows  bool     // the word shows a state: it changes when the panel obeys, not when it is written
}

// written is a command that waits to be obeyed.
type written struct {
	due     time.Time
	effects []profiles.Effect
}

// learnCommands collects what masters may write.
func (p *Panel) learnCommands() {
	p.known = map[address]command{}
	for _, dp := range p.c.Points {
		for _, verb := range dp.Verbs {
			action, err := p.c.Command(dp.ID, verb, nil)
			if err != nil {
				continue // it needs arguments, so no fixed word commands it
			}
			for _, w := range action.Writes {
				for i, v := range w.Values {
					at := address{modbusd.Table(w.Table), w.Address + uint16(i)}
					c := p.known[at]
					c.values = append(c.values, v)
					c.shows = p.reads(w.Table, at.at)
					p.known[at] = c
				}
			}
		}
	}
}

// reads reports whether the word is one that gateways poll.
func (p *Panel) reads(t profiles.Table, at uint16) bool {
	return slices.ContainsFunc(p.c.Reads, func(r profiles.Read) bool {
		return r.Table == t && at >= r.Address && int(at) < int(r.Address)+int(r.Count)
	})
}

// command judges what a master wrote, in the master's goroutine: words that
// nobody may write and values without a meaning are refused, as panels do.
func (p *Panel) command(w modbusd.Write) error {
	shows := false
	for i, v := range w.Values {
		c, ok := p.known[address{w.Table, w.Addr + uint16(i)}]
		switch {
		case !ok:
			return modbusd.IllegalAddress
		case w.Unit != p.o.Unit:
			return modbusd.TargetSilent
		case !slices.Contains(c.values, v):
			return modbusd.IllegalValue
		}
		shows = shows || c.shows
	}
	effects := p.c.Commanded(profiles.Write{Table: profiles.Table(w.Table), Address: w.Addr, Values: w.Values})
	select {
	case p.written <- written{time.Now().Add(p.o.Obeys), effects}:
	default:
		return modbusd.DeviceBusy
	}
	if shows {
		return modbusd.ErrTaken
	}
	return nil
}

// obey lets a command have its effects.
func (p *Panel) obey(w written) {
	for _, e := range w.effects {
		pt := p.points[e.Point]
		if pt == nil {
			continue // not in this configuration
		}
		before := slices.Clone(pt.states)
		if e.On {
			p.begin(e.Point, e.State)
		} else {
			pt.states = slices.DeleteFunc(pt.states, func(s string) bool { return s == e.State })
		}
		if slices.Equal(before, pt.states) {
			continue
		}
		if err := p.changed(e.Point); err != nil {
			p.o.Log.Warn("effect cannot be shown", "point", e.Point, "state", e.State, "error", err)
		}
	}
}
