package main

import (
	"context"
	"fmt"
	"time"
)

const dueRate = 2000

// dueToScreen measures how old a signal is when a live stream shows it: from
// the instant at which it was due to be sent, at a fixed rate whatever becomes of
// the ones before. Every signal raises or clears an alarm.
func dueToScreen(ctx context.Context, b *bench) error {
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
	bare, _, err := b.streamAges(ctx, bareFleet, pipeline.pid(), "http://"+pipeline.addresses.HTTP, "")
	if err != nil {
		return fmt.Errorf("bare pipeline: %w", err)
	}
	end, err := b.profileDatabase(ctx, c, "due")
	if err != nil {
		return err
	}
	before := c.grouping(ctx)
	ours, u, err := b.streamAges(ctx, gateways, c.pid(), c.live(), c.token)
	if err != nil {
		return err
	}
	group := c.grouping(ctx).since(before)
	if err := end(); err != nil {
		return err
	}
	if err := c.verify(ctx, fleetPrefix, gateways.sent()); err != nil {
		return err
	}
	note := fmt.Sprintf("%s alarm signals, all seen; %.1f a transaction; %s", number(float64(ours.count())), group, u.cost(dueRate))
	b.add("due → screen", u,
		figure{Name: "p50 at 2,000/s", Value: ours.at(0.5), Unit: "ms", Bare: bare.at(0.5)},
		figure{Name: "p99", Value: ours.at(0.99), Unit: "ms", Mark: below(50), Bare: bare.at(0.99), Note: note},
		figure{Name: "max", Value: ours.at(1), Unit: "ms", Bare: bare.at(1)})
	return nil
}

// streamAges sends at dueRate with one reader, after a second to warm up.
func (b *bench) streamAges(ctx context.Context, f *fleet, pid int, url, token string) (*ledger, usage, error) {
	for _, d := range []time.Duration{2 * time.Second, b.o.seconds} {
		l := newLedger()
		watching, stop := context.WithCancel(ctx)
		broken := make(chan error, 1)
		if err := watch(watching, url, token, l.seen, func(err error) { broken <- err }); err != nil {
			stop()
			return nil, usage{}, err
		}
		m := startMeter(pid, b.pids(pid)...)
		err := f.steady(ctx, dueRate, d, l.told)
		u := m.read()
		if err == nil {
			err = l.settle(ctx, 20*time.Second)
		}
		stop()
		select {
		case end := <-broken:
			err = fmt.Errorf("the live stream ended: %w", end)
		default:
		}
		if err != nil || d == b.o.seconds {
			return l, u, err
		}
	}
	return nil, usage{}, nil
}
