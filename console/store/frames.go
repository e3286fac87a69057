package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"guardroom/console/alarms"
	"guardroom/console/replay"
)

// frame is what a station's next frame is made of.
type frame struct {
	conditions replay.Conditions
	open       map[string]bool // alarms that are not over
}

// writeFrames keeps what holds at the end of a segment, for each station that it
// tells of.
func (f *Digester) writeFrames(ctx context.Context, tx pgx.Tx, p, next reached, d *replay.Digest, lines []touched) error {
	if f.at != p.segment { // another console went on, or we have just begun
		f.frames = nil
	}
	if f.frames == nil {
		f.frames = map[string]*frame{}
	}
	alarmsOf := map[string]map[string]bool{}
	for _, l := range lines {
		if alarmsOf[l.station] == nil {
			alarmsOf[l.station] = map[string]bool{}
		}
		alarmsOf[l.station][l.alarm] = true
	}
	stations := map[string]bool{}
	for station := range d.Heard {
		stations[station] = true
	}
	for station := range alarmsOf {
		stations[station] = true
	}
	for _, station := range slices.Sorted(maps.Keys(stations)) {
		fr, err := f.frameOf(ctx, tx, station, p.segment)
		if err != nil {
			return err
		}
		for _, h := range d.Heard[station] {
			fr.conditions.Hear(h)
		}
		if err := fr.touch(ctx, tx, slices.Sorted(maps.Keys(alarmsOf[station])), next.line); err != nil {
			return err
		}
		if err := fr.write(ctx, tx, station, next.segment); err != nil {
			return err
		}
	}
	return nil
}

func (f *Digester) frameOf(ctx context.Context, tx pgx.Tx, station string, segment int64) (*frame, error) {
	if fr := f.frames[station]; fr != nil {
		return fr, nil
	}
	conditions, open, err := readFrame(ctx, tx, station, segment)
	if err != nil {
		return nil, err
	}
	fr := &frame{conditions: conditions, open: map[string]bool{}}
	for _, id := range open {
		fr.open[id] = true
	}
	f.frames[station] = fr
	return fr, nil
}

// readFrame reads the frame of a station at the end of a segment; nothing held
// where there is none.
func readFrame(ctx context.Context, tx pgx.Tx, station string, segment int64) (replay.Conditions, []string, error) {
	var packed []byte
	var open []string
	err := tx.QueryRow(ctx, `
		SELECT conditions, open FROM replay_frames
		 WHERE station = $1 AND segment <= $2
		 ORDER BY segment DESC LIMIT 1`, station, segment).Scan(&packed, &open)
	if errors.Is(err, pgx.ErrNoRows) {
		return replay.Conditions{}, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the frame of station %s: %w", station, err)
	}
	conditions, err := replay.Unpack(packed)
	return conditions, open, err
}

// touch finds out which of the alarms that a segment tells of stand at its end.
func (fr *frame) touch(ctx context.Context, tx pgx.Tx, ids []string, upto int64) error {
	if len(ids) == 0 {
		return nil
	}
	rows, _ := tx.Query(ctx, `SELECT `+alarmColumns+` FROM alarms a WHERE a.id = ANY($1)`, ids)
	list, err := pgx.CollectRows(rows, scanAlarm)
	if err != nil {
		return fmt.Errorf("read alarms: %w", err)
	}
	histories, err := readHistories(ctx, tx, ids, `id <= $2`, upto)
	if err != nil {
		return err
	}
	for _, row := range list {
		if _, standing := replay.Stood(row, histories[row.ID]); standing {
			fr.open[row.ID] = true
		} else {
			delete(fr.open, row.ID)
		}
	}
	return nil
}

func (fr *frame) write(ctx context.Context, tx pgx.Tx, station string, segment int64) error {
	packed, err := fr.conditions.Pack()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO replay_frames (station, segment, conditions, open) VALUES ($1, $2, $3, $4)`,
		station, segment, packed, append([]string{}, slices.Sorted(maps.Keys(fr.open))...)); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	return nil
}

// readHistories reads the histories of alarms up to a point that which names: a
// condition with $2. A history longer than a thousand lines is read from its last
// thousand.
func readHistories(ctx context.Context, tx pgx.Tx, ids []string, which string, upto any) (map[string][]alarms.Entry, error) {
	rows, _ := tx.Query(ctx, `
		SELECT h.alarm, `+pastColumns+`
		  FROM unnest($1::text[]) w (alarm),
		       LATERAL (SELECT * FROM alarm_history WHERE alarm = w.alarm AND `+which+` ORDER BY id DESC LIMIT 1000) h
		 ORDER BY h.alarm, h.id`, ids, upto)
	histories := make(map[string][]alarms.Entry, len(ids))
	var id string
	_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
		e, err := scanPast(row, &id)
		histories[id] = append(histories[id], e)
		return struct{}{}, err
	})
	if err != nil {
		return nil, fmt.Errorf("read the history of alarms: %w", err)
	}
	return histories, nil
}

// pastColumns fit scanPast; the table's alias is h.
const pastColumns = `h.at, h.what, h.from_state, h.to_state, h.beneath, h.by, h.by_name, h.address, h.comment, h.signal, h.effect`

// scanPast reads a line of an alarm's history, behind the columns in before.
func scanPast(row pgx.CollectableRow, before ...any) (e alarms.Entry, err error) {
	var f *effect
	err = row.Scan(append(before, &e.At, &e.What, &e.From, &e.To, &e.Beneath, &e.By, &e.ByName, &e.Address, &e.Comment, &e.Signal, &f)...)
	e.At = e.At.UTC()
	if f != nil {
		f.onto(&e)
	}
	return e, err
}
