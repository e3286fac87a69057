package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/commands"
	"guardroom/console/doors"
	"guardroom/console/jobs"
	"guardroom/devices"
)

// Doors keeps what people set of doors.
type Doors struct{ DB *DB }

const settingColumns = `point, station, class, signed_by, signed_name, signed_at, signed_why, cameras, two_person, opens, version`

func scanSetting(row pgx.CollectableRow) (doors.DoorSettings, error) {
	var s doors.DoorSettings
	var sign doors.EscapeSignature
	var at *time.Time
	err := row.Scan(&s.Point, &s.Station, &s.Class, &sign.By, &sign.ByName, &at, &sign.Why, &s.Cameras, &s.TwoPerson, &s.Opens, &s.Version)
	if at != nil {
		sign.At = at.UTC()
		s.NotEscape = &sign
	}
	return s, err
}

// Settings are those of a station, or of all when none is named.
func (s Doors) Settings(ctx context.Context, station string) (map[devices.PointID]doors.DoorSettings, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+settingColumns+` FROM door_settings WHERE $1 = '' OR station = $1`, station)
	list, err := pgx.CollectRows(rows, scanSetting)
	all := make(map[devices.PointID]doors.DoorSettings, len(list))
	for _, one := range list {
		all[one.Point] = one
	}
	return all, err
}

// Setting is that of a door; the zero value when nothing was set.
func (s Doors) Setting(ctx context.Context, p devices.PointID) (doors.DoorSettings, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+settingColumns+` FROM door_settings WHERE point = $1`, plain(string(p)))
	one, err := pgx.CollectExactlyOneRow(rows, scanSetting)
	if errors.Is(err, pgx.ErrNoRows) {
		err = nil
	}
	return one, err
}

// SaveSetting writes s when its version is still the stored one, else *doors.StaleError.
func (s Doors) SaveSetting(ctx context.Context, one doors.DoorSettings, e audit.Entry) (doors.DoorSettings, error) {
	var sign doors.EscapeSignature
	var at *time.Time
	if one.NotEscape != nil {
		sign = *one.NotEscape
		at = &sign.At
	}
	if one.Cameras == nil {
		one.Cameras = []string{}
	}
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `
			INSERT INTO door_settings AS d (`+settingColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1)
			ON CONFLICT (point) DO UPDATE
			   SET station = excluded.station, class = excluded.class, signed_by = excluded.signed_by, signed_name = excluded.signed_name,
			       signed_at = excluded.signed_at, signed_why = excluded.signed_why, cameras = excluded.cameras, two_person = excluded.two_person,
			       opens = excluded.opens, version = d.version + 1
			 WHERE d.version = $11`,
			one.Point, one.Station, one.Class, sign.By, sign.ByName, at, sign.Why, one.Cameras, one.TwoPerson, one.Opens, one.Version)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			var now int64
			if err := tx.QueryRow(ctx, `SELECT version FROM door_settings WHERE point = $1`, one.Point).Scan(&now); err != nil {
				return err
			}
			return &doors.StaleError{Version: now}
		}
		return nil
	})
	one.Version++
	return one, err
}

// Passages are the last cards and buttons at a door, newest first.
func (s Doors) Passages(ctx context.Context, station string, p devices.PointID, n int) ([]doors.Passage, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT id, occurred, kind, text, detail
		  FROM signals
		 WHERE point = $1 AND station = $2 AND kind = ANY($3)
		 ORDER BY id DESC
		 LIMIT $4`, plain(string(p)), station,
		[]devices.Kind{devices.AccessGranted, devices.AccessDenied, devices.AccessREX, devices.Duress}, n)
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (one doors.Passage, err error) {
		var detail []byte
		if err := row.Scan(&one.ID, &one.At, &one.Kind, &one.Text, &detail); err != nil {
			return one, err
		}
		one.At, one.Detail = one.At.UTC(), map[string]string{}
		if len(detail) > 0 {
			if err := json.Unmarshal(detail, &one.Detail); err != nil {
				return one, err
			}
		}
		one.CardHash = one.Detail[devices.CardHashDetail]
		return one, nil
	})
}

