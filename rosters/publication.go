package rosters

import (
	"slices"
	"time"
)

// A Publication is a roster as officers were told it.
type Publication struct {
	ID      string       `json:"id"`
	Number  int          `json:"number"` // of the station's publications, counted from 1
	From    Date         `json:"from"`
	Until   Date         `json:"until"`
	Unit    string       `json:"unit"` // "" for the whole station
	By      string       `json:"by"`
	At      time.Time    `json:"at"`
	Changes []Difference `json:"changes"` // against what was published before
	Told    []string     `json:"told"`    // officers with a change
	Untold  []string     `json:"untold"`  // those of them whom no word reaches: somebody tells them
}

// A Difference is a cell that is not what it was.
type Difference struct {
	Cell
	Was     []Duty `json:"was"`
	Becomes []Duty `json:"becomes"`
}

// Differences lists the cells of a period in which two rosters differ, by day and
// officer. Who gave a duty makes no difference.
func Differences(was, becomes []Assignment, from, until Date) []Difference {
	old, now := cells(was, from, until), cells(becomes, from, until)
	var found []Difference
	for cell := range old {
		if _, ok := now[cell]; !ok {
			now[cell] = nil
		}
	}
	for cell, duties := range now {
		if !slices.EqualFunc(old[cell], duties, func(a, b Duty) bool { return a.Shift == b.Shift && a.Post == b.Post }) {
			found = append(found, Difference{Cell: cell, Was: old[cell], Becomes: duties})
		}
	}
	slices.SortFunc(found, func(a, b Difference) int { return a.Cell.Order(b.Cell) })
	return found
}

// Told lists the officers that the differences concern, each once.
func Told(changes []Difference) []string {
	var told []string
	for _, c := range changes {
		told = append(told, c.Officer)
	}
	slices.Sort(told)
	return slices.Compact(told)
}

// cells sorts assignments of a period into cells; duties of one in order.
func cells(list []Assignment, from, until Date) map[Cell][]Duty {
	sorted := map[Cell][]Duty{}
	for _, a := range list {
		if a.Date >= from && a.Date <= until {
			sorted[Cell{a.Officer, a.Date}] = append(sorted[Cell{a.Officer, a.Date}], a.duty())
		}
	}
	for _, duties := range sorted {
		slices.SortFunc(duties, Duty.order)
	}
	return sorted
}
