package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/live"
)

// Alarms keeps alarms.
type Alarms struct{ DB *DB }

// alarmColumns fit scanAlarm; the table's alias is a.
const alarmColumns = `a.id, a.station, a.gateway, a.device, a.device_name, a.point, a.point_name, a.location, a.kind, a.category,
	a.priority, a.life_safety, a.state, a.raised_at, a.last_at, a.received_at, a.cleared_at, a.count, a.text, a.signal_state,
	a.detail, a.acknowledged, a.confirmed, a.first_up, a.cause, a.suppressed_children, a.late, a.demo, a.version, a.change,
	a.asked, a.claimed, a.born_suppressed, a.epoch, a.seq`

func scanAlarm(row pgx.CollectableRow) (a alarms.Alarm, err error) {
	err = row.Scan(&a.ID, &a.Station, &a.Gateway, &a.Device, &a.DeviceName, &a.Point, &a.PointName, &a.Location, &a.Kind, &a.Category,
		&a.Priority, &a.LifeSafety, &a.State, &a.RaisedAt, &a.LastAt, &a.ReceivedAt, &a.ClearedAt, &a.Count, &a.Text, &a.SignalState,
		&a.Detail, &a.Acknowledged, &a.Confirmed, &a.FirstUp, &a.Cause, &a.SuppressedChildren, &a.Late, &a.Demo, &a.Version, &a.Change,
		&a.Kept.Asked, &a.Kept.Claimed, &a.Kept.BornSuppressed, &a.Kept.First.Epoch, &a.Kept.First.Seq)
	a.RaisedAt, a.LastAt, a.ReceivedAt = a.RaisedAt.UTC(), a.LastAt.UTC(), a.ReceivedAt.UTC()
	if a.ClearedAt != nil {
		cleared := a.ClearedAt.UTC()
		a.ClearedAt = &cleared
	}
	return a, err
}

// saveAlarms writes alarms with the change number of the transaction, and shows
// them. Those that were there before are changed first, so that a key whose alarm
// is over has room for a new one.
func (t *Tx) saveAlarms(list []*alarms.Alarm) {
	if len(list) == 0 {
		return
	}
	t.Last(func(_ context.Context, change int64) error {
		var known, fresh columns
		for _, a := range list {
			to := &known
			if a.Change == 0 {
				to = &fresh
			}
			a.Change = change
			if err := to.add(a); err != nil {
				return fmt.Errorf("write alarm %s: %w", a.ID, err)
			}
		}
		if n := len(known.ids); n > 0 {
			t.queue(fmt.Sprintf("change %d alarms", n), allOf(n), updateAlarms, known.changing()...)
		}
		if n := len(fresh.ids); n > 0 {
			t.queue(fmt.Sprintf("write %d alarms", n), allOf(n), insertAlarms, append(fresh.changing(), fresh.fixed()...)...)
		}
		for _, a := range list {
			t.Tell(a.Event())
		}
		return nil
	})
}

func allOf(n int) func(rows int64) error {
	return func(rows int64) error {
		if rows != int64(n) {
			return fmt.Errorf("%d of %d were written", rows, n)
		}
		return nil
	}
}

// columns are alarms as arrays, one a column: PostgreSQL reads them several
// times faster than JSON.
type columns struct {
	ids, states                                 []string
	raised, last                                []time.Time
	cleared                                     []*time.Time
	counts                                      []int32
	texts, signalStates, details                []string
	acknowledged, firstUp, causes               []*string
	confirmed, late                             []bool
	suppressed, versions, asked                 []int32
	changes, epochs, seqs                       []int64
	stations, gateways, devices, deviceNames    []string
	points, pointNames, locations, kinds, sorts []string
	priorities                                  []int32
	lifeSafety, demo, bornSuppressed            []bool
	received                                    []time.Time
	claimed                                     []string
}

func (c *columns) add(a *alarms.Alarm) error {
	detail := a.Detail
	if detail == nil {
		detail = map[string]string{}
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return err
	}
	acknowledged, err := optional(a.Acknowledged)
	if err != nil {
		return err
	}
	firstUp, err := optional(a.FirstUp)
	if err != nil {
		return err
	}
	c.ids, c.states = append(c.ids, a.ID), append(c.states, string(a.State))
	c.raised, c.last, c.cleared = append(c.raised, a.RaisedAt), append(c.last, a.LastAt), append(c.cleared, a.ClearedAt)
	c.counts, c.texts, c.signalStates = append(c.counts, int32(a.Count)), append(c.texts, plain(a.Text)), append(c.signalStates, plain(a.SignalState))
	c.details, c.acknowledged, c.firstUp = append(c.details, string(text)), append(c.acknowledged, acknowledged), append(c.firstUp, firstUp)
	c.causes, c.confirmed, c.late = append(c.causes, (*string)(a.Cause)), append(c.confirmed, a.Confirmed), append(c.late, a.Late)
	c.suppressed, c.versions, c.asked = append(c.suppressed, int32(a.SuppressedChildren)), append(c.versions, int32(a.Version)), append(c.asked, int32(a.Kept.Asked))
	c.changes, c.epochs, c.seqs = append(c.changes, a.Change), append(c.epochs, int64(a.Kept.First.Epoch)), append(c.seqs, int64(a.Kept.First.Seq))
	c.stations, c.gateways, c.devices = append(c.stations, a.Station), append(c.gateways, a.Gateway), append(c.devices, a.Device)
	c.deviceNames, c.points, c.pointNames = append(c.deviceNames, a.DeviceName), append(c.points, string(a.Point)), append(c.pointNames, a.PointName)
	c.locations, c.kinds, c.sorts = append(c.locations, a.Location), append(c.kinds, string(a.Kind)), append(c.sorts, a.Category)
	c.priorities, c.lifeSafety, c.demo = append(c.priorities, int32(a.Priority)), append(c.lifeSafety, a.LifeSafety), append(c.demo, a.Demo)
	c.bornSuppressed, c.received, c.claimed = append(c.bornSuppressed, a.Kept.BornSuppressed), append(c.received, a.ReceivedAt), append(c.claimed, string(a.Kept.Claimed))
	return nil
}

