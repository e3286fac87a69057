// Package demo makes a duty station up: 145 officers and 40 posts, 22 of them
// round the clock, with leave, wishes and a roster. Nothing in it is real, and
// the same arguments give the same station on every machine.
//
//	station.go   shift types, posts, officers, holidays
//	people.go    who the officers are
//	roster.go    what they asked for, and a roster of rotating teams
package demo

import (
	"fmt"
	"slices"
	"time"

	"guardroom/rosters"
)

// Officers, Posts and AroundTheClock are how many the station has.
const (
	Officers       = 145
	Posts          = 40
	AroundTheClock = 22
)

// Station is the station in a time zone, as of a day: qualifications expire, and
// officers come and go, around it. Its rules are the pack un-8h.
func Station(zone string, day rosters.Date) rosters.Station {
	pack, _ := rosters.PackOf("un-8h")
	s := rosters.Station{
		ID: "demo", Zone: zone, WorkingWeek: []int{1, 2, 3, 4, 5},
		ShiftTypes: ShiftTypes(), Posts: posts(), Rules: pack.Rules,
	}
	year, _, _ := day.Time().Date()
	for y := year - 1; y <= year+1; y++ {
		for _, h := range []struct {
			month time.Month
			day   int
			name  string
		}{{1, 1, "New Year"}, {5, 1, "Labour Day"}, {6, 1, "Madaraka Day"}, {10, 20, "Mashujaa Day"}, {12, 12, "Jamhuri Day"}, {12, 25, "Christmas Day"}, {12, 26, "Boxing Day"}} {
			s.Holidays = append(s.Holidays, rosters.Holiday{Date: rosters.Day(y, h.month, h.day), Name: h.name})
		}
	}
	s.Officers = people(s.Posts, day)
	return s
}

// ShiftTypes are those of an 8-hour pattern, with long shifts for relief.
func ShiftTypes() []rosters.ShiftType {
	at := func(from, to int) rosters.Part {
		return rosters.Part{Start: rosters.Clock(from * 60), End: rosters.Clock(to % 24 * 60)}
	}
	return []rosters.ShiftType{
		{Code: "D", Name: "Day", Parts: []rosters.Part{at(6, 14)}, Class: rosters.DayShift, Key: "D"},
		{Code: "E", Name: "Evening", Parts: []rosters.Part{at(14, 22)}, Class: rosters.EveningShift, Key: "E"},
		{Code: "N", Name: "Night", Parts: []rosters.Part{at(22, 6)}, Class: rosters.NightShift, Key: "N"},
		{Code: "A", Name: "Office hours", Parts: []rosters.Part{at(8, 16)}, Class: rosters.DayShift, Key: "A"},
		{Code: "LD", Name: "Long day", Parts: []rosters.Part{at(6, 18)}, Class: rosters.LongShift, Key: "L"},
		{Code: "LN", Name: "Long night", Parts: []rosters.Part{at(18, 6)}, Class: rosters.LongShift, Key: "K"},
		{Code: "S", Name: "Split", Parts: []rosters.Part{at(7, 11), at(15, 19)}, Class: rosters.SplitShift, Key: "S"},
		{Code: "SB", Name: "Stand-by", Parts: []rosters.Part{at(18, 6)}, Class: rosters.StandBy, Key: "B"},
	}
}

// A pattern is standing hours that several posts share.
type pattern struct {
	hours  []rosters.Hours
	shifts []string
}

var (
	always   = pattern{[]rosters.Hours{{From: 6 * 60, To: 6 * 60, Headcount: 1}}, []string{"D", "E", "N", "LD", "LN"}}
	daily    = pattern{[]rosters.Hours{{From: 6 * 60, To: 22 * 60, Headcount: 1}}, []string{"D", "E"}}
	weekdays = pattern{[]rosters.Hours{{Weekdays: []int{1, 2, 3, 4, 5}, HolidaysOff: true, From: 6 * 60, To: 22 * 60, Headcount: 1}}, []string{"D", "E"}}
	mornings = pattern{[]rosters.Hours{{Weekdays: []int{1, 2, 3, 4, 5}, HolidaysOff: true, From: 6 * 60, To: 14 * 60, Headcount: 1}}, []string{"D"}}
	office   = pattern{[]rosters.Hours{{Weekdays: []int{1, 2, 3, 4, 5}, HolidaysOff: true, From: 8 * 60, To: 16 * 60, Headcount: 1}}, []string{"A"}}
)

