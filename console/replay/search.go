package replay

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/devices"
)

// searchStore finds lines of the journal and of the record.
type searchStore interface {
	// PointSignals reads what a point said, newest first.
	PointSignals(ctx context.Context, q SignalQuery) ([]intake.Line, error)
	// CardSignals reads where cards were shown, oldest first.
	CardSignals(ctx context.Context, q SignalQuery) ([]intake.Line, error)
	// TextSignals reads what was said in words, newest first.
	TextSignals(ctx context.Context, q SignalQuery) ([]intake.Line, error)
	// ActorActs reads what somebody did, oldest first.
	ActorActs(ctx context.Context, q ActQuery) ([]Act, error)
	// TextActs reads what was done in words, newest first.
	TextActs(ctx context.Context, q ActQuery) ([]Act, error)
	// CardsOf are the keyed hashes of the cards of a cardholder at some station of
	// those; ErrNotFound when there is no such person.
	CardsOf(ctx context.Context, stations []string, person string) ([]string, error)
	// During calls fn while nothing is dropped from the journal.
	During(ctx context.Context, fn func(ctx context.Context) error) error
}

// SignalQuery chooses lines of the journal; nil stations are all.
type SignalQuery struct {
	Stations []string
	Point    devices.PointID
	Cards    []string
	Terms    Terms
	From, To time.Time // of the time received; To is not included
	Past     Mark      // where the page before ended
	Limit    int
}

// ActQuery chooses entries of the record; nil stations are all.
type ActQuery struct {
	Stations []string
	Actor    string
	Terms    Terms
	From, To time.Time
	Past     Mark
	Limit    int
}

// Mark is a place in the journal or in the record; the zero value is before
// everything.
type Mark struct {
	At    int64 `json:"t,omitempty"` // microseconds
	ID    int64 `json:"i,omitempty"` // of a signal, or a change number
	Index int   `json:"x,omitempty"`
}

// Act is an entry of the record: what somebody did.
type Act struct {
	Change    int64             `json:"change"`
	Index     int               `json:"index"`
	At        time.Time         `json:"at"`
	Station   string            `json:"station"`
	Actor     string            `json:"actor"`
	ActorName string            `json:"actor_name"`
	Address   string            `json:"address"`
	Action    string            `json:"action"`
	Subject   string            `json:"subject"`
	Params    map[string]string `json:"params"`
}

// Found is a line of the journal or of the record.
type Found struct {
	At     time.Time    `json:"at"`
	Signal *intake.Line `json:"signal"`
	Act    *Act         `json:"act"`
}

// Page is part of what was found; Next is the cursor of what follows, empty at the
// end.
type Page struct {
	Items []Found `json:"items"`
	Next  string  `json:"next"`
}

// Search is what somebody looks for: what a point said, what a person did, or
// words.
type Search struct {
	Station  string
	Point    devices.PointID
	Actor    string // id of an operator
	Card     string // keyed hash of a card
	Person   string // id of a cardholder
	Q        string // words
	Only     string // with words: signals, acts, or empty for both
	From, To time.Time
	Limit    int // default 100, at most 1000
	Cursor   string
}

const (
	aWeek       = 7 * 24 * time.Hour
	longestText = 35 * 24 * time.Hour
	longestDay  = 35 * 24 * time.Hour
)

func (s *Search) bound() error {
	switch {
	case s.Limit < 0 || s.Limit > 1000:
		return &InvalidError{Field: "limit", Reason: "not between 1 and 1000"}
	case s.Limit == 0:
		s.Limit = 100
	}
	if !s.From.IsZero() && !s.To.IsZero() && !s.To.After(s.From) {
		return &InvalidError{Field: "to", Reason: "is not after from"}
	}
	s.From, s.To = s.From.UTC(), s.To.UTC()
	return nil
}

// Point returns what a point said, newest first.
func (d *Desk) Point(ctx context.Context, by auth.Operator, s Search) (Page, error) {
	stations, err := by.Scope(auth.SignalsRead, s.Station)
	if err != nil {
		return Page{}, err
	}
	if err := s.bound(); err != nil {
		return Page{}, err
	}
	if err := s.Point.Validate(); err != nil {
		return Page{}, &InvalidError{Field: "point", Reason: "is not the id of a point"}
	}
	past, err := parseCursor(s.Cursor)
	if err != nil {
		return Page{}, err
	}
	lines, err := d.Store.PointSignals(ctx, SignalQuery{Stations: stations, Point: s.Point, From: s.From, To: s.To, Past: past.Signal, Limit: s.Limit + 1})
	if err != nil {
		return Page{}, err
	}
	return merge(lines, nil, s.Limit, past, newest), nil
}

