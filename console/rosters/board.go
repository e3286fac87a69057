package rosters

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"guardroom/console/auth"
	"guardroom/rosters"
)

// A board is a draft as it is judged, at the versions that it names. It is worked
// out from what is kept and may be forgotten at any time.
type board struct {
	mu      sync.Mutex // the judge is for one at a time
	draft   int64      // version
	numbers Numbers
	terms   *terms
	judge   *rosters.Judge
}

// How far duties beyond a period are read, and what fairness remembers.
const (
	reachBack    = 35  // days
	reachForward = 8   // days
	remembered   = 119 // days: 17 weeks
	mostBoards   = 12
)

// judged gives a draft's board, judged anew when it is not at the draft's version.
func (d *Desk) judged(ctx context.Context, r reads, draft Draft) (*board, error) {
	d.mu.Lock()
	b := d.boards[draft.ID]
	if b == nil {
		b = &board{}
		d.boards[draft.ID] = b
		d.forget(b)
	}
	d.mu.Unlock()
	b.mu.Lock()
	err := d.refresh(ctx, r, draft, b)
	if err != nil {
		b.mu.Unlock()
		return nil, err
	}
	return b, nil // locked
}

// forget leaves out the boards that were made first, but keep.
func (d *Desk) forget(keep *board) {
	for id, b := range d.boards {
		if len(d.boards) <= mostBoards {
			return
		}
		if b != keep {
			delete(d.boards, id)
		}
	}
}

func (d *Desk) refresh(ctx context.Context, r reads, draft Draft, b *board) error {
	n, err := r.Numbers(ctx, draft.Station)
	if err != nil {
		return err
	}
	if b.judge != nil && b.draft == draft.Version && b.numbers == n {
		return nil
	}
	t, err := d.read(ctx, r, draft.Station)
	if err != nil {
		return err
	}
	cells, err := r.Cells(ctx, draft.ID)
	if err != nil {
		return err
	}
	plan, err := d.plan(ctx, r, t, draft.From, draft.Until, assignments(cells))
	if err != nil {
		return err
	}
	plan.Demands = append(plan.Demands, draft.Demands...)
	plan.Approvals = draft.Approvals
	judge, err := rosters.NewJudge(&t.station, plan)
	if err != nil {
		return fmt.Errorf("judge draft %s: %w", draft.ID, err)
	}
	b.judge, b.terms, b.draft, b.numbers = judge, t, draft.Version, n
	return nil
}

// plan puts the duties of a period between those in force before and after it.
func (d *Desk) plan(ctx context.Context, r reads, t *terms, from, until rosters.Date, given []rosters.Assignment) (*rosters.Plan, error) {
	station := t.station.ID
	p := &rosters.Plan{From: from, Until: until, Since: from.Add(-reachBack), Beyond: until.Add(reachForward), Assignments: given, Demands: t.station.Standing(from, until)}
	for _, around := range [][2]rosters.Date{{p.Since, from.Add(-1)}, {until.Add(1), p.Beyond}} {
		more, err := r.Published(ctx, station, around[0], around[1])
		if err != nil {
			return nil, err
		}
		p.Assignments = append(p.Assignments, more...)
	}
	known := map[string]bool{}
	for i := range t.station.Officers {
		known[t.station.Officers[i].ID] = true
	}
	p.Assignments = slices.DeleteFunc(p.Assignments, func(a rosters.Assignment) bool {
		return !known[a.Officer] || t.station.ShiftType(a.Shift) == nil || a.Post != "" && t.station.Post(a.Post) == nil
	})
	slices.SortFunc(p.Assignments, rosters.Assignment.Order)
	var err error
	if p.Leave, p.Requests, err = absences(ctx, r, station, p.Since, p.Beyond); err != nil {
		return nil, err
	}
	p.Leave = slices.DeleteFunc(p.Leave, func(l rosters.Leave) bool { return !known[l.Officer] })
	p.Requests = slices.DeleteFunc(p.Requests, func(l rosters.Request) bool { return !known[l.Officer] })
	p.Before, err = d.before(ctx, r, t, from)
	return p, err
}

// before is what officers have had in the weeks before a period, for fairness.
func (d *Desk) before(ctx context.Context, r reads, t *terms, from rosters.Date) (map[string]rosters.Tally, error) {
	given, err := r.Published(ctx, t.station.ID, from.Add(-remembered), from.Add(-1))
	if err != nil || len(given) == 0 {
		return nil, err
	}
	given = slices.DeleteFunc(given, func(a rosters.Assignment) bool {
		return t.people[a.Officer] == nil || t.station.ShiftType(a.Shift) == nil || a.Post != "" && t.station.Post(a.Post) == nil
	})
	bare := t.station
	bare.Rules = nil // only what was worked is asked
	first := from.Add(-remembered)
	for _, a := range given {
		first = max(first, min(a.Date, from.Add(-1)))
		break
	}
	judge, err := rosters.NewJudge(&bare, &rosters.Plan{From: first, Until: from.Add(-1), Assignments: given})
	if err != nil {
		return nil, fmt.Errorf("count what was worked before %s: %w", from, err)
	}
	return judge.Tallies(), nil
}

