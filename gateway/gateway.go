// Package gateway puts the parts of a gateway together: drivers that ask the
// devices of a site, the spool that keeps what they say, and the wire to the
// console.
//
//	device ─▶ devices/modbus, devices/mqtt ─▶ poller ─▶ spool ─▶ uplink ─▶ console
//	device ◀─ ………………………………………………… ◀─ commands ◀─ uplink ◀─ console
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"guardroom/devices"
	"guardroom/gateway/commands"
	"guardroom/gateway/poller"
	"guardroom/gateway/spool"
)

// Options are what does not stand in the configuration. Zero values have defaults.
type Options struct {
	Software string // version, for birth
	Log      *slog.Logger
	Now      func() time.Time
	// Ready is called once when everything is started, with the addresses that
	// were chosen.
	Ready func(Addresses)
	// ResendAfter is how long a confirm may fail to move before everything behind
	// it is sent again; 15 s.
	ResendAfter time.Duration
}

// Addresses are where a running gateway listens; empty for what it does not serve.
type Addresses struct {
	Metrics     string `json:"metrics,omitempty"`
	FieldBroker string `json:"field_broker,omitempty"`
}

const (
	saveStateEvery = time.Second
	farewell       = 2 * time.Second // for saying goodbye
)

// Run runs a gateway until ctx ends, and then stops in order: devices first,
// then the state and the spool, the link last. It returns early only for what
// no waiting can heal.
func Run(ctx context.Context, c Config, o Options) error {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.ResendAfter == 0 {
		o.ResendAfter = 15 * time.Second
	}
	if o.Software == "" {
		o.Software = "guardroom"
	}
	if c.Managed {
		return runManaged(ctx, c, o)
	}
	g, err := assemble(c, o)
	if err != nil {
		return err
	}
	return g.run(ctx)
}

// running is one gateway.
type running struct {
	config   Config
	options  Options
	log      *slog.Logger
	spool    *spool.Spool
	state    *poller.State
	clock    *clockWatch
	uplink   *uplink
	executor *commands.Executor
	site     *siteParts
	cameras  *cameraSite
}

func assemble(c Config, o Options) (g *running, err error) {
	if c.Data == "" {
		return nil, errors.New("gateway: no data folder")
	}
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		o.Log.Error("make the data folder", "error", err) // the spool says it to the console
	}
	g = &running{config: c, options: o, log: o.Log}
	defer func() {
		if err != nil {
			g.discard()
		}
	}()
	g.clock = newClockWatch(o.Now)
	g.uplink = newUplink(c, o, o.Log)
	if g.state, err = poller.OpenState(filepath.Join(c.Data, "state.json")); err != nil {
		o.Log.Error("the known state is lost: what is active is told again", "error", err)
	}
	g.spool, err = spool.Open(filepath.Join(c.Data, "spool"), spool.Options{
		Gateway: c.ID, MaxBytes: c.SpoolBytes, Durable: g.state.Apply, Now: o.Now, Clock: g.clock.State, Log: o.Log,
	})
	if err != nil {
		return g, fmt.Errorf("open spool: %w", err)
	}
	g.catchUp()
	if g.spool.LostSignals() {
		g.retell(context.Background(), "the spool was lost or damaged")
	}
	g.uplink.damaged = func() { g.retell(context.Background(), "the spool read a damaged place") }
	if g.site, err = buildSite(c, g.poller(), o.Log); err != nil {
		return g, err
	}
	g.executor = commands.New(commands.Options{
		Gateway: c.ID, ReadOnly: c.ReadOnly, Devices: g.site.commandable, Folder: filepath.Join(c.Data, "commands"),
		Receipt: g.uplink.settled, Now: o.Now, Log: o.Log, Synced: func() bool { return g.clock.State() == devices.Synced },
	})
	if g.cameras, err = buildCameras(g); err != nil {
		return g, err
	}
	u := g.uplink
	u.spool, u.state, u.executor, u.clock, u.drivers = g.spool, g.state, g.executor, g.clock, append(g.site.drivers, g.cameras.drivers()...)
	u.cameras = g.cameras
	return g, nil
}

