package cmd_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/simulators/modbusd"
)

// zones is how many points a panel of the profile test/storm has.
const zones = 80

// fleet is a number of panels whose points change as fast as a gateway can see:
// a point changes again only when the gateway has asked its panel twice since,
// so that each change must be in the journal once. While no gateway asks, nothing
// changes.
type fleet struct {
	t       testing.TB
	gateway string
	panels  []*stormy

	storm sync.WaitGroup
	stop  context.CancelFunc
}

// stormy is one panel and its ledger.
type stormy struct {
	*modbusd.Server
	name  string
	edges atomic.Int64 // changes shown so far

	mu  sync.Mutex
	set map[devices.PointID][]bool // what each point showed, oldest first
	now [zones]uint16
}

func newFleet(t testing.TB, e *edge, panels int) *fleet {
	t.Helper()
	f := &fleet{t: t, gateway: e.id, stop: func() {}}
	for i := range panels {
		server, err := modbusd.Listen(context.Background(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p := &stormy{Server: server, name: fmt.Sprintf("panel-%d", i+1), set: map[devices.PointID][]bool{}}
		if err := p.Set(1, modbusd.Input, 0, p.now[:]...); err != nil {
			t.Fatal(err)
		}
		f.panels = append(f.panels, p)
		e.device(p.name, "test/storm", server.Addr())
	}
	t.Cleanup(func() {
		f.calm()
		for _, p := range f.panels {
			p.Close()
		}
	})
	return f
}

// kindOf is what a zone gives: odd ones alarm.
func kindOf(n int) (devices.Kind, uint16) {
	if n%2 == 1 {
		return devices.FireAlarm, 1
	}
	return devices.ZoneOpen, 2
}

// blow begins the storm, calm ends it.
func (f *fleet) blow() {
	ctx, cancel := context.WithCancel(context.Background())
	f.stop = cancel
	for _, p := range f.panels {
		f.storm.Go(func() { p.blow(ctx, f.gateway) })
	}
}

func (f *fleet) calm() {
	f.stop()
	f.storm.Wait()
}

func (p *stormy) blow(ctx context.Context, gateway string) {
	for round := 0; ; round++ {
		p.change(gateway, round)
		if !p.askedTwice(ctx) {
			return
		}
	}
}

// change toggles every point but a few that rest for a round, so that points do
// not march in step.
func (p *stormy) change(gateway string, round int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := 1; n <= zones; n++ {
		if (n+round)%7 == 0 {
			continue
		}
		_, bit := kindOf(n)
		p.now[n-1] ^= bit
		point := devices.MakePointID(gateway, p.name, fmt.Sprintf("zone%d", n))
		p.set[point] = append(p.set[point], p.now[n-1] != 0)
		p.edges.Add(1)
	}
	_ = p.Set(1, modbusd.Input, 0, p.now[:]...) // addresses and unit were good before
}

// askedTwice waits until two whole questions have come after now: the answer to
// the first is then known to be stored, for the gateway asks one after the other.
func (p *stormy) askedTwice(ctx context.Context) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for asked := p.Requests(); p.Requests() < asked+3; {
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
	return true
}

func (f *fleet) edges() (n int64) {
	for _, p := range f.panels {
		n += p.edges.Load()
	}
	return n
}

// ledger is what every point showed, oldest first; a point that never changed
// is missing.
func (f *fleet) ledger() map[devices.PointID][]bool {
	whole := map[devices.PointID][]bool{}
	for _, p := range f.panels {
		p.mu.Lock()
		for point, shown := range p.set {
			whole[point] = slices.Clone(shown)
		}
		p.mu.Unlock()
	}
	return whole
}

// verdict is what a journal says of a ledger.
type verdict struct {
	edges   int            // in the ledger
	stored  int            // of the fleet's points in the journal
	unseen  int            // not in the journal, in pairs: the gateway was dead
	epochs  map[uint64]int // signals by epoch
	doubled int
	holes   int
	turned  int // an edge that repeats the one before it
	wrong   int // points whose last state is not the last shown
}

func (v verdict) String() string {
	return fmt.Sprintf("%d edges shown, %d stored, %d not seen by a dead gateway; %d doubled, %d holes, %d out of order, %d points end wrong; epochs %v",
		v.edges, v.stored, v.unseen, v.doubled, v.holes, v.turned, v.wrong, v.epochs)
}

// judge compares a journal, in the order of its numbers, with the ledger.
func (f *fleet) judge(lines []line) verdict {
	v := verdict{epochs: map[uint64]int{}}
	next := map[uint64]uint64{}
	stored := map[devices.PointID][]bool{}
	for _, l := range lines {
		v.epochs[l.Epoch]++
		switch want := next[l.Epoch] + 1; {
		case l.Seq < want:
			v.doubled++
		case l.Seq > want:
			v.holes += int(l.Seq - want)
			next[l.Epoch] = l.Seq
		default:
			next[l.Epoch] = l.Seq
		}
		if l.Kind != devices.FireAlarm && l.Kind != devices.ZoneOpen {
			continue
		}
		before := stored[l.Point]
		if len(before) > 0 && before[len(before)-1] == l.Active || len(before) == 0 && !l.Active {
			v.turned++
		}
		stored[l.Point] = append(before, l.Active)
	}
	ledger := f.ledger()
	for _, point := range slices.Sorted(maps.Keys(ledger)) {
		shown, kept := ledger[point], stored[point]
		v.edges += len(shown)
		v.stored += len(kept)
		v.unseen += len(shown) - len(kept)
		if len(kept) == 0 || kept[len(kept)-1] != shown[len(shown)-1] {
			v.wrong++
		}
	}
	return v
}

// active are the points that alarm now.
func (f *fleet) active() map[devices.PointID]bool {
	found := map[devices.PointID]bool{}
	for _, p := range f.panels {
		p.mu.Lock()
		for n := 1; n <= zones; n += 2 {
			if p.now[n-1] != 0 {
				found[devices.MakePointID(f.gateway, p.name, fmt.Sprintf("zone%d", n))] = true
			}
		}
		p.mu.Unlock()
	}
	return found
}

// TestJudge spoils a journal in every way that the ledger must notice.
func TestJudge(t *testing.T) {
	t.Parallel()
	point := devices.PointID("gw/panel-1.zone1")
	f := &fleet{gateway: "gw", panels: []*stormy{{name: "panel-1", set: map[devices.PointID][]bool{point: {true, false, true}}}}}
	said := func(seq uint64, active bool) line {
		return line{Epoch: 1, Seq: seq, Point: point, Kind: devices.FireAlarm, Active: active}
	}
	whole := []line{said(1, true), said(2, false), said(3, true)}
	for _, tc := range []struct {
		name  string
		lines []line
		want  verdict
	}{
		{"whole", whole, verdict{}},
		{"one lost", []line{whole[0], whole[2]}, verdict{unseen: 1, holes: 1, turned: 1}},
		{"the last lost", whole[:2], verdict{unseen: 1, wrong: 1}},
		{"one doubled", []line{whole[0], whole[1], whole[1], whole[2]}, verdict{unseen: -1, doubled: 1, turned: 1}},
		{"a pair not seen", []line{said(1, true)}, verdict{unseen: 2}},
		{"turned round", []line{said(1, false), said(2, true), said(3, true)}, verdict{turned: 2}},
		{"nothing", nil, verdict{unseen: 3, wrong: 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := f.judge(tc.lines)
			got.epochs, got.edges, got.stored = nil, 0, 0
			if fmt.Sprint(got) != fmt.Sprint(tc.want) {
				t.Errorf("judged %s, want %s", got, tc.want)
			}
		})
	}
}
