package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/live"
	"guardroom/devices"
)

// Alarms keeps alarms.
type Alarms struct{ DB *DB }

// alarmColumns fit scanAlarm; the table's alias is a.
const alarmColumns = `a.id, a.station, a.gateway, a.device, a.device_name, a.point, a.point_name, a.location, a.kind, a.category,
	a.priority, a.life_safety, a.state, a.raised_at, a.last_at, a.received_at, a.cleared_at, a.count, a.text, a.signal_state,
	a.detail, a.acknowledged, a.confirmed, a.first_up, a.cause, a.suppressed_children, a.late, a.demo, a.version,
	a.beneath, a.removed, a.owner, a.escalation, a.finish_at, a.close_needed, a.closed, a.area, a.area_name, a.building, a.building_name,
	a.chattering, a.on_test, a.escalate_at, a.escalation_level, a.asked, a.claimed, a.born_suppressed, a.epoch, a.seq`

func scanAlarm(row pgx.CollectableRow) (a alarms.Alarm, err error) {
	err = row.Scan(&a.ID, &a.Station, &a.Gateway, &a.Device, &a.DeviceName, &a.Point, &a.PointName, &a.Location, &a.Kind, &a.Category,
		&a.Priority, &a.LifeSafety, &a.State, &a.RaisedAt, &a.LastAt, &a.ReceivedAt, &a.ClearedAt, &a.Count, &a.Text, &a.SignalState,
		&a.Detail, &a.Acknowledged, &a.Confirmed, &a.FirstUp, &a.Cause, &a.SuppressedChildren, &a.Late, &a.Demo, &a.Version,
		&a.Beneath, &a.Removed, &a.Owner, &a.Escalation, &a.FinishAt, &a.CloseNeeded, &a.Closed, &a.Area, &a.AreaName, &a.Building, &a.BuildingName,
		&a.Chattering, &a.OnTest, &a.Kept.EscalateAt, &a.Kept.Level,
		&a.Kept.Asked, &a.Kept.Claimed, &a.Kept.BornSuppressed, &a.Kept.First.Epoch, &a.Kept.First.Seq)
	a.RaisedAt, a.LastAt, a.ReceivedAt = a.RaisedAt.UTC(), a.LastAt.UTC(), a.ReceivedAt.UTC()
	for _, at := range []*time.Time{a.ClearedAt, a.FinishAt, a.Kept.EscalateAt} {
		if at != nil {
			*at = at.UTC()
		}
	}
	a.Kept.Was, a.Kept.Stored = a.State, true
	return a, err
}

