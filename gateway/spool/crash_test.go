package spool

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
)

const crashDir = "GUARDROOM_SPOOL_CRASH_DIR"

// TestMain lets this test binary be the process that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(crashDir); dir != "" {
		appendForEver(dir)
		return
	}
	os.Exit(m.Run())
}

// appendForEver says "epoch seq text" of every signal once it is durable.
func appendForEver(dir string) {
	s, err := Open(dir, Options{Gateway: "gw", GroupWait: time.Millisecond, SegmentBytes: 100_000})
	if err != nil {
		fmt.Println("error", err)
		return
	}
	for i := 0; ; i += 3 {
		batch, err := s.Append(context.Background(), []devices.Signal{mixed(i), mixed(i + 1), mixed(i + 2)})
		if err != nil {
			fmt.Println("error", err)
			return
		}
		for _, b := range batch {
			fmt.Println(b.Epoch, b.Seq, b.Text)
		}
	}
}

// TestKill kills a real process in mid-append, several times on one folder.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	said := map[Position]string{}
	for round := range 4 {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), crashDir+"="+dir)
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			if n == 500+171*round {
				child.Process.Kill()
			}
			var at Position
			var text string
			line := lines.Text()
			if _, err := fmt.Sscanf(line, "%d %d", &at.Epoch, &at.Seq); err != nil {
				if strings.HasPrefix(line, "error") {
					t.Fatal(line)
				}
				continue // the last line may be cut off
			}
			if i := strings.Index(line, "number"); i >= 0 {
				text = line[i:]
			}
			if old, twice := said[at]; twice && old != text {
				t.Fatalf("round %d: %v was %q and is %q", round, at, old, text)
			}
			said[at] = text
		}
		_ = child.Wait() // killed
	}
	s := opened(t, folder(dir), Options{})
	r := s.Reader(Position{})
	defer r.Close()
	found := 0
	epoch, expect := s.Last().Epoch, uint64(1)
	for _, got := range drained(r) {
		if got.Epoch != epoch || got.Seq != expect || got.Kind == devices.SpoolGap {
			t.Fatalf("%d/%d %s, want %d/%d", got.Epoch, got.Seq, got.Kind, epoch, expect)
		}
		expect++
		if text, ok := said[Position{got.Epoch, got.Seq}]; ok {
			if !strings.HasPrefix(got.Text, text) {
				t.Fatalf("%d was acknowledged as %q and is %q", got.Seq, text, got.Text)
			}
			found++
		}
	}
	if found != len(said) || found < 1500 {
		t.Errorf("%d of %d acknowledged signals found", found, len(said))
	}
}

// TestDrainInLittleMemory reads a large backlog from disk.
func TestDrainInLittleMemory(t *testing.T) {
	const n = 30_000
	s, err := Open(t.TempDir(), Options{Gateway: "gw", GroupWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	batch := make([]devices.Signal, 1000)
	for i := 0; i < n; i += len(batch) {
		for k := range batch {
			batch[k] = mixed(i + k)
		}
		if _, err := s.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	var before, now, peak runtime.MemStats
	runtime.ReadMemStats(&before)
	r := s.Reader(s.Confirmed())
	defer r.Close()
	start := time.Now()
	for expect := uint64(1); expect <= uint64(n); {
		batch, err := r.Next(t.Context(), 200)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range batch {
			if b.Seq != expect {
				t.Fatalf("number %d, want %d", b.Seq, expect)
			}
			expect++
		}
		if expect%5_000 == 1 {
			runtime.ReadMemStats(&now)
			if now.HeapAlloc > peak.HeapAlloc {
				peak = now
			}
			s.Confirm(batch[0].Epoch, expect-1)
		}
	}
	t.Logf("%d signals at %.0f/s, heap peak %d KiB", n, float64(n)/time.Since(start).Seconds(), peak.HeapAlloc>>10)
	if peak.HeapAlloc > before.HeapAlloc+24<<20 {
		t.Errorf("heap grew from %d to %d bytes", before.HeapAlloc, peak.HeapAlloc)
	}
}
