package rosters

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors of steps that come too late or from the wrong person.
var (
	ErrNotYours = errors.New("this is for somebody else to answer")
	ErrTooLate  = errors.New("this has been answered or has passed")
)

// SwapState is how far a swap has come.
type SwapState string

// The states of a swap.
const (
	SwapOffered   SwapState = "offered"   // by one officer; the other has not answered
	SwapAccepted  SwapState = "accepted"  // by the other; the chief has not decided
	SwapDeclined  SwapState = "declined"  // by the other
	SwapApproved  SwapState = "approved"  // by the chief: the roster is changed
	SwapRefused   SwapState = "refused"   // by the chief
	SwapWithdrawn SwapState = "withdrawn" // by who offered it, or because the duties are no longer there
)

// A Swap exchanges what two officers have on one day each, or gives one officer's
// duty away when Wants holds nothing.
type Swap struct {
	ID      string    `json:"id"`
	Gives   Cell      `json:"gives"`  // the cell of who offers
	Duties  []Duty    `json:"duties"` // in it, when it was offered
	Wants   Cell      `json:"wants"`  // the cell of the other; its Officer is asked
	Returns []Duty    `json:"returns"`
	State   SwapState `json:"state"`
	Note    string    `json:"note"`
	Offered time.Time `json:"offered"`
	Decided time.Time `json:"decided"`
	By      string    `json:"by"` // who decided last
}

// Open reports whether w waits for somebody.
func (w *Swap) Open() bool { return w.State == SwapOffered || w.State == SwapAccepted }

// Answer is the other officer's.
func (w *Swap) Answer(officer string, accept bool, now time.Time) error {
	switch {
	case officer != w.Wants.Officer:
		return ErrNotYours
	case w.State != SwapOffered:
		return fmt.Errorf("answer a swap that is %s: %w", w.State, ErrTooLate)
	}
	w.State, w.Decided, w.By = SwapDeclined, now, officer
	if accept {
		w.State = SwapAccepted
	}
	return nil
}

// Decide is the chief's; begins is when the first of the duties begins.
func (w *Swap) Decide(by string, approve bool, begins, now time.Time) error {
	if w.State != SwapAccepted || approve && !now.Before(begins) {
		return fmt.Errorf("decide a swap that is %s: %w", w.State, ErrTooLate)
	}
	w.State, w.Decided, w.By = SwapRefused, now, by
	if approve {
		w.State = SwapApproved
	}
	return nil
}

// Withdraw takes an open swap back.
func (w *Swap) Withdraw(by string, now time.Time) error {
	if !w.Open() {
		return fmt.Errorf("withdraw a swap that is %s: %w", w.State, ErrTooLate)
	}
	w.State, w.Decided, w.By = SwapWithdrawn, now, by
	return nil
}

// Holds reports whether the roster still has the duties that w exchanges.
func (w *Swap) Holds(roster []Assignment) bool {
	return sameDuties(contents(roster, w.Gives), w.Duties) && sameDuties(contents(roster, w.Wants), w.Returns)
}

// Changes are the cells as they are after the swap. On different days, each
// officer takes the other's duties besides what that day already holds.
func (w *Swap) Changes(roster []Assignment) []Change {
	took := func(duties []Duty) []Duty {
		taken := slices.Clone(duties)
		for i := range taken {
			taken[i].Source, taken[i].Frozen = FromSwap, false
		}
		return taken
	}
	if w.Gives.Date == w.Wants.Date {
		return []Change{{w.Gives, took(w.Returns)}, {w.Wants, took(w.Duties)}}
	}
	takes := func(officer string, d Date, duties []Duty) Change {
		c := Cell{officer, d}
		return Change{c, append(contents(roster, c), took(duties)...)}
	}
	changes := []Change{{w.Gives, nil}, takes(w.Wants.Officer, w.Gives.Date, w.Duties)}
	if len(w.Returns) > 0 {
		changes = append(changes, Change{w.Wants, nil}, takes(w.Gives.Officer, w.Wants.Date, w.Returns))
	}
	return changes
}

func contents(roster []Assignment, c Cell) []Duty { return cells(roster, c.Date, c.Date)[c] }

func sameDuties(a, b []Duty) bool {
	sorted := func(list []Duty) []Duty { return slices.SortedFunc(slices.Values(list), Duty.order) }
	return slices.EqualFunc(sorted(a), sorted(b), func(x, y Duty) bool { return x.Shift == y.Shift && x.Post == y.Post })
}
