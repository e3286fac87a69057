package console

import (
	"context"

	"guardroom/console/figures"
	"guardroom/console/store"
)

// openFigures makes the desk of figures and the worker that counts them and
// shows floods.
func (h *house) openFigures() {
	kept := store.NewFigures(h.db)
	h.figureWorker = figures.NewWorker(kept, h.hub.Now, h.log)
	h.figures = &figures.Desk{Store: kept, Changed: h.figureWorker.Wake}
}

func (h *house) runFigures(ctx context.Context) { h.work.Go(func() { h.figureWorker.Run(ctx) }) }
