package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/live"
	desk "guardroom/console/rosters"
	"guardroom/rosters"
)

// Rosters keeps registers, drafts and the roster in force.
type Rosters struct {
	rosterReads

	DB *DB
}

// NewRosters keeps rosters in db.
func NewRosters(db *DB) *Rosters { return &Rosters{rosterReads{db.Pool}, db} }

// rosterReads reads in a transaction or outside of one.
type rosterReads struct {
	q interface {
		Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}
}

// rosterTx is a writing transaction as the desk of rosters uses it.
type rosterTx struct {
	rosterReads
	*Tx
}

// RosterTx lends a timer's transaction to the desk.
func RosterTx(tx *Tx) desk.Tx { return rosterTx{rosterReads{tx}, tx} }

// InTx is the transaction that RosterTx lent.
func InTx(tx desk.Tx) *Tx { return tx.(rosterTx).Tx }

// At is the instant of the transaction.
func (t rosterTx) At() time.Time { return t.Now }

// Write runs f in one transaction.
func (s *Rosters) Write(ctx context.Context, f func(ctx context.Context, tx desk.Tx) error) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error { return f(ctx, RosterTx(tx)) })
	return err
}

// Numbers are zero for a station without a roster.
func (s rosterReads) Numbers(ctx context.Context, station string) (n desk.Numbers, err error) {
	err = s.q.QueryRow(ctx, `SELECT version, publication FROM roster_stations WHERE station = $1`, plain(station)).Scan(&n.Version, &n.Publication)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return n, err
}

// Lock makes the caller the only one who changes the station's rosters.
func (t rosterTx) Lock(ctx context.Context, station string) (n desk.Numbers, err error) {
	err = t.QueryRow(ctx, `
		INSERT INTO roster_stations (station) VALUES ($1) ON CONFLICT (station) DO UPDATE SET station = excluded.station
		RETURNING version, publication`, station).Scan(&n.Version, &n.Publication)
	return n, err
}

// SaveNumbers writes what Lock gave, changed.
func (t rosterTx) SaveNumbers(ctx context.Context, station string, n desk.Numbers) error {
	_, err := t.Exec(ctx, `UPDATE roster_stations SET version = $2, publication = $3 WHERE station = $1`, station, n.Version, n.Publication)
	return err
}

func scanRecord(row pgx.CollectableRow) (r desk.Record, err error) {
	var from, until *time.Time
	err = row.Scan(&r.Kind, &r.ID, &r.Version, &r.Officer, &from, &until, &r.Body)
	r.From, r.Until = dayOf(from), dayOf(until)
	return r, err
}

func dayOf(t *time.Time) rosters.Date {
	if t == nil {
		return 0
	}
	return rosters.DateOf(*t)
}

func dayArg(d rosters.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.Time()
}

// Records lists what fits the filter, by kind and id.
func (s rosterReads) Records(ctx context.Context, station string, f desk.Filter) ([]desk.Record, error) {
	kinds := make([]string, len(f.Kinds))
	for i, k := range f.Kinds {
		kinds[i] = string(k)
	}
	rows, _ := s.q.Query(ctx, `
		SELECT kind, id, version, officer, from_day, until_day, body FROM roster_records
		 WHERE station = $1 AND kind = ANY($2) AND ($3 = '' OR id = $3) AND ($4 = '' OR officer = $4)
		   AND ($5::date IS NULL OR until_day >= $5) AND ($6::date IS NULL OR from_day <= $6)
		 ORDER BY kind, id LIMIT 20000`, plain(station), kinds, plain(f.ID), plain(f.Officer), dayArg(f.From), dayArg(f.Until))
	return pgx.CollectRows(rows, scanRecord)
}

// SaveRecord adds a record or changes it.
func (t rosterTx) SaveRecord(ctx context.Context, station string, r desk.Record) error {
	_, err := t.Exec(ctx, `
		INSERT INTO roster_records (station, kind, id, version, officer, from_day, until_day, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (station, kind, id) DO UPDATE SET version = excluded.version, officer = excluded.officer, from_day = excluded.from_day,
		            until_day = excluded.until_day, body = excluded.body`,
		station, string(r.Kind), plain(r.ID), r.Version, plain(r.Officer), dayArg(r.From), dayArg(r.Until), []byte(r.Body))
	return err
}

