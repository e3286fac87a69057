package cmd_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"
)

// spoiler stands between a gateway and a Modbus TCP slave and spoils one answer
// on demand. Written from the specification, so that it shares no mistake with
// the code under test.
type spoiler struct {
	slave string
	in    net.Listener
	work  sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	spoil func(*spoilt) // the next answer to a read of the watched block
	count int           // whole answers to it that went out unspoilt
}

// spoilt is one answer in the hands of a fault. Its registers are not those that
// the slave gave but all on fire: whoever takes what he must not take raises an
// alarm.
type spoilt struct {
	*spoiler
	conn     net.Conn
	tid      uint16
	protocol uint16
	unit     byte
	pdu      []byte // on fire
	good     []byte // as the slave gave it
}

func newSpoiler(t testing.TB, slave string) *spoiler {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &spoiler{slave: slave, in: in}
	p.work.Go(func() {
		for {
			conn, err := in.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, conn)
			p.mu.Unlock()
			p.work.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		in.Close()
		p.mu.Lock()
		for _, c := range p.conns {
			c.Close()
		}
		p.mu.Unlock()
		p.work.Wait()
	})
	return p
}

func (p *spoiler) address() string { return p.in.Addr().String() }

// next spoils the next answer.
func (p *spoiler) next(fault func(*spoilt)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoil, p.count = fault, 0
}

// over reports whether the fault was used and the slave has been read well since.
func (p *spoiler) over() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.spoil == nil && p.count >= 2
}

func (p *spoiler) serve(conn net.Conn) {
	defer conn.Close()
	out, err := net.Dial("tcp", p.slave)
	if err != nil {
		return
	}
	defer out.Close()
	for {
		request, err := readFrame(conn)
		if err != nil {
			return
		}
		if _, err := out.Write(request); err != nil {
			return
		}
		answer, err := readFrame(out)
		if err != nil {
			return
		}
		watched := request[7] == 3 && binary.BigEndian.Uint16(request[8:]) == 0 // holding registers from 0
		p.mu.Lock()
		spoil := p.spoil
		if watched {
			p.spoil = nil
			if spoil == nil {
				p.count++
			}
		}
		p.mu.Unlock()
		if !watched || spoil == nil {
			if _, err := conn.Write(answer); err != nil {
				return
			}
			continue
		}
		spoil(&spoilt{
			spoiler: p, conn: conn, tid: binary.BigEndian.Uint16(answer), unit: answer[6], pdu: onFire(answer[7:]), good: answer,
		})
	}
}

func readFrame(from io.Reader) ([]byte, error) {
	header := make([]byte, 6)
	if _, err := io.ReadFull(from, header); err != nil {
		return nil, err
	}
	body := make([]byte, binary.BigEndian.Uint16(header[4:]))
	_, err := io.ReadFull(from, body)
	return append(header, body...), err
}

// onFire is an answer of the same shape whose registers are all 0x0C05: active,
// enabled, and an event code that means fire.
func onFire(pdu []byte) []byte {
	hot := bytes.Clone(pdu)
	for i := 2; i+1 < len(hot); i += 2 {
		hot[i], hot[i+1] = 0x0C, 0x05
	}
	return hot
}

func (s *spoilt) frame() []byte {
	f := binary.BigEndian.AppendUint16(nil, s.tid)
	f = binary.BigEndian.AppendUint16(f, s.protocol)
	f = binary.BigEndian.AppendUint16(f, uint16(len(s.pdu)+1))
	return append(append(f, s.unit), s.pdu...)
}

func (s *spoilt) send(b []byte) { _, _ = s.conn.Write(b) } // the gateway may have hung up: its right

// later sends b when the gateway has long given up on it.
func (s *spoilt) later(b []byte) {
	s.work.Go(func() {
		<-time.After(tooLate)
		s.send(b)
	})
}

func (s *spoilt) reset() {
	_ = s.conn.(*net.TCPConn).SetLinger(0)
	s.conn.Close()
}

// tooLate is beyond the timeout of one second that the profile sets.
const tooLate = 1500 * time.Millisecond

// faults are those of a table of what pollers meet, each with the failed reads
// that it may cost.
var faults = []struct {
	name  string
	fails int
	spoil func(*spoilt)
}{
	{"answer too late", 1, func(s *spoilt) { s.later(s.frame()) }},
	{"stale answer first", 1, func(s *spoilt) { s.tid--; s.send(s.frame()); s.send(s.good) }},
	{"duplicate answer", 1, func(s *spoilt) { s.send(s.good); s.send(s.frame()) }},
	{"half a frame, then reset", 1, func(s *spoilt) { s.send(s.half()); s.reset() }},
	{"half a frame, then end", 1, func(s *spoilt) { s.send(s.half()); s.conn.Close() }},
	{"half a frame, the rest too late", 1, func(s *spoilt) { s.send(s.half()); s.later(s.frame()[len(s.half()):]) }},
	{"reset", 1, func(s *spoilt) { s.reset() }},
	{"end", 1, func(s *spoilt) { s.conn.Close() }},
	{"no answer", 1, func(*spoilt) {}},
	{"length 0", 1, func(s *spoilt) { f := s.frame(); f[4], f[5] = 0, 0; s.send(f) }},
	{"length 65535", 1, func(s *spoilt) { f := s.frame(); f[4], f[5] = 0xFF, 0xFF; s.send(f) }},
	{"junk", 1, func(s *spoilt) { s.send([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }},
	{"one register too few", 1, func(s *spoilt) {
		s.pdu = append([]byte{s.pdu[0], s.pdu[1] - 2}, s.pdu[2:len(s.pdu)-2]...)
		s.send(s.frame())
	}},
	{"one register too many", 1, func(s *spoilt) {
		s.pdu = append([]byte{s.pdu[0], s.pdu[1] + 2}, append(s.pdu[2:], 0x0C, 0x05)...)
		s.send(s.frame())
	}},
	{"byte count lies", 1, func(s *spoilt) { s.pdu[1] += 2; s.send(s.frame()) }},
	{"another function", 1, func(s *spoilt) { s.pdu[0] = 4; s.send(s.frame()) }},
	{"wrong transaction", 1, func(s *spoilt) { s.tid += 0x1111; s.send(s.frame()) }},
	{"wrong unit", 1, func(s *spoilt) { s.unit++; s.send(s.frame()) }},
	{"wrong protocol", 1, func(s *spoilt) { s.protocol = 7; s.send(s.frame()) }},
	{"busy", 1, func(s *spoilt) { s.pdu = []byte{0x83, 6}; s.send(s.frame()) }},
	{"one byte every 5 ms", 1, func(s *spoilt) {
		for i := range s.good {
			s.send(s.good[i : i+1])
			<-time.After(5 * time.Millisecond)
		}
	}},
}

func (s *spoilt) half() []byte { f := s.frame(); return f[:len(f)/2] }