// optional is v as JSON, or nil.
func optional[V any](v *V) (*string, error) {
	if v == nil {
		return nil, nil
	}
	raw, err := json.Marshal(v)
	text := string(raw)
	return &text, err
}

// changing are the columns that may change, in the order of changingColumns.
func (c *columns) changing() []any {
	return []any{c.ids, c.states, c.raised, c.last, c.cleared, c.counts, c.texts, c.signalStates, c.details, c.acknowledged, c.firstUp,
		c.causes, c.confirmed, c.late, c.suppressed, c.versions, c.asked, c.changes, c.epochs, c.seqs}
}

// fixed are those that stay as they were when the alarm was raised.
func (c *columns) fixed() []any {
	return []any{c.stations, c.gateways, c.devices, c.deviceNames, c.points, c.pointNames, c.locations, c.kinds, c.sorts,
		c.priorities, c.lifeSafety, c.demo, c.bornSuppressed, c.received, c.claimed}
}

const (
	changingColumns = `id, state, raised_at, last_at, cleared_at, count, text, signal_state, detail, acknowledged, first_up,
		cause, confirmed, late, suppressed_children, version, asked, change, epoch, seq`
	changingArrays = `$1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
		$12::text[], $13::bool[], $14::bool[], $15::int[], $16::int[], $17::int[], $18::bigint[], $19::bigint[], $20::bigint[]`
	fixedColumns = `station, gateway, device, device_name, point, point_name, location, kind, category,
		priority, life_safety, demo, born_suppressed, received_at, claimed`
	fixedArrays = `$21::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[], $27::text[], $28::text[], $29::text[],
		$30::int[], $31::bool[], $32::bool[], $33::bool[], $34::timestamptz[], $35::text[]`

	updateAlarms = `
	UPDATE alarms a
	   SET state = w.state, raised_at = w.raised_at, last_at = w.last_at, cleared_at = w.cleared_at, count = w.count, text = w.text,
	       signal_state = w.signal_state, detail = w.detail::jsonb, acknowledged = w.acknowledged::jsonb, first_up = w.first_up::jsonb,
	       cause = w.cause, confirmed = w.confirmed, late = w.late, suppressed_children = w.suppressed_children, version = w.version,
	       asked = w.asked, change = w.change, epoch = w.epoch, seq = w.seq
	  FROM unnest(` + changingArrays + `) w (` + changingColumns + `)
	 WHERE a.id = w.id`
	insertAlarms = `
	INSERT INTO alarms (` + changingColumns + `, ` + fixedColumns + `)
	SELECT id, state, raised_at, last_at, cleared_at, count, text, signal_state, detail::jsonb, acknowledged::jsonb, first_up::jsonb,
	       cause, confirmed, late, suppressed_children, version, asked, change, epoch, seq, ` + fixedColumns + `
	  FROM unnest(` + changingArrays + `, ` + fixedArrays + `) w (` + changingColumns + `, ` + fixedColumns + `)`
)

func (t *Tx) writeHistory(lines []alarms.Line) error {
	if len(lines) == 0 {
		return nil
	}
	n := len(lines)
	ids, at, what := make([]string, n), make([]time.Time, n), make([]string, n)
	by, names, comments, signals := make([]string, n), make([]string, n), make([]string, n), make([]*string, n)
	for i, l := range lines {
		ids[i], at[i], what[i] = l.Alarm.ID, l.Entry.At, string(l.Entry.What)
		by[i], names[i], comments[i] = plain(l.Entry.By), plain(l.Entry.ByName), plain(l.Entry.Comment)
		var err error
		if signals[i], err = optional(l.Entry.Signal); err != nil {
			return fmt.Errorf("write the history of alarms: %w", err)
		}
	}
	t.queue("write the history of alarms", nil, `
		INSERT INTO alarm_history (alarm, at, what, by, by_name, comment, signal)
		SELECT l.alarm, l.at, l.what, l.by, l.by_name, l.comment, l.signal::jsonb
		  FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
		       WITH ORDINALITY l (alarm, at, what, by, by_name, comment, signal, place)
		 ORDER BY l.place`, ids, at, what, by, names, comments, signals)
	return nil
}

