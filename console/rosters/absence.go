package rosters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/rosters"
)

// Absences are the leave and the requests of a period.
type Absences struct {
	Leave    []Kept[rosters.Leave]   `json:"leave"`
	Requests []Kept[rosters.Request] `json:"requests"`
}

// own is the officer who by is at a station; nil for nobody.
func (t *terms) own(by auth.Operator) *Officer {
	for _, o := range t.people {
		if o.User != "" && o.User == by.ID {
			return o
		}
	}
	return nil
}

// Absences lists leave and requests. Those who do not plan see no requests but
// their own, and sickness as absence.
func (d *Desk) Absences(ctx context.Context, by auth.Operator, station, officer string, from, until rosters.Date) (Absences, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return Absences{}, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Absences{}, err
	}
	records, err := d.o.Store.Records(ctx, station, Filter{Kinds: []Kind{Leaves, Requests}, Officer: officer, From: from, Until: until})
	if err != nil {
		return Absences{}, err
	}
	mine := ""
	if o := t.own(by); o != nil {
		mine = o.ID
	}
	plans, medical := mayDraft(by, station) == nil, by.May(auth.RostersMedical, station) == nil
	var a Absences
	for i := range records {
		r := &records[i]
		switch {
		case r.Kind == Leaves:
			if a.Leave, err = join(a.Leave, r, err); err != nil {
				return a, err
			}
			l := &a.Leave[len(a.Leave)-1].Item
			switch {
			case l.Officer == mine:
			case !plans && l.Decision != rosters.Approved:
				a.Leave = a.Leave[:len(a.Leave)-1]
			case !medical:
				*l = veiledLeave([]rosters.Leave{*l})[0]
			}
			if !plans && l.Officer != mine {
				l.Note = ""
			}
		case plans || r.Officer == mine:
			if a.Requests, err = join(a.Requests, r, err); err != nil {
				return a, err
			}
		}
	}
	return a, nil
}

// SaveLeave adds leave or changes it: whoever plans, anything; an officer asks for
// leave of their own, and changes or withdraws what is not decided.
func (d *Desk) SaveLeave(ctx context.Context, by auth.Operator, station string, k Kept[rosters.Leave]) (Kept[rosters.Leave], error) {
	l := &k.Item
	if l.ID == "" {
		l.ID = auth.NewID()
	}
	if l.Decision == "" {
		l.Decision = rosters.Requested
	}
	return saveAbsence(ctx, d, by, station, Leaves, k, absence[rosters.Leave]{
		of:       func(l *rosters.Leave) (string, string, rosters.Decision) { return l.ID, l.Officer, l.Decision },
		days:     func(l *rosters.Leave) (rosters.Date, rosters.Date) { return l.From, l.Until },
		note:     func(l *rosters.Leave) string { return l.Note },
		validate: (*rosters.Leave).Validate,
	})
}

// SaveRequest adds a wish or changes it, as SaveLeave does.
func (d *Desk) SaveRequest(ctx context.Context, by auth.Operator, station string, k Kept[rosters.Request]) (Kept[rosters.Request], error) {
	q := &k.Item
	if q.ID == "" {
		q.ID = auth.NewID()
	}
	if q.Decision == "" {
		q.Decision = rosters.Requested
	}
	return saveAbsence(ctx, d, by, station, Requests, k, absence[rosters.Request]{
		of:       func(q *rosters.Request) (string, string, rosters.Decision) { return q.ID, q.Officer, q.Decision },
		days:     func(q *rosters.Request) (rosters.Date, rosters.Date) { return q.From, q.Until },
		note:     func(q *rosters.Request) string { return q.Note },
		validate: (*rosters.Request).Validate,
	})
}

// absence is what leave and requests have in common.
type absence[T any] struct {
	of       func(*T) (id, officer string, decision rosters.Decision)
	days     func(*T) (from, until rosters.Date)
	note     func(*T) string
	validate func(*T) error
}

