package console

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"guardroom/console/auth"
	"guardroom/console/fire"
	"guardroom/console/impairments"
	"guardroom/console/live"
	"guardroom/console/stations"
	"guardroom/console/store"
	"guardroom/devices"
)

// openFire opens the desks of fire and of the registers, which know of each
// other: a zone shows what is impaired in it, an entry names its zone.
func (h *house) openFire(ctx context.Context) error {
	registers := store.Impairments{DB: h.db}
	h.impairments = impairments.New(impairments.Options{
		Store: registers, Lookup: h.known,
		Zone:       func(p devices.PointID) (string, string) { return h.fire.ZoneOf(p) },
		WatchEvery: func(station string) time.Duration { return h.fire.WatchEvery(station) },
		Command:    h.commands.Request, Order: h.commands.Order, Raise: h.intake.Raise, Log: h.log,
	})
	fires := store.Fire{DB: h.db}
	var err error
	if h.fire, err = fire.Open(ctx, fire.Options{
		Store: fires, Register: h.stations, Impaired: h.impairments.OpenAt, Raise: h.intake.Raise, Log: h.log,
	}); err != nil {
		return err
	}
	h.timers[store.InvestigationTimer] = fires.RunOut
	h.timers[store.ImpairmentWarnTimer] = registers.Warn
	h.timers[store.ImpairmentEndTimer] = registers.End
	h.timers[store.ImpairmentWatchTimer] = registers.Miss
	told := h.db.OnCommit
	h.db.OnCommit = func(change int64, events []live.Event) {
		told(change, events)
		if ofFire(events) {
			h.fire.Poke()
		}
	}
	return nil
}

var fireKind = []byte(`"kind":"fire.`)

// ofFire reports whether the desk of fire shall look: the screens know already.
func ofFire(events []live.Event) bool {
	for _, e := range events {
		switch {
		case e.Topic == live.Investigation:
			return true
		case e.Topic == live.Alarm && bytes.Contains(e.Data, fireKind):
			return true
		}
	}
	return false
}

// known is what the register of devices knows of a point, or of all points of a
// device.
func (h *house) known(id devices.PointID) (impairments.Known, error) {
	program := auth.Program()
	dev, err := h.stations.Device(program, id.Gateway(), id.Device())
	if err != nil {
		return impairments.Known{}, err
	}
	k := impairments.Known{Station: dev.Station, Category: dev.Category, DeviceName: dev.Name, PointName: dev.Name, Location: dev.Location}
	if station, ok := h.stations.Station(dev.Station); ok {
		k.Demo = station.Demo
	}
	k.Offline = !h.wire.connected(id.Gateway())
	k.Commands = stations.CommandPermission(dev.Category)
	if id.Point() == impairments.AllPoints {
		for _, p := range dev.Points {
			one := impairments.KnownPoint{ID: p.ID, Name: p.Name}
			for _, v := range p.Verbs {
				one.Verbs = append(one.Verbs, v.Verb)
			}
			k.Points = append(k.Points, one)
		}
		return k, nil
	}
	p, err := h.stations.Point(program, id)
	if err != nil {
		return impairments.Known{}, err
	}
	k.PointName, k.Location = p.Name, p.Location
	for _, v := range p.Verbs {
		k.Verbs = append(k.Verbs, v.Verb)
	}
	return k, nil
}

// fireBoard reads what the screens show of fire and of the registers.
func (h *house) fireBoard(ctx context.Context) ([]live.Event, error) {
	events, err := store.Fire{DB: h.db}.Board(ctx)
	if err != nil {
		return nil, err
	}
	impaired, err := store.Impairments{DB: h.db}.Board(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the registers: %w", err)
	}
	return append(events, impaired...), nil
}
