package rosters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/rosters"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

// The slow reading of the rules: every minute of every officer and post, written
// down and counted. It shares no code with the judge but the names of things.

// stint is one assignment with its minutes since 1970.
type stint struct {
	rosters.Assignment
	minutes []int64 // real ones, in order
	from    int64
	to      int64
	worth   int // minutes that count as work
	night   bool
	standby bool
}

type slow struct {
	t       *rapid.T
	s       *rosters.Station
	p       *rosters.Plan
	zone    *time.Location
	rule    rosters.Rule
	stints  map[string][]stint // by officer, in order of beginning
	verdict []string
	made    map[string]stint // by shift type and day
}

func newSlow(t *rapid.T, s *rosters.Station, p *rosters.Plan) *slow {
	zone, err := s.Location()
	if err != nil {
		t.Fatal(err)
	}
	w := &slow{t: t, s: s, p: p, zone: zone, rule: s.Rules[0], stints: map[string][]stint{}, made: map[string]stint{}}
	for _, a := range p.Assignments {
		w.stints[a.Officer] = append(w.stints[a.Officer], w.stint(a))
	}
	for _, list := range w.stints {
		slices.SortFunc(list, func(a, b stint) int {
			if a.from != b.from {
				return int(a.from - b.from)
			}
			return int(a.to - b.to)
		})
	}
	return w
}

func (w *slow) shift(code string) *rosters.ShiftType {
	return &w.s.ShiftTypes[slices.IndexFunc(w.s.ShiftTypes, func(t rosters.ShiftType) bool { return t.Code == code })]
}

func (w *slow) stint(a rosters.Assignment) stint {
	key := a.Shift + a.Date.String()
	st, ok := w.made[key]
	if !ok {
		st = w.read(a)
		w.made[key] = st
	}
	st.Assignment = a
	return st
}

func (w *slow) read(a rosters.Assignment) stint {
	kind := w.shift(a.Shift)
	st := stint{Assignment: a, standby: kind.Class == rosters.StandBy}
	end, asleep, wall := 0, 0, 0
	for i, part := range kind.Parts {
		from := int(part.Start)
		for from < end {
			from += 1440
		}
		end = from + 1
		for end%1440 != int(part.End) {
			end++
		}
		for m := from; m < end; m++ {
			if clock := m % 1440; clock >= 23*60 || clock < 6*60 {
				asleep++
			}
		}
		wall += end - from
		first, last := slowAt(w.zone, a.Date, from).Unix()/60, slowAt(w.zone, a.Date, end).Unix()/60
		if i == 0 {
			st.from = first
		}
		st.to = last
		for m := first; m < last; m++ {
			st.minutes = append(st.minutes, m)
		}
	}
	st.night = asleep >= 180 && !st.standby
	if !st.standby {
		st.worth = len(st.minutes)
		if kind.Paid > 0 {
			st.worth = max(0, kind.Paid+len(st.minutes)-wall)
		}
	}
	return st
}

func (w *slow) say(code, officer, post string, d rosters.Date, have, need int) {
	w.verdict = append(w.verdict, fmt.Sprintf("%s %s%s %s: %d of %d", code, officer, post, d, have, need))
}

func (w *slow) officers() []rosters.Officer {
	var list []rosters.Officer
	for _, o := range w.s.Officers {
		f := w.rule.For
		if len(f.Units) > 0 && !slices.Contains(f.Units, o.Unit) || slices.Contains(f.Except, o.ID) {
			continue
		}
		list = append(list, o)
	}
	return list
}

func (w *slow) work(o string) []stint {
	var list []stint
	for _, st := range w.stints[o] {
		if !st.standby {
			list = append(list, st)
		}
	}
	return list
}

func (w *slow) names(names []string, st stint) bool {
	return slices.ContainsFunc(names, func(n string) bool {
		return n == st.Shift || n == "nights" && st.night || n == "class:"+string(w.shift(st.Shift).Class)
	})
}

func (w *slow) meant(st stint) bool { return len(w.rule.Shifts) == 0 || w.names(w.rule.Shifts, st) }

func (w *slow) away(o string, d rosters.Date) bool {
	return slices.ContainsFunc(w.p.Leave, func(l rosters.Leave) bool {
		return l.Officer == o && l.Decision == rosters.Approved && l.From <= d && d <= l.Until
	})
}

func (w *slow) onDay(list []stint, d rosters.Date) []stint {
	var found []stint
	for _, st := range list {
		if st.Date == d {
			found = append(found, st)
		}
	}
	return found
}

