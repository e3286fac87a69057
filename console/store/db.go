package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"guardroom/console/alarms"
	"guardroom/console/live"
)

// Options of Open. Zero values choose the defaults.
type Options struct {
	Conns    int32         // largest number of connections; default 16
	Deadline time.Duration // of one statement; a transaction has twice as long; default 5 s
	Now      func() time.Time
	Log      *slog.Logger
}

func (o *Options) fill() {
	if o.Conns == 0 {
		o.Conns = 16
	}
	if o.Deadline == 0 {
		o.Deadline = 5 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
}

// DB is the console's database. Its methods may be called from any goroutine.
type DB struct {
	Pool *pgxpool.Pool
	// OnCommit is told of every committed change, in any order. It is set once,
	// before the first Write, and must not block.
	OnCommit func(change int64, events []live.Event)
	// Policies are how stations want their alarms; set once, before the first
	// Write. Nil is the defaults.
	Policies *alarms.Policies

	o       Options
	acquire time.Duration // how long a connection may take to come
	stop    context.CancelFunc
	upkeep  sync.WaitGroup
}

// oldest is the first PostgreSQL whose features the queries need.
const oldest = 14

// Open connects, refuses a server or a schema that this program cannot work
// with, migrates forward, and makes journal partitions for the weeks ahead. A
// DSN may name several hosts; a standby is passed over.
func Open(ctx context.Context, dsn string, o Options) (*DB, error) {
	o.fill()
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("database address: %w", err) // pgx leaves the password out
	}
	db := &DB{o: o}
	db.tune(config)
	if db.Pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	if err := db.prepare(ctx, config.ConnConfig); err != nil {
		db.Pool.Close()
		return nil, err
	}
	background, stop := context.WithCancel(context.Background())
	db.stop = stop
	db.upkeep.Go(func() { db.keepUp(background) })
	return db, nil
}

// tune bounds every wait. A frozen server answers nothing, so that the deadline
// of a statement is kept on both sides; a pool must be given up to one connect
// timeout for each host, or a frozen first host hides the healthy second.
func (db *DB) tune(c *pgxpool.Config) {
	c.MaxConns = db.o.Conns
	c.MaxConnLifetime = 30 * time.Minute
	c.MaxConnLifetimeJitter = 5 * time.Minute
	c.HealthCheckPeriod = 15 * time.Second
	c.PingTimeout = 2 * time.Second
	if c.ConnConfig.ConnectTimeout == 0 {
		c.ConnConfig.ConnectTimeout = 3 * time.Second
	}
	hosts := time.Duration(1 + len(c.ConnConfig.Fallbacks))
	db.acquire = hosts*c.ConnConfig.ConnectTimeout + 2*time.Second
	c.ConnConfig.ValidateConnect = writableHost(c.ConnConfig)
	set := func(name, value string) {
		if _, given := c.ConnConfig.RuntimeParams[name]; !given {
			c.ConnConfig.RuntimeParams[name] = value
		}
	}
	ms := func(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }
	set("application_name", "guardroom")
	set("timezone", "UTC")
	set("plan_cache_mode", "force_generic_plan")
	set("jit", "off") // compiling takes longer than any query here may
	set("statement_timeout", ms(db.o.Deadline))
	set("idle_in_transaction_session_timeout", ms(4*db.o.Deadline))
}

func (db *DB) prepare(ctx context.Context, c *pgx.ConnConfig) error {
	reach, cancel := context.WithTimeout(ctx, db.acquire)
	defer cancel()
	var version int
	if err := db.Pool.QueryRow(reach, `SELECT current_setting('server_version_num')::int`).Scan(&version); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	if version/10000 < oldest {
		return fmt.Errorf("the database is PostgreSQL %d; Guardroom needs %d or newer", version/10000, oldest)
	}
	if err := migrate(ctx, c, db.o.Log); err != nil {
		return err
	}
	return db.MakePartitions(ctx, db.o.Now())
}

// Now is the clock of the store.
func (db *DB) Now() time.Time { return db.o.Now() }

// Ready reports whether the database answers and takes writes.
func (db *DB) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, db.o.Deadline)
	defer cancel()
	var standby bool
	if err := db.Pool.QueryRow(ctx, `SELECT pg_is_in_recovery()`).Scan(&standby); err != nil {
		return fmt.Errorf("reach the database: %w", err)
	}
	if standby {
		return errors.New("the database is a standby: it takes no writes")
	}
	return nil
}

// bounded gives a read the time that a connection may take, and one statement.
func (db *DB) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, db.acquire+db.o.Deadline)
}

// Close ends the upkeep and the pool; it waits for connections in use.
func (db *DB) Close() {
	db.stop()
	db.upkeep.Wait()
	db.Pool.Close()
}
