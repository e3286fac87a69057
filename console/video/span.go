package video

// span is a run of the ring as one viewer was sent it: without a gap in sequence
// numbers, and with time stamps that can be worked out again, so that a packet
// that is asked for once more needs no copy.
type span struct {
	ring     *ring
	from, to uint64 // positions; to is one past the last that was sent
	seq      uint16 // of from

	// Units before live are squeezed together: step ticks apart instead of their
	// own distance, so that a player hurries through what is past.
	live  uint32 // number of the first unit with its own distance
	stamp uint32 // of that unit in feed time
	step  uint32
	shift uint32 // from feed time to the viewer's
}

// time is the viewer's time stamp of p.
func (s *span) time(p *packet) uint32 {
	if before := int32(s.live - p.unit); before > 0 {
		return s.stamp + s.shift - uint32(before)*s.step
	}
	return p.stamp + s.shift
}

// number is the sequence number at a position.
func (s *span) number(at uint64) uint16 { return s.seq + uint16(at-s.from) }

// spans remembers the newest runs, newest last.
type spans []span

const rememberedSpans = 16

func (s *spans) add(next span) {
	if len(*s) == rememberedSpans {
		copy(*s, (*s)[1:])
		*s = (*s)[:rememberedSpans-1]
	}
	*s = append(*s, next)
}

// find tells where the packet that was sent with a sequence number is. Numbers
// come round again, so it looks back from the newest.
func (s spans) find(seq uint16) (*span, uint64, bool) {
	for i := len(s) - 1; i >= 0; i-- {
		back := uint64(s[i].number(s[i].to) - seq)
		if back > 0 && back <= s[i].to-s[i].from {
			return &s[i], s[i].to - back, true
		}
	}
	return nil, 0, false
}
