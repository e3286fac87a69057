package rosters

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/rosters"
)

// An Officer is an officer with what the console knows besides.
type Officer struct {
	rosters.Officer

	User string `json:"user"` // id of the account by which the officer signs in
	Card string `json:"card"` // number of the person in the list of cardholders
	// Email is where word of changed duties goes, Phone is for recalls.
	Email string `json:"email,omitempty"`
	Phone string `json:"phone,omitempty"`
}

// Calendar is how the station reckons.
type Calendar struct {
	WeekStart  int           `json:"week_start"` // first day of the week for hours a week; 0 is Monday
	NightFrom  rosters.Clock `json:"night_from"`
	NightTo    rosters.Clock `json:"night_to"`
	NightLeast int           `json:"night_least"` // minutes
	Firearm    string        `json:"firearm"`
	// Lead is how many minutes before the hour an officer is due, Grace how many
	// after it an absence is a no-show, CheckGrace how many a check call may be late
	// before it is missed.
	Lead       int `json:"lead"`
	Grace      int `json:"grace"`
	CheckGrace int `json:"check_grace"`
	// Alarms makes lateness, no-shows, empty posts and missed check calls alarms. It is
	// off until a station keeps its attendance here: every post would be empty.
	Alarms bool `json:"alarms"`
	// SwapsApproved lets every swap wait for the chief, not only one that takes an
	// exception.
	SwapsApproved bool `json:"swaps_approved,omitempty"`
}

// usual is the calendar of a station that has chosen nothing.
func usual() Calendar { return Calendar{Lead: 0, Grace: 15, CheckGrace: 5} }

// A Kept thing carries its version; it is changed by whoever has seen that one.
type Kept[T any] struct {
	Version int64 `json:"version"`
	Item    T     `json:"item"`
}

// Register is all that a station's plans stand on.
type Register struct {
	Numbers

	Station    string                    `json:"station"`
	Zone       string                    `json:"zone"`
	Week       []int                     `json:"working_week"`
	Calendar   Kept[Calendar]            `json:"calendar"`
	Officers   []Kept[Officer]           `json:"officers"`
	Posts      []Kept[rosters.Post]      `json:"posts"`
	ShiftTypes []Kept[rosters.ShiftType] `json:"shift_types"`
	Rules      []Kept[rosters.Rule]      `json:"rules"`
	Holidays   []Kept[rosters.Holiday]   `json:"holidays"`
}

// terms are a register as rules read it. They are shared and never changed.
type terms struct {
	register Register
	station  rosters.Station
	people   map[string]*Officer
}

var registerKinds = []Kind{Officers, Posts, Shifts, Rules, Holidays, Calendars}

// read gives the station's terms, from memory when nothing has changed.
func (d *Desk) read(ctx context.Context, r reads, station string) (*terms, error) {
	n, err := r.Numbers(ctx, station)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	known := d.terms[station]
	d.mu.Unlock()
	facts, err := d.station(station)
	if err != nil {
		return nil, err
	}
	if known != nil && known.register.Numbers == n && known.station.Zone == facts.Zone && slices.Equal(known.station.WorkingWeek, facts.WorkingWeek) {
		return known, nil
	}
	records, err := r.Records(ctx, station, Filter{Kinds: registerKinds})
	if err != nil {
		return nil, fmt.Errorf("read the registers of station %s: %w", station, err)
	}
	fresh, err := termsOf(station, facts, n, records)
	if err != nil {
		return nil, err
	}
	if _, writing := r.(Tx); !writing { // what a transaction reads may never be committed
		d.mu.Lock()
		d.terms[station] = fresh
		d.mu.Unlock()
	}
	return fresh, nil
}

