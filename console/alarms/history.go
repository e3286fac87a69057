package alarms

import (
	"time"

	"guardroom/console/auth"
)

// What happened to an alarm, as its history says it.
type What string

// The words of the history.
const (
	Raised      What = "raised"
	Repeated    What = "repeated"
	Reraised    What = "reraised"
	Cleared     What = "cleared"
	Answered    What = "acknowledged"
	Confirmed   What = "confirmed"
	Suppressed  What = "suppressed" // another alarm stands for it
	Released    What = "released"   // it stands for itself again
	Covered     What = "removed"    // it was shelved, suppressed by design or taken out of service
	Uncovered   What = "restored"   // nothing lies over it any more
	Taken       What = "taken"
	TakenOver   What = "taken_over"
	GivenBack   What = "given_back"
	ClosedBy    What = "closed"
	WentUp      What = "escalated"
	NotFinished What = "overdue"
	Graver      What = "priority_raised" // a rule gave it a graver priority
)

// Entry is one line of an alarm's history: who did what, when, from where and
// why, and the states before and after.
type Entry struct {
	At      time.Time `json:"at"`
	What    What      `json:"what"`
	From    State     `json:"from"`    // as shown before; empty when there was no alarm
	To      State     `json:"to"`      // as shown after
	Beneath State     `json:"beneath"` // A to D, after
	By      string    `json:"by"`      // "system" for signals, timers and rules
	ByName  string    `json:"by_name"`
	Address string    `json:"address"` // of the person, or "gateway:<id>"
	Comment string    `json:"comment"`
	Signal  *Said     `json:"signal"`
	// Removed is what lies over the alarm, on the lines that changed that.
	Removed     *Removed    `json:"removed"`
	Disposition Disposition `json:"disposition"` // of a line that closed it
	// Priority and its forerunner, on a line that made the alarm graver; else 0.
	Priority    int `json:"priority,omitempty"`
	PriorityWas int `json:"priority_was,omitempty"`
}

// Said is the signal behind a line of the history.
type Said struct {
	Active   bool      `json:"active"`
	State    string    `json:"state,omitempty"`
	Text     string    `json:"text,omitempty"`
	Occurred time.Time `json:"occurred"`
	Observed time.Time `json:"observed"`
	Epoch    uint64    `json:"epoch"`
	Seq      uint64    `json:"seq"`
	Late     bool      `json:"late,omitempty"`
}

// Line is one line for an alarm's history.
type Line struct {
	Alarm *Alarm
	Entry Entry
}

// Line says what has just been done to a, and by whom. It is written after the
// change: it knows what was shown at the line before.
func (a *Alarm) Line(at time.Time, what What, by auth.Operator, comment string) Line {
	e := Entry{At: at, What: what, From: a.Kept.Was, To: a.State, Beneath: a.Beneath,
		By: by.ID, ByName: by.Name, Address: by.Address, Comment: comment}
	switch what {
	case Raised, Covered, Uncovered:
		e.Removed = a.Removed
	case ClosedBy:
		if a.Closed != nil {
			e.Disposition = a.Closed.Disposition
		}
	}
	a.Kept.Was = a.State
	return Line{a, e}
}

// Graded is Line for an alarm that a rule has made graver than was.
func (a *Alarm) Graded(at time.Time, was int, by auth.Operator, rule string) Line {
	l := a.Line(at, Graver, by, rule)
	l.Entry.Priority, l.Entry.PriorityWas = a.Priority, was
	return l
}

// Replay reads an alarm back from its history, oldest line first: its states,
// what lies over it, who answered, who owns it, how it was closed, and the priority
// that a rule gave it; 0 where none did. The rest
// is what the first signal said and is in no line.
func Replay(history []Entry) Alarm {
	var a Alarm
	for _, e := range history {
		unanswered := a.unanswered()
		a.State, a.Beneath = e.To, e.Beneath
		switch e.What {
		case Raised, Covered, Uncovered:
			a.Removed = e.Removed
		case Reraised:
			a.Acknowledged = nil
		case Answered:
			a.Acknowledged = &Acknowledgement{By: e.By, ByName: e.ByName, At: e.At, Comment: e.Comment}
		case Graver:
			a.Priority = e.Priority
		case Taken, TakenOver:
			a.Owner = &Owner{By: e.By, ByName: e.ByName, At: e.At}
		case GivenBack:
			a.Owner = nil
		case ClosedBy:
			a.Closed = &Closure{Disposition: e.Disposition, Text: e.Comment, By: e.By, ByName: e.ByName, At: e.At}
			a.Owner = nil
			if unanswered {
				a.Acknowledged = &Acknowledgement{By: e.By, ByName: e.ByName, At: e.At, Comment: e.Comment}
			}
		}
	}
	return a
}