func posts() []rosters.Post {
	var list []rosters.Post
	add := func(p pattern, area, name string, more func(*rosters.Post)) {
		post := rosters.Post{
			ID: fmt.Sprintf("P%02d", len(list)+1), Name: name, Area: area, Standing: p.hours, Shifts: p.shifts,
			MinRank: rosters.OrdinaryOfficer, Report: 15, MealRelief: 30, CheckCall: 60,
		}
		if len(p.shifts) == 1 { // offices and half days eat before or after
			post.MealRelief = 0
		}
		if more != nil {
			more(&post)
		}
		list = append(list, post)
	}
	needs := func(codes ...string) func(*rosters.Post) {
		return func(p *rosters.Post) { p.Required = codes }
	}
	armed := func(p *rosters.Post) { p.Armed, p.Weight = true, 15 }
	// Patrols and the reserve eat between rounds, and stand in for the meals of others.
	mobile := func(p *rosters.Post) {
		p.Mobile, p.Required, p.CheckCall, p.MealRelief = true, []string{"driver"}, 30, 0
	}
	reserve := func(codes ...string) func(*rosters.Post) {
		return func(p *rosters.Post) { p.Mobile, p.Required, p.MealRelief = true, codes, 0 }
	}
	unpopular := func(p *rosters.Post) { p.Unpopular = true }
	lane := func(name string) func(*rosters.Post) {
		return func(p *rosters.Post) { p.Lane, p.Required, p.Rotation = name, []string{"x_ray"}, 30 }
	}

	// Round the clock.
	add(always, "Control room", "Shift supervisor", func(p *rosters.Post) { p.MinRank, p.Weight = rosters.Sergeant, 40 })
	add(always, "Control room", "Control room 1", func(p *rosters.Post) {
		p.Required, p.Weight, p.Wished = []string{"control_room"}, 40, []string{"language:fr"}
	})
	add(always, "Control room", "Control room 2", func(p *rosters.Post) { p.Required, p.Weight = []string{"control_room"}, 30 })
	add(always, "Main gate", "Gate A, barrier", armed)
	add(always, "Main gate", "Gate A, vehicles", armed)
	add(always, "Main gate", "Gate A, pedestrians", nil)
	add(always, "Service gate", "Gate B, barrier", armed)
	add(always, "Service gate", "Gate B, deliveries", unpopular)
	add(always, "Staff gate", "Gate C", nil)
	add(always, "Grounds", "Patrol 1", mobile)
	add(always, "Grounds", "Patrol 2", mobile)
	add(always, "Grounds", "Perimeter north", unpopular)
	add(always, "Grounds", "Perimeter south", unpopular)
	add(always, "Block S", "Block S, lobby", needs("first_aid"))
	add(always, "Block M", "Block M, lobby", nil)
	add(always, "Block A", "Block A, lobby", nil)
	add(always, "Block T", "Block T, server rooms", nil)
	add(always, "Secretariat", "Executive floor", armed)
	add(always, "Fire and safety", "Fire watch 1", needs("fire"))
	add(always, "Fire and safety", "Fire watch 2", needs("fire"))
	add(always, "Grounds", "Reserve and meal relief 1", reserve("control_room", "firearm"))
	add(always, "Grounds", "Reserve and meal relief 2", reserve("fire"))

	// Part of the day.
	add(daily, "Visitors", "Visitors' entrance, lane 1", lane("visitors"))
	add(daily, "Visitors", "Visitors' entrance, lane 2", lane("visitors"))
	add(weekdays, "Staff gate", "Staff entrance, lane 1", lane("staff"))
	add(weekdays, "Staff gate", "Staff entrance, lane 2", lane("staff"))
	add(weekdays, "Service gate", "Vehicle search", func(p *rosters.Post) { p.Required = []string{"driver"} })
	add(weekdays, "Service gate", "Dog handler", func(p *rosters.Post) { p.Required, p.PairedWith = []string{"dog"}, "P27" })
	add(weekdays, "Conference centre", "Conference doors, east", nil)
	add(weekdays, "Conference centre", "Conference doors, west", nil)
	add(mornings, "Main gate", "Gate A, morning peak", nil)
	add(mornings, "Staff gate", "Gate C, morning peak", nil)
	add(mornings, "Grounds", "Car park", unpopular)
	add(mornings, "Secretariat", "Flag detail", func(p *rosters.Post) { p.Ceremonial = true })
	add(office, "Pass office", "Passes 1", needs("passes"))
	add(office, "Pass office", "Passes 2", needs("passes"))
	add(office, "Pass office", "Keys and registers", nil)
	add(office, "Training", "Training officer", func(p *rosters.Post) { p.MinRank = rosters.Sergeant })
	add(office, "Planning", "Roster office", func(p *rosters.Post) { p.MinRank = rosters.Sergeant })
	add(office, "Command", "Duty officer", func(p *rosters.Post) { p.MinRank = rosters.Lieutenant })
	return list
}

// SmallOfficers is how many a small station has.
const SmallOfficers = 54

// Small is a station of 54 officers and twelve posts, eight of them round the clock:
// a part of Station, whose team has somebody for every hour.
func Small(zone string, day rosters.Date) rosters.Station {
	s := Station(zone, day)
	s.Posts = slices.DeleteFunc(s.Posts, func(p rosters.Post) bool {
		return !slices.Contains([]string{
			"Shift supervisor", "Control room 1", "Gate A, pedestrians", "Gate C", "Block S, lobby", "Block M, lobby", "Fire watch 1", "Reserve and meal relief 2",
			"Passes 1", "Keys and registers", "Roster office", "Duty officer",
		}, p.Name)
	})
	s.Officers = append(slices.Clip(s.Officers[:48]), s.Officers[137:143]...)
	return s
}
