package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/intake"
	"guardroom/console/replay"
	"guardroom/devices"
)

// Replay reads the past. What the Digester has digested is read from its frames
// and segments, the rest from the journal.
type Replay struct{ DB *DB }

// momentary are the kinds that leave no condition.
var momentary = func() (all []string) {
	for _, k := range devices.Kinds() {
		if k.Info().Momentary {
			all = append(all, string(k))
		}
	}
	slices.Sort(all)
	return all
}()

// span is a run of the journal: a segment, or what comes after the last one.
type span struct {
	afterSignal, uptoSignal int64
	afterLine, uptoLine     int64
	from, to                time.Time
}

// endless is the end of what comes after the last segment.
const endless = int64(1)<<62 - 1

// look is one consistent reading of the past; everything in fn is of one instant.
func (s Replay) look(ctx context.Context, fn func(ctx context.Context, tx pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, s.DB.acquire+3*s.DB.o.Deadline)
	defer cancel()
	return pgx.BeginTxFunc(ctx, s.DB.Pool, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		return fn(ctx, tx)
	})
}

// At reads the site as it was at an instant: the last frame in which nothing is
// later, and every run of the journal after it that reaches back to the instant.
func (s Replay) At(ctx context.Context, station string, at time.Time) (replay.Still, error) {
	still := replay.Still{Station: station, At: at, Upto: at, Alarms: []alarms.Alarm{}, Lost: []string{}, Shelf: []replay.PastRemoval{}, Layers: []replay.Layer{}}
	err := s.look(ctx, func(ctx context.Context, tx pgx.Tx) error {
		segment, spans, err := spansUpto(ctx, tx, at)
		if err != nil {
			return err
		}
		conditions, open, err := readFrame(ctx, tx, station, segment)
		if err != nil {
			return err
		}
		if err := hearSpans(ctx, tx, conditions, station, spans, at); err != nil {
			return err
		}
		points, lost := conditions.Points()
		still.Points, still.Lost = points, append(still.Lost, lost...)
		if still.Alarms, err = stoodAt(ctx, tx, station, open, spans, at); err != nil {
			return err
		}
		if still.Shelf, err = shelfAt(ctx, tx, station, at); err != nil {
			return err
		}
		if still.Layers, err = layersAt(ctx, tx, station, at); err != nil {
			return err
		}
		begins, err := begin(ctx, tx, station)
		if !begins.IsZero() && err == nil {
			still.Begins = &begins
		}
		return err
	})
	if err != nil {
		return replay.Still{}, fmt.Errorf("read station %s as it was at %s: %w", station, at.Format(time.RFC3339), err)
	}
	return still, nil
}

