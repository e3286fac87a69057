package rosters

import (
	"fmt"
	"slices"
	"time"
)

// A Holiday is a public holiday of the station.
type Holiday struct {
	Date Date   `json:"date"`
	Name string `json:"name"`
}

// A Station is all that plans of a station are judged by.
type Station struct {
	ID   string `json:"id"`
	Zone string `json:"zone"` // IANA
	// WorkingWeek are the working days, 1 Monday to 7 Sunday; the others are its
	// weekend. None: Monday to Friday.
	WorkingWeek []int     `json:"working_week"`
	WeekStart   int       `json:"week_start"` // first day of the week for hours a week; 0 is Monday
	Holidays    []Holiday `json:"holidays"`
	// NightFrom and NightTo are the night by the clock; both 0: 23:00 to 06:00. A
	// shift with at least NightLeast minutes of it is a night; 0: three hours
	// (Directive 2003/88/EC, article 2).
	NightFrom  Clock       `json:"night_from"`
	NightTo    Clock       `json:"night_to"`
	NightLeast int         `json:"night_least"`
	Firearm    string      `json:"firearm"` // the qualification that armed posts ask for; "" is "firearm"
	Officers   []Officer   `json:"officers"`
	Posts      []Post      `json:"posts"`
	ShiftTypes []ShiftType `json:"shift_types"`
	Rules      []Rule      `json:"rules"`
}

// InvalidError says which field cannot be used and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

func invalid(field, reason string, args ...any) error {
	return &InvalidError{Field: field, Reason: fmt.Sprintf(reason, args...)}
}

// Holiday reports whether d is a public holiday.
func (s *Station) Holiday(d Date) bool {
	return slices.ContainsFunc(s.Holidays, func(h Holiday) bool { return h.Date == d })
}

// Weekend reports whether d is no working day of the week.
func (s *Station) Weekend(d Date) bool {
	if len(s.WorkingWeek) == 0 {
		return d.Weekday() > 5
	}
	return !slices.Contains(s.WorkingWeek, d.Weekday())
}

// FirearmCode is the qualification that armed posts ask for.
func (s *Station) FirearmCode() string {
	if s.Firearm == "" {
		return "firearm"
	}
	return s.Firearm
}

// ShiftType finds a shift type; nil when there is none.
func (s *Station) ShiftType(code string) *ShiftType {
	for i := range s.ShiftTypes {
		if s.ShiftTypes[i].Code == code {
			return &s.ShiftTypes[i]
		}
	}
	return nil
}

// Post finds a post; nil when there is none.
func (s *Station) Post(id string) *Post {
	for i := range s.Posts {
		if s.Posts[i].ID == id {
			return &s.Posts[i]
		}
	}
	return nil
}

// Officer finds an officer; nil when there is none.
func (s *Station) Officer(id string) *Officer {
	for i := range s.Officers {
		if s.Officers[i].ID == id {
			return &s.Officers[i]
		}
	}
	return nil
}

func (s *Station) shiftTypes() map[string]*ShiftType {
	byCode := make(map[string]*ShiftType, len(s.ShiftTypes))
	for i := range s.ShiftTypes {
		byCode[s.ShiftTypes[i].Code] = &s.ShiftTypes[i]
	}
	return byCode
}

// Location is the station's time zone.
func (s *Station) Location() (*time.Location, error) {
	if s.Zone == "" || s.Zone == "Local" {
		return nil, invalid("zone", "an IANA time zone such as Europe/Vienna")
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return nil, invalid("zone", "%.60q is not an IANA time zone", s.Zone)
	}
	return zone, nil
}

func name(texts []string, i int) string {
	if i < 0 || i >= len(texts) {
		return ""
	}
	return texts[i]
}
