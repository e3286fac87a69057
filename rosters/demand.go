package rosters

// A Demand is officers wanted at a post for a time. Standing posts make demand
// and so do deployments; plans and planner see demand only.
type Demand struct {
	Post      string   `json:"post"`
	Date      Date     `json:"date"`  // the day on which it begins
	Shift     string   `json:"shift"` // the shift type whose hours it is; "" for From and To
	From      Clock    `json:"from"`  // without a Shift: the time, not after From: on the next day
	To        Clock    `json:"to"`
	Headcount int      `json:"headcount"`
	MinRank   Rank     `json:"min_rank"` // beyond what the post asks of everybody
	Required  []string `json:"required"` // likewise
	Source    string   `json:"source"`   // "" standing hours, else the deployment's id
}

// spans are the wall times wanted. A Demand for a shift type that is not there
// wants nothing.
func (d *Demand) spans(shifts map[string]*ShiftType) []Span {
	if d.Shift == "" {
		return []Span{(&Hours{From: d.From, To: d.To}).span()}
	}
	if t := shifts[d.Shift]; t != nil {
		return t.Spans()
	}
	return nil
}

// Standing is what the standing hours of all posts ask for from one day to
// another, both included. Hours that a sequence of the post's shift types fills
// exactly become a Demand for each of them, in the order that the post names
// them; others stay times.
func (s *Station) Standing(from, until Date) []Demand {
	var wanted []Demand
	shifts := s.shiftTypes()
	for i := range s.Posts {
		p := &s.Posts[i]
		if p.Gone {
			continue
		}
		for _, h := range p.Standing {
			cut := p.cut(&h, shifts)
			for d := from; d <= until; d++ {
				if !h.on(d, s.Holiday(d)) {
					continue
				}
				for _, c := range cut {
					c.Date = d.Add(int(c.Date))
					wanted = append(wanted, c)
				}
			}
		}
	}
	return wanted
}

// cut fills h with the post's shift types, each as long as it goes on; Date of
// the answers is the day after h's own on which they begin.
func (p *Post) cut(h *Hours, shifts map[string]*ShiftType) []Demand {
	span := h.span()
	whole := []Demand{{Post: p.ID, From: h.From, To: h.To, Headcount: h.Headcount}}
	if cut := p.tile(h, span.From, span.To, shifts); cut != nil {
		return cut
	}
	if p.AroundTheClock() { // it may begin with whichever shift comes first
		for _, code := range p.Shifts {
			if t := shifts[code]; t != nil && len(t.Parts) > 0 {
				if cut := p.tile(h, int(t.Parts[0].Start), int(t.Parts[0].Start)+dayMinutes, shifts); cut != nil {
					return cut
				}
			}
		}
	}
	return whole
}

// tile fills from to to with shift types, or gives nil.
func (p *Post) tile(h *Hours, from, to int, shifts map[string]*ShiftType) []Demand {
	if from == to {
		return []Demand{}
	}
	for _, code := range p.Shifts {
		t := shifts[code]
		if t == nil || t.Gone || t.Class == StandBy || len(t.Parts) != 1 || int(t.Parts[0].Start) != from%dayMinutes {
			continue
		}
		span := t.Spans()[0]
		end := from + span.To - span.From
		if end > to {
			continue
		}
		if rest := p.tile(h, end, to, shifts); rest != nil {
			return append([]Demand{{Post: p.ID, Date: Date(from / dayMinutes), Shift: code, Headcount: h.Headcount}}, rest...)
		}
	}
	return nil
}

// Validate reports the first field that makes d unusable.
func (d *Demand) Validate() error {
	switch {
	case d.Post == "":
		return invalid("post", "missing")
	case d.Date == 0:
		return invalid("date", "missing")
	case d.Headcount < 1 || d.Headcount > 200:
		return invalid("headcount", "%d officers; between 1 and 200", d.Headcount)
	case d.MinRank < NoRank || d.MinRank > Inspector:
		return invalid("min_rank", "unknown")
	case d.From < 0 || d.From >= dayMinutes || d.To < 0 || d.To >= dayMinutes:
		return invalid("from", "a time is outside the day")
	}
	return nil
}