// spansUpto returns the last segment in which nothing is later than at, and the
// runs after it in which something may not be.
func spansUpto(ctx context.Context, tx pgx.Tx, at time.Time) (segment int64, spans []span, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT id FROM journal_segments WHERE until <= $1 ORDER BY until DESC, id DESC LIMIT 1), 0)`, at).Scan(&segment)
	if err != nil {
		return 0, nil, fmt.Errorf("find the frame: %w", err)
	}
	spans, err = readSpans(ctx, tx, `id > $1 AND from_at <= $2`, segment, at)
	return segment, spans, err
}

// readSpans reads segments that fit a condition, and adds what comes after the
// last one of all.
func readSpans(ctx context.Context, tx pgx.Tx, which string, args ...any) ([]span, error) {
	rows, _ := tx.Query(ctx, `
		SELECT after_signal, upto_signal, after_line, upto_line, from_at, to_at FROM journal_segments WHERE `+which+` ORDER BY id`, args...)
	spans, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p span, err error) {
		return p, row.Scan(&p.afterSignal, &p.uptoSignal, &p.afterLine, &p.uptoLine, &p.from, &p.to)
	})
	if err != nil {
		return nil, fmt.Errorf("read segments: %w", err)
	}
	rest := span{uptoSignal: endless, uptoLine: endless, from: time.Unix(0, 0), to: time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)}
	err = tx.QueryRow(ctx, `SELECT signal, line FROM journal_follower`).Scan(&rest.afterSignal, &rest.afterLine)
	return append(spans, rest), err
}

func hearSpans(ctx context.Context, tx pgx.Tx, conditions replay.Conditions, station string, spans []span, at time.Time) error {
	for _, p := range spans {
		rows, _ := tx.Query(ctx, `
			SELECT `+heardColumns+` FROM signals
			 WHERE id > $1 AND id <= $2 AND received >= $3 AND received <= $4 AND station = $5 AND kind <> ALL($6)`,
			p.afterSignal, p.uptoSignal, p.from, earlier(p.to, at), station, momentary)
		if _, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			h, err := scanHeard(row)
			conditions.Hear(&h)
			return struct{}{}, err
		}); err != nil {
			return fmt.Errorf("read the journal: %w", err)
		}
	}
	return nil
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// stoodAt reads the alarms that stood: those of the frame and those that anything
// happened to since, each from its own history.
func stoodAt(ctx context.Context, tx pgx.Tx, station string, open []string, spans []span, at time.Time) ([]alarms.Alarm, error) {
	ids := map[string]bool{}
	for _, id := range open {
		ids[id] = true
	}
	for _, p := range spans {
		rows, _ := tx.Query(ctx, `SELECT DISTINCT alarm FROM alarm_history WHERE id > $1 AND id <= $2 AND at <= $3`, p.afterLine, p.uptoLine, at)
		more, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			return nil, fmt.Errorf("read which alarms changed: %w", err)
		}
		for _, id := range more {
			ids[id] = true
		}
	}
	all := make([]string, 0, len(ids))
	for id := range ids {
		all = append(all, id)
	}
	rows, _ := tx.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = ANY($1) AND a.station = $2`, all, station)
	list, err := pgx.CollectRows(rows, scanAlarm)
	if err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	all = all[:0]
	for i := range list {
		all = append(all, list[i].ID)
	}
	histories, err := readHistories(ctx, tx, all, `at <= $2`, at)
	if err != nil {
		return nil, err
	}
	graded, err := readGraded(ctx, tx, all)
	if err != nil {
		return nil, err
	}
	stood := make([]alarms.Alarm, 0, len(list))
	for _, row := range list {
		row.Priority = replay.PriorityBefore(row.Priority, graded[row.ID], func(g replay.Grading) bool { return g.At.After(at) })
		if a, standing := replay.Stood(row, histories[row.ID]); standing {
			stood = append(stood, a)
		}
	}
	slices.SortFunc(stood, func(x, y alarms.Alarm) int {
		return cmp.Or(first(x.LifeSafety, y.LifeSafety), cmp.Compare(x.Priority, y.Priority), x.RaisedAt.Compare(y.RaisedAt), cmp.Compare(x.ID, y.ID))
	})
	return stood, nil
}

// readGraded reads by which rules alarms were made graver, oldest first.
func readGraded(ctx context.Context, tx pgx.Tx, ids []string) (map[string][]replay.Grading, error) {
	rows, _ := tx.Query(ctx, `
		SELECT alarm, id, at, coalesce((effect->>'priority_was')::int, 0) FROM alarm_history
		 WHERE alarm = ANY($1) AND what = 'priority_raised' ORDER BY alarm, id`, ids)
	graded := map[string][]replay.Grading{}
	var id string
	var g replay.Grading
	if _, err := pgx.ForEachRow(rows, []any{&id, &g.Line, &g.At, &g.Was}, func() error {
		graded[id] = append(graded[id], g)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read which alarms became graver: %w", err)
	}
	return graded, nil
}

// first puts what is true before what is not.
func first(x, y bool) int {
	switch {
	case x == y:
		return 0
	case x:
		return -1
	}
	return 1
}

func shelfAt(ctx context.Context, tx pgx.Tx, station string, at time.Time) ([]replay.PastRemoval, error) {
	rows, _ := tx.Query(ctx, `
		SELECT id, point, kind, mode, reason, by_name, since, until FROM removals
		 WHERE station = $1 AND since <= $2 AND (ended IS NULL OR ended > $2)
		 ORDER BY since, id LIMIT 10000`, station, at)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r replay.PastRemoval, err error) {
		err = row.Scan(&r.ID, &r.Point, &r.Kind, &r.Mode, &r.Reason, &r.ByName, &r.Since, &r.Until)
		r.Since = r.Since.UTC()
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was removed: %w", err)
	}
	return append([]replay.PastRemoval{}, list...), nil
}

