package alarms

import (
	"fmt"
	"slices"
	"time"

	"guardroom/console/auth"
)

// current returns a *StaleError when a has asked for attention since version.
func (a *Alarm) current(version int) error {
	if version < a.Kept.Asked || version > a.Version {
		return &StaleError{Current: *a}
	}
	return nil
}

// unanswered reports whether nobody has answered for a, beneath whatever lies
// over it.
func (a *Alarm) unanswered() bool { return a.Beneath == Unacknowledged || a.Beneath == Returned }

// Acknowledge answers for a as it was at version, also for what lies beneath a
// removal. It changes nothing when somebody has done so already: the first one
// stays. It returns a *StaleError when a has asked for attention since.
func (a *Alarm) Acknowledge(version int, by Acknowledgement) (changed bool, err error) {
	if a.Beneath == Acknowledged || a.Beneath == Normal {
		return false, nil
	}
	if err := a.current(version); err != nil {
		return false, err
	}
	a.Acknowledged = &by
	a.Version++
	if a.Beneath == Returned || a.Kind.Info().Momentary {
		if a.ClearedAt == nil {
			a.ClearedAt = &by.At
		}
		a.become(Normal)
	} else {
		a.become(Acknowledged)
	}
	return true, nil
}

// Take makes by the owner of a as it was at version. Whoever owns it keeps it
// unless over is set; then a *ConflictError names the owner. Doing so again
// changes nothing.
func (a *Alarm) Take(version int, by Owner, over bool) (changed bool, err error) {
	switch {
	case a.Owner != nil && a.Owner.By == by.By:
		return false, nil
	case !a.Open() && !a.ToClose():
		return false, &ConflictError{Code: "condition", Reason: "over", Text: "this alarm is over"}
	}
	if err := a.current(version); err != nil {
		return false, err
	}
	if a.Owner != nil && !over {
		return false, a.owned()
	}
	a.Owner = &by
	a.Version++
	return true, nil
}

func (a *Alarm) owned() error {
	return &ConflictError{Code: "conflict", Reason: "owned", Text: a.Owner.ByName + " has this alarm in hand",
		Params: map[string]any{"owner": *a.Owner}}
}

// GiveBack lets a be nobody's again. Only its owner can give it back.
func (a *Alarm) GiveBack(version int, by string) (changed bool, err error) {
	switch {
	case a.Owner == nil:
		return false, nil
	case a.Owner.By != by:
		return false, a.owned()
	}
	if err := a.current(version); err != nil {
		return false, err
	}
	a.Owner = nil
	a.Version++
	return true, nil
}

// Close says what a was, as it was at version. While its condition holds it
// cannot be closed: a *ConflictError with code condition. Closing one that
// nobody has answered for answers for it. The owner leaves. Closing again with
// the same words changes nothing.
func (a *Alarm) Close(version int, c Closure) (changed bool, err error) {
	if was := a.Closed; was != nil {
		if was.By == c.By && was.Disposition == c.Disposition && was.Text == c.Text {
			return false, nil
		}
		return false, &ConflictError{Code: "conflict", Reason: "closed", Text: "this alarm was closed by " + was.ByName,
			Params: map[string]any{"closed": *was}}
	}
	if a.Active() && !a.Kind.Info().Momentary {
		return false, &ConflictError{Code: "condition", Reason: "active", Text: "the condition still holds; acknowledge it, and close it when it is over"}
	}
	if err := a.current(version); err != nil {
		return false, err
	}
	if a.unanswered() {
		a.Acknowledged = &Acknowledgement{By: c.By, ByName: c.ByName, At: c.At, Comment: c.Text}
	}
	a.Closed, a.Owner = &c, nil
	a.Version++
	if a.ClearedAt == nil {
		a.ClearedAt = &c.At
	}
	a.become(Normal)
	return true, nil
}

// LongestText of a closure and of reasons, in characters.
const LongestText = 1000

func (c *Closure) validate() error {
	switch {
	case !slices.Contains([]Disposition{Real, Nuisance, False, Test, Drill, Other}, c.Disposition):
		return &InvalidError{Field: "disposition", Reason: fmt.Sprintf("%.20q is none of real, nuisance, false, test, drill, other", string(c.Disposition))}
	case c.Disposition == Other && c.Text == "":
		return &InvalidError{Field: "text", Reason: `"other" needs words`}
	}
	return words("text", c.Text)
}

func acknowledgement(by auth.Operator, at time.Time, comment string) Acknowledgement {
	return Acknowledgement{By: by.ID, ByName: by.Name, At: at, Comment: comment}
}

// ConflictError says that something is not possible as things stand. The API
// recognises it by its method.
type ConflictError struct {
	Code   string // conflict, condition
	Reason string // stable; what screens translate
	Text   string
	Params map[string]any
}

func (e *ConflictError) Error() string { return e.Text }

// Conflict gives the code and what screens need to say it.
func (e *ConflictError) Conflict() (code string, params map[string]any) {
	params = map[string]any{"reason": e.Reason}
	for k, v := range e.Params {
		params[k] = v
	}
	return e.Code, params
}
