// Package storetest gives each test a console database of its own, in one
// private PostgreSQL that the tests of a process share.
package storetest

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/store"
	"guardroom/console/store/pgbox"
)

// Open returns a store on a fresh database, closed with the test. Tests that
// use it may run in parallel.
func Open(t testing.TB) *store.DB { return OpenWith(t, store.Options{}) }

// OpenWith is Open with options, such as a clock.
func OpenWith(t testing.TB, o store.Options) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), DSN(t), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	return db
}

// DSN returns the address of a fresh, migrated database. It is a copy of files
// and goes with the server: dropping one takes a checkpoint, which costs more
// than most tests.
func DSN(t testing.TB) string {
	t.Helper()
	return fresh(t, " STRATEGY FILE_COPY TEMPLATE "+template)
}

// EmptyDSN returns the address of a fresh database without a schema.
func EmptyDSN(t testing.TB) string {
	t.Helper()
	return fresh(t, "")
}

func fresh(t testing.TB, from string) string {
	t.Helper()
	s, err := shared()
	if err != nil {
		t.Fatalf("private PostgreSQL for tests: %v", err)
	}
	name := fmt.Sprintf("test_%d", s.count.Add(1))
	if err := s.exec("CREATE DATABASE " + name + from); err != nil {
		t.Fatal(err)
	}
	return in(s.box.DSN(), name)
}

const template = "migrated"

type server struct {
	box   *pgbox.Box
	alive io.Closer // see sweepAfterUs
	count atomic.Int64

	mu    sync.Mutex // CREATE DATABASE locks its template
	admin *pgx.Conn
}

// shared starts the server once for the process.
var shared = sync.OnceValues(func() (*server, error) {
	dir, err := os.MkdirTemp("", "guardroom-test-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o711); err != nil { // the account of PostgreSQL must get in
		return nil, err
	}
	home := filepath.Join(dir, "pg")
	alive, err := sweepAfterUs(dir, home)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	box, err := pgbox.Open(ctx, home, pgbox.Options{Settings: map[string]string{
		"fsync": "off", "shared_buffers": "32MB", "max_connections": "200", "autovacuum_naptime": "30s",
	}})
	if err != nil {
		return nil, err
	}
	s := &server{box: box, alive: alive}
	if s.admin, err = pgx.Connect(ctx, in(box.DSN(), "postgres")); err != nil {
		return nil, err
	}
	if err := s.exec("CREATE DATABASE " + template); err != nil {
		return nil, err
	}
	db, err := store.Open(ctx, in(box.DSN(), template), store.Options{})
	if err != nil {
		return nil, err
	}
	db.Close()
	return s, nil
})

func (s *server) exec(sql string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := s.admin.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}

// in is the address of another database of the same server.
func in(dsn, name string) string {
	before, _, _ := strings.Cut(dsn, "dbname=")
	return before + "dbname=" + name + " sslmode=disable"
}

// sweepAfterUs leaves a shell behind that waits for the end of this process,
// however it ends, and then stops the server and removes its folder. The closer
// must be held: nothing is ever written to it, and it closes when we end.
func sweepAfterUs(dir, home string) (alive io.Closer, err error) {
	const script = `
cat >/dev/null
pid=$(head -n 1 "$2/data/postmaster.pid" 2>/dev/null) && kill -INT "$pid"
n=0; while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ $n -lt 100 ]; do sleep 0.1; n=$((n+1)); done
rmdir "$(head -n 1 "$2/address")" 2>/dev/null
rm -rf "$1"`
	c := exec.CommandContext(context.Background(), "/bin/sh", "-c", script, "sweep", dir, home)
	if alive, err = c.StdinPipe(); err != nil {
		return nil, err
	}
	return alive, c.Start()
}
