package gateway

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/gateway/spool"
)

// BenchmarkDrain fills a spool while nobody listens and lets a gateway of its
// own process drain it: signals a second, and the memory it takes.
func BenchmarkDrain(b *testing.B) {
	n := 200_000
	w := &world{t: b, console: startConsole(b), folder: b.TempDir()}
	s, err := spool.Open(filepath.Join(w.folder, "data", "spool"), spool.Options{Gateway: "gw", GroupWait: time.Millisecond})
	if err != nil {
		b.Fatal(err)
	}
	batch := make([]devices.Signal, 1000)
	for i := 0; i < n; i += len(batch) {
		for k := range batch {
			now := time.Now()
			batch[k] = devices.Signal{
				Point: devices.PointID(fmt.Sprint("gw/d.p", k)), Kind: devices.ZoneOpen, Active: i/1000%2 == 0,
				Occurred: now, Observed: now, State: "open", Detail: map[string]string{"reason": "a backlog"},
			}
		}
		if _, err := s.Append(context.Background(), batch); err != nil {
			b.Fatal(err)
		}
	}
	s.Close()
	b.ResetTimer()
	began := time.Now()
	gateway := w.child()
	peak := 0
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", gateway.Process.Pid))
		if err != nil {
			b.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); f[0] == "VmHWM:" {
				peak, _ = strconv.Atoi(f[1])
			}
		}
		got := 0
		w.console.locked(func() {
			for _, e := range w.console.stored {
				got += len(e)
			}
		})
		if got >= n {
			break
		}
		if time.Since(began) > 2*time.Minute {
			b.Fatalf("%d of %d", got, n)
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "signals/s")
	b.ReportMetric(float64(peak)/1024, "peak-MiB")
	_ = gateway.Process.Kill()
	_ = gateway.Wait() // killed
}

// BenchmarkDevices polls 200 devices at 1 s, four reads of 125 registers each,
// from a process of its own: the share of a core it takes.
func BenchmarkDevices(b *testing.B) {
	w := &world{t: b, console: startConsole(b), folder: b.TempDir()}
	for i := range 200 {
		w.device(fmt.Sprint("d", i), "test/wide", startPanel(b, "test/wide", nil).Addr())
	}
	gateway := w.child()
	eventually(b, "all are read", func() bool {
		n := 0
		w.console.locked(func() { n = len(w.console.readings) })
		return n == 200*500
	})
	cpu := func() float64 {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", gateway.Process.Pid))
		if err != nil {
			b.Fatal(err)
		}
		f := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+2:]))
		user, _ := strconv.Atoi(f[11])
		system, _ := strconv.Atoi(f[12])
		return float64(user+system) / 100
	}
	const span = 15 * time.Second
	before := cpu()
	time.Sleep(span)
	b.ReportMetric(100*(cpu()-before)/span.Seconds(), "%core")
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", gateway.Process.Pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); f[0] == "VmRSS:" {
			kib, _ := strconv.Atoi(f[1])
			b.ReportMetric(float64(kib)/1024, "MiB")
		}
	}
	_ = gateway.Process.Kill()
	_ = gateway.Wait() // killed
}