// layersAt reads what held over parts of the site: lockdowns, postures, impairments.
func layersAt(ctx context.Context, tx pgx.Tx, station string, at time.Time) ([]replay.Layer, error) {
	rows, _ := tx.Query(ctx, `
		SELECT what, id, coalesce(name, ''), coalesce(place, ''), since
		  FROM (SELECT 'lockdown' AS what, id, station, body->'scope'->>'name' AS name, body->'scope'->>'place' AS place,
		               (body->>'at')::timestamptz AS since, (body->>'ended_at')::timestamptz AS ended FROM lockdowns
		        UNION ALL
		        SELECT 'posture', id, station, concat_ws(', ', body->>'title', body->'scope'->>'name'), body->'scope'->>'place',
		               (body->>'at')::timestamptz, (body->>'ended_at')::timestamptz FROM postures
		        UNION ALL
		        SELECT mode, id, station, coalesce(nullif(doc->>'point_name', ''), point), '',
		               (doc->>'since')::timestamptz, (doc->>'ended_at')::timestamptz FROM impairments) l
		 WHERE station = $1 AND since <= $2 AND (ended IS NULL OR ended > $2)
		 ORDER BY since, id LIMIT 10000`, station, at)
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l replay.Layer, err error) {
		err = row.Scan(&l.What, &l.ID, &l.Name, &l.Place, &l.Since)
		l.Since = l.Since.UTC()
		return l, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what held: %w", err)
	}
	return append([]replay.Layer{}, list...), nil
}

// Begin is the first instant that the journal knows of a station.
func (s Replay) Begin(ctx context.Context, station string) (at time.Time, err error) {
	err = s.look(ctx, func(ctx context.Context, tx pgx.Tx) error {
		at, err = begin(ctx, tx, station)
		return err
	})
	return at, err
}

func begin(ctx context.Context, tx pgx.Tx, station string) (time.Time, error) {
	tail, err := beyond(ctx, tx)
	if err != nil {
		return time.Time{}, err
	}
	var at *time.Time
	err = tx.QueryRow(ctx, `
		SELECT least((SELECT min(minute) FROM journal_minutes WHERE station = $1),
		             (SELECT min(received) FROM signals WHERE `+tail+` AND station = $1))`, station).Scan(&at)
	if err != nil {
		return time.Time{}, fmt.Errorf("find the beginning of the journal of station %s: %w", station, err)
	}
	if at == nil {
		return time.Time{}, nil
	}
	return at.UTC(), nil
}

