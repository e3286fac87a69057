package correlation

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// Desk is where rules are written, tried and switched on.
type Desk struct {
	Store  desk
	Trials *Trials
	// Changed is told that the worker must read the rules anew; may be nil.
	Changed func()
}

// desk is what the desk needs of the store. Each writing method writes the entry too.
type desk interface {
	Rules(ctx context.Context, stations []string) ([]Rule, error) // nil: all
	Rule(ctx context.Context, id string) (Rule, error)            // ErrNotFound
	Add(ctx context.Context, r Rule, e audit.Entry) (Rule, error)
	// Save writes r when it is still at its version, else a *StaleError. With anew,
	// it counts from the next signal on.
	Save(ctx context.Context, r Rule, anew bool, e audit.Entry) (Rule, error)
	Remove(ctx context.Context, id string, version int64, e audit.Entry) error
	Found(ctx context.Context, q HitsQuery) ([]RuleHit, error)
	Setting(ctx context.Context, station, name string, to any) (version int64, err error)
	SaveSetting(ctx context.Context, station, name string, seen int64, value any, e audit.Entry) (int64, error)
}

// ErrNotFound is returned for a rule or a trial that does not exist.
var ErrNotFound = errors.New("no such rule")

// StaleError says that a rule is at another version than was seen.
type StaleError struct{ Now int64 }

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has changed the rule since: it is at version %d now", e.Now)
}

// Stale gives the version as it is now.
func (e *StaleError) Stale() int64 { return e.Now }

// UntriedError refuses to switch on what nobody has tried over the past.
type UntriedError struct{ Rule string }

func (e *UntriedError) Error() string {
	return "the rule has not been tried over the past as it stands now: try it, or say that it shall be switched on anyway"
}

// Conflict marks the error for the API.
func (e *UntriedError) Conflict() (code string, params map[string]any) {
	return "condition", map[string]any{"reason": "not_tried", "rule": e.Rule}
}

// List returns the rules that by may see.
func (d *Desk) List(ctx context.Context, by auth.Operator, station string) ([]Rule, error) {
	stations, err := by.Scope(auth.AlarmsRead, station)
	if err != nil {
		return nil, err
	}
	return d.Store.Rules(ctx, stations)
}

// Find returns one rule.
func (d *Desk) Find(ctx context.Context, by auth.Operator, id string) (Rule, error) {
	return d.permitted(ctx, by, auth.AlarmsRead, id)
}

func (d *Desk) permitted(ctx context.Context, by auth.Operator, p auth.Permission, id string) (Rule, error) {
	if all, some := by.Stations(p); !all && len(some) == 0 {
		return Rule{}, by.May(p, auth.AllStations)
	}
	r, err := d.Store.Rule(ctx, id)
	if err != nil {
		return Rule{}, err
	}
	return r, by.May(p, r.Station)
}

// Add adds a rule. It begins switched off.
func (d *Desk) Add(ctx context.Context, by auth.Operator, station, name string, l Logic) (Rule, error) {
	if err := by.May(auth.AlarmsRationalise, station); err != nil {
		return Rule{}, err
	}
	r := Rule{ID: auth.NewID(), Station: station, Name: strings.TrimSpace(name), Logic: l, ChangedBy: by.Name}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	there, err := d.Store.Rules(ctx, []string{station})
	if err != nil {
		return Rule{}, err
	}
	if len(there) >= MostRules {
		return Rule{}, &InvalidError{"rule", fmt.Sprintf("a station has at most %d rules", MostRules)}
	}
	taken := map[string]bool{}
	for _, other := range there {
		taken[other.Code] = true
	}
	r.Code = codeOf(r.Name, taken)
	return d.told(d.Store.Add(ctx, r, audit.By(by, station, "rule.create", "rule:"+r.ID, r.facts())))
}

func (r *Rule) check() error {
	if r.Name == "" || !plain(r.Name, longestName) {
		return &InvalidError{"name", fmt.Sprintf("plain text of 1 to %d characters", longestName)}
	}
	return r.Logic.Check()
}

// facts are what the record keeps of r.
func (r *Rule) facts() map[string]string {
	return map[string]string{"name": r.Name, "code": r.Code, "print": r.Print(), "priority": fmt.Sprint(r.Outcome.Priority), "enabled": fmt.Sprint(r.Enabled)}
}

// Edit is what shall change; nil leaves it.
type Edit struct {
	Version int64
	Name    *string
	Logic   *Logic
	Enabled *bool
	Anyway  bool // switch it on untried
}

