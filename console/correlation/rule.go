// Package correlation finds what several signals together mean: three refusals
// of one card, a forced door and motion behind it. Rules are data of a station.
//
//	rule.go    the language of rules
//	engine.go  one rule over the journal, pure
//	worker.go  all rules over the journal as it grows, once each
//	trial.go   one rule over the past, before it is switched on
//	desk.go    reading and changing rules
//	shipped.go rules that every station begins with
package correlation

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/devices"
)

// Pattern of a rule.
type Pattern string

// The patterns.
const (
	Count    Pattern = "count"    // so many signals of one group within the time
	Sequence Pattern = "sequence" // one signal, then another, in one group within the time
)

// Grouping says which signals belong together.
type Grouping string

// The groupings. Signals for which it is unknown belong to no group.
const (
	ByPoint   Grouping = "point" // a door is a point
	ByDevice  Grouping = "device"
	ByArea    Grouping = "area"
	ByStation Grouping = "station"
	ByDetail  Grouping = "detail" // the value of a detail field, such as card
)

// SignalMatch chooses signals. Empty fields choose everything but kinds, of which
// one must fit. Detail fields must all be equal.
type SignalMatch struct {
	Kinds      []devices.Kind    `json:"kinds" minItems:"1" maxItems:"20"`
	Points     []devices.PointID `json:"points,omitempty" maxItems:"200"`
	Areas      []string          `json:"areas,omitempty" maxItems:"100"`
	Categories []string          `json:"categories,omitempty" maxItems:"20"`
	Detail     map[string]string `json:"detail,omitempty"`
	Restores   bool              `json:"restores,omitempty" doc:"The ends of conditions instead of their beginnings"`
}

// Do is what a hit leads to.
type Do string

// What a hit may lead to.
const (
	Alarm Do = "alarm" // an alarm of its own
	Raise Do = "raise" // the open alarms of its signals get the priority, when it is graver
)

// RuleOutcome is what a hit leads to.
type RuleOutcome struct {
	Do       Do     `json:"do" enum:"alarm,raise"`
	Priority int    `json:"priority" minimum:"1" maximum:"4"`
	Text     string `json:"text" maxLength:"4000"`
}

// Logic is the part of a rule that decides.
type Logic struct {
	Pattern Pattern      `json:"pattern" enum:"count,sequence"`
	Match   SignalMatch  `json:"match"`
	Then    *SignalMatch `json:"second,omitempty" doc:"The second signal of a sequence"`
	Count   int          `json:"count,omitempty"`
	Within  int          `json:"within" minimum:"1" doc:"Seconds, by the time observed"`
	By      Grouping     `json:"by" enum:"point,device,area,station,detail"`
	Field   string       `json:"field,omitempty" maxLength:"64" doc:"The detail field of by detail; card counts each card by itself, whatever digits are shown of it"`
	// AnyOrder lets the second signal of a sequence come first.
	AnyOrder bool        `json:"any_order,omitempty"`
	Outcome  RuleOutcome `json:"outcome"`
}

// Rule is a rule of a station.
type Rule struct {
	ID      string `json:"id"`
	Station string `json:"station"`
	Code    string `json:"code"` // part of the kind of its alarms; never changes
	Name    string `json:"name"`
	Enabled bool   `json:"enabled"`
	Logic
	Tried     *Tried    `json:"tried"` // of this very logic; null: not yet
	Hits      int64     `json:"hits"`
	LastHit   time.Time `json:"last_hit"`
	ChangedAt time.Time `json:"changed_at"`
	ChangedBy string    `json:"changed_by"`
	Version   int64     `json:"version"`

	Since int64 `json:"-"` // id of the last signal before it counted
}

