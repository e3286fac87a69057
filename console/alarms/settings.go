package alarms

import (
	"context"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// documents is what the desk needs of the store for the stations' own choices.
type documents interface {
	settings
	Setting(ctx context.Context, station, name string, to any) (version int64, err error)
	SaveSetting(ctx context.Context, station, name string, seen int64, value any, e audit.Entry) (version int64, err error)
}

// AlarmPolicy is the policy of a station, with the versions of what it has chosen: 0
// for a default.
type AlarmPolicy struct {
	Station         string     `json:"station"`
	Escalation      Escalation `json:"escalation"`
	Shifts          []string   `json:"shifts"`
	ShiftsVersion   int64      `json:"shifts_version"`
	Handling        Handling   `json:"handling"`
	HandlingVersion int64      `json:"handling_version"`
}

// Policy returns how a station wants its alarms.
func (d *Desk) Policy(ctx context.Context, by auth.Operator, station string) (AlarmPolicy, error) {
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return AlarmPolicy{}, err
	}
	return d.chosen(ctx, station)
}

func (d *Desk) chosen(ctx context.Context, station string) (AlarmPolicy, error) {
	policy := DefaultPolicy()
	c := AlarmPolicy{Station: station}
	var err error
	if _, err = d.Settings.Setting(ctx, station, EscalationSetting, &policy.Escalation); err != nil {
		return AlarmPolicy{}, err
	}
	if c.ShiftsVersion, err = d.Settings.Setting(ctx, station, ShiftsSetting, &policy.Shifts); err != nil {
		return AlarmPolicy{}, err
	}
	if c.HandlingVersion, err = d.Settings.Setting(ctx, station, HandlingSetting, &policy.Handling); err != nil {
		return AlarmPolicy{}, err
	}
	c.Escalation, c.Shifts, c.Handling = policy.Escalation, policy.Shifts, policy.Handling
	return c, nil
}

// SetShifts says when shifts end, when the station's choice is still at version
// seen. Shelvings in force keep their end.
func (d *Desk) SetShifts(ctx context.Context, by auth.Operator, station string, seen int64, shifts []string) (AlarmPolicy, error) {
	if err := by.May(auth.WatchManage, station); err != nil {
		return AlarmPolicy{}, err
	}
	if err := ValidateShifts(shifts); err != nil {
		return AlarmPolicy{}, err
	}
	return d.choose(ctx, by, station, ShiftsSetting, seen, shifts)
}

// SetHandling says how long alarms may be shelved, which must be closed, and in
// what time, when the station's choice is still at version seen.
func (d *Desk) SetHandling(ctx context.Context, by auth.Operator, station string, seen int64, h Handling) (AlarmPolicy, error) {
	if err := by.May(auth.AlarmsRationalise, station); err != nil {
		return AlarmPolicy{}, err
	}
	if h.CloseNeeded == nil {
		h.CloseNeeded = []int{}
	}
	if err := h.Validate(); err != nil {
		return AlarmPolicy{}, err
	}
	return d.choose(ctx, by, station, HandlingSetting, seen, h)
}

func (d *Desk) choose(ctx context.Context, by auth.Operator, station, name string, seen int64, value any) (AlarmPolicy, error) {
	if station == "" || station == auth.AllStations {
		return AlarmPolicy{}, &InvalidError{Field: "station", Reason: "name one"}
	}
	e := audit.By(by, station, "alarm.policy", "setting:"+name, map[string]string{"name": name})
	if _, err := d.Settings.SaveSetting(ctx, station, name, seen, value, e); err != nil {
		return AlarmPolicy{}, err
	}
	if err := d.Policies.Load(ctx, d.Settings); err != nil {
		return AlarmPolicy{}, err
	}
	return d.chosen(ctx, station)
}
