package main

import (
	"context"
	"fmt"
	"time"
)

const devicesPolled = 200

// polling measures what 200 devices cost a gateway, and how late it asks them.
func polling(ctx context.Context, b *bench) error {
	c, err := b.startConsole(ctx, "polling")
	if err != nil {
		return err
	}
	defer c.close()
	for _, one := range []struct {
		name  string
		kinds []panelKind
	}{
		{"UPS", []panelKind{smartups}},
		{"fire, intrusion and UPS", []panelKind{honeywell, siemens, integriti, smartups}},
	} {
		if err := b.polled(ctx, c, one.name, one.kinds); err != nil {
			return fmt.Errorf("%s: %w", one.name, err)
		}
	}
	return nil
}

func (b *bench) polled(ctx context.Context, c *consoleUnderTest, name string, kinds []panelKind) error {
	s, err := startSite(ctx, devicesPolled, true, kinds...)
	if err != nil {
		return err
	}
	defer s.close()
	g, err := b.startGateway(ctx, c, fmt.Sprintf("poll-%d", len(kinds)), s.panels)
	if err != nil {
		return err
	}
	defer g.stop()
	if err := g.devicesUp(ctx, s.panels); err != nil {
		return err
	}
	if err := pause(ctx, 3*pollInterval); err != nil {
		return err
	}
	from := time.Now()
	m := startMeter(g.pid(), append(b.pids(0), c.pid())...)
	if err := pause(ctx, 2*b.o.seconds); err != nil {
		return err
	}
	u := m.read()
	late, requests := lateness(s.panels, from)
	timeouts := 0.0
	for _, p := range s.panels {
		n, err := g.metric(ctx, fmt.Sprintf("line_timeouts_total{line=\"tcp://%s\"}", p.address()))
		if err != nil {
			return err
		}
		timeouts += n
	}
	b.add("200 devices at 1 s", u,
		figure{Name: name + ": CPU", Value: 100 * u.program, Unit: "% of a core", Mark: below(15), Note: fmt.Sprintf("%.0f requests/s, %.0f timeouts", float64(requests)/u.took.Seconds(), timeouts)},
		figure{Name: "poll start late, p99.9", Value: late.at(0.999), Unit: "ms", Mark: atMost(100), Note: fmt.Sprintf("p50 %.1f, max %.0f ms, %d polls, as the devices saw them", late.at(0.5), late.at(1), late.count())},
		figure{Name: "gateway's RSS", Value: memory(g.pid(), "VmRSS"), Unit: "MiB"})
	return nil
}

// lateness compares when devices were asked with the grid that each of them is
// on. The grid is taken from the poll that came earliest on it, so that every
// delay counts, also that of the taps and of the kernel.
func lateness(panels []*panel, from time.Time) (late *ages, requests int) {
	late = &ages{}
	for _, p := range panels {
		asked := p.tap.since(from)
		requests += len(asked)
		starts := pollStarts(asked)
		if len(starts) < 2 {
			continue
		}
		// Where in the second each poll began, measured from the first one's place
		// less half a second so that early and late ones do not wrap around.
		base := starts[0].Add(-pollInterval / 2)
		offsets := make([]time.Duration, len(starts))
		earliest := pollInterval
		for i, at := range starts {
			offsets[i] = at.Sub(base) % pollInterval
			earliest = min(earliest, offsets[i])
		}
		for _, offset := range offsets {
			late.add(offset - earliest)
		}
	}
	return late, requests
}

// pollStarts are the requests that begin a poll: those after a silence. Requests
// of one poll follow each other closely.
func pollStarts(asked []time.Time) (starts []time.Time) {
	const silence = 300 * time.Millisecond
	for i, at := range asked {
		if i > 0 && at.Sub(asked[i-1]) >= silence {
			starts = append(starts, at)
		}
	}
	return starts
}
