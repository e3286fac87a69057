package video

import (
	"encoding/binary"
	"maps"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
)

// buffers is what the port asks the system for, in bytes: a keyframe for some
// viewers at once on the way out, what a gateway sends on the way in.
const buffers = 4 << 20

// port is the one UDP port. Packets of a lane that is gathering are put together
// and leave in one system call where the system can segment them; all others
// leave at once.
//
// It is a net.PacketConn for ICE, with ICE's methods that need no allocation.
type port struct {
	*net.UDPConn
	segments atomic.Bool // the system segments (UDP_SEGMENT)
	lanes    atomic.Pointer[map[uint32]*lane]
	mu       sync.Mutex // of who changes lanes
}

// ListenUDP opens the port.
func listenUDP(address string) (*port, error) {
	at, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, err
	}
	conn, err := net.ListenUDP("udp", at)
	if err != nil {
		return nil, err
	}
	_ = conn.SetReadBuffer(buffers) // what the system allows
	_ = conn.SetWriteBuffer(buffers)
	p := &port{UDPConn: conn}
	p.lanes.Store(&map[uint32]*lane{})
	p.segments.Store(canSegment(conn))
	return p, nil
}

// ReadFromAddrPort is for ICE.
func (p *port) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return p.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort is for ICE.
func (p *port) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if l := p.laneOf(b); l != nil && l.gathering {
		return l.add(b, to)
	}
	return p.WriteToUDPAddrPort(b, to)
}

// laneOf finds who sends an SRTP packet; nil for all else that goes through the
// port (RFC 7983, RFC 5761).
func (p *port) laneOf(b []byte) *lane {
	if len(b) < 12 || b[0]>>6 != 2 || b[1] >= 192 && b[1] <= 223 {
		return nil
	}
	return (*p.lanes.Load())[binary.BigEndian.Uint32(b[8:])]
}

// lane is one viewer's way through the port. Only the viewer's goroutine sends
// packets of its source, so a lane needs no lock.
type lane struct {
	port      *port
	gathering bool
	to        netip.AddrPort
	buffer    *[]byte
	size      int // of all segments but the last
	last      int // of the newest
	count     int
	control   []byte // the system call's ancillary data
	calls     int    // system calls, for who measures
}

// most is how much one call may carry: 64 segments, and less than a datagram's 64 KiB.
const (
	mostSegments = 64
	mostBytes    = 64000
)

var laneBuffers = sync.Pool{New: func() any { b := make([]byte, 0, mostBytes); return &b }}

// openLane gives a viewer's sources a lane; zero is no source. It returns nil
// when another viewer has one of these numbers.
func (p *port) openLane(sources ...uint32) *lane {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := maps.Clone(*p.lanes.Load())
	l := &lane{port: p}
	for _, s := range sources {
		if _, taken := next[s]; taken {
			return nil
		}
		if s != 0 {
			next[s] = l
		}
	}
	p.lanes.Store(&next)
	return l
}

func (p *port) closeLane(l *lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	next := maps.Clone(*p.lanes.Load())
	maps.DeleteFunc(next, func(_ uint32, other *lane) bool { return other == l })
	p.lanes.Store(&next)
}

// gather holds back what is written until flush. A nil lane holds nothing.
func (l *lane) gather() {
	if l != nil && l.port.segments.Load() {
		l.gathering = true
	}
}

// flush sends what was held back.
func (l *lane) flush() {
	if l == nil || !l.gathering {
		return
	}
	l.send()
	l.gathering = false
}

func (l *lane) add(b []byte, to netip.AddrPort) (int, error) {
	if l.count > 0 && (to != l.to || len(b) > l.size || l.last < l.size || l.count == mostSegments || len(*l.buffer)+len(b) > mostBytes) {
		l.send()
	}
	if l.count == 0 {
		l.buffer, _ = laneBuffers.Get().(*[]byte)
		l.to, l.size = to, len(b)
	}
	*l.buffer = append(*l.buffer, b...)
	l.last = len(b)
	l.count++
	return len(b), nil
}

func (l *lane) send() {
	if l.count == 0 {
		return
	}
	b := *l.buffer
	if l.count == 1 {
		_, _ = l.port.WriteToUDPAddrPort(b, l.to) // a datagram that is lost is asked for again
		l.calls++
	} else if !l.segmented(b) {
		for len(b) > 0 {
			n := min(l.size, len(b))
			_, _ = l.port.WriteToUDPAddrPort(b[:n], l.to)
			b = b[n:]
			l.calls++
		}
	}
	*l.buffer = (*l.buffer)[:0]
	laneBuffers.Put(l.buffer)
	l.buffer, l.count = nil, 0
}

// segmented sends b as datagrams of l.size in one call, and says whether the
// system did. One that cannot for this destination is not asked again.
func (l *lane) segmented(b []byte) bool {
	l.control = segment(l.control, l.size)
	_, _, err := l.port.WriteMsgUDPAddrPort(b, l.control, l.to)
	l.calls++
	if err != nil && refusesSegments(err) {
		l.port.segments.Store(false)
		return false
	}
	return true
}
