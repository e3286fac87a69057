package watch

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"

	"guardroom/console/auth"
	"guardroom/console/live"
)

type raw = json.RawMessage

// A Post is somebody who watches a station at a desk. Who watches more than one
// station has a post at each.
type Post struct {
	ID      string    `json:"id"` // of the desk and the station
	Station string    `json:"station"`
	User    string    `json:"user"`
	Name    string    `json:"name"`
	Role    auth.Role `json:"role"`
	Desk    string    `json:"desk"` // its name, when it has one
	Since   time.Time `json:"since"`
	LastKey time.Time `json:"last_key"`
	Cover   string    `json:"cover,omitempty"` // the cover grant under which they watch
	// Supervises says that escalated alarms come to them.
	Supervises bool `json:"supervises"`
}

// A Seat is one desk with open screens, as consoles tell each other.
type Seat struct {
	ID      string
	Console string
	Session string
	Person  Person
	Chosen  string // the station that the desk has chosen; empty: all that its officer may
	Desk    string
	Since   time.Time
	LastKey time.Time
}

// Person is who sits there, and for which stations.
type Person struct {
	User       string       `json:"user"`
	Name       string       `json:"name"`
	Roles      []auth.Grant `json:"roles"`
	Covers     []auth.Cover `json:"covers,omitempty"`
	Watches    []string     `json:"watches"`    // stations, "*" for all
	Supervises []string     `json:"supervises"` // stations, "*" for all
	Sees       []string     `json:"sees"`       // stations, "*" for all
}

func personOf(by auth.Operator) Person {
	reach := func(p auth.Permission) []string {
		all, ids := by.Stations(p)
		if all {
			return []string{auth.AllStations}
		}
		return ids
	}
	return Person{User: by.ID, Name: by.Name, Roles: by.Grants, Covers: by.Covers,
		Watches: reach(auth.AlarmsHandle), Supervises: reach(auth.WatchSupervise), Sees: reach(auth.AlarmsRead)}
}

func holds(list []string, station string) bool {
	return slices.Contains(list, station) || slices.Contains(list, auth.AllStations)
}

// watches reports whether the seat keeps the watch of station.
func (s *Seat) watches(station string) bool {
	return holds(s.Person.Watches, station) && (s.Chosen == "" || s.Chosen == station)
}

// post is the seat at a station.
func (s *Seat) post(station string) Post {
	p := Post{ID: s.ID + "@" + station, Station: station, User: s.Person.User, Name: s.Person.Name, Desk: s.Desk,
		Since: s.Since, LastKey: s.LastKey, Supervises: holds(s.Person.Supervises, station)}
	for _, role := range []auth.Role{auth.Chief, auth.Supervisor, auth.Officer} {
		if slices.Contains(s.Person.Roles, auth.Grant{Role: role, Station: station}) ||
			slices.Contains(s.Person.Roles, auth.Grant{Role: role, Station: auth.AllStations}) {
			p.Role = role
			return p
		}
	}
	for _, c := range s.Person.Covers {
		if c.Station == station {
			p.Role, p.Cover = auth.Officer, c.Grant
		}
	}
	return p
}

// seat is a Seat of this console.
type seat struct {
	Seat
	streams int
	left    time.Time // when the last stream ended, while there is none
	gone    bool      // signed out: there is nothing to wait for
}

type shown struct {
	station string
	data    string
}

// Enter says that a stream of session has begun, for by. The function returned
// must be called when it ends: with true when the session has ended too, else the
// desk is waited for a little, as a page that is loaded anew comes back.
func (d *Desk) Enter(session string, by auth.Operator) (leave func(gone bool)) {
	d.mu.Lock()
	now := d.o.Now().UTC()
	one := d.seats[session]
	if one == nil || one.gone || one.Person.User != by.ID {
		before := one
		one = &seat{Seat: Seat{ID: auth.NewID(), Console: d.o.Console, Session: session, Since: now, LastKey: now}}
		if before != nil {
			d.left = append(d.left, before.ID)
		}
		d.seats[session] = one
	}
	one.Person = personOf(by)
	one.streams++
	one.left = time.Time{}
	d.show(now)
	d.mu.Unlock()
	d.poke()
	once := false
	return func(gone bool) {
		d.mu.Lock()
		defer d.mu.Unlock()
		if once {
			return
		}
		once = true
		one.streams--
		if one.streams <= 0 {
			one.left, one.gone = d.o.Now(), gone
		}
		if gone {
			d.show(d.o.Now())
			d.poke()
		}
	}
}

