package modbus

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"guardroom/devices"
)

// Options are the settings of a line. The zero value of each takes the default.
type Options struct {
	Timeout        time.Duration  // for one answer, beside the time its bytes take on a serial port; 1 s on TCP, 3 s with RTU frames
	ConnectTimeout time.Duration  // for one connection; 3 s
	MinGap         time.Duration  // between an answer and the next request; 0, on a serial port at least 3.5 characters
	ConnectPause   time.Duration  // between a connection and its first request; 0
	BusyPause      time.Duration  // before a read that met exception 5 or 6 asks once more; 100 ms
	Settle         time.Duration  // RTU frames: how long to listen for a late answer after a fault; 300 ms
	MaxBackoff     time.Duration  // longest pause between two attempts to connect; 30 s
	Queue          int            // asks that may wait at each priority; 256
	Log            *slog.Logger   // connections made and lost, at debug level; nothing is logged without it
	Rand           func() float64 // in [0, 1), spreads attempts to connect; math/rand/v2's Float64
}

func (o Options) withDefaults(e endpoint) Options {
	timeout := time.Second
	if e.framing == framedRTU {
		timeout = 3 * time.Second
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Timeout, timeout},
		{&o.ConnectTimeout, 3 * time.Second},
		{&o.BusyPause, 100 * time.Millisecond},
		{&o.Settle, 300 * time.Millisecond},
		{&o.MaxBackoff, 30 * time.Second},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	o.MinGap = max(o.MinGap, e.silence())
	if o.Queue == 0 {
		o.Queue = 256
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	return o
}

// validate reports the first setting that is out of range as a *devices.InvalidError.
func (o Options) validate() error {
	for _, d := range []struct {
		field    string
		value    time.Duration
		from, to time.Duration
	}{
		{"timeout", o.Timeout, time.Millisecond, time.Minute},
		{"connect_timeout", o.ConnectTimeout, time.Millisecond, time.Minute},
		{"min_gap", o.MinGap, 0, time.Minute},
		{"connect_pause", o.ConnectPause, 0, time.Minute},
		{"busy_pause", o.BusyPause, time.Millisecond, time.Minute},
		{"settle", o.Settle, time.Millisecond, time.Minute},
		{"max_backoff", o.MaxBackoff, time.Millisecond, time.Hour},
	} {
		if d.value < d.from || d.value > d.to {
			return &devices.InvalidError{Field: d.field, Reason: fmt.Sprintf("%v is not from %v to %v", d.value, d.from, d.to)}
		}
	}
	if o.Queue < 1 || o.Queue > 65536 {
		return &devices.InvalidError{Field: "queue", Reason: fmt.Sprintf("%d is not from 1 to 65536", o.Queue)}
	}
	return nil
}