func saveAbsence[T any](ctx context.Context, d *Desk, by auth.Operator, station string, kind Kind, k Kept[T], a absence[T]) (Kept[T], error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return k, err
	}
	id, officer, decision := a.of(&k.Item)
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return k, err
	}
	plans := mayDraft(by, station)
	if own := t.own(by); plans != nil {
		if own == nil || own.ID != officer {
			return k, plans
		}
		if decision != rosters.Requested && decision != rosters.Withdrawn {
			return k, plans
		}
	}
	switch {
	case t.people[officer] == nil:
		return k, &InvalidError{Field: "officer", Reason: "is nobody at this station"}
	case len(id) > 64 || utf8.RuneCountInString(a.note(&k.Item)) > 1000:
		return k, &InvalidError{Field: "note", Reason: "at most 1000 characters"}
	}
	if err := a.validate(&k.Item); err != nil {
		return k, err
	}
	body, err := document(string(kind), k.Item)
	if err != nil {
		return k, err
	}
	from, until := a.days(&k.Item)
	err = d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		found, err := tx.Records(ctx, station, Filter{Kinds: []Kind{kind}, ID: id})
		if err != nil {
			return err
		}
		now := Record{Kind: kind, ID: id, Officer: officer}
		if len(found) > 0 {
			now = found[0]
			if err := mayTurn(now, officer, plans, a); err != nil {
				return err
			}
		}
		if now.Version != k.Version {
			return &StaleError{Version: now.Version, Current: now.Body}
		}
		now.Version, now.From, now.Until, now.Body = now.Version+1, from, until, body
		if err := tx.SaveRecord(ctx, station, now); err != nil {
			return err
		}
		tx.Audit(audit.By(by, station, "roster."+string(kind), string(kind)+":"+id, map[string]string{
			"officer": officer, "from": from.String(), "until": until.String(), "decision": string(decision),
		}))
		k.Version = now.Version
		return d.changed(ctx, tx, station, n)
	})
	return k, err
}

// mayTurn refuses to make it somebody else's, and to an officer what is decided.
func mayTurn[T any](now Record, officer string, plans error, a absence[T]) error {
	if now.Officer != officer {
		return &InvalidError{Field: "officer", Reason: "cannot be another one's"}
	}
	if plans == nil {
		return nil
	}
	var was T
	if err := json.Unmarshal(now.Body, &was); err != nil {
		return err
	}
	if _, _, decision := a.of(&was); decision != rosters.Requested {
		return &ConflictError{Reason: "decided", Text: "this is " + string(decision), Params: map[string]any{"decision": string(decision)}}
	}
	return nil
}

// Mine is what an officer sees of themself.
type Mine struct {
	Officer *Officer                `json:"officer"` // nil: nobody has linked the account to an officer
	Duties  []rosters.Assignment    `json:"duties"`
	Leave   []Kept[rosters.Leave]   `json:"leave"`
	Wishes  []Kept[rosters.Request] `json:"requests"`
	Zone    string                  `json:"zone"`
}

// Mine gives an officer's own duties from a week ago to eight weeks ahead, and all
// that they have asked for.
func (d *Desk) Mine(ctx context.Context, by auth.Operator, station string) (Mine, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return Mine{}, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Mine{}, err
	}
	m := Mine{Officer: t.own(by), Zone: t.station.Zone}
	if m.Officer == nil {
		return m, nil
	}
	zone, err := t.station.Location()
	if err != nil {
		return m, err
	}
	today := rosters.DateOf(d.o.Now().In(zone))
	given, err := d.o.Store.Published(ctx, station, today.Add(-7), today.Add(56))
	if err != nil {
		return m, err
	}
	m.Duties = slices.DeleteFunc(given, func(a rosters.Assignment) bool { return a.Officer != m.Officer.ID })
	all, err := d.Absences(ctx, by, station, m.Officer.ID, today.Add(-90), 0)
	if err != nil {
		return m, fmt.Errorf("what officer %s has asked for: %w", m.Officer.ID, err)
	}
	m.Leave, m.Wishes = all.Leave, all.Requests
	return m, nil
}