// Change changes a rule. One whose logic changes counts from the next signal on
// and is switched off unless it is switched on with the same change; to switch on
// what was not tried takes Anyway.
func (d *Desk) Change(ctx context.Context, by auth.Operator, id string, e Edit) (Rule, error) {
	r, err := d.permitted(ctx, by, auth.AlarmsRationalise, id)
	if err != nil {
		return Rule{}, err
	}
	was, on := r.Print(), r.Enabled
	if r.Version != e.Version {
		return Rule{}, &StaleError{Now: r.Version}
	}
	if e.Name != nil {
		r.Name = strings.TrimSpace(*e.Name)
	}
	if e.Logic != nil {
		r.Logic = *e.Logic
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	other := r.Print() != was
	if other {
		r.Enabled, r.Tried = false, nil
	}
	if e.Enabled != nil {
		r.Enabled = *e.Enabled
	}
	if r.Enabled && (!on || other) && r.Tried == nil && !e.Anyway {
		return Rule{}, &UntriedError{Rule: r.ID}
	}
	r.ChangedBy = by.Name
	facts := r.facts()
	if r.Enabled && r.Tried == nil {
		facts["untried"] = "true"
	}
	return d.told(d.Store.Save(ctx, r, other || r.Enabled && !on, audit.By(by, r.Station, "rule.change", "rule:"+r.ID, facts)))
}

// Remove removes a rule; its alarms stay as they are.
func (d *Desk) Remove(ctx context.Context, by auth.Operator, id string, version int64) error {
	r, err := d.permitted(ctx, by, auth.AlarmsRationalise, id)
	if err != nil {
		return err
	}
	if err := d.Store.Remove(ctx, id, version, audit.By(by, r.Station, "rule.remove", "rule:"+id, r.facts())); err != nil {
		return err
	}
	_, err = d.told(r, nil)
	return err
}

func (d *Desk) told(r Rule, err error) (Rule, error) {
	if err == nil && d.Changed != nil {
		d.Changed()
	}
	return r, err
}

// shippedDocument says that a station has had the shipped rules: one that removes
// them does not get them again.
const shippedDocument = "rules"

// Ship gives a station the rules that it begins with, once.
func (d *Desk) Ship(ctx context.Context, by auth.Operator, station string) error {
	if err := by.May(auth.StationsManage, station); err != nil {
		return err
	}
	done := struct {
		Shipped bool `json:"shipped"`
	}{}
	version, err := d.Store.Setting(ctx, station, shippedDocument, &done)
	if err != nil || done.Shipped {
		return err
	}
	there, err := d.Store.Rules(ctx, []string{station})
	if err != nil {
		return err
	}
	for _, r := range Shipped() {
		if slices.ContainsFunc(there, func(x Rule) bool { return x.Code == r.Code }) {
			continue
		}
		r.ID, r.Station, r.ChangedBy = auth.NewID(), station, by.Name
		if _, err := d.Store.Add(ctx, r, audit.By(by, station, "rule.create", "rule:"+r.ID, r.facts())); err != nil {
			return fmt.Errorf("shipped rule %s: %w", r.Code, err)
		}
	}
	done.Shipped = true
	_, err = d.Store.SaveSetting(ctx, station, shippedDocument, version, done, audit.By(by, station, "rule.ship", "station:"+station, nil))
	return err
}

// HitsQuery chooses hits, newest first.
type HitsQuery struct {
	Rule     string
	Stations []string // nil: all
	Before   int64
	Limit    int
}

// RuleHit is a hit of a rule that was switched on.
type RuleHit struct {
	ID      int64      `json:"id"`
	Rule    string     `json:"rule"`
	Station string     `json:"station"`
	FoundAt time.Time  `json:"found_at"`
	Raised  *time.Time `json:"raised"` // null: under way
	Hit
}

// Hits lists the hits of a rule.
func (d *Desk) Hits(ctx context.Context, by auth.Operator, rule string, before int64, limit int) ([]RuleHit, error) {
	r, err := d.permitted(ctx, by, auth.AlarmsRead, rule)
	if err != nil {
		return nil, err
	}
	return d.Store.Found(ctx, HitsQuery{Rule: r.ID, Stations: []string{r.Station}, Before: before, Limit: limit})
}

// Try runs a rule over the past without any effect. id may be empty for one that
// is not kept yet.
func (d *Desk) Try(ctx context.Context, by auth.Operator, station, id string, l Logic, from, to time.Time) (Trial, error) {
	if err := by.May(auth.AlarmsRationalise, station); err != nil {
		return Trial{}, err
	}
	if err := by.May(auth.SignalsRead, station); err != nil {
		return Trial{}, err
	}
	if err := l.Check(); err != nil {
		return Trial{}, err
	}
	if id != "" {
		r, err := d.permitted(ctx, by, auth.AlarmsRationalise, id)
		if err != nil {
			return Trial{}, err
		}
		if r.Station != station {
			return Trial{}, &InvalidError{"rule", "belongs to another station"}
		}
	}
	return d.Trials.start(by, station, id, l, from, to)
}

// Trial returns how far a trial is.
func (d *Desk) Trial(by auth.Operator, id string) (Trial, error) {
	t, err := d.Trials.find(id)
	if err != nil {
		return Trial{}, somewhere(by, err)
	}
	return t, by.May(auth.AlarmsRationalise, t.Station)
}

// Cancel ends a trial; what it has found stays to be read.
func (d *Desk) Cancel(by auth.Operator, id string) (Trial, error) {
	t, err := d.Trial(by, id)
	if err != nil {
		return Trial{}, err
	}
	d.Trials.cancel(id)
	return d.Trials.find(t.ID)
}

// somewhere hides from those who may write rules nowhere whether a thing exists.
func somewhere(by auth.Operator, err error) error {
	if all, some := by.Stations(auth.AlarmsRationalise); !all && len(some) == 0 {
		return by.May(auth.AlarmsRationalise, auth.AllStations)
	}
	return err
}
