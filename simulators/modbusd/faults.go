package modbusd

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Names of faults for SetFault. Silent and Busy devices do not carry out what
// is asked; with all others it is carried out, and the answer suffers.
const (
	Silent            = "silent"             // takes requests, does nothing
	LostAnswers       = "lost_answers"       // carries out, does not answer
	Slow              = "slow"               // answers after a delay: "slow:500ms"
	Trickle           = "trickle"            // one byte after the other, with a delay: "trickle:5ms"
	Busy              = "busy"               // exception 6
	HalfFrames        = "half_frames"        // half an answer, then nothing
	Reset             = "reset"              // half an answer, then a TCP reset
	HangUp            = "hang_up"            // ends the connection instead of answering
	Duplicates        = "duplicates"         // every answer twice
	WrongTransaction  = "wrong_transaction"  // another transaction id
	WrongUnit         = "wrong_unit"         // another unit id
	WrongFunction     = "wrong_function"     // another function code
	ShortData         = "short_data"         // one register or byte too few
	LongData          = "long_data"          // one register or byte too many
	Garbage           = "garbage"            // bytes that are no frame
	RefuseConnections = "refuse_connections" // cuts masters and takes no new ones
	FrozenLife        = "frozen_life"        // for panel simulators, which ask Has
)

// NoFault ends all faults.
const NoFault = "none"

var delays = map[string]time.Duration{Slow: 500 * time.Millisecond, Trickle: 5 * time.Millisecond}

const longestDelay = time.Minute

// FaultNames lists the names that SetFault knows.
func FaultNames() []string {
	return []string{
		NoFault, Silent, LostAnswers, Slow, Trickle, Busy, HalfFrames, Reset, HangUp, Duplicates,
		WrongTransaction, WrongUnit, WrongFunction, ShortData, LongData, Garbage, RefuseConnections, FrozenLife,
	}
}

// fault is one fault that is active.
type fault struct {
	name  string
	delay time.Duration
	left  int // answers that it still spoils; -1 until it is ended
	unit  int // -1 for every unit
}

// parseFault reads "name[:delay][*count][@unit]".
func parseFault(spec string) (fault, error) {
	f := fault{left: -1, unit: -1}
	rest, unit, ofUnit := strings.Cut(strings.TrimSpace(spec), "@")
	rest, count, counted := strings.Cut(rest, "*")
	name, delay, delayed := strings.Cut(rest, ":")
	if !slices.Contains(FaultNames(), name) {
		return fault{}, fmt.Errorf("fault %q: %q is not one of %s", spec, name, strings.Join(FaultNames(), ", "))
	}
	f.name, f.delay = name, delays[name]
	var err error
	if ofUnit {
		if f.unit, err = strconv.Atoi(unit); err != nil || f.unit < 0 || f.unit > 255 {
			return fault{}, fmt.Errorf("fault %q: unit %q is not from 0 to 255", spec, unit)
		}
	}
	if counted {
		if f.left, err = strconv.Atoi(count); err != nil || f.left < 1 {
			return fault{}, fmt.Errorf("fault %q: count %q is not a positive number", spec, count)
		}
	}
	if delayed {
		if f.delay == 0 {
			return fault{}, fmt.Errorf("fault %q: %s takes no delay", spec, name)
		}
		if f.delay, err = time.ParseDuration(delay); err != nil || f.delay <= 0 || f.delay > longestDelay {
			return fault{}, fmt.Errorf("fault %q: delay %q is not from 1ns to %s", spec, delay, longestDelay)
		}
	}
	if ofUnit && name == RefuseConnections {
		return fault{}, errors.New("fault refuse_connections is of the whole server: a connection has no unit")
	}
	return f, nil
}

func (f fault) String() string {
	text := f.name
	if delays[f.name] > 0 {
		text += ":" + f.delay.String()
	}
	if f.left > 0 {
		text += "*" + strconv.Itoa(f.left)
	}
	if f.unit >= 0 {
		text += "@" + strconv.Itoa(f.unit)
	}
	return text
}

func (f fault) concerns(unit int) bool { return f.unit < 0 || f.unit == unit }

// faults are those active now, in the order in which they were set.
type faults struct {
	mu   sync.Mutex
	list []fault
}

func (fs *faults) set(f fault) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.name == NoFault {
		fs.list = slices.DeleteFunc(fs.list, func(old fault) bool { return f.concerns(old.unit) })
		return
	}
	fs.list = slices.DeleteFunc(fs.list, func(old fault) bool { return old.name == f.name && old.unit == f.unit })
	fs.list = append(fs.list, f)
}

// spend returns the faults that spoil one thing more, an answer of unit or (with
// unit -1) a connection, and counts it.
func (fs *faults) spend(unit int) []fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var now []fault
	for i := range fs.list {
		f := &fs.list[i]
		if (f.name == RefuseConnections) != (unit < 0) || !f.concerns(unit) || f.name == FrozenLife {
			continue
		}
		now = append(now, *f)
		if f.left > 0 {
			f.left--
		}
	}
	fs.list = slices.DeleteFunc(fs.list, func(f fault) bool { return f.left == 0 })
	return now
}

func (fs *faults) has(name string, unit int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return slices.ContainsFunc(fs.list, func(f fault) bool { return f.name == name && f.concerns(unit) })
}

// SetFault starts a fault: "name[:delay][*count][@unit]", as in "silent",
// "slow:500ms", "busy*3" (the next three answers), "wrong_unit*1@5" (the next
// answer of unit 5). It replaces the same fault of the same unit; others stay.
// "none" ends all faults, "none@5" those of unit 5. A spec that cannot be read
// is refused and changes nothing.
func (s *Server) SetFault(spec string) error {
	f, err := parseFault(spec)
	if err != nil {
		return err
	}
	s.faults.set(f)
	if f.name == RefuseConnections {
		s.cutMasters()
	}
	return nil
}

// Faults lists what is active now, in the form SetFault takes.
func (s *Server) Faults() []string {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	list := make([]string, len(s.faults.list))
	for i, f := range s.faults.list {
		list[i] = f.String()
	}
	return list
}

// Has reports whether the fault is active for unit.
func (s *Server) Has(name string, unit uint8) bool { return s.faults.has(name, int(unit)) }
