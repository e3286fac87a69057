package rosters

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/rosters"
	"guardroom/rosters/planner"
)

// JobState is how far the planner has come.
type JobState string

// The states of a job.
const (
	Idle    JobState = "idle" // there is no job
	Running JobState = "running"
	Ready   JobState = "ready" // it has ended; its plan waits to be kept or dropped
	Failed  JobState = "failed"
)

// Planning is a job of the planner as screens show it.
type Planning struct {
	ID        string    `json:"id"` // the draft's
	Station   string    `json:"station"`
	State     JobState  `json:"state"`
	By        string    `json:"by"`
	StartedAt time.Time `json:"started_at"`
	Seconds   int       `json:"seconds"` // that it may take
	Seed      uint64    `json:"seed"`
	Version   int64     `json:"version"` // of the draft that it began with
	// Curve is what it had found, by time; thinned out to 240 points.
	Curve   []Point       `json:"curve"`
	Score   rosters.Score `json:"score"` // of its plan, when it has ended
	Before  rosters.Score `json:"before"`
	Bound   int           `json:"bound"` // no plan that keeps the mandatory rules costs less
	Changed int           `json:"changed"`
	Reason  string        `json:"reason"` // why it failed
}

// A Point of the curve.
type Point struct {
	Ms        int64 `json:"ms"`
	Mandatory int   `json:"mandatory"`
	Penalty   int   `json:"penalty"`
	Bound     int   `json:"bound"`
}

// job is a running planner, or one whose plan waits. It is kept in memory: what is
// not yet kept in the draft is gone with the console.
type job struct {
	mu     sync.Mutex
	shown  Planning
	cancel context.CancelFunc
	done   chan struct{}
	cells  []Cell // that the plan changes, with the versions that it began with
}

// PlanWish is what is asked of the planner.
type PlanWish struct {
	Seconds int          // 1 to 600
	Seed    uint64       // the same seed and draft give the same search
	Open    rosters.Date // the first day that it may change; none: all
	Keep    bool         // it may fill only, what is given stays
	Gentle  bool         // changes to what is published cost
}

const mostPoints = 240

// Plan begins to plan a draft. One planner works at a station at a time, and two in
// the console.
func (d *Desk) Plan(ctx context.Context, by auth.Operator, station, id string, w PlanWish) (Planning, error) {
	if err := mayDraft(by, station); err != nil {
		return Planning{}, err
	}
	if w.Seconds < 1 || w.Seconds > 600 {
		return Planning{}, &InvalidError{Field: "seconds", Reason: "1 to 600"}
	}
	draft, err := d.o.Store.Draft(ctx, station, id)
	switch {
	case err != nil:
		return Planning{}, err
	case draft.State != Open:
		return Planning{}, &ConflictError{Reason: "draft_closed", Text: "this draft is " + string(draft.State)}
	case draft.Unit != "":
		return Planning{}, &ConflictError{Reason: "unit", Text: "the planner works on drafts of the whole station"}
	}
	problem, score, cells, err := d.problem(ctx, draft, w)
	if err != nil {
		return Planning{}, err
	}
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Duration(w.Seconds)*time.Second+30*time.Second)
	j := &job{cancel: cancel, done: make(chan struct{}), shown: Planning{
		ID: id, Station: station, State: Running, By: by.Name, StartedAt: d.o.Now().UTC(), Seconds: w.Seconds, Seed: w.Seed, Version: draft.Version, Before: score, Curve: []Point{},
	}}
	if err := d.admit(j); err != nil {
		cancel()
		return Planning{}, err
	}
	go d.solve(work, j, problem, cells, w)
	return j.view(), nil
}

// problem is a draft as the planner takes it, with the cells that it begins with.
func (d *Desk) problem(ctx context.Context, draft Draft, w PlanWish) (planner.Problem, rosters.Score, []Cell, error) {
	b, err := d.judged(ctx, d.o.Store, draft)
	if err != nil {
		return planner.Problem{}, rosters.Score{}, nil, err
	}
	plan, score, t := b.judge.Plan(), b.judge.Score(), b.terms
	b.mu.Unlock()
	cells, err := d.o.Store.Cells(ctx, draft.ID)
	if err != nil {
		return planner.Problem{}, score, nil, err
	}
	p := planner.For(&t.station, &plan)
	p.Open, p.Keep = w.Open, w.Keep
	if w.Gentle {
		if p.Published, err = d.o.Store.Published(ctx, draft.Station, draft.From, draft.Until); err != nil {
			return p, score, nil, err
		}
		p.Change = 30
	}
	return p, score, cells, nil
}

