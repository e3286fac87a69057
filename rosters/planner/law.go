package planner

import (
	"slices"
	"strings"

	"guardroom/rosters"
)

// A law is a rule in numbers.
type law struct {
	rosters.Parameters
	kind                  rosters.Kind
	mandatory             bool
	worth                 int32
	applies               []bool // [officer]
	shifts, after, before []bool // [shift]; shifts are all when none is named
	every                 bool   // shifts are all
	least, most           []int32
	number                int // among the laws of fairness
}

// readLaws compiles the station's rules; the prices of single turns become tables.
func (b *board) readLaws() {
	n := b.officers * b.days
	b.ofRow = make([][]*law, b.officers)
	b.day, b.eve = make([]price, n), make([]price, n)
	b.fit, b.skill = make([]price, n*(b.posts+1)), make([]price, n*(b.posts+1))
	for i := range b.station.Rules {
		r := &b.station.Rules[i]
		if r.Off {
			continue
		}
		l := law{
			Parameters: r.Parameters, kind: r.Kind, mandatory: r.Level == rosters.Mandatory, worth: int32(r.Worth()), applies: make([]bool, b.officers),
			shifts: b.named(r.Shifts), after: b.named(r.After), before: b.named(r.Before), every: len(r.Shifts) == 0,
		}
		if l.every {
			for k := range l.shifts {
				l.shifts[k] = true
			}
		}
		for o := range b.officers {
			l.applies[o] = covers(&r.For, &b.station.Officers[o])
		}
		b.laws = append(b.laws, l)
	}
	for i := range b.laws {
		b.place(&b.laws[i])
	}
}

// place puts a law where it is looked for.
func (b *board) place(l *law) {
	switch l.kind {
	case rosters.Coverage, rosters.Surplus, rosters.PairedPosts, rosters.MixedLane:
		return // cover.go
	case rosters.Fairness:
		l.number = len(b.shares)
		b.shares = append(b.shares, l)
		return
	case rosters.Qualification, rosters.RankForPost, rosters.WishedSkills, rosters.InService, rosters.OnLeave, rosters.LeaveEve:
		for o := range b.officers {
			if l.applies[o] {
				b.priceTurns(l, o)
			}
		}
		return
	case rosters.HoursInPeriod:
		l.least, l.most = make([]int32, b.officers), make([]int32, b.officers)
		for o := range b.officers {
			l.least[o], l.most[o] = b.share(o, l.Least), b.share(o, l.Minutes)
		}
	case rosters.ContractHours:
		l.least, l.most = make([]int32, b.officers), make([]int32, b.officers)
		for o := range b.officers {
			l.least[o], l.most[o] = b.target[o]*int32(100-l.Under)/100, b.target[o]*int32(100+l.Over)/100
		}
	}
	for o := range b.officers {
		if l.applies[o] && (l.kind != rosters.ContractHours || b.station.Officers[o].Contract > 0) {
			b.ofRow[o] = append(b.ofRow[o], l)
		}
	}
}

// share of the period that an officer is here for, of a whole.
func (b *board) share(o, whole int) int32 {
	here := 0
	for i := b.first; i <= b.last; i++ {
		if b.station.Officers[o].Here(b.date(i)) {
			here++
		}
	}
	return int32(whole * here / (b.last - b.first + 1))
}

// add is what times violations of l cost on one turn.
func (l *law) add(p *price, times int) {
	if l.mandatory {
		p.broken += int32(times)
	} else {
		p.cost += int32(times) * max(1, l.worth)
	}
}

// priceTurns writes a law about single turns of one officer into the tables.
func (b *board) priceTurns(l *law, o int) {
	who := &b.station.Officers[o]
	for i := b.first; i <= b.last; i++ {
		at, d := o*b.days+i, b.date(i)
		switch l.kind {
		case rosters.InService:
			if !who.Here(d) {
				l.add(&b.day[at], 1)
			}
		case rosters.OnLeave:
			if b.away[at] {
				l.add(&b.day[at], 1)
			}
		case rosters.LeaveEve:
			if !b.away[at] && b.away[at+1] {
				l.add(&b.eve[at], 1)
			}
		}
	}
	switch l.kind {
	case rosters.Qualification:
		b.pricePosts(l, o, b.fit, true, func(q int, d rosters.Date) int { return len(b.lacking(who, q, d)) })
	case rosters.RankForPost:
		b.pricePosts(l, o, b.fit, false, func(q int, d rosters.Date) int {
			if who.Rank < b.station.Posts[q].MinRank {
				return 1
			}
			return 0
		})
	case rosters.WishedSkills:
		b.pricePosts(l, o, b.skill, true, func(q int, d rosters.Date) int { return b.unskilled(who, q, d) })
	}
}

