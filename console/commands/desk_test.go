package commands_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
	"guardroom/gateway/link"
)

type world struct {
	t    *testing.T
	db   *store.DB
	desk *commands.Desk

	mu   sync.Mutex
	now  time.Time
	sent []devices.Command
	fail error
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, db: storetest.Open(t), now: time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)}
	w.restart()
	return w
}

func (w *world) restart() {
	w.t.Helper()
	var err error
	w.desk, err = commands.Open(w.t.Context(), commands.Options{
		Store: &store.Commands{DB: w.db}, Now: w.clock, Log: slog.New(slog.DiscardHandler),
		Lookup: func(id devices.PointID) (commands.Target, error) {
			if id != "g1/door-1.lock" {
				return commands.Target{}, commands.ErrNotFound
			}
			return commands.Target{Station: "hq", Gateway: "g1", Permission: auth.DoorsCommand, Verbs: []devices.Verb{devices.Lock, devices.Unlock}}, nil
		},
		Send: func(station, gateway string, c link.Channel, payload []byte) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.fail != nil {
				return w.fail
			}
			var sent devices.Command
			if station != "hq" || gateway != "g1" || c != link.Commands || json.Unmarshal(payload, &sent) != nil {
				return errors.New("sent to the wrong place")
			}
			w.sent = append(w.sent, sent)
			return nil
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) forward(d time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
	if err := w.desk.Overdue(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

var officer = auth.Operator{ID: "u1", Name: "Olive", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}}

func (w *world) request(key string) commands.Command {
	w.t.Helper()
	c, err := w.desk.Request(w.t.Context(), officer, commands.Wish{Point: "g1/door-1.lock", Verb: devices.Lock, Key: key})
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) state(id string) devices.Outcome {
	w.t.Helper()
	c, err := w.desk.Find(w.t.Context(), officer, id)
	if err != nil {
		w.t.Fatal(err)
	}
	return c.State
}

func TestReceiptsSettleOnce(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name     string
		receipts []devices.Outcome
		late     []devices.Outcome // after the deadline
		want     devices.Outcome
	}{
		{"confirmed", []devices.Outcome{devices.Confirmed}, nil, devices.Confirmed},
		{"the first final one stays", []devices.Outcome{devices.Refused, devices.Confirmed}, nil, devices.Refused},
		{"what is not final settles nothing", []devices.Outcome{devices.Sent, devices.TimedOut}, nil, devices.TimedOut},
		{"silence is unknown", nil, nil, devices.Unknown},
		{"late corrects unknown", nil, []devices.Outcome{devices.Confirmed}, devices.Confirmed},
		{"late and unknown stays unknown", nil, []devices.Outcome{devices.Unknown}, devices.Unknown},
		{"corrected once", nil, []devices.Outcome{devices.Refused, devices.Confirmed}, devices.Refused},
		{"a settled one is not made unknown", []devices.Outcome{devices.Confirmed}, []devices.Outcome{devices.Unknown}, devices.Confirmed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.request("k")
			if c.State != devices.Sent || len(w.sent) != 1 || !w.sent[0].Deadline.Equal(c.Deadline) {
				t.Fatalf("%+v, sent %+v", c, w.sent)
			}
			for _, o := range tc.receipts {
				if err := w.desk.Receipt(t.Context(), "g1", devices.Receipt{Command: c.ID, Outcome: o}); err != nil {
					t.Fatal(err)
				}
			}
			w.forward(11 * time.Second)
			if len(tc.receipts) == 0 && w.state(c.ID) != devices.Sent {
				t.Errorf("settled before the deadline and its grace")
			}
			w.forward(2 * time.Second)
			for _, o := range tc.late {
				if err := w.desk.Receipt(t.Context(), "g1", devices.Receipt{Command: c.ID, Outcome: o}); err != nil {
					t.Fatal(err)
				}
			}
			if got := w.state(c.ID); got != tc.want {
				t.Errorf("%s, want %s", got, tc.want)
			}
			if verdict, err := audit.Check(t.Context(), store.Audit{DB: w.db}); err != nil || !verdict.OK || verdict.Entries < 2 {
				t.Errorf("record: %+v %v", verdict, err)
			}
		})
	}
}

func TestReceiptOfAnotherGatewaySettlesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.request("k")
	if err := w.desk.Receipt(t.Context(), "g2", devices.Receipt{Command: c.ID, Outcome: devices.Confirmed}); !errors.Is(err, commands.ErrNotFound) {
		t.Errorf("%v", err)
	}
	if got := w.state(c.ID); got != devices.Sent {
		t.Errorf("%s", got)
	}
}

