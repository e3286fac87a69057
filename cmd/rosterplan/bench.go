package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"guardroom/rosters/planner/grid"
)

// bench searches every instance of a folder, one after the other, and prints
// penalty, best known value and gap.
func bench(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	files, err := filepath.Glob(filepath.Join(s.bench, "*.txt"))
	if err != nil {
		return fmt.Errorf("bench %s: %w", s.bench, err)
	}
	if len(files) == 0 {
		return fmt.Errorf("bench %s: no *.txt there", s.bench)
	}
	slices.SortFunc(files, func(a, b string) int { // Instance3 before Instance10
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	known, err := readKnown(filepath.Join(s.bench, "known.csv"))
	if err != nil {
		return fmt.Errorf("bench %s: %w", s.bench, err)
	}
	fmt.Fprintf(stdout, "%-14s %5s %5s %9s %9s %8s %9s %7s  %s\n", "instance", "days", "staff", "penalty", "best", "gap", "bound", "s", "load")
	sum, counted := 0.0, 0
	for _, file := range files {
		problem, err := openInstance(file)
		if err != nil {
			fmt.Fprintln(stderr, err)
			continue
		}
		plan, err := grid.Solve(ctx, problem, s.options())
		if err != nil {
			return fmt.Errorf("bench %s: %w", file, err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		best, gap := "-", "-"
		if value, ok := known[name]; ok && len(plan.Violations) == 0 {
			g := 100 * float64(plan.Penalty-value) / float64(value)
			best, gap = strconv.Itoa(value), fmt.Sprintf("%.2f %%", g)
			sum, counted = sum+g, counted+1
		}
		note := ""
		if n := len(plan.Violations); n > 0 {
			note = fmt.Sprintf("  %d RULES BROKEN", n)
		}
		fmt.Fprintf(stdout, "%-14s %5d %5d %9d %9s %8s %9d %7.1f  %s%s\n",
			name, problem.Days, len(problem.People), plan.Penalty, best, gap, plan.Bound, plan.Elapsed.Seconds(), load(), note)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	if counted > 0 {
		fmt.Fprintf(stdout, "mean gap of %d: %.2f %%\n", counted, sum/float64(counted))
	}
	return nil
}

// readKnown reads lines of instance, lower bound and best value; no file, no values.
func readKnown(name string) (map[string]int, error) {
	file, err := os.Open(name)
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := csv.NewReader(file)
	lines.Comment = '#'
	records, err := lines.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	known := map[string]int{}
	for i, record := range records {
		if i == 0 {
			continue
		}
		value, err := strconv.Atoi(record[len(record)-1])
		if err != nil || value <= 0 {
			return nil, fmt.Errorf("read %s: line %d: best value %q", name, i+1, record[len(record)-1])
		}
		known[record[0]] = value
	}
	return known, nil
}

// load is the machine's load of the last minute, where it is told.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "-"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}
