package auth

import (
	"sync"
	"time"
)

// throttle slows guessing down. It never locks: the wait is a few seconds at
// most, attempts made during the wait do not lengthen it, and failures made
// elsewhere do not slow the desk from which the account signs in every day.
//
//	account at an address   3 failures free, then 1 s, 2 s, 4 s, 5 s
//	account from anywhere  10 failures free, then the same; not for addresses where it signed in before
//	address, any account   20 failures free, then the same
type throttle struct {
	mu       sync.Mutex
	failures map[throttleKey]*failures
	known    map[throttleKey]time.Time // account at address: last good sign-in
}

type throttleKey struct{ account, address string }

type failures struct {
	count int
	last  time.Time
}

const (
	pairFree, accountFree, addressFree = 3, 10, 20

	longestWait  = 5 * time.Second
	forgetAfter  = 15 * time.Minute
	knownFor     = 30 * 24 * time.Hour
	throttleKeys = 20_000 // memory stays bounded whatever is tried
)

func newThrottle() *throttle {
	return &throttle{failures: map[throttleKey]*failures{}, known: map[throttleKey]time.Time{}}
}

// wait is how long the account at the address has to wait at now.
func (t *throttle) wait(account, address string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair := throttleKey{account, address}
	wait := t.failures[pair].wait(pairFree, now)
	wait = max(wait, t.failures[throttleKey{"", address}].wait(addressFree, now))
	if at, ok := t.known[pair]; !ok || now.Sub(at) > knownFor {
		wait = max(wait, t.failures[throttleKey{account, ""}].wait(accountFree, now))
	}
	return wait
}

func (f *failures) wait(free int, now time.Time) time.Duration {
	if f == nil || f.count < free || now.Sub(f.last) > forgetAfter {
		return 0
	}
	delay := longestWait
	if steps := f.count - free; steps < 3 {
		delay = time.Second << steps
	}
	return max(0, f.last.Add(delay).Sub(now))
}

func (t *throttle) failed(account, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range []throttleKey{{account, address}, {account, ""}, {"", address}} {
		f := t.failures[key]
		if f == nil {
			t.makeRoom(now)
			f = &failures{}
			t.failures[key] = f
		}
		if now.Sub(f.last) > forgetAfter {
			f.count = 0
		}
		f.count++
		f.last = now
	}
}

func (t *throttle) succeeded(account, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pair := throttleKey{account, address}
	delete(t.failures, pair)
	if len(t.known) >= throttleKeys {
		clear(t.known) // those who sign in next are known again
	}
	t.known[pair] = now
}

// makeRoom drops what is forgotten anyway, and everything when that is not
// enough: an attack from that many places is the firewall's to stop.
func (t *throttle) makeRoom(now time.Time) {
	if len(t.failures) < throttleKeys {
		return
	}
	for key, f := range t.failures {
		if now.Sub(f.last) > forgetAfter {
			delete(t.failures, key)
		}
	}
	if len(t.failures) >= throttleKeys*9/10 {
		clear(t.failures)
	}
}

// recorder decides which failed sign-ins are written to the record: one for an
// account and address in a while, with the number of those left out before it.
type recorder struct {
	mu   sync.Mutex
	last map[throttleKey]*failures
}

const recordEvery = time.Minute

// due reports whether a failure at now is to be written, and how many failures
// it stands for.
func (r *recorder) due(account, address string, now time.Time) (count int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil || len(r.last) >= throttleKeys {
		r.last = map[throttleKey]*failures{}
	}
	key := throttleKey{account, address}
	f := r.last[key]
	if f == nil {
		f = &failures{}
		r.last[key] = f
	}
	f.count++
	if now.Sub(f.last) < recordEvery {
		return 0, false
	}
	count = f.count
	f.count, f.last = 0, now
	return count, true
}
