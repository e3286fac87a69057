package modbus_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guardroom/devices/modbus"
	"guardroom/simulators/modbusd"
)

// A copy of the test program that is started with this variable runs so many
// slaves, so that a benchmark measures the masters alone.
const slavesVariable = "MODBUS_BENCH_SLAVES"

func TestMain(m *testing.M) {
	if n, _ := strconv.Atoi(os.Getenv(slavesVariable)); n > 0 {
		if err := runSlaves(n); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// runSlaves prints one address a line and serves until standard input ends.
func runSlaves(n int) error {
	for range n {
		slave, err := modbusd.Listen(context.Background(), "127.0.0.1:0")
		if err != nil {
			return err
		}
		if err := slave.Set(1, modbusd.Holding, 0, make([]uint16, 500)...); err != nil {
			return err
		}
		fmt.Println(slave.Addr())
	}
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func startSlaves(b *testing.B, n int) []string {
	b.Helper()
	slaves := exec.Command(os.Args[0])
	slaves.Env = append(os.Environ(), slavesVariable+"="+strconv.Itoa(n))
	slaves.Stderr = os.Stderr
	in, err := slaves.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := slaves.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := slaves.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); slaves.Wait() })
	var addresses []string
	for lines := bufio.NewReader(out); len(addresses) < n; {
		line, err := lines.ReadString('\n')
		if err != nil {
			b.Fatal(err)
		}
		addresses = append(addresses, strings.TrimSpace(line))
	}
	return addresses
}

// BenchmarkRead asks one slave in another process, one question after the other.
func BenchmarkRead(b *testing.B) {
	address := startSlaves(b, 1)[0]
	for _, count := range []uint16{10, 125} {
		b.Run(fmt.Sprintf("%d registers", count), func(b *testing.B) {
			line := startLine(b, address, modbus.Options{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := line.Read(b.Context(), modbus.Normal, 1, modbus.Holding, 0, count); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}

// BenchmarkTwoHundredDevices polls 200 devices in another process every second,
// with four reads of 125 registers each, and reports the share of one core and
// how late polls start. The time of an operation means nothing here.
func BenchmarkTwoHundredDevices(b *testing.B) {
	const (
		devices  = 200
		interval = time.Second
		rounds   = 8
	)
	lines := make([]*modbus.Line, devices)
	for i, address := range startSlaves(b, devices) {
		lines[i] = startLine(b, address, modbus.Options{})
	}
	var (
		mu          sync.Mutex
		late, takes []time.Duration
		work        sync.WaitGroup
	)
	poll := func(line *modbus.Line, due time.Time) {
		began := time.Now()
		for block := range uint16(4) {
			ctx, cancel := context.WithTimeout(b.Context(), interval)
			_, err := line.Read(ctx, modbus.Normal, 1, modbus.Holding, 125*block, 125)
			cancel()
			if err != nil {
				b.Error(err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		late, takes = append(late, began.Sub(due)), append(takes, time.Since(began))
	}
	begin, spent := time.Now(), processTime(b)
	for _, line := range lines {
		due := begin.Add(rand.N(interval))
		work.Go(func() {
			for range rounds {
				<-time.After(time.Until(due))
				poll(line, due)
				due = due.Add(interval)
			}
		})
	}
	work.Wait()
	b.ReportMetric(100*(processTime(b)-spent).Seconds()/time.Since(begin).Seconds(), "%core")
	slices.Sort(late)
	slices.Sort(takes)
	b.ReportMetric(milliseconds(late, 0.5), "late-p50-ms")
	b.ReportMetric(milliseconds(late, 0.999), "late-p99.9-ms")
	b.ReportMetric(milliseconds(takes, 0.5), "poll-p50-ms")
	b.ReportMetric(milliseconds(takes, 0.99), "poll-p99-ms")
	b.ReportMetric(0, "ns/op")
}

func milliseconds(sorted []time.Duration, quantile float64) float64 {
	return sorted[int(quantile*float64(len(sorted)-1))].Seconds() * 1000
}

// processTime is what this process has spent on all cores.
func processTime(b *testing.B) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