func termsOf(station string, facts Facts, n Numbers, records []Record) (*terms, error) {
	t := &terms{register: Register{Numbers: n, Station: station, Zone: facts.Zone, Week: facts.WorkingWeek, Calendar: Kept[Calendar]{Item: usual()}}, people: map[string]*Officer{}}
	g := &t.register
	var err error
	for i := range records {
		r := &records[i]
		switch r.Kind {
		case Officers:
			g.Officers, err = join(g.Officers, r, err)
		case Posts:
			g.Posts, err = join(g.Posts, r, err)
		case Shifts:
			g.ShiftTypes, err = join(g.ShiftTypes, r, err)
		case Rules:
			g.Rules, err = join(g.Rules, r, err)
		case Holidays:
			g.Holidays, err = join(g.Holidays, r, err)
		case Calendars:
			g.Calendar.Version = r.Version
			err = json.Unmarshal(r.Body, &g.Calendar.Item)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s %s of station %s: %w", r.Kind, r.ID, station, err)
		}
	}
	c := g.Calendar.Item
	t.station = rosters.Station{
		ID: station, Zone: facts.Zone, WorkingWeek: facts.WorkingWeek, WeekStart: c.WeekStart,
		NightFrom: c.NightFrom, NightTo: c.NightTo, NightLeast: c.NightLeast, Firearm: c.Firearm,
		Posts: items(g.Posts), ShiftTypes: items(g.ShiftTypes), Rules: items(g.Rules), Holidays: items(g.Holidays),
	}
	for i := range g.Officers {
		o := &g.Officers[i].Item
		t.station.Officers = append(t.station.Officers, o.Officer)
		t.people[o.ID] = o
	}
	return t, nil
}

func join[T any](list []Kept[T], r *Record, before error) ([]Kept[T], error) {
	one := Kept[T]{Version: r.Version}
	if before == nil {
		before = json.Unmarshal(r.Body, &one.Item)
	}
	return append(list, one), before
}

func items[T any](list []Kept[T]) []T {
	bare := make([]T, 0, len(list))
	for i := range list {
		bare = append(bare, list[i].Item)
	}
	return bare
}

// Register gives all registers of a station. Names of budgets and accounts are for
// those who plan, telephones for those who call people in too.
func (d *Desk) Register(ctx context.Context, by auth.Operator, station string) (Register, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return Register{}, err
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Register{}, err
	}
	g := t.register
	if by.May(auth.RostersPlan, station) != nil {
		g.Officers = slices.Clone(g.Officers)
		for i := range g.Officers {
			o := &g.Officers[i].Item
			o.Funding, o.User, o.Card, o.Email = "", "", "", ""
			if by.May(auth.RostersAmend, station) != nil { // who calls somebody in has to ring
				o.Phone = ""
			}
		}
	}
	return g, nil
}

// A RecordChange adds, changes or removes one record of the registers.
type RecordChange struct {
	Kind    Kind
	ID      string
	Version int64 // that was seen; 0 for what is new
	Item    any   // nil removes
}

// Change changes registers, all of the changes or none. The station as it would be
// is checked as a whole.
func (d *Desk) Change(ctx context.Context, by auth.Operator, station string, changes ...RecordChange) (Register, error) {
	if err := mayDraft(by, station); err != nil {
		return Register{}, err
	}
	if len(changes) == 0 {
		return d.Register(ctx, by, station)
	}
	if len(changes) > 10_000 {
		return Register{}, &InvalidError{Field: "items", Reason: "are more than 10000"}
	}
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		n, err := tx.Lock(ctx, station)
		if err != nil {
			return err
		}
		was, err := tx.Records(ctx, station, Filter{Kinds: registerKinds})
		if err != nil {
			return err
		}
		becomes, saved, err := d.applied(ctx, tx, station, was, changes)
		if err != nil {
			return err
		}
		facts, err := d.station(station)
		if err != nil {
			return err
		}
		t, err := termsOf(station, facts, n, becomes)
		if err != nil {
			return err
		}
		if err := t.station.Validate(); err != nil {
			return err
		}
		if err := t.onePerson(changes); err != nil {
			return err
		}
		for _, r := range saved {
			if r.Body == nil {
				err = tx.RemoveRecord(ctx, station, r.Kind, r.ID)
			} else {
				err = tx.SaveRecord(ctx, station, r)
			}
			if err != nil {
				return err
			}
		}
		tx.Audit(audit.By(by, station, "roster.register", "roster:"+station, told(changes)))
		return d.changed(ctx, tx, station, n)
	})
	if err != nil {
		return Register{}, fmt.Errorf("change registers of station %s: %w", station, err)
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Register{}, err
	}
	return t.register, nil
}

