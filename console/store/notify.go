package store

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// channel carries the change numbers that programs beside a running console
// have drawn, so that its screens do not wait for them.
const channel = "guardroom_changes"

// Announce tells a running console that change is committed.
func (db *DB) Announce(ctx context.Context, change int64) error {
	if _, err := db.Pool.Exec(ctx, `SELECT pg_notify($1, $2)`, channel, strconv.FormatInt(change, 10)); err != nil {
		return fmt.Errorf("announce change %d: %w", change, err)
	}
	return nil
}

// Listen calls heard for each announced change until ctx ends. While the
// database is away nothing is heard; a change that was missed is found otherwise.
func (db *DB) Listen(ctx context.Context, heard func(change int64)) {
	for ctx.Err() == nil {
		if err := db.listen(ctx, heard); err != nil && ctx.Err() == nil {
			db.o.Log.Debug("announcements are not heard; will try again", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (db *DB) listen(ctx context.Context, heard func(change int64)) error {
	pooled, err := db.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	conn := pooled.Hijack() // it listens for good; the pool never sees it again
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing) // it is given up either way
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+channel); err != nil {
		return err
	}
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		if change, err := strconv.ParseInt(n.Payload, 10, 64); err == nil && change > 0 {
			heard(change)
		}
	}
}
