package watch

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
)

// The names of a station's documents.
const (
	keepingSetting    = "watch"
	escalationSetting = "escalation"
)

// Keeping is how a station wants its watch kept.
type Keeping struct {
	Prompt        bool `json:"prompt"`         // desks are asked when no key is pressed
	IdleMinutes   int  `json:"idle_minutes"`   // without a key, until they are asked
	AnswerMinutes int  `json:"answer_minutes"` // until it goes to the supervisor
	Staffed       bool `json:"staffed"`        // the station must be manned: an empty watch is an alarm after AnswerMinutes
	PackMinutes   int  `json:"pack_minutes"`   // between two fallback packs; 0: none
}

// DefaultKeeping is the choice of a station that has made none.
func DefaultKeeping() Keeping {
	return Keeping{Prompt: true, IdleMinutes: 30, AnswerMinutes: 2, PackMinutes: 60}
}

// Validate reports the first field that makes k unusable.
func (k Keeping) Validate() error {
	for _, f := range []struct {
		name               string
		value, least, most int
	}{{"idle_minutes", k.IdleMinutes, 1, 240}, {"answer_minutes", k.AnswerMinutes, 1, 30}} {
		if f.value < f.least || f.value > f.most {
			return &InvalidError{Field: f.name, Reason: fmt.Sprintf("not between %d and %d", f.least, f.most)}
		}
	}
	if k.PackMinutes != 0 && (k.PackMinutes < 5 || k.PackMinutes > 24*60) {
		return &InvalidError{Field: "pack_minutes", Reason: "neither 0 nor between 5 and 1440"}
	}
	return nil
}

func (k Keeping) idle() time.Duration   { return time.Duration(k.IdleMinutes) * time.Minute }
func (k Keeping) answer() time.Duration { return time.Duration(k.AnswerMinutes) * time.Minute }
func (k Keeping) pack() time.Duration   { return time.Duration(k.PackMinutes) * time.Minute }

func (d *Desk) readKeepings(ctx context.Context) (map[string]Keeping, error) {
	all := map[string]Keeping{}
	err := d.o.Store.EachSetting(ctx, keepingSetting, func(station string, _ int64, data []byte) error {
		k := DefaultKeeping()
		if json.Unmarshal(data, &k) != nil || k.Validate() != nil {
			k = DefaultKeeping() // a document that cannot be read must not leave a watch unkept
		}
		all[station] = k
		return nil
	})
	return all, err
}

// keepingOf is how a station wants its watch kept; d.mu is held.
func (d *Desk) keepingOf(station string) Keeping {
	if k, chosen := d.keepings[station]; chosen {
		return k
	}
	return DefaultKeeping()
}

// Upward is where unanswered alarms go, by priority ("1" to "4"), step by step.
type Upward map[string][]UpwardStep

// UpwardStep is one step.
type UpwardStep struct {
	After int    `json:"after"` // seconds since the alarm asked
	To    string `json:"to"`    // supervisor, delivery, duty_chief
}

// upward and policy are the same steps for screens and for alarms.
func upward(e alarms.Escalation) Upward {
	u := Upward{}
	for priority, steps := range e {
		list := []UpwardStep{}
		for _, s := range steps {
			list = append(list, UpwardStep{s.After, s.To})
		}
		u[strconv.Itoa(priority)] = list
	}
	return u
}

func (u Upward) policy() (alarms.Escalation, error) {
	e := alarms.Escalation{}
	for name, steps := range u {
		priority, err := strconv.Atoi(name)
		if err != nil {
			return nil, &InvalidError{Field: "escalation", Reason: fmt.Sprintf("%.10q is no priority", name)}
		}
		e[priority] = nil // one without steps is judged too
		for _, s := range steps {
			if !slices.Contains([]string{ToSupervisor, ToDelivery, ToDutyChief, ToDivision}, s.To) {
				return nil, &InvalidError{Field: "escalation", Reason: fmt.Sprintf("%.40q is nobody to go to", s.To)}
			}
			e[priority] = append(e[priority], alarms.EscalationStep{After: s.After, To: s.To})
		}
	}
	if len(e[1]) == 0 {
		return nil, &InvalidError{Field: "escalation.1", Reason: "an alarm of priority 1 goes up to somebody"}
	}
	return e, e.Validate()
}

// Choices are a station's choices, each with the version that a change must name.
type Choices struct {
	Station           string  `json:"station"`
	Keeping           Keeping `json:"keeping"`
	KeepingVersion    int64   `json:"keeping_version"`
	Escalation        Upward  `json:"escalation"`
	EscalationVersion int64   `json:"escalation_version"`
}

// Settings returns a station's choices.
func (d *Desk) Settings(ctx context.Context, by auth.Operator, station string) (Choices, error) {
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return Choices{}, err
	}
	s := Choices{Station: station, Keeping: DefaultKeeping(), Escalation: upward(alarms.DefaultEscalation())}
	var err error
	if s.KeepingVersion, err = d.o.Store.Setting(ctx, station, keepingSetting, &s.Keeping); err != nil {
		return Choices{}, err
	}
	chosen := alarms.Escalation{}
	if s.EscalationVersion, err = d.o.Store.Setting(ctx, station, escalationSetting, &chosen); err != nil {
		return Choices{}, err
	}
	if s.EscalationVersion > 0 {
		s.Escalation = upward(chosen)
	}
	return s, nil
}

// SaveKeeping changes how the watch of a station is kept.
func (d *Desk) SaveKeeping(ctx context.Context, by auth.Operator, station string, seen int64, k Keeping) (Choices, error) {
	if err := by.May(auth.WatchManage, station); err != nil {
		return Choices{}, err
	}
	if err := k.Validate(); err != nil {
		return Choices{}, err
	}
	e := audit.By(by, station, "watch.keeping", "station:"+station, map[string]string{
		"prompt": strconv.FormatBool(k.Prompt), "idle_minutes": strconv.Itoa(k.IdleMinutes), "answer_minutes": strconv.Itoa(k.AnswerMinutes),
		"staffed": strconv.FormatBool(k.Staffed), "pack_minutes": strconv.Itoa(k.PackMinutes),
	})
	if _, err := d.o.Store.SaveSetting(ctx, station, keepingSetting, seen, k, e); err != nil {
		return Choices{}, err
	}
	d.poke()
	return d.Settings(ctx, by, station)
}

// SaveEscalation changes where and when unanswered alarms of a station go.
func (d *Desk) SaveEscalation(ctx context.Context, by auth.Operator, station string, seen int64, u Upward) (Choices, error) {
	if err := by.May(auth.WatchManage, station); err != nil {
		return Choices{}, err
	}
	e, err := u.policy()
	if err != nil {
		return Choices{}, err
	}
	words, err := json.Marshal(e)
	if err != nil {
		return Choices{}, err
	}
	entry := audit.By(by, station, "watch.escalation", "station:"+station, map[string]string{"escalation": string(words)})
	if _, err := d.o.Store.SaveSetting(ctx, station, escalationSetting, seen, e, entry); err != nil {
		return Choices{}, err
	}
	if err := d.o.Renewed(ctx); err != nil {
		d.o.Log.Warn("watch: the new escalation is used a little later", "station", station, "err", err)
	}
	return d.Settings(ctx, by, station)
}
