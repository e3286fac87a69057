package rosters

import "strings"

// Class sorts shift types for rules and for the eye.
type Class string

// The classes of shift types. Long covers twelve hours, by day or by night: what
// counts as night is read off the clock (Station.Nightly), not off the class.
const (
	DayShift     Class = "day"
	EveningShift Class = "evening"
	NightShift   Class = "night"
	LongShift    Class = "long"
	SplitShift   Class = "split"
	StandBy      Class = "standby" // at home, on call: no hours, and no rest is broken
)

var classes = []Class{DayShift, EveningShift, NightShift, LongShift, SplitShift, StandBy}

// A Part is one uninterrupted piece of a shift in station wall time. An End that
// is not after Start is on the next day; equal times are 24 hours.
type Part struct {
	Start Clock `json:"start"`
	End   Clock `json:"end"`
}

// A ShiftType is a shift as the station knows it, such as D, 06:00 to 14:00.
type ShiftType struct {
	Code  string `json:"code"` // as printed in a cell: at most 8 characters, unique at the station
	Name  string `json:"name"`
	Parts []Part `json:"parts"` // in order; each begins at the next such time after the one before ends
	Class Class  `json:"class"`
	// Paid is how many minutes count as work; 0 counts all. On the night of a clock
	// change the hour that is missing or doubled is taken off or added.
	Paid   int    `json:"paid"`
	Key    string `json:"key"`    // the key that sets it on the board, such as "D"
	Colour string `json:"colour"` // #rrggbb, or nothing for the class's
	Gone   bool   `json:"gone"`   // no longer to be given; old plans still show it
}

// A Span is wall time in minutes after midnight of the shift's own day; 1800 is
// 06:00 on the next day.
type Span struct{ From, To int }

// Spans are the parts of t on one scale, in order.
func (t *ShiftType) Spans() []Span {
	spans := make([]Span, 0, len(t.Parts))
	end := 0
	for _, p := range t.Parts {
		from := int(p.Start)
		for from < end {
			from += dayMinutes
		}
		to := from - from%dayMinutes + int(p.End)
		if to <= from {
			to += dayMinutes
		}
		spans = append(spans, Span{from, to})
		end = to
	}
	return spans
}

// Minutes that count as work on a day without a clock change.
func (t *ShiftType) Minutes() int {
	if t.Class == StandBy {
		return 0
	}
	if t.Paid > 0 {
		return t.Paid
	}
	n := 0
	for _, s := range t.Spans() {
		n += s.To - s.From
	}
	return n
}

// Validate reports the first field that makes t unusable.
func (t *ShiftType) Validate() error {
	known := false
	for _, c := range classes {
		known = known || t.Class == c
	}
	switch {
	case t.Code == "" || len(t.Code) > 8:
		return invalid("code", "between 1 and 8 characters")
	case strings.ContainsAny(t.Code, "@+: "):
		return invalid("code", "%q; none of @ + : and spaces", t.Code)
	case len(t.Name) > maxName:
		return invalid("name", "at most %d characters", maxName)
	case !known:
		return invalid("class", "%.20q is not one of %v", t.Class, classes)
	case len(t.Parts) < 1 || len(t.Parts) > 4:
		return invalid("parts", "%d; a shift has one to four", len(t.Parts))
	}
	for _, p := range t.Parts {
		if p.Start < 0 || p.Start >= dayMinutes || p.End < 0 || p.End >= dayMinutes {
			return invalid("parts", "a time is outside the day")
		}
	}
	spans := t.Spans()
	total := 0
	for _, s := range spans {
		total += s.To - s.From
	}
	switch {
	case spans[len(spans)-1].To > 2*dayMinutes:
		return invalid("parts", "the shift ends later than the end of the next day")
	case t.Paid < 0 || t.Paid > total:
		return invalid("paid", "%d minutes of a shift of %d", t.Paid, total)
	}
	return nil
}
