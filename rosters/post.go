package rosters

import "slices"

// Hours are standing hours of a post, in station wall time.
type Hours struct {
	Weekdays    []int `json:"weekdays"`     // 1 Monday to 7 Sunday, on which they begin; none: every day
	HolidaysOff bool  `json:"holidays_off"` // not on public holidays
	From        Clock `json:"from"`
	To          Clock `json:"to"`        // not after From: on the next day; equal: 24 hours
	Headcount   int   `json:"headcount"` // officers at the same time
}

// A Post is a place that is to be manned.
type Post struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Place    string   `json:"place"` // id of the place on the site's plans, if any
	Area     string   `json:"area"`
	Mobile   bool     `json:"mobile"` // a patrol
	Standing []Hours  `json:"standing"`
	Shifts   []string `json:"shifts"` // codes of the shift types it is worked in
	MinRank  Rank     `json:"min_rank"`
	Required []string `json:"required"` // qualifications without which nobody stands here
	Wished   []string `json:"wished"`   // qualifications and "language:fr", better with than without
	Armed    bool     `json:"armed"`    // asks for Station.Firearm too
	// Report is how many minutes before the hour the officer is at line-up. It is
	// shown, and no part of hours and rest; where it counts, the shift begins earlier.
	Report     int    `json:"report"`
	MealRelief int    `json:"meal_relief"` // minutes of meal for which a reliever stands in; 0: none
	Rotation   int    `json:"rotation"`    // minutes after which officers change places; 0: none
	CheckCall  int    `json:"check_call"`  // minutes between check calls; 0: none
	Ceremonial bool   `json:"ceremonial"`  // manned for show: the first to be left empty
	Unpopular  bool   `json:"unpopular"`   // counted by fairness
	Lane       string `json:"lane"`        // posts of one search lane; a manned lane needs both genders
	PairedWith string `json:"paired_with"` // the post without which this one is not manned
	Weight     int    `json:"weight"`      // of an hour that nobody covers, 1 to 100; 0 is 10
	Gone       bool   `json:"gone"`
}

// AroundTheClock reports whether p stands at every hour of every day.
func (p *Post) AroundTheClock() bool {
	return slices.ContainsFunc(p.Standing, func(h Hours) bool {
		return h.From == h.To && !h.HolidaysOff && (len(h.Weekdays) == 0 || len(h.Weekdays) == 7)
	})
}

// Worth is p's weight, with its default.
func (p *Post) Worth() int {
	switch {
	case p.Weight > 0:
		return p.Weight
	case p.Ceremonial:
		return 2
	}
	return 10
}

// Validate reports the first field that makes p unusable. Whether its shift types
// and its pair exist is for Station.Validate.
func (p *Post) Validate() error {
	switch {
	case p.ID == "" || len(p.ID) > maxName:
		return invalid("id", "between 1 and %d characters", maxName)
	case p.Name == "" || len(p.Name) > maxName:
		return invalid("name", "between 1 and %d characters", maxName)
	case p.MinRank < NoRank || p.MinRank > Inspector:
		return invalid("min_rank", "unknown")
	case len(p.Standing) > 28:
		return invalid("standing", "%d; a post has at most 28 standing hours", len(p.Standing))
	case len(p.Shifts) > maxList || len(p.Required) > maxList || len(p.Wished) > maxList:
		return invalid("shifts", "at most %d shift types and qualifications", maxList)
	case p.Weight < 0 || p.Weight > 100:
		return invalid("weight", "%d is not between 0 and 100", p.Weight)
	case p.PairedWith == p.ID:
		return invalid("paired_with", "a post is not its own pair")
	}
	for _, minutes := range []int{p.Report, p.MealRelief, p.Rotation, p.CheckCall} {
		if minutes < 0 || minutes > dayMinutes {
			return invalid("report", "%d minutes; report, meal, rotation and check calls take 0 to %d", minutes, dayMinutes)
		}
	}
	for _, h := range p.Standing {
		if err := h.validate(); err != nil {
			return err
		}
	}
	return nil
}

func (h *Hours) validate() error {
	switch {
	case h.Headcount < 1 || h.Headcount > 200:
		return invalid("standing", "%d officers; between 1 and 200 stand at a post", h.Headcount)
	case h.From < 0 || h.From >= dayMinutes || h.To < 0 || h.To >= dayMinutes:
		return invalid("standing", "a time is outside the day")
	}
	for _, w := range h.Weekdays {
		if w < 1 || w > 7 {
			return invalid("standing", "%d is not a day of the week; 1 is Monday, 7 is Sunday", w)
		}
	}
	return nil
}

// span is h in minutes after midnight of the day on which it begins.
func (h *Hours) span() Span {
	to := int(h.To)
	if to <= int(h.From) {
		to += dayMinutes
	}
	return Span{int(h.From), to}
}

// on reports whether h begins on a day.
func (h *Hours) on(d Date, holiday bool) bool {
	return (!holiday || !h.HolidaysOff) && (len(h.Weekdays) == 0 || slices.Contains(h.Weekdays, d.Weekday()))
}
