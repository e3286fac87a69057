package auth_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
)

// clock is a clock that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const password = "correct horse battery"

var root = auth.Operator{ID: "root", Username: "root", Name: "Root", Grants: []auth.Grant{{Role: auth.Admin, Station: "*"}}}

func newDesk(t *testing.T) (*auth.Desk, *store.DB, *clock) {
	t.Helper()
	db, c := storetest.Open(t), newClock()
	desk, err := auth.NewDesk(auth.Options{
		Users: &store.Users{DB: db}, Sessions: &store.Sessions{DB: db}, Tokens: &store.Tokens{DB: db}, Now: c.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	return desk, db, c
}

func addUser(t *testing.T, d *auth.Desk, name string, grants ...auth.Grant) auth.User {
	t.Helper()
	u, _, err := d.AddUser(t.Context(), root, auth.NewUser{Username: name, Name: name, Roles: grants, Password: password, Kept: true})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func at(role auth.Role, station string) auth.Grant { return auth.Grant{Role: role, Station: station} }

func TestSessionFromSignInToSignOut(t *testing.T) {
	t.Parallel()
	d, _, c := newDesk(t)
	u := addUser(t, d, "Jane", at(auth.Officer, "hq"))
	s, secret, err := d.SignIn(t.Context(), " JANE ", password, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if s.User.ID != u.ID {
		t.Errorf("signed in as %s, want %s", s.User.ID, u.ID)
	}
	// A desk that is used every few hours is never thrown out.
	for range 10 {
		c.Forward(13 * time.Hour)
		if _, err := d.Resume(t.Context(), secret); err != nil {
			t.Fatalf("session after 13 h: %v", err)
		}
	}
	c.Forward(auth.SessionLength + time.Second)
	if _, err := d.Resume(t.Context(), secret); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("session after its end: %v", err)
	}

	s, secret, err = d.SignIn(t.Context(), "jane", password, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	ended, release := d.Watch(s.ID, u.ID)
	defer release()
	if err := d.SignOut(t.Context(), s, "10.0.0.1"); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("a stream of the session was not told of the sign-out")
	}
	if _, err := d.Resume(t.Context(), secret); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("session after sign-out: %v", err)
	}
}

func TestSignInIsSlowedButNeverLocked(t *testing.T) {
	t.Parallel()
	d, _, c := newDesk(t)
	addUser(t, d, "jane", at(auth.Officer, "hq"))
	const desk, attacker = "10.0.0.1", "10.9.9.9"
	if _, _, err := d.SignIn(t.Context(), "jane", password, desk); err != nil {
		t.Fatal(err)
	}
	refused, waits := 0, 0
	for range 40 {
		var wait *auth.TooManyError
		_, _, err := d.SignIn(t.Context(), "jane", "wrong password", attacker)
		switch {
		case errors.Is(err, auth.ErrCredentials):
			refused++
		case errors.As(err, &wait):
			waits++
			if wait.RetryAfter() < 1 || wait.RetryAfter() > 5 {
				t.Fatalf("asked to wait %d s", wait.RetryAfter())
			}
		default:
			t.Fatal(err)
		}
	}
	if refused != 3 || waits != 37 {
		t.Errorf("%d refused and %d made to wait, want 3 and 37", refused, waits)
	}
	if _, _, err := d.SignIn(t.Context(), "jane", password, desk); err != nil {
		t.Errorf("the manned desk does not get in while somebody guesses elsewhere: %v", err)
	}
	// Guessing as fast as it goes: a right password from the attacked
	// address itself gets in at most 5 s later.
	for range 10 {
		c.Forward(6 * time.Second)
		if _, _, err := d.SignIn(t.Context(), "jane", "wrong password", attacker); !errors.Is(err, auth.ErrCredentials) {
			t.Fatalf("after 6 s: %v", err)
		}
	}
	c.Forward(5 * time.Second)
	if _, _, err := d.SignIn(t.Context(), "jane", password, attacker); err != nil {
		t.Errorf("the right password after 5 s: %v", err)
	}
}

func TestUnknownUsersTakeAsLong(t *testing.T) {
	t.Parallel()
	d, _, _ := newDesk(t)
	addUser(t, d, "jane", at(auth.Officer, "hq"))
	took := func(name string) time.Duration {
		best := time.Hour
		for i := range 3 {
			began := time.Now()
			if _, _, err := d.SignIn(t.Context(), name, "wrong password", "10.0.0."+string(rune('1'+i))); !errors.Is(err, auth.ErrCredentials) {
				t.Fatal(err)
			}
			best = min(best, time.Since(began))
		}
		return best
	}
	known, unknown := took("jane"), took("nobody")
	if unknown*4 < known || known*4 < unknown {
		t.Errorf("a known user takes %s, an unknown one %s: they can be told apart", known, unknown)
	}
}

func TestOneTimePasswordMustBeChanged(t *testing.T) {
	t.Parallel()
	d, _, _ := newDesk(t)
	_, once, err := d.AddUser(t.Context(), root, auth.NewUser{Username: "jane", Name: "Jane", Roles: []auth.Grant{at(auth.Officer, "hq")}})
	if err != nil {
		t.Fatal(err)
	}
	s, secret, err := d.SignIn(t.Context(), "jane", once, "10.0.0.1")
	if err != nil || !s.User.MustChangePassword {
		t.Fatalf("sign in with %q: %v, must change %v", once, err, s.User.MustChangePassword)
	}
	_, otherSecret, err := d.SignIn(t.Context(), "jane", once, "10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	var invalid *auth.InvalidError
	for _, tc := range []struct{ name, current, next string }{
		{"wrong current", "not it", "a new long password"},
		{"too short", once, "short"},
		{"the same", once, once},
		{"the user name", once, "jane"},
	} {
		if err := d.ChangePassword(t.Context(), s, "10.0.0.1", tc.current, tc.next); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if err := d.ChangePassword(t.Context(), s, "10.0.0.1", once, "a new long password"); err != nil {
		t.Fatal(err)
	}
	if s, err = d.Resume(t.Context(), secret); err != nil || s.User.MustChangePassword {
		t.Errorf("own session after the change: %v, must change %v", err, s.User.MustChangePassword)
	}
	if _, err := d.Resume(t.Context(), otherSecret); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("the other session lives on: %v", err)
	}
}

func TestWhoMayManageWhom(t *testing.T) {
	t.Parallel()
	d, db, _ := newDesk(t)
	users := &store.Users{DB: db}
	boss := addUser(t, d, "boss", at(auth.Admin, "*"))
	local := addUser(t, d, "local", at(auth.Admin, "hq")).Operator("")
	jane := addUser(t, d, "jane", at(auth.Officer, "hq"))
	both := addUser(t, d, "both", at(auth.Officer, "hq"), at(auth.Officer, "branch"))
	far := addUser(t, d, "far", at(auth.Officer, "branch"))
	yes := true
	roles := func(grants ...auth.Grant) auth.UserChange { return auth.UserChange{Roles: &grants} }

	var forbidden *auth.ForbiddenError
	for _, tc := range []struct {
		name   string
		by     auth.Operator
		whom   auth.User
		change auth.UserChange
		want   string
	}{
		{"officer changes nobody", jane.Operator(""), far, auth.UserChange{Disabled: &yes}, "forbidden"},
		{"local admin, own station", local, jane, roles(at(auth.Supervisor, "hq")), ""},
		{"local admin gives another station", local, jane, roles(at(auth.Officer, "branch")), "forbidden"},
		{"local admin gives all stations", local, jane, roles(at(auth.Officer, "*")), "forbidden"},
		{"local admin, other station", local, far, auth.UserChange{Disabled: &yes}, "forbidden"},
		{"local admin disables one who is elsewhere too", local, both, auth.UserChange{Disabled: &yes}, "forbidden"},
		{"local admin takes the own station's role away", local, both, roles(at(auth.Officer, "branch")), ""},
		{"nobody raises themselves", boss.Operator(""), boss, roles(at(auth.Admin, "*"), at(auth.Officer, "hq")), "forbidden"},
		{"last admin stays", boss.Operator(""), boss, auth.UserChange{Disabled: &yes}, "last"},
		{"last admin keeps the role", boss.Operator(""), boss, roles(at(auth.Planner, "hq")), "forbidden"},
		{"last admin keeps the role, nothing else", boss.Operator(""), boss, roles(), "last"},
		{"unknown role", root, jane, roles(at("king", "hq")), "invalid"},
	} {
		now, _, err := users.ByID(t.Context(), tc.whom.ID)
		if err != nil {
			t.Fatal(err)
		}
		tc.change.Version = now.Version
		_, err = d.ChangeUser(t.Context(), tc.by, tc.whom.ID, tc.change)
		var invalid *auth.InvalidError
		got := ""
		switch {
		case errors.As(err, &forbidden):
			got = "forbidden"
		case errors.Is(err, auth.ErrLastAdmin):
			got = "last"
		case errors.As(err, &invalid):
			got = "invalid"
		case err != nil:
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	var stale *auth.StaleError
	if _, err := d.ChangeUser(t.Context(), root, far.ID, auth.UserChange{Disabled: &yes, Version: 99}); !errors.As(err, &stale) || stale.Version != 1 {
		t.Errorf("stale change: %v", err)
	}
	if _, err := d.ResetPassword(t.Context(), local, boss.ID); !errors.As(err, &forbidden) {
		t.Errorf("a local admin resets the password of an admin of all: %v", err)
	}
	list, err := d.Users(t.Context(), local)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range list {
		if u.Username == "far" || u.Username == "boss" {
			t.Errorf("a local admin sees %s", u.Username)
		}
	}
}

func TestTwoAdminsDisableEachOther(t *testing.T) {
	t.Parallel()
	d, _, _ := newDesk(t)
	a, b := addUser(t, d, "a", at(auth.Admin, "*")), addUser(t, d, "b", at(auth.Admin, "*"))
	yes := true
	errs := make(chan error, 2)
	for _, pair := range [][2]auth.User{{a, b}, {b, a}} {
		go func() {
			_, err := d.ChangeUser(t.Context(), pair[0].Operator(""), pair[1].ID, auth.UserChange{Disabled: &yes, Version: 1})
			errs <- err
		}()
	}
	first, second := <-errs, <-errs
	if first == nil {
		first, second = second, first
	}
	if !errors.Is(first, auth.ErrLastAdmin) || second != nil {
		t.Errorf("got %v and %v, want one to succeed and one to be the last", first, second)
	}
}

func TestDisabledUserIsOutAtOnce(t *testing.T) {
	t.Parallel()
	d, _, _ := newDesk(t)
	addUser(t, d, "boss", at(auth.Admin, "*"))
	jane := addUser(t, d, "jane", at(auth.Officer, "hq"))
	s, secret, err := d.SignIn(t.Context(), "jane", password, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	ended, release := d.Watch(s.ID, jane.ID)
	defer release()
	yes := true
	if _, err := d.ChangeUser(t.Context(), root, jane.ID, auth.UserChange{Disabled: &yes, Version: 1}); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("the stream goes on")
	}
	if _, err := d.Resume(t.Context(), secret); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("the session goes on: %v", err)
	}
	if _, _, err := d.SignIn(t.Context(), "jane", password, "10.0.0.1"); !errors.Is(err, auth.ErrCredentials) {
		t.Errorf("signs in again: %v", err)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	d, _, c := newDesk(t)
	soon := c.Now().Add(time.Hour)
	token, secret, err := d.AddToken(t.Context(), root, "display", []auth.Grant{at(auth.Division, "hq")}, &soon)
	if err != nil {
		t.Fatal(err)
	}
	by, err := d.Bearer(t.Context(), secret, "10.0.0.1")
	if err != nil || by.ID != token.ID || !by.Machine || by.May(auth.AlarmsRead, "hq") != nil || by.May(auth.AlarmsRead, "branch") == nil {
		t.Errorf("bearer: %+v, %v", by, err)
	}
	if _, err := d.Bearer(t.Context(), secret+"x", ""); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("a token with a letter more: %v", err)
	}
	c.Forward(2 * time.Hour)
	if _, err := d.Bearer(t.Context(), secret, ""); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("an expired token: %v", err)
	}
	c.Forward(-2 * time.Hour)
	if err := d.RemoveToken(t.Context(), root, token.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Bearer(t.Context(), secret, ""); !errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("a removed token: %v", err)
	}
}

func TestIDsSortByTime(t *testing.T) {
	t.Parallel()
	last := ""
	for range 10_000 {
		id := auth.NewID()
		if id <= last || len(id) != 36 || id[14] != '7' {
			t.Fatalf("%s after %s", id, last)
		}
		last = id
	}
}

func TestFailedSignInsAreRecordedButNotAllOfThem(t *testing.T) {
	t.Parallel()
	d, db, c := newDesk(t)
	addUser(t, d, "jane", at(auth.Officer, "hq"))
	for range 4 {
		if _, _, err := d.SignIn(t.Context(), "jane", "wrong password", "10.0.0.1"); err == nil {
			t.Fatal("a wrong password gets in")
		}
		c.Forward(6 * time.Second)
	}
	if _, _, err := d.SignIn(t.Context(), "hunter2-typed-in-the-wrong-field", "x", "10.0.0.1"); err == nil {
		t.Fatal("an unknown user gets in")
	}
	var entries, leaks int
	err := db.Pool.QueryRow(t.Context(), `
		SELECT count(*), count(*) FILTER (WHERE params::text || subject || name LIKE '%hunter2%' OR params::text LIKE '%wrong password%')
		  FROM audit_entries WHERE action = 'session.refused'`).Scan(&entries, &leaks)
	if err != nil {
		t.Fatal(err)
	}
	if entries != 2 || leaks != 0 {
		t.Errorf("%d entries, %d with what was typed; want one for jane and one for an unknown user", entries, leaks)
	}
}

func TestAFloodOfSignInsIsBounded(t *testing.T) {
	t.Parallel()
	h, err := auth.NewHasher()
	if err != nil {
		t.Fatal(err)
	}
	results := make(chan error, 300)
	for range cap(results) {
		go func() {
			_, err := h.Match(t.Context(), "x", "")
			results <- err
		}()
	}
	busy := 0
	for range cap(results) {
		switch err := <-results; {
		case errors.Is(err, auth.ErrBusy):
			busy++
		case err != nil:
			t.Error(err)
		}
	}
	if busy < 100 {
		t.Errorf("of 300 at once only %d were sent away", busy)
	}
}

func BenchmarkMatch(b *testing.B) {
	h, err := auth.NewHasher()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := h.Match(b.Context(), password, ""); err != nil {
			b.Fatal(err)
		}
	}
}

func TestAMannedDeskGoesOnWhileTheStoreIsAway(t *testing.T) {
	t.Parallel()
	d, _, _ := newDesk(t)
	addUser(t, d, "jane", at(auth.Officer, "hq"))
	s, secret, err := d.SignIn(t.Context(), "jane", password, "10.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Resume(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	away, cancel := context.WithCancel(t.Context())
	cancel() // a request that the store cannot answer
	if got, err := d.Resume(away, secret); err != nil || got.ID != s.ID {
		t.Errorf("while the store is away: %v", err)
	}
	never, _ := auth.Secret("")
	if _, err := d.Resume(away, never); err == nil || errors.Is(err, auth.ErrUnauthenticated) {
		t.Errorf("an unknown session while the store is away: %v", err)
	}
	if err := d.SignOut(t.Context(), s, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Resume(away, secret); err == nil {
		t.Error("a session that was ended comes back while the store is away")
	}
}
