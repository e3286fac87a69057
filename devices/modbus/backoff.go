package modbus

import "time"

// backoff spaces attempts to connect: the first retry comes at once, then the
// pauses are 1, 2, 4 … seconds up to a limit, each shortened by up to a quarter
// so that two hundred lines behind one switch do not all come back together.
type backoff struct {
	limit    time.Duration
	rand     func() float64
	failures int
	next     time.Time // no attempt before
}

// wait returns how long no attempt should be made, seen from now.
func (b *backoff) wait(now time.Time) time.Duration {
	return max(0, b.next.Sub(now))
}

// failed notes a connection that could not be made, or that ended before it gave an answer.
func (b *backoff) failed(now time.Time) {
	b.failures++
	b.next = now
	if b.failures == 1 {
		return
	}
	pause := b.limit
	if doublings := b.failures - 2; doublings < 16 {
		pause = min(time.Second<<doublings, b.limit)
	}
	b.next = now.Add(pause - time.Duration(b.rand()*float64(pause)/4))
}

// succeeded notes a good answer.
func (b *backoff) succeeded() { b.failures, b.next = 0, time.Time{} }
