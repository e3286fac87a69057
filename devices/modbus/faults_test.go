package modbus_test

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/devices/modbus"
	"guardroom/simulators/modbusd"
)

// Margins that a busy machine keeps: an answer that is late comes well after
// the timeout and well before the line has settled.
const (
	faultTimeout = 300 * time.Millisecond
	faultSettle  = 350 * time.Millisecond
	late         = faultTimeout + faultSettle/2
)

// oneFault is what happens to one answer, and how many polls it may cost.
type oneFault struct {
	name  string
	spoil func(*spoilt)
	tcp   int // failed polls, exactly
	rtu   int // -1: does not apply
}

// options are as short as the fault allows: only where no whole answer comes in
// time must a test wait for the timeout, and settling matters to late answers.
func (f oneFault) options() modbus.Options {
	o := modbus.Options{Timeout: 5 * time.Second, Settle: 30 * time.Millisecond, BusyPause: 5 * time.Millisecond}
	if slices.Contains([]string{"answer late", "half frame, rest late", "no answer", "wrong unit"}, f.name) {
		o.Timeout, o.Settle = faultTimeout, faultSettle
	}
	return o
}

var oneFaults = []oneFault{
	{"answer late", func(s *spoilt) { s.later(late, s.frame()) }, 1, 1},
	{"stale answer first", func(s *spoilt) { s.send(append(append([]byte{}, s.last...), s.frame()...)) }, 0, -1},
	{"duplicate answer", func(s *spoilt) { s.send(append(s.frame(), s.frame()...)) }, 0, 0},
	{"duplicate answer later", func(s *spoilt) { s.send(s.frame()); s.later(10*time.Millisecond, s.frame()) }, 0, -1},
	{"half frame, then reset", func(s *spoilt) { s.send(half(s.frame())); s.reset() }, 1, 1},
	{"half frame, then end", func(s *spoilt) { s.send(half(s.frame())); s.conn.Close() }, 1, 1},
	{"reset", func(s *spoilt) { s.reset() }, 1, 1},
	{"end", func(s *spoilt) { s.conn.Close() }, 1, 1},
	{"half frame, rest late", func(s *spoilt) {
		f := s.frame()
		s.send(half(f))
		s.later(late, f[len(half(f)):])
	}, 1, 1},
	{"length 0", func(s *spoilt) { f := s.frame(); f[4], f[5] = 0, 0; s.send(f) }, 1, -1},
	{"length 65535", func(s *spoilt) { f := s.frame(); f[4], f[5] = 0xFF, 0xFF; s.send(f) }, 1, -1},
	{"junk", func(s *spoilt) { s.send([]byte("HTTP/1.1 400 Bad Request\r\n\r\n")) }, 1, 1},
	{"one register too few", func(s *spoilt) {
		s.pdu = append([]byte{s.pdu[0], s.pdu[1] - 2}, s.pdu[2:len(s.pdu)-2]...)
		s.send(s.frame())
	}, 1, 1},
	{"one register too many", func(s *spoilt) {
		s.pdu = append([]byte{s.pdu[0], s.pdu[1] + 2}, append(s.pdu[2:], 0, 0)...)
		s.send(s.frame())
	}, 1, 1},
	{"byte count lies", func(s *spoilt) { s.pdu[1] += 2; s.send(s.frame()) }, 1, 1},
	{"other function", func(s *spoilt) { s.pdu[0] = 4; s.send(s.frame()) }, 1, 1},
	{"unknown function", func(s *spoilt) { s.pdu[0] = 0x63; s.send(s.frame()) }, 1, 1},
	{"no answer", func(s *spoilt) {}, 1, 1},
	{"wrong transaction", func(s *spoilt) { s.tid += 0x1111; s.send(s.frame()) }, 1, -1},
	{"wrong unit", func(s *spoilt) { s.unit++; s.send(s.frame()) }, 1, 1},
	{"wrong protocol", func(s *spoilt) { s.proto = 7; s.send(s.frame()) }, 1, -1},
	{"wrong checksum", func(s *spoilt) { f := s.frame(); f[4] ^= 0x40; s.send(f) }, -1, 1},
	{"exception 6", func(s *spoilt) { s.pdu = []byte{0x83, 6}; s.send(s.frame()) }, 0, 0},
	{"exception 0", func(s *spoilt) { s.pdu = []byte{0x83, 0}; s.send(s.frame()) }, 1, 1},
	{"exception of another function", func(s *spoilt) { s.pdu = []byte{0x84, 2}; s.send(s.frame()) }, 1, 1},
	{"one byte every 5 ms", func(s *spoilt) {
		for _, b := range s.frame() {
			s.send([]byte{b})
			<-time.After(5 * time.Millisecond)
		}
	}, 0, 0},
}