func (w *slow) known(d rosters.Date) bool {
	from, until := w.p.From, w.p.Until
	if w.p.Since != 0 {
		from = w.p.Since
	}
	return d >= from && d <= max(until, w.p.Beyond)
}

func (w *slow) first() rosters.Date { return w.p.From - 30 }
func (w *slow) last() rosters.Date  { return w.p.Until + 30 }

func weekend(s *rosters.Station, d rosters.Date) bool {
	week := s.WorkingWeek
	if week == nil {
		week = []int{1, 2, 3, 4, 5}
	}
	weekday := int(d.Time().Weekday())
	if weekday == 0 {
		weekday = 7
	}
	return !slices.Contains(week, weekday)
}

func holiday(s *rosters.Station, d rosters.Date) bool {
	return slices.ContainsFunc(s.Holidays, func(h rosters.Holiday) bool { return h.Date == d })
}

// readings are the slow readings of each kind. Those of windows, which choose
// which windows to name, are checked in windows_test.go.
var readings = map[rosters.Kind]func(*slow){
	rosters.Qualification: func(w *slow) {
		w.eachStint(func(o rosters.Officer, st stint) {
			var needs []string
			switch st.Post {
			case "q":
				needs = []string{"firearm"}
			case "r":
				needs = []string{"x_ray"}
			}
			for _, code := range needs {
				verdict := "qualification.missing"
				for _, h := range o.Held {
					if h.Code == code {
						verdict = "qualification.expired"
						if h.Expires == 0 || st.Date <= h.Expires {
							return
						}
					}
				}
				w.say(verdict, o.ID, st.Post, st.Date, 0, 1)
			}
		})
	},
	rosters.RankForPost: func(w *slow) {
		w.eachStint(func(o rosters.Officer, st stint) {
			if st.Post == "p" && o.Rank == rosters.Recruit {
				w.say("rank", o.ID, st.Post, st.Date, 1, 2)
			}
		})
	},
	rosters.InService: func(w *slow) {
		w.eachStint(func(o rosters.Officer, st stint) {
			if o.Until != 0 && st.Date > o.Until {
				w.say("in_service", o.ID, "", st.Date, 0, 0)
			}
		})
	},
	rosters.OnLeave: func(w *slow) {
		w.eachStint(func(o rosters.Officer, st stint) {
			if w.away(o.ID, st.Date) {
				w.say("leave", o.ID, "", st.Date, 0, 0)
			}
		})
	},
	rosters.LeaveEve: func(w *slow) {
		w.eachStint(func(o rosters.Officer, st stint) {
			if !st.standby && !w.away(o.ID, st.Date) && w.away(o.ID, st.Date+1) && st.to > slowAt(w.zone, st.Date+1, 0).Unix()/60 {
				w.say("leave_eve", o.ID, "", st.Date, 0, 0)
			}
		})
	},
	rosters.Overlap: func(w *slow) {
		for _, o := range w.officers() {
			list := w.stints[o.ID]
			for i := range list {
				for k := i + 1; k < len(list); k++ {
					w.overlap(o.ID, list[i], list[k])
				}
			}
		}
	},
	rosters.DailyShifts: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			if n := len(w.onDay(w.stints[o.ID], d)); n > w.rule.Count && w.p.Inside(d) {
				w.say("daily_shifts", o.ID, "", d, n, w.rule.Count)
			}
		})
	},
	rosters.DailyRest: func(w *slow) {
		for _, o := range w.officers() {
			list := w.work(o.ID)
			for i := 1; i < len(list); i++ {
				before := list[0]
				for _, st := range list[:i] {
					if st.to >= before.to {
						before = st
					}
				}
				if rest := int(list[i].from - before.to); w.meant(before) && rest >= 0 && rest < w.rule.Minutes && w.inside(before, list[i]) {
					w.say("daily_rest", o.ID, "", before.Date, rest, w.rule.Minutes)
				}
			}
		}
	},
	rosters.RestAfterNights: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			list := w.work(o.ID)
			nights := func(d rosters.Date) []stint {
				return slices.DeleteFunc(w.onDay(list, d), func(st stint) bool { return !st.night })
			}
			n := 0
			for n = 0; len(nights(d-rosters.Date(n))) > 0; n++ {
			}
			if n == 0 || n < w.rule.Count || len(nights(d+1)) > 0 {
				return
			}
			last := slices.MaxFunc(nights(d), func(a, b stint) int { return int(a.to - b.to) })
			for _, st := range list {
				if st.from >= last.to {
					if rest := int(st.from - last.to); rest < w.rule.Minutes && w.inside(last, st) {
						w.say("rest_after_nights", o.ID, "", d, rest, w.rule.Minutes)
					}
					return
				}
			}
		})
	},
	rosters.Succession: func(w *slow) {
		for _, o := range w.officers() {
			for _, a := range w.work(o.ID) {
				for _, b := range w.work(o.ID) {
					if b.Date == a.Date+1 && w.names(w.rule.After, a) && w.names(w.rule.Before, b) && w.inside(a, b) {
						w.say("succession", o.ID, "", a.Date, 0, 0)
					}
				}
			}
		}
	},
	rosters.HoursPerDay: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			if n := w.sum(o.ID, d, d); n > w.rule.Minutes && w.p.Inside(d) {
				w.say("hours_day", o.ID, "", d, n, w.rule.Minutes)
			}
		})
	},
	rosters.HoursPerWeek: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			if d.Weekday() != max(1, w.s.WeekStart) || !w.worksInside(o.ID, d, d+6) {
				return
			}
			if n := w.sum(o.ID, d, d+6); n > w.rule.Minutes {
				w.say("hours_week", o.ID, "", d, n, w.rule.Minutes)
			}
		})
	},
	rosters.HoursInPeriod: func(w *slow) {
		for _, o := range w.officers() {
			here := 0
			for d := w.p.From; d <= w.p.Until; d++ {
				if o.Until == 0 || d <= o.Until {
					here++
				}
			}
			w.bounds("hours_period", o, w.rule.Least*here/w.p.Days(), w.rule.Minutes*here/w.p.Days(), w.rule.Minutes > 0)
		}
	},
	rosters.ContractHours: func(w *slow) {
		for _, o := range w.officers() {
			target := w.tally(o).Target
			if o.Contract > 0 {
				w.bounds("contract", o, target*(100-w.rule.Under)/100, target*(100+w.rule.Over)/100, true)
			}
		}
	},
	rosters.ConsecutiveDays: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			works := func(d rosters.Date) bool { return len(w.onDay(w.work(o.ID), d)) > 0 }
			if !works(d) || works(d-1) {
				return
			}
			n := rosters.Date(0)
			for works(d + n) {
				n++
			}
			if !w.worksInside(o.ID, d, d+n-1) {
				return
			}
			if w.rule.Count > 0 && int(n) > w.rule.Count {
				w.say("consecutive_days", o.ID, "", d, int(n), w.rule.Count)
			} else if int(n) < w.rule.Least && w.known(d-1) && w.known(d+n) && !w.away(o.ID, d-1) && !w.away(o.ID, d+n) {
				w.say("consecutive_days.short", o.ID, "", d, int(n), w.rule.Least)
			}
		})
	},
	rosters.ConsecutiveNight: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			night := func(d rosters.Date) bool {
				return slices.ContainsFunc(w.onDay(w.work(o.ID), d), func(st stint) bool { return st.night })
			}
			if !night(d) || night(d-1) {
				return
			}
			n := rosters.Date(0)
			for night(d + n) {
				n++
			}
			if int(n) > w.rule.Count && w.worksInside(o.ID, d, d+n-1) {
				w.say("consecutive_night", o.ID, "", d, int(n), w.rule.Count)
			}
		})
	},
	rosters.DaysOff: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			works := func(d rosters.Date) bool { return len(w.onDay(w.work(o.ID), d)) > 0 }
			if works(d) || !works(d-1) {
				return
			}
			n, away := rosters.Date(0), false
			for !works(d+n) && n < 40 {
				away = away || w.away(o.ID, d+n)
				n++
			}
			if int(n) < w.rule.Count && !away && (w.p.Inside(d-1) || w.p.Inside(d+n)) {
				w.say("days_off", o.ID, "", d, int(n), w.rule.Count)
			}
		})
	},
	rosters.WholeWeekends: func(w *slow) {
		w.eachDay(func(o rosters.Officer, d rosters.Date) {
			if !weekend(w.s, d) || weekend(w.s, d-1) {
				return
			}
			worked, n := 0, rosters.Date(0)
			for ; weekend(w.s, d+n); n++ {
				if len(w.onDay(w.work(o.ID), d+n)) > 0 {
					worked++
				}
				if w.away(o.ID, d+n) || !w.known(d+n) {
					return
				}
			}
			if worked > 0 && worked < int(n) && w.worksInside(o.ID, d, d+n-1) {
				w.say("whole_weekends", o.ID, "", d, worked, int(n))
			}
		})
	},
	rosters.PublicHolidays: func(w *slow) {
		for _, o := range w.officers() {
			if n := w.tally(o).Holidays; n > w.rule.Count {
				w.say("public_holidays", o.ID, "", w.p.From, n, w.rule.Count)
			}
		}
	},
	rosters.WishedSkills: func(w *slow) {
		w.eachStint(func(o rosters.Officer, st stint) {
			if st.Post != "p" || st.standby {
				return
			}
			for _, skill := range []string{"language:ru", "x_ray"} { // everybody speaks French
				if !slices.ContainsFunc(o.Held, func(h rosters.Held) bool { return h.Code == skill && (h.Expires == 0 || st.Date <= h.Expires) }) {
					w.say("wished_skills", o.ID, st.Post, st.Date, 0, 1)
				}
			}
		})
	},
	rosters.WishesKept: func(w *slow) {
		for _, r := range w.p.Requests {
			if slices.ContainsFunc(w.officers(), func(o rosters.Officer) bool { return o.ID == r.Officer }) {
				w.wish(r)
			}
		}
	},
	rosters.Coverage:    (*slow).coverage,
	rosters.Surplus:     (*slow).surplus,
	rosters.PairedPosts: (*slow).pairs,
	rosters.MixedLane:   (*slow).lane,
	rosters.Fairness:    (*slow).fairness,
	rosters.WeeklyRest:  (*slow).weeklyRest,
}

