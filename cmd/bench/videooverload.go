package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/pion/webrtc/v4"
)

// markAgeError is how far the age that a viewer is told may be from the true one,
// in ms, p95.
const markAgeError = 100

// The server comes last where the machine is full: programs that do nothing but
// work take what they get before it. Cameras and viewers come first, so that what
// is measured is the server's delay and not theirs.
const (
	niceWork   = 5
	niceServer = 15
)

// overloaded measures what viewers are shown, and told of its age, when the
// machine has far too little left for them.
func overloaded(ctx context.Context, b *bench) error {
	clip := filepath.Join(b.folder, "clip.h264")
	if err := drawClip(ctx, clip); err != nil {
		return err
	}
	var lens camerasReady
	shooting, err := b.start(ctx, "cameras", &lens, "-config", "127.0.0.1:0,1,"+clip)
	if err != nil {
		return err
	}
	defer shooting.stop()
	return b.withVideo(ctx, lens.Address, 1, func(s side) error { return b.overload(ctx, s, shooting.pid()) })
}

func (b *bench) overload(ctx context.Context, s side, helpers ...int) error {
	teller, err := warm(ctx, s.endpoint(0))
	if err != nil {
		return err
	}
	defer teller.close(ctx)
	if err := lower(s.pid, niceServer); err != nil {
		return err
	}
	var ready struct{}
	for range runtime.NumCPU() {
		work, err := b.start(ctx, "work", &ready)
		if err != nil {
			return err
		}
		defer work.stop()
		helpers = append(helpers, work.pid())
	}
	teller.measure(true)
	c, err := b.show(ctx, s, 100, func(int) int { return 0 }, helpers...)
	if err != nil {
		return err
	}
	off, delayed := teller.toldAges()
	if len(off) == 0 {
		return errors.New("no viewer was told an age")
	}
	list := c.figures(fmt.Sprintf("1 camera, 100 viewers, %d programs that take every core before it: ", runtime.NumCPU()))[2:]
	list[2].Mark = atMost(markOverloadDelay)
	b.add("overload", c.use, append(list, figure{
		Name: "told age beside the true one, p95", Value: ms(percentile(off, 95)), Unit: "ms", Mark: atMost(markAgeError),
		Note: fmt.Sprintf("%d messages, %d of them \"delayed\"", len(off), delayed),
	})...)
	return nil
}

// lower has all threads of a program run after others.
func lower(pid, nice int) error {
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*"))
	for _, t := range threads {
		id, bad := strconv.Atoi(filepath.Base(t))
		if bad == nil {
			err = errors.Join(err, syscall.Setpriority(syscall.PRIO_PROCESS, id, nice))
		}
	}
	return err
}

// childWork works until ctx ends, and nothing comes of it.
func childWork(ctx context.Context) error {
	if err := lower(os.Getpid(), niceWork); err != nil {
		return err
	}
	announce(struct{}{})
	for sum := 1.0; ctx.Err() == nil; {
		for range 1_000_000 {
			sum = math.Sqrt(sum + 1)
		}
	}
	return ctx.Err()
}

// told is what the data channel "age" says.
type told struct {
	State string `json:"state"`
	At    int64  `json:"at"` // ms since 1970
	RTP   uint32 `json:"rtp"`
}

// hearAges has the server tell how old its picture is.
func (w *watcher) hearAges() error {
	channel, err := w.pc.CreateDataChannel("age", nil)
	if err != nil {
		return err
	}
	channel.OnMessage(func(m webrtc.DataChannelMessage) {
		var age told
		if json.Unmarshal(m.Data, &age) == nil {
			w.mu.Lock()
			w.ages = append(w.ages, age)
			w.mu.Unlock()
		}
	})
	return nil
}

// toldAges compares when a picture was due, as the server said, with when its
// camera made it, and counts those that were called delayed.
func (w *watcher) toldAges() (off []time.Duration, delayed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, age := range w.ages {
		if made, there := w.made[age.RTP]; there {
			off = append(off, time.UnixMilli(age.At).Sub(made).Abs())
			if age.State == "delayed" {
				delayed++
			}
		}
	}
	slices.Sort(off)
	return off, delayed
}
