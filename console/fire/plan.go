package fire

import (
	"cmp"
	"slices"
	"time"

	"guardroom/console/alarms"
	"guardroom/devices"
)

// OpenAlarm is what the desk looks at of an open alarm.
type OpenAlarm struct {
	ID             string
	Station        string
	Point          devices.PointID
	PointName      string
	DeviceName     string
	Location       string
	Kind           devices.Kind
	State          alarms.State
	Hidden         bool // shelved, suppressed or out of service
	Count          int
	RaisedAt       time.Time
	ReceivedAt     time.Time
	AcknowledgedAt *time.Time
	AcknowledgedBy string
	Confirmed      bool
	FirstUp        string // the alarm's id; empty before a second one
	Summary        bool   // the panel's own point, which sums its zones up
	Demo           bool
}

func (a *OpenAlarm) panel() string { return a.Point.Gateway() + "/" + a.Point.Device() }

// active reports whether the condition holds.
func (a *OpenAlarm) active() bool {
	return a.State == alarms.Unacknowledged || a.State == alarms.Acknowledged
}

// Present is what the desk decides on: every open fire alarm, and every
// investigation that is not decided or of which the newest of an open pre-alarm.
type Present struct {
	Alarms         []OpenAlarm
	Investigations []Investigation
	Unreported     []Investigation // a person saw fire, and the alarm list does not say so yet
}

// Overtaken is an investigation that the panel has decided.
type Overtaken struct {
	ID      string
	Outcome Outcome
	By      OpenAlarm
}

// Plan is what is to be done so that investigations and alarms agree.
type Plan struct {
	Start    []OpenAlarm // pre-alarms that nobody looks into yet
	Overtake []Overtaken
	Raise    []Investigation // ran out, and the alarm list does not say so
	Restore  []OpenAlarm     // says "ran out", and somebody has decided
	Report   []Investigation // a person saw fire
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool {
	return len(p.Start)+len(p.Overtake)+len(p.Raise)+len(p.Restore)+len(p.Report) == 0
}

// plan decides from what is true now, whatever happened on the way there: after
// a restart it comes to the same. zoneOf names a point's zone, "" for none.
//
// A fire alarm of any detector of the panel ends the panel's investigations: a
// building that burns is not looked into. A second pre-alarm ends them in its
// zone.
func plan(now Present, zoneOf func(devices.PointID) string) Plan {
	var p Plan
	undecided := map[devices.PointID]bool{}
	last := map[string]int{} // pre-alarm -> raises that were looked into
	for _, i := range now.Investigations {
		last[i.Alarm] = max(last[i.Alarm], i.Raises)
		last[i.OtherAlarm] = max(last[i.OtherAlarm], i.OtherRaises)
		if i.State == Decided {
			continue
		}
		if i.State == Undecided {
			undecided[i.Point] = true
		}
		if o, ok := overtakes(i, now.Alarms, zoneOf); ok {
			p.Overtake = append(p.Overtake, o)
			last[o.By.ID] = max(last[o.By.ID], o.By.Count)
			delete(undecided, i.Point)
		}
	}
	said := map[devices.PointID]bool{}
	for _, a := range now.Alarms {
		switch {
		case a.Kind == devices.FirePrealarm && !a.Hidden && a.Count > last[a.ID] && !burns(a, now.Alarms) && !lookedInto(a, now.Investigations):
			p.Start = append(p.Start, a)
		case a.Kind == devices.FireUndecided && a.active():
			said[a.Point] = true
			if !undecided[a.Point] {
				p.Restore = append(p.Restore, a)
			}
		}
	}
	for _, i := range now.Investigations {
		if i.State == Undecided && undecided[i.Point] && !said[i.Point] {
			p.Raise = append(p.Raise, i)
		}
	}
	p.Report = now.Unreported
	slices.SortFunc(p.Start, func(a, b OpenAlarm) int { return cmp.Compare(a.ID, b.ID) })
	return p
}

// overtakes looks for the alarm that decides i.
func overtakes(i Investigation, open []OpenAlarm, zoneOf func(devices.PointID) string) (Overtaken, bool) {
	for _, a := range open {
		if a.panel() == i.Panel && a.Kind == devices.FireAlarm && !a.Summary && (a.active() || !a.ReceivedAt.Before(i.StartedAt)) {
			return Overtaken{ID: i.ID, Outcome: Fire, By: a}, true
		}
	}
	for _, a := range open {
		// Of two pre-alarms the one that was there first is looked into, and the
		// other one decides it: each would else end the other.
		second := a.Kind == devices.FirePrealarm && a.active() && !a.Hidden && a.Point != i.Point && a.ID > i.Alarm && !a.ReceivedAt.Before(i.StartedAt)
		if second && i.Zone != "" && zoneOf(a.Point) == i.Zone {
			return Overtaken{ID: i.ID, Outcome: SecondSensor, By: a}, true
		}
	}
	return Overtaken{}, false
}

// burns reports whether the panel of a reports fire.
func burns(a OpenAlarm, open []OpenAlarm) bool {
	return slices.ContainsFunc(open, func(b OpenAlarm) bool {
		return b.Kind == devices.FireAlarm && b.active() && !b.Summary && b.panel() == a.panel()
	})
}

// lookedInto reports whether somebody looks into a already.
func lookedInto(a OpenAlarm, all []Investigation) bool {
	return slices.ContainsFunc(all, func(i Investigation) bool { return i.State != Decided && i.Alarm == a.ID })
}
