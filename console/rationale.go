package console

import (
	"context"

	"guardroom/console/rationale"
	"guardroom/console/store"
)

// openRationale makes the desk where alarms are rationalised and the watch over
// doors that stand open.
func (h *house) openRationale() {
	h.rationale = &rationale.Desk{Store: store.Rationale{DB: h.db}}
	h.held = rationale.NewHeld(store.NewHeld(h.db), h.intake, h.hub.Now, h.log)
	h.rationale.Changed = h.held.Wake
}

func (h *house) runRationale(ctx context.Context) { h.work.Go(func() { h.held.Run(ctx) }) }
