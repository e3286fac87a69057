package console

import (
	"context"
	"time"

	"guardroom/console/auth"
	"guardroom/console/correlation"
	"guardroom/console/store"
)

// openRules makes the desk of rules and the worker that runs them.
func (h *house) openRules() {
	kept := store.NewCorrelation(h.db)
	h.ruleWorker = &correlation.Worker{Journal: kept, Raiser: h.intake, Log: h.log}
	h.rules = &correlation.Desk{Store: kept, Trials: &correlation.Trials{Past: kept, Log: h.log}, Changed: h.ruleWorker.Wake}
}

// shipRules gives every station the rules that it begins with.
func (h *house) shipRules(ctx context.Context) error {
	for _, s := range h.stations.Stations(auth.Program()) {
		if err := h.rules.Ship(ctx, auth.Program(), s.ID); err != nil {
			return err
		}
	}
	return nil
}

// shipLater does so for stations that are added while the console runs.
func (h *house) shipLater(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := h.shipRules(ctx); err != nil && ctx.Err() == nil {
				h.log.Warn("console: a station did not get its first rules; it is tried again", "err", err)
			}
		}
	}
}

func (h *house) runRules(ctx context.Context) {
	h.work.Go(func() { h.ruleWorker.Run(ctx) })
	h.work.Go(func() { h.shipLater(ctx) })
	h.work.Go(func() {
		<-ctx.Done()
		h.rules.Trials.Close()
	})
}
