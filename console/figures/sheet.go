package figures

import (
	"cmp"
	"slices"
	"time"

	"guardroom/devices"
)

// Targets are those of ISA-18.2 and EEMUA 191 for one position, and the times to
// answer of EN 50518.
type Targets struct {
	Per10      float64   `json:"per_10"`      // alarms in ten minutes on average: acceptable
	Per10Most  float64   `json:"per_10_most"` // manageable at most
	Peak10     int       `json:"peak_10"`     // at most
	FloodShare float64   `json:"flood_share"` // of the time
	Priorities []float64 `json:"priorities"`  // share of 1 (with 2), 3, 4
	TopTen     float64   `json:"top_ten"`     // share of the load
	Stale      int       `json:"stale"`       // fewer than this on any day
	Answered   []float64 `json:"answered"`    // share within the first and the second time
}

// Target returns the targets.
func Target() Targets {
	return Targets{Per10: 1, Per10Most: 2, Peak10: 10, FloodShare: 0.01, Priorities: []float64{0.05, 0.15, 0.80}, TopTen: 0.05, Stale: 5, Answered: []float64{0.80, 0.985}}
}

// Rate is how often a position was asked for attention.
type Rate struct {
	Total      int        `json:"total"`
	Per10      float64    `json:"per_10"`
	PerDay     float64    `json:"per_day"`
	Peak10     int        `json:"peak_10"` // most in any ten minutes
	Peak10At   *time.Time `json:"peak_10_at"`
	PeakHour   int        `json:"peak_hour"`
	PeakMinute int        `json:"peak_minute"`
	// Over is the share of ten-minute spans with more than ten.
	Over float64 `json:"over"`
}

// RateSlot is a bar of the chart: a span of time and what was announced in it.
type RateSlot struct {
	At time.Time `json:"at"`
	P1 int       `json:"p1"`
	P2 int       `json:"p2"`
	P3 int       `json:"p3"`
	P4 int       `json:"p4"`
}

// PriorityShare is a part of the mix.
type PriorityShare struct {
	Priority int     `json:"priority"`
	N        int     `json:"n"`
	Share    float64 `json:"share"`
}

// BadActor is what alarms most.
type BadActor struct {
	Point      devices.PointID `json:"point"`
	PointName  string          `json:"point_name"`
	DeviceName string          `json:"device_name"`
	Location   string          `json:"location"`
	Kind       devices.Kind    `json:"kind"`
	N          int             `json:"n"`
	Share      float64         `json:"share"`
	Chatter    int             `json:"chatter"`     // episodes of three raises in a minute
	Worst      int             `json:"worst"`       // raises of the longest episode
	Fleeting   int             `json:"fleeting"`    // over within seconds, unaided
	Held       int             `json:"held"`        // of those, kept from view by the delay
	LifeSafety bool            `json:"life_safety"` // can never be shelved
	// Propose is "shelve" or "delay" where that would help; nothing is done by itself.
	Propose string `json:"propose"`
}

// StaleAlarm has stood for more than 24 hours.
type StaleAlarm struct {
	Alarm     string          `json:"alarm"`
	Point     devices.PointID `json:"point"`
	PointName string          `json:"point_name"`
	Location  string          `json:"location"`
	Kind      devices.Kind    `json:"kind"`
	Priority  int             `json:"priority"`
	Since     time.Time       `json:"since"`
	State     string          `json:"state"`
}

// AnswerTimes is how long alarms waited; times are seconds.
type AnswerTimes struct {
	Priority int     `json:"priority"` // 0: all
	N        int     `json:"n"`
	P50      float64 `json:"p50"`
	P90      float64 `json:"p90"`
	First    float64 `json:"first"`  // share within 30 s (life safety) or 90 s
	Second   float64 `json:"second"` // share within 60 s or 180 s
}

// DispositionShare is how alarms were closed.
type DispositionShare struct {
	Disposition string  `json:"disposition"`
	N           int     `json:"n"`
	Share       float64 `json:"share"`
}

// FloodPast is a flood of the time.
type FloodPast struct {
	Since time.Time  `json:"since"`
	Ended *time.Time `json:"ended"`
	Total int        `json:"total"`
	Peak  int        `json:"peak"`
}

