// Command rosterplan plans an instance of the public shift scheduling benchmark
// (Curtois & Qu 2014), judges a plan of one, or prints a table for a folder of them.
//
//	rosterplan -instance FILE -time 60s -seed 1 -out plan.tsv
//	rosterplan -instance FILE -check plan.tsv
//	rosterplan -bench DIR -time 10s
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"guardroom/rosters/planner/grid"
)

// settings are the flags.
type settings struct {
	instance, out, check, bench string
	budget                      time.Duration
	seed                        uint64
	work                        int64
	workers                     int
	processor                   bool
}

func main() {
	var s settings
	flag.StringVar(&s.instance, "instance", "", "instance `file` in the public format")
	flag.StringVar(&s.out, "out", "", "write the plan to this `file`; standard output when empty")
	flag.StringVar(&s.check, "check", "", "judge the plan in this `file` instead of searching")
	flag.StringVar(&s.bench, "bench", "", "search every instance in this `folder` and print a table (best known values from known.csv there)")
	flag.DurationVar(&s.budget, "time", time.Minute, "how long to search each instance")
	flag.Uint64Var(&s.seed, "seed", 1, "seed of the search")
	flag.Int64Var(&s.work, "work", 0, "search this many days of rows per worker instead of a time: the same seed then gives the same plan")
	flag.IntVar(&s.workers, "workers", 2, "goroutines that search")
	flag.BoolVar(&s.processor, "processor", false, "-time is processor time per goroutine, so that a busy machine gives the figures of an idle one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "rosterplan:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings, stdout, stderr io.Writer) error {
	switch {
	case flag.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	case s.budget <= 0:
		return errors.New("-time must be more than nothing")
	case s.bench != "":
		return bench(ctx, s, stdout, stderr)
	case s.instance == "":
		return errors.New("-instance FILE or -bench DIR is needed")
	}
	problem, err := openInstance(s.instance)
	if err != nil {
		return err
	}
	if s.check != "" {
		return check(problem, s.check, stdout)
	}
	return search(ctx, s, problem, stdout, stderr)
}

func search(ctx context.Context, s settings, problem *grid.Problem, stdout, stderr io.Writer) (err error) {
	out := stdout
	if s.out != "" {
		file, err := os.Create(s.out)
		if err != nil {
			return fmt.Errorf("write the plan: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		out = file
	}
	progress, printed := make(chan grid.Progress, 100), make(chan struct{})
	go func() {
		defer close(printed)
		for p := range progress {
			fmt.Fprintf(stderr, "%7.2f s  penalty %d  broken %d  bound %d\n", p.Elapsed.Seconds(), p.Penalty, p.Broken, p.Bound)
		}
	}()
	o := s.options()
	o.Progress = progress
	plan, err := grid.Solve(ctx, problem, o)
	close(progress)
	<-printed
	if err != nil {
		return err
	}
	if err := writePlan(out, problem, plan.Rows); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	gap := "no gap is known"
	if plan.Bound > 0 {
		gap = fmt.Sprintf("gap %.2f %%", 100*plan.Gap())
	}
	fmt.Fprintf(stderr, "penalty %d (requests %d, needs %d), bound %d, %s, %d rules broken, %.1f s\n",
		plan.Penalty, problem.Fixed+plan.Requests, plan.Needs, plan.Bound, gap, len(plan.Violations), plan.Elapsed.Seconds())
	for _, v := range plan.Violations {
		fmt.Fprintln(stderr, " ", problem.Explain(v))
	}
	return nil
}

func (s settings) options() grid.Options {
	o := grid.Options{Time: s.budget, Work: s.work, Seed: s.seed, Workers: s.workers}
	if s.work > 0 {
		o.Time = 0
	}
	if s.processor {
		o.Clock = func() time.Duration { return processorTime() / time.Duration(max(1, s.workers)) }
	}
	return o
}

// check judges the plan in a file; the error says that it breaks rules.
func check(problem *grid.Problem, name string, stdout io.Writer) error {
	file, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("check the plan: %w", err)
	}
	defer file.Close()
	rows, err := readPlan(file, problem)
	if err != nil {
		return fmt.Errorf("check %s: %w", name, err)
	}
	j, err := problem.Judge(rows)
	if err != nil {
		return fmt.Errorf("check %s: %w", name, err)
	}
	fmt.Fprintf(stdout, "penalty %d (requests %d, needs %d), %d rules broken\n", j.Penalty, problem.Fixed+j.Requests, j.Needs, len(j.Violations))
	for _, v := range j.Violations {
		fmt.Fprintln(stdout, " ", problem.Explain(v))
	}
	if len(j.Violations) > 0 {
		return fmt.Errorf("check %s: %d rules broken", name, len(j.Violations))
	}
	return nil
}

// processorTime is what this program has used of all processors.
func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