// applied is what the records become, and which of them are written.
func (d *Desk) applied(ctx context.Context, tx Tx, station string, was []Record, changes []RecordChange) (becomes, saved []Record, err error) {
	type key struct {
		kind Kind
		id   string
	}
	at := map[key]int{}
	becomes = slices.Clone(was)
	for i, r := range becomes {
		at[key{r.Kind, r.ID}] = i
	}
	for _, c := range changes {
		i, there := at[key{c.Kind, c.ID}]
		now := Record{Kind: c.Kind, ID: c.ID}
		if there {
			now = becomes[i]
		}
		if now.Version != c.Version {
			return nil, nil, &StaleError{Version: now.Version, Current: now.Body}
		}
		if c.Item == nil {
			used, err := tx.Used(ctx, station, c.Kind, c.ID)
			switch {
			case err != nil:
				return nil, nil, err
			case !there:
				return nil, nil, fmt.Errorf("%s %.64s: %w", c.Kind, c.ID, ErrNotFound)
			case used:
				return nil, nil, &ConflictError{Reason: "in_use", Text: "it stands in a roster; give it an end instead", Params: map[string]any{"kind": string(c.Kind), "id": c.ID}}
			}
			becomes[i].Body = nil
			saved = append(saved, becomes[i])
			continue
		}
		if now.Body, err = document(string(c.Kind), c.Item); err != nil {
			return nil, nil, err
		}
		now.Version++
		if there {
			becomes[i] = now
		} else {
			at[key{c.Kind, c.ID}] = len(becomes)
			becomes = append(becomes, now)
		}
		saved = append(saved, now)
	}
	return slices.DeleteFunc(becomes, func(r Record) bool { return r.Body == nil }), saved, nil
}

// onePerson refuses an account or a card that two officers would share: it says who
// somebody is.
func (t *terms) onePerson(changes []RecordChange) error {
	users, cards := map[string]string{}, map[string]string{}
	for _, o := range t.people {
		for i, known := range []map[string]string{users, cards} {
			value := []string{o.User, o.Card}[i]
			other, taken := known[value]
			if value == "" {
				continue
			}
			if !taken {
				known[value] = o.ID
				continue
			}
			if at := slices.IndexFunc(changes, func(c RecordChange) bool { return c.Kind == Officers && (c.ID == o.ID || c.ID == other) }); at >= 0 {
				return &InvalidError{Field: fmt.Sprintf("items.%d.%s", at, []string{"user", "card"}[i]), Reason: "belongs to another officer already"}
			}
		}
	}
	return nil
}

// told is what the record keeps of changes of registers.
func told(changes []RecordChange) map[string]string {
	changes = slices.DeleteFunc(slices.Clone(changes), func(c RecordChange) bool { return c.Kind == Imports })
	params := map[string]string{"changes": fmt.Sprint(len(changes))}
	for i, c := range changes {
		if i == 20 {
			break
		}
		what := "set"
		if c.Item == nil {
			what = "removed"
		} else if c.Version == 0 {
			what = "added"
		}
		params[fmt.Sprintf("%s %.60s", c.Kind, c.ID)] = what
	}
	return params
}

// Adopt makes a pack the rules of a station; rules of the station's own that are
// not in the pack stay.
func (d *Desk) Adopt(ctx context.Context, by auth.Operator, station, pack string) (Register, error) {
	if err := mayDraft(by, station); err != nil {
		return Register{}, err
	}
	p, ok := rosters.PackOf(pack)
	if !ok {
		return Register{}, &InvalidError{Field: "pack", Reason: "is not known"}
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return Register{}, err
	}
	seen := map[string]int64{}
	for _, r := range t.register.Rules {
		seen[r.Item.ID] = r.Version
	}
	var changes []RecordChange
	for _, r := range p.Rules {
		changes = append(changes, RecordChange{Kind: Rules, ID: r.ID, Version: seen[r.ID], Item: r})
	}
	return d.Change(ctx, by, station, changes...)
}

// OnDuty is what the duty board needs: the station, how it reckons, and the duties
// in force on the day of now, the one before and the one after.
func (d *Desk) OnDuty(ctx context.Context, station string, now time.Time) (*rosters.Station, Calendar, []rosters.Assignment, rosters.Date, error) {
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return nil, Calendar{}, nil, 0, err
	}
	zone, err := t.station.Location()
	if err != nil {
		return nil, Calendar{}, nil, 0, err
	}
	day := rosters.DateOf(now.In(zone))
	given, err := d.around(ctx, t, day)
	return &t.station, t.register.Calendar.Item, given, day, err
}

