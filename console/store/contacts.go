package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"guardroom/console/audit"
	"guardroom/console/notify"
)

// Notify keeps contacts, duty turns and deliveries.
type Notify struct{ DB *DB }

const contactColumns = `c.id, c.station, c.name, c.function, c.post, c.phone, c.radio, c.email, c.webhook, c.role, c.user_id, c.position, c.version`

func scanContact(row pgx.CollectableRow) (c notify.Contact, err error) {
	return c, row.Scan(&c.ID, &c.Station, &c.Name, &c.Function, &c.Post, &c.Phone, &c.Radio, &c.Email, &c.Webhook, &c.Role, &c.User, &c.Position, &c.Version)
}

// Contacts returns the list of a station in its order.
func (s *Notify) Contacts(ctx context.Context, station string) ([]notify.Contact, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+contactColumns+` FROM contacts c WHERE c.station = $1 ORDER BY c.position, c.name LIMIT $2`, station, notify.MostContacts)
	return pgx.CollectRows(rows, scanContact)
}

// Contact returns notify.ErrNotFound when id is unknown.
func (s *Notify) Contact(ctx context.Context, id string) (notify.Contact, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, `SELECT `+contactColumns+` FROM contacts c WHERE c.id = $1`, plain(id))
	return oneContact(rows)
}

func oneContact(rows pgx.Rows) (notify.Contact, error) {
	c, err := pgx.CollectExactlyOneRow(rows, scanContact)
	if errors.Is(err, pgx.ErrNoRows) {
		err = notify.ErrNotFound
	}
	return c, err
}

// SaveContact adds a contact of version 0; any other is changed unless somebody
// else has: then a *notify.StaleError.
func (s *Notify) SaveContact(ctx context.Context, c notify.Contact, e audit.Entry) (notify.Contact, error) {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		if c.Version == 0 {
			return tx.addContact(ctx, c)
		}
		var now int64
		if err := tx.QueryRow(ctx, `SELECT version FROM contacts WHERE id = $1 FOR UPDATE`, c.ID).Scan(&now); err != nil {
			if errors.Is(err, pgx.ErrNoRows) {
				return notify.ErrNotFound
			}
			return err
		}
		if now != c.Version {
			return &notify.StaleError{Version: now}
		}
		_, err := tx.Exec(ctx, `
			UPDATE contacts SET name = $2, function = $3, post = $4, phone = $5, radio = $6, email = $7, webhook = $8, role = $9, user_id = $10,
			       position = $11, version = version + 1
			 WHERE id = $1`, c.ID, c.Name, c.Function, c.Post, c.Phone, c.Radio, c.Email, c.Webhook, c.Role, c.User, c.Position)
		return err
	})
	if err != nil {
		return notify.Contact{}, err
	}
	c.Version++
	return c, nil
}

