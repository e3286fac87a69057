package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/console/stations"
	"guardroom/console/store"
	"guardroom/console/store/pgbox"
	"guardroom/devices"
)

// ErrTampered is returned by VerifyAudit for a record that was tampered with.
var ErrTampered = errors.New("the record was tampered with")

// bench is the database for a tool: that of the running console, or the
// private one started for the tool alone.
type bench struct {
	dsn, bin string
	box      *pgbox.Box // started for the tool; nil beside a running console
	running  bool       // a console has the private database
}

func (c Config) bench(ctx context.Context) (*bench, error) {
	dsn, err := c.dsn()
	if err != nil {
		return nil, err
	}
	if dsn != "" {
		return &bench{dsn: dsn}, nil
	}
	if dsn, bin, ok := pgbox.Running(c.databaseFolder()); ok {
		return &bench{dsn: dsn, bin: bin, running: true}, nil
	}
	box, err := pgbox.Open(ctx, c.databaseFolder(), pgbox.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("private database: %w", err)
	}
	return &bench{dsn: box.DSN(), bin: box.Bin(), box: box}, nil
}

func (b *bench) close() {
	if b.box != nil {
		_ = b.box.Close() // the database was not the tool's purpose; its own log says more
	}
}

// withStore runs do on the console's store.
func (c Config) withStore(ctx context.Context, do func(ctx context.Context, db *store.DB) error) error {
	b, err := c.bench(ctx)
	if err != nil {
		return err
	}
	defer b.close()
	db, err := store.Open(ctx, b.dsn, store.Options{Conns: 4})
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer db.Close()
	var last atomic.Int64
	db.OnCommit = func(change int64, _ []live.Event) { last.Store(change) }
	if err := do(ctx, db); err != nil {
		return err
	}
	if change := last.Load(); change > 0 {
		// The work is done, and may hold a secret that is shown once: a console that
		// does not hear of it finds the change half a second later.
		_ = db.Announce(ctx, change)
	}
	return nil
}

// AddGateway makes a gateway and returns its credential. A running console
// knows it at once when it connects.
func AddGateway(ctx context.Context, c Config, id, station, name string) (credential string, err error) {
	err = c.withStore(ctx, func(ctx context.Context, db *store.DB) error {
		hub := live.New(0, live.Options{})
		defer hub.Close()
		desk, err := stations.Open(ctx, stations.Options{
			Stations: &store.Stations{DB: db}, Gateways: &store.Gateways{DB: db}, Points: &store.Points{DB: db}, Raiser: nobody{}, Hub: hub,
		})
		if err != nil {
			return err
		}
		_, credential, err = desk.AddGateway(ctx, auth.Program(), id, station, name, false)
		return err
	})
	return credential, err
}

// nobody raises nothing: a tool supervises no gateway.
type nobody struct{}

func (nobody) Raise(context.Context, string, devices.Signal) error { return nil }

// authDesk is the desk for users and tokens.
func authDesk(db *store.DB) (*auth.Desk, error) {
	return auth.NewDesk(auth.Options{Users: &store.Users{DB: db}, Sessions: &store.Sessions{DB: db}, Tokens: &store.Tokens{DB: db}})
}

// AddUser makes a user and returns the one-time password.
func AddUser(ctx context.Context, c Config, username, name string, roles []auth.Grant) (once string, err error) {
	err = c.withStore(ctx, func(ctx context.Context, db *store.DB) error {
		desk, err := authDesk(db)
		if err != nil {
			return err
		}
		_, once, err = desk.AddUser(ctx, auth.Program(), auth.NewUser{Username: username, Name: name, Roles: roles})
		return err
	})
	return once, err
}

// AddToken makes a machine token and returns its secret.
func AddToken(ctx context.Context, c Config, name string, roles []auth.Grant) (secret string, err error) {
	err = c.withStore(ctx, func(ctx context.Context, db *store.DB) error {
		desk, err := authDesk(db)
		if err != nil {
			return err
		}
		_, secret, err = desk.AddToken(ctx, auth.Program(), name, roles, nil)
		return err
	})
	return secret, err
}

// VerifyAudit checks the whole record and says what it found; ErrTampered when
// it is not whole.
func VerifyAudit(ctx context.Context, c Config, out io.Writer) error {
	return c.withStore(ctx, func(ctx context.Context, db *store.DB) error {
		verdict, err := audit.Check(ctx, store.Audit{DB: db})
		if err != nil {
			return err
		}
		if !verdict.OK {
			fmt.Fprintf(out, "The record was tampered with at entry %s: %s. %d entries before it are right.\n", verdict.FirstBad, verdict.Reason, verdict.Entries)
			return ErrTampered
		}
		fmt.Fprintf(out, "The record is whole: %d entries.\n", verdict.Entries)
		return nil
	})
}