// admit makes j the station's job, in place of one that has ended.
func (d *Desk) admit(j *job) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	running := 0
	for station, other := range d.jobs {
		if other.view().State != Running {
			continue
		}
		running++
		if station == j.shown.Station || running >= 2 {
			return &ConflictError{Reason: "planner_busy", Text: "the planner is at work", Params: map[string]any{"draft": other.shown.ID, "by": other.shown.By}}
		}
	}
	d.jobs[j.shown.Station] = j
	return nil
}

func (j *job) view() Planning {
	j.mu.Lock()
	defer j.mu.Unlock()
	v := j.shown
	v.Curve = slices.Clone(v.Curve)
	return v
}

func (d *Desk) solve(ctx context.Context, j *job, problem planner.Problem, cells []Cell, w PlanWish) {
	defer close(j.done)
	defer j.cancel()
	progress := make(chan planner.Progress, 64)
	read := make(chan struct{})
	go func() {
		defer close(read)
		for p := range progress {
			if j.note(p) {
				d.show(j, false)
			}
		}
	}()
	result, err := planner.Solve(ctx, problem, planner.Options{Time: time.Duration(w.Seconds) * time.Second, Seed: w.Seed, Workers: d.o.Workers, Progress: progress})
	close(progress)
	<-read
	j.mu.Lock()
	if err != nil && !errors.Is(err, context.Canceled) {
		j.shown.State, j.shown.Reason = Failed, err.Error()
	} else {
		j.cells = differing(cells, result.Plan)
		j.shown.State, j.shown.Score, j.shown.Bound, j.shown.Changed = Ready, result.Score, result.Bound, len(j.cells)
		j.shown.Curve = append(j.shown.Curve, Point{Ms: result.Elapsed.Milliseconds(), Mandatory: result.Score.Mandatory, Penalty: result.Penalty, Bound: result.Bound})
	}
	j.mu.Unlock()
	if err != nil {
		d.o.Log.Warn("rosters: the planner stopped", "draft", j.shown.ID, "err", err)
	}
	d.show(j, false)
}

// note takes a point into the curve and reports whether screens shall hear of it.
func (j *job) note(p planner.Progress) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	c := j.shown.Curve
	at := Point{Ms: p.Elapsed.Milliseconds(), Mandatory: p.Mandatory, Penalty: p.Penalty, Bound: p.Bound}
	if n := len(c); n > 0 && at.Ms-c[n-1].Ms < 250 {
		c[n-1] = at
		return false
	}
	if len(c) >= mostPoints { // every second one goes
		half := c[:0]
		for i := 0; i < len(c); i += 2 {
			half = append(half, c[i])
		}
		c = half
	}
	j.shown.Curve, j.shown.Bound = append(c, at), p.Bound
	return true
}

func (d *Desk) show(j *job, gone bool) {
	if d.o.Hub == nil {
		return
	}
	v := j.view()
	d.o.Hub.Now(live.Thing(live.Planning, v.Station, v.ID, v, gone))
}

// differing are the cells of a period that a plan changes, at the versions of
// before.
func differing(before []Cell, plan rosters.Plan) []Cell {
	versions := make(map[rosters.Cell]int64, len(before))
	for _, c := range before {
		versions[c.Cell] = c.Version
	}
	becomes := map[rosters.Cell][]rosters.Duty{}
	for _, c := range cellsOf(plan.Assignments, 0) {
		becomes[c.Cell] = c.Duties
	}
	var cells []Cell
	for _, c := range rosters.Differences(assignments(before), plan.Assignments, plan.From, plan.Until) {
		cells = append(cells, Cell{Cell: c.Cell, Version: versions[c.Cell], Duties: becomes[c.Cell]})
	}
	return cells
}

func (d *Desk) job(by auth.Operator, station, id string) (*job, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	j := d.jobs[station]
	if j == nil || j.shown.ID != id {
		return nil, fmt.Errorf("planner of draft %.64s: %w", id, ErrNotFound)
	}
	return j, nil
}

// Planning says how far the planner has come with a draft; Idle when it is not at
// work there.
func (d *Desk) Planning(ctx context.Context, by auth.Operator, station, id string) (Planning, error) {
	j, err := d.job(by, station, id)
	if errors.Is(err, ErrNotFound) {
		_, err = d.o.Store.Draft(ctx, station, id)
		return Planning{ID: id, Station: station, State: Idle}, err
	}
	if err != nil {
		return Planning{}, err
	}
	return j.view(), nil
}