// addContact refuses one too many; the station's row is the lock.
func (t *Tx) addContact(ctx context.Context, c notify.Contact) error {
	var n int
	if _, err := t.Exec(ctx, `SELECT FROM stations WHERE id = $1 FOR UPDATE`, c.Station); err != nil {
		return err
	}
	if err := t.QueryRow(ctx, `SELECT count(*) FROM contacts WHERE station = $1`, c.Station).Scan(&n); err != nil {
		return err
	}
	if n >= notify.MostContacts {
		return &notify.InvalidError{Field: "name", Reason: "is one too many: the list of this station is full"}
	}
	_, err := t.Exec(ctx, `
		INSERT INTO contacts (id, station, name, function, post, phone, radio, email, webhook, role, user_id, position)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		c.ID, c.Station, c.Name, c.Function, c.Post, c.Phone, c.Radio, c.Email, c.Webhook, c.Role, c.User, c.Position)
	return err
}

// RemoveContact removes a contact and its turns.
func (s *Notify) RemoveContact(ctx context.Context, id string, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		return tx.removeOne(ctx, `DELETE FROM contacts WHERE id = $1`, id)
	})
	return err
}

func (t *Tx) removeOne(ctx context.Context, sql, id string) error {
	tag, err := t.Exec(ctx, sql, plain(id))
	if err == nil && tag.RowsAffected() == 0 {
		err = notify.ErrNotFound
	}
	return err
}

// ReplaceContacts makes list the whole list of the station, in one transaction.
// A contact whose name stays keeps its id, and its turns with it.
func (s *Notify) ReplaceContacts(ctx context.Context, station string, list []notify.Contact, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		rows, _ := tx.Query(ctx, `SELECT `+contactColumns+` FROM contacts c WHERE c.station = $1 FOR UPDATE`, station)
		before, err := pgx.CollectRows(rows, scanContact)
		if err != nil {
			return err
		}
		known := map[string]notify.Contact{}
		for _, c := range before {
			known[c.Name] = c
		}
		for _, c := range list {
			old, stays := known[c.Name]
			if !stays {
				continue
			}
			delete(known, c.Name)
			if _, err := tx.Exec(ctx, `
				UPDATE contacts SET function = $2, post = $3, phone = $4, radio = $5, email = $6, webhook = $7, role = $8, position = $9, version = version + 1
				 WHERE id = $1`, old.ID, c.Function, c.Post, c.Phone, c.Radio, c.Email, c.Webhook, c.Role, c.Position); err != nil {
				return err
			}
		}
		for _, gone := range known {
			if err := tx.removeOne(ctx, `DELETE FROM contacts WHERE id = $1`, gone.ID); err != nil {
				return err
			}
		}
		stayed := map[string]bool{}
		for _, c := range before {
			stayed[c.Name] = true
		}
		for _, c := range list {
			if stayed[c.Name] {
				continue
			}
			if err := tx.addContact(ctx, c); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

const selectTurns = `SELECT d.id, d.station, d.contact, c.name, d."from", d.until FROM duty_turns d JOIN contacts c ON c.id = d.contact`

func scanTurn(row pgx.CollectableRow) (t notify.DutyTurn, err error) {
	err = row.Scan(&t.ID, &t.Station, &t.Contact, &t.ContactName, &t.From, &t.Until)
	t.From, t.Until = t.From.UTC(), t.Until.UTC()
	return t, err
}

// Turns returns the turns of a station that have not ended over a week ago.
func (s *Notify) Turns(ctx context.Context, station string) ([]notify.DutyTurn, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, selectTurns+` WHERE d.station = $1 AND d.until > $2 ORDER BY d."from", d.id LIMIT 500`, station, s.DB.o.Now().Add(-7*24*time.Hour))
	return pgx.CollectRows(rows, scanTurn)
}

// Turn returns notify.ErrNotFound when id is unknown.
func (s *Notify) Turn(ctx context.Context, id string) (notify.DutyTurn, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, selectTurns+` WHERE d.id = $1`, plain(id))
	t, err := pgx.CollectExactlyOneRow(rows, scanTurn)
	if errors.Is(err, pgx.ErrNoRows) {
		err = notify.ErrNotFound
	}
	return t, err
}

// AddTurn adds a turn.
func (s *Notify) AddTurn(ctx context.Context, t notify.DutyTurn, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		_, err := tx.Exec(ctx, `INSERT INTO duty_turns (id, station, contact, "from", until) VALUES ($1, $2, $3, $4, $5)`, t.ID, t.Station, t.Contact, t.From, t.Until)
		return err
	})
	return err
}

// RemoveTurn removes a turn.
func (s *Notify) RemoveTurn(ctx context.Context, id string, e audit.Entry) error {
	_, err := s.DB.Write(ctx, func(ctx context.Context, tx *Tx) error {
		tx.Audit(e)
		return tx.removeOne(ctx, `DELETE FROM duty_turns WHERE id = $1`, id)
	})
	return err
}

// selectDutyChief is whose turn it is at $2, the one that began last first, or
// else the first who may have one.
const selectDutyChief = `
	SELECT ` + contactColumns + `
	  FROM contacts c
	  LEFT JOIN duty_turns d ON d.contact = c.id AND d."from" <= $2 AND d.until > $2
	 WHERE c.station = $1 AND (d.id IS NOT NULL OR c.role = 'duty_chief')
	 ORDER BY d.id IS NULL, d."from" DESC, c.position, c.id
	 LIMIT 1`

// DutyChief returns who is duty chief now, or notify.ErrNotFound.
func (s *Notify) DutyChief(ctx context.Context, station string) (notify.Contact, error) {
	ctx, cancel := s.DB.bounded(ctx)
	defer cancel()
	rows, _ := s.DB.Pool.Query(ctx, selectDutyChief, station, s.DB.o.Now())
	return oneContact(rows)
}

// Receivers lists whom a notice to a role, a contact or a user reaches.
func (t *Tx) Receivers(ctx context.Context, station, to string) ([]notify.Contact, error) {
	key := receiversKey{station, to}
	if list, known := t.receivers[key]; known { // a flood asks for the same ones fifty times
		return list, nil
	}
	rows, _ := t.queryReceivers(ctx, station, to)
	list, err := pgx.CollectRows(rows, scanContact)
	if err != nil {
		return nil, err
	}
	if t.receivers == nil {
		t.receivers = map[receiversKey][]notify.Contact{}
	}
	t.receivers[key] = list
	return list, nil
}

type receiversKey struct{ station, to string }

func (t *Tx) queryReceivers(ctx context.Context, station, to string) (pgx.Rows, error) {
	if to == string(notify.ForDutyChief) {
		return t.Query(ctx, selectDutyChief, station, t.Now)
	}
	where, value := `c.role = $2`, to
	if id, named := strings.CutPrefix(to, "contact:"); named {
		where, value = `c.id = $2`, id
	} else if id, named := strings.CutPrefix(to, "user:"); named {
		where, value = `c.user_id = $2`, id
	}
	return t.Query(ctx, `SELECT `+contactColumns+` FROM contacts c WHERE c.station = $1 AND `+where+` ORDER BY c.position, c.id LIMIT 50`, station, value)
}