// Tried says how a rule fared over the past.
type Tried struct {
	At    time.Time `json:"at"`
	By    string    `json:"by"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
	Hits  int       `json:"hits"`
	Print string    `json:"print"` // of the logic that was tried
}

// Bounds of rules.
const (
	MostRules     = 200 // of a station
	mostCount     = 100
	longestWithin = 4 * 3600
	longestText   = 1000
	longestName   = 200
	LongestCode   = 40
)

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// Check reports the first thing that is wrong with l.
func (l *Logic) Check() error {
	if err := l.Match.check("match"); err != nil {
		return err
	}
	switch l.Pattern {
	case Count:
		if l.Count < 2 || l.Count > mostCount {
			return &InvalidError{"count", fmt.Sprintf("not between 2 and %d", mostCount)}
		}
		if l.Then != nil || l.AnyOrder {
			return &InvalidError{"second", "belongs to a sequence"}
		}
	case Sequence:
		if l.Then == nil {
			return &InvalidError{"second", "missing: a sequence has two signals"}
		}
		if l.Count != 0 {
			return &InvalidError{"count", "belongs to counting"}
		}
		if err := l.Then.check("second"); err != nil {
			return err
		}
	default:
		return &InvalidError{"pattern", "count or sequence"}
	}
	return l.checkRest()
}

func (l *Logic) checkRest() error {
	switch {
	case l.Within < 1 || l.Within > longestWithin:
		return &InvalidError{"within", fmt.Sprintf("not between 1 and %d seconds", longestWithin)}
	case !slices.Contains([]Grouping{ByPoint, ByDevice, ByArea, ByStation, ByDetail}, l.By):
		return &InvalidError{"by", "one of point, device, area, station, detail"}
	case (l.By == ByDetail) != (l.Field != ""):
		return &InvalidError{"field", "names the detail field, with by detail only"}
	case l.Field != "" && !devices.ValidID(l.Field):
		return &InvalidError{"field", "is no name of a detail field"}
	case l.Outcome.Do != Alarm && l.Outcome.Do != Raise:
		return &InvalidError{"outcome.do", "alarm or raise"}
	case l.Outcome.Priority < 1 || l.Outcome.Priority > 4:
		return &InvalidError{"outcome.priority", "1 to 4"}
	case !plain(l.Outcome.Text, longestText):
		return &InvalidError{"outcome.text", fmt.Sprintf("plain text of at most %d characters", longestText)}
	}
	return nil
}

func (m *SignalMatch) check(field string) error {
	if len(m.Kinds) == 0 || len(m.Kinds) > 20 {
		return &InvalidError{field + ".kinds", "between 1 and 20"}
	}
	for _, k := range m.Kinds {
		if _, _, rule := k.Rule(); rule {
			return &InvalidError{field + ".kinds", "a rule does not look at what rules say"}
		}
		if !k.Known() {
			return &InvalidError{field + ".kinds", fmt.Sprintf("%.64q is no kind of signal", k)}
		}
	}
	if len(m.Points) > 200 || len(m.Areas) > 100 || len(m.Categories) > 20 || len(m.Detail) > 10 {
		return &InvalidError{field, "at most 200 points, 100 areas, 20 categories and 10 detail fields"}
	}
	for _, p := range m.Points {
		if p.Validate() != nil {
			return &InvalidError{field + ".points", fmt.Sprintf("%.200q is no point", p)}
		}
	}
	for name, value := range m.Detail {
		if !devices.ValidID(name) || !plain(value, 200) {
			return &InvalidError{field + ".detail", fmt.Sprintf("%.64q is no name of a detail field, or its value is no plain text", name)}
		}
	}
	for _, list := range [][]string{m.Areas, m.Categories} {
		for _, id := range list {
			if !plain(id, 200) || id == "" {
				return &InvalidError{field, "an area or category is empty or no plain text"}
			}
		}
	}
	return nil
}

func plain(s string, most int) bool {
	return utf8.ValidString(s) && !strings.ContainsRune(s, 0) && utf8.RuneCountInString(s) <= most
}

// fits reports whether s is one of those that m chooses.
func (m *SignalMatch) fits(s *Signal) bool {
	if s.Active == m.Restores || !slices.Contains(m.Kinds, s.Kind) {
		return false
	}
	if len(m.Points) > 0 && !slices.Contains(m.Points, s.Point) || len(m.Areas) > 0 && !slices.Contains(m.Areas, s.Area) ||
		len(m.Categories) > 0 && !slices.Contains(m.Categories, s.Category) {
		return false
	}
	for name, value := range m.Detail {
		if s.Detail[name] != value {
			return false
		}
	}
	return true
}

// group is the name of the group that s belongs to; empty: none.
func (l *Logic) group(s *Signal) string {
	switch l.By {
	case ByPoint:
		return string(s.Point)
	case ByDevice:
		return s.Point.Gateway() + "/" + s.Point.Device()
	case ByArea:
		return s.Area
	case ByStation:
		return s.Station
	case ByDetail:
		if hash := s.Detail[devices.CardHashDetail]; l.Field == cardField && hash != "" {
			return hash
		}
		return s.Detail[l.Field]
	}
	return ""
}

// cardField is what is shown of a card: its last digits, which many cards share.
// A rule by card therefore counts by the keyed hash, wherever a signal has one.
const cardField = "card"

// Kinds lists the kinds that l looks at, sorted.
func (l *Logic) Kinds() []devices.Kind {
	kinds := slices.Clone(l.Match.Kinds)
	if l.Then != nil {
		kinds = append(kinds, l.Then.Kinds...)
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// Print names the logic by what it finds: the words and the grade of the outcome
// change no hit.
func (l *Logic) Print() string {
	found := *l
	found.Outcome = RuleOutcome{}
	data, err := json.Marshal(found) // maps are written in order
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// Kind is the kind of the alarms of r.
func (r *Rule) Kind() devices.Kind { return devices.RuleKind(r.Outcome.Priority, r.Code) }

// codeOf makes a code from a name, different from those that are taken.
func codeOf(name string, taken map[string]bool) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= LongestCode-4 {
			break
		}
	}
	base := strings.Trim(b.String(), "-")
	if base == "" {
		base = "rule"
	}
	code := base
	for n := 2; taken[code]; n++ {
		code = fmt.Sprintf("%s-%d", base, n)
	}
	return code
}
