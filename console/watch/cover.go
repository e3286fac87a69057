package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/jobs"
	"guardroom/console/live"
)

// A Grant lets officers of another station, or named users, act as officers at a
// station, for a time: "Geneva covers Nairobi 22-06".
type Grant struct {
	ID          string     `json:"id"`
	Station     string     `json:"station"`    // which is covered
	ByStation   string     `json:"by_station"` // whose officers, supervisors and chiefs cover it; empty: the named users only
	Users       []string   `json:"users"`      // ids; with none: everybody of by_station
	From        time.Time  `json:"from"`
	Until       time.Time  `json:"until"`
	DailyFrom   string     `json:"daily_from"` // "22:00" in the covered station's zone; empty: all day
	DailyTo     string     `json:"daily_to"`
	Reason      string     `json:"reason"`
	GrantedBy   string     `json:"granted_by"`
	GrantedName string     `json:"granted_name"`
	GrantedAt   time.Time  `json:"granted_at"`
	RevokedAt   *time.Time `json:"revoked_at"`
	RevokedName string     `json:"revoked_name"`
	RevokedWhy  string     `json:"revoked_why"`
	Version     int64      `json:"version"`
}

// GrantView is a grant as screens show it.
type GrantView struct {
	Grant
	Active    bool              `json:"active"`
	Over      bool              `json:"over"` // it will not hold again
	UserNames map[string]string `json:"user_names"`
}

// Longest is how long a grant may last.
const Longest = 92 * 24 * time.Hour

// Validate reports the first field that makes g unusable at now.
func (g *Grant) Validate(now time.Time) error {
	reason := strings.TrimSpace(g.Reason)
	switch {
	case g.ByStation == "" && len(g.Users) == 0:
		return &InvalidError{Field: "by_station", Reason: "is missing, and no user is named either"}
	case g.ByStation == g.Station:
		return &InvalidError{Field: "by_station", Reason: "is the covered station itself"}
	case len(g.Users) > 50:
		return &InvalidError{Field: "users", Reason: "are more than 50"}
	case g.From.IsZero():
		return &InvalidError{Field: "from", Reason: "is missing"}
	case !g.Until.After(g.From):
		return &InvalidError{Field: "until", Reason: "is not after the beginning"}
	case !g.Until.After(now):
		return &InvalidError{Field: "until", Reason: "has passed"}
	case g.Until.Sub(g.From) > Longest:
		return &InvalidError{Field: "until", Reason: "is more than 92 days after the beginning"}
	case (g.DailyFrom == "") != (g.DailyTo == ""):
		return &InvalidError{Field: "daily_to", Reason: "both daily hours, or none"}
	case reason == "" || utf8.RuneCountInString(reason) > 500 || !utf8.ValidString(reason) || strings.ContainsFunc(reason, unicode.IsControl):
		return &InvalidError{Field: "reason", Reason: "1 to 500 characters"}
	}
	for name, wall := range map[string]string{"daily_from": g.DailyFrom, "daily_to": g.DailyTo} {
		if _, err := time.Parse("15:04", wall); wall != "" && (err != nil || len(wall) != 5) {
			return &InvalidError{Field: name, Reason: "is no time such as 22:00"}
		}
	}
	if g.DailyFrom != "" && g.DailyFrom == g.DailyTo {
		return &InvalidError{Field: "daily_to", Reason: "is the beginning: leave both empty for all day"}
	}
	return nil
}

// Active reports whether g holds at now. Daily hours are wall time in zone; the
// beginning is included, the end is not.
func (g *Grant) Active(now time.Time, zone *time.Location) bool {
	if g.over(now) || now.Before(g.From) {
		return false
	}
	if g.DailyFrom == "" {
		return true
	}
	wall := now.In(zone).Format("15:04")
	if g.DailyFrom < g.DailyTo {
		return g.DailyFrom <= wall && wall < g.DailyTo
	}
	return wall >= g.DailyFrom || wall < g.DailyTo
}

func (g *Grant) over(now time.Time) bool { return g.RevokedAt != nil || !now.Before(g.Until) }

// Turn is the first instant after now at which g begins or ends to hold; zero
// when it never does again.
func (g *Grant) Turn(now time.Time, zone *time.Location) time.Time {
	if g.over(now) {
		return time.Time{}
	}
	candidates := []time.Time{g.From, g.Until}
	if g.DailyFrom != "" {
		start := now
		if g.From.After(now) {
			start = g.From
		}
		day := start.In(zone)
		for n := -1; n <= 3; n++ {
			for _, wall := range []string{g.DailyFrom, g.DailyTo} {
				at, _ := time.Parse("15:04", wall)
				candidates = append(candidates, time.Date(day.Year(), day.Month(), day.Day()+n, at.Hour(), at.Minute(), 0, 0, zone))
			}
			// clocks that are put forward or back begin or end hours too
			if _, end := day.AddDate(0, 0, n).ZoneBounds(); !end.IsZero() {
				candidates = append(candidates, end)
			}
		}
	}
	slices.SortFunc(candidates, time.Time.Compare)
	active := g.Active(now, zone)
	for _, c := range candidates {
		if c.After(now) && g.Active(c, zone) != active {
			return c.UTC()
		}
	}
	return g.Until.UTC()
}

