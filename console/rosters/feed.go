package rosters

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/rosters"
	"guardroom/rosters/ical"
)

// Link is an officer's calendar for their telephone. Whoever has the address reads
// it; the console keeps a hash of its secret only.
type Link struct {
	Active bool       `json:"active"`
	MadeAt *time.Time `json:"made_at"`
	// Token is the secret part of the address; it is shown once.
	Token string `json:"token,omitempty"`
}

type feed struct {
	MadeAt time.Time `json:"made_at"`
	User   string    `json:"user"` // who made it: it ends with the officer's account
}

// LinkOf says whether by has a calendar address.
func (d *Desk) LinkOf(ctx context.Context, by auth.Operator, station string) (Link, error) {
	officer, err := d.ownOfficer(ctx, d.o.Store, by, station)
	if err != nil {
		return Link{}, err
	}
	records, err := d.o.Store.Records(ctx, station, Filter{Kinds: []Kind{Feeds}, Officer: officer})
	if err != nil || len(records) == 0 {
		return Link{}, err
	}
	var f feed
	err = json.Unmarshal(records[0].Body, &f)
	return Link{Active: true, MadeAt: &f.MadeAt}, err
}

func (d *Desk) ownOfficer(ctx context.Context, r reads, by auth.Operator, station string) (string, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return "", err
	}
	t, err := d.read(ctx, r, station)
	if err != nil {
		return "", err
	}
	own := t.own(by)
	if own == nil {
		return "", &ConflictError{Reason: "no_officer", Text: "your account belongs to no officer of this station"}
	}
	return own.ID, nil
}

// MakeLink gives by a new calendar address. An earlier one no longer works.
func (d *Desk) MakeLink(ctx context.Context, by auth.Operator, station string) (Link, error) {
	return d.relink(ctx, by, station, true)
}

// CutLink ends by's calendar address.
func (d *Desk) CutLink(ctx context.Context, by auth.Operator, station string) (Link, error) {
	return d.relink(ctx, by, station, false)
}

func (d *Desk) relink(ctx context.Context, by auth.Operator, station string, anew bool) (Link, error) {
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(secret[:])
	var link Link
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Lock(ctx, station); err != nil {
			return err
		}
		officer, err := d.ownOfficer(ctx, tx, by, station)
		if err != nil {
			return err
		}
		old, err := tx.Records(ctx, station, Filter{Kinds: []Kind{Feeds}, Officer: officer})
		if err != nil {
			return err
		}
		for _, r := range old {
			if err := tx.RemoveRecord(ctx, station, Feeds, r.ID); err != nil {
				return err
			}
		}
		link = Link{}
		if anew {
			at := tx.At().UTC()
			link = Link{Active: true, MadeAt: &at, Token: token}
			body, err := json.Marshal(feed{MadeAt: at, User: by.ID})
			if err != nil {
				return err
			}
			if err := tx.SaveRecord(ctx, station, Record{Kind: Feeds, ID: hashOf(token), Version: 1, Officer: officer, Body: body}); err != nil {
				return err
			}
		}
		tx.Audit(audit.By(by, station, "roster.calendar", "officer:"+officer, map[string]string{"active": fmt.Sprint(anew)}))
		return nil
	})
	return link, err
}

func hashOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// How far a calendar reaches.
const (
	feedBack    = 31  // days
	feedForward = 200 // days
)

// Feed is the calendar of whoever holds the token; address is where they ask from. It
// asks for no sign-in: an unknown token is ErrNotFound, whatever the reason, and many
// of them from one address are a *SlowError. The calendar ends when its maker's account
// does, or may no longer read the rosters of the station.
func (d *Desk) Feed(ctx context.Context, station, token, address string) (string, error) {
	now := d.o.Now()
	if wait := d.guesses.wait(address, now); wait > 0 {
		return "", &SlowError{Wait: wait}
	}
	officer, made, err := d.holder(ctx, station, token)
	if errors.Is(err, ErrNotFound) {
		d.guesses.failed(address, now)
	}
	if err != nil {
		return "", err
	}
	return d.calendar(ctx, station, officer, made)
}

