package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"guardroom/rosters/planner/grid"
)

// instance is a public benchmark instance (Curtois & Qu 2014,
// schedulingbenchmarks.org/nrp) being read.
type instance struct {
	problem grid.Problem
	duties  map[string]int
	people  map[string]int
	line    int
}

// readInstance reads the public format. Errors name the line.
func readInstance(r io.Reader) (*grid.Problem, error) {
	in := &instance{duties: map[string]int{}, people: map[string]int{}}
	sections := map[string]func([]string) error{
		"SECTION_HORIZON": in.horizon, "SECTION_SHIFTS": in.shift, "SECTION_STAFF": in.staff, "SECTION_DAYS_OFF": in.daysOff,
		"SECTION_SHIFT_ON_REQUESTS": in.onRequest, "SECTION_SHIFT_OFF_REQUESTS": in.offRequest, "SECTION_COVER": in.cover,
	}
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	var section func([]string) error
	for lines.Scan() {
		in.line++
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if strings.HasPrefix(line, "SECTION_") {
			if section = sections[line]; section == nil {
				return nil, fmt.Errorf("line %d: unknown section %q", in.line, line)
			}
			continue
		}
		if section == nil {
			return nil, fmt.Errorf("line %d: a line before the first section", in.line)
		}
		if err := section(strings.Split(line, ",")); err != nil {
			return nil, fmt.Errorf("line %d: %w", in.line, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", in.line, err)
	}
	if len(in.problem.People) == 0 || in.problem.Needs == nil {
		return nil, fmt.Errorf("line %d: the file ends before staff and cover are given", in.line)
	}
	return &in.problem, in.problem.Validate()
}

func (in *instance) horizon(f []string) (err error) {
	if in.problem.Days > 0 {
		return errors.New("a second horizon")
	}
	in.problem.Days, err = number(f, 0, "days", grid.MaxDays)
	return err
}

func (in *instance) shift(f []string) error {
	if len(f) != 3 {
		return fmt.Errorf("a shift has 3 fields, not %d", len(f))
	}
	if len(in.people) > 0 || in.problem.Needs != nil {
		return errors.New("a shift after staff or cover")
	}
	minutes, err := number(f, 1, "minutes", 24*60)
	if err != nil {
		return err
	}
	if _, twice := in.duties[f[0]]; twice || f[0] == "" || len(in.duties) == grid.MaxDuties {
		return fmt.Errorf("shift %q is empty, given twice, or one too many", f[0])
	}
	set := uint64(1) << len(in.problem.Duties)
	in.problem.Groups, in.problem.Counted = append(in.problem.Groups, set), append(in.problem.Counted, set)
	in.duties[f[0]] = len(in.problem.Duties)
	in.problem.Duties = append(in.problem.Duties, grid.Duty{Name: f[0] + "\x00" + f[2], Minutes: minutes})
	return nil
}

// successions resolves the names that a shift may refer to before they are read.
func (in *instance) successions() error {
	for i := range in.problem.Duties {
		duty := &in.problem.Duties[i]
		name, forbidden, pending := strings.Cut(duty.Name, "\x00")
		if !pending {
			return nil
		}
		duty.Name = name
		if forbidden == "" {
			continue
		}
		for _, next := range strings.Split(forbidden, "|") {
			s, ok := in.duties[next]
			if !ok {
				return fmt.Errorf("shift %s forbids the unknown shift %q", name, next)
			}
			duty.NotNext |= 1 << s
		}
	}
	return nil
}

func (in *instance) staff(f []string) error {
	if len(f) != 8 {
		return fmt.Errorf("a staff line has 8 fields, not %d", len(f))
	}
	if in.problem.Days == 0 || len(in.problem.Duties) == 0 {
		return errors.New("staff before horizon and shifts")
	}
	if err := in.successions(); err != nil {
		return err
	}
	if len(in.people) == grid.MaxPeople {
		return fmt.Errorf("more than %d staff", grid.MaxPeople)
	}
	if _, twice := in.people[f[0]]; twice || f[0] == "" {
		return fmt.Errorf("staff %q is empty or given twice", f[0])
	}
	p := grid.Person{
		Name: f[0], Allowed: make([]uint64, in.problem.Days), AtMost: make([]int, len(in.problem.Duties)),
		Costs: make([]int32, in.problem.Days*(len(in.problem.Duties)+1)),
	}
	for s := range p.AtMost {
		p.AtMost[s] = -1
	}
	for _, limit := range strings.Split(f[1], "|") {
		name, most, ok := strings.Cut(limit, "=")
		s, known := in.duties[name]
		n, err := strconv.Atoi(most)
		if !ok || !known || err != nil || n < 0 {
			return fmt.Errorf("most shifts %q is not <shift>=<number>", limit)
		}
		p.AtMost[s] = n
	}
	for d := range p.Allowed {
		p.Allowed[d] = grid.Rest
		for s, most := range p.AtMost {
			if most != 0 {
				p.Allowed[d] |= 1 << s
			}
		}
	}
	for i, field := range []struct {
		into *int
		name string
	}{{&p.MaxMinutes, "most minutes"}, {&p.MinMinutes, "least minutes"}, {&p.MaxStretch, "most consecutive shifts"},
		{&p.MinStretch, "least consecutive shifts"}, {&p.MinDaysOff, "least consecutive days off"}, {&p.MaxWeekends, "most weekends"}} {
		var err error
		if *field.into, err = number(f, i+2, field.name, 1<<30); err != nil {
			return err
		}
	}
	in.people[f[0]] = len(in.problem.People)
	in.problem.People = append(in.problem.People, p)
	return nil
}

func (in *instance) daysOff(f []string) error {
	p, err := in.person(f[0])
	if err != nil {
		return err
	}
	for i := range f[1:] {
		d, err := number(f, i+1, "day", in.problem.Days-1)
		if err != nil {
			return err
		}
		p.Allowed[d] = grid.Rest
	}
	return nil
}

func (in *instance) onRequest(f []string) error {
	p, d, s, weight, err := in.request(f)
	if err != nil {
		return err
	}
	for other := range len(in.problem.Duties) + 1 {
		if other != s+1 {
			if err := in.charge(p, d, other, weight); err != nil {
				return err
			}
		}
	}
	return nil
}

func (in *instance) offRequest(f []string) error {
	p, d, s, weight, err := in.request(f)
	if err != nil {
		return err
	}
	return in.charge(p, d, s+1, weight)
}

// charge adds to the price of a cell.
func (in *instance) charge(p *grid.Person, d, cell int, weight int32) error {
	price := &p.Costs[d*(len(in.problem.Duties)+1)+cell]
	if *price += weight; *price > grid.MaxPrice {
		return fmt.Errorf("the requests of %s for day %d weigh more than %d", p.Name, d, grid.MaxPrice)
	}
	return nil
}

func (in *instance) request(f []string) (p *grid.Person, d, s int, weight int32, err error) {
	if len(f) != 4 {
		return nil, 0, 0, 0, fmt.Errorf("a request has 4 fields, not %d", len(f))
	}
	if p, err = in.person(f[0]); err != nil {
		return nil, 0, 0, 0, err
	}
	if d, err = number(f, 1, "day", in.problem.Days-1); err != nil {
		return nil, 0, 0, 0, err
	}
	s, ok := in.duties[f[2]]
	if !ok {
		return nil, 0, 0, 0, fmt.Errorf("no shift %q", f[2])
	}
	w, err := number(f, 3, "penalty", grid.MaxPrice)
	return p, d, s, int32(w), err
}

func (in *instance) cover(f []string) error {
	if len(f) != 5 {
		return fmt.Errorf("a cover line has 5 fields, not %d", len(f))
	}
	if in.problem.Needs == nil {
		in.problem.Needs = make([]grid.Need, in.problem.Days*len(in.problem.Duties))
	}
	d, err := number(f, 0, "day", in.problem.Days-1)
	if err != nil {
		return err
	}
	s, ok := in.duties[f[1]]
	if !ok {
		return fmt.Errorf("no shift %q", f[1])
	}
	var n [3]int
	for i, field := range []struct {
		name string
		most int
	}{{"wanted", grid.MaxPeople}, {"penalty under", grid.MaxPrice}, {"penalty over", grid.MaxPrice}} {
		if n[i], err = number(f, i+2, field.name, field.most); err != nil {
			return err
		}
	}
	need := &in.problem.Needs[d*len(in.problem.Duties)+s]
	if *need != (grid.Need{}) {
		return fmt.Errorf("cover of shift %s on day %d is given twice", f[1], d)
	}
	*need = grid.Need{Want: int32(n[0]), Under: int32(n[1]), Over: int32(n[2])}
	return nil
}

func (in *instance) person(name string) (*grid.Person, error) {
	i, ok := in.people[name]
	if !ok {
		return nil, fmt.Errorf("no staff %q", name)
	}
	return &in.problem.People[i], nil
}

func number(f []string, i int, name string, most int) (int, error) {
	if i >= len(f) {
		return 0, fmt.Errorf("%s is missing", name)
	}
	n, err := strconv.Atoi(strings.TrimSpace(f[i]))
	if err != nil || n < 0 || n > most {
		return 0, fmt.Errorf("%s %q is not a number from 0 to %d", name, f[i], most)
	}
	return n, nil
}

// openInstance reads the instance in a file.
func openInstance(name string) (*grid.Problem, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read the instance: %w", err)
	}
	defer file.Close()
	problem, err := readInstance(file)
	if err != nil {
		return nil, fmt.Errorf("read the instance %s: %w", name, err)
	}
	return problem, nil
}