// Person returns what an operator did and where a card was shown, oldest first. An
// operator's acts take the right to read the record; a card's ways the rights to
// read the journal and to know people.
func (d *Desk) Person(ctx context.Context, by auth.Operator, s Search) (Page, error) {
	var acts, shown []string
	var err error
	if s.Actor != "" || s.Card == "" && s.Person == "" {
		if acts, err = by.Scope(auth.AuditRead, s.Station); err != nil {
			return Page{}, err
		}
	}
	if s.Card != "" || s.Person != "" {
		if shown, err = scopeOfBoth(by, s.Station, auth.SignalsRead, auth.PeopleRead); err != nil {
			return Page{}, err
		}
	}
	if err := s.bound(); err != nil {
		return Page{}, err
	}
	switch {
	case s.Actor == "" && s.Card == "" && s.Person == "":
		return Page{}, &InvalidError{Field: "actor", Reason: "name an operator, a card or a person"}
	case s.From.IsZero() || s.To.IsZero():
		return Page{}, &InvalidError{Field: "from", Reason: "from and to are needed"}
	case s.To.Sub(s.From) > longestDay:
		return Page{}, &InvalidError{Field: "to", Reason: "is more than 35 days after from"}
	case s.Card != "" && !devices.ValidCardHash(s.Card):
		return Page{}, &InvalidError{Field: "card", Reason: "is not the keyed hash of a card"}
	}
	past, err := parseCursor(s.Cursor)
	if err != nil {
		return Page{}, err
	}
	var cards []string
	if s.Person != "" {
		if cards, err = d.Store.CardsOf(ctx, shown, s.Person); err != nil {
			return Page{}, err
		}
	}
	if s.Card != "" {
		cards = append(cards, s.Card)
	}
	var lines []intake.Line
	if len(cards) > 0 {
		lines, err = d.Store.CardSignals(ctx, SignalQuery{Stations: shown, Cards: cards, From: s.From, To: s.To, Past: past.Signal, Limit: s.Limit + 1})
		if err != nil {
			return Page{}, err
		}
	}
	var done []Act
	if s.Actor != "" {
		done, err = d.Store.ActorActs(ctx, ActQuery{Stations: acts, Actor: s.Actor, From: s.From, To: s.To, Past: past.Act, Limit: s.Limit + 1})
		if err != nil {
			return Page{}, err
		}
	}
	return merge(lines, done, s.Limit, past, oldest), nil
}

// Text returns signals and acts that hold every word, or a word that begins so,
// newest first; without from and to those of the last seven days. Acts take the
// right to read the record; without it only signals are found.
func (d *Desk) Text(ctx context.Context, by auth.Operator, s Search) (Page, error) {
	var signals, acts []string
	withActs := s.Only != "signals"
	if s.Only != "acts" {
		stations, err := by.Scope(auth.SignalsRead, s.Station)
		if err != nil {
			return Page{}, err
		}
		signals = stations
	}
	if withActs {
		stations, err := by.Scope(auth.AuditRead, s.Station)
		if err != nil && s.Only == "acts" {
			return Page{}, err
		}
		acts, withActs = stations, err == nil
	}
	if err := s.bound(); err != nil {
		return Page{}, err
	}
	if s.To.IsZero() {
		s.To = d.now().UTC().Add(time.Minute)
	}
	if s.From.IsZero() {
		s.From = s.To.Add(-aWeek - time.Minute)
	}
	if s.To.Sub(s.From) > longestText {
		return Page{}, &InvalidError{Field: "from", Reason: "is more than 35 days before to"}
	}
	terms, err := ParseTerms(s.Q)
	if err != nil {
		return Page{}, err
	}
	past, err := parseCursor(s.Cursor)
	if err != nil {
		return Page{}, err
	}
	var lines []intake.Line
	if s.Only != "acts" {
		lines, err = d.Store.TextSignals(ctx, SignalQuery{Stations: signals, Terms: terms, From: s.From, To: s.To, Past: past.Signal, Limit: s.Limit + 1})
		if err != nil {
			return Page{}, err
		}
	}
	var done []Act
	if withActs {
		done, err = d.Store.TextActs(ctx, ActQuery{Stations: acts, Terms: terms, From: s.From, To: s.To, Past: past.Act, Limit: s.Limit + 1})
		if err != nil {
			return Page{}, err
		}
	}
	return merge(lines, done, s.Limit, past, newest), nil
}

// scopeOfBoth is auth.Operator.Scope where two rights are needed.
func scopeOfBoth(by auth.Operator, station string, p, q auth.Permission) ([]string, error) {
	first, err := by.Scope(p, station)
	if err != nil {
		return nil, err
	}
	second, err := by.Scope(q, station)
	switch {
	case err != nil:
		return nil, err
	case first == nil:
		return second, nil
	case second == nil:
		return first, nil
	}
	both := slices.DeleteFunc(slices.Clone(first), func(s string) bool { return !slices.Contains(second, s) })
	if len(both) == 0 {
		return nil, by.May(q, first[0])
	}
	return both, nil
}

// cursor is where a page ended in the journal and in the record.
type cursor struct {
	Signal Mark `json:"s,omitzero"`
	Act    Mark `json:"a,omitzero"`
}

func (c cursor) String() string {
	data, err := json.Marshal(c)
	if err != nil { // numbers only
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

func parseCursor(text string) (c cursor, err error) {
	if text == "" {
		return c, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return cursor{}, &InvalidError{Field: "cursor", Reason: "not one that a list gave"}
	}
	return c, nil
}

type order int

const (
	newest order = -1
	oldest order = 1
)

// merge puts two lists that are in order into one of at most limit; each may be one
// longer than that, which says that there is more.
func merge(lines []intake.Line, acts []Act, limit int, past cursor, o order) Page {
	page := Page{Items: []Found{}}
	for len(lines)+len(acts) > 0 {
		if len(page.Items) == limit {
			page.Next = past.String()
			break
		}
		first := len(acts) == 0
		if len(lines) > 0 && len(acts) > 0 {
			first = lines[0].Received.Compare(acts[0].At) != int(o)
		}
		if first {
			l := lines[0]
			page.Items = append(page.Items, Found{At: l.Received, Signal: &l})
			past.Signal = Mark{At: l.Received.UnixMicro(), ID: l.ID}
			lines = lines[1:]
			continue
		}
		a := acts[0]
		page.Items = append(page.Items, Found{At: a.At, Act: &a})
		past.Act = Mark{At: a.At.UnixMicro(), ID: a.Change, Index: a.Index}
		acts = acts[1:]
	}
	return page
}

// InvalidView says that a table was asked for that there is none of.
func invalidView(view string) error {
	return &InvalidError{Field: "view", Reason: fmt.Sprintf("%.20q is none of point, person and text", view)}
}