// follow takes an edit into the board, when the board stands right before it, and
// else judges anew; then there is no delta. With a delta come the tallies of those
// whose cells changed.
func (d *Desk) follow(ctx context.Context, draft Draft, changes []rosters.Change) (rosters.Score, *rosters.Delta, map[string]rosters.Tally, error) {
	d.mu.Lock()
	b := d.boards[draft.ID]
	d.mu.Unlock()
	if b != nil {
		b.mu.Lock()
		n, err := d.o.Store.Numbers(ctx, draft.Station)
		if err == nil && b.judge != nil && b.draft == draft.Version-1 && b.numbers == n {
			delta, err := b.judge.Change(changes...)
			if err != nil {
				b.judge = nil
				b.mu.Unlock()
				return rosters.Score{}, nil, nil, err
			}
			b.draft = draft.Version
			tallies := make(map[string]rosters.Tally, len(changes))
			for _, c := range changes {
				tallies[c.Officer] = b.judge.Tally(c.Officer)
			}
			b.mu.Unlock()
			return delta.Score, &delta, tallies, nil
		}
		b.mu.Unlock()
	}
	now, err := d.o.Store.Draft(ctx, draft.Station, draft.ID) // somebody may have been quicker
	if err != nil {
		return rosters.Score{}, nil, nil, err
	}
	b, err = d.judged(ctx, d.o.Store, now)
	if err != nil {
		return rosters.Score{}, nil, nil, err
	}
	defer b.mu.Unlock()
	return b.judge.Score(), nil, nil, nil
}

// Board is a draft, or the roster in force, with all that a screen shows of it.
type Board struct {
	Numbers

	Draft    *Draft                   `json:"draft"` // nil: the roster in force
	From     rosters.Date             `json:"from"`
	Until    rosters.Date             `json:"until"`
	Cells    []Cell                   `json:"cells"`
	Around   []rosters.Assignment     `json:"around"` // in force before and after, as far as rules reach
	Demands  []rosters.Demand         `json:"demands"`
	Leave    []rosters.Leave          `json:"leave"`
	Requests []rosters.Request        `json:"requests"`
	Problems []rosters.Violation      `json:"problems"`
	Score    rosters.Score            `json:"score"`
	Tallies  map[string]rosters.Tally `json:"tallies"`
}

// Board gives a draft as it is now, judged.
func (d *Desk) Board(ctx context.Context, by auth.Operator, station, id string) (Board, error) {
	if err := mayDraft(by, station); err != nil {
		return Board{}, err
	}
	for range 3 {
		draft, err := d.o.Store.Draft(ctx, station, id)
		if err != nil {
			return Board{}, err
		}
		cells, err := d.o.Store.Cells(ctx, id)
		if err != nil {
			return Board{}, err
		}
		b, err := d.judged(ctx, d.o.Store, draft)
		if err != nil {
			return Board{}, err
		}
		shown := d.shown(by, b, cells)
		b.mu.Unlock()
		again, err := d.o.Store.Draft(ctx, station, id)
		if err != nil {
			return Board{}, err
		}
		if again.Version == draft.Version {
			shown.Draft = &draft
			return shown, nil
		} // an edit came between; cells and problems must belong together
	}
	return Board{}, &ConflictError{Reason: "busy", Text: "the draft is being edited; try again"}
}

func (d *Desk) shown(by auth.Operator, b *board, cells []Cell) Board {
	p := b.judge.Plan()
	v := Board{
		Numbers: b.numbers, From: p.From, Until: p.Until, Cells: cells, Demands: p.Demands, Leave: p.Leave, Requests: p.Requests,
		Problems: b.judge.Violations(), Score: b.judge.Score(), Tallies: b.judge.Tallies(), Around: []rosters.Assignment{},
	}
	for _, a := range p.Assignments {
		if !p.Inside(a.Date) {
			v.Around = append(v.Around, a)
		}
	}
	v.Problems = d.veil(by, b.terms.station.ID, v.Problems)
	if by.May(auth.RostersMedical, b.terms.station.ID) != nil {
		v.Leave = veiledLeave(v.Leave)
	}
	return v
}

// InForce gives the published roster of a period. Problems are for those who plan.
func (d *Desk) InForce(ctx context.Context, by auth.Operator, station string, from, until rosters.Date) (Board, error) {
	if err := by.May(auth.RostersRead, station); err != nil {
		return Board{}, err
	}
	if err := spanned(from, until); err != nil {
		return Board{}, err
	}
	b, given, err := d.inForce(ctx, d.o.Store, station, from, until)
	if err != nil {
		return Board{}, err
	}
	shown := d.shown(by, b, cellsOf(given, 0))
	if mayDraft(by, station) != nil {
		shown.Problems, shown.Requests, shown.Tallies = []rosters.Violation{}, []rosters.Request{}, map[string]rosters.Tally{}
	}
	return shown, nil
}

