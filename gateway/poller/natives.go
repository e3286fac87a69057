package poller

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

const (
	nativeGrace = time.Minute // for events that come out of order
	maxMissing  = 4096        // numbers waited for at a time
)

// natives tells news from repetitions among the events that a device numbers,
// and finds out which never came.
type natives struct {
	last    nativeMark
	missing map[uint64]time.Time // number: since when it is missed
}

// news reports whether an event was not seen before, and notes it.
func (n *natives) news(mark nativeMark, now time.Time) bool {
	switch {
	case mark.ID == 0:
		return true // the device does not count
	case n.last.ID == 0:
		n.last = mark
		return true
	case mark.ID > n.last.ID:
		for id := n.last.ID + 1; id < mark.ID && len(n.missing) < maxMissing; id++ {
			n.missing[id] = now
		}
		n.last = mark
		return true
	}
	if _, awaited := n.missing[mark.ID]; awaited {
		delete(n.missing, mark.ID)
		return true
	}
	if mark.anew(n.last) {
		n.last = mark
		clear(n.missing)
		return true
	}
	return false
}

// overdue returns the ranges of numbers that did not come within the grace, in
// words, and waits for them no longer.
func (n *natives) overdue(now time.Time) (words string, count int) {
	var ids []uint64
	for _, id := range slices.Sorted(maps.Keys(n.missing)) {
		if now.Sub(n.missing[id]) >= nativeGrace {
			ids = append(ids, id)
			delete(n.missing, id)
		}
	}
	var parts []string
	for i := 0; i < len(ids); {
		k := i
		for k+1 < len(ids) && ids[k+1] == ids[k]+1 {
			k++
		}
		part := fmt.Sprint(ids[i])
		if k > i {
			part = fmt.Sprintf("%d to %d", ids[i], ids[k])
		}
		parts = append(parts, part)
		i = k + 1
	}
	return strings.Join(parts, ", "), len(ids)
}
