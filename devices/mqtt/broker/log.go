package broker

import (
	"context"
	"log/slog"
)

// quiet passes mochi's log on as detail for debugging, with few attributes:
// others hold whole packets, and so passwords and what people publish. What an
// operator should know, this package logs itself.
type quiet struct{ to slog.Handler }

func (q quiet) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.to.Enabled(ctx, slog.LevelDebug)
}

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	plain := slog.NewRecord(r.Time, slog.LevelDebug, "mochi: "+r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		if harmless(a.Key) {
			plain.AddAttrs(a)
		}
		return true
	})
	return q.to.Handle(ctx, plain)
}

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler {
	var kept []slog.Attr
	for _, a := range attrs {
		if harmless(a.Key) {
			kept = append(kept, a)
		}
	}
	return quiet{q.to.WithAttrs(kept)}
}

func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.to.WithGroup(name)} }

func harmless(key string) bool {
	switch key {
	case "client", "listener", "remote", "old_remote", "new_remote", "error", "id", "version", "address":
		return true
	}
	return false
}
