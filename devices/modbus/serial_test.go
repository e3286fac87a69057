package modbus_test

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"guardroom/devices/modbus"
	"guardroom/simulators/modbusd"
)

// openPTY returns the master side of a new pseudo terminal and the path of its
// other side, which looks like a serial port.
func openPTY(t *testing.T) (*os.File, string) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var number int
	var failed error
	raw.Control(func(fd uintptr) {
		if failed = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); failed == nil {
			number, failed = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if failed != nil {
		t.Fatal(failed)
	}
	path := fmt.Sprintf("/dev/pts/%d", number)
	// Held open, so that the master side does not fail while the line is closed.
	hold, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hold.Close() })
	return master, path
}

func startSerial(t *testing.T, o modbus.Options) (*modbus.Line, *proxy, *modbusd.Server) {
	t.Helper()
	master, path := openPTY(t)
	slave := startSlave(t)
	p := &proxy{t: t, slave: slave.Addr(), rtu: true}
	p.work.Go(func() { p.serve(master, nil) })
	t.Cleanup(func() { master.Close(); p.work.Wait() })
	return startLine(t, "rtu://"+path+"?baud=115200&parity=N", o), p, slave
}

func TestSerial(t *testing.T) {
	t.Parallel()
	line, _, slave := startSerial(t, modbus.Options{})
	for unit := range uint8(3) {
		mustSet(t, slave, unit+1, modbusd.Holding, 0, make([]uint16, 125)...)
	}
	for i := range uint16(60) {
		unit := uint8(i%3 + 1)
		if err := line.Write(t.Context(), unit, modbus.Holding, 124, []uint16{i}); err != nil {
			t.Fatal(err)
		}
		words, err := line.Read(t.Context(), modbus.Normal, unit, modbus.Holding, 0, 125)
		if err != nil || words[124] != i {
			t.Fatalf("read %v, %v", words, err)
		}
	}
	_, err := line.Read(t.Context(), modbus.Normal, 9, modbus.Holding, 0, 1)
	var refusal modbus.Exception
	if !errors.As(err, &refusal) || !refusal.Path() {
		t.Errorf("an absent unit gave %v", err)
	}
	if s := line.Stats(); s.Connects != 1 || s.Timeouts != 0 {
		t.Errorf("stats %+v", s)
	}
}

// TestSerialFaults loses an answer and delays another: each costs one poll.
func TestSerialFaults(t *testing.T) {
	t.Parallel()
	master, path := openPTY(t)
	slave := startSlave(t)
	p := &proxy{t: t, slave: slave.Addr(), rtu: true}
	p.work.Go(func() { p.serve(master, nil) })
	t.Cleanup(func() { master.Close(); p.work.Wait() })
	line := startLine(t, "rtu://"+path, modbus.Options{Timeout: faultTimeout, Settle: faultSettle})
	pattern := ""
	for poll := range uint16(12) {
		mustSet(t, slave, 1, modbusd.Holding, 0, poll)
		switch poll {
		case 2:
			p.next(func(*spoilt) {})
		case 5:
			p.next(func(s *spoilt) {
				answer := s.frame()
				p.work.Go(func() { <-time.After(late); master.Write(answer) })
			})
		case 8:
			p.next(func(s *spoilt) { master.Write(half(s.frame())) })
		}
		words, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1)
		if err != nil {
			pattern += "E"
			continue
		}
		pattern += "."
		if words[0] != poll {
			t.Fatalf("poll %d read %d", poll, words[0])
		}
	}
	if pattern != "..E..E..E..." {
		t.Errorf("polls %s", pattern)
	}
}