// saveAlarms writes alarms with the statements that wait, and shows them. Those
// that were there before are changed first, so that a key whose alarm is over has
// room for a new one. All of it is before the change number is drawn: what every
// other transaction waits for must not wait for this.
func (t *Tx) saveAlarms(list []*alarms.Alarm) error {
	var known, fresh columns
	for _, a := range list {
		to := &known
		if !a.Kept.Stored {
			to = &fresh
		}
		a.Kept.Stored = true
		if err := to.add(a); err != nil {
			return fmt.Errorf("write alarm %s: %w", a.ID, err)
		}
		t.Tell(a.Event())
	}
	if n := len(known.ids); n > 0 {
		t.queue(fmt.Sprintf("change %d alarms", n), allOf(n), updateAlarms, known.changing()...)
	}
	if n := len(fresh.ids); n > 0 {
		t.queue(fmt.Sprintf("write %d alarms", n), allOf(n), insertAlarms, append(fresh.changing(), fresh.fixed()...)...)
	}
	return nil
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
	epochs, seqs                                []int64
	stations, gateways, devices, deviceNames    []string
	points, pointNames, locations, kinds, sorts []string
	priorities                                  []int32
	lifeSafety, demo, bornSuppressed            []bool
	received                                    []time.Time
	claimed                                     []string

	beneath                                    []string
	removed, owners, escalations, closed       []*string
	escalateAt, finishAt                       []*time.Time
	levels                                     []int32
	chattering, onTest, closeNeeded            []bool
	areas, areaNames, buildings, buildingNames []string
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
	if err := c.addHandling(a); err != nil {
		return err
	}
	c.ids, c.states = append(c.ids, a.ID), append(c.states, string(a.State))
	c.raised, c.last, c.cleared = append(c.raised, a.RaisedAt), append(c.last, a.LastAt), append(c.cleared, a.ClearedAt)
	c.counts, c.texts, c.signalStates = append(c.counts, int32(a.Count)), append(c.texts, plain(a.Text)), append(c.signalStates, plain(a.SignalState))
	c.details, c.acknowledged, c.firstUp = append(c.details, string(text)), append(c.acknowledged, acknowledged), append(c.firstUp, firstUp)
	c.causes, c.confirmed, c.late = append(c.causes, (*string)(a.Cause)), append(c.confirmed, a.Confirmed), append(c.late, a.Late)
	c.suppressed, c.versions, c.asked = append(c.suppressed, int32(a.SuppressedChildren)), append(c.versions, int32(a.Version)), append(c.asked, int32(a.Kept.Asked))
	c.epochs, c.seqs = append(c.epochs, int64(a.Kept.First.Epoch)), append(c.seqs, int64(a.Kept.First.Seq))
	c.stations, c.gateways, c.devices = append(c.stations, a.Station), append(c.gateways, a.Gateway), append(c.devices, a.Device)
	c.deviceNames, c.points, c.pointNames = append(c.deviceNames, a.DeviceName), append(c.points, string(a.Point)), append(c.pointNames, a.PointName)
	c.locations, c.kinds, c.sorts = append(c.locations, a.Location), append(c.kinds, string(a.Kind)), append(c.sorts, a.Category)
	c.priorities, c.lifeSafety, c.demo = append(c.priorities, int32(a.Priority)), append(c.lifeSafety, a.LifeSafety), append(c.demo, a.Demo)
	c.bornSuppressed, c.received, c.claimed = append(c.bornSuppressed, a.Kept.BornSuppressed), append(c.received, a.ReceivedAt), append(c.claimed, string(a.Kept.Claimed))
	return nil
}

// addHandling adds what people and the clock do with an alarm.
func (c *columns) addHandling(a *alarms.Alarm) error {
	removed, err1 := optional(a.Removed)
	owner, err2 := optional(a.Owner)
	escalation, err3 := optional(a.Escalation)
	closed, err4 := optional(a.Closed)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	c.beneath, c.removed, c.owners = append(c.beneath, string(a.Beneath)), append(c.removed, removed), append(c.owners, owner)
	c.escalations, c.closed = append(c.escalations, escalation), append(c.closed, closed)
	c.escalateAt, c.finishAt = append(c.escalateAt, a.Kept.EscalateAt), append(c.finishAt, a.FinishAt)
	c.levels = append(c.levels, int32(a.Kept.Level))
	c.chattering, c.onTest, c.closeNeeded = append(c.chattering, a.Chattering), append(c.onTest, a.OnTest), append(c.closeNeeded, a.CloseNeeded)
	c.areas, c.areaNames = append(c.areas, a.Area), append(c.areaNames, plain(a.AreaName))
	c.buildings, c.buildingNames = append(c.buildings, a.Building), append(c.buildingNames, plain(a.BuildingName))
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
		c.causes, c.confirmed, c.late, c.suppressed, c.versions, c.asked, c.epochs, c.seqs,
		c.beneath, c.removed, c.owners, c.escalations, c.closed, c.escalateAt, c.levels, c.finishAt, c.chattering, c.onTest}
}

