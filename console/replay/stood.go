package replay

import (
	"time"

	"guardroom/console/alarms"
)

// Stood reads an alarm back from its row and from what its history says up to an
// instant: the states, who answered, who had it, what lay over it, how often it
// had been raised. What the device said is as the row has it. standing reports
// whether there was anything left to do about it.
func Stood(row alarms.Alarm, history []alarms.Entry) (a alarms.Alarm, standing bool) {
	if len(history) == 0 {
		return row, false
	}
	if history[len(history)-1].To == "" {
		history = withStates(history)
	}
	then := alarms.Replay(history)
	a = row
	a.State, a.Beneath, a.Removed = then.State, then.Beneath, then.Removed
	a.Owner, a.Acknowledged, a.Closed = then.Owner, then.Acknowledged, then.Closed
	// What only the row can tell of is left out rather than told of another time.
	a.Escalation, a.FinishAt, a.Chattering, a.FirstUp = nil, nil, false, nil
	a.ClearedAt, a.Cause, a.Confirmed, a.Count, a.SuppressedChildren = nil, nil, false, 0, 0
	a.Version = len(history)
	for _, e := range history {
		follow(&a, &row, e)
	}
	return a, a.Open() || a.ToClose()
}

// Grading is a line of an alarm's history by which a rule made it graver.
type Grading struct {
	Line int64
	At   time.Time
	Was  int // priority before; 0: the line does not say
}

// PriorityBefore is the priority that an alarm had before the first of its gradings
// that later names; now when none is later.
func PriorityBefore(now int, gradings []Grading, later func(Grading) bool) int {
	for _, g := range gradings {
		if later(g) && g.Was > 0 {
			return g.Was
		}
	}
	return now
}

// follow takes over what a line says besides the states.
func follow(a, row *alarms.Alarm, e alarms.Entry) {
	switch e.What {
	case alarms.Raised, alarms.Repeated, alarms.Reraised:
		a.Count++
		a.LastAt = e.At
		a.ClearedAt = nil
		if a.Beneath == alarms.Returned && e.What == alarms.Raised {
			at := e.At
			a.ClearedAt = &at
		}
	case alarms.Cleared:
		at := e.At
		if e.Signal != nil && !e.Signal.Observed.IsZero() && !e.Signal.Observed.After(e.At.Add(time.Minute)) {
			at = e.Signal.Observed
		}
		a.ClearedAt = &at
	case alarms.Confirmed:
		a.Confirmed = true
	case alarms.Suppressed:
		a.Cause = row.Cause
		if a.Cause == nil {
			elsewhere := row.Kept.Claimed
			a.Cause = &elsewhere
		}
	case alarms.Released:
		a.Cause = nil
	}
}

// withStates gives states to lines from before the history told them.
func withStates(history []alarms.Entry) []alarms.Entry {
	list := make([]alarms.Entry, len(history))
	state, answered := alarms.Normal, false
	for i, e := range history {
		from := state
		switch e.What {
		case alarms.Raised, alarms.Reraised:
			state, answered = alarms.Unacknowledged, false
		case alarms.Repeated:
			if state == alarms.Normal {
				state = alarms.Unacknowledged
			}
		case alarms.Answered:
			answered = true
			if state == alarms.Returned {
				state = alarms.Normal
			} else {
				state = alarms.Acknowledged
			}
		case alarms.Cleared:
			if state = alarms.Returned; answered {
				state = alarms.Normal
			}
		}
		if e.To == "" {
			e.From, e.To, e.Beneath = from, state, state
		} else {
			state = e.Beneath
		}
		list[i] = e
	}
	return list
}
