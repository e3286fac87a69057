package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/stations"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// Points keeps the devices and points that gateways serve, and what people set
// of them.
type Points struct{ DB *DB }

// SaveBirth replaces what a gateway serves. Overrides stay; devices and points
// that are in the birth no more are marked as gone.
func (s *Points) SaveBirth(ctx context.Context, r stations.Record, e audit.Entry) error {
	birth, err := json.Marshal(r.Birth)
	if err != nil {
		return err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `UPDATE gateways SET birth = $2, version = version + 1 WHERE id = $1`, r.ID, birth)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return stations.ErrNotFound
		}
		if err := saveDevices(ctx, tx, r); err != nil {
			return fmt.Errorf("devices: %w", err)
		}
		if err := savePoints(ctx, tx, r); err != nil {
			return fmt.Errorf("points: %w", err)
		}
		return nil
	})
	return err
}

func saveDevices(ctx context.Context, tx *Tx, r stations.Record) error {
	list, err := json.Marshal(r.Birth.Devices)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE devices SET gone = true WHERE gateway = $1`, r.ID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO devices (id, station, gateway, device, name, profile, category, location, address, line, position)
		SELECT $1 || '/' || (d->>'id'), $2, $1, d->>'id', d->>'name', d->>'profile', d->>'category',
		       coalesce(d->>'location', ''), coalesce(d->>'address', ''), coalesce(d->>'line', ''), at
		  FROM jsonb_array_elements($3::jsonb) WITH ORDINALITY AS birth (d, at)
		ON CONFLICT (id) DO UPDATE
		   SET station = excluded.station, gateway = excluded.gateway, name = excluded.name, profile = excluded.profile,
		       category = excluded.category, location = excluded.location, address = excluded.address, line = excluded.line,
		       position = excluded.position, gone = false, version = devices.version + 1`, r.ID, r.Station, list)
	return err
}

// pointRow is a point of a birth with its device's category.
type pointRow struct {
	ID       string   `json:"id"`
	Device   string   `json:"device"`
	Point    string   `json:"point"`
	Name     string   `json:"name"`
	Category string   `json:"category"`
	Type     string   `json:"type"`
	Unit     string   `json:"unit"`
	States   []string `json:"states"`
	Kinds    []string `json:"kinds"`
	Verbs    []string `json:"verbs"`
	Priority int      `json:"priority"`
	Location string   `json:"location"`
	Position int      `json:"position"`

	Limits []devices.Limit `json:"limits"`
}

func pointRows(gateway string, b *link.BirthMessage) []pointRow {
	rows := []pointRow{}
	for _, d := range b.Devices {
		for i, p := range d.Points {
			row := pointRow{
				ID: string(devices.MakePointID(gateway, d.ID, p.ID)), Device: d.ID, Point: p.ID, Name: p.Name, Category: d.Category,
				Type: string(p.Type), Unit: p.Unit, States: append([]string{}, p.States...), Kinds: []string{}, Verbs: []string{},
				Priority: p.Priority, Location: p.Location, Position: i, Limits: append([]devices.Limit{}, p.Limits...),
			}
			for _, k := range p.Kinds {
				row.Kinds = append(row.Kinds, string(k))
			}
			for _, v := range p.Verbs {
				row.Verbs = append(row.Verbs, string(v))
			}
			rows = append(rows, row)
		}
	}
	return rows
}

func savePoints(ctx context.Context, tx *Tx, r stations.Record) error {
	list, err := json.Marshal(pointRows(r.ID, r.Birth))
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE points SET gone = true WHERE gateway = $1`, r.ID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO points (id, station, gateway, device, point, name, category, type, unit, states, kinds, verbs, priority, location, position, limits)
		SELECT id, $2, $1, device, point, name, category, type, unit, states, kinds, verbs, priority, location, position, limits
		  FROM jsonb_to_recordset($3::jsonb) AS p (id text, device text, point text, name text, category text, type text, unit text,
		       states text[], kinds text[], verbs text[], priority integer, location text, position integer, limits jsonb)
		ON CONFLICT (id) DO UPDATE
		   SET station = excluded.station, gateway = excluded.gateway, device = excluded.device, point = excluded.point, name = excluded.name,
		       category = excluded.category, type = excluded.type, unit = excluded.unit, states = excluded.states, kinds = excluded.kinds,
		       verbs = excluded.verbs, priority = excluded.priority, location = excluded.location, position = excluded.position,
		       limits = excluded.limits, gone = false, version = points.version + 1`, r.ID, r.Station, list)
	return err
}

// Overrides returns what people set, by point.
func (s *Points) Overrides(ctx context.Context) (map[devices.PointID]stations.Override, error) {
	rows, _ := s.DB.Pool.Query(ctx, `
		SELECT id, given_name, priorities, commands_allowed
		  FROM points
		 WHERE given_name <> '' OR priorities <> '{}' OR commands_allowed`)
	all := map[devices.PointID]stations.Override{}
	var id devices.PointID
	var name string
	var priorities []byte
	var allowed bool
	_, err := pgx.ForEachRow(rows, []any{&id, &name, &priorities, &allowed}, func() error {
		o := stations.Override{Name: name, CommandsAllowed: allowed}
		if err := json.Unmarshal(priorities, &o.Priorities); err != nil {
			return fmt.Errorf("priorities of %s: %w", id, err)
		}
		all[id] = o
		return nil
	})
	return all, err
}

// SaveOverride keeps what people set of a point.
func (s *Points) SaveOverride(ctx context.Context, id devices.PointID, o stations.Override, e audit.Entry) error {
	if o.Priorities == nil {
		o.Priorities = map[devices.Kind]int{}
	}
	priorities, err := json.Marshal(o.Priorities)
	if err != nil {
		return err
	}
	_, err = s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		tag, err := tx.Exec(ctx, `UPDATE points SET given_name = $2, priorities = $3, commands_allowed = $4, version = version + 1 WHERE id = $1`,
			id, plain(o.Name), priorities, o.CommandsAllowed)
		if err == nil && tag.RowsAffected() == 0 {
			err = stations.ErrNotFound
		}
		return err
	})
	return err
}