// inForce judges the roster in force.
func (d *Desk) inForce(ctx context.Context, r reads, station string, from, until rosters.Date) (*board, []rosters.Assignment, error) {
	t, err := d.read(ctx, r, station)
	if err != nil {
		return nil, nil, err
	}
	given, err := r.Published(ctx, station, from, until)
	if err != nil {
		return nil, nil, err
	}
	plan, err := d.plan(ctx, r, t, from, until, slices.Clone(given))
	if err != nil {
		return nil, nil, err
	}
	judge, err := rosters.NewJudge(&t.station, plan)
	if err != nil {
		return nil, nil, fmt.Errorf("judge the roster of station %s: %w", station, err)
	}
	return &board{judge: judge, terms: t, numbers: t.register.Numbers}, given, nil
}

// Fixes of one problem: those that make nothing else wrong, and those that cost
// requests only.
type Fixes struct {
	Fixes       []rosters.Fix `json:"fixes"`
	Compromises []rosters.Fix `json:"compromises"`
}

// Fixes asks for ways out of a problem of a draft.
func (d *Desk) Fixes(ctx context.Context, by auth.Operator, station, id, key string) (Fixes, error) {
	b, err := d.open(ctx, by, station, id)
	if err != nil {
		return Fixes{}, err
	}
	defer b.mu.Unlock()
	f := Fixes{Fixes: b.judge.Fixes(key, 8)}
	if len(f.Fixes) < 3 {
		f.Compromises = b.judge.Compromises(key, 4)
	}
	for i := range f.Compromises {
		f.Compromises[i].Leaves = d.veil(by, station, f.Compromises[i].Leaves)
	}
	return f, nil
}

// Who lists everybody for a place: those who are free and allowed first.
func (d *Desk) Who(ctx context.Context, by auth.Operator, station, id string, place rosters.Demand) ([]rosters.Candidate, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	if err := place.Validate(); err != nil {
		return nil, err
	}
	b, err := d.open(ctx, by, station, id)
	if err != nil {
		return nil, err
	}
	defer b.mu.Unlock()
	list, err := b.judge.Who(place)
	for i := range list {
		c := &list[i]
		c.Stopped, c.Breaks, c.Costs = d.veil(by, station, c.Stopped), d.veil(by, station, c.Breaks), d.veil(by, station, c.Costs)
	}
	return list, err
}

// open gives the locked board of a draft to somebody who may plan.
func (d *Desk) open(ctx context.Context, by auth.Operator, station, id string) (*board, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	draft, err := d.o.Store.Draft(ctx, station, id)
	if err != nil {
		return nil, err
	}
	return d.judged(ctx, d.o.Store, draft)
}

// absences reads leave and requests that touch a period.
func absences(ctx context.Context, r reads, station string, from, until rosters.Date) (leave []rosters.Leave, wishes []rosters.Request, err error) {
	records, err := r.Records(ctx, station, Filter{Kinds: []Kind{Leaves, Requests}, From: from, Until: until})
	if err != nil {
		return nil, nil, err
	}
	for _, rec := range records {
		if rec.Kind == Leaves {
			var l rosters.Leave
			err = json.Unmarshal(rec.Body, &l)
			leave = append(leave, l)
		} else {
			var q rosters.Request
			err = json.Unmarshal(rec.Body, &q)
			wishes = append(wishes, q)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s %s: %w", rec.Kind, rec.ID, err)
		}
	}
	return leave, wishes, nil
}

// Absent is the kind of leave that those see who may not know of sickness.
const Absent rosters.LeaveKind = "absent"

func veiledLeave(list []rosters.Leave) []rosters.Leave {
	veiled := slices.Clone(list)
	for i := range veiled {
		if veiled[i].Kind == rosters.SickLeave {
			veiled[i].Kind, veiled[i].Note = Absent, ""
		}
	}
	return veiled
}

// veil hides sickness from those who may not know of it.
func (d *Desk) veil(by auth.Operator, station string, list []rosters.Violation) []rosters.Violation {
	if by.May(auth.RostersMedical, station) == nil {
		return list
	}
	return veiled(list)
}

func veiled(list []rosters.Violation) []rosters.Violation {
	hidden := slices.Clone(list)
	for i := range hidden {
		if v := &hidden[i]; v.Detail == string(rosters.SickLeave) {
			v.Detail, v.Key = string(Absent), strings.Replace(v.Key, "|"+v.Detail+"|", "|"+string(Absent)+"|", 1)
		}
	}
	return hidden
}
