package rtsp

import (
	"context"
	"math/rand/v2"
	"time"
)

// Pull feeds s with c until ctx ends. A stream that ends, or that cannot begin,
// is tried again after a while that grows from RetryMin to RetryMax and is never
// the same for two cameras, so that a switch that comes back is not stormed.
//
// A playback (PlayFrom) is not repeated: Pull returns nil at its end and the
// Fault when it broke. Otherwise Pull returns ctx's error, or an *InvalidError
// at once.
func Pull(ctx context.Context, c Camera, s Sink) error {
	if err := c.Validate(); err != nil {
		return err
	}
	p := puller{camera: c, sink: s, transport: c.Transport}
	for failures := 0; ; {
		began := time.Now()
		fault := p.session(ctx)
		s.Closed(fault)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case fault.Code == Ended:
			return nil
		case !c.PlayFrom.IsZero():
			return fault
		}
		if failures++; time.Since(began) > steady {
			failures = 1
		}
		if !p.pause(ctx, pause(c, fault, failures)) {
			return ctx.Err()
		}
	}
}

// steady is how long a stream runs for its end to be news and not one more failure.
const steady = 30 * time.Second

// puller keeps what one connection teaches the next.
type puller struct {
	camera    Camera
	sink      Sink
	transport Transport // that the camera took
}

// pause chooses how long to wait after so many failures in a row. Cameras lock
// an account after some wrong passwords, so those are tried more seldom.
func pause(c Camera, f Fault, failures int) time.Duration {
	least, most := c.retry()
	upper := most
	if failures < 16 {
		upper = min(most, least<<failures)
	}
	if f.Code == RefusedPassword {
		least, upper = most, 6*most
	}
	return least + rand.N(upper-least+1)
}

func (p *puller) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
