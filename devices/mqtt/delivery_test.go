package mqtt_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

func TestOutcomeIsUnknownWhenTheConnectionEnds(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true }})
	for _, clean := range []bool{true, false} {
		c := connect(t, b.Addr(), func(o *mqtt.Options) { o.CleanSession = clean })
		receive(t, c.ups)
		d := c.Start(t.Context(), mqtt.Message{Topic: "x", QoS: 1, Payload: []byte("once")})
		receive(t, taken)
		b.Drop(func(*broker.Client) bool { return true })
		receive(t, d.Done())
		if !errors.Is(d.Err(), mqtt.ErrUnknown) {
			t.Errorf("outcome: %v", d.Err())
		}
		// Nobody sends it again behind the caller's back.
		receive(t, c.ups)
		if err := c.Publish(soon(t), mqtt.Message{Topic: "x", Payload: []byte("next")}); err != nil {
			t.Fatal(err)
		}
		if p := receive(t, taken); string(p.Payload) != "next" {
			t.Errorf("took %q", p.Payload)
		}
		_ = c.Close(soon(t))
	}
}

func TestPublishGivesUpWithItsContext(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true }})
	c := connect(t, b.Addr())
	receive(t, c.ups)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-taken; cancel() }()
	err := c.Publish(ctx, mqtt.Message{Topic: "x", QoS: 1})
	if !errors.Is(err, mqtt.ErrUnknown) || !errors.Is(err, context.Canceled) {
		t.Errorf("outcome: %v", err)
	}
	if !c.Connected() {
		t.Error("the connection ended with it")
	}
}

func TestOverdueAcknowledgementEndsTheConnection(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(*broker.Client, broker.Taken) bool { return true }})
	c := connect(t, b.Addr(), func(o *mqtt.Options) { o.AckTimeout = 50 * time.Millisecond })
	receive(t, c.ups)
	if err := c.Publish(soon(t), mqtt.Message{Topic: "x", QoS: 1}); !errors.Is(err, mqtt.ErrUnknown) {
		t.Errorf("outcome: %v", err)
	}
	if err := receive(t, c.downs); !strings.Contains(err.Error(), "no acknowledgement for x within 50ms") {
		t.Errorf("down: %v", err)
	}
	receive(t, c.ups)
}

func TestWindow(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 100)
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { taken <- p; return true }})
	c := connect(t, b.Addr(), func(o *mqtt.Options) { o.Window = 3 })
	receive(t, c.ups)
	var first []*mqtt.Delivery
	for range 3 {
		first = append(first, c.Start(t.Context(), mqtt.Message{Topic: "bulk", QoS: 1}))
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	d := c.Start(ctx, mqtt.Message{Topic: "bulk", QoS: 1})
	receive(t, d.Done())
	if err := d.Err(); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, mqtt.ErrUnknown) {
		t.Errorf("fourth: %v", err)
	}
	// A full window does not hold an alarm.
	alarm := make(chan error, 1)
	go func() { alarm <- c.Publish(soon(t), mqtt.Message{Topic: "alarm", QoS: 1}) }()
	var waiting []broker.Taken
	for len(waiting) < 4 {
		waiting = append(waiting, receive(t, taken))
	}
	if waiting[3].Topic != "alarm" {
		t.Errorf("fourth is %s", waiting[3].Topic)
	}
	for _, p := range waiting {
		p.Done()
	}
	if err := receive(t, alarm); err != nil {
		t.Error(err)
	}
	for _, d := range first {
		receive(t, d.Done())
		if d.Err() != nil {
			t.Error(d.Err())
		}
	}
	d = c.Start(t.Context(), mqtt.Message{Topic: "bulk", QoS: 1})
	receive(t, taken).Done()
	receive(t, d.Done())
}

// More messages than there are ids.
func TestMoreThan65535Messages(t *testing.T) {
	t.Parallel()
	var n atomic.Int64
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { n.Add(1); p.Done(); return true }})
	c := connect(t, b.Addr())
	receive(t, c.ups)
	const all = 66000
	var failed atomic.Int64
	var settled sync.WaitGroup
	for range all {
		d := c.Start(t.Context(), mqtt.Message{Topic: "x", QoS: 1})
		settled.Add(1)
		go func() {
			defer settled.Done()
			<-d.Done()
			if d.Err() != nil {
				failed.Add(1)
			}
		}()
	}
	settled.Wait()
	if n.Load() != all || failed.Load() > 0 {
		t.Errorf("%d taken, %d failed", n.Load(), failed.Load())
	}
}

// A message that was just being handed to paho is not left behind either.
func TestLossSettlesEverythingAtOnce(t *testing.T) {
	t.Parallel()
	b := start(t, "127.0.0.1:0", broker.Options{Take: func(_ *broker.Client, p broker.Taken) bool { p.Done(); return true }})
	c := connect(t, b.Addr(), func(o *mqtt.Options) { o.MaxReconnect = time.Millisecond })
	for range 30 {
		receive(t, c.ups)
		started := make(chan *mqtt.Delivery, 10000)
		go func() {
			defer close(started)
			for n := range cap(started) {
				d := c.Start(t.Context(), mqtt.Message{Topic: "x", QoS: 1, Payload: make([]byte, 1000)})
				started <- d
				if n == 100 {
					go b.Drop(func(*broker.Client) bool { return true })
				}
				select {
				case <-d.Done():
					if d.Err() != nil {
						return
					}
				default:
				}
			}
		}()
		receive(t, c.downs)
		lost := time.Now()
		for d := range started {
			receive(t, d.Done())
		}
		if wait := time.Since(lost); wait > 2*time.Second {
			t.Fatalf("an outcome came %s after the loss", wait)
		}
	}
}
