package door

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The faults. With Silent nothing is carried out and nothing is published;
// events are recorded and follow when it ends.
const (
	NoFault      = "none"
	Silent       = "silent"        // takes requests, does nothing
	LostAnswers  = "lost_answers"  // carries out, does not answer
	Late         = "late"          // carries out, answers later: "late:3s"
	Refuse       = "refuse"        // answers every command with an error
	LoseEvents   = "lose_events"   // event ids are spent, the events never come
	RepeatEvents = "repeat_events" // every event comes twice
	Disobey      = "disobey"       // says that it set a door's mode, and does not: all doors, or one as "disobey:2"
)

const (
	lateBy     = 3 * time.Second
	latestLate = time.Minute
)

func faultNames() []string {
	return []string{NoFault, Silent, LostAnswers, Late, Refuse, LoseEvents, RepeatEvents, Disobey}
}

type fault struct {
	name  string
	delay time.Duration
	door  int // of Disobey; 0: every door
	left  int // times that it still acts; -1 until it is ended
}

func (f fault) String() string {
	text := f.name
	if f.delay > 0 {
		text += ":" + f.delay.String()
	}
	if f.door > 0 {
		text += ":" + strconv.Itoa(f.door)
	}
	if f.left > 0 {
		text += "*" + strconv.Itoa(f.left)
	}
	return text
}

// parseFault reads "name[:delay][*count]".
func parseFault(spec string) (fault, error) {
	rest, count, counted := strings.Cut(strings.TrimSpace(spec), "*")
	name, delay, delayed := strings.Cut(rest, ":")
	if !slices.Contains(faultNames(), name) {
		return fault{}, fmt.Errorf("fault %q: %q is not one of %s", clip(spec), clip(name), strings.Join(faultNames(), ", "))
	}
	f := fault{name: name, left: -1}
	var err error
	if counted {
		if f.left, err = strconv.Atoi(count); err != nil || f.left < 1 {
			return fault{}, fmt.Errorf("fault %q: count %q is not a positive number", clip(spec), clip(count))
		}
	}
	switch {
	case name == Late && !delayed:
		f.delay = lateBy
	case name == Late:
		if f.delay, err = time.ParseDuration(delay); err != nil || f.delay <= 0 || f.delay > latestLate {
			return fault{}, fmt.Errorf("fault %q: delay %q is not from 1ns to %s", clip(spec), clip(delay), latestLate)
		}
	case name == Disobey && delayed:
		if f.door, err = strconv.Atoi(delay); err != nil || f.door < 1 || f.door > 4 {
			return fault{}, fmt.Errorf("fault %q: door %q is not from 1 to 4", clip(spec), clip(delay))
		}
	case delayed:
		return fault{}, fmt.Errorf("fault %q: %s takes no delay", clip(spec), name)
	}
	return f, nil
}

// faults are those active now.
type faults struct {
	mu     sync.Mutex
	active []fault
}

func (fs *faults) set(spec string) error {
	f, err := parseFault(spec)
	if err != nil {
		return err
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if f.name == NoFault {
		fs.active = nil
		return nil
	}
	fs.active = append(slices.DeleteFunc(fs.active, func(old fault) bool { return old.name == f.name }), f)
	return nil
}

// spend reports whether the fault acts once more, and counts it.
func (fs *faults) spend(name string) (time.Duration, bool) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	i := slices.IndexFunc(fs.active, func(f fault) bool { return f.name == name })
	if i < 0 {
		return 0, false
	}
	f := &fs.active[i]
	delay := f.delay
	if f.left > 0 {
		if f.left--; f.left == 0 {
			fs.active = slices.Delete(fs.active, i, i+1)
		}
	}
	return delay, true
}

func (fs *faults) has(name string) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	return slices.ContainsFunc(fs.active, func(f fault) bool { return f.name == name })
}

// disobeys reports whether the mode of a door is not to be set, and counts it.
func (fs *faults) disobeys(door int) bool {
	fs.mu.Lock()
	mine := slices.ContainsFunc(fs.active, func(f fault) bool { return f.name == Disobey && (f.door == 0 || f.door == door) })
	fs.mu.Unlock()
	if mine {
		_, mine = fs.spend(Disobey)
	}
	return mine
}

func (fs *faults) list() []string {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	list := make([]string, len(fs.active))
	for i, f := range fs.active {
		list[i] = f.String()
	}
	return list
}