// Figures are those of a station's control position over a time.
type Figures struct {
	Station  string    `json:"station"`
	TimeZone string    `json:"time_zone"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"` // not included; never in the future
	Targets  Targets   `json:"targets"`

	Rate        Rate               `json:"rate"`
	SlotSeconds int                `json:"slot_seconds"`
	Slots       []RateSlot         `json:"slots"`
	FloodShare  float64            `json:"flood_share"`
	Floods      []FloodPast        `json:"floods"`
	Priorities  []PriorityShare    `json:"priorities"`
	BadActors   []BadActor         `json:"bad_actors"`
	TopTenShare float64            `json:"top_ten_share"`
	Chattering  int                `json:"chattering"` // points with an episode
	Fleeting    int                `json:"fleeting"`   // alarms
	StaleNow    int                `json:"stale_now"`
	StaleWorst  int                `json:"stale_worst"` // on the worst day
	Stale       []StaleAlarm       `json:"stale"`
	Answers     []AnswerTimes      `json:"answers"`
	Closed      []DispositionShare `json:"closed"`
	Unreal      float64            `json:"unreal"` // share closed as nuisance or false
	Escalated   int                `json:"escalated"`
	Overdue     int                `json:"overdue"`
	// Upto is how far the figures are counted: later alarms are not in them yet.
	Upto time.Time `json:"upto"`
}

// Raw is what the store has of a time.
type Raw struct {
	Minutes    []RateSlot
	Answers    map[AnswerKey]Answers // station and day empty
	Counts     map[string]int
	Floods     []FloodPast
	Actors     []BadActor // with N, Chatter, Worst, Fleeting; those that alarm most first
	Chattering int
	Fleeting   int
	Stale      []StaleAlarm
	StaleNow   int
	StaleWorst int
	Upto       time.Time
}

// Reckon makes figures of what was counted between from and to.
func Reckon(station string, zone *time.Location, from, to time.Time, raw Raw) Figures {
	f := Figures{
		Station: station, TimeZone: zone.String(), From: from.UTC(), To: to.UTC(), Targets: Target(),
		BadActors: raw.Actors, Chattering: raw.Chattering, Fleeting: raw.Fleeting, Stale: raw.Stale, StaleNow: raw.StaleNow,
		StaleWorst: max(raw.StaleWorst, raw.StaleNow), Floods: raw.Floods, Upto: raw.Upto,
	}
	f.Rate = rate(raw.Minutes, from, to)
	f.SlotSeconds, f.Slots = slots(raw.Minutes, from, to, zone)
	f.FloodShare = flooded(raw.Floods, from, to)
	f.Priorities = mix(raw.Minutes)
	f.TopTenShare = propose(f.BadActors, f.Rate.Total)
	f.Answers = answers(raw.Answers)
	f.Closed, f.Unreal = closed(raw.Counts)
	for p := '1'; p <= '4'; p++ {
		f.Escalated += raw.Counts["escalated:"+string(p)]
		f.Overdue += raw.Counts["overdue:"+string(p)]
	}
	return f
}

func (s RateSlot) n() int { return s.P1 + s.P2 + s.P3 + s.P4 }

func (s *RateSlot) add(o RateSlot) {
	s.P1, s.P2, s.P3, s.P4 = s.P1+o.P1, s.P2+o.P2, s.P3+o.P3, s.P4+o.P4
}

// rate slides over the minutes, which are sorted and hold no empty ones.
func rate(minutes []RateSlot, from, to time.Time) Rate {
	r := Rate{}
	span := to.Sub(from)
	tens := map[int64]int{}
	ten, hour := 0, 0 // starts of the windows that end with minute i
	in10, inHour := 0, 0
	for _, m := range minutes {
		n := m.n()
		r.Total += n
		r.PeakMinute = max(r.PeakMinute, n)
		tens[m.At.Unix()/600] += n
		for in10 += n; m.At.Sub(minutes[ten].At) >= 10*time.Minute; ten++ {
			in10 -= minutes[ten].n()
		}
		for inHour += n; m.At.Sub(minutes[hour].At) >= time.Hour; hour++ {
			inHour -= minutes[hour].n()
		}
		if in10 > r.Peak10 {
			at := minutes[ten].At
			r.Peak10, r.Peak10At = in10, &at
		}
		r.PeakHour = max(r.PeakHour, inHour)
	}
	if span <= 0 {
		return r
	}
	over := 0
	for _, n := range tens {
		if n > 10 {
			over++
		}
	}
	spans := max(span.Minutes()/10, 1)
	r.Per10 = float64(r.Total) / spans
	r.PerDay = float64(r.Total) / (span.Hours() / 24)
	r.Over = min(float64(over)/spans, 1)
	return r
}