func (w *slow) eachStint(each func(rosters.Officer, stint)) {
	for _, o := range w.officers() {
		for _, st := range w.stints[o.ID] {
			if w.p.Inside(st.Date) {
				each(o, st)
			}
		}
	}
}

func (w *slow) eachDay(each func(rosters.Officer, rosters.Date)) {
	for _, o := range w.officers() {
		for d := w.first(); d <= w.last(); d++ {
			each(o, d)
		}
	}
}

func (w *slow) inside(a, b stint) bool { return w.p.Inside(a.Date) || w.p.Inside(b.Date) }

func (w *slow) worksInside(o string, from, to rosters.Date) bool {
	return slices.ContainsFunc(w.work(o), func(st stint) bool { return st.Date >= from && st.Date <= to && w.p.Inside(st.Date) })
}

func (w *slow) sum(o string, from, to rosters.Date) int {
	n := 0
	for _, st := range w.work(o) {
		if w.meant(st) && st.Date >= from && st.Date <= to {
			n += st.worth
		}
	}
	return n
}

func (w *slow) overlap(o string, a, b stint) {
	if !w.inside(a, b) {
		return
	}
	first, n := int64(-1), 0
	for _, m := range a.minutes {
		if b.at(m) && (first < 0 || m == first+int64(n)) {
			if first < 0 {
				first = m
			}
			n++
		}
	}
	if n > 0 {
		w.say("overlap", o, "", a.Date, n, 0)
	}
}

