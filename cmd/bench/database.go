package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guardroom/console/store"
	"guardroom/console/store/pgbox"
)

// databaseProfile says what the connections of a console's PostgreSQL were
// doing, looked at fifty times a second.
type databaseProfile struct {
	looks int
	doing map[string]int // what, or what it waits for, and the statement
	stop  context.CancelFunc
	done  chan error
}

// profileDatabase looks until end is called. Without -profile it does nothing.
func (b *bench) profileDatabase(ctx context.Context, c *consoleUnderTest, name string) (end func() error, err error) {
	if b.o.profile == "" {
		return func() error { return nil }, nil
	}
	dsn, _, running := pgbox.Running(filepath.Join(c.data, "pg"))
	if !running {
		return nil, fmt.Errorf("profile the database: it does not run")
	}
	db, err := store.Open(ctx, dsn, store.Options{Conns: 1})
	if err != nil {
		return nil, fmt.Errorf("profile the database: %w", err)
	}
	p := &databaseProfile{doing: map[string]int{}, done: make(chan error, 1)}
	ctx, p.stop = context.WithCancel(ctx)
	go func() {
		defer db.Close()
		p.done <- p.look(ctx, db)
	}()
	return func() error {
		p.stop()
		if err := <-p.done; err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(b.o.profile, "database-"+name+".txt"), []byte(p.String()), 0o600)
	}, nil
}

func (p *databaseProfile) look(ctx context.Context, db *store.DB) error {
	for pause(ctx, 20*time.Millisecond) == nil {
		rows, err := db.Pool.Query(ctx, `
			SELECT CASE WHEN state = 'active' THEN coalesce('waits for ' || wait_event_type || ' ' || wait_event, 'works') ELSE state END,
			       regexp_replace(left(query, 120), '\s+', ' ', 'g')
			  FROM pg_stat_activity
			 WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND state <> 'idle'`)
		if ctx.Err() != nil { // the end was asked for, which ends the query too
			rows.Close()
			break
		}
		if err != nil {
			return fmt.Errorf("profile the database: %w", err)
		}
		p.looks++
		for rows.Next() {
			var how, query string
			if err := rows.Scan(&how, &query); err != nil {
				rows.Close()
				return fmt.Errorf("profile the database: %w", err)
			}
			p.doing[how+": "+query]++
		}
		if err := rows.Err(); err != nil && ctx.Err() == nil {
			return fmt.Errorf("profile the database: %w", err)
		}
	}
	return nil
}

func (p *databaseProfile) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d looks; connections seen for each 100 looks\n", p.looks)
	keys := slices.SortedFunc(maps.Keys(p.doing), func(x, y string) int { return p.doing[y] - p.doing[x] })
	for _, key := range keys {
		fmt.Fprintf(&text, "%6.1f  %s\n", 100*float64(p.doing[key])/float64(max(1, p.looks)), key)
	}
	return text.String()
}