// shift is what is in force around a day, as long as terms and day are the same.
type shift struct {
	terms *terms
	day   rosters.Date
	given []rosters.Assignment
}

// around gives the duties of a day, the one before and the one after. They are
// shared and never changed.
func (d *Desk) around(ctx context.Context, t *terms, day rosters.Date) ([]rosters.Assignment, error) {
	d.mu.Lock()
	known := d.shifts[t.station.ID]
	d.mu.Unlock()
	if known.terms == t && known.day == day {
		return known.given, nil
	}
	given, err := d.o.Store.Published(ctx, t.station.ID, day.Add(-1), day.Add(1))
	if err != nil {
		return nil, err
	}
	n, err := d.o.Store.Numbers(ctx, t.station.ID)
	if err == nil && n == t.register.Numbers { // else it may be newer than the terms
		d.mu.Lock()
		d.shifts[t.station.ID] = shift{t, day, given}
		d.mu.Unlock()
	}
	return given, err
}

// An Account is one by which an officer may sign in.
type Account struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
}

// Accounts lists the accounts to which officers of a station may be linked, by name.
func (d *Desk) Accounts(ctx context.Context, by auth.Operator, station string) ([]Account, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	if _, err := d.station(station); err != nil || d.o.Accounts == nil {
		return nil, err
	}
	list, err := d.o.Accounts(ctx, station)
	slices.SortFunc(list, func(a, b Account) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Username, b.Username))
	})
	return list, err
}

// Linked gives by which account and card each officer of a station is known.
func (d *Desk) Linked(ctx context.Context, station string) (map[string]*Officer, error) {
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return nil, err
	}
	return t.people, nil
}

// ShiftEnd is when the shift that runs at an instant, or at none now, ends by the
// roster in force: the duty of the user's own, or the end that most duties have. It is
// false when nobody is on duty.
func (d *Desk) ShiftEnd(ctx context.Context, station, user string, now time.Time) (time.Time, bool) {
	if now.IsZero() {
		now = d.o.Now()
	}
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return time.Time{}, false
	}
	s, _, given, _, err := d.OnDuty(ctx, station, now)
	if err != nil {
		return time.Time{}, false
	}
	clocks, err := s.Clocks()
	if err != nil {
		return time.Time{}, false
	}
	ends, most := map[time.Time]int{}, time.Time{}
	for _, a := range given {
		kind := s.ShiftType(a.Shift)
		if kind == nil || kind.Class == rosters.StandBy {
			continue
		}
		from, to := clocks.Times(kind, a.Date)
		if now.Before(from) || !now.Before(to) {
			continue
		}
		to = to.UTC()
		if o := t.people[a.Officer]; o != nil && user != "" && o.User == user {
			return to, true
		}
		ends[to]++
		if most.IsZero() || ends[to] > ends[most] || ends[to] == ends[most] && to.Before(most) {
			most = to
		}
	}
	return most, !most.IsZero()
}

// Given is what hours are counted by: the station, and its duties in force.
func (d *Desk) Given(ctx context.Context, station string, from, until rosters.Date) (*rosters.Station, Calendar, []rosters.Assignment, error) {
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return nil, Calendar{}, nil, err
	}
	given, err := d.o.Store.Published(ctx, station, from, until)
	return &t.station, t.register.Calendar.Item, given, err
}

// Own is the officer who by is at a station; "" for nobody.
func (d *Desk) Own(ctx context.Context, by auth.Operator, station string) (string, error) {
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return "", err
	}
	if o := t.own(by); o != nil {
		return o.ID, nil
	}
	return "", nil
}

// Alarms reports whether the station keeps its attendance here, so that lateness is
// an alarm.
func (d *Desk) Alarms(ctx context.Context, station string) (bool, error) {
	t, err := d.read(ctx, d.o.Store, station)
	if err != nil {
		return false, err
	}
	return t.register.Calendar.Item.Alarms, nil
}
