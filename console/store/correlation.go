package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/correlation"
	"guardroom/devices"
)

// Correlation keeps rules and what they found, and reads the journal for them.
type Correlation struct {
	Settings
	follower *follower
}

// NewCorrelation returns one that reads the journal from where the last one stopped.
func NewCorrelation(db *DB) *Correlation {
	return &Correlation{Settings: Settings{DB: db}, follower: &follower{db: db, name: "rules", sequence: "signals_id"}}
}

var _ correlation.Journal = &Correlation{}

const ruleColumns = `r.id, r.station, r.code, r.name, r.enabled, r.logic, r.tried, r.since, r.changed_at, r.changed_by, r.version,
	(SELECT count(*) FROM rule_hits h WHERE h.rule = r.id), coalesce((SELECT max(found_at) FROM rule_hits h WHERE h.rule = r.id), '0001-01-01')`

func scanRule(row pgx.CollectableRow) (r correlation.Rule, err error) {
	err = row.Scan(&r.ID, &r.Station, &r.Code, &r.Name, &r.Enabled, &r.Logic, &r.Tried, &r.Since, &r.ChangedAt, &r.ChangedBy, &r.Version, &r.Hits, &r.LastHit)
	r.ChangedAt, r.LastHit = r.ChangedAt.UTC(), r.LastHit.UTC()
	return r, err
}

// Rules lists the rules of stations; nil is all.
func (s *Correlation) Rules(ctx context.Context, stations []string) ([]correlation.Rule, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	if stations != nil {
		w.and("r.station = ANY(?)", stations)
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+ruleColumns+` FROM rules r `+w.sql()+` ORDER BY r.station, r.name, r.id`, w.args...)
	list, err := pgx.CollectRows(rows, scanRule)
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return list, nil
}

// Rule returns correlation.ErrNotFound when id is unknown.
func (s *Correlation) Rule(ctx context.Context, id string) (correlation.Rule, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+ruleColumns+` FROM rules r WHERE r.id = $1`, plain(id))
	r, err := pgx.CollectExactlyOneRow(rows, scanRule)
	if errors.Is(err, pgx.ErrNoRows) {
		err = correlation.ErrNotFound
	}
	if err != nil {
		return correlation.Rule{}, fmt.Errorf("find rule %.64q: %w", id, err)
	}
	return r, nil
}

