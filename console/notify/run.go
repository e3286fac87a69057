package notify

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// A Sender carries deliveries of one channel. An error that is a *RefusedError
// says that trying again cannot help.
type Sender interface {
	Send(ctx context.Context, d Delivery) error
}

// RefusedError is a refusal for good: no such mailbox, a certificate of nobody.
type RefusedError struct{ Reason string }

func (e *RefusedError) Error() string { return e.Reason }

const (
	most     = 16               // deliveries claimed at once
	patience = 20 * time.Second // for one try
	lease    = time.Minute      // after which another console may try what this one claimed
)

// rests are the waits after each failed try; after the last one it is given up.
var rests = []time.Duration{
	5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, time.Minute, 2 * time.Minute,
	5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute, 15 * time.Minute,
}

// Run sends what is due until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	tick := time.NewTicker(d.o.Look)
	defer tick.Stop()
	for {
		for d.round(ctx) == most {
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.wake: // the transaction may not be committed yet: the next tick finds it then
		}
	}
}

// round sends what is due now, all at once, and returns how many were claimed.
func (d *Desk) round(ctx context.Context) int {
	claimed, err := d.o.Store.Claim(ctx, most, lease)
	if err != nil {
		if ctx.Err() == nil {
			d.o.Log.Warn("notify: deliveries cannot be read; will try again", "err", err)
		}
		return 0
	}
	var work sync.WaitGroup
	for _, one := range claimed {
		work.Go(func() { d.try(ctx, one) })
	}
	work.Wait()
	return len(claimed)
}

func (d *Desk) try(ctx context.Context, one Delivery) {
	sending, cancel := context.WithTimeout(ctx, patience)
	err := d.send(sending, one)
	cancel()
	if ctx.Err() != nil && err != nil {
		return // the console stops: the lease ends, and the next start tries again
	}
	one.outcome(err, d.o.Now().UTC())
	if err != nil {
		d.o.Log.Warn("notify: not delivered", "delivery", one.ID, "channel", one.Channel, "try", one.Tries, "state", one.State, "err", one.Reason)
	}
	write, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := d.o.Store.Settle(write, one); err != nil {
		d.o.Log.Warn("notify: an outcome was not written; the delivery may come twice", "delivery", one.ID, "err", err)
	}
}

func (d *Desk) send(ctx context.Context, one Delivery) error {
	sender := d.o.Senders[one.Channel]
	if sender == nil {
		return &RefusedError{Reason: fmt.Sprintf("this console is not set up for %s: see notify in its configuration", one.Channel)}
	}
	return sender.Send(ctx, one)
}

// outcome takes the result of a try into d.
func (d *Delivery) outcome(err error, now time.Time) {
	d.Tries++
	d.NextAt = nil
	var refused *RefusedError
	switch {
	case err == nil:
		d.State, d.SentAt, d.Reason = Sent, &now, ""
		return
	case errors.As(err, &refused) || d.Tries > len(rests):
		d.State = Failed
	default:
		next := now.Add(rests[d.Tries-1])
		d.State, d.NextAt = Waiting, &next
	}
	d.Reason = clip(err.Error(), 500)
	if errors.Is(err, context.DeadlineExceeded) {
		d.Reason = fmt.Sprintf("no answer within %s", patience)
	}
}
