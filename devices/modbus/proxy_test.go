package modbus_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"guardroom/devices/modbus"
	"guardroom/simulators/modbusd"
)

// startLine opens a line and runs it until the test ends.
func startLine(t testing.TB, address string, o modbus.Options) *modbus.Line {
	t.Helper()
	line, err := modbus.Open(address, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- line.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Error("Run did not end with its context")
		}
	})
	return line
}

func startSlave(t testing.TB) *modbusd.Server {
	t.Helper()
	slave, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return slave
}

func mustSet(t testing.TB, slave *modbusd.Server, unit uint8, table modbusd.Table, addr uint16, values ...uint16) {
	t.Helper()
	if err := slave.Set(unit, table, addr, values...); err != nil {
		t.Fatal(err)
	}
}

// proxy stands between a line and a slave, counts the requests, and spoils
// answers on demand. With RTU frames it behaves like a serial server: answers go
// to whoever is connected when they come, not to whoever asked.
type proxy struct {
	t     testing.TB
	slave string
	rtu   bool
	in    net.Listener
	work  sync.WaitGroup

	mu       sync.Mutex
	conns    []net.Conn // the last one is the newest
	spoil    func(*spoilt)
	requests [][]byte
	last     []byte // the answer before
}

// spoilt is one answer, in the hands of a fault.
type spoilt struct {
	p     *proxy
	conn  net.Conn
	tid   uint16
	unit  byte
	pdu   []byte
	last  []byte
	proto uint16
}

func startProxy(t testing.TB, slave string, rtu bool) *proxy {
	t.Helper()
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{t: t, slave: slave, rtu: rtu, in: in}
	p.work.Go(func() {
		for {
			conn, err := in.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			p.conns = append(p.conns, conn)
			p.mu.Unlock()
			p.work.Go(func() { p.serve(conn, conn) })
		}
	})
	t.Cleanup(func() {
		in.Close()
		p.closeAll()
		p.work.Wait()
	})
	return p
}

// closeAll ends every connection of the line.
func (p *proxy) closeAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
}

func (p *proxy) address() string {
	if p.rtu {
		return "rtu+tcp://" + p.in.Addr().String()
	}
	return "tcp://" + p.in.Addr().String()
}

// next lets fault spoil the next answer.
func (p *proxy) next(fault func(*spoilt)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spoil = fault
}

func (p *proxy) seen() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([][]byte(nil), p.requests...)
}

// serve answers the requests that come from in; conn is nil for a serial line.
func (p *proxy) serve(in io.ReadWriter, conn net.Conn) {
	out, err := net.Dial("tcp", p.slave)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer out.Close()
	for {
		tid, unit, pdu, err := readRequest(in, p.rtu)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.requests = append(p.requests, append([]byte{unit}, pdu...))
		p.mu.Unlock()
		s := &spoilt{p: p, conn: conn, tid: tid, unit: unit, pdu: ask(out, tid, unit, pdu)}
		if s.pdu == nil {
			return
		}
		p.mu.Lock()
		spoil := p.spoil
		p.spoil = nil
		s.last, p.last = p.last, s.frame()
		p.mu.Unlock()
		if spoil == nil {
			in.Write(s.frame())
			continue
		}
		spoil(s)
	}
}

// ask puts one request to the real slave and returns the PDU of its answer.
func ask(slave net.Conn, tid uint16, unit byte, pdu []byte) []byte {
	slave.Write(mbap(tid, 0, unit, pdu))
	header := make([]byte, 7)
	if _, err := io.ReadFull(slave, header); err != nil {
		return nil
	}
	answer := make([]byte, binary.BigEndian.Uint16(header[4:])-1)
	if _, err := io.ReadFull(slave, answer); err != nil {
		return nil
	}
	return answer
}

func readRequest(in io.Reader, rtu bool) (tid uint16, unit byte, pdu []byte, err error) {
	if !rtu {
		header := make([]byte, 7)
		if _, err := io.ReadFull(in, header); err != nil {
			return 0, 0, nil, err
		}
		pdu := make([]byte, binary.BigEndian.Uint16(header[4:])-1)
		_, err := io.ReadFull(in, pdu)
		return binary.BigEndian.Uint16(header), header[6], pdu, err
	}
	frame := make([]byte, 7, 300)
	if _, err := io.ReadFull(in, frame); err != nil {
		return 0, 0, nil, err
	}
	rest := 1
	if frame[1] == 15 || frame[1] == 16 {
		rest = int(frame[6]) + 2
	}
	frame = frame[:7+rest]
	_, err = io.ReadFull(in, frame[7:])
	return 1, frame[0], frame[1 : len(frame)-2], err
}

func mbap(tid, protocol uint16, unit byte, pdu []byte) []byte {
	frame := binary.BigEndian.AppendUint16(nil, tid)
	frame = binary.BigEndian.AppendUint16(frame, protocol)
	frame = binary.BigEndian.AppendUint16(frame, uint16(len(pdu)+1))
	return append(append(frame, unit), pdu...)
}

// rtu frames a PDU with a checksum computed bit by bit, as the specification's
// appendix does it and unlike the code under test.
func rtu(unit byte, pdu []byte) []byte {
	frame := append([]byte{unit}, pdu...)
	sum := uint16(0xFFFF)
	for _, b := range frame {
		sum ^= uint16(b)
		for range 8 {
			carry := sum & 1
			sum >>= 1
			if carry == 1 {
				sum ^= 0xA001
			}
		}
	}
	return append(frame, byte(sum), byte(sum>>8))
}

func (s *spoilt) frame() []byte {
	if s.p.rtu {
		return rtu(s.unit, s.pdu)
	}
	return mbap(s.tid, s.proto, s.unit, s.pdu)
}

// send delivers b as it is.
func (s *spoilt) send(b []byte) {
	conn := s.conn
	if s.p.rtu {
		s.p.mu.Lock()
		conn = s.p.conns[len(s.p.conns)-1]
		s.p.mu.Unlock()
	}
	conn.Write(b)
}

// later delivers b after so long, while other requests go on.
func (s *spoilt) later(long time.Duration, b []byte) {
	s.p.work.Go(func() {
		<-time.After(long)
		s.send(b)
	})
}

func (s *spoilt) reset() {
	s.conn.(*net.TCPConn).SetLinger(0)
	s.conn.Close()
}