// covers reports whether g is for u.
func (g *Grant) covers(u auth.User) bool {
	if len(g.Users) > 0 {
		return slices.Contains(g.Users, u.ID) && (g.ByStation == "" || auth.Serves(u.Roles, g.ByStation))
	}
	return auth.Serves(u.Roles, g.ByStation)
}

// Covering lists what u covers at this moment. It asks no database, and no timer
// has to have fired: a grant holds from second to second by the clock.
func (d *Desk) Covering(u auth.User) []auth.Cover {
	d.mu.Lock()
	grants := d.grants
	d.mu.Unlock()
	now := d.o.Now()
	var covers []auth.Cover
	for i := range grants {
		if g := &grants[i]; g.covers(u) && g.Active(now, d.zone(g.Station)) {
			covers = append(covers, auth.Cover{Grant: g.ID, Station: g.Station})
		}
	}
	return covers
}

func (d *Desk) zone(station string) *time.Location {
	if s, known := d.station(station); known && s.Zone != nil {
		return s.Zone
	}
	return time.UTC
}

// Grants lists the grants by which stations that by may see are covered, or
// cover others; those that ended over 30 days ago are left out.
func (d *Desk) Grants(ctx context.Context, by auth.Operator, station string) ([]GrantView, error) {
	stations, err := by.Scope(auth.AlarmsRead, station)
	if err != nil {
		return nil, err
	}
	all, err := d.o.Store.Grants(ctx, d.o.Now().Add(-30*24*time.Hour))
	if err != nil {
		return nil, err
	}
	shown := slices.DeleteFunc(all, func(g Grant) bool {
		return stations != nil && !slices.Contains(stations, g.Station) && !slices.Contains(stations, g.ByStation) && !slices.Contains(g.Users, by.ID)
	})
	ids := []string{}
	for _, g := range shown {
		ids = append(ids, g.Users...)
	}
	names, err := d.o.Store.UsersOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	views := make([]GrantView, 0, len(shown))
	for _, g := range shown {
		views = append(views, d.view(g, names))
	}
	return views, nil
}

func (d *Desk) view(g Grant, names map[string]string) GrantView {
	now := d.o.Now()
	v := GrantView{Grant: g, Active: g.Active(now, d.zone(g.Station)), Over: g.over(now), UserNames: map[string]string{}}
	for _, id := range g.Users {
		v.UserNames[id] = names[id]
	}
	return v
}

// Grant makes a cover grant.
func (d *Desk) Grant(ctx context.Context, by auth.Operator, g Grant) (GrantView, error) {
	if err := by.May(auth.CoverGrant, g.Station); err != nil {
		return GrantView{}, err
	}
	now := d.o.Now().UTC()
	if g.From.Before(now) {
		g.From = now // a grant does not reach back
	}
	g.From, g.Until, g.Reason = g.From.UTC().Truncate(time.Second), g.Until.UTC().Truncate(time.Second), strings.TrimSpace(g.Reason)
	if err := g.Validate(now); err != nil {
		return GrantView{}, err
	}
	for field, id := range map[string]string{"station": g.Station, "by_station": g.ByStation} {
		if _, known := d.station(id); !known && id != "" {
			return GrantView{}, &InvalidError{Field: field, Reason: "is no station"}
		}
	}
	slices.Sort(g.Users)
	g.Users = slices.Compact(g.Users)
	names, err := d.o.Store.UsersOf(ctx, g.Users)
	if err != nil {
		return GrantView{}, err
	}
	if len(names) != len(g.Users) {
		return GrantView{}, &InvalidError{Field: "users", Reason: "hold somebody who is unknown or disabled"}
	}
	if slices.Contains(g.Users, by.ID) {
		return GrantView{}, &InvalidError{Field: "users", Reason: "hold yourself: nobody gives themselves a right"}
	}
	g.ID, g.GrantedBy, g.GrantedName, g.GrantedAt, g.Version = auth.NewID(), by.ID, by.Name, now, 1
	g.RevokedAt, g.RevokedName, g.RevokedWhy = nil, "", ""
	err = d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		entry := audit.By(by, g.Station, "cover.grant", "cover:"+g.ID, g.params())
		tx.Audit(entry)
		if g.ByStation != "" { // both sides find it in their record
			entry.Station = g.ByStation
			tx.Audit(entry)
		}
		if err := tx.SaveGrant(ctx, g); err != nil {
			return err
		}
		return d.turn(ctx, tx, g)
	})
	if err != nil {
		return GrantView{}, err
	}
	d.learn(g)
	return d.view(g, names), nil
}

