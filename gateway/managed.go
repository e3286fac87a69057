package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"guardroom/gateway/link"
	"guardroom/gateway/poller"
)

// manager keeps the configuration of a gateway that is managed: which one is good,
// which one was tried, and what the console is told of it.
//
// A configuration is tried by running with it. It is good once the gateway has
// reached the console by it; until then the good one stands on disk, so that a
// gateway which dies of a new one comes back with the old.
type manager struct {
	own  Config
	path string
	log  *slog.Logger
	now  func() time.Time

	in chan link.ConfigMessage // to be looked at: the newest
	up chan struct{}           // the console was reached

	mu   sync.Mutex
	kept keptConfig
	tell func() // the link's: says what is in force; nil while there is none
}

// keptConfig is what is on disk.
type keptConfig struct {
	Good *link.ConfigMessage `json:"good"` // nil: the gateway's own file
	// Trying is set while a configuration is tried: found at a start, it has failed.
	Trying *link.ConfigMessage `json:"trying"`
	// Last is what became of the newest that was looked at.
	Last link.AppliedMessage `json:"last"`
}

func openManager(own Config, o Options) *manager {
	m := &manager{
		own: own, path: filepath.Join(own.Data, "config.json"), log: o.Log, now: o.Now,
		in: make(chan link.ConfigMessage, 1), up: make(chan struct{}, 1),
	}
	text, err := os.ReadFile(m.path)
	if err == nil {
		err = json.Unmarshal(text, &m.kept)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.log.Error("the configuration of the console is lost; the gateway's own file counts", "error", err)
		m.kept = keptConfig{}
	}
	if t := m.kept.Trying; t != nil {
		m.settle(t.Version, link.ConfigReverted, "the gateway stopped while it tried this configuration")
	}
	return m
}

// good is the configuration that counts. One that can no longer be read gives way
// to the gateway's own file.
func (m *manager) good() Config {
	m.mu.Lock()
	sent := m.kept.Good
	m.mu.Unlock()
	if sent == nil {
		return m.own
	}
	c, err := m.parse(*sent)
	if err != nil {
		m.log.Error("the last good configuration of the console cannot be read; the gateway's own file counts", "version", sent.Version, "error", err)
		return m.own
	}
	return c
}

func (m *manager) parse(sent link.ConfigMessage) (Config, error) {
	return ParseSent(m.own, fmt.Sprintf("version %d", sent.Version), []byte(sent.Text))
}

// applied is what the console is told.
func (m *manager) applied() link.AppliedMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	told := m.kept.Last
	if told.At.IsZero() {
		told.At, told.State = m.now(), link.ConfigInForce
	}
	if m.kept.Good != nil {
		told.InForce = m.kept.Good.Version
	}
	return told
}

// take looks at a configuration that the console sent; the one that runs decides
// what becomes of it. The same one again is only told of again.
func (m *manager) take(sent link.ConfigMessage) {
	m.mu.Lock()
	again := sent.Version == 0 || sent.Version <= m.kept.Last.Version
	m.mu.Unlock()
	if again {
		m.say()
		return
	}
	for {
		select {
		case m.in <- sent:
			return
		default:
		}
		select {
		case <-m.in: // an older one that nobody has looked at
		default:
		}
	}
}

func (m *manager) say() {
	m.mu.Lock()
	tell := m.tell
	m.mu.Unlock()
	if tell != nil {
		tell()
	}
}

// hear notes that the console is reached, and how it is told what is in force.
func (m *manager) hear(tell func()) {
	m.mu.Lock()
	m.tell = tell
	m.mu.Unlock()
	select {
	case m.up <- struct{}{}:
	default:
	}
}

// begin notes that a configuration is being tried.
func (m *manager) begin(sent link.ConfigMessage) {
	m.keep(func(k *keptConfig) {
		k.Trying = &sent
		k.Last = link.AppliedMessage{Version: sent.Version, State: link.ConfigTrying, At: m.now()}
	})
}

// settle notes what became of a configuration.
func (m *manager) settle(version uint64, state string, reasons ...string) {
	told := link.AppliedMessage{Version: version, State: state, At: m.now()}
	for _, reason := range reasons {
		told.Faults = append(told.Faults, link.ConfigFault{Reason: reason})
	}
	m.conclude(told)
}