// pricePosts adds times violations for each post and day; when held, what the officer
// holds and until when may make a difference from one day to the next.
func (b *board) pricePosts(l *law, o int, into []price, held bool, times func(q int, d rosters.Date) int) {
	counts := make([]int, b.posts)
	for i := b.first; i <= b.last; i++ {
		d := b.date(i)
		if i == b.first || held && slices.ContainsFunc(b.station.Officers[o].Held, func(h rosters.Held) bool { return h.Expires == d-1 }) {
			for q := range counts {
				counts[q] = times(q, d)
			}
		}
		for q, n := range counts {
			if n > 0 {
				l.add(&into[(o*b.days+i)*(b.posts+1)+q+1], n)
			}
		}
	}
}

// lacking lists the qualifications that a post requires and who has not on d.
func (b *board) lacking(who *rosters.Officer, q int, d rosters.Date) (codes []string) {
	p := &b.station.Posts[q]
	need := p.Required
	if firearm := b.station.FirearmCode(); p.Armed && !slices.Contains(need, firearm) {
		need = append(slices.Clip(need), firearm)
	}
	for _, code := range need {
		if _, valid := who.Holds(code, d); !valid {
			codes = append(codes, code)
		}
	}
	return codes
}

// unskilled counts what a post wishes and who has not.
func (b *board) unskilled(who *rosters.Officer, q int, d rosters.Date) (n int) {
	for _, wished := range b.station.Posts[q].Wished {
		var ok bool
		if language, is := strings.CutPrefix(wished, "language:"); is {
			ok = slices.Contains(who.Languages, language)
		} else {
			_, ok = who.Holds(wished, d)
		}
		if !ok {
			n++
		}
	}
	return n
}

// turnPrice is what tables say about a turn of an officer on a day.
func (b *board) turnPrice(o, day int, t turnOf) price {
	at := o*b.days + day
	p := b.day[at]
	q := at*(b.posts+1) + int(t.post) + 1
	p.add(b.fit[q])
	if !b.standby[t.shift] {
		p.add(b.skill[q])
		if b.over[t.shift] {
			p.add(b.eve[at])
		}
	}
	return p
}

func (p *price) add(o price) {
	p.cost += o.cost
	p.broken += o.broken
}

// dutyPrice sums the turns of a duty.
func (b *board) dutyPrice(o, day int, u int16) (p price) {
	for _, t := range b.duties[u].turns {
		p.add(b.turnPrice(o, day, t))
	}
	return p
}

// covers reports whether a scope holds an officer.
func covers(s *rosters.Scope, o *rosters.Officer) bool {
	return (len(s.Units) == 0 || slices.Contains(s.Units, o.Unit)) &&
		(s.Employment == "" || s.Employment == o.Employment) &&
		(s.MinRank == rosters.NoRank || o.Rank >= s.MinRank) &&
		(s.MaxRank == rosters.NoRank || o.Rank <= s.MaxRank) &&
		(len(s.Officers) == 0 || slices.Contains(s.Officers, o.ID)) &&
		!slices.Contains(s.Except, o.ID)
}

// named marks the shift types that a rule names.
func (b *board) named(names []string) []bool {
	marked := make([]bool, b.shifts)
	for k := range b.station.ShiftTypes {
		t := &b.station.ShiftTypes[k]
		for _, n := range names {
			class, ok := strings.CutPrefix(n, "class:")
			marked[k] = marked[k] || n == t.Code || ok && rosters.Class(class) == t.Class || n == "nights" && b.nightly[k]
		}
	}
	return marked
}