// RemoveRecord forgets a record.
func (t rosterTx) RemoveRecord(ctx context.Context, station string, kind desk.Kind, id string) error {
	_, err := t.Exec(ctx, `DELETE FROM roster_records WHERE station = $1 AND kind = $2 AND id = $3`, station, string(kind), plain(id))
	return err
}

// Used reports whether a duty of the roster in force or of an open draft names the
// officer, post or shift type.
func (s rosterReads) Used(ctx context.Context, station string, kind desk.Kind, id string) (used bool, err error) {
	fits := map[desk.Kind]string{
		desk.Officers: `officer = $2`,
		desk.Posts:    `duties @> jsonb_build_array(jsonb_build_object('post', $2::text))`,
		desk.Shifts:   `duties @> jsonb_build_array(jsonb_build_object('shift', $2::text))`,
	}[kind]
	if fits == "" {
		return false, nil
	}
	err = s.q.QueryRow(ctx, `SELECT EXISTS (SELECT FROM roster_duties WHERE station = $1 AND duties <> '[]' AND `+fits+`)
		OR EXISTS (SELECT FROM roster_cells WHERE station = $1 AND duties <> '[]' AND `+fits+`)`, station, plain(id)).Scan(&used)
	return used, err
}

func scanDraft(row pgx.CollectableRow) (d desk.Draft, err error) {
	var body []byte
	var from, until time.Time
	var id, station, state string
	var version int64
	if err = row.Scan(&id, &station, &state, &from, &until, &version, &body); err == nil {
		err = json.Unmarshal(body, &d)
	}
	d.ID, d.Station, d.State, d.Version = id, station, desk.DraftState(state), version
	d.From, d.Until = rosters.DateOf(from), rosters.DateOf(until)
	return d, err
}

const draftColumns = `id, station, state, from_day, until_day, version, body`

// Drafts lists the station's drafts, the newest first; open ones only, or all.
func (s rosterReads) Drafts(ctx context.Context, station string, all bool) ([]desk.Draft, error) {
	rows, _ := s.q.Query(ctx, `SELECT `+draftColumns+` FROM roster_drafts WHERE station = $1 AND ($2 OR state = 'open') ORDER BY id DESC LIMIT 200`, plain(station), all)
	return pgx.CollectRows(rows, scanDraft)
}

// Draft returns rosters.ErrNotFound when the station has no such draft.
func (s rosterReads) Draft(ctx context.Context, station, id string) (desk.Draft, error) {
	return s.draft(ctx, station, id, "")
}

// LockDraft is Draft for whoever changes it.
func (t rosterTx) LockDraft(ctx context.Context, station, id string) (desk.Draft, error) {
	return t.draft(ctx, station, id, " FOR UPDATE")
}

func (s rosterReads) draft(ctx context.Context, station, id, lock string) (desk.Draft, error) {
	rows, _ := s.q.Query(ctx, `SELECT `+draftColumns+` FROM roster_drafts WHERE id = $1 AND station = $2`+lock, plain(id), plain(station))
	d, err := pgx.CollectExactlyOneRow(rows, scanDraft)
	if errors.Is(err, pgx.ErrNoRows) {
		err = desk.ErrNotFound
	}
	return d, err
}

// SaveDraft adds a draft or changes it.
func (t rosterTx) SaveDraft(ctx context.Context, d desk.Draft) error {
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		INSERT INTO roster_drafts (`+draftColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, version = excluded.version, body = excluded.body`,
		d.ID, d.Station, string(d.State), d.From.Time(), d.Until.Time(), d.Version, body)
	return err
}

// scanCells reads cells. A month of a large station has ten thousand cells and some
// hundred contents, each of which is decoded once and shared: nobody writes to it.
func scanCells() pgx.RowToFunc[desk.Cell] {
	decode := dutiesOnce()
	return func(row pgx.CollectableRow) (c desk.Cell, err error) {
		var day time.Time
		var duties []byte
		if err = row.Scan(&c.Officer, &day, &c.Version, &duties); err == nil {
			c.Duties, err = decode(duties)
		}
		c.Date = rosters.DateOf(day)
		return c, err
	}
}

