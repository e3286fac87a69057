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

// row is an alarm with the names of its columns.
type row struct {
	*alarms.Alarm
	Asked          int    `json:"asked"`
	Claimed        string `json:"claimed"`
	BornSuppressed bool   `json:"born_suppressed"`
	Epoch          uint64 `json:"epoch"`
	Seq            uint64 `json:"seq"`
}

// saveAlarms writes alarms with the change number of the transaction, and shows
// them. Those that are over must come before those that are open.
func (t *Tx) saveAlarms(list []*alarms.Alarm) {
	if len(list) == 0 {
		return
	}
	t.Last(func(_ context.Context, change int64) error {
		rows := make([]row, len(list))
		for i, a := range list {
			a.Change = change
			rows[i] = row{a, a.Kept.Asked, string(a.Kept.Claimed), a.Kept.BornSuppressed, a.Kept.First.Epoch, a.Kept.First.Seq}
		}
		raw, err := json.Marshal(rows)
		if err != nil {
			return fmt.Errorf("write %d alarms: %w", len(list), err)
		}
		t.queue(fmt.Sprintf("write %d alarms", len(list)), nil, upsertAlarms, string(raw))
		for _, a := range list {
			t.Tell(a.Event())
		}
		return nil
	})
}

// upsertAlarms changes what may change; names and priority stay as they were
// when the alarm was raised.
var upsertAlarms = `
	INSERT INTO alarms (` + strings.ReplaceAll(alarmColumns, "a.", "") + `)
	SELECT ` + alarmColumns + ` FROM jsonb_populate_recordset(NULL::alarms, $1::jsonb) a
	ON CONFLICT (id) DO UPDATE SET
	   state = excluded.state, raised_at = excluded.raised_at, last_at = excluded.last_at, cleared_at = excluded.cleared_at,
	   count = excluded.count, text = excluded.text, signal_state = excluded.signal_state, detail = excluded.detail,
	   acknowledged = excluded.acknowledged, confirmed = excluded.confirmed, first_up = excluded.first_up,
	   cause = excluded.cause, suppressed_children = excluded.suppressed_children, late = excluded.late,
	   version = excluded.version, change = excluded.change, asked = excluded.asked, epoch = excluded.epoch, seq = excluded.seq`

func (t *Tx) writeHistory(lines []alarms.Line) error {
	if len(lines) == 0 {
		return nil
	}
	type line struct {
		Alarm   string       `json:"alarm"`
		At      time.Time    `json:"at"`
		What    alarms.What  `json:"what"`
		By      string       `json:"by"`
		ByName  string       `json:"by_name"`
		Comment string       `json:"comment"`
		Signal  *alarms.Said `json:"signal"`
	}
	rows := make([]line, len(lines))
	for i, l := range lines {
		rows[i] = line{l.Alarm.ID, l.Entry.At, l.Entry.What, plain(l.Entry.By), plain(l.Entry.ByName), plain(l.Entry.Comment), l.Entry.Signal}
	}
	raw, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("write the history of alarms: %w", err)
	}
	t.queue("write the history of alarms", nil, `
		INSERT INTO alarm_history (alarm, at, what, by, by_name, comment, signal)
		SELECT l.alarm, l.at, l.what, l.by, l.by_name, l.comment, l.signal
		  FROM ROWS FROM (jsonb_to_recordset($1::jsonb)
		       AS (alarm text, at timestamptz, what text, by text, by_name text, comment text, signal jsonb))
		       WITH ORDINALITY l (alarm, at, what, by, by_name, comment, signal, place)
		 ORDER BY l.place`, string(raw))
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
		w.and("a.state <> 'normal'")
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
		rows, _ := tx.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.state <> 'normal' ORDER BY a.id`)
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
