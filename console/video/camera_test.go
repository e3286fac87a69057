package video_test

import (
	"bytes"
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"

	"guardroom/console/video"
	"guardroom/devices/rtsp"
)

// A camera plays a clip into a feed, as fast as the test wants.
type camera struct {
	t      *testing.T
	sink   rtsp.Sink
	format rtsp.Format
	units  [][][]byte // access units of units
	next   int
	stamp  uint32
	seq    uint16
	size   int           // of its packets
	late   time.Duration // how long a packet was on its way in this machine
	made   time.Time     // the newest picture
}

func newCamera(t *testing.T, sink rtsp.Sink, clip string) *camera {
	t.Helper()
	b, err := os.ReadFile(clip)
	if err != nil {
		t.Fatal(err)
	}
	c := &camera{t: t, sink: sink, size: 1400, format: rtsp.Format{Codec: rtsp.H264}, seq: 65500, stamp: 1 << 31}
	if bytes.HasSuffix([]byte(clip), []byte("h265")) {
		c.format.Codec = rtsp.H265
	}
	c.cut(b)
	return c
}

// cut takes a clip apart into access units, without parameter sets.
func (c *camera) cut(b []byte) {
	var unit [][]byte
	for _, nalu := range bytes.Split(b, []byte{0, 0, 1}) {
		nalu = bytes.TrimRight(nalu, "\x00")
		if len(nalu) < 2 {
			continue
		}
		if c.format.Codec == rtsp.H265 {
			switch kind := nalu[0] >> 1 & 0x3f; {
			case kind == 32:
				c.format.VPS = nalu
			case kind == 33:
				c.format.SPS = nalu
			case kind == 34:
				c.format.PPS = nalu
			case kind < 32:
				c.units = append(c.units, append(unit, nalu))
				unit = nil
			}
			continue
		}
		switch nalu[0] & 0x1f {
		case 7:
			c.format.SPS = nalu
		case 8:
			c.format.PPS = nalu
		case 1, 5:
			c.units = append(c.units, append(unit, nalu))
			unit = nil
		case 6:
			unit = append(unit, nalu)
		}
	}
}

func (c *camera) open() { c.sink.Opened(c.format) }

// picture sends the next access unit.
func (c *camera) picture() {
	unit := c.units[c.next%len(c.units)]
	var payloads [][]byte
	for _, nalu := range unit {
		if c.format.Codec == rtsp.H265 {
			payloads = append(payloads, (&codecs.H265Payloader{SkipAggregation: true}).Payload(uint16(c.size), append([]byte{0, 0, 0, 1}, nalu...))...)
		} else {
			payloads = append(payloads, (&codecs.H264Payloader{DisableStapA: true}).Payload(uint16(c.size), append([]byte{0, 0, 0, 1}, nalu...))...)
		}
	}
	for i, payload := range payloads {
		c.sink.Packet(&rtp.Packet{
			Header:  rtp.Header{Version: 2, PayloadType: 96, SequenceNumber: c.seq, Timestamp: c.stamp, Marker: i == len(payloads)-1},
			Payload: payload,
		}, time.Now().Add(-c.late))
		c.seq++
	}
	c.next++
	c.stamp += 3600
	c.made = time.Now()
}

// play sends pictures in real time until the test or ctx ends. Its clock does not
// wait for who is slow to send them.
func (c *camera) play(ctx context.Context) {
	if !c.made.IsZero() {
		c.stamp += uint32(time.Since(c.made)/(40*time.Millisecond)) * 3600
	}
	begun, stamp := time.Now(), c.stamp
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if now := stamp + uint32(time.Since(begun)/(40*time.Millisecond))*3600; int32(now-c.stamp) > 0 {
				c.stamp = now
			}
			c.picture()
		}
	}
}

// keep plays beside the test.
func (c *camera) keep() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { c.play(ctx) })
	stop = func() { cancel(); wg.Wait() }
	c.t.Cleanup(stop)
	return stop
}

func newServer(t *testing.T, o video.Options) *video.Server {
	t.Helper()
	if o.UDP == "" {
		o.UDP = "127.0.0.1:0"
	}
	s, err := video.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