func (g *Grant) params() map[string]string {
	return map[string]string{
		"station": g.Station, "by_station": g.ByStation, "users": strings.Join(g.Users, " "), "reason": g.Reason,
		"from": g.From.Format(time.RFC3339), "until": g.Until.Format(time.RFC3339), "daily_from": g.DailyFrom, "daily_to": g.DailyTo,
	}
}

// Revoke ends a grant now. Revoking what has ended changes nothing.
func (d *Desk) Revoke(ctx context.Context, by auth.Operator, id, why string) (GrantView, error) {
	if all, some := by.Stations(auth.CoverGrant); !all && len(some) == 0 {
		return GrantView{}, by.May(auth.CoverGrant, auth.AllStations)
	}
	why = strings.TrimSpace(why)
	if utf8.RuneCountInString(why) > 500 || !utf8.ValidString(why) || strings.ContainsFunc(why, unicode.IsControl) {
		return GrantView{}, &InvalidError{Field: "reason", Reason: "at most 500 characters"}
	}
	var g Grant
	err := d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		var err error
		if g, err = tx.Grant(ctx, id); err != nil {
			return err
		}
		if err := by.May(auth.CoverGrant, g.Station); err != nil {
			return err
		}
		if g.over(tx.At()) {
			return nil
		}
		now := tx.At()
		g.RevokedAt, g.RevokedName, g.RevokedWhy = &now, by.Name, why
		g.Version++
		entry := audit.By(by, g.Station, "cover.revoke", "cover:"+g.ID, map[string]string{"why": why, "by_station": g.ByStation})
		tx.Audit(entry)
		if g.ByStation != "" {
			entry.Station = g.ByStation
			tx.Audit(entry)
		}
		if err := tx.SaveGrant(ctx, g); err != nil {
			return err
		}
		return d.turn(ctx, tx, g)
	})
	if err != nil {
		return GrantView{}, err
	}
	d.learn(g)
	names, err := d.o.Store.UsersOf(ctx, g.Users)
	return d.view(g, names), err
}

// TurnTimer is the kind of the timer at whose end a grant begins or ends to hold.
const TurnTimer = "cover.turn"

// turn tells both sides how g stands and sets the clock for its next turn.
func (d *Desk) turn(ctx context.Context, tx Tx, g Grant) error {
	for _, e := range d.eventsAt(g, tx.At()) {
		tx.Tell(e)
	}
	next := g.Turn(tx.At(), d.zone(g.Station))
	if next.IsZero() {
		return tx.StopTimer(ctx, TurnTimer, g.ID)
	}
	return tx.SetTimer(ctx, jobs.Timer{Kind: TurnTimer, Key: g.ID, Due: next})
}

// Turned handles a TurnTimer: the grant has begun or ended to hold. The rights
// follow the clock by themselves; this tells the screens and the record.
func (d *Desk) Turned(ctx context.Context, tx Tx, t jobs.Timer) error {
	g, err := tx.Grant(ctx, t.Key)
	if err != nil {
		return err
	}
	action := "cover.rests"
	switch {
	case g.Active(tx.At(), d.zone(g.Station)):
		action = "cover.begins"
	case g.over(tx.At()):
		action = "cover.ends"
	}
	tx.Audit(audit.By(auth.System(), g.Station, action, "cover:"+g.ID, map[string]string{"by_station": g.ByStation}))
	return d.turn(ctx, tx, g)
}

func (d *Desk) grantEvents(g Grant) []live.Event { return d.eventsAt(g, d.o.Now()) }

// eventsAt are the grant for the screens of both stations. The board keeps one
// for each, under a key of its own; screens know the grant by its id.
func (d *Desk) eventsAt(g Grant, now time.Time) []live.Event {
	type cover struct {
		ID        string    `json:"id"`
		Station   string    `json:"station"`
		ByStation string    `json:"by_station"`
		From      time.Time `json:"from"`
		Until     time.Time `json:"until"`
		DailyFrom string    `json:"daily_from"`
		DailyTo   string    `json:"daily_to"`
		Reason    string    `json:"reason"`
		GrantedBy string    `json:"granted_by"`
		Active    bool      `json:"active"`
		Gone      bool      `json:"gone,omitempty"`
	}
	over := g.over(now)
	data, err := json.Marshal(cover{g.ID, g.Station, g.ByStation, g.From, g.Until, g.DailyFrom, g.DailyTo, g.Reason, g.GrantedName,
		g.Active(now, d.zone(g.Station)), over})
	if err != nil { // times of a grant are checked
		data = fmt.Appendf(nil, `{"id":%q,"gone":true}`, g.ID)
	}
	events := []live.Event{}
	for _, station := range []string{g.Station, g.ByStation} {
		if station != "" {
			events = append(events, live.Event{Topic: live.Cover, Station: station, Key: g.ID + "@" + station, Data: data, Gone: over})
		}
	}
	return events
}

// learn takes a grant into memory before the next beat would.
func (d *Desk) learn(g Grant) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fresh := slices.DeleteFunc(slices.Clone(d.grants), func(old Grant) bool { return old.ID == g.ID })
	d.grants = append(fresh, g)
}
