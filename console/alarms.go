package console

import (
	"context"
	"fmt"
	"maps"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/store"
)

// openAlarms makes the desk of alarms and what it needs to run: how stations
// want them, the handlers of what falls due, and rows that fit each other after
// whatever stopped the console. It comes before anything else writes.
func (h *house) openAlarms(ctx context.Context) error {
	settings := store.Settings{DB: h.db}
	h.db.Policies = &alarms.Policies{}
	if err := h.db.Policies.Load(ctx, settings); err != nil {
		return err
	}
	kept := store.Alarms{DB: h.db}
	if err := kept.Reconcile(ctx); err != nil {
		return fmt.Errorf("make alarms fit what is removed: %w", err)
	}
	maps.Copy(h.timers, kept.Timers())
	h.alarms = &alarms.Desk{Store: kept, Settings: settings, Policies: h.db.Policies, Zone: h.zone}
	return nil
}

// zone is a station's time zone; UTC for one that has none.
func (h *house) zone(station string) *time.Location {
	if s, known := h.stations.Station(station); known {
		if zone, err := time.LoadLocation(s.TimeZone); err == nil {
			return zone
		}
	}
	return time.UTC
}

// policyAge is how long what another console saved may go unseen here.
const policyAge = 30 * time.Second

// refreshPolicies reads anew what stations chose, until ctx ends.
func (h *house) refreshPolicies(ctx context.Context) {
	tick := time.NewTicker(policyAge)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		look, cancel := context.WithTimeout(ctx, 10*time.Second)
		if err := h.db.Policies.Load(look, store.Settings{DB: h.db}); err != nil && ctx.Err() == nil {
			h.log.Warn("console: the policies of stations could not be read anew", "err", err)
		}
		cancel()
	}
}
