package rosters

import "time"

// Clocks turns the wall time of a station into instants, over clock changes too:
//
//   - a wall time that the clocks jump over is the moment of the jump;
//   - a wall time that comes twice is the first of both.
//
// So who is relieved at 02:30 and who relieves at 02:30 meet, whatever the night,
// and a shift that spans the change is as long as it really is.
type Clocks struct{ zone *time.Location }

// Clocks of the station's zone; the error is an InvalidError.
func (s *Station) Clocks() (Clocks, error) {
	zone, err := s.Location()
	return Clocks{zone}, err
}

// At is the instant of a wall time, in minutes after midnight of d; 1800 is 06:00
// on the next day.
func (c Clocks) At(d Date, minute int) time.Time {
	return time.Unix(c.minute(d, minute)*60, 0).In(c.zone)
}

// Day is the station's calendar day at t.
func (c Clocks) Day(t time.Time) Date { return DateOf(t.In(c.zone)) }

// Times are the instants at which the parts of a shift type begin and end.
func (c Clocks) Times(t *ShiftType, d Date) (from, to time.Time) {
	spans := t.Spans()
	return c.At(d, spans[0].From), c.At(d, spans[len(spans)-1].To)
}

// Minutes that count as work in a shift of type t on day d: those of ShiftType,
// with the hour that a clock change adds or takes.
func (c Clocks) Minutes(t *ShiftType, d Date) int {
	if t.Class == StandBy {
		return 0
	}
	change := 0
	for _, s := range t.Spans() {
		change += int(c.minute(d, s.To)-c.minute(d, s.From)) - (s.To - s.From)
	}
	return max(0, t.Minutes()+change)
}

// minute is At in minutes since 1970.
func (c Clocks) minute(d Date, minute int) int64 {
	const daylong = 24 * 60 * 60
	wall := int64(d)*daylong + int64(minute)*60
	// Offsets are less than a day, so these two lie before and after wherever the
	// wall time falls.
	before, after := c.offset(wall-daylong), c.offset(wall+daylong)
	if before == after {
		return (wall - before) / 60
	}
	jump := wall - daylong
	for c.offset(jump) == before {
		_, end := time.Unix(jump, 0).In(c.zone).ZoneBounds()
		jump = end.Unix()
	}
	switch {
	case wall < jump+before:
		return (wall - before) / 60
	case wall >= jump+after:
		return (wall - after) / 60
	}
	return jump / 60
}

// offset of wall time from UTC at an instant, in seconds.
func (c Clocks) offset(unix int64) int64 {
	_, seconds := time.Unix(unix, 0).In(c.zone).Zone()
	return int64(seconds)
}

// night is the station's night on one scale, minutes after a midnight.
func (s *Station) night() (span Span, least int) {
	h := Hours{From: s.NightFrom, To: s.NightTo}
	if s.NightFrom == 0 && s.NightTo == 0 {
		h.From, h.To = 23*60, 6*60
	}
	least = s.NightLeast
	if least == 0 {
		least = 3 * 60
	}
	return h.span(), least
}

// Nightly reports whether a shift of type t is a night: by the clock, whatever its
// class. Stand-by is none.
func (s *Station) Nightly(t *ShiftType) bool {
	if t.Class == StandBy {
		return false
	}
	night, least := s.night()
	asleep := 0
	for _, part := range t.Spans() {
		for shift := -dayMinutes; shift <= 2*dayMinutes; shift += dayMinutes {
			asleep += max(0, min(part.To, night.To+shift)-max(part.From, night.From+shift))
		}
	}
	return asleep >= least
}
