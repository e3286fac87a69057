package demo

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"

	"guardroom/rosters"
)

// Period is a plan of some weeks that begins on the Monday of day's week: its
// demand, leave and wishes, and nobody assigned yet.
func Period(s *rosters.Station, day rosters.Date, weeks int) rosters.Plan {
	monday := day - rosters.Date(day.Weekday()-1)
	p := rosters.Plan{From: monday, Until: monday + rosters.Date(7*weeks-1)}
	p.Demands = s.Standing(p.From, p.Until)
	p.Leave = leave(s, p.From, p.Until)
	p.Requests = requests(s, &p)
	return p
}

// leave is decided year by year: about one officer in eleven is away.
func leave(s *rosters.Station, from, until rosters.Date) []rosters.Leave {
	var list []rosters.Leave
	for i := range s.Officers {
		// Each officer's leave is a sequence from a fixed day on, so that periods agree.
		rng := rand.New(rand.NewPCG(uint64(i), 7))
		for d := rosters.Day(2020, 1, 6) + rosters.Date(rng.IntN(120)); d <= until; {
			days := 5 + rng.IntN(14)
			kind := rosters.AnnualLeave
			switch rng.IntN(10) {
			case 0:
				kind, days = rosters.SickLeave, 1+rng.IntN(4)
			case 1, 2:
				kind, days = rosters.Training, 2+rng.IntN(3)
			case 3:
				kind, days = rosters.DutyTravel, 3+rng.IntN(8)
			case 4:
				kind, days = rosters.HomeLeave, 15+rng.IntN(10)
			}
			if last := d + rosters.Date(days-1); last >= from {
				list = append(list, rosters.Leave{
					ID: fmt.Sprintf("L%s-%s", s.Officers[i].ID, d), Officer: s.Officers[i].ID, Kind: kind, From: d, Until: last, Decision: rosters.Approved,
				})
			}
			d += rosters.Date(days + 60 + rng.IntN(70))
		}
	}
	return list
}

// requests are wishes of about half of the officers.
func requests(s *rosters.Station, p *rosters.Plan) []rosters.Request {
	rng := rand.New(rand.NewPCG(uint64(p.From), 11))
	var list []rosters.Request
	for i := range s.Officers {
		if rng.IntN(2) == 0 || s.Officers[i].Unit == Office {
			continue
		}
		d := p.From + rosters.Date(rng.IntN(p.Days()))
		r := rosters.Request{
			ID: fmt.Sprintf("R%s-%s", s.Officers[i].ID, d), Officer: s.Officers[i].ID, Wish: rosters.WishFree,
			From: d, Until: min(p.Until, d+rosters.Date(rng.IntN(3))), Decision: rosters.Approved,
		}
		switch rng.IntN(5) {
		case 0:
			r.Wish, r.Shifts, r.Note = rosters.WishAvoid, []string{"N"}, "No nights, please"
		case 1:
			r.Wish, r.Shifts, r.Until = rosters.WishWork, []string{"D"}, d
		case 2:
			r.Weight, r.Note = 30, "Family"
		}
		list = append(list, r)
	}
	return list
}

// rotation is two days, two evenings, two nights and two days off.
var rotation = []string{"D", "D", "E", "E", "N", "N", "", ""}

// Roster fills a plan as a sergeant with a pattern does: the guard force rotates
// through eight phases, the others keep the hours of their posts, and every day
// the most particular posts are given out first. It keeps the qualifications,
// ranks and leave, and leaves some posts empty and some wishes unkept.
func Roster(s *rosters.Station, p *rosters.Plan) []rosters.Assignment {
	var list []rosters.Assignment
	fitness := scarcity(s)
	for d := p.From; d <= p.Until; d++ {
		free := map[string][]*rosters.Officer{}
		for i := range s.Officers {
			o := &s.Officers[i]
			if shift := turn(o, i, d, s.Holiday(d)); shift != "" && o.Here(d) && !away(p, o.ID, d) {
				free[shift] = append(free[shift], o)
			}
		}
		for _, code := range []string{"D", "E", "N", "A"} {
			list = append(list, give(s, p, d, code, free[code], fitness)...)
		}
	}
	slices.SortFunc(list, rosters.Assignment.Order)
	return list
}

