package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"guardroom/rosters/planner/grid"
)

// writePlan writes a row per person: ID, then a cell a day with the shift or
// nothing, parted by tabs.
func writePlan(w io.Writer, problem *grid.Problem, rows [][]int8) error {
	var b strings.Builder
	for p, row := range rows {
		b.WriteString(problem.People[p].Name)
		for _, s := range row {
			b.WriteByte('\t')
			if s != grid.Off {
				b.WriteString(problem.Duties[s].Name)
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// readPlan reads what writePlan writes, or the same with commas, in any order of
// people. Errors name the line.
func readPlan(r io.Reader, problem *grid.Problem) ([][]int8, error) {
	people, duties := map[string]int{}, map[string]int8{"": grid.Off}
	for p := range problem.People {
		people[problem.People[p].Name] = p
	}
	for s, duty := range problem.Duties {
		duties[duty.Name] = int8(s)
	}
	rows := make([][]int8, len(problem.People))
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		n++
		line := strings.TrimRight(lines.Text(), "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		separator := "\t"
		if !strings.Contains(line, "\t") {
			separator = ","
		}
		cells := strings.Split(line, separator)
		p, ok := people[strings.TrimSpace(cells[0])]
		switch {
		case !ok:
			return nil, fmt.Errorf("line %d: no staff %q", n, cells[0])
		case rows[p] != nil:
			return nil, fmt.Errorf("line %d: staff %s is given twice", n, cells[0])
		case len(cells) != problem.Days+1:
			return nil, fmt.Errorf("line %d: %d days instead of %d", n, len(cells)-1, problem.Days)
		}
		for d, cell := range cells[1:] {
			s, ok := duties[strings.TrimSpace(cell)]
			if !ok {
				return nil, fmt.Errorf("line %d, day %d: no shift %q", n, d, cell)
			}
			rows[p] = append(rows[p], s)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", n+1, err)
	}
	for p, row := range rows {
		if row == nil {
			return nil, fmt.Errorf("line %d: the file ends without staff %s", n, problem.People[p].Name)
		}
	}
	return rows, nil
}
