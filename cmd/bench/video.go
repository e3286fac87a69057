package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The marks of live video. A peer that is named is measured in the same way, in
// the same run.
const (
	markFirstPicture  = 60  // ms, p95
	markDelay         = 20  // ms, p95
	markViewerCPU     = 5   // ms of processor time per viewer and second
	markViewerMemory  = 1   // MiB resident per viewer
	markManyCPU       = 8   // with a camera for each viewer
	markOverloadDelay = 500 // ms, p99 of what is shown at all
)

// side is the server that is measured: ours, or a peer.
type side struct {
	name     string
	endpoint func(camera int) string
	pid      int
}

// liveVideo measures cameras to viewers: first picture, cost and delay.
func liveVideo(ctx context.Context, b *bench) error {
	debug.SetGCPercent(400) // the watchers' garbage shall not disturb what is measured
	clip := filepath.Join(b.folder, "clip.h264")
	if err := drawClip(ctx, clip); err != nil {
		return err
	}
	const cameras = 64
	var lens camerasReady
	shooting, err := b.start(ctx, "cameras", &lens, "-config", b.o.cameras+","+strconv.Itoa(cameras)+","+clip)
	if err != nil {
		return err
	}
	defer shooting.stop()
	var failed []error
	if b.o.peer != "" {
		peer := side{name: "peer, ", pid: b.o.peerPID, endpoint: func(i int) string { return strings.ReplaceAll(b.o.peer, "{camera}", strconv.Itoa(i)) }}
		failed = append(failed, b.oneCamera(ctx, peer, shooting.pid()))
		if strings.Contains(b.o.peer, "{camera}") {
			failed = append(failed, b.manyCameras(ctx, peer, cameras, shooting.pid()))
		}
	}
	for _, run := range []struct {
		cameras int
		measure func(side) error
	}{
		{1, func(s side) error { return b.oneCamera(ctx, s, shooting.pid()) }},
		{cameras, func(s side) error { return b.manyCameras(ctx, s, cameras, shooting.pid()) }},
	} {
		failed = append(failed, b.withVideo(ctx, lens.Address, run.cameras, run.measure))
	}
	return errors.Join(failed...)
}

// withVideo runs measure against a server of ours.
func (b *bench) withVideo(ctx context.Context, cameras string, count int, measure func(side) error) error {
	var ready videoReady
	p, err := b.start(ctx, "video", &ready, "-config", cameras+","+strconv.Itoa(count))
	if err != nil {
		return err
	}
	defer p.stop()
	ours := side{pid: p.pid(), endpoint: func(i int) string { return fmt.Sprintf("%s/%d/whep", ready.URL, i) }}
	first, err := warm(ctx, ours.endpoint(0))
	if err != nil {
		return err
	}
	first.close(ctx)
	if err := measure(ours); err != nil {
		return err
	}
	return p.check()
}

// warm connects once a camera has a picture.
func warm(ctx context.Context, endpoint string) (*watcher, error) {
	w, err := watchPicture(ctx, endpoint, true)
	if err != nil {
		return nil, err
	}
	if _, err := w.wait(ctx); err != nil {
		w.close(ctx)
		return nil, err
	}
	return w, nil
}