// Outcomes are the commands by id, those that are known.
func (s Doors) Outcomes(ctx context.Context, ids []string) (map[string]commands.Command, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+commandColumns+` FROM commands WHERE id = ANY($1)`, ids)
	list, err := pgx.CollectRows(rows, scanCommand)
	found := make(map[string]commands.Command, len(list))
	for _, c := range list {
		found[c.ID] = c
	}
	return found, err
}

// Fires are the points that give a fire or an evacuation now, by station.
func (s Doors) Fires(ctx context.Context) (map[string][]devices.PointID, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT station, point FROM alarms WHERE open AND cleared_at IS NULL AND kind = ANY($1)`,
		[]devices.Kind{devices.FireAlarm, devices.FireEvacuation})
	fires := map[string][]devices.PointID{}
	var station string
	var point devices.PointID
	_, err := pgx.ForEachRow(rows, []any{&station, &point}, func() error {
		fires[station] = append(fires[station], point)
		return nil
	})
	return fires, err
}

// Extended are the doors that the console locks again, and when.
func (s Doors) Extended(ctx context.Context, station string) (map[devices.PointID]time.Time, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT point, until FROM door_extended WHERE $1 = '' OR station = $1`, station)
	all := map[devices.PointID]time.Time{}
	var point devices.PointID
	var until time.Time
	_, err := pgx.ForEachRow(rows, []any{&point, &until}, func() error {
		all[point] = until.UTC()
		return nil
	})
	return all, err
}

// RelockTimer is the kind of the timer that ends an extended access.
const RelockTimer = "door.relock"

// Extend notes that the door is to be locked again, and sets the timer for it.
func (s Doors) Extend(ctx context.Context, station string, p devices.PointID, until time.Time, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		if err := tx.SetTimer(ctx, jobs.Timer{Kind: RelockTimer, Key: string(p), Due: until}); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
			INSERT INTO door_extended (point, station, until) VALUES ($1, $2, $3)
			ON CONFLICT (point) DO UPDATE SET until = excluded.until, try = 0, command = ''`, p, station, until)
		return err
	})
	return err
}

// relocked is how long a lock command may take before it is given again.
const relocked = 15 * time.Second

// Relock is the timer's work: the door is locked, and again until it is known to be.
func (s Doors) Relock(ctx context.Context, tx *Tx, t jobs.Timer, lock func(ctx context.Context, p devices.PointID, until time.Time, try int) (commands.Command, error)) error {
	p := devices.PointID(t.Key)
	var until time.Time
	var try int
	var given string
	err := tx.QueryRow(ctx, `SELECT until, try, command FROM door_extended WHERE point = $1 FOR UPDATE`, p).Scan(&until, &try, &given)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	if given != "" {
		found, err := s.Outcomes(ctx, []string{given})
		if err != nil {
			return err
		}
		switch c, ok := found[given]; {
		case ok && c.State == devices.Confirmed, ok && c.Code == devices.RefusedLockedDown:
			_, err := tx.Exec(ctx, `DELETE FROM door_extended WHERE point = $1`, p)
			return err
		case ok && !c.State.Final():
			return tx.SetTimer(ctx, jobs.Timer{Kind: RelockTimer, Key: t.Key, Due: tx.Now.Add(relocked)})
		}
		try++
	}
	c, err := lock(ctx, p, until, try)
	if err != nil {
		return fmt.Errorf("lock %s again: %w", p, err)
	}
	if _, err := tx.Exec(ctx, `UPDATE door_extended SET try = $2, command = $3 WHERE point = $1`, p, try, c.ID); err != nil {
		return err
	}
	return tx.SetTimer(ctx, jobs.Timer{Kind: RelockTimer, Key: t.Key, Due: tx.Now.Add(relocked)})
}
