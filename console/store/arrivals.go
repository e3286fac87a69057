package store

import (
	"context"
	"encoding/hex"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/duty"
	"guardroom/devices"
	"guardroom/rosters"
)

// cardReads are the cards that opened doors lately: from the digest of the journal up
// to where it reached when they were asked for first, and from the journal itself
// after that, a step at a time. They are asked for while somebody is awaited only.
type cardReads struct {
	follower follower

	mu   sync.Mutex
	upto int64 // of the journal, read; 0: nothing yet
	seen map[cardAt][]time.Time
	held int
}

type cardAt struct{ station, hash string }

const (
	cardsAtOnce = 200_000 // ids of the journal
	mostReads   = 100_000 // held
	oldestRead  = 26 * time.Hour
)

// Seen looks for those who are awaited among cards and sign-ins.
func (s *Duty) Seen(ctx context.Context, station string, list []duty.Awaited) ([]duty.Sighting, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	seen, err := s.signedIn(ctx, list)
	if err != nil {
		return nil, fmt.Errorf("who has signed in: %w", err)
	}
	hashes, err := s.hashes(ctx, station, list)
	if err != nil || len(hashes) == 0 {
		return seen, err
	}
	if err := s.cards.read(ctx, s.DB.Now()); err != nil {
		return nil, fmt.Errorf("read cards of the journal: %w", err)
	}
	shown, err := s.cards.shown(ctx, station, list, hashes)
	if err != nil {
		return nil, fmt.Errorf("read cards of the digest: %w", err)
	}
	return append(shown, seen...), nil
}

func (s *Duty) signedIn(ctx context.Context, list []duty.Awaited) ([]duty.Sighting, error) {
	officers, users, since := make([]string, len(list)), make([]string, len(list)), make([]time.Time, len(list))
	for i, a := range list {
		officers[i], users[i], since[i] = plain(a.Officer), plain(a.User), a.Since
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT x.officer, u.last_sign_in, 'sign_in'
		  FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS x(officer, account, since)
		  JOIN users u ON u.id = x.account AND u.last_sign_in >= x.since`, officers, users, since)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (one duty.Sighting, err error) {
		err = row.Scan(&one.Officer, &one.At, &one.How)
		return one, err
	})
}

// hashes are the cards of those awaited, by the number of the cardholder.
func (s *Duty) hashes(ctx context.Context, station string, list []duty.Awaited) (map[string]string, error) {
	refs := []string{}
	for _, a := range list {
		if a.Card != "" {
			refs = append(refs, plain(a.Card))
		}
	}
	found := map[string]string{}
	if len(refs) == 0 {
		return found, nil
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT ref, card_hash FROM cardholders WHERE station = $1 AND ref = ANY($2) AND card_hash IS NOT NULL`, station, refs)
	var ref, hash string
	_, err := pgx.ForEachRow(rows, []any{&ref, &hash}, func() error {
		if devices.ValidCardHash(hash) {
			found[ref] = hash
		}
		return nil
	})
	return found, err
}

// read goes on with the journal, up to where nothing will be added any more.
func (c *cardReads) read(ctx context.Context, now time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	pool := c.follower.db.Pool
	if c.upto == 0 {
		if err := pool.QueryRow(ctx, `SELECT signal FROM journal_follower`).Scan(&c.upto); err != nil {
			return err
		}
		c.seen = map[cardAt][]time.Time{}
	}
	newest, err := c.follower.newest(ctx)
	if err != nil || newest <= c.upto {
		return err
	}
	upto := min(newest, c.upto+cardsAtOnce)
	rows, _ := pool.Query(ctx, `
		SELECT station, detail->>'`+devices.CardHashDetail+`', received FROM signals
		 WHERE id > $1 AND id <= $2 AND kind = '`+string(devices.AccessGranted)+`' AND received >= $3 AND detail->>'`+devices.CardHashDetail+`' IS NOT NULL
		 ORDER BY id`, c.upto, upto, now.Add(-oldestRead))
	var at cardAt
	var received time.Time
	if _, err := pgx.ForEachRow(rows, []any{&at.station, &at.hash, &received}, func() error {
		if c.held < mostReads {
			c.seen[at] = append(c.seen[at], received.UTC())
			c.held++
		}
		return nil
	}); err != nil {
		return err
	}
	c.upto = upto
	if c.held >= mostReads {
		c.prune(now)
	}
	return nil
}

// prune forgets what is old, and then whatever is needed to go on.
func (c *cardReads) prune(now time.Time) {
	for keep := oldestRead; c.held > mostReads/2; keep /= 2 {
		c.held = 0
		for at, list := range c.seen {
			kept := list[:0]
			for _, t := range list {
				if now.Sub(t) < keep {
					kept = append(kept, t)
				}
			}
			if c.held += len(kept); len(kept) == 0 {
				delete(c.seen, at)
			} else {
				c.seen[at] = kept
			}
		}
	}
}

// shown are the first times at which cards of those awaited were shown.
func (c *cardReads) shown(ctx context.Context, station string, list []duty.Awaited, hashes map[string]string) ([]duty.Sighting, error) {
	first := map[string]time.Time{}
	officers, cards, since, eldest := []string{}, [][]byte{}, []time.Time{}, list[0].Since
	c.mu.Lock()
	for _, a := range list {
		hash := hashes[a.Card]
		raw, err := hex.DecodeString(hash)
		if hash == "" || err != nil {
			continue
		}
		officers, cards, since = append(officers, a.Officer), append(cards, raw), append(since, a.Since)
		if a.Since.Before(eldest) {
			eldest = a.Since
		}
		for _, t := range c.seen[cardAt{station, hash}] {
			if known := first[a.Officer]; !t.Before(a.Since) && (known.IsZero() || t.Before(known)) {
				first[a.Officer] = t
			}
		}
	}
	c.mu.Unlock()
	rows, _ := c.follower.db.Pool.Query(ctx, `
		SELECT x.officer, min(j.received)
		  FROM unnest($2::text[], $3::bytea[], $4::timestamptz[]) AS x(officer, card, since)
		  JOIN journal_cards j ON j.card = x.card AND j.received >= x.since AND j.received >= $5
		  JOIN signals s ON s.id = j.signal AND s.received = j.received AND s.received >= $5 AND s.station = $1 AND s.kind = '`+string(devices.AccessGranted)+`'
		 GROUP BY x.officer`, station, officers, cards, since, eldest)
	var officer string
	var at time.Time
	if _, err := pgx.ForEachRow(rows, []any{&officer, &at}, func() error {
		if known := first[officer]; known.IsZero() || at.Before(known) {
			first[officer] = at.UTC()
		}
		return nil
	}); err != nil {
		return nil, err
	}
	seen := make([]duty.Sighting, 0, len(first))
	for officer, at := range first {
		seen = append(seen, duty.Sighting{Officer: officer, At: at, How: rosters.SeenByCard})
	}
	return seen, nil
}