func (m *manager) conclude(told link.AppliedMessage) {
	m.keep(func(k *keptConfig) {
		if k.Trying != nil && told.State == link.ConfigInForce {
			k.Good = k.Trying
		}
		k.Trying, k.Last = nil, told
	})
}

// keep changes what is kept: on disk first, then for those who ask, so that the
// console never hears of what a gateway that dies now would not remember. Only the
// one that runs changes it.
func (m *manager) keep(change func(*keptConfig)) {
	m.mu.Lock()
	next := m.kept
	m.mu.Unlock()
	change(&next)
	text, err := json.Marshal(next)
	if err == nil {
		err = poller.ReplaceFile(m.path, text)
	}
	if err != nil {
		m.log.Error("keep the configuration of the console", "error", err)
	}
	m.mu.Lock()
	m.kept = next
	m.mu.Unlock()
	m.say()
}

// refused tells why a configuration cannot be used, each fault with its line.
func (m *manager) refused(version uint64, err error) {
	told := link.AppliedMessage{Version: version, State: link.ConfigRefused, At: m.now()}
	var faults Faults
	if !errors.As(err, &faults) {
		faults = Faults{{Reason: err.Error()}}
	}
	for _, f := range faults[:min(len(faults), 100)] {
		told.Faults = append(told.Faults, link.ConfigFault{File: f.File, Line: f.Line, Reason: f.Reason})
	}
	m.log.Warn("the configuration of the console cannot be used; the last good one stays", "version", version, "error", err)
	m.conclude(told)
}

// runManaged runs a gateway with the last good configuration, and tries each new
// one that the console sends.
func runManaged(ctx context.Context, own Config, o Options) error {
	if err := os.MkdirAll(own.Data, 0o700); err != nil {
		o.Log.Error("make the data folder", "error", err)
	}
	m := openManager(own, o)
	ready := o.Ready
	var once sync.Once
	o.Ready = func(a Addresses) { once.Do(func() { call(ready, a) }) }
	c, trial := m.good(), false
	for {
		next, err := m.run(ctx, c, o, trial)
		switch {
		case ctx.Err() != nil:
			return err
		case next != nil:
			if c, err = m.parse(*next); err == nil { // it was read before
				m.begin(*next)
				trial = true
				continue
			}
			m.refused(next.Version, err)
		case !trial:
			return err
		default:
			m.log.Error("the new configuration does not work; the last good one counts again", "error", err)
			m.settle(m.applied().Version, link.ConfigReverted, err.Error())
		}
		c, trial = m.good(), false
	}
}

func call(ready func(Addresses), a Addresses) {
	if ready != nil {
		ready(a)
	}
}

var errNotReached = errors.New("the console was not reached by it")

// run runs with one configuration until ctx ends, a better one is there, or the
// trial of this one has failed.
func (m *manager) run(ctx context.Context, c Config, o Options, trial bool) (next *link.ConfigMessage, err error) {
	select {
	case <-m.up: // of the run before
	default:
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	g, err := assemble(c, o)
	if err != nil {
		return nil, err
	}
	g.uplink.manager = m
	ended := make(chan error, 1)
	go func() { ended <- g.run(running) }()
	limit := time.NewTimer(c.TryFor)
	defer limit.Stop()
	if !trial {
		limit.Stop()
	}
	for {
		select {
		case err := <-ended:
			return nil, err
		case <-m.up:
			if trial {
				trial = false
				limit.Stop()
				m.settle(m.applied().Version, link.ConfigInForce)
			}
		case <-limit.C:
			stop()
			return nil, errors.Join(errNotReached, ignoreCancel(<-ended))
		case sent := <-m.in:
			if _, err := m.parse(sent); err != nil {
				m.refused(sent.Version, err)
				continue
			}
			m.log.Info("a new configuration of the console is tried", "version", sent.Version)
			stop()
			if err := ignoreCancel(<-ended); err != nil {
				m.log.Error("stop for a new configuration", "error", err)
			}
			return &sent, nil
		}
	}
}

func ignoreCancel(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
