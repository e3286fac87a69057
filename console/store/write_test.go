package store_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
)

var errGiveUp = errors.New("give up")

// note writes one audit entry.
func note(t testing.TB, db *store.DB, action string) int64 {
	t.Helper()
	change, err := db.Write(t.Context(), func(_ context.Context, tx *store.Tx) error {
		tx.Audit(audit.By(auth.System(), "hq", action, "thing:1", map[string]string{"a": "b"}))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func TestChangesHaveNoGapsAndTheChainHolds(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	var mu sync.Mutex
	var told []int64
	db.OnCommit = func(change int64, events []live.Event) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, change)
		if len(events) != 1 || events[0].Key != fmt.Sprint(change) {
			t.Errorf("change %d told %+v", change, events)
		}
	}
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for n := range 20 {
				_, err := db.Write(t.Context(), func(_ context.Context, tx *store.Tx) error {
					tx.Audit(audit.By(auth.System(), "hq", "a", fmt.Sprintf("thing:%d", worker), map[string]string{"nul": "\x00", "bad": "\xff"}))
					tx.Audit(audit.By(auth.System(), "", "b", "thing", nil))
					tx.Last(func(_ context.Context, change int64) error {
						tx.Tell(live.Event{Topic: live.Alarm, Key: fmt.Sprint(change)})
						if n%4 == 3 {
							return errGiveUp
						}
						return nil
					})
					if n%4 == 2 {
						return errGiveUp
					}
					return nil
				})
				if (n%4 >= 2) != errors.Is(err, errGiveUp) {
					t.Errorf("write %d: %v", n, err)
				}
			}
		})
	}
	wait.Wait()
	slices.Sort(told)
	for i, change := range told {
		if change != int64(i+1) {
			t.Fatalf("change numbers have gaps: %v", told)
		}
	}
	if len(told) != 80 {
		t.Errorf("%d changes, want 80", len(told))
	}
	verdict, err := audit.Check(t.Context(), store.Audit{DB: db})
	if err != nil || !verdict.OK || verdict.Entries != 160 {
		t.Errorf("Check() = %+v, %v", verdict, err)
	}
}

func TestTamperingIsFound(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, sql, bad string }{
		{"nothing", `SELECT 1`, ""},
		{"changed", `UPDATE audit_entries SET action = 'x' WHERE change = 2`, "2.0"},
		{"changed parameters", `UPDATE audit_entries SET params = '{"a": "c"}' WHERE change = 3`, "3.0"},
		{"moved in time", `UPDATE audit_entries SET at = at + interval '1 microsecond' WHERE change = 1`, "1.0"},
		{"removed", `DELETE FROM audit_entries WHERE change = 2`, "3.0"},
		{"cut off", `DELETE FROM audit_entries WHERE change = 4`, "3.0"},
		{"all removed", `DELETE FROM audit_entries`, "0.0"},
		{"put in", `INSERT INTO audit_entries SELECT change, 1, at, station, actor, name, address, action, subject, params, hash, hash FROM audit_entries WHERE change = 2`, "2.1"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			db := storetest.Open(t)
			for range 4 {
				note(t, db, "thing.do")
			}
			if _, err := db.Pool.Exec(t.Context(), tc.sql); err != nil {
				t.Fatal(err)
			}
			v, err := audit.Check(t.Context(), store.Audit{DB: db})
			if err != nil || v.OK != (tc.bad == "") || v.FirstBad != tc.bad {
				t.Errorf("Check() = %+v, %v; want the first bad one at %q", v, err, tc.bad)
			}
		})
	}
}