// fixed are those that stay as they were when the alarm was raised.
func (c *columns) fixed() []any {
	return []any{c.stations, c.gateways, c.devices, c.deviceNames, c.points, c.pointNames, c.locations, c.kinds, c.sorts,
		c.priorities, c.lifeSafety, c.demo, c.bornSuppressed, c.received, c.claimed,
		c.closeNeeded, c.areas, c.areaNames, c.buildings, c.buildingNames}
}

const (
	changingColumns = `id, state, raised_at, last_at, cleared_at, count, text, signal_state, detail, acknowledged, first_up,
		cause, confirmed, late, suppressed_children, version, asked, epoch, seq,
		beneath, removed, owner, escalation, closed, escalate_at, escalation_level, finish_at, chattering, on_test`
	changingArrays = `$1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[],
		$12::text[], $13::bool[], $14::bool[], $15::int[], $16::int[], $17::int[], $18::bigint[], $19::bigint[],
		$20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::timestamptz[], $26::int[], $27::timestamptz[], $28::bool[], $29::bool[]`
	fixedColumns = `station, gateway, device, device_name, point, point_name, location, kind, category,
		priority, life_safety, demo, born_suppressed, received_at, claimed,
		close_needed, area, area_name, building, building_name`
	fixedArrays = `$30::text[], $31::text[], $32::text[], $33::text[], $34::text[], $35::text[], $36::text[], $37::text[], $38::text[],
		$39::int[], $40::bool[], $41::bool[], $42::bool[], $43::timestamptz[], $44::text[],
		$45::bool[], $46::text[], $47::text[], $48::text[], $49::text[]`

	updateAlarms = `
	UPDATE alarms a
	   SET state = w.state, raised_at = w.raised_at, last_at = w.last_at, cleared_at = w.cleared_at, count = w.count, text = w.text,
	       signal_state = w.signal_state, detail = w.detail::jsonb, acknowledged = w.acknowledged::jsonb, first_up = w.first_up::jsonb,
	       cause = w.cause, confirmed = w.confirmed, late = w.late, suppressed_children = w.suppressed_children, version = w.version,
	       asked = w.asked, epoch = w.epoch, seq = w.seq,
	       beneath = w.beneath, removed = w.removed::jsonb, owner = w.owner::jsonb, escalation = w.escalation::jsonb, closed = w.closed::jsonb,
	       escalate_at = w.escalate_at, escalation_level = w.escalation_level, finish_at = w.finish_at, chattering = w.chattering, on_test = w.on_test
	  FROM unnest(` + changingArrays + `) w (` + changingColumns + `)
	 WHERE a.id = w.id`
	insertAlarms = `
	INSERT INTO alarms (` + changingColumns + `, ` + fixedColumns + `)
	SELECT id, state, raised_at, last_at, cleared_at, count, text, signal_state, detail::jsonb, acknowledged::jsonb, first_up::jsonb,
	       cause, confirmed, late, suppressed_children, version, asked, epoch, seq,
	       beneath, removed::jsonb, owner::jsonb, escalation::jsonb, closed::jsonb, escalate_at, escalation_level, finish_at, chattering, on_test,
	       ` + fixedColumns + `
	  FROM unnest(` + changingArrays + `, ` + fixedArrays + `) w (` + changingColumns + `, ` + fixedColumns + `)`
)