// slots are the bars of the chart: ten minutes for a day, hours for a fortnight,
// else days of the station.
func slots(minutes []RateSlot, from, to time.Time, zone *time.Location) (int, []RateSlot) {
	step := 24 * time.Hour
	switch span := to.Sub(from); {
	case span <= 26*time.Hour:
		step = 10 * time.Minute
	case span <= 15*24*time.Hour:
		step = time.Hour
	}
	at := from
	if step == 24*time.Hour {
		local := from.In(zone)
		at = time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	} else {
		at = at.Truncate(step)
	}
	var bars []RateSlot
	next := 0
	for at.Before(to) && len(bars) < 1000 {
		end := at.Add(step)
		if step == 24*time.Hour {
			end = at.In(zone).AddDate(0, 0, 1)
		}
		bar := RateSlot{At: at.UTC()}
		for ; next < len(minutes) && minutes[next].At.Before(end); next++ {
			bar.add(minutes[next])
		}
		bars = append(bars, bar)
		at = end
	}
	return int(step / time.Second), bars
}

func flooded(floods []FloodPast, from, to time.Time) float64 {
	var in time.Duration
	for _, f := range floods {
		begin, end := f.Since, to
		if f.Ended != nil {
			end = *f.Ended
		}
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		if end.After(begin) {
			in += end.Sub(begin)
		}
	}
	if span := to.Sub(from); span > 0 {
		return float64(in) / float64(span)
	}
	return 0
}

func mix(minutes []RateSlot) []PriorityShare {
	sum := RateSlot{}
	for _, m := range minutes {
		sum.add(m)
	}
	all := []PriorityShare{{Priority: 1, N: sum.P1}, {Priority: 2, N: sum.P2}, {Priority: 3, N: sum.P3}, {Priority: 4, N: sum.P4}}
	for i := range all {
		all[i].Share = share(all[i].N, sum.n())
	}
	return all
}

func share(n, of int) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}

// propose fills in shares and proposals, and returns the share of the first ten.
// Timed shelving is for what alarms more than ten times in a minute; what
// chatters less, or is over by itself, wants a delay.
func propose(actors []BadActor, total int) float64 {
	ten := 0
	for i := range actors {
		a := &actors[i]
		a.LifeSafety = a.Kind.Info().LifeSafety
		a.Share = share(a.N, total)
		if i < 10 {
			ten += a.N
		}
		switch {
		case a.LifeSafety:
		case a.Worst > 10:
			a.Propose = "shelve"
		case a.Chatter > 0 || a.Fleeting > 2 && a.Fleeting*2 > a.N:
			a.Propose = "delay"
		}
	}
	return share(ten, total)
}

func answers(all map[AnswerKey]Answers) []AnswerTimes {
	list := []AnswerTimes{}
	for _, p := range []int{0, 1, 2, 3, 4} {
		var buckets [lastBucket + 1]int
		t := AnswerTimes{Priority: p}
		first, second := 0, 0
		for k, a := range all {
			if p == 0 || k.Priority == p {
				buckets[min(max(k.Bucket, 0), lastBucket)] += a.N
				t.N, first, second = t.N+a.N, first+a.First, second+a.Second
			}
		}
		if t.N == 0 && p != 0 {
			continue
		}
		t.First, t.Second = share(first, t.N), share(second, t.N)
		t.P50, t.P90 = quantile(buckets[:], t.N, 0.5), quantile(buckets[:], t.N, 0.9)
		list = append(list, t)
	}
	return list
}

// quantile is the end of the bucket in which it lies, in seconds.
func quantile(buckets []int, n int, q float64) float64 {
	if n == 0 {
		return 0
	}
	seen := 0
	for b, in := range buckets {
		if seen += in; float64(seen) >= q*float64(n) {
			return BucketEnd(b).Seconds()
		}
	}
	return 0
}

func closed(counts map[string]int) ([]DispositionShare, float64) {
	list := []DispositionShare{}
	total := 0
	for _, d := range []string{"real", "nuisance", "false", "test", "drill", "other"} {
		n := counts["closed:"+d]
		total += n
		list = append(list, DispositionShare{Disposition: d, N: n})
	}
	unreal := 0
	for i := range list {
		list[i].Share = share(list[i].N, total)
		if list[i].Disposition == "nuisance" || list[i].Disposition == "false" {
			unreal += list[i].N
		}
	}
	slices.SortStableFunc(list, func(a, b DispositionShare) int { return cmp.Compare(b.N, a.N) })
	return list, share(unreal, total)
}
