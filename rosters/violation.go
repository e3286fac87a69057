package rosters

import (
	"strings"
	"time"
)

// Unit is what Have and Need of a violation count.
type Unit string

// The units.
const (
	InMinutes  Unit = "minutes"
	InCount    Unit = "count" // days, shifts, weekends, officers: the kind says which
	InPercent  Unit = "percent"
	InHundreds Unit = "hundredths" // of a count, of shares that are no whole number
)

// A Violation is one place where a plan breaks a rule, with all that a sentence
// about it needs.
type Violation struct {
	Key     string    `json:"key"` // the same as long as the same thing is wrong
	Rule    string    `json:"rule"`
	Name    string    `json:"name"` // of the rule
	Kind    Kind      `json:"kind"`
	Level   Level     `json:"level"`
	Code    string    `json:"code"` // which sentence of the catalogue, such as "daily_rest" or "qualification.expired"
	Officer string    `json:"officer"`
	Others  []string  `json:"others"` // further officers concerned
	Post    string    `json:"post"`
	Date    Date      `json:"date"`  // the first day concerned
	Cells   []Cell    `json:"cells"` // to be marked on the board
	From    time.Time `json:"from"`  // in the station's zone
	To      time.Time `json:"to"`
	Have    int       `json:"have"`
	Need    int       `json:"need"`
	Unit    Unit      `json:"unit"`
	// Shift and Then are the shift types before and after, or the one concerned.
	Shift string `json:"shift"`
	Then  string `json:"then"`
	// Detail is the qualification, the lane, the kind of leave or the burden.
	Detail   string    `json:"detail"`
	Cost     int       `json:"cost"` // what it adds to the penalty; 0 for mandatory rules
	Approval *Approval `json:"approval"`
	Fixes    []Fix     `json:"fixes"`
}

// Remedy is what a fix does.
type Remedy string

// The remedies.
const (
	ByClear  Remedy = "clear"  // the duty is taken away
	ByCover  Remedy = "cover"  // another officer takes the duty
	BySwap   Remedy = "swap"   // two officers exchange duties
	ByRetype Remedy = "retype" // another shift type
	ByMove   Remedy = "move"   // the same shift at another post
	ByAssign Remedy = "assign" // somebody free gets the duty
)

// A Fix is a change after which the violation is gone and no other has come or
// grown worse; a compromise is one that costs requests, and names them.
type Fix struct {
	Remedy   Remedy      `json:"remedy"`
	Officers []string    `json:"officers"` // those whose cells change
	Changes  []Change    `json:"changes"`
	Saves    int         `json:"saves"` // by how much the cost falls
	Leaves   []Violation `json:"leaves"`
}

// key makes v's Key. Numbers that change while the same thing stays wrong, such
// as Have and To, are no part of it.
func (v *Violation) key() string {
	var b strings.Builder
	for _, part := range []string{v.Rule, v.Code, v.Officer, v.Post, v.Date.String(), v.Shift, v.Then, v.Detail} {
		b.WriteString(part)
		b.WriteByte('|')
	}
	return b.String()
}
