package modbusd_test

import (
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"guardroom/simulators/modbusd"
)

const (
	question = "03 006B 0003"
	good     = "03 06 022B 0000 0064"
)

// TestFaults pins what each fault puts on the wire, that it ends after its
// count, and that the answer after it is good.
func TestFaults(t *testing.T) {
	for _, tc := range []struct {
		fault  string
		answer string // hex of the whole frame, "" for none
		end    error  // nil when the connection goes on
	}{
		{"busy*1", "1501 0000 0003 11 83 06", nil},
		{"half_frames*1", "1501 0000 0009 11", nil},
		{"reset*1", "1501 0000 0009 11", syscall.ECONNRESET},
		{"hang_up*1", "", io.EOF},
		{"duplicates*1", strings.Repeat("1501 0000 0009 11"+good, 2), nil},
		{"wrong_transaction*1", "4F5B 0000 0009 11" + good, nil},
		{"wrong_unit*1", "1501 0000 0009 12" + good, nil},
		{"wrong_function*1", "1501 0000 0009 11 04 06 022B 0000 0064", nil},
		{"short_data*1", "1501 0000 0007 11 03 04 022B 0000", nil},
		{"long_data*1", "1501 0000 000B 11 03 08 022B 0000 0064 0000", nil},
		{"slow:20ms*1", "1501 0000 0009 11" + good, nil},
		{"trickle:1ms*1", "1501 0000 0009 11" + good, nil},
		{"wrong_unit*1@17", "1501 0000 0009 12" + good, nil},
		{"silent*1", "", nil},
		{"lost_answers*1", "", nil},
		{"silent@18", "1501 0000 0009 11" + good, nil}, // of another unit
		{"frozen_life", "1501 0000 0009 11" + good, nil},
		{"none", "1501 0000 0009 11" + good, nil},
	} {
		t.Run(tc.fault, func(t *testing.T) {
			t.Parallel()
			s := specified(t)
			conn := connect(t, s)
			if err := s.SetFault(tc.fault); err != nil {
				t.Fatal(err)
			}
			conn.Write(unhex(t, frame(t, question)))
			expect(t, conn, tc.answer)
			if tc.end != nil {
				if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, tc.end) {
					t.Errorf("ended with %v", err)
				}
				conn = connect(t, s)
			}
			conn.Write(unhex(t, frame(t, question)))
			expect(t, conn, frame(t, good))
			if active := s.Faults(); strings.Contains(tc.fault, "*1") && len(active) != 0 {
				t.Errorf("still active: %v", active)
			}
		})
	}
}

// TestSilentDoesNothing tells the two ways of giving no answer apart.
func TestSilentDoesNothing(t *testing.T) {
	t.Parallel()
	for fault, want := range map[string]uint16{modbusd.Silent: 0, modbusd.Busy: 0, modbusd.LostAnswers: 3, modbusd.HalfFrames: 3} {
		s := specified(t)
		conn := connect(t, s)
		s.SetFault(fault + "*1")
		conn.Write(unhex(t, frame(t, "06 0001 0003")+frame(t, "06 0002 0001")))
		conn.(*net.TCPConn).CloseWrite()
		io.ReadAll(conn)
		if got := s.Get(0x11, modbusd.Holding, 1, 1)[0]; got != want {
			t.Errorf("after %s the register holds %d", fault, got)
		}
	}
}

func TestRefuseConnections(t *testing.T) {
	t.Parallel()
	s := specified(t)
	conn := connect(t, s)
	conn.Write(unhex(t, frame(t, question)))
	expect(t, conn, frame(t, good))
	if err := s.SetFault(modbusd.RefuseConnections); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the old master was not cut: %v", err)
	}
	if another, err := net.Dial("tcp", s.Addr()); err == nil {
		another.SetDeadline(time.Now().Add(5 * time.Second))
		if _, err := another.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a new master was not cut: %v", err)
		}
		another.Close()
	}
	s.SetFault(modbusd.NoFault)
	conn = connect(t, s)
	conn.Write(unhex(t, frame(t, question)))
	expect(t, conn, frame(t, good))
}

func TestFaultSpecs(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, spec := range []string{"slow", "silent@5", "busy*3", "wrong_unit*2@7", "trickle:1ms", "slow:2s", "frozen_life@9"} {
		if err := s.SetFault(spec); err != nil {
			t.Error(err)
		}
	}
	if got, want := s.Faults(), []string{"silent@5", "busy*3", "wrong_unit*2@7", "trickle:1ms", "slow:2s", "frozen_life@9"}; !slices.Equal(got, want) {
		t.Errorf("active are %q", got)
	}
	if !s.Has(modbusd.FrozenLife, 9) || s.Has(modbusd.FrozenLife, 8) || !s.Has(modbusd.Slow, 8) {
		t.Error("Has does not tell the units apart")
	}
	before := s.Faults()
	for _, spec := range []string{"", "quiet", "silent:5s", "slow:soon", "slow:-1s", "slow:2h", "busy*0", "busy*-1", "busy*x", "silent@256", "silent@-1", "silent@", "refuse_connections@5"} {
		if err := s.SetFault(spec); err == nil {
			t.Errorf("%q was accepted", spec)
		}
	}
	if !slices.Equal(s.Faults(), before) {
		t.Error("a refused fault changed something")
	}
	s.SetFault("none@5")
	if got := s.Faults(); slices.Contains(got, "silent@5") || len(got) != 5 {
		t.Errorf("after none@5: %q", got)
	}
	for _, name := range modbusd.FaultNames() {
		if err := s.SetFault(name); err != nil {
			t.Error(err)
		}
	}
	s.SetFault(modbusd.NoFault)
	if got := s.Faults(); len(got) != 0 {
		t.Errorf("after none: %q", got)
	}
}