func half(b []byte) []byte { return b[:len(b)/2] }

// TestOneFault gives each answer-spoiling fault once to a healthy slave, whose
// registers change with every poll: no old or broken value may ever come out.
func TestOneFault(t *testing.T) {
	for _, framing := range []string{"tcp", "rtu"} {
		for _, fault := range oneFaults {
			want := fault.tcp
			if framing == "rtu" {
				want = fault.rtu
			}
			if want < 0 {
				continue
			}
			t.Run(framing+"/"+strings.ReplaceAll(fault.name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				slave := startSlave(t)
				p := startProxy(t, slave.Addr(), framing == "rtu")
				line := startLine(t, p.address(), fault.options())

				var pattern strings.Builder
				for poll := range uint16(12) {
					mustSet(t, slave, 1, modbusd.Holding, 10, poll, 100+poll, 200+poll, 300+poll)
					if poll == 3 {
						p.next(fault.spoil)
					}
					words, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 10, 4)
					if err != nil {
						pattern.WriteByte('E')
						if !errors.Is(err, modbus.ErrNoAnswer) && !errors.Is(err, modbus.ErrBadAnswer) {
							t.Errorf("poll %d: %v", poll, err)
						}
						continue
					}
					pattern.WriteByte('.')
					if len(words) != 4 || words[0] != poll || words[3] != 300+poll {
						t.Fatalf("poll %d read %v", poll, words)
					}
				}
				if got := strings.Count(pattern.String(), "E"); got != want {
					t.Errorf("polls %s: %d failed, %d expected; stats %+v", pattern.String(), got, want, line.Stats())
				}
			})
		}
	}
}

// TestVeryLateAnswers lets RTU answers come so late that they meet the next
// question of the same shape. Polls may fail then; none may be wrong.
func TestVeryLateAnswers(t *testing.T) {
	t.Parallel()
	for _, after := range []time.Duration{faultTimeout + faultSettle/2, faultTimeout + faultSettle + 20*time.Millisecond, faultTimeout + faultSettle + 60*time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			slave := startSlave(t)
			p := startProxy(t, slave.Addr(), true)
			line := startLine(t, p.address(), modbus.Options{Timeout: faultTimeout, Settle: faultSettle})
			failed := 0
			for poll := range uint16(14) {
				mustSet(t, slave, 1, modbusd.Holding, 0, poll)
				if poll%7 == 3 {
					p.next(func(s *spoilt) { s.later(after, s.frame()) })
				}
				words, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1)
				switch {
				case err != nil:
					failed++
				case words[0] != poll:
					t.Fatalf("poll %d read the value of poll %d", poll, words[0])
				}
			}
			if failed == 0 || failed > 6 {
				t.Errorf("%d of 14 polls failed", failed)
			}
		})
	}
}

// TestFloodIsCutOff lets a serial server send without end: polls fail in time,
// and the line recovers when it is over.
func TestFloodIsCutOff(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 5)
	p := startProxy(t, slave.Addr(), true)
	line := startLine(t, p.address(), modbus.Options{Timeout: faultTimeout, Settle: faultSettle})
	p.next(func(s *spoilt) {
		s.send(s.frame())
		p.work.Go(func() {
			noise := make([]byte, 4096)
			for {
				if _, err := s.conn.Write(noise); err != nil {
					return
				}
			}
		})
	})
	failed := 0
	for range 8 {
		words, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1)
		if err != nil {
			failed++
		} else if words[0] != 5 {
			t.Fatalf("read %v", words)
		}
	}
	if failed > 1 {
		t.Errorf("%d of 8 polls failed", failed)
	}
}

// TestLateAnswerOfAnotherUnit shows that on a shared RTU line a late answer of
// one unit does not cost the other units anything.
func TestLateAnswerOfAnotherUnit(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 11)
	mustSet(t, slave, 2, modbusd.Holding, 0, 22)
	p := startProxy(t, slave.Addr(), true)
	line := startLine(t, p.address(), modbus.Options{Timeout: faultTimeout, Settle: 10 * time.Millisecond})

	p.next(func(s *spoilt) {
		old := s.frame()
		p.next(func(s *spoilt) { s.send(append(old, s.frame()...)) })
	})
	if _, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1); !errors.Is(err, modbus.ErrNoAnswer) {
		t.Fatalf("a lost answer gave %v", err)
	}
	words, err := line.Read(t.Context(), modbus.Normal, 2, modbus.Holding, 0, 1)
	if err != nil || words[0] != 22 {
		t.Fatalf("unit 2 read %v, %v", words, err)
	}
	if n := line.Stats().StaleFrames; n != 1 {
		t.Errorf("%d stale frames counted", n)
	}
}