func TestTheSamePressManyTimesIsOneCommand(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ids := make(chan string, 20)
	var work sync.WaitGroup
	for range cap(ids) {
		work.Go(func() {
			c, err := w.desk.Request(context.WithoutCancel(t.Context()), officer, commands.Wish{Point: "g1/door-1.lock", Verb: devices.Lock, Key: "k"})
			if err != nil {
				t.Error(err)
			}
			ids <- c.ID
		})
	}
	work.Wait()
	close(ids)
	first := <-ids
	for id := range ids {
		if id != first {
			t.Errorf("%s and %s", id, first)
		}
	}
	if len(w.sent) != 1 {
		t.Errorf("sent %d times", len(w.sent))
	}
	_, err := w.desk.Request(t.Context(), officer, commands.Wish{Point: "g1/door-1.lock", Verb: devices.Unlock, Key: "k"})
	if !errors.Is(err, commands.ErrConflict) {
		t.Errorf("another wish with the same key: %v", err)
	}
	other := officer
	other.ID = "u2"
	if c, err := w.desk.Request(t.Context(), other, commands.Wish{Point: "g1/door-1.lock", Verb: devices.Unlock, Key: "k"}); err != nil || c.ID == first {
		t.Errorf("somebody else's key is their own: %v", err)
	}
}

func TestWhatCannotBeSentIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fail = errors.New("not connected")
	c := w.request("k")
	if c.State != devices.Refused || c.Code != devices.RefusedOffline || c.FinishedAt == nil {
		t.Errorf("%+v", c)
	}
}

func TestRestartSettlesWhatIsOverdue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.request("k")
	w.restart()
	w.forward(11 * time.Second)
	if got := w.state(c.ID); got != devices.Sent {
		t.Errorf("%s", got)
	}
	w.forward(2 * time.Second)
	if got := w.state(c.ID); got != devices.Unknown {
		t.Errorf("%s", got)
	}
}

func TestPermissionIsFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var forbidden *auth.ForbiddenError
	planner := auth.Operator{ID: "p", Grants: []auth.Grant{{Role: auth.Planner, Station: "hq"}}}
	elsewhere := auth.Operator{ID: "e", Grants: []auth.Grant{{Role: auth.Officer, Station: "branch"}}}
	for _, by := range []auth.Operator{planner, elsewhere} {
		if _, err := w.desk.Request(t.Context(), by, commands.Wish{Point: "g1/door-1.lock", Verb: "nonsense"}); !errors.As(err, &forbidden) {
			t.Errorf("%s: %v", by.ID, err)
		}
	}
	if _, _, err := w.desk.List(t.Context(), elsewhere, "hq", commands.Filter{Limit: 10}); !errors.As(err, &forbidden) {
		t.Errorf("list: %v", err)
	}
}

func TestListPagesNewestFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var want []string
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		want = append([]string{w.request(key).ID}, want...)
	}
	var got []string
	cursor := ""
	for {
		items, next, err := w.desk.List(t.Context(), officer, "", commands.Filter{Limit: 2, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range items {
			got = append(got, c.ID)
		}
		if cursor = next; next == "" {
			break
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%v, want %v", got, want)
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
