package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"guardroom/console/auth"
	"guardroom/console/correlation"
	"guardroom/console/rationale"
	"guardroom/devices"
)

// demoTimes are how long doors of the demo may stand open.
var demoTimes = map[devices.PointID]rationale.DoorTime{
	"gw-1/doors-1.door1": {Class: rationale.Entrance},
	"gw-1/doors-1.door2": {Class: rationale.Entrance, HeldAfter: 60},
	"gw-1/doors-1.door3": {Class: rationale.Entrance, HeldAfter: 60},
	"gw-1/doors-1.door4": {Class: rationale.Entrance, HeldAfter: 90},
	"gw-1/doors-2.door1": {Class: rationale.Inside},
	"gw-1/doors-2.door2": {Class: rationale.Inside},
	"gw-1/doors-2.door3": {Class: rationale.Dock, Hours: []rationale.DoorHours{{Days: []int{1, 2, 3, 4, 5}, From: "18:00", To: "06:00", HeldAfter: 60}}},
	"gw-1/doors-2.door4": {Class: rationale.Inside},
}

// demoReasons are what the station thought out of some of its alarms.
var demoReasons = []rationale.Change{
	{Key: rationale.Key{Point: "gw-1/doors-2.door1", Kind: devices.DoorForced}, Priority: at(1), RespondWithin: at(60), FinishWithin: at(600),
		Response:  at("Watch C-05, send two officers from the Block S desk, keep the corridor door shut until they are there."),
		Procedure: at("SOP 14, server room")},
	{Key: rationale.Key{Point: "gw-1/intrusion-1.input1", Kind: devices.ZoneAlarm}, OnDelayMS: at(500),
		Response: at("Turn C-06 to fence north 1, send the north patrol along the inside of the fence.")},
	{Key: rationale.Key{Point: "gw-1/doors-2.door3", Kind: ""}, Procedure: at("SOP 21, loading dock")},
}

func at[V any](v V) *V { return &v }

// rationale sets door times and texts where nothing was set, and switches the
// first rules on.
func (h *house) rationale(ctx context.Context) error {
	by := auth.Operator{ID: "program", Username: "program", Name: "console program", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	station := h.scenario.Station.ID
	doors, err := h.desks.Rationale.Doors(ctx, by, station, time.Now())
	if err != nil {
		return fmt.Errorf("door times of the demo: %w", err)
	}
	var fresh []rationale.DoorTime
	for _, d := range doors {
		if want, named := demoTimes[d.Point]; named && d.Version == 0 {
			want.Point = d.Point
			fresh = append(fresh, want)
		}
	}
	if len(fresh) > 0 {
		if err := h.desks.Rationale.SetDoors(ctx, by, station, fresh); err != nil {
			return fmt.Errorf("door times of the demo: %w", err)
		}
	}
	return h.reasons(ctx, by, station)
}

func (h *house) reasons(ctx context.Context, by auth.Operator, station string) error {
	rows, err := h.desks.Rationale.List(ctx, by, rationale.Filter{Station: station})
	if err != nil {
		return fmt.Errorf("rationalisation of the demo: %w", err)
	}
	fresh := slices.DeleteFunc(slices.Clone(demoReasons), func(c rationale.Change) bool {
		there := slices.ContainsFunc(rows, func(r rationale.RationaleRow) bool { return r.Point == c.Point })
		set := slices.ContainsFunc(rows, func(r rationale.RationaleRow) bool { return r.Point == c.Point && r.Kind == c.Kind && r.Version > 0 })
		return !there || set
	})
	if len(fresh) > 0 {
		if _, err := h.desks.Rationale.Set(ctx, by, station, fresh); err != nil {
			return fmt.Errorf("rationalisation of the demo: %w", err)
		}
	}
	rules, err := h.desks.Rules.List(ctx, by, station)
	if err != nil {
		return fmt.Errorf("rules of the demo: %w", err)
	}
	for _, r := range rules {
		if r.Version > 1 || r.Enabled { // somebody has had it in hand
			continue
		}
		if _, err := h.desks.Rules.Change(ctx, by, r.ID, correlation.Edit{Version: r.Version, Enabled: at(true), Anyway: true}); err != nil {
			return fmt.Errorf("rule %s of the demo: %w", r.Code, err)
		}
	}
	return nil
}
