// Package stations knows the premises: stations, their gateways, and the
// devices and points behind them; and it watches over the gateways.
//
// The register lives in memory, so that screens and supervision go on while the
// database is away; every change of it is written first, or again until it is.
package stations

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guardroom/devices"
)

// Errors of the desk.
var (
	ErrNotFound = errors.New("no such station, gateway, device or point")
	ErrExists   = errors.New("this id is taken")
	ErrRefused  = errors.New("wrong gateway id or credential")
)

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }

// Station is a duty station.
type Station struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	TimeZone     string `json:"time_zone"` // IANA
	Demo         bool   `json:"demo"`
	FireCommands bool   `json:"fire_commands"` // fire panels may be silenced and reset from here

	// SecurityLevel is the UN Security Level of the place, 1 minimal to 6 extreme; 0
	// when nobody has set it. It is the Department's judgement and no posture.
	SecurityLevel int `json:"security_level" minimum:"0" maximum:"6"`
	// WorkingWeek are the working days, 1 Monday to 7 Sunday, ascending.
	WorkingWeek []int `json:"working_week"`
}

// usualWeek is the working week of a station that has chosen none.
func usualWeek() []int { return []int{1, 2, 3, 4, 5} }

func (s Station) validate() error {
	if !devices.ValidID(s.ID) {
		return &InvalidError{Field: "id", Reason: "letters, digits, and . _ - after the first; at most 64"}
	}
	if err := checkName(s.Name); err != nil {
		return err
	}
	if s.TimeZone == "" || s.TimeZone == "Local" {
		return &InvalidError{Field: "time_zone", Reason: "an IANA time zone such as Europe/Vienna"}
	}
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		return &InvalidError{Field: "time_zone", Reason: fmt.Sprintf("%.60q is not an IANA time zone", s.TimeZone)}
	}
	if s.SecurityLevel < 0 || s.SecurityLevel > 6 {
		return &InvalidError{Field: "security_level", Reason: "a UN Security Level is 1 to 6; 0 when nobody has set it"}
	}
	return checkWeek(s.WorkingWeek)
}

func checkWeek(days []int) error {
	sorted := slices.IsSorted(days) && len(slices.Compact(slices.Clone(days))) == len(days)
	if !sorted || len(days) > 0 && (days[0] < 1 || days[len(days)-1] > 7) {
		return &InvalidError{Field: "working_week", Reason: "days from 1, Monday, to 7, Sunday, each once and in order"}
	}
	return nil
}

func checkName(name string) error {
	if n := utf8.RuneCountInString(name); n == 0 || n > 200 || strings.TrimSpace(name) == "" {
		return &InvalidError{Field: "name", Reason: "1 to 200 characters"}
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return &InvalidError{Field: "name", Reason: "must not hold control characters"}
	}
	return nil
}