// TestWriteIsSentOnce spoils the answer to a write in every way: the frame is
// on the wire exactly once, and the asker learns that the outcome is unknown.
func TestWriteIsSentOnce(t *testing.T) {
	for _, framing := range []string{"tcp", "rtu"} {
		for _, fault := range oneFaults {
			switch {
			case framing == "tcp" && fault.tcp < 0, framing == "rtu" && fault.rtu < 0:
				continue
			case strings.Contains(fault.name, "register too"), fault.name == "byte count lies":
				continue // an echo has no byte count
			}
			t.Run(framing+"/"+strings.ReplaceAll(fault.name, " ", "_"), func(t *testing.T) {
				t.Parallel()
				slave := startSlave(t)
				mustSet(t, slave, 1, modbusd.Holding, 10, 0)
				p := startProxy(t, slave.Addr(), framing == "rtu")
				line := startLine(t, p.address(), fault.options())
				if err := line.Write(t.Context(), 1, modbus.Holding, 10, []uint16{1}); err != nil {
					t.Fatal(err)
				}
				p.next(func(s *spoilt) {
					if s.pdu[0] == 6 && fault.name == "exception 6" {
						s.pdu = []byte{0x86, 6}
						s.send(s.frame())
						return
					}
					fault.spoil(s)
				})
				err := line.Write(t.Context(), 1, modbus.Holding, 10, []uint16{2})
				unknown, refusal := (*modbus.OutcomeUnknownError)(nil), modbus.Exception{}
				switch {
				case fault.name == "exception 6":
					if errors.As(err, &unknown) || !errors.As(err, &refusal) || !refusal.Busy() {
						t.Errorf("busy gave %v", err)
					}
				case fault.tcp == 0 || fault.rtu == 0:
					if err != nil {
						t.Errorf("a harmless fault gave %v", err)
					}
				case !errors.As(err, &unknown):
					t.Errorf("write gave %v", err)
				}
				// The next question shows that nothing was left to be sent.
				if _, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 10, 1); err != nil {
					t.Fatal(err)
				}
				sent := 0
				for _, request := range p.seen() {
					if request[1] == 6 && binary.BigEndian.Uint16(request[4:]) == 2 {
						sent++
					}
				}
				if sent != 1 {
					t.Errorf("the write was sent %d times", sent)
				}
			})
		}
	}
}

// TestWriteRefusals pins which exceptions mean that a write was not carried out.
func TestWriteRefusals(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	p := startProxy(t, slave.Addr(), false)
	line := startLine(t, p.address(), modbus.Options{Timeout: time.Second})
	mustSet(t, slave, 1, modbusd.Holding, 0, 0)
	for code, refused := range map[byte]bool{1: true, 2: true, 3: true, 4: false, 5: false, 6: true, 8: false, 0x0A: true, 0x0B: false, 0x77: false} {
		p.next(func(s *spoilt) { s.pdu = []byte{0x86, code}; s.send(s.frame()) })
		err := line.Write(t.Context(), 1, modbus.Holding, 0, []uint16{5})
		unknown, refusal := (*modbus.OutcomeUnknownError)(nil), modbus.Exception{}
		if !errors.As(err, &refusal) || refusal.Code != code || refusal.Function != 6 {
			t.Errorf("exception %d gave %v", code, err)
		}
		if errors.As(err, &unknown) == refused {
			t.Errorf("exception %d: outcome unknown is %v: %v", code, !refused, err)
		}
	}
	if n := line.Stats().Reconnects; n != 0 {
		t.Errorf("exceptions closed the connection %d times", n)
	}
}

// TestWriteEchoDiffers refuses to call a write done whose echo shows another value.
func TestWriteEchoDiffers(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 0)
	p := startProxy(t, slave.Addr(), false)
	line := startLine(t, p.address(), modbus.Options{Timeout: time.Second})
	p.next(func(s *spoilt) { s.pdu[4] ^= 1; s.send(s.frame()) })
	err := line.Write(t.Context(), 1, modbus.Holding, 0, []uint16{5})
	if unknown := (*modbus.OutcomeUnknownError)(nil); !errors.As(err, &unknown) || !errors.Is(err, modbus.ErrBadAnswer) {
		t.Errorf("a wrong echo gave %v", err)
	}
	if err := line.Write(context.Background(), 1, modbus.Holding, 0, []uint16{6}); err != nil {
		t.Error(err)
	}
}
