package main

import (
	"context"
	"fmt"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
	desk "guardroom/console/rosters"
	"guardroom/console/stations"
	"guardroom/rosters"
	"guardroom/rosters/demo"
)

// rosters gives the stations of the demo their officers, posts and rules, five weeks
// that are published, and a draft of the five after them, once: the main station a
// small guard force, the other one a large one.
func (h *house) rosters(ctx context.Context, d console.Desks) error {
	by := demoControlRoom()
	for _, station := range d.Stations.Stations(by) {
		made := demo.Station
		if station.ID == h.scenario.Station.ID {
			made = demo.Small
		}
		if err := h.roster(ctx, d, by, station, made); err != nil {
			return fmt.Errorf("station %s of the demo: %w", station.ID, err)
		}
	}
	return nil
}

func (h *house) roster(ctx context.Context, d console.Desks, by auth.Operator, station stations.Station, made func(zone string, day rosters.Date) rosters.Station) error {
	known, err := d.Rosters.Register(ctx, by, station.ID)
	if err == nil && known.Calendar.Item.Alarms { // nobody has come while the demo was off
		return h.attend(ctx, by, station.ID, time.Now())
	}
	if err != nil || known.Version > 0 {
		return err
	}
	zone, err := time.LoadLocation(station.TimeZone)
	if err != nil {
		return err
	}
	today := rosters.DateOf(time.Now().In(zone))
	s := made(station.TimeZone, today)
	s.WorkingWeek = station.WorkingWeek
	accounts, err := h.accounts(ctx, d, by, station.ID, &s)
	if err != nil {
		return fmt.Errorf("accounts of officers: %w", err)
	}
	if err := h.register(ctx, d, by, station.ID, &s, accounts); err != nil {
		return fmt.Errorf("registers: %w", err)
	}
	// The weeks around today are in force; the next ones are being planned.
	period := demo.Period(&s, today.Add(-7), 5)
	for _, l := range period.Leave {
		if _, err := d.Rosters.SaveLeave(ctx, by, station.ID, desk.Kept[rosters.Leave]{Item: l}); err != nil {
			return fmt.Errorf("leave: %w", err)
		}
	}
	for _, q := range period.Requests {
		if _, err := d.Rosters.SaveRequest(ctx, by, station.ID, desk.Kept[rosters.Request]{Item: q}); err != nil {
			return fmt.Errorf("wishes: %w", err)
		}
	}
	if err := h.inForce(ctx, d, by, station.ID, &s, &period); err != nil {
		return fmt.Errorf("roster: %w", err)
	}
	_, err = d.Rosters.Begin(ctx, by, station.ID, desk.NewDraft{Name: "Next five weeks", From: period.Until.Add(1), Until: period.Until.Add(35), Copy: "empty"})
	return err
}

// accounts gives some officers the accounts of the demo, and the names with them, so
// that who signs in has duties of their own. Nobody serves at two stations.
func (h *house) accounts(ctx context.Context, d console.Desks, by auth.Operator, station string, s *rosters.Station) (map[string]string, error) {
	users, err := d.Auth.Users(ctx, by)
	if err != nil {
		return nil, err
	}
	ranks := map[string]rosters.Rank{"officer": rosters.OrdinaryOfficer, "officer-geneva": rosters.OrdinaryOfficer, "supervisor": rosters.Sergeant, "chief": rosters.Captain, "planner": rosters.Lieutenant}
	if station == h.scenario.Station.ID {
		ranks = map[string]rosters.Rank{"officer-" + station: rosters.OrdinaryOfficer}
	}
	given := map[string]string{}
	for _, u := range users {
		rank, wanted := ranks[u.Username]
		for i := range s.Officers {
			o := &s.Officers[i]
			if !wanted || o.Rank != rank || given[o.ID] != "" || o.Employment != rosters.Staff {
				continue
			}
			o.Name, given[o.ID] = u.Name, u.ID
			break
		}
	}
	return given, nil
}

func (h *house) register(ctx context.Context, d console.Desks, by auth.Operator, station string, s *rosters.Station, accounts map[string]string) error {
	var changes []desk.RecordChange
	for _, o := range s.Officers {
		o.HomeStation = station
		one := desk.Officer{Officer: o, User: accounts[o.ID], Phone: "+00 5550 " + o.ID[1:]}
		if o.Employment == rosters.Staff { // contractors are told by their company
			one.Email = "o" + o.ID[1:] + "@guardroom.invalid"
		}
		changes = append(changes, desk.RecordChange{Kind: desk.Officers, ID: o.ID, Item: one})
	}
	for _, p := range s.Posts {
		changes = append(changes, desk.RecordChange{Kind: desk.Posts, ID: p.ID, Item: p})
	}
	for _, t := range s.ShiftTypes {
		changes = append(changes, desk.RecordChange{Kind: desk.Shifts, ID: t.Code, Item: t})
	}
	for _, r := range s.Rules {
		changes = append(changes, desk.RecordChange{Kind: desk.Rules, ID: r.ID, Item: r})
	}
	for _, one := range s.Holidays {
		changes = append(changes, desk.RecordChange{Kind: desk.Holidays, ID: one.Date.String(), Item: one})
	}
	_, err := d.Rosters.Change(ctx, by, station, changes...)
	return err
}

// inForce publishes the demo's roster, its exceptions approved.
func (h *house) inForce(ctx context.Context, d console.Desks, by auth.Operator, station string, s *rosters.Station, period *rosters.Plan) error {
	draft, err := d.Rosters.Begin(ctx, by, station, desk.NewDraft{Name: "Five weeks", From: period.From, Until: period.Until, Copy: "empty"})
	if err != nil {
		return err
	}
	if _, err := d.Rosters.Edit(ctx, by, station, draft.ID, desk.ByCopy, desk.CellsOf(demo.Roster(s, period))); err != nil {
		return err
	}
	board, err := d.Rosters.Board(ctx, by, station, draft.ID)
	if err != nil {
		return err
	}
	var open []string
	for _, v := range board.Problems {
		if v.Level == rosters.Exceptional && v.Approval == nil {
			open = append(open, v.Key)
		}
	}
	if _, err := d.Rosters.ApproveAll(ctx, by, station, draft.ID, open, "Known to the chief: recruitment is under way"); err != nil {
		return err
	}
	v, err := d.Rosters.Preview(ctx, by, station, draft.ID)
	if err != nil {
		return err
	}
	_, err = d.Rosters.Publish(ctx, by, station, draft.ID, desk.PublishWish{Version: v.Draft.Version, Number: v.Number})
	return err
}
