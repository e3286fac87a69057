package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices/mqtt"
)

// A load is a set of make-believe gateways that publish.
type load struct {
	clients []*mqtt.Client
	topic   func(gateway int) string
	// payload makes one message of n signals of a gateway, the first one numbered
	// seq; due is written into each, so that a reader can tell its age.
	payload func(gateway int, seq int64, n int, due time.Time) []byte
	next    []int64 // the next sequence number of each gateway
}

// flood publishes as fast as acknowledgements come back, window messages in
// flight at each gateway, and returns acknowledged signals a second.
func (l *load) flood(ctx context.Context, n, window int, d time.Duration) (perSecond float64, err error) {
	var acked atomic.Int64
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	began := time.Now()
	err = l.each(func(g int) error {
		flight := make(chan *mqtt.Delivery, window)
		for ctx.Err() == nil {
			if len(flight) == cap(flight) {
				if err := settle(ctx, <-flight); err != nil {
					return err
				}
				acked.Add(int64(n))
			}
			delivery := l.clients[g].Start(mqtt.Message{Topic: l.topic(g), QoS: 1, Payload: l.payload(g, l.next[g], n, time.Now())})
			l.next[g] += int64(n)
			flight <- delivery
		}
		for len(flight) > 0 { // what is in flight is not counted, but ended cleanly
			if err := settle(context.WithoutCancel(ctx), <-flight); err != nil {
				return err
			}
		}
		return nil
	})
	return float64(acked.Load()) / time.Since(began).Seconds(), err
}

// steady publishes rate signals a second in all, one a message, each at its due
// instant whatever became of the one before.
func (l *load) steady(ctx context.Context, rate int, d time.Duration) error {
	gap := time.Duration(len(l.clients)) * time.Second / time.Duration(rate)
	began := time.Now()
	return l.each(func(g int) error {
		var last *mqtt.Delivery
		due := began.Add(gap * time.Duration(g) / time.Duration(len(l.clients)))
		for ; due.Before(began.Add(d)); due = due.Add(gap) {
			select {
			case <-time.After(time.Until(due)):
			case <-ctx.Done():
				return ctx.Err()
			}
			last = l.clients[g].Start(mqtt.Message{Topic: l.topic(g), QoS: 1, Payload: l.payload(g, l.next[g], 1, due)})
			l.next[g]++
		}
		if last == nil {
			return nil
		}
		return settle(ctx, last)
	})
}

// each runs f for every gateway at once and returns the first error.
func (l *load) each(f func(gateway int) error) error {
	errs := make([]error, len(l.clients))
	var wg sync.WaitGroup
	for g := range l.clients {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[g] = f(g)
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

func settle(ctx context.Context, d *mqtt.Delivery) error {
	select {
	case <-d.Done():
		return d.Err()
	case <-time.After(30 * time.Second):
		return errors.New("no acknowledgement for 30 s")
	case <-ctx.Done():
		return nil
	}
}

func (l *load) close() {
	for _, c := range l.clients {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		_ = c.Close(ctx)
		cancel()
	}
}

// ages collects how old things were when they were seen.
type ages struct {
	mu  sync.Mutex
	all []time.Duration
}

func (a *ages) add(d time.Duration) {
	a.mu.Lock()
	a.all = append(a.all, d)
	a.mu.Unlock()
}

func (a *ages) count() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.all)
}

// at returns the q-quantile in milliseconds.
func (a *ages) at(q float64) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.all) == 0 {
		return 0
	}
	slices.Sort(a.all)
	return float64(a.all[int(q*float64(len(a.all)-1))]) / float64(time.Millisecond)
}

const dueMark = "due:"

// due is the mark that a payload carries: nanoseconds since 1970.
func due(t time.Time) string { return dueMark + strconv.FormatInt(t.UnixNano(), 10) }

// watch reads a live stream until ctx ends and collects the age of each mark.
// It returns once the stream stands; stop with ctx.
func watch(ctx context.Context, url, token string, into *ages) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "text/event-stream")
	resp, err := (&http.Client{Transport: &http.Transport{DisableCompression: true}}).Do(req) //nolint:bodyclose // closed by the goroutine below
	if err != nil {
		return fmt.Errorf("watch %s: %w", url, err)
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return fmt.Errorf("watch %s: %s", url, resp.Status)
	}
	go func() {
		defer resp.Body.Close()
		lines := bufio.NewReaderSize(resp.Body, 256<<10)
		var name []byte
		for {
			line, err := lines.ReadSlice('\n')
			if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
				return
			}
			if rest, ok := bytes.CutPrefix(line, []byte("event: ")); ok {
				name = append(name[:0], bytes.TrimSpace(rest)...)
				continue
			}
			if !bytes.Equal(name, []byte("alarm")) {
				continue
			}
			_, rest, found := bytes.Cut(line, []byte(dueMark))
			if !found {
				continue
			}
			digits := rest[:max(0, bytes.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' }))]
			if nanos, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
				into.add(time.Since(time.Unix(0, nanos)))
			}
		}
	}()
	return nil
}

// cpu is the processor time that a process and its threads have used.
func cpu(pid int) time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts in 1/100 s
}

// rss is the resident memory of a process in MiB.
func rss(pid int) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}
