package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"guardroom/gateway/spool"
)

// drain measures a gateway that comes back after a long cut: how fast and in how
// little memory it sends what it kept, and how old a new alarm is meanwhile.
func drain(ctx context.Context, b *bench) error {
	c, err := b.startConsole(ctx, "drain")
	if err != nil {
		return err
	}
	defer c.close()
	const id = "drain"
	if err := b.fill(ctx, id); err != nil {
		return err
	}
	s, err := startSite(ctx, 4, false, honeywell)
	if err != nil {
		return err
	}
	defer s.close()
	t := newToggles(id, s)
	watching, stop := context.WithCancel(ctx)
	defer stop()
	if err := watch(watching, c.live(), c.token, t.seen, nil); err != nil {
		return err
	}
	g, err := b.startGateway(ctx, c, id, s.panels)
	if err != nil {
		return err
	}
	defer g.stop()
	m := startMeter(g.pid(), append(b.pids(0), c.pid())...)
	d, err := drained(ctx, g, t, float64(b.o.backlog))
	if err != nil {
		return err
	}
	u := m.read()
	if err := t.settle(ctx); err != nil {
		return err
	}
	last, err := g.metric(ctx, "spool_last_seq")
	if err != nil {
		return err
	}
	if err := c.verify(ctx, id, int64(last)); err != nil {
		return err
	}
	b.add("draining "+number(float64(b.o.backlog)), u,
		figure{Name: "gateway's RSS, most", Value: memory(g.pid(), "VmHWM"), Unit: "MiB", Mark: below(40), Note: fmt.Sprintf("%.1f MiB afterwards", memory(g.pid(), "VmRSS"))},
		figure{Name: "signals drained", Value: d.perSecond, Unit: "/s", Mark: atLeast(7500), Note: fmt.Sprintf("whole backlog in %.0f s, each in the journal once; gateway %.2f cores", d.took.Seconds(), u.program)},
		figure{Name: "new alarms meanwhile: read → screen p99", Value: t.carried.at(0.99), Unit: "ms", Note: fmt.Sprintf("p50 %.0f ms; register → screen p99 %.0f ms, %d samples", t.carried.at(0.5), t.raw.at(0.99), t.raw.count())})
	return nil
}

// fill prepares the spool of a gateway that could not reach its console.
func (b *bench) fill(ctx context.Context, id string) error {
	kept, err := spool.Open(filepath.Join(b.gatewayData(id), "spool"), spool.Options{Gateway: id})
	if err != nil {
		return err
	}
	m := &member{id: id}
	began := time.Now().Add(-24 * time.Hour)
	for done := 0; done < b.o.backlog; {
		n := min(1000, b.o.backlog-done)
		batch := m.batch(n, func(i int) time.Time { return began.Add(time.Duration(done+i) * 80 * time.Millisecond) })
		if _, err := kept.Append(ctx, batch); err != nil {
			return errors.Join(fmt.Errorf("fill the spool: %w", err), kept.Close())
		}
		done += n
	}
	return kept.Close()
}

// progress is how a backlog went.
type progress struct {
	perSecond float64
	took      time.Duration
}

// drained toggles registers until the spool is as good as empty. The rate leaves
// out the first and the last twentieth.
func drained(ctx context.Context, g *gatewayUnderTest, t *toggles, backlog float64) (progress, error) {
	toggling, stop := context.WithCancel(ctx)
	defer stop()
	broken := make(chan error, 1)
	go func() { broken <- t.run(toggling, 1<<30) }()
	began := time.Now()
	var first, last time.Time
	var at0, at1 float64
	for {
		depth, err := g.metric(ctx, "spool_depth")
		if err == nil {
			err = g.check()
		}
		if err != nil {
			return progress{}, err
		}
		now := time.Now()
		if first.IsZero() && depth < 0.95*backlog {
			first, at0 = now, depth
		}
		if depth >= 0.05*backlog {
			last, at1 = now, depth
		}
		if depth < 100 {
			break
		}
		select {
		case err := <-broken:
			return progress{}, err
		case <-time.After(tryAgain):
		}
		if now.Sub(began) > 20*time.Minute {
			return progress{}, fmt.Errorf("%.0f signals still wait after 20 minutes", depth)
		}
	}
	took := time.Since(began)
	stop()
	if err := <-broken; err != nil && toggling.Err() == nil {
		return progress{}, err
	}
	if !last.After(first) { // too small a backlog to leave anything out
		return progress{perSecond: backlog / took.Seconds(), took: took}, nil
	}
	return progress{perSecond: (at0 - at1) / last.Sub(first).Seconds(), took: took}, nil
}