// Stop ends the search; the best plan so far waits to be kept.
func (d *Desk) Stop(ctx context.Context, by auth.Operator, station, id string) (Planning, error) {
	j, err := d.job(by, station, id)
	if err != nil {
		return Planning{}, err
	}
	j.cancel()
	select {
	case <-j.done:
	case <-ctx.Done():
		return Planning{}, ctx.Err()
	}
	return j.view(), nil
}

// Close stops every planner.
func (d *Desk) Close() {
	d.mu.Lock()
	jobs := make([]*job, 0, len(d.jobs))
	for _, j := range d.jobs {
		jobs = append(jobs, j)
	}
	d.mu.Unlock()
	for _, j := range jobs {
		j.cancel()
		<-j.done
	}
}

// PlanKept is the edit that a plan became.
type PlanKept struct {
	Edited

	Skipped int `json:"skipped"` // cells that somebody has changed since the planner began: they stay
}

// Keep takes the planner's plan into the draft.
func (d *Desk) Keep(ctx context.Context, by auth.Operator, station, id string) (PlanKept, error) {
	var kept PlanKept
	if _, err := d.Stop(ctx, by, station, id); err != nil {
		return kept, err
	}
	j, err := d.job(by, station, id)
	if err != nil {
		return kept, err
	}
	j.mu.Lock()
	cells, state := j.cells, j.shown.State
	j.mu.Unlock()
	if state != Ready || len(cells) == 0 {
		return kept, &ConflictError{Reason: "nothing", Text: "the planner has no plan that differs"}
	}
	kept.Edited, kept.Skipped, err = d.writeFree(ctx, by, station, id, ByPlan, cells)
	if err != nil {
		return kept, err
	}
	d.discard(j)
	return kept, nil
}

// writeFree writes those of cells that are still at the version that they carry.
func (d *Desk) writeFree(ctx context.Context, by auth.Operator, station, id, what string, cells []Cell) (Edited, int, error) {
	var edit Edit
	var skipped int
	draft, err := d.change(ctx, by, station, id, func(ctx context.Context, tx Tx, draft *Draft) ([]EditedCell, error) {
		var err error
		edit, skipped, err = d.writeFreeIn(ctx, tx, by, draft, what, cells)
		return edit.Changes, err
	})
	if err != nil {
		return Edited{}, 0, err
	}
	out, err := d.edited(ctx, by, draft, edit)
	return out, skipped, err
}

// writeFreeIn does so in a transaction.
func (d *Desk) writeFreeIn(ctx context.Context, tx Tx, by auth.Operator, draft *Draft, what string, cells []Cell) (edit Edit, skipped int, err error) {
	all, err := tx.Cells(ctx, draft.ID)
	if err != nil {
		return edit, 0, err
	}
	now := make(map[rosters.Cell]int64, len(all))
	for _, c := range all {
		now[c.Cell] = c.Version
	}
	free := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return now[c.Cell] != c.Version })
	skipped = len(cells) - len(free)
	if err := tx.ForgetUndone(ctx, draft.ID, by.ID); err != nil {
		return edit, 0, err
	}
	edit = Edit{State: Done, What: what}
	err = d.write(ctx, tx, by, draft, &edit, free)
	tx.Audit(audit.By(by, draft.Station, "roster."+what, "draft:"+draft.ID, map[string]string{"cells": fmt.Sprint(len(free)), "skipped": fmt.Sprint(skipped)}))
	return edit, skipped, err
}

// Discard stops the planner and forgets its plan.
func (d *Desk) Discard(ctx context.Context, by auth.Operator, station, id string) (Planning, error) {
	v, err := d.Stop(ctx, by, station, id)
	if err != nil {
		return v, err
	}
	if j, err := d.job(by, station, id); err == nil {
		d.discard(j)
	}
	return v, nil
}

func (d *Desk) discard(j *job) {
	d.mu.Lock()
	if d.jobs[j.shown.Station] == j {
		delete(d.jobs, j.shown.Station)
	}
	d.mu.Unlock()
	d.show(j, true)
}

