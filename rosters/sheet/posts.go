package sheet

import (
	"strconv"
	"strings"

	"guardroom/rosters"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Posts reads a row a post. Rows with a fault are left out and named. Shift types
// that the station does not have are faults.
func Posts(rows []Row, m Mapping, s *rosters.Station) ([]rosters.Post, []Problem) {
	r := &reader{m: &m}
	var list []rosters.Post
	seen := map[string]int{}
	r.body(rows, func() {
		p := r.post(s)
		if first, twice := seen[p.ID]; twice && p.ID != "" {
			r.fault(ID, p.ID, "twice", "the same post as in row "+itoa(first))
		}
		if r.broken {
			return
		}
		if err := p.Validate(); err != nil {
			r.faultAt(0, "", p.Name, "invalid", err.Error())
			return
		}
		seen[p.ID] = r.row.Number
		list = append(list, p)
	})
	return list, r.problems
}

func (r *reader) post(s *rosters.Station) rosters.Post {
	p := rosters.Post{
		ID: r.text(ID), Name: r.text(Name), Area: r.text(Area), Shifts: r.list(Shifts), Required: r.list(Required), Wished: r.list(Wished),
		Lane: r.text(Lane), PairedWith: r.text(PairedWith),
	}
	if p.Name == "" {
		r.fault(Name, "", "missing", "a post without a name")
	}
	if p.ID == "" {
		p.ID = strings.ReplaceAll(fold(p.Name), " ", "-")
	}
	if text := r.text(MinRank); text != "" {
		lowest, ok := rank(text)
		if p.MinRank = lowest; !ok {
			r.fault(MinRank, text, "rank", "no rank of the Security Service")
		}
	}
	for _, code := range p.Shifts {
		if s.ShiftType(code) == nil {
			r.fault(Shifts, code, "shift", "the station has no such shift type")
		}
	}
	standing, err := ParseHours(r.text(Hours))
	if err != nil {
		r.fault(Hours, r.text(Hours), "standing", err.Error())
	}
	p.Standing = standing
	if n := r.number(Headcount, 200); n > 0 {
		for i := range p.Standing {
			p.Standing[i].Headcount = n
		}
	}
	for f, into := range map[Field]*bool{Armed: &p.Armed, Mobile: &p.Mobile, Ceremonial: &p.Ceremonial, Unpopular: &p.Unpopular} {
		yes, ok := truth(r.text(f))
		if *into = yes; !ok {
			r.fault(f, r.text(f), "truth", "yes or no")
		}
	}
	p.Report, p.MealRelief, p.Rotation, p.CheckCall = r.number(Report, 1440), r.number(MealRelief, 1440), r.number(Rotation, 1440), r.number(CheckCall, 1440)
	p.Weight = r.number(Weight, 100)
	return p
}

// number reads a whole number from 0 to most; nothing is 0.
func (r *reader) number(f Field, most int) int {
	text := r.text(f)
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSuffix(text, ".0"))
	if err != nil || n < 0 || n > most {
		r.fault(f, text, "number", "a whole number up to "+itoa(most))
		return 0
	}
	return n
}