// discard closes what a failed assembly had opened.
func (g *running) discard() {
	if g.site != nil {
		g.site.close()
	}
	if g.spool != nil {
		if err := g.spool.Close(); err != nil {
			g.log.Error("close the spool", "error", err)
		}
	}
}

// catchUp applies to the state what the spool kept after the state was saved.
func (g *running) catchUp() {
	epoch, seq := g.state.Reflects()
	r := g.spool.Reader(spool.Position{Epoch: epoch, Seq: seq})
	defer r.Close()
	for {
		batch, _ := r.Take(1000)
		if len(batch) == 0 {
			return
		}
		g.state.Apply(batch)
	}
}

// retell tells again what holds, after signals were lost that may have said it.
// An alarm that comes twice is better than one that never came.
func (g *running) retell(ctx context.Context, why string) {
	again := g.state.Active(g.config.ID, g.options.Now(), g.clock.State())
	if len(again) == 0 {
		return
	}
	g.log.Warn("signals were lost: what holds is told again", "reason", why, "conditions", len(again))
	for batch := range slices.Chunk(again, 1000) {
		for i := range batch {
			batch[i].Text = "This holds since then. It is told again, because the gateway's disk lost signals."
		}
		if _, err := (journal{g.spool, g.log}).Append(ctx, batch); err != nil {
			g.log.Error("tell again what holds", "error", err)
			return
		}
	}
}

// poller is what the drivers share.
func (g *running) poller() poller.Site {
	return poller.Site{
		Gateway: g.config.ID, Journal: journal{g.spool, g.log}, State: g.state, Readings: g.uplink.read,
		Now: g.options.Now, Clock: g.clock.State, Log: g.log,
	}
}

// journal is the spool for those who have done their part when a signal is on
// its way: one that only memory holds goes out live, and the spool raises the
// condition.
type journal struct {
	spool *spool.Spool
	log   *slog.Logger
}

func (j journal) Append(ctx context.Context, signals []devices.Signal) ([]devices.Signal, error) {
	numbered, err := j.spool.Append(ctx, signals)
	var volatile *spool.NotDurableError
	if errors.As(err, &volatile) {
		j.log.Warn("signals stand in memory only", "signals", len(signals), "error", volatile.Cause)
		return numbered, nil
	}
	return numbered, err
}

func (g *running) run(ctx context.Context) error {
	metrics, err := listenMetrics(g)
	if err != nil {
		g.discard()
		return err
	}
	// The state outlives the drivers, and the link outlives both.
	working, stop := context.WithCancel(ctx)
	defer stop()
	saving, stopSaving := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSaving()
	var work, saves sync.WaitGroup
	saves.Go(func() {
		g.state.Run(saving, saveStateEvery, g.uplink.reflected, func(err error) { g.log.Error("keep the known state", "error", err) })
	})
	if err := g.uplink.connect(); err != nil {
		stopSaving()
		saves.Wait()
		metrics.close()
		g.discard()
		return fmt.Errorf("link to the console: %w", err)
	}
	metrics.serve()
	work.Go(func() { _ = g.executor.Run(working) }) // ends with working only
	work.Go(func() { g.watchClock(working) })
	g.site.start(working, &work)
	g.cameras.start(working, &work)
	if g.options.Ready != nil {
		g.options.Ready(Addresses{Metrics: metrics.address(), FieldBroker: g.site.brokerAddress()})
	}
	<-ctx.Done()
	g.log.Info("stopping")
	work.Wait()
	stopSaving()
	saves.Wait()
	bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), farewell)
	defer cancel()
	g.uplink.goodbye(bye)
	g.site.close()
	metrics.close()
	return errors.Join(g.spool.Close(), context.Cause(ctx))
}
