package main

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"time"
)

// Messages in flight at each gateway: with 50 gateways, 5,000 signals singly and
// 20,000 in batches wait for their commit.
const (
	windowSingly  = 100
	windowBatches = 4
	batchSize     = 100
)

// world makes sure that the shared console and its fleet are there.
func (b *bench) world(ctx context.Context) (*consoleUnderTest, *fleet, error) {
	c, err := b.aConsole(ctx)
	if err != nil {
		return nil, nil, err
	}
	if b.fleet == nil {
		if b.fleet, err = b.connectFleet(ctx, c); err != nil {
			return nil, nil, fmt.Errorf("connect gateways: %w", err)
		}
	}
	return c, b.fleet, nil
}

// intake measures how many signals a second are committed when gateways send
// as fast as they may, and that each of them stands in the journal once.
func intake(ctx context.Context, b *bench) error {
	c, gateways, err := b.world(ctx)
	if err != nil {
		return err
	}
	pipeline, err := b.aBarePipeline(ctx)
	if err != nil {
		return err
	}
	bareFleet, err := pipeline.connectFleet(ctx)
	if err != nil {
		return err
	}
	defer bareFleet.close()
	for _, f := range []*fleet{bareFleet, gateways} { // caches, connections, the first partition
		if _, err := f.flood(ctx, 1, windowSingly, 2*time.Second); err != nil {
			return err
		}
	}
	type load struct {
		fleet         *fleet
		pid           int
		batch, window int
		perSecond     float64
		usage         usage
		group         float64 // signals a transaction
	}
	loads := []*load{
		{fleet: bareFleet, pid: pipeline.pid(), batch: 1, window: windowSingly},
		{fleet: gateways, pid: c.pid(), batch: 1, window: windowSingly},
		{fleet: bareFleet, pid: pipeline.pid(), batch: 1, window: windowSingly},
		{fleet: gateways, pid: c.pid(), batch: batchSize, window: windowBatches},
	}
	for i, l := range loads {
		end := func() error { return nil }
		if l.pid == c.pid() {
			if end, err = b.profileDatabase(ctx, c, fmt.Sprintf("intake-%d", i)); err != nil {
				return err
			}
		}
		before := c.grouping(ctx)
		m := startMeter(l.pid, b.pids(l.pid)...)
		if l.perSecond, err = l.fleet.flood(ctx, l.batch, l.window, b.o.seconds); err != nil {
			return err
		}
		l.usage = m.read()
		l.group = c.grouping(ctx).since(before)
		if err := end(); err != nil {
			return err
		}
	}
	if err := c.verify(ctx, fleetPrefix, gateways.sent()); err != nil {
		return err
	}
	bare := (loads[0].perSecond + loads[2].perSecond) / 2
	whole := fmt.Sprintf("%s signals sent, each in the journal once", number(float64(gateways.sent())))
	b.add("intake", loads[1].usage, figure{Name: "one signal a message", Value: loads[1].perSecond, Unit: "/s", Mark: atLeast(10_000), Bare: bare,
		Note: fmt.Sprintf("%.0f signals a transaction; %s", loads[1].group, loads[1].usage.cost(loads[1].perSecond)+loads[1].usage.undisturbed(loads[1].perSecond))})
	b.add("intake", loads[3].usage, figure{Name: "batches of 100", Value: loads[3].perSecond, Unit: "/s", Mark: atLeast(20_000),
		Note: fmt.Sprintf("%.0f signals a transaction; %s; %s", loads[3].group, loads[3].usage.cost(loads[3].perSecond)+loads[3].usage.undisturbed(loads[3].perSecond), whole)})
	b.add("intake", loads[2].usage, figure{Name: "the bare pipeline", Value: bare, Unit: "/s", Note: loads[2].usage.cost(loads[2].perSecond) + loads[2].usage.undisturbed(loads[2].perSecond)})
	return nil
}

// cost says where the processors were.
func (u usage) cost(perSecond float64) string {
	return fmt.Sprintf("cores: program %.2f, its PostgreSQL %.2f, generator %.2f; program's CPU per 10,000: %.2f s",
		u.program, u.database, u.bench, u.program/perSecond*10_000)
}

// undisturbed is what a saturated pipeline would do if foreign programs left it
// all cores: an estimate, for a machine that cannot be had alone.
func (u usage) undisturbed(perSecond float64) string {
	mine := u.program + u.database + u.bench
	if mine == 0 || u.others < 0.2 {
		return ""
	}
	return fmt.Sprintf("; alone on %d cores about %s/s", runtime.NumCPU(), number(math.Round(perSecond*float64(runtime.NumCPU())/mine/100)*100))
}

// pids are the programs of this run but one.
func (b *bench) pids(but int) []int {
	var all []int
	if b.console != nil && b.console.pid() != but {
		all = append(all, b.console.pid())
	}
	if b.pipeline != nil && b.pipeline.pid() != but {
		all = append(all, b.pipeline.pid())
	}
	return all
}

// grouping is how much intake has committed, in how many transactions.
type grouping struct{ signals, groups float64 }

// grouping is zero when it cannot be read: it only explains.
func (c *consoleUnderTest) grouping(ctx context.Context) grouping {
	signals, err := c.metric(ctx, "guardroom_intake_signals_total")
	groups, err2 := c.metric(ctx, "guardroom_intake_groups_total")
	if err != nil || err2 != nil {
		return grouping{}
	}
	return grouping{signals, groups}
}

func (g grouping) since(before grouping) float64 {
	return (g.signals - before.signals) / max(1, g.groups-before.groups)
}