// Add adds a rule.
func (s *Correlation) Add(ctx context.Context, r correlation.Rule, e audit.Entry) (correlation.Rule, error) {
	logic, err := json.Marshal(r.Logic)
	if err != nil {
		return r, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		_, err := tx.Exec(ctx, `INSERT INTO rules (id, station, code, name, enabled, logic, changed_at, changed_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			r.ID, r.Station, r.Code, plain(r.Name), r.Enabled, logic, tx.Now, plain(r.ChangedBy))
		return err
	})
	if err != nil {
		return correlation.Rule{}, fmt.Errorf("add rule %s: %w", r.Code, err)
	}
	return s.Rule(ctx, r.ID)
}

// Save writes r; anew, it counts from the next signal on.
func (s *Correlation) Save(ctx context.Context, r correlation.Rule, anew bool, e audit.Entry) (correlation.Rule, error) {
	logic, err := json.Marshal(r.Logic)
	if err != nil {
		return r, err
	}
	tried, err := optional(r.Tried)
	if err != nil {
		return r, err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `
			UPDATE rules SET name = $3, enabled = $4, logic = $5, tried = $6, changed_at = $7, changed_by = $8, version = version + 1,
			       since = CASE WHEN $9 THEN (SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM signals_id) ELSE since END
			 WHERE id = $1 AND version = $2`,
			r.ID, r.Version, plain(r.Name), r.Enabled, logic, tried, tx.Now, plain(r.ChangedBy), anew)
		if err == nil && tag.RowsAffected() == 0 {
			return s.stale(ctx, tx, r.ID)
		}
		return err
	})
	if err != nil {
		return correlation.Rule{}, fmt.Errorf("save rule %s: %w", r.Code, err)
	}
	return s.Rule(ctx, r.ID)
}

func (s *Correlation) stale(ctx context.Context, tx *Tx, id string) error {
	var now int64
	err := tx.QueryRow(ctx, `SELECT version FROM rules WHERE id = $1`, id).Scan(&now)
	if errors.Is(err, pgx.ErrNoRows) {
		return correlation.ErrNotFound
	}
	if err != nil {
		return err
	}
	return &correlation.StaleError{Now: now}
}

// Remove removes a rule that is still at version.
func (s *Correlation) Remove(ctx context.Context, id string, version int64, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `DELETE FROM rules WHERE id = $1 AND version = $2`, plain(id), version)
		if err == nil && tag.RowsAffected() == 0 {
			return s.stale(ctx, tx, id)
		}
		return err
	})
	return err
}

// Tried keeps a trial with its rule while that has the logic that was tried.
func (s *Correlation) Tried(ctx context.Context, rule string, t correlation.Tried) error {
	r, err := s.Rule(ctx, rule)
	if errors.Is(err, correlation.ErrNotFound) || err == nil && r.Print() != t.Print {
		return nil // changed or removed meanwhile
	}
	if err != nil {
		return err
	}
	data, err := json.Marshal(t)
	if err != nil {
		return err
	}
	e := audit.By(auth.System(), r.Station, "rule.tried", "rule:"+r.ID, map[string]string{"name": r.Name, "hits": fmt.Sprint(t.Hits), "by": t.By})
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		_, err := tx.Exec(ctx, `UPDATE rules SET tried = $3, version = version + 1 WHERE id = $1 AND version = $2`, r.ID, r.Version, data)
		return err
	})
	return err
}

// Progress returns the id up to which everything is judged.
func (s *Correlation) Progress(ctx context.Context) (int64, error) {
	return s.follower.progress(ctx, false)
}

// Settled returns the newest id below which nothing will be added.
func (s *Correlation) Settled(ctx context.Context) (int64, error) { return s.follower.newest(ctx) }

// Behind returns an id above which everything was received since at.
func (s *Correlation) Behind(ctx context.Context, at time.Time) (int64, error) {
	return s.DB.behind(ctx, at)
}

// Signals reads the journal by id, with where each point stands.
func (s *Correlation) Signals(ctx context.Context, q correlation.SignalsQuery) ([]correlation.Signal, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	kinds := make([]string, len(q.Kinds))
	for i, k := range q.Kinds {
		kinds[i] = string(k)
	}
	var w where
	w.and("s.id > ?", q.After)
	w.and("s.id <= ?", q.Upto)
	w.and("s.kind = ANY(?)", kinds)
	if q.Station != "" {
		w.and("s.station = ?", q.Station)
	}
	if !q.From.IsZero() {
		w.and("s.received >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.and("s.received < ?", q.To)
	}
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT s.id, s.station, s.point, coalesce(nullif(p.given_name, ''), p.name, ''), s.kind, s.active, coalesce(s.detail, '{}'), s.observed, s.received,
		       s.historical, s.clock, coalesce(ar.id, ''), coalesce(ar.name, ''), coalesce(p.category, '')
		  FROM signals s LEFT JOIN points p ON p.id = s.point `+whereabouts+w.sql()+` ORDER BY s.id`, w.args...)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (x correlation.Signal, err error) {
		var clock devices.Clock
		err = row.Scan(&x.ID, &x.Station, &x.Point, &x.PointName, &x.Kind, &x.Active, &x.Detail, &x.Observed, &x.Received, &x.Historical, &clock, &x.Area, &x.AreaName, &x.Category)
		x.Observed, x.Received = x.Observed.UTC(), x.Received.UTC()
		// As with alarms: a clock that cannot be trusted, or runs ahead, tells nothing.
		if clock == devices.Unsynced || x.Observed.After(x.Received.Add(time.Minute)) {
			x.Observed = x.Received
		}
		return x, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the journal from %d: %w", q.After, err)
	}
	return list, nil
}

// Spent lists the signals that hits of a rule have used.
func (s *Correlation) Spent(ctx context.Context, rule string, after int64) (map[int64]bool, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT unnest(used) FROM rule_hits WHERE rule = $1 AND trigger > $2`, rule, after)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return nil, fmt.Errorf("read what rule %s has used: %w", rule, err)
	}
	spent := make(map[int64]bool, len(ids))
	for _, id := range ids {
		spent[id] = true
	}
	return spent, nil
}

// Advance writes hits with the progress. It is no change that the record tells
// of: the alarms of the hits are.
func (s *Correlation) Advance(ctx context.Context, was, upto int64, hits []correlation.Found) ([]correlation.RuleHit, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var written []correlation.RuleHit
	err := pgx.BeginFunc(ctx, s.DB.Pool, func(tx pgx.Tx) error {
		written = nil
		ok, err := s.follower.advance(ctx, tx, was, upto)
		if err == nil && !ok {
			err = correlation.ErrOvertaken
		}
		if err != nil {
			return err
		}
		now := s.DB.Now().UTC()
		for _, f := range hits {
			data, err := json.Marshal(f.Hit)
			if err != nil {
				return err
			}
			used := make([]int64, 0, len(f.Signals))
			for _, one := range f.Signals {
				used = append(used, one.ID)
			}
			h := correlation.RuleHit{Rule: f.Rule.ID, Station: f.Rule.Station, FoundAt: now, Hit: f.Hit}
			err = tx.QueryRow(ctx, `
				INSERT INTO rule_hits (rule, station, trigger, used, hit, found_at) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (rule, trigger) DO NOTHING RETURNING id`, h.Rule, h.Station, h.Trigger, used, data, now).Scan(&h.ID)
			if errors.Is(err, pgx.ErrNoRows) {
				continue
			}
			if err != nil {
				return err
			}
			written = append(written, h)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("keep %d hits of rules: %w", len(hits), err)
	}
	return written, nil
}

const hitColumns = `id, rule, station, found_at, raised, hit`

func scanHit(row pgx.CollectableRow) (h correlation.RuleHit, err error) {
	err = row.Scan(&h.ID, &h.Rule, &h.Station, &h.FoundAt, &h.Raised, &h.Hit)
	h.FoundAt, h.Raised = h.FoundAt.UTC(), inUTC(h.Raised)
	return h, err
}

// Pending lists hits that nobody has raised, the eldest first.
func (s *Correlation) Pending(ctx context.Context, before time.Time) ([]correlation.RuleHit, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+hitColumns+` FROM rule_hits WHERE raised IS NULL AND found_at < $1 ORDER BY id LIMIT 1000`, before)
	return pgx.CollectRows(rows, scanHit)
}

// Found lists hits, newest first.
func (s *Correlation) Found(ctx context.Context, q correlation.HitsQuery) ([]correlation.RuleHit, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	w.and("rule = ?", q.Rule)
	if q.Before > 0 {
		w.and("id < ?", q.Before)
	}
	if q.Limit <= 0 || q.Limit > 1000 {
		q.Limit = 100
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+hitColumns+` FROM rule_hits `+w.sql()+` ORDER BY id DESC LIMIT `+w.arg(q.Limit), w.args...)
	return pgx.CollectRows(rows, scanHit)
}

// Said reports whether the alarm of a hit stands in the journal.
func (s *Correlation) Said(ctx context.Context, point devices.PointID, after, hit int64) (said bool, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = s.DB.Pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM signals WHERE point = $1 AND id > $2 AND epoch = 0 AND detail->>'hit' = $3)`,
		point, after, fmt.Sprint(hit)).Scan(&said)
	return said, err
}