func (w *watcher) wait(ctx context.Context) (time.Duration, error) {
	select {
	case d := <-w.first:
		return d, nil
	case <-time.After(20 * time.Second):
		return 0, errors.New("no picture within 20 s")
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
}

// oneCamera measures the first picture, and then fifty viewers of one camera.
func (b *bench) oneCamera(ctx context.Context, s side, helpers ...int) error {
	meter := startMeter(s.pid, helpers...)
	var waits, whole []time.Duration
	for range b.o.joins {
		select {
		case <-time.After(rand.N(2 * time.Second)):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		began := time.Now()
		w, err := watchPicture(ctx, s.endpoint(0), false)
		if err != nil {
			return err
		}
		wait, err := w.wait(ctx)
		whole = append(whole, time.Since(began))
		w.close(ctx)
		if err != nil {
			return err
		}
		waits = append(waits, wait)
	}
	use := meter.read()
	b.add("video", use,
		figure{Name: s.name + "first keyframe after POST, p50", Value: ms(percentile(waits, 50)), Unit: "ms"},
		figure{Name: s.name + "first keyframe after POST, p95", Value: ms(percentile(waits, 95)), Unit: "ms", Mark: atMost(markFirstPicture), Note: fmt.Sprintf("%d joins at random instants", len(waits))},
		figure{Name: s.name + "first keyframe from nothing, p95", Value: ms(percentile(whole, 95)), Unit: "ms"},
	)
	for _, viewers := range []int{1, 50, 100} {
		c, err := b.show(ctx, s, viewers, func(int) int { return 0 }, helpers...)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("%s1 camera, %d viewers: ", s.name, viewers)
		list := c.figures(name)
		switch viewers {
		case 50:
			list[0].Mark, list[1].Mark, list[3].Mark = atMost(markViewerCPU), atMost(markViewerMemory), atMost(markDelay)
		case 100:
			list[4].Mark = atMost(markOverloadDelay)
		}
		b.add("video", c.use, list...)
	}
	return nil
}

// manyCameras measures a viewer for each of many cameras.
func (b *bench) manyCameras(ctx context.Context, s side, cameras int, helpers ...int) error {
	c, err := b.show(ctx, s, cameras, func(i int) int { return i }, helpers...)
	if err != nil {
		return err
	}
	list := c.figures(fmt.Sprintf("%s%d cameras, 1 viewer each: ", s.name, cameras))
	list[0].Mark, list[4].Mark = atMost(markManyCPU), atMost(markOverloadDelay)
	b.add("video", c.use, list...)
	return nil
}

// showing is what many viewers cost and got.
type showing struct {
	use     usage
	viewers int
	memory  float64 // MiB more than before they came
	delays  []time.Duration
	missing int
	packets int
}

func (b *bench) show(ctx context.Context, s side, viewers int, camera func(int) int, helpers ...int) (*showing, error) {
	before := memory(s.pid, "VmRSS")
	all := make([]*watcher, 0, viewers)
	defer func() {
		for _, w := range all {
			w.close(ctx)
		}
	}()
	for i := range viewers {
		w, err := watchPicture(ctx, s.endpoint(camera(i)), false)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	for _, w := range all {
		if _, err := w.wait(ctx); err != nil {
			return nil, err
		}
	}
	if err := rest(ctx, 3*time.Second); err != nil { // let the past run off
		return nil, err
	}
	for _, w := range all {
		w.measure(true)
	}
	meter := startMeter(s.pid, helpers...)
	if err := rest(ctx, b.o.seconds); err != nil {
		return nil, err
	}
	c := &showing{use: meter.read(), viewers: viewers, memory: memory(s.pid, "VmRSS") - before}
	for _, w := range all {
		w.measure(false)
		w.mu.Lock()
		c.delays = append(c.delays, w.delays...)
		c.missing += w.missing
		c.packets += w.packets
		w.mu.Unlock()
	}
	if len(c.delays) == 0 {
		return nil, errors.New("no picture came while it was measured")
	}
	return c, nil
}

func rest(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (c *showing) figures(name string) []figure {
	pictures := float64(len(c.delays)) / float64(c.viewers) / c.use.took.Seconds()
	return []figure{
		{Name: name + "processor time per viewer and second", Value: c.use.program * 1000 / float64(c.viewers), Unit: "ms"},
		{Name: name + "resident memory per viewer", Value: c.memory / float64(c.viewers), Unit: "MiB"},
		{Name: name + "camera to viewer, p50", Value: ms(percentile(c.delays, 50)), Unit: "ms"},
		{Name: name + "camera to viewer, p95", Value: ms(percentile(c.delays, 95)), Unit: "ms"},
		{Name: name + "camera to viewer, p99", Value: ms(percentile(c.delays, 99)), Unit: "ms", Note: fmt.Sprintf("%.1f of 25 pictures a second, %.2f %% out of order", pictures, 100*float64(c.missing)/float64(max(1, c.packets)))},
	}
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func percentile(list []time.Duration, p int) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}