// Move takes the seat of one session over to another, when the next officer signs
// in over it: the desk keeps its name and its chosen station.
func (d *Desk) Move(from, to string, by auth.Operator) {
	d.mu.Lock()
	now := d.o.Now().UTC()
	if one := d.seats[from]; one != nil {
		next := &seat{Seat: one.Seat}
		next.ID, next.Session, next.Person, next.Since, next.LastKey = auth.NewID(), to, personOf(by), now, now
		next.left = now // its streams are about to enter
		d.seats[to] = next
		one.gone, one.streams, one.left = true, 0, now
	}
	d.show(now)
	d.mu.Unlock()
	d.poke()
}

// longestDesk is in characters.
const longestDesk = 60

// Alive takes a desk's report: its name, the station that it has chosen (empty:
// all) and whether a key was pressed there. It answers how each station's watch
// stands for the desk.
func (d *Desk) Alive(by auth.Operator, session, desk, chosen string, key bool) error {
	if all, some := by.Stations(auth.AlarmsRead); !all && len(some) == 0 {
		return by.May(auth.AlarmsRead, auth.AllStations)
	}
	desk = strings.TrimSpace(desk)
	switch {
	case len([]rune(desk)) > longestDesk || strings.ContainsFunc(desk, unicode.IsControl):
		return &InvalidError{Field: "desk", Reason: "1 to 60 characters, none of them a control character"}
	case chosen != "" && by.May(auth.AlarmsRead, chosen) != nil:
		return by.May(auth.AlarmsRead, chosen)
	}
	d.mu.Lock()
	one := d.seats[session]
	if one == nil || one.Person.User != by.ID {
		d.mu.Unlock()
		return nil // no screens stream: nobody watches there
	}
	now := d.o.Now().UTC()
	urgent := one.Desk != desk || one.Chosen != chosen
	one.Desk, one.Chosen = desk, chosen
	if key {
		for _, s := range d.standings {
			urgent = urgent || one.watches(s.Station) && (s.State == Prompting || s.State == Missed)
		}
		one.LastKey = now
	}
	if urgent {
		d.show(now)
	}
	d.mu.Unlock()
	if urgent {
		d.poke()
	}
	return nil
}

// OnWatch says who watches a station now, the longest first. It asks no database.
func (d *Desk) OnWatch(station string) []Post {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.onWatch(station)
}

func (d *Desk) onWatch(station string) []Post {
	posts := []Post{}
	d.each(func(s *Seat) {
		if s.watches(station) {
			posts = append(posts, s.post(station))
		}
	})
	slices.SortFunc(posts, func(a, b Post) int { return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID)) })
	return posts
}

// each visits every seat that somebody sits at; d.mu is held.
func (d *Desk) each(visit func(s *Seat)) {
	now := d.o.Now()
	for _, s := range d.seats {
		if s.here(now, d.o.Linger) {
			visit(&s.Seat)
		}
	}
	for i := range d.others {
		visit(&d.others[i])
	}
}

func (s *seat) here(now time.Time, linger time.Duration) bool {
	return s.streams > 0 || !s.gone && now.Sub(s.left) < linger
}

// anybody reports whether some seat of the house fits; d.mu is not held.
func (d *Desk) anybody(fits func(s *Seat) bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	found := false
	d.each(func(s *Seat) { found = found || fits(s) })
	return found
}

// meet shares seats with other consoles and shows what changed.
func (d *Desk) meet(ctx context.Context) error {
	d.mu.Lock()
	now := d.o.Now()
	mine, left := []Seat{}, d.left
	for session, s := range d.seats {
		if s.here(now, d.o.Linger) {
			mine = append(mine, s.Seat)
			continue
		}
		left = append(left, s.ID)
		delete(d.seats, session)
	}
	d.left = nil
	d.mu.Unlock()
	all, err := d.o.Store.Meet(ctx, mine, left, stale)
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.left = append(d.left, left...) // the next beat removes them
		d.show(now)
		return err
	}
	d.others = slices.DeleteFunc(all, func(s Seat) bool { return s.Console == d.o.Console })
	d.show(now)
	return nil
}

// stale is how old a seat may be that its console has not renewed; with the time
// that a dead connection takes to be noticed a desk is gone within 15 s.
const stale = 6 * time.Second

// show puts the desks on the board, those that changed; d.mu is held.
func (d *Desk) show(time.Time) {
	posts := map[string]Post{}
	for _, station := range d.o.Stations() {
		for _, p := range d.onWatch(station.ID) {
			posts[p.ID] = p
		}
	}
	events := []live.Event{}
	for id, p := range posts {
		e := live.Thing(live.Desk, p.Station, id, p, false)
		if d.shown[id].data != string(e.Data) {
			d.shown[id] = shown{p.Station, string(e.Data)}
			events = append(events, e)
		}
	}
	for id, s := range d.shown {
		if _, still := posts[id]; !still {
			delete(d.shown, id)
			events = append(events, live.Thing(live.Desk, s.station, id, nil, true))
		}
	}
	if len(events) > 0 {
		d.o.Board.Now(events...)
	}
}