// Density reads how much came between two instants, in steps that begin at from.
func (s Replay) Density(ctx context.Context, station string, from, to time.Time, step time.Duration) ([]replay.Density, error) {
	var list []replay.Density
	err := s.look(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tail, err := beyond(ctx, tx)
		if err != nil {
			return err
		}
		rows, _ := tx.Query(ctx, `
			SELECT date_bin($4 * interval '1 second', at, $2), sum(signals)::int, sum(alarms)::int, coalesce(min(nullif(worst, 0)), 0)
			  FROM (SELECT minute, signals, alarms, worst FROM journal_minutes WHERE station = $1 AND minute >= $2 AND minute < $3
			        UNION ALL
			        SELECT received, 1, 0, 0 FROM signals WHERE `+tail+` AND station = $1 AND received >= $2 AND received < $3
			        UNION ALL
			        SELECT h.at, 0, 1, a.priority FROM alarm_history h JOIN alarms a ON a.id = h.alarm
			         WHERE h.id > (SELECT line FROM journal_follower) AND h.what = 'raised' AND a.station = $1 AND h.at >= $2 AND h.at < $3) m (at, signals, alarms, worst)
			 GROUP BY 1 ORDER BY 1`, station, from, to, int64(step/time.Second))
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (d replay.Density, err error) {
			err = row.Scan(&d.At, &d.Signals, &d.Alarms, &d.Worst)
			d.At = d.At.UTC()
			return d, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read how much came at station %s: %w", station, err)
	}
	return list, nil
}

// Between reads what came in a window, in the order in which it was received.
func (s Replay) Between(ctx context.Context, w replay.Window) (replay.Film, error) {
	past, err := parseFilmCursor(w.Cursor)
	if err != nil {
		return replay.Film{}, err
	}
	film := replay.Film{Items: []replay.FilmStep{}}
	err = s.look(ctx, func(ctx context.Context, tx pgx.Tx) error {
		spans, err := readSpans(ctx, tx, `to_at > $1 AND from_at <= $2`, w.From, w.To)
		if err != nil {
			return err
		}
		steps, err := signalSteps(ctx, tx, w, spans, past)
		if err != nil {
			return err
		}
		more, err := alarmSteps(ctx, tx, w, spans, past)
		if err != nil {
			return err
		}
		steps = append(steps, more...)
		slices.SortFunc(steps, func(x, y filmStep) int { return x.compare(y.filmPlace) })
		if len(steps) > w.Limit {
			steps = steps[:w.Limit]
			film.Next = steps[w.Limit-1].filmPlace.String()
		}
		for _, st := range steps {
			film.Items = append(film.Items, st.FilmStep)
		}
		return nil
	})
	if err != nil {
		return replay.Film{}, fmt.Errorf("read what happened at station %s: %w", w.Station, err)
	}
	return film, nil
}

// filmPlace orders a film: by time, signals before what they did to alarms.
type filmPlace struct {
	at   int64 // microseconds
	line bool  // of an alarm's history
	id   int64
}

type filmStep struct {
	filmPlace
	replay.FilmStep
}

func (p filmPlace) compare(q filmPlace) int {
	return cmp.Or(cmp.Compare(p.at, q.at), -first(p.line, q.line), cmp.Compare(p.id, q.id))
}

func (p filmPlace) String() string {
	kind := "s"
	if p.line {
		kind = "l"
	}
	return fmt.Sprintf("%d.%s.%d", p.at, kind, p.id)
}

func parseFilmCursor(text string) (p filmPlace, err error) {
	if text == "" {
		return p, nil
	}
	parts := strings.Split(text, ".")
	if len(parts) == 3 && (parts[1] == "s" || parts[1] == "l") {
		at, err1 := strconv.ParseInt(parts[0], 10, 64)
		id, err2 := strconv.ParseInt(parts[2], 10, 64)
		if err1 == nil && err2 == nil {
			return filmPlace{at, parts[1] == "l", id}, nil
		}
	}
	return p, &replay.InvalidError{Field: "cursor", Reason: "not one that a list gave"}
}

// bounds are the runs of ids that spans cover together.
func bounds(spans []span) (all span) {
	all = spans[0]
	for _, p := range spans[1:] {
		all.uptoSignal, all.uptoLine = p.uptoSignal, p.uptoLine
	}
	return all
}

const lineColumns = `id, station, gateway, epoch, seq, point, kind, active, state, text, coalesce(detail, '{}'),
	occurred, observed, received, clock, historical, demo`

func scanLine(row pgx.CollectableRow) (l intake.Line, err error) {
	err = row.Scan(&l.ID, &l.Station, &l.Gateway, &l.Epoch, &l.Seq, &l.Point, &l.Kind, &l.Active, &l.State, &l.Text, &l.Detail,
		&l.Occurred, &l.Observed, &l.Received, &l.Clock, &l.Historical, &l.Demo)
	l.Occurred, l.Observed, l.Received = l.Occurred.UTC(), l.Observed.UTC(), l.Received.UTC()
	return l, err
}

func signalSteps(ctx context.Context, tx pgx.Tx, w replay.Window, spans []span, past filmPlace) ([]filmStep, error) {
	var steps []filmStep
	for _, p := range spans {
		rows, _ := tx.Query(ctx, `
			SELECT `+lineColumns+` FROM signals
			 WHERE id > $1 AND id <= $2 AND received > $3 AND received <= $4 AND station = $5
			   AND (received, id) > ($6, $7)
			 ORDER BY received, id LIMIT `+strconv.Itoa(w.Limit+1),
			p.afterSignal, p.uptoSignal, w.From, w.To, w.Station, time.UnixMicro(past.at), afterIn(past, false))
		list, err := pgx.CollectRows(rows, scanLine)
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		for i := range list {
			steps = append(steps, filmStep{filmPlace{list[i].Received.UnixMicro(), false, list[i].ID}, replay.FilmStep{At: list[i].Received, Signal: &list[i], Holds: !list[i].Kind.Info().Momentary}})
		}
	}
	return steps, nil
}

// afterIn is the id after which a list goes on at the instant of past: signals come
// before lines.
func afterIn(past filmPlace, lines bool) int64 {
	switch {
	case past.line == lines:
		return past.id
	case past.line: // every signal of that instant is past
		return endless
	}
	return 0
}

// alarmSteps reads what happened to alarms, each as it stood after.
func alarmSteps(ctx context.Context, tx pgx.Tx, w replay.Window, spans []span, past filmPlace) ([]filmStep, error) {
	all := bounds(spans)
	rows, _ := tx.Query(ctx, `
		SELECT h.id, h.alarm FROM alarm_history h JOIN alarms a ON a.id = h.alarm
		 WHERE h.id > $1 AND h.id <= $2 AND h.at > $3 AND h.at <= $4 AND a.station = $5 AND (h.at, h.id) > ($6, $7)
		 ORDER BY h.at, h.id LIMIT `+strconv.Itoa(w.Limit+1),
		all.afterLine, all.uptoLine, w.From, w.To, w.Station, time.UnixMicro(past.at), afterIn(past, true))
	type line struct {
		id    int64
		alarm string
	}
	lines, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (l line, err error) { return l, row.Scan(&l.id, &l.alarm) })
	if err != nil || len(lines) == 0 {
		return nil, err
	}
	wanted, ids := map[int64]bool{}, map[string]bool{}
	for _, l := range lines {
		wanted[l.id], ids[l.alarm] = true, true
	}
	names := make([]string, 0, len(ids))
	for id := range ids {
		names = append(names, id)
	}
	rows, _ = tx.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = ANY($1)`, names)
	list, err := pgx.CollectRows(rows, scanAlarm)
	if err != nil {
		return nil, fmt.Errorf("read alarms: %w", err)
	}
	histories, err := readNumbered(ctx, tx, names, w.To)
	if err != nil {
		return nil, err
	}
	graded, err := readGraded(ctx, tx, names)
	if err != nil {
		return nil, err
	}
	var steps []filmStep
	for _, row := range list {
		history, now := histories[row.ID], row.Priority
		for i, id := range history.ids {
			if !wanted[id] {
				continue
			}
			row.Priority = replay.PriorityBefore(now, graded[row.ID], func(g replay.Grading) bool { return g.Line > id })
			a, standing := replay.Stood(row, history.entries[:i+1])
			e := history.entries[i]
			steps = append(steps, filmStep{filmPlace{e.At.UnixMicro(), true, id}, replay.FilmStep{At: e.At.UTC(), Alarm: &a, What: string(e.What), Closed: !standing}})
		}
	}
	return steps, nil
}

// numbered is a history with the ids of its lines.
type numbered struct {
	ids     []int64
	entries []alarms.Entry
}

func readNumbered(ctx context.Context, tx pgx.Tx, ids []string, upto time.Time) (map[string]*numbered, error) {
	rows, _ := tx.Query(ctx, `
		SELECT h.id, h.alarm, `+pastColumns+`
		  FROM unnest($1::text[]) w (alarm),
		       LATERAL (SELECT * FROM alarm_history WHERE alarm = w.alarm AND at <= $2 ORDER BY id DESC LIMIT 1000) h
		 ORDER BY h.alarm, h.id`, ids, upto)
	histories := make(map[string]*numbered, len(ids))
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		var number int64
		var id string
		e, err := scanPast(row, &number, &id)
		if histories[id] == nil {
			histories[id] = &numbered{}
		}
		histories[id].ids, histories[id].entries = append(histories[id].ids, number), append(histories[id].entries, e)
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of alarms: %w", err)
	}
	return histories, nil
}
