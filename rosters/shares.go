package rosters

import "slices"

// Fairness: each officer's share of a burden is in proportion to the working time
// that the contract and leave leave them, over the period and the months before.

// of reads one burden off a tally.
func (b Burden) of(t *Tally) int {
	switch b {
	case NightBurden:
		return t.Nights
	case WeekendBurden:
		return t.Weekends
	case HolidayBurden:
		return t.Holidays
	case UnpopularBurden:
		return t.Unpopular
	default:
		return t.Overtime / 60
	}
}

// judgeShares looks at the shares of everybody, and keeps with u, if there is one,
// those that it replaces. What a violation says of officers who were not touched is
// only counted anew.
func (j *Judge) judgeShares(touched map[int]bool, u *undone) {
	n, k := len(j.station.Officers), 0
	for i := range j.rules {
		if r := &j.rules[i]; r.Kind == Fairness {
			j.share(r, j.shared[k*n:(k+1)*n], touched, u)
			k++
		}
	}
}

// share lists officers who have had more than Count beyond their share of one
// burden, in hundredths; lists has one place for each officer.
func (j *Judge) share(r *rule, lists [][]Violation, touched map[int]bool, u *undone) {
	total, time := 0, 0
	for o := range j.station.Officers {
		if r.applies[o] {
			total += j.had(o, r.Of)
			time += j.available(o)
		}
	}
	for o := range j.station.Officers {
		have, need, beyond := 0, 0, 0
		if mine := j.available(o); r.applies[o] && mine > 0 {
			have = 100 * j.had(o, r.Of)
			need = int(100 * int64(total) * int64(mine) / int64(time))
			beyond = have - need - 100*r.Count
		}
		was := lists[o]
		if len(was) == 0 && beyond <= 0 || len(was) == 1 && was[0].Have == have && was[0].Need == need && !touched[o] {
			continue
		}
		if u != nil {
			u.keep(&lists[o])
		}
		j.put(&lists[o], j.unfair(r, o, have, need, beyond, touched[o], was))
	}
}

// unfair is the violation of one officer, made from what was where it can be.
func (j *Judge) unfair(r *rule, officer, have, need, beyond int, touched bool, was []Violation) []Violation {
	if beyond <= 0 {
		return nil
	}
	f := findings{j: j, rule: r}
	v := Violation{
		Officer: j.station.Officers[officer].ID, Date: j.plan.From, Detail: string(r.Of), Have: have, Need: need, Unit: InHundreds,
		From: j.clocks.At(j.plan.From, 0), To: j.clocks.At(j.plan.Until+1, 0), Code: "fairness." + string(r.Of),
	}
	if len(was) == 1 && !touched {
		v.Cells = was[0].Cells
	} else {
		v.Cells = f.burdened(officer)
	}
	if !slices.ContainsFunc(v.Cells, func(c Cell) bool { return j.plan.Inside(c.Date) }) {
		v.Cells = nil // all of it was before the period
	}
	f.add(v, (beyond+99)/100)
	return f.list
}

// burdened are the cells of the period that bring an officer the burden.
func (f *findings) burdened(officer int) []Cell {
	var list []Cell
	j := f.j
	for d := j.plan.From; d <= j.plan.Until; d++ {
		i := j.index(d)
		for _, s := range j.cells[officer][i] {
			o := j.at(d, s.kind)
			if !o.standby && f.bears(i, s, o) {
				list = append(list, Cell{j.station.Officers[officer].ID, d})
				break
			}
		}
	}
	return list
}

// bears reports whether a duty on day i brings the burden.
func (f *findings) bears(i int, s slot, o *occurrence) bool {
	switch f.rule.Of {
	case NightBurden:
		return o.night
	case WeekendBurden:
		return f.j.weekend[i] != 0
	case HolidayBurden:
		return f.j.holiday[i]
	case UnpopularBurden:
		return s.post >= 0 && f.j.station.Posts[s.post].Unpopular
	default:
		return true
	}
}

// had is what an officer has had of a burden, before the period and in it.
func (j *Judge) had(officer int, b Burden) int {
	return b.of(&j.before[officer]) + b.of(&j.tallies[officer])
}

// available is the working time of an officer that leave has left, in minutes.
func (j *Judge) available(officer int) int {
	before := &j.before[officer]
	return max(0, before.Target-before.Credit+j.target[officer]-j.credit[officer])
}