// Raised keeps that a hit has been said, or why it cannot be.
func (s *Correlation) Raised(ctx context.Context, hit int64, why string) error {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	_, err := s.DB.Pool.Exec(ctx, `UPDATE rule_hits SET raised = $2, why = $3 WHERE id = $1`, hit, s.DB.Now(), plain(why))
	return err
}

// Grave gives the open alarms of a hit's signals the priority of the rule, when
// it is graver than theirs; they ask for attention anew.
func (s *Correlation) Grave(ctx context.Context, r correlation.Rule, h correlation.RuleHit) error {
	points, kinds := []string{}, []string{}
	for _, one := range h.Signals {
		points, kinds = append(points, string(one.Point)), append(kinds, string(one.Kind))
	}
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, _ := tx.Query(ctx, `
			WITH was AS MATERIALIZED (
			SELECT a.id, a.priority
			  FROM alarms a
			  JOIN (SELECT DISTINCT point, kind FROM unnest($1::text[], $2::text[]) x (point, kind)) w ON a.point = w.point AND a.kind = w.kind
			 WHERE a.open AND a.priority > $3
			   FOR UPDATE OF a)
			UPDATE alarms a SET priority = $3 FROM was WHERE a.id = was.id
			RETURNING was.priority, `+alarmColumns, points, kinds, r.Outcome.Priority)
		var before []int
		list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (alarms.Alarm, error) {
			var was int
			a, err := scanAlarm(aheadOf(row, &was))
			before = append(before, was)
			return a, err
		})
		if err != nil {
			return err
		}
		var changed []*alarms.Alarm
		var lines []alarms.Line
		for i := range list {
			a := &list[i]
			a.Version++
			a.Kept.Asked = a.Version
			tx.Audit(audit.By(auth.System(), a.Station, "alarm.priority", "alarm:"+a.ID,
				map[string]string{"priority": fmt.Sprint(a.Priority), "rule": r.ID, "rule_name": r.Name, "hit": fmt.Sprint(h.ID)}))
			changed = append(changed, a)
			lines = append(lines, a.Graded(tx.Now, before[i], auth.System(), r.Name))
		}
		return tx.ChangeAlarms(changed, lines)
	})
	return err
}

// behind is a row whose first column is read beside the rest.
type behind struct {
	pgx.CollectableRow
	first any
}

func (b behind) Scan(to ...any) error { return b.CollectableRow.Scan(append([]any{b.first}, to...)...) }

// aheadOf reads the first column of a row into first and leaves the rest to whoever
// scans it.
func aheadOf(row pgx.CollectableRow, first any) pgx.CollectableRow { return behind{row, first} }