// turn is the shift that an officer's pattern has on d.
func turn(o *rosters.Officer, i int, d rosters.Date, holiday bool) string {
	weekend := d.Weekday() > 5
	switch o.Unit {
	case Office:
		if weekend || holiday {
			return ""
		}
		return "A"
	case Screening:
		week := int(d-4) / 7 // weeks begin on Mondays: 5 January 1970 was one
		if weekend && (i+week)%5 > 1 || !weekend && (i+week)%5 <= 1 && d.Weekday() > 3 {
			return ""
		}
		if (i/2+week)%2 == 0 {
			return "D"
		}
		return "E"
	}
	return rotation[(int(d)+i)%8]
}

func away(p *rosters.Plan, officer string, d rosters.Date) bool {
	return slices.ContainsFunc(p.Leave, func(l rosters.Leave) bool { return l.Officer == officer && (l.On(d) || l.On(d+1)) })
}

// scarcity is, for each post, how many could stand there.
func scarcity(s *rosters.Station) map[string]int {
	able := map[string]int{}
	for i := range s.Posts {
		for k := range s.Officers {
			if Fit(s, &s.Officers[k], &s.Posts[i], s.Officers[k].From) {
				able[s.Posts[i].ID]++
			}
		}
	}
	return able
}

// Fit reports whether o has what p asks for on d.
func Fit(s *rosters.Station, o *rosters.Officer, p *rosters.Post, d rosters.Date) bool {
	for _, code := range p.Required {
		if _, valid := o.Holds(code, d); !valid {
			return false
		}
	}
	_, mayCarry := o.Holds(s.FirearmCode(), d)
	return o.Rank >= p.MinRank && (mayCarry || !p.Armed)
}

// give hands the posts of one shift to those who are there.
func give(s *rosters.Station, p *rosters.Plan, d rosters.Date, code string, free []*rosters.Officer, able map[string]int) []rosters.Assignment {
	var wanted []*rosters.Post
	for i := range p.Demands {
		if p.Demands[i].Date == d && p.Demands[i].Shift == code {
			for range p.Demands[i].Headcount {
				wanted = append(wanted, s.Post(p.Demands[i].Post))
			}
		}
	}
	slices.SortStableFunc(wanted, func(a, b *rosters.Post) int {
		return cmp.Or(-cmp.Compare(a.Worth(), b.Worth()), cmp.Compare(able[a.ID], able[b.ID]))
	})
	if len(s.Officers) <= SmallOfficers && len(free) > 0 { // some are over: it is not always the same who stay at home
		k := int(d) / 2 % len(free)
		free = slices.Concat(free[k:], free[:k])
	}
	match := matching{posts: wanted, officers: free, of: make([]int, len(free)), fit: func(o *rosters.Officer, post *rosters.Post) bool { return Fit(s, o, post, d) }}
	for i := range wanted {
		match.place(i, make([]bool, len(free)))
	}
	var list []rosters.Assignment
	for k, i := range match.of {
		a := rosters.Assignment{Officer: free[k].ID, Date: d, Shift: code, Source: rosters.FromPlanner}
		if i == 0 {
			continue // more than are needed: a day off
		}
		a.Post = wanted[i-1].ID
		list = append(list, a)
	}
	return list
}

// matching gives as many posts as it can, those first in the list before others.
type matching struct {
	posts    []*rosters.Post
	officers []*rosters.Officer
	of       []int // [officer]: the post, from 1
	fit      func(*rosters.Officer, *rosters.Post) bool
}

func (m *matching) place(i int, tried []bool) bool {
	for k, o := range m.officers {
		if tried[k] || !m.fit(o, m.posts[i]) {
			continue
		}
		tried[k] = true
		if m.of[k] == 0 || m.place(m.of[k]-1, tried) {
			m.of[k] = i + 1
			return true
		}
	}
	return false
}
