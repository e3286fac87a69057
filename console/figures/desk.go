package figures

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// Desk is where figures are read.
type Desk struct {
	Store desk
	Now   func() time.Time
	// Changed is told that the worker must read the settings anew; may be nil.
	Changed func()
}

// desk is what the desk needs of the store.
type desk interface {
	Zone(ctx context.Context, station string) (*time.Location, error) // ErrNotFound
	Raw(ctx context.Context, station string, zone *time.Location, from, to time.Time) (Raw, error)
	Setting(ctx context.Context, station, name string, to any) (version int64, err error)
	SaveSetting(ctx context.Context, station, name string, seen int64, value any, e audit.Entry) (int64, error)
}

// ErrNotFound is returned for a station that does not exist.
var ErrNotFound = errors.New("no such station")

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// Longest is how much time figures may span.
const Longest = 92 * 24 * time.Hour

// Between returns the figures of a station from one instant to another.
func (d *Desk) Between(ctx context.Context, by auth.Operator, station string, from, to time.Time) (Figures, error) {
	if err := by.May(auth.FiguresRead, station); err != nil {
		return Figures{}, err
	}
	now := d.now()
	if to.IsZero() || to.After(now) {
		to = now
	}
	if from.IsZero() {
		from = to.Add(-24 * time.Hour)
	}
	switch {
	case !from.Before(to):
		return Figures{}, &InvalidError{"from", "not before to, or in the future"}
	case to.Sub(from) > Longest:
		return Figures{}, &InvalidError{"from", "more than 92 days before to"}
	}
	zone, err := d.Store.Zone(ctx, station)
	if err != nil {
		return Figures{}, err
	}
	raw, err := d.Store.Raw(ctx, station, zone, from, to)
	if err != nil {
		return Figures{}, err
	}
	return Reckon(station, zone, from, to, raw), nil
}

// Month returns the figures of a month of the station, "2026-11"; of the running
// month as far as it has come.
func (d *Desk) Month(ctx context.Context, by auth.Operator, station, month string) (Figures, error) {
	if err := by.May(auth.FiguresRead, station); err != nil {
		return Figures{}, err
	}
	first, err := time.Parse("2006-01", month)
	if err != nil {
		return Figures{}, &InvalidError{"month", fmt.Sprintf("%.16q is no month such as 2026-11", month)}
	}
	zone, err := d.Store.Zone(ctx, station)
	if err != nil {
		return Figures{}, err
	}
	from := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, zone)
	if !from.Before(d.now()) {
		return Figures{}, &InvalidError{"month", "has not begun"}
	}
	return d.Between(ctx, by, station, from, from.AddDate(0, 1, 0))
}

func (d *Desk) now() time.Time {
	if d.Now != nil {
		return d.Now()
	}
	return time.Now()
}

// SettingName is the name of the document of FloodSettings.
const SettingName = "flood"

// FloodChoice are the settings of a station with their version; 0 is the default.
type FloodChoice struct {
	FloodSettings
	Version int64 `json:"version"`
}

// Flood returns when a station is in a flood.
func (d *Desk) Flood(ctx context.Context, by auth.Operator, station string) (FloodChoice, error) {
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return FloodChoice{}, err
	}
	c := FloodChoice{FloodSettings: DefaultFlood()}
	var err error
	c.Version, err = d.Store.Setting(ctx, station, SettingName, &c.FloodSettings)
	return c, err
}

// SetFlood sets it.
func (d *Desk) SetFlood(ctx context.Context, by auth.Operator, station string, c FloodChoice) (FloodChoice, error) {
	if err := by.May(auth.AlarmsRationalise, station); err != nil {
		return FloodChoice{}, err
	}
	if err := c.check(); err != nil {
		return FloodChoice{}, err
	}
	if _, err := d.Store.Zone(ctx, station); err != nil {
		return FloodChoice{}, err
	}
	e := audit.By(by, station, "flood.settings", "station:"+station,
		map[string]string{"begin": fmt.Sprint(c.Begin), "end": fmt.Sprint(c.End), "minutes": fmt.Sprint(c.Minutes)})
	version, err := d.Store.SaveSetting(ctx, station, SettingName, c.Version, c.FloodSettings, e)
	if err != nil {
		return FloodChoice{}, err
	}
	c.Version = version
	if d.Changed != nil {
		d.Changed()
	}
	return c, nil
}