// Conflicts lists what no plan of a draft can meet, before any search.
func (d *Desk) Conflicts(ctx context.Context, by auth.Operator, station, id string) ([]planner.Conflict, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	draft, err := d.o.Store.Draft(ctx, station, id)
	if err != nil {
		return nil, err
	}
	problem, _, _, err := d.problem(ctx, draft, PlanWish{})
	if err != nil {
		return nil, err
	}
	return planner.Infeasible(problem)
}

// Why lists everyone with rank and qualifications for a place, and what stops each.
func (d *Desk) Why(ctx context.Context, by auth.Operator, station, id string, hole rosters.Demand) ([]planner.Reason, error) {
	if err := mayDraft(by, station); err != nil {
		return nil, err
	}
	draft, err := d.o.Store.Draft(ctx, station, id)
	if err != nil {
		return nil, err
	}
	problem, _, _, err := d.problem(ctx, draft, PlanWish{})
	if err != nil {
		return nil, err
	}
	list, err := planner.Why(problem, hole)
	for i := range list {
		if v := list[i].Violation; v != nil {
			list[i].Violation = &d.veil(by, station, []rosters.Violation{*v})[0]
		}
	}
	return list, err
}

// A Disruption is what the roster in force must be mended for.
type Disruption struct {
	Leave   []rosters.Leave
	Demands []rosters.Demand
}

// Reliefs are ways to mend the roster in force, by how many people they touch.
type Reliefs struct {
	Publication int64 `json:"publication"` // that they change
	// Lost are the duties, not yet over, of those who are away.
	Lost         []LostDuty            `json:"lost"`
	Alternatives []planner.Alternative `json:"alternatives"`
}

// LostDuty is a duty whose officer is away.
type LostDuty struct {
	rosters.Assignment

	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// lost are the duties of a plan that absences take away after now.
func (t *terms) lost(plan *rosters.Plan, leave []rosters.Leave, now time.Time) ([]LostDuty, error) {
	clocks, err := t.station.Clocks()
	if err != nil {
		return nil, err
	}
	list := []LostDuty{}
	for _, a := range plan.Assignments {
		kind := t.station.ShiftType(a.Shift)
		if kind == nil || !slices.ContainsFunc(leave, func(l rosters.Leave) bool { return l.Officer == a.Officer && l.On(a.Date) }) {
			continue
		}
		if from, to := clocks.Times(kind, a.Date); to.After(now) {
			list = append(list, LostDuty{Assignment: a, From: from, To: to})
		}
	}
	return list, nil
}

// Reliefs finds who could stand in. Nothing is changed.
func (d *Desk) Reliefs(ctx context.Context, by auth.Operator, station string, what Disruption) (Reliefs, error) {
	if err := by.May(auth.RostersAmend, station); err != nil {
		return Reliefs{}, err
	}
	facts, err := d.station(station)
	if err != nil {
		return Reliefs{}, err
	}
	zone, err := time.LoadLocation(facts.Zone)
	if err != nil {
		return Reliefs{}, err
	}
	from := rosters.DateOf(d.o.Now().In(zone)).Add(-1)
	until := from.Add(8)
	for i := range what.Leave {
		what.Leave[i].Decision = rosters.Approved
		if err := what.Leave[i].Validate(); err != nil {
			return Reliefs{}, err
		}
		until = max(until, what.Leave[i].Until.Add(1))
	}
	for i := range what.Demands {
		if err := what.Demands[i].Validate(); err != nil {
			return Reliefs{}, err
		}
		until = max(until, what.Demands[i].Date.Add(1))
	}
	switch {
	case len(what.Leave)+len(what.Demands) == 0 || len(what.Leave)+len(what.Demands) > 200:
		return Reliefs{}, &InvalidError{Field: "leave", Reason: "1 to 200 absences and demands"}
	case until.Sub(from) > 45:
		return Reliefs{}, &InvalidError{Field: "leave", Reason: "reaches more than 45 days ahead: plan a draft"}
	}
	b, _, err := d.inForce(ctx, d.o.Store, station, from, until)
	if err != nil {
		return Reliefs{}, err
	}
	plan := b.judge.Plan()
	lost, err := b.terms.lost(&plan, what.Leave, d.o.Now())
	if err != nil {
		return Reliefs{}, err
	}
	found, err := planner.Repair(ctx, planner.For(&b.terms.station, &plan), planner.Disruption{At: d.o.Now(), Leave: what.Leave, Demands: what.Demands})
	for i := range found {
		found[i].Came = d.veil(by, station, found[i].Came)
	}
	return Reliefs{Publication: b.numbers.Publication, Lost: lost, Alternatives: found}, err
}