func dutiesOnce() func([]byte) ([]rosters.Duty, error) {
	known := map[string][]rosters.Duty{}
	return func(body []byte) ([]rosters.Duty, error) {
		duties, ok := known[string(body)]
		if !ok {
			if err := json.Unmarshal(body, &duties); err != nil {
				return nil, err
			}
			duties = slices.Clip(duties)
			known[string(body)] = duties
		}
		return duties, nil
	}
}

// Cells lists the cells of a draft that were ever written, by day and officer.
func (s rosterReads) Cells(ctx context.Context, draft string) ([]desk.Cell, error) {
	rows, _ := s.q.Query(ctx, `SELECT officer, day, version, duties FROM roster_cells WHERE draft = $1 ORDER BY day, officer`, draft)
	return pgx.CollectRows(rows, scanCells())
}

// CellsOf lists those of the named cells that were ever written.
func (s rosterReads) CellsOf(ctx context.Context, draft string, named []rosters.Cell) ([]desk.Cell, error) {
	data, err := json.Marshal(named)
	if err != nil {
		return nil, err
	}
	rows, _ := s.q.Query(ctx, `
		SELECT c.officer, c.day, c.version, c.duties
		  FROM jsonb_to_recordset($2) AS x(officer text, date date) JOIN roster_cells c ON c.draft = $1 AND c.officer = x.officer AND c.day = x.date`, draft, data)
	return pgx.CollectRows(rows, scanCells())
}

// SaveCells writes cells with their versions.
func (t rosterTx) SaveCells(ctx context.Context, d desk.Draft, cells []desk.Cell) error {
	data, err := json.Marshal(cells)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		INSERT INTO roster_cells (draft, station, officer, day, version, duties)
		SELECT $1, $2, x.officer, x.date, x.version, x.duties FROM jsonb_to_recordset($3) AS x(officer text, date date, version bigint, duties jsonb)
		ON CONFLICT (draft, officer, day) DO UPDATE SET version = excluded.version, duties = excluded.duties`, d.ID, d.Station, data)
	return err
}

func scanEdit(row pgx.CollectableRow) (e desk.Edit, err error) {
	var body []byte
	var number int64
	var state string
	if err = row.Scan(&number, &state, &body); err == nil {
		err = json.Unmarshal(body, &e)
	}
	e.Number, e.State = number, desk.EditState(state)
	return e, err
}

// Edits lists edits of a draft after a number, in order.
func (s rosterReads) Edits(ctx context.Context, draft string, after int64, most int) ([]desk.Edit, error) {
	rows, _ := s.q.Query(ctx, `SELECT number, state, body FROM roster_edits WHERE draft = $1 AND number > $2 ORDER BY number LIMIT $3`, draft, after, most)
	return pgx.CollectRows(rows, scanEdit)
}

// LastEdit is the newest edit of somebody's in a state; rosters.ErrNotFound without one.
// What was undone last is redone first: of those, the oldest.
func (s rosterReads) LastEdit(ctx context.Context, draft, by string, state desk.EditState) (desk.Edit, error) {
	order := " DESC"
	if state == desk.Undone {
		order = ""
	}
	rows, _ := s.q.Query(ctx, `SELECT number, state, body FROM roster_edits WHERE draft = $1 AND by_id = $2 AND state = $3 ORDER BY number`+order+` LIMIT 1`, draft, by, string(state))
	e, err := pgx.CollectExactlyOneRow(rows, scanEdit)
	if errors.Is(err, pgx.ErrNoRows) {
		err = desk.ErrNotFound
	}
	return e, err
}

// SaveEdit adds an edit or changes it.
func (t rosterTx) SaveEdit(ctx context.Context, d desk.Draft, e desk.Edit) error {
	body, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		INSERT INTO roster_edits (draft, station, number, state, by_id, at, body) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (draft, number) DO UPDATE SET state = excluded.state, body = excluded.body`,
		d.ID, d.Station, e.Number, string(e.State), e.By, e.At, body)
	return err
}

