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
	a.Version, a.Change = len(history), 0
	for _, e := range history {
		follow(&a, &row, e)
	}
	return a, a.Open() || a.ToClose()
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
