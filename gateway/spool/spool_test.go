package spool

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
)

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

func alarm(n int) devices.Signal      { return signal(devices.FireAlarm, n) }
func telemetric(n int) devices.Signal { return signal(devices.ZoneOpen, n) }

func signal(k devices.Kind, n int) devices.Signal {
	at := noon.Add(time.Duration(n) * time.Millisecond)
	return devices.Signal{
		Point: "gw/fire-1.L1D1", Kind: k, Active: n%2 == 0, Occurred: at, Observed: at, Clock: devices.Synced,
		State: "fire", Text: fmt.Sprint("number ", n), Detail: map[string]string{"n": fmt.Sprint(n)},
	}
}

// mixed is telemetry with an alarm now and then.
func mixed(n int) devices.Signal {
	if n%7 == 3 {
		return alarm(n)
	}
	return telemetric(n)
}

func opened(t *testing.T, d disk, o Options) *Spool {
	t.Helper()
	if o.Gateway == "" {
		o.Gateway = "gw"
	}
	if o.GroupWait == 0 {
		o.GroupWait = time.Millisecond
	}
	s, err := open(d, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func appended(t *testing.T, s *Spool, signals ...devices.Signal) []devices.Signal {
	t.Helper()
	out, err := s.Append(t.Context(), signals)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func everything(s *Spool) []devices.Signal {
	r := s.Reader(s.Confirmed())
	defer r.Close()
	return drained(r)
}

func drained(r *Reader) (all []devices.Signal) {
	for {
		batch, _ := r.Take(100)
		if len(batch) == 0 {
			return all
		}
		all = append(all, batch...)
	}
}

// settled waits until the owner has taken everything sent to it so far.
func settled(t *testing.T, s *Spool, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never settled: %+v", s.Stats())
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAppendReadConfirm(t *testing.T) {
	t.Parallel()
	d := folder(t.TempDir())
	s := opened(t, d, Options{})
	var want []devices.Signal
	for i := range 50 {
		want = append(want, appended(t, s, mixed(2*i), mixed(2*i+1))...)
	}
	for i, w := range want {
		if w.Seq != uint64(i+1) || w.Epoch == 0 {
			t.Fatalf("signal %d has position %d/%d", i, w.Epoch, w.Seq)
		}
	}
	if got := everything(s); !reflect.DeepEqual(got, want) {
		t.Fatalf("read %d signals, want the %d appended", len(got), len(want))
	}
	s.Confirm(want[59].Epoch, 60)
	settled(t, s, func() bool { return s.Confirmed().Seq == 60 })
	if st := s.Stats(); st.Depth != 40 {
		t.Errorf("depth %d, want 40", st.Depth)
	}
	if at, ok := s.Oldest(); !ok || !at.Equal(want[60].Observed) {
		t.Errorf("oldest %v %v, want %v", at, ok, want[60].Observed)
	}
	s.Close()

	again := opened(t, d, Options{})
	if got := everything(again); !reflect.DeepEqual(got, want[60:]) {
		t.Fatalf("after a restart read %d signals, want 40", len(got))
	}
	if got := appended(t, again, alarm(0))[0]; got.Epoch != want[0].Epoch || got.Seq != 101 {
		t.Errorf("after a restart the next is %d/%d, want %d/101", got.Epoch, got.Seq, want[0].Epoch)
	}
}

func TestSecondGatewayRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opened(t, folder(dir), Options{})
	if _, err := Open(dir, Options{Gateway: "gw"}); !errors.Is(err, ErrInUse) {
		t.Errorf("second Open: %v, want ErrInUse", err)
	}
}

func TestAppendRefusesNonsense(t *testing.T) {
	t.Parallel()
	s := opened(t, newMemory(), Options{})
	_, err := s.Append(t.Context(), []devices.Signal{alarm(1), {Kind: devices.FireAlarm}})
	if err == nil || !strings.Contains(err.Error(), "signal 2 of 2") {
		t.Errorf("error %v, want one that names the second signal", err)
	}
	if s.Last().Seq != 0 {
		t.Errorf("half a batch was appended")
	}
	long := alarm(1)
	long.Text = strings.Repeat("\x01", 200_000)
	long.Detail = map[string]string{}
	for i := range 200 {
		long.Detail[fmt.Sprint("key", i)] = strings.Repeat("\x02", 3000)
	}
	got := appended(t, s, long)[0]
	if read := everything(s); len(read) != 1 || read[0].Kind != got.Kind || read[0].Seq != 1 {
		t.Errorf("a talkative alarm was not kept: %+v", read)
	}
}

func TestReaderWaits(t *testing.T) {
	t.Parallel()
	s := opened(t, newMemory(), Options{})
	r := s.Reader(s.Last())
	defer r.Close()
	got := make(chan []devices.Signal)
	go func() {
		batch, _ := r.Next(context.Background(), 10)
		got <- batch
	}()
	want := appended(t, s, alarm(1))
	if batch := <-got; !reflect.DeepEqual(batch, want) {
		t.Errorf("Next() = %v, want %v", batch, want)
	}
}

func TestDurableAndAlarmsInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var durable []uint64
	s := opened(t, newMemory(), Options{Durable: func(signals []devices.Signal) {
		mu.Lock()
		defer mu.Unlock()
		for _, a := range signals {
			durable = append(durable, a.Seq)
		}
	}})
	appended(t, s, telemetric(1), alarm(2), telemetric(3), alarm(4))
	appended(t, s, alarm(5))
	mu.Lock()
	defer mu.Unlock()
	if fmt.Sprint(durable) != "[1 2 3 4 5]" {
		t.Errorf("durable: %v", durable)
	}
	r := s.AlarmReader(Position{})
	defer r.Close()
	if got := drained(r); len(got) != 3 || got[0].Seq != 2 || got[2].Seq != 5 {
		t.Errorf("AlarmReader gave %d signals, want 3", len(got))
	}
}

func TestConfirmDeletesSegments(t *testing.T) {
	t.Parallel()
	d := newMemory()
	s := opened(t, d, Options{SegmentBytes: 2000})
	var last devices.Signal
	for i := range 200 {
		last = appended(t, s, mixed(i))[0]
	}
	before := s.Stats().Bytes
	s.Confirm(last.Epoch, last.Seq)
	settled(t, s, func() bool { return s.Stats().Depth == 0 && s.Stats().Bytes < 5000 })
	if before < 30_000 {
		t.Errorf("only %d bytes before", before)
	}
	after := opened(t, d.kill(), Options{})
	if got := everything(after); len(got) != 0 {
		t.Errorf("%d confirmed signals came back: %+v", len(got), got[0])
	}
	if got := appended(t, after, alarm(1))[0]; got.Seq != 201 || got.Epoch != last.Epoch {
		t.Errorf("went on at %d/%d, want %d/201", got.Epoch, got.Seq, last.Epoch)
	}
}

// TestFullDropsTelemetryFirst fills a small spool: alarms survive, and every
// missing number lies in exactly one gap.
func TestFullDropsTelemetryFirst(t *testing.T) {
	t.Parallel()
	s := opened(t, newMemory(), Options{MaxBytes: 256 << 10, SegmentBytes: 8 << 10})
	alarmsIn := map[uint64]bool{}
	const n = 4000
	for i := range n / 20 {
		var batch []devices.Signal
		for k := range 20 {
			if (i*20+k)%50 == 0 {
				batch = append(batch, alarm(i))
			} else {
				batch = append(batch, telemetric(i))
			}
		}
		for _, a := range appended(t, s, batch...) {
			if a.Kind == devices.FireAlarm {
				alarmsIn[a.Seq] = true
			}
		}
	}
	if st := s.Stats(); st.Bytes > 256<<10 || st.Dropped == 0 {
		t.Errorf("stats %+v: over the bound, or nothing dropped", st)
	}
	expect, gaps, raised := uint64(1), 0, false
	for _, got := range everything(s) {
		if got.Kind == devices.SpoolGap {
			gaps++
			if got.Detail["from"] != fmt.Sprint(expect) || got.Detail["to"] != fmt.Sprint(got.Seq) || got.Detail["why"] != GapSpace {
				t.Fatalf("gap %v, want one from %d", got.Detail, expect)
			}
			for seq := expect; seq <= got.Seq; seq++ {
				if alarmsIn[seq] {
					t.Fatalf("alarm %d was dropped", seq)
				}
			}
		} else if got.Seq != expect {
			t.Fatalf("number %d, want %d", got.Seq, expect)
		}
		raised = raised || got.Kind == devices.PanelFault && got.Active
		expect = got.Seq + 1
	}
	if expect <= n || gaps == 0 || !raised {
		t.Errorf("read up to %d with %d gaps; fullness told: %v", expect, gaps, raised)
	}
}

func TestOnlyAlarmsLeft(t *testing.T) {
	t.Parallel()
	s := opened(t, newMemory(), Options{MaxBytes: 256 << 10, SegmentBytes: 8 << 10})
	for i := range 300 {
		appended(t, s, alarm(i), alarm(i), alarm(i), alarm(i), alarm(i), alarm(i), alarm(i), alarm(i))
	}
	got := everything(s)
	if got[0].Kind != devices.SpoolGap || got[len(got)-1].Seq != s.Last().Seq {
		t.Errorf("first is %s, last %d of %d", got[0].Kind, got[len(got)-1].Seq, s.Last().Seq)
	}
	if st := s.Stats(); st.Bytes > 256<<10 {
		t.Errorf("%d bytes", st.Bytes)
	}
}

func TestConcurrentAppendersAndReader(t *testing.T) {
	t.Parallel()
	s := opened(t, folder(t.TempDir()), Options{SegmentBytes: 20_000})
	const writers, each = 8, 200
	for w := range writers {
		go func() {
			for i := range each {
				if _, err := s.Append(context.Background(), []devices.Signal{mixed(w + i)}); err != nil {
					t.Error(err)
				}
			}
		}()
	}
	r := s.Reader(Position{})
	defer r.Close()
	expect := uint64(1)
	for expect <= writers*each {
		batch, err := r.Next(t.Context(), 64)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batch {
			if b.Seq != expect || b.Kind == devices.SpoolGap {
				t.Fatalf("number %d (%s), want %d", b.Seq, b.Kind, expect)
			}
			expect++
		}
		if expect > 100 {
			s.Confirm(batch[0].Epoch, expect-50)
		}
	}
}

func BenchmarkAppendAlarm(b *testing.B) {
	s, err := Open(b.TempDir(), Options{Gateway: "gw"})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := 0; b.Loop(); i++ {
		if _, err := s.Append(b.Context(), []devices.Signal{alarm(i)}); err != nil {
			b.Fatal(err)
		}
	}
}