// holder is whose calendar a token opens, and since when it does.
func (d *Desk) holder(ctx context.Context, station, token string) (*Officer, time.Time, error) {
	unknown := fmt.Errorf("calendar: %w", ErrNotFound)
	if _, known := d.o.Station(station); !known || len(token) != 43 {
		return nil, time.Time{}, unknown
	}
	found, err := d.o.Store.Records(ctx, station, Filter{Kinds: []Kind{Feeds}, ID: hashOf(token)})
	if err != nil {
		return nil, time.Time{}, err
	}
	if len(found) == 0 {
		return nil, time.Time{}, unknown
	}
	var f feed
	if err := json.Unmarshal(found[0].Body, &f); err != nil {
		return nil, time.Time{}, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return nil, time.Time{}, err
	}
	officer := t.people[found[0].Officer]
	if officer == nil || officer.User != f.User { // the account is another's by now
		return nil, time.Time{}, unknown
	}
	accounts, err := d.o.Accounts(ctx, station)
	if err != nil {
		return nil, time.Time{}, err
	}
	if !slices.ContainsFunc(accounts, func(a Account) bool { return a.ID == f.User }) {
		return nil, time.Time{}, unknown
	}
	return officer, f.MadeAt, nil
}

// calendar writes an officer's duties and leave.
func (d *Desk) calendar(ctx context.Context, station string, officer *Officer, made time.Time) (string, error) {
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return "", err
	}
	zone, err := t.station.Location()
	if err != nil {
		return "", err
	}
	today := rosters.DateOf(d.o.Now().In(zone))
	if !officer.Until.IsZero() && officer.Until < today {
		return "", fmt.Errorf("calendar: %w", ErrNotFound)
	}
	given, err := d.o.Store.Published(ctx, station, today.Add(-feedBack), today.Add(feedForward))
	if err != nil {
		return "", err
	}
	leave, _, err := absences(ctx, d.o.Store, station, today.Add(-feedBack), today.Add(feedForward))
	if err != nil {
		return "", err
	}
	last, err := d.o.Store.Publications(ctx, station, 0, 1)
	if err != nil {
		return "", err
	}
	if len(last) > 0 {
		made = last[0].At
	}
	kept := given[:0]
	for _, a := range given {
		if a.Officer == officer.ID && t.station.ShiftType(a.Shift) != nil {
			kept = append(kept, a)
		}
	}
	return ical.Write(&t.station, ical.Feed{
		Name: "Duties " + station, Host: "guardroom." + station, Officer: officer.ID, Duties: kept, Leave: leave,
		Number: int(t.register.Publication), Made: made,
	})
}

// SlowError asks whoever tries tokens to wait.
type SlowError struct{ Wait time.Duration }

func (e *SlowError) Error() string { return "too many unknown calendars were asked for" }

// RetryAfter is the wait in whole seconds.
func (e *SlowError) RetryAfter() int { return int((e.Wait + time.Second - 1) / time.Second) }

// guesses counts unknown tokens by address, so that trying them costs the console
// next to nothing.
type guesses struct {
	mu   sync.Mutex
	from map[string]guess
}

type guess struct {
	count int
	since time.Time
}

const (
	freeGuesses = 20 // in a span
	guessSpan   = time.Minute
	mostGuesses = 10_000 // addresses: memory stays bounded whatever is tried
)

// wait is how long an address has to wait at now.
func (g *guesses) wait(address string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	one := g.from[address]
	if one.count < freeGuesses {
		return 0
	}
	return max(0, one.since.Add(guessSpan).Sub(now))
}

func (g *guesses) failed(address string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.from == nil || len(g.from) >= mostGuesses {
		g.from = map[string]guess{}
	}
	one := g.from[address]
	if now.Sub(one.since) >= guessSpan {
		one = guess{since: now}
	}
	one.count++
	g.from[address] = one
}