// judged is what the judge says, in the words of the slow reading.
func judged(t *rapid.T, s *rosters.Station, p *rosters.Plan) []string {
	found, err := rosters.Check(s, p)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, v := range found {
		have, need := v.Have, v.Need
		if strings.HasPrefix(v.Code, "leave") || v.Code == "in_service" || v.Code == "succession" {
			have, need = 0, 0
		}
		list = append(list, fmt.Sprintf("%s %s%s %s: %d of %d", v.Code, v.Officer, v.Post, v.Date, have, need))
	}
	slices.Sort(list)
	return list
}

func TestEveryKindAgainstASlowReading(t *testing.T) {
	for _, kind := range rosterstest.Kinds() {
		read, ok := readings[kind]
		if !ok {
			if !slices.Contains(windowed, kind) {
				t.Errorf("%s has no slow reading", kind)
			}
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			wrong := 0
			rapid.Check(t, func(t *rapid.T) {
				s := rosterstest.Station(t, kind)
				p := rosterstest.Plan(t, &s, rapid.IntRange(2, 9).Draw(t, "how busy"))
				w := newSlow(t, &s, &p)
				read(w)
				slices.Sort(w.verdict)
				got := judged(t, &s, &p)
				wrong += len(got)
				if !slices.Equal(got, w.verdict) {
					t.Fatalf("judged:\n%s\nread slowly:\n%s\nrule %+v", strings.Join(got, "\n"), strings.Join(w.verdict, "\n"), s.Rules[0])
				}
			})
			if wrong == 0 {
				t.Errorf("no random plan broke the rule: nothing was compared")
			}
		})
	}
}
