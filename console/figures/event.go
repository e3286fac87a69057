// Package figures measures alarms as ISA-18.2 and EEMUA 191 do, for the control
// position of each station, and knows when one is in a flood.
//
//	event.go   what is counted of the history of alarms
//	flood.go   when a station is in a flood, and what its alarms have in common
//	worker.go  following the history: figures, floods
//	sheet.go   the figures of a time, against their targets
//	report.go  the same as a table for a month
//	desk.go    reading figures, and the flood's settings
package figures

import (
	"fmt"
	"math"
	"slices"
	"time"

	"guardroom/devices"
)

// Event is a line of an alarm's history with the alarm that it belongs to.
type Event struct {
	ID          int64
	At          time.Time
	What        string
	To          string // state shown after it
	Hidden      bool   // another alarm stood for it when it began
	Disposition string // of a closing
	Comment     string
	Asked       *time.Time // of an answer: since when it had been asked for

	Station                     string
	Alarm                       string
	Point                       devices.PointID
	PointName, Location         string
	Gateway, Device, DeviceName string // Device within its gateway
	Area, AreaName              string
	Kind                        devices.Kind
	Priority                    int
	LifeSafety                  bool
}

// Announced reports whether an operator's attention was asked for by e: what was
// shelved, suppressed or spoken for by another alarm loads nobody.
func (e *Event) Announced() bool {
	shown := slices.Contains([]string{"", "unacknowledged", "returned"}, e.To)
	switch e.What {
	case "raised":
		return shown && !e.Hidden
	case "reraised", "repeated":
		return shown
	case "released", "restored":
		return e.To == "unacknowledged"
	}
	return false
}

// urgent are the kinds that EN 50518 wants answered soonest: hold-up and fire.
func (e *Event) urgent() bool { return e.LifeSafety }

// Times of EN 50518 within which 80 % and 98.5 % are to be answered.
const (
	UrgentFirst, UrgentSecond = 30 * time.Second, 60 * time.Second
	OtherFirst, OtherSecond   = 90 * time.Second, 180 * time.Second
)

// Tally is what a batch of events adds to the figures.
type Tally struct {
	Minutes map[MinuteKey]*[4]int // by priority 1 to 4
	Points  map[PointKey]int
	Answers map[AnswerKey]*Answers
	Counts  map[CountKey]int
}

// The keys of a tally. Days are those of the station.
type (
	// MinuteKey names a minute.
	MinuteKey struct {
		Station string
		Minute  time.Time
	}
	// PointKey names what alarmed on a day.
	PointKey struct {
		Station string
		Day     string // 2026-11-22
		Point   devices.PointID
		Kind    devices.Kind
	}
	// AnswerKey names a bucket of the times to answer.
	AnswerKey struct {
		Station  string
		Day      string
		Priority int
		Bucket   int
	}
	// CountKey names what else is counted by day.
	CountKey struct{ Station, Day, What string }
)

// Answers counts answers of one bucket, and those within the two times.
type Answers struct{ N, First, Second int }

// Count adds up events. zone gives the zone of a station.
func Count(events []Event, zone func(station string) *time.Location) Tally {
	t := Tally{Minutes: map[MinuteKey]*[4]int{}, Points: map[PointKey]int{}, Answers: map[AnswerKey]*Answers{}, Counts: map[CountKey]int{}}
	for i := range events {
		e := &events[i]
		day := e.At.In(zone(e.Station)).Format(time.DateOnly)
		switch {
		case e.Announced():
			key := MinuteKey{e.Station, e.At.UTC().Truncate(time.Minute)}
			if t.Minutes[key] == nil {
				t.Minutes[key] = &[4]int{}
			}
			t.Minutes[key][min(max(e.Priority, 1), 4)-1]++
			t.Points[PointKey{e.Station, day, e.Point, e.Kind}]++
		case e.What == "acknowledged" && e.Asked != nil:
			t.answer(e, day)
		case e.What == "closed" && e.Disposition != "":
			t.Counts[CountKey{e.Station, day, "closed:" + e.Disposition}]++
		case e.What == "escalated":
			t.Counts[CountKey{e.Station, day, fmt.Sprintf("escalated:%d", e.Priority)}]++
		case e.What == "overdue":
			t.Counts[CountKey{e.Station, day, fmt.Sprintf("overdue:%d", e.Priority)}]++
		}
	}
	return t
}

func (t *Tally) answer(e *Event, day string) {
	took := e.At.Sub(*e.Asked)
	key := AnswerKey{e.Station, day, min(max(e.Priority, 1), 4), Bucket(took)}
	if t.Answers[key] == nil {
		t.Answers[key] = &Answers{}
	}
	first, second := OtherFirst, OtherSecond
	if e.urgent() {
		first, second = UrgentFirst, UrgentSecond
	}
	a := t.Answers[key]
	a.N++
	if took <= first {
		a.First++
	}
	if took <= second {
		a.Second++
	}
}

const (
	narrowest  = 100 * time.Millisecond
	widening   = 1.1
	lastBucket = 200 // half a year
)

// Bucket is the place of a duration in the histogram: bucket b holds what took at
// most 0.1 s × 1.1^b, and more than the bucket before.
func Bucket(took time.Duration) int {
	if took <= narrowest {
		return 0
	}
	return min(int(math.Ceil(math.Log(float64(took)/float64(narrowest))/math.Log(widening)-1e-9)), lastBucket)
}

// BucketEnd is the longest that bucket b holds.
func BucketEnd(b int) time.Duration {
	return time.Duration(float64(narrowest) * math.Pow(widening, float64(b)))
}