func (t *Tx) writeHistory(lines []alarms.Line) error {
	if len(lines) == 0 {
		return nil
	}
	n := len(lines)
	ids, at, what := make([]string, n), make([]time.Time, n), make([]string, n)
	by, names, comments, addresses := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	from, to, beneath := make([]string, n), make([]string, n), make([]string, n)
	signals, effects := make([]*string, n), make([]*string, n)
	for i, l := range lines {
		ids[i], at[i], what[i] = l.Alarm.ID, l.Entry.At, string(l.Entry.What)
		by[i], names[i], comments[i], addresses[i] = plain(l.Entry.By), plain(l.Entry.ByName), plain(l.Entry.Comment), plain(l.Entry.Address)
		from[i], to[i], beneath[i] = string(l.Entry.From), string(l.Entry.To), string(l.Entry.Beneath)
		var err error
		if signals[i], err = optional(l.Entry.Signal); err != nil {
			return fmt.Errorf("write the history of alarms: %w", err)
		}
		if l.Entry.Removed == nil && l.Entry.Disposition == "" && l.Entry.Priority == 0 {
			continue
		}
		if effects[i], err = optional(&effect{l.Entry.Removed, l.Entry.Disposition, l.Entry.Priority, l.Entry.PriorityWas}); err != nil {
			return fmt.Errorf("write the history of alarms: %w", err)
		}
	}
	t.queue("write the history of alarms", nil, `
		INSERT INTO alarm_history (alarm, at, what, from_state, to_state, beneath, by, by_name, address, comment, signal, effect)
		SELECT l.alarm, l.at, l.what, l.from_state, l.to_state, l.beneath, l.by, l.by_name, l.address, l.comment, l.signal::jsonb, l.effect::jsonb
		  FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[])
		       WITH ORDINALITY l (alarm, at, what, from_state, to_state, beneath, by, by_name, address, comment, signal, effect, place)
		 ORDER BY l.place`, ids, at, what, from, to, beneath, by, names, addresses, comments, signals, effects)
	return nil
}

// effect is what a line of the history did beside moving the state.
type effect struct {
	Removed     *alarms.Removed    `json:"removed,omitempty"`
	Disposition alarms.Disposition `json:"disposition,omitempty"`
	Priority    int                `json:"priority,omitempty"`
	PriorityWas int                `json:"priority_was,omitempty"`
}

// onto gives e what f says.
func (f effect) onto(e *alarms.Entry) {
	e.Removed, e.Disposition, e.Priority, e.PriorityWas = f.Removed, f.Disposition, f.Priority, f.PriorityWas
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
		SELECT at, what, from_state, to_state, beneath, by, by_name, address, comment, signal, coalesce(effect, '{}')
		  FROM (SELECT * FROM alarm_history WHERE alarm = $1 ORDER BY id DESC LIMIT 1000) newest
		 ORDER BY id`, id)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (e alarms.Entry, err error) {
		var f effect
		err = row.Scan(&e.At, &e.What, &e.From, &e.To, &e.Beneath, &e.By, &e.ByName, &e.Address, &e.Comment, &e.Signal, &f)
		e.At = e.At.UTC()
		f.onto(&e)
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
	switch {
	case q.Closing:
		w.and("a.to_close")
	case len(q.States) > 0:
		w.and("a.state = ANY(?)", q.States)
	default:
		w.and("a.open AND a.removed IS NULL")
	}
	if q.Owner != "" {
		w.and("a.owner->>'by' = ?", plain(q.Owner))
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

// Change runs act on the locked alarm and writes what it made of it. What a
// one-shot removal waited for may be over by it.
func (s Alarms) Change(ctx context.Context, id string, act alarms.Act) (alarms.Alarm, error) {
	var a alarms.Alarm
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		rows, _ := tx.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = $1 FOR UPDATE`, plain(id))
		var err error
		if a, err = oneAlarm(rows, id); err != nil {
			return err
		}
		lines, entry, err := act(&a, tx.Now)
		if err != nil {
			return err
		}
		tx.Audit(entry)
		b := tx.newBoard()
		if a.Removed != nil {
			w := wantedBy(nil)
			w.targets = append(w.targets, string(a.Point))
			tx.askShelves(b, w)
			if err := tx.flush(ctx); err != nil {
				return err
			}
		}
		b.Adopt(&a, tx.Now, lines)
		return tx.keep(b)
	})
	if errors.Is(err, alarms.ErrUnchanged) {
		err = nil
	}
	if err != nil {
		return alarms.Alarm{}, err
	}
	return a, nil
}