// ForgetUndone makes what somebody undid past redoing.
func (t rosterTx) ForgetUndone(ctx context.Context, draft, by string) error {
	_, err := t.Exec(ctx, `UPDATE roster_edits SET state = 'gone' WHERE draft = $1 AND by_id = $2 AND state = 'undone'`, draft, by)
	return err
}

// Published lists the duties in force from one day to another, both included.
func (s rosterReads) Published(ctx context.Context, station string, from, until rosters.Date) ([]rosters.Assignment, error) {
	rows, _ := s.q.Query(ctx, `
		SELECT officer, day, duties FROM roster_duties WHERE station = $1 AND day BETWEEN $2 AND $3 AND duties <> '[]' ORDER BY day, officer`,
		plain(station), from.Time(), until.Time())
	var list []rosters.Assignment
	var officer string
	var day time.Time
	var body []byte
	decode := dutiesOnce()
	_, err := pgx.ForEachRow(rows, []any{&officer, &day, &body}, func() error {
		duties, err := decode(body)
		if err != nil {
			return err
		}
		for _, d := range duties {
			list = append(list, rosters.Assignment{Officer: officer, Date: rosters.DateOf(day), Shift: d.Shift, Post: d.Post, Source: d.Source, Frozen: d.Frozen})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the roster of station %.64s: %w", station, err)
	}
	return list, nil
}

// AddPublication writes a publication and the cells that it changes.
func (t rosterTx) AddPublication(ctx context.Context, station string, p rosters.Publication) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if _, err = t.Exec(ctx, `INSERT INTO roster_publications (id, station, number, from_day, until_day, at, body) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		p.ID, station, p.Number, p.From.Time(), p.Until.Time(), p.At, body); err != nil {
		return err
	}
	changes := make([]desk.Cell, 0, len(p.Changes))
	for _, c := range p.Changes {
		changes = append(changes, desk.Cell{Cell: c.Cell, Duties: append([]rosters.Duty{}, c.Becomes...)})
	}
	data, err := json.Marshal(changes)
	if err != nil {
		return err
	}
	_, err = t.Exec(ctx, `
		INSERT INTO roster_duties (station, officer, day, publication, duties)
		SELECT $1, x.officer, x.date, $2, x.duties FROM jsonb_to_recordset($3) AS x(officer text, date date, duties jsonb)
		ON CONFLICT (station, officer, day) DO UPDATE SET publication = excluded.publication, duties = excluded.duties`, station, p.Number, data)
	return err
}

func scanPublication(row pgx.CollectableRow) (p rosters.Publication, err error) {
	var body []byte
	if err = row.Scan(&body); err == nil {
		err = json.Unmarshal(body, &p)
	}
	return p, err
}

// Publications lists those with a number above after, the newest first.
func (s rosterReads) Publications(ctx context.Context, station string, after int64, most int) ([]rosters.Publication, error) {
	rows, _ := s.q.Query(ctx, `SELECT body FROM roster_publications WHERE station = $1 AND number > $2 ORDER BY number DESC LIMIT $3`, plain(station), after, most)
	return pgx.CollectRows(rows, scanPublication)
}

// Board is what the screens are shown: at which version each station's rosters are,
// and its open drafts.
func (s *Rosters) Board(ctx context.Context) ([]live.Event, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT station, version, publication FROM roster_stations ORDER BY station`)
	var events []live.Event
	var n desk.News
	_, err := pgx.ForEachRow(rows, []any{&n.Station, &n.Version, &n.Publication}, func() error {
		n.ID = n.Station
		events = append(events, live.Thing(live.Roster, n.Station, n.ID, n, false))
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows, _ = s.DB.Pool.Query(ctx, `SELECT `+draftColumns+` FROM roster_drafts WHERE state = 'open' ORDER BY id LIMIT 2000`)
	drafts, err := pgx.CollectRows(rows, scanDraft)
	for i := range drafts {
		events = append(events, drafts[i].Event(nil))
	}
	return events, err
}
