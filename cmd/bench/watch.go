package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"guardroom/devices"
)

// seen is one alarm event on a live stream.
type seen struct {
	point  string // "<gateway>/<device>.<point>"
	state  string
	latest time.Time // of its last raise and its end, by the gateway's clock
	ours   bool      // it bears benchText
	at     time.Time // when it was read here
}

// watch reads a live stream until ctx ends and hands on each alarm event. It
// returns once the stream stands. ended, when not nil, hears how the stream ended.
func watch(ctx context.Context, url, token string, told func(seen), ended func(error)) error {
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
		err := readEvents(resp.Body, told)
		if ended != nil && ctx.Err() == nil {
			ended(err)
		}
	}()
	return nil
}

type reader interface{ Read(p []byte) (int, error) }

// readEvents hands on the alarm events of a stream until it ends.
func readEvents(stream reader, told func(seen)) error {
	lines := bufio.NewReaderSize(stream, 256<<10)
	var name []byte
	for {
		line, err := lines.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		if rest, ok := bytes.CutPrefix(line, []byte("event: ")); ok {
			name = append(name[:0], bytes.TrimSpace(rest)...)
			continue
		}
		if data, ok := bytes.CutPrefix(line, []byte("data: ")); ok && bytes.Equal(name, []byte("alarm")) {
			told(readAlarm(data, time.Now()))
		}
	}
}

// readAlarm finds what it needs in the JSON of an alarm as the console shows
// it, or of an envelope as the bare pipeline does, without decoding the rest:
// the reader must not be what is measured.
func readAlarm(data []byte, at time.Time) seen {
	s := seen{at: at, ours: bytes.Contains(data, []byte(`"text":"`+benchText+`"`))}
	if observed := field(data, "observed"); observed != "" { // an envelope
		s.point = strings.TrimPrefix(field(data, "source"), "/"+station+"/") + "/" + field(data, "subject")
		s.latest = instant(observed)
		return s
	}
	s.point, s.state = field(data, "point"), field(data, "state")
	s.latest = instant(field(data, "last_at"))
	if cleared := instant(field(data, "cleared_at")); cleared.After(s.latest) {
		s.latest = cleared
	}
	return s
}

// field is the first string under a name; its values here hold no escapes.
func field(data []byte, name string) string {
	_, rest, found := bytes.Cut(data, []byte(`"`+name+`":"`))
	if !found {
		return ""
	}
	value, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(value)
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
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

// ledger knows what is due to be seen. Alarms that change twice in one
// transaction are shown once, as they are then: that counts for both changes.
type ledger struct {
	ages

	mu      sync.Mutex
	waiting map[string][]time.Time // by point, oldest first
	sent    int
}

func newLedger() *ledger { return &ledger{waiting: map[string][]time.Time{}} }

func (l *ledger) told(s devices.Signal) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting[string(s.Point)] = append(l.waiting[string(s.Point)], s.Observed)
	l.sent++
}

func (l *ledger) seen(s seen) {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue := l.waiting[s.point]
	for len(queue) > 0 && !queue[0].After(s.latest) {
		l.add(s.at.Sub(queue[0]))
		queue = queue[1:]
	}
	l.waiting[s.point] = queue
}

// missing is how many have not been seen yet.
func (l *ledger) missing() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sent - l.count()
}

// settle waits until everything was seen; what is missing then is an error.
func (l *ledger) settle(ctx context.Context, patience time.Duration) error {
	for deadline := time.Now().Add(patience); l.missing() > 0; {
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d never reached the live stream", l.missing(), l.sent)
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}
