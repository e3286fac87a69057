package console

import (
	"context"
	"fmt"

	"guardroom/console/auth"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/console/notify"
	"guardroom/console/rosters"
	"guardroom/console/store"
)

// rosterTopics are what the screens are shown of rosters and of the duty board.
var rosterTopics = []live.Topic{live.Roster, live.Draft, live.Duty}

// openRosters opens the desk at which rosters are made.
func (h *house) openRosters() {
	h.rosters = rosters.New(rosters.Options{
		Store: store.NewRosters(h.db), Station: h.rostered, Hub: h.hub, Accounts: h.rosterAccounts, Told: h.tellOfficers, Log: h.log,
	})
	h.alarms.Rostered = h.rosters.ShiftEnd
	h.timers[rosters.SwapTimer] = func(ctx context.Context, tx *store.Tx, t jobs.Timer) error {
		return h.rosters.SwapPassed(ctx, store.RosterTx(tx), t)
	}
	h.timers[rosters.RecallTimer] = func(ctx context.Context, tx *store.Tx, t jobs.Timer) error {
		return h.rosters.RecallPassed(ctx, store.RosterTx(tx), t)
	}
}

// tellOfficers queues word with the change that it tells of: to an officer's own
// address and to the addresses that the contact list has of their account.
func (h *house) tellOfficers(ctx context.Context, tx rosters.Tx, words []rosters.Word) error {
	t := store.InTx(tx)
	list := []notify.Delivery{}
	for _, w := range words {
		if w.Officer == "" {
			to := notify.ForSupervisor
			if w.Chief {
				to = notify.ForDutyChief
			}
			if _, err := h.notify.Send(ctx, t, notify.Notice{Station: w.Station, To: string(to), Subject: w.Subject, Text: w.Text, About: w.About, Demo: w.Demo}); err != nil {
				return err
			}
			continue
		}
		addresses := map[string]notify.Channel{}
		if w.Email != "" {
			addresses[w.Email] = notify.Email
		}
		if w.User != "" {
			listed, err := t.Receivers(ctx, w.Station, "user:"+w.User)
			if err != nil {
				return err
			}
			for _, c := range listed {
				addresses[c.Email], addresses[c.Webhook] = notify.Email, notify.Webhook
			}
		}
		delete(addresses, "")
		subject := w.Subject
		if w.Demo {
			subject = "DEMO: " + subject
		}
		for address, channel := range addresses {
			list = append(list, notify.Delivery{
				ID: auth.NewID(), Station: w.Station, To: "officer:" + w.Officer, Name: w.Name, Channel: channel, Address: address,
				Subject: subject, Text: w.Text, About: w.About, State: notify.Waiting, Demo: w.Demo,
			})
		}
	}
	return t.Deliver(ctx, list)
}

// rosterAccounts are those who may sign in and read the rosters of a station.
func (h *house) rosterAccounts(ctx context.Context, station string) ([]rosters.Account, error) {
	users, err := h.auth.Users(ctx, auth.Program())
	if err != nil {
		return nil, err
	}
	list := []rosters.Account{}
	for _, u := range users {
		if !u.Disabled && u.Operator("").May(auth.RostersRead, station) == nil {
			list = append(list, rosters.Account{ID: u.ID, Username: u.Username, Name: u.Name})
		}
	}
	return list, nil
}

// rostered is what the register of stations knows of a station.
func (h *house) rostered(id string) (rosters.Facts, bool) {
	s, ok := h.stations.Station(id)
	return rosters.Facts{Zone: s.TimeZone, WorkingWeek: s.WorkingWeek, Demo: s.Demo}, ok
}

// rosterBoard reads what the screens are shown of rosters.
func (h *house) rosterBoard(ctx context.Context) ([]live.Event, error) {
	events, err := store.NewRosters(h.db).Board(ctx)
	if err != nil {
		return nil, fmt.Errorf("read rosters: %w", err)
	}
	return events, nil
}
