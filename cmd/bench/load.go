package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

// flood publishes as fast as acknowledgements come back, batch signals a message
// and window messages in flight at each gateway. It returns acknowledged signals
// a second; the first quarter of the time, in which the pipeline fills, is not
// counted.
func (f *fleet) flood(ctx context.Context, batch, window int, d time.Duration) (perSecond float64, err error) {
	var acked atomic.Int64
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	rate := make(chan float64, 1)
	go func() {
		_ = pause(limited, d/4) // its end is the end of the load too
		first, before := time.Now(), acked.Load()
		<-limited.Done()
		rate <- float64(acked.Load()-before) / time.Since(first).Seconds()
	}()
	err = f.each(func(m *member) error { return m.flood(ctx, limited, batch, window, &acked) })
	if err != nil {
		return 0, err
	}
	return <-rate, nil
}

// flood ends with limited and waits for what is in flight then, which does not count.
func (m *member) flood(ctx, limited context.Context, batch, window int, acked *atomic.Int64) error {
	flight := make(chan *mqtt.Delivery, window)
	for limited.Err() == nil {
		if len(flight) == cap(flight) {
			if err := settle(ctx, <-flight); err != nil {
				return err
			}
			acked.Add(int64(batch))
		}
		msg, err := m.message(link.Signals, m.batch(batch, func(int) time.Time { return now() })...)
		if err != nil {
			return err
		}
		flight <- m.client.Start(ctx, msg)
	}
	for len(flight) > 0 {
		if err := settle(ctx, <-flight); err != nil {
			return err
		}
	}
	return nil
}

// steady publishes rate alarm signals a second in all, one a message, each at
// its due instant whatever became of the one before. told, when not nil, hears
// of each before it leaves.
func (f *fleet) steady(ctx context.Context, rate float64, d time.Duration, told func(s devices.Signal)) error {
	gap := time.Duration(float64(len(f.members)) / rate * float64(time.Second))
	began := now()
	return f.each(func(m *member) error {
		var flight []*mqtt.Delivery
		for due := began.Add(gap * time.Duration(m.number) / time.Duration(len(f.members))); due.Before(began.Add(d)); due = due.Add(gap) {
			if err := pause(ctx, time.Until(due)); err != nil {
				return err
			}
			s := m.alarm(due.Truncate(time.Microsecond))
			if told != nil {
				told(s)
			}
			msg, err := m.message(link.Alarms, s)
			if err != nil {
				return err
			}
			flight = append(flight, m.client.Start(ctx, msg))
		}
		for _, delivery := range flight {
			if err := settle(ctx, delivery); err != nil {
				return err
			}
		}
		return nil
	})
}

// now is the instant as the database keeps it.
func now() time.Time { return time.Now().Truncate(time.Microsecond) }

// each runs g for every gateway at once and returns what went wrong.
func (f *fleet) each(g func(m *member) error) error {
	errs := make([]error, len(f.members))
	var wait sync.WaitGroup
	for i, m := range f.members {
		wait.Go(func() {
			if err := g(m); err != nil {
				errs[i] = fmt.Errorf("gateway %s: %w", m.id, err)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func settle(ctx context.Context, d *mqtt.Delivery) error {
	patience := time.NewTimer(60 * time.Second)
	defer patience.Stop()
	select {
	case <-d.Done():
		return d.Err()
	case <-patience.C:
		return errors.New("no acknowledgement for 60 s")
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