// ChangeAlarms writes alarms that are locked in this transaction, with the lines
// of their history, and shows them. Their clocks are set.
func (t *Tx) ChangeAlarms(list []*alarms.Alarm, lines []alarms.Line) error {
	for _, a := range list {
		a.Attend(t.policies.Of(a.Station), t.Now)
	}
	if err := t.writeHistory(lines); err != nil {
		return err
	}
	return t.saveAlarms(list)
}

// DueAlarms locks alarms that have to go a step up, or that are not finished in
// time, the longest due first. What another console has locked is passed over.
func (t *Tx) DueAlarms(ctx context.Context, limit int) ([]*alarms.Alarm, error) {
	rows, _ := t.Query(ctx, `
		SELECT `+alarmColumns+`
		  FROM alarms a
		 WHERE a.id IN (SELECT id FROM (
		         (SELECT id, escalate_at AS due FROM alarms WHERE escalate_at <= $1 ORDER BY escalate_at LIMIT $2)
		         UNION ALL
		         (SELECT id, finish_at FROM alarms WHERE finish_at <= $1 AND removed IS NULL ORDER BY finish_at LIMIT $2)) d
		        ORDER BY due LIMIT $2)
		 ORDER BY a.id
		   FOR UPDATE SKIP LOCKED`, t.Now, limit)
	list, err := pgx.CollectRows(rows, scanAlarm)
	if err != nil {
		return nil, fmt.Errorf("read alarms that are due: %w", err)
	}
	due := make([]*alarms.Alarm, len(list))
	for i := range list {
		due[i] = &list[i]
	}
	return due, nil
}

// Rationale is what was thought out for a point's kind, filled up with what was
// thought out for all of its kinds; nil when nobody has.
func (s Alarms) Rationale(ctx context.Context, point devices.PointID, kind devices.Kind) (*alarms.Rationale, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT priority, cause, consequence, response, respond_within, finish_within, cameras, procedure
		  FROM alarm_rationale
		 WHERE point = $1 AND kind IN ($2, '')
		 ORDER BY kind DESC`, plain(string(point)), plain(string(kind)))
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r alarms.Rationale, err error) {
		return r, row.Scan(&r.Priority, &r.Cause, &r.Consequence, &r.Response, &r.RespondWithin, &r.FinishWithin, &r.Cameras, &r.Procedure)
	})
	if err != nil {
		return nil, fmt.Errorf("read the rationale of %s: %w", point, err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	own := list[0]
	for _, all := range list[1:] {
		own.Priority, own.Cause, own.Consequence = cmp.Or(own.Priority, all.Priority), cmp.Or(own.Cause, all.Cause), cmp.Or(own.Consequence, all.Consequence)
		own.Response, own.Procedure = cmp.Or(own.Response, all.Response), cmp.Or(own.Procedure, all.Procedure)
		own.RespondWithin, own.FinishWithin = cmp.Or(own.RespondWithin, all.RespondWithin), cmp.Or(own.FinishWithin, all.FinishWithin)
		if len(own.Cameras) == 0 {
			own.Cameras = all.Cameras
		}
	}
	return &own, nil
}

// Stands reports whether the newest of the last signals of kind from point was
// a raise. What was said before hundreds of others is forgotten.
func (s Alarms) Stands(ctx context.Context, point devices.PointID, kind devices.Kind) (stands bool, err error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	err = s.DB.Pool.QueryRow(ctx, `
		SELECT coalesce((SELECT active
		                   FROM (SELECT kind, active, epoch, seq FROM signals WHERE point = $1 ORDER BY id DESC LIMIT 500) s
		                  WHERE kind = $2
		                  ORDER BY epoch DESC, seq DESC LIMIT 1), false)`, string(point), string(kind)).Scan(&stands)
	if err != nil {
		return false, fmt.Errorf("read whether %s stands at %s: %w", kind, point, err)
	}
	return stands, nil
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