// Find returns alarms.ErrNotFound when id is unknown.
func (s Alarms) Find(ctx context.Context, id string) (alarms.Alarm, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = $1`, plain(id))
	return oneAlarm(rows, id)
}

func oneAlarm(rows pgx.Rows, id string) (alarms.Alarm, error) {
	a, err := pgx.CollectExactlyOneRow(rows, scanAlarm)
	if errors.Is(err, pgx.ErrNoRows) {
		err = alarms.ErrNotFound
	}
	if err != nil {
		return alarms.Alarm{}, fmt.Errorf("find alarm %.64q: %w", id, err)
	}
	return a, nil
}

// History returns the lines of an alarm's history, oldest first.
func (s Alarms) History(ctx context.Context, id string) ([]alarms.Entry, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT at, what, by, by_name, comment, signal
		  FROM (SELECT * FROM alarm_history WHERE alarm = $1 ORDER BY id DESC LIMIT 1000) newest
		 ORDER BY id`, id)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e alarms.Entry, err error) {
		err = row.Scan(&e.At, &e.What, &e.By, &e.ByName, &e.Comment, &e.Signal)
		e.At = e.At.UTC()
		return e, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of alarm %s: %w", id, err)
	}
	return list, nil
}

// List returns a page of alarms, newest first. Ids sort by the time at which
// they were made, so that the last one is the cursor, and an alarm that changes
// meanwhile is on no two pages and missed by none.
func (s Alarms) List(ctx context.Context, q alarms.Query) (alarms.Page, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	var w where
	if q.Stations != nil {
		w.and("a.station = ANY(?)", q.Stations)
	}
	if len(q.States) > 0 {
		w.and("a.state = ANY(?)", q.States)
	} else {
		w.and("a.open")
	}
	if !q.Suppressed {
		w.and("a.cause IS NULL")
	}
	if q.Priority != 0 {
		w.and("a.priority = ?", q.Priority)
	}
	if q.Kind != "" {
		w.and("a.kind = ?", plain(string(q.Kind)))
	}
	if q.Point != "" {
		w.and("a.point = ?", plain(string(q.Point)))
	}
	if !q.From.IsZero() {
		w.and("a.raised_at >= ?", q.From)
	}
	if !q.To.IsZero() {
		w.and("a.raised_at < ?", q.To)
	}
	if q.Cursor != "" {
		w.and("a.id < ?", plain(q.Cursor))
	}
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a `+w.sql()+` ORDER BY a.id DESC LIMIT `+w.arg(q.Limit+1), w.args...)
	list, err := pgx.CollectRows(rows, scanAlarm)
	if err != nil {
		return alarms.Page{}, fmt.Errorf("list alarms: %w", err)
	}
	page := alarms.Page{Items: list}
	if len(list) > q.Limit {
		page.Items = list[:q.Limit]
		page.Next = page.Items[q.Limit-1].ID
	}
	return page, nil
}

// Change runs step on the locked alarm and writes what it made of it.
func (s Alarms) Change(ctx context.Context, id string, step alarms.Step) (alarms.Alarm, error) {
	var a alarms.Alarm
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, _ := tx.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = $1 FOR UPDATE`, plain(id))
		var err error
		if a, err = oneAlarm(rows, id); err != nil {
			return err
		}
		var line alarms.Entry
		var entry audit.Entry
		if line, entry, err = step(&a, tx.Now); err != nil {
			return err
		}
		tx.Audit(entry)
		tx.saveAlarms([]*alarms.Alarm{&a})
		return tx.writeHistory([]alarms.Line{{Alarm: &a, Entry: line}})
	})
	if errors.Is(err, alarms.ErrUnchanged) {
		err = nil
	}
	if err != nil {
		return alarms.Alarm{}, err
	}
	return a, nil
}

// Board returns every open alarm as the screens show it, and the change number
// at which it was read: the board at start.
func (s Alarms) Board(ctx context.Context) (change int64, events []live.Event, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT change FROM chain`).Scan(&change); err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.open ORDER BY a.id`)
		list, err := pgx.CollectRows(rows, scanAlarm)
		for i := range list {
			events = append(events, list[i].Event())
		}
		return err
	})
	if err != nil {
		return 0, nil, fmt.Errorf("read the open alarms: %w", err)
	}
	return change, events, nil
}

// where collects conditions; each ? is the next argument.
type where struct {
	parts []string
	args  []any
}

func (w *where) and(condition string, args ...any) {
	for _, arg := range args {
		condition = strings.Replace(condition, "?", w.arg(arg), 1)
	}
	w.parts = append(w.parts, condition)
}

// arg adds an argument and returns its placeholder.
func (w *where) arg(value any) string {
	w.args = append(w.args, value)
	return fmt.Sprintf("$%d", len(w.args))
}

func (w *where) sql() string {
	if len(w.parts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(w.parts, " AND ")
}