func TestAuditDesk(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	for n := range 5 {
		note(t, db, fmt.Sprintf("thing.%d", n))
	}
	if _, err := db.Write(t.Context(), func(_ context.Context, tx *store.Tx) error {
		tx.Audit(audit.By(auth.Operator{ID: "u1", Name: "=cmd()"}, "far", "far.away", "thing:2", nil))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	desk := audit.Desk{Store: store.Audit{DB: db}}
	chief := auth.Operator{Grants: []auth.Grant{{Role: auth.Chief, Station: "hq"}}}
	auditor := auth.Operator{Grants: []auth.Grant{{Role: auth.Auditor, Station: auth.AllStations}}}
	officer := auth.Operator{Grants: []auth.Grant{{Role: auth.Officer, Station: auth.AllStations}}}

	var forbidden *auth.ForbiddenError
	if _, err := desk.List(t.Context(), officer, audit.Filter{}); !errors.As(err, &forbidden) {
		t.Errorf("an officer got %v", err)
	}
	if _, err := desk.Verify(t.Context(), chief); !errors.As(err, &forbidden) {
		t.Errorf("a chief of one station verified everything: %v", err)
	}
	var seen []string
	f := audit.Filter{Limit: 2}
	for {
		page, err := desk.List(t.Context(), chief, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.Items {
			seen = append(seen, e.Action)
		}
		if f.Cursor = page.Next; f.Cursor == "" {
			break
		}
	}
	if want := []string{"thing.4", "thing.3", "thing.2", "thing.1", "thing.0"}; !slices.Equal(seen, want) {
		t.Errorf("pages %v, want %v", seen, want)
	}
	page, err := desk.List(t.Context(), auditor, audit.Filter{Action: "far.away", From: time.Now().Add(-time.Minute), To: time.Now().Add(time.Minute)})
	if err != nil || len(page.Items) != 1 || page.Items[0].Name != "=cmd()" {
		t.Errorf("filtered %+v, %v", page, err)
	}
	var sheet strings.Builder
	if err := desk.CSV(t.Context(), auditor, audit.Filter{}, &sheet); err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(sheet.String()), "\n"); len(lines) != 7 || !strings.Contains(lines[1], ",'=cmd(),") {
		t.Errorf("sheet:\n%s", sheet.String())
	}
	if v, err := desk.Verify(t.Context(), auditor); err != nil || !v.OK || v.Entries != 6 {
		t.Errorf("Verify() = %+v, %v", v, err)
	}
}

func TestWriteRunsAgainAfterADeadlock(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	if _, err := db.Pool.Exec(t.Context(), `CREATE TABLE d (id int PRIMARY KEY, n int); INSERT INTO d VALUES (1, 0), (2, 0)`); err != nil {
		t.Fatal(err)
	}
	var both, wait sync.WaitGroup
	both.Add(2)
	for _, order := range [][]int{{1, 2}, {2, 1}} {
		wait.Go(func() {
			first := true
			_, err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
				if _, err := tx.Exec(ctx, `UPDATE d SET n = n + 1 WHERE id = $1`, order[0]); err != nil {
					return err
				}
				if first {
					first = false
					both.Done()
					both.Wait()
				}
				_, err := tx.Exec(ctx, `UPDATE d SET n = n + 1 WHERE id = $1`, order[1])
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	var n int
	if err := db.Pool.QueryRow(t.Context(), `SELECT sum(n) FROM d`).Scan(&n); err != nil || n != 4 {
		t.Errorf("sum %d (%v), want 4", n, err)
	}
}

func TestACommitIsNotCutOff(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	ctx, cancel := context.WithCancel(t.Context())
	change, err := db.Write(ctx, func(_ context.Context, tx *store.Tx) error {
		tx.Last(func(context.Context, int64) error { cancel(); return nil })
		return nil
	})
	if err != nil || change != 1 {
		t.Errorf("change %d, %v", change, err)
	}
}

func TestStatementsHaveADeadline(t *testing.T) {
	t.Parallel()
	db := storetest.OpenWith(t, store.Options{Deadline: 200 * time.Millisecond})
	_, err := db.Write(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		_, err := tx.Exec(ctx, `SELECT pg_sleep(30)`)
		return err
	})
	if err == nil || !store.Transient(err) {
		t.Errorf("got %v", err)
	}
}

func TestNewerSchemaIsRefused(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	db, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Pool.Exec(t.Context(), `INSERT INTO schema_versions (version_id, is_applied) VALUES (99999, true)`); err != nil {
		t.Fatal(err)
	}
	db.Close()
	if _, err = store.Open(t.Context(), dsn, store.Options{}); err == nil || !strings.Contains(err.Error(), "schema 99999") {
		t.Errorf("got %v", err)
	}
}

func TestSeveralOpenAtOnce(t *testing.T) {
	t.Parallel()
	dsn := storetest.EmptyDSN(t)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			db, err := store.Open(t.Context(), dsn, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			db.Close()
		})
	}
	wait.Wait()
}

func TestNoDatabase(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, dsn, reason string }{
		{"nonsense", "host=/nowhere port=x", "database address"},
		{"nobody there", "host=127.0.0.1 port=1 user=a password=secret dbname=b", "reach the database"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := store.Open(t.Context(), tc.dsn, store.Options{})
			if err == nil || !strings.Contains(err.Error(), tc.reason) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v, want %q and no secret", err, tc.reason)
			}
		})
	}
}

// TestFrozenFirstHost names a host that accepts and never answers before the
// real one: it must cost one connect timeout and not hide the other.
func TestFrozenFirstHost(t *testing.T) {
	t.Parallel()
	frozen, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = frozen.Close() }()
	go func() {
		for {
			c, err := frozen.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
		}
	}()
	_, port, _ := net.SplitHostPort(frozen.Addr().String())
	dsn := storetest.DSN(t)
	dsn = strings.Replace(dsn, "host='", "host='127.0.0.1,", 1)
	dsn = strings.Replace(dsn, "port=5432", "port="+port+",5432", 1) + " connect_timeout=1 target_session_attrs=read-write"
	db, err := store.Open(t.Context(), dsn, store.Options{Deadline: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	note(t, db, "thing.do")
}

func TestTransientAndPoison(t *testing.T) {
	t.Parallel()
	pg := func(code string) error { return fmt.Errorf("write: %w", &pgconn.PgError{Code: code}) }
	for _, tc := range []struct {
		err               error
		transient, poison bool
	}{
		{nil, false, false},
		{errGiveUp, false, false},
		{pg("08006"), true, false}, {pg("57P01"), true, false}, {pg("57P03"), true, false}, {pg("57014"), true, false},
		{pg("25006"), true, false}, {pg("53100"), true, false}, {pg("40001"), true, false}, {pg("40P01"), true, false}, {pg("55P03"), true, false},
		{pg("22P05"), false, true}, {pg("23505"), false, true}, {pg("42703"), false, true}, {pg("54000"), false, true},
		{io.ErrUnexpectedEOF, true, false}, {context.DeadlineExceeded, true, false}, {context.Canceled, false, false},
		{&net.OpError{Op: "read", Err: errGiveUp}, true, false},
	} {
		if got := store.Transient(tc.err); got != tc.transient {
			t.Errorf("Transient(%v) = %v", tc.err, got)
		}
		if got := store.Poison(tc.err); got != tc.poison {
			t.Errorf("Poison(%v) = %v", tc.err, got)
		}
	}
}
