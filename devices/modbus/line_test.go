package modbus_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/simulators/modbusd"
)

func TestReadAndWriteEveryTable(t *testing.T) {
	for _, rtu := range []bool{false, true} {
		t.Run(fmt.Sprintf("rtu=%v", rtu), func(t *testing.T) {
			t.Parallel()
			slave := startSlave(t)
			line := startLine(t, startProxy(t, slave.Addr(), rtu).address(), modbus.Options{})

			registers := make([]uint16, 125)
			bits := make([]uint16, 2000)
			for i := range registers {
				registers[i] = uint16(i*517 + 3)
			}
			for i := range bits {
				bits[i] = uint16(i % 3 / 2)
			}
			mustSet(t, slave, 1, modbusd.Holding, 65536-125, registers...)
			mustSet(t, slave, 1, modbusd.Input, 0, registers...)
			mustSet(t, slave, 1, modbusd.Coil, 65536-2000, bits...)
			mustSet(t, slave, 1, modbusd.Discrete, 3, bits...)
			for _, read := range []struct {
				table       modbus.Table
				addr, count uint16
				want        []uint16
			}{
				{modbus.Holding, 65536 - 125, 125, registers},
				{modbus.Holding, 65535, 1, registers[124:]},
				{modbus.Input, 0, 125, registers},
				{modbus.Input, 7, 1, registers[7:8]},
				{modbus.Coil, 65536 - 2000, 2000, bits},
				{modbus.Coil, 65535, 1, bits[1999:]},
				{modbus.Discrete, 3, 2000, bits},
				{modbus.Discrete, 4, 9, bits[1:10]},
			} {
				got, err := line.Read(t.Context(), modbus.Normal, 1, read.table, read.addr, read.count)
				if err != nil || !slices.Equal(got, read.want) {
					t.Errorf("read %s %d+%d = %v, %v", read.table, read.addr, read.count, got, err)
				}
			}
			for _, write := range []struct {
				table  modbus.Table
				addr   uint16
				values []uint16
			}{
				{modbus.Coil, 5, []uint16{1}},
				{modbus.Coil, 5, []uint16{0}},
				{modbus.Coil, 100, bits[:1968]},
				{modbus.Coil, 65535, []uint16{1}},
				{modbus.Holding, 5, []uint16{0xBEEF}},
				{modbus.Holding, 100, registers[:123]},
				{modbus.Holding, 65534, []uint16{1, 2}},
			} {
				if err := line.Write(t.Context(), 1, write.table, write.addr, write.values); err != nil {
					t.Errorf("write %s %d: %v", write.table, write.addr, err)
				}
				n := uint16(len(write.values))
				if got := slave.Get(1, modbusd.Table(write.table), write.addr, n); !slices.Equal(got, write.values) {
					t.Errorf("wrote %s %d: the slave holds %v", write.table, write.addr, got)
				}
			}
			if s := line.Stats(); s.Requests != 15 || s.Answers != 15 || s.Connects != 1 || !s.Connected || s.LastSuccess.IsZero() {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestArgumentsAreRefused(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	tcp := startLine(t, slave.Addr(), modbus.Options{})
	rtu := startLine(t, "rtu+tcp://"+slave.Addr(), modbus.Options{})
	read := func(l *modbus.Line, p modbus.Priority, unit uint8, table modbus.Table, addr, count uint16) error {
		_, err := l.Read(t.Context(), p, unit, table, addr, count)
		return err
	}
	write := func(l *modbus.Line, unit uint8, table modbus.Table, addr uint16, n int, value uint16) error {
		return l.Write(t.Context(), unit, table, addr, slices.Repeat([]uint16{value}, n))
	}
	for name, err := range map[string]error{
		"no registers":       read(tcp, modbus.Normal, 1, modbus.Holding, 0, 0),
		"126 registers":      read(tcp, modbus.Normal, 1, modbus.Holding, 0, 126),
		"2001 bits":          read(tcp, modbus.Normal, 1, modbus.Coil, 0, 2001),
		"beyond the end":     read(tcp, modbus.Normal, 1, modbus.Input, 65535, 2),
		"no table":           read(tcp, modbus.Normal, 1, "", 0, 1),
		"unknown table":      read(tcp, modbus.Normal, 1, "holdings", 0, 1),
		"unknown priority":   read(tcp, 4, 1, modbus.Holding, 0, 1),
		"negative priority":  read(tcp, -1, 1, modbus.Holding, 0, 1),
		"rtu unit 0":         read(rtu, modbus.Normal, 0, modbus.Holding, 0, 1),
		"rtu unit 248":       read(rtu, modbus.Normal, 248, modbus.Holding, 0, 1),
		"write nothing":      write(tcp, 1, modbus.Holding, 0, 0, 1),
		"write 124":          write(tcp, 1, modbus.Holding, 0, 124, 1),
		"write 1969 coils":   write(tcp, 1, modbus.Coil, 0, 1969, 1),
		"write 70000":        write(tcp, 1, modbus.Coil, 0, 70000, 1),
		"write coil 2":       write(tcp, 1, modbus.Coil, 0, 1, 2),
		"write input":        write(tcp, 1, modbus.Input, 0, 1, 1),
		"write discrete":     write(tcp, 1, modbus.Discrete, 0, 1, 1),
		"write beyond":       write(tcp, 1, modbus.Holding, 65535, 2, 1),
		"broadcast over rtu": write(rtu, 0, modbus.Coil, 0, 1, 1),
	} {
		if invalid := (*devices.InvalidError)(nil); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := slave.Requests(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []modbus.Options{
		{Timeout: -1}, {Timeout: time.Hour}, {ConnectTimeout: -1}, {MinGap: 2 * time.Minute}, {ConnectPause: -1},
		{BusyPause: -1}, {Settle: -1}, {MaxBackoff: -1}, {Queue: -1}, {Queue: 1 << 20},
	} {
		if _, err := modbus.Open("127.0.0.1", o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

// TestExceptions pins what a refusal means, through a real slave.
func TestExceptions(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	if err := slave.Declare(1, modbusd.Holding, 0, 10); err != nil {
		t.Fatal(err)
	}
	line := startLine(t, slave.Addr(), modbus.Options{BusyPause: time.Millisecond})
	for _, tc := range []struct {
		name                      string
		unit                      uint8
		fault                     string
		code                      byte
		busy, configuration, path bool
	}{
		{"illegal address", 1, "none", 2, false, true, false},
		{"another unit", 9, "none", 0x0B, false, false, true},
		{"busy", 1, "busy*2", 6, true, false, false},
	} {
		if err := slave.SetFault(tc.fault); err != nil {
			t.Fatal(err)
		}
		_, err := line.Read(t.Context(), modbus.Normal, tc.unit, modbus.Holding, 10, 1)
		var e modbus.Exception
		if !errors.As(err, &e) || e.Function != 3 || e.Code != tc.code || e.Busy() != tc.busy || e.Configuration() != tc.configuration || e.Path() != tc.path {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	s := line.Stats()
	if s.Exceptions[2] != 1 || s.Exceptions[0x0B] != 1 || s.Exceptions[6] != 2 || s.Connects != 1 {
		t.Errorf("stats %+v", s)
	}
}

// TestBusyIsAskedAgain asks a busy slave once more, but never writes again.
func TestBusyIsAskedAgain(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 7)
	line := startLine(t, slave.Addr(), modbus.Options{BusyPause: time.Millisecond})
	slave.SetFault("busy*1")
	if words, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1); err != nil || words[0] != 7 {
		t.Errorf("read %v, %v", words, err)
	}
	slave.SetFault("busy*1")
	before := slave.Requests()
	if err := line.Write(t.Context(), 1, modbus.Holding, 0, []uint16{8}); err == nil || slave.Requests() != before+1 {
		t.Errorf("write: %v after %d requests", err, slave.Requests()-before)
	}
	slave.SetFault("busy")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	before = slave.Requests()
	line.Read(ctx, modbus.Normal, 1, modbus.Holding, 0, 1)
	if n := slave.Requests() - before; n > 1 {
		t.Errorf("asked %d times without the time for it", n)
	}
}

// TestCommandOvertakes fills a slow line with polls and shows that the order
// is by priority, and by time within each.
func TestCommandOvertakes(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, make([]uint16, 300)...)
	p := startProxy(t, slave.Addr(), false)
	line := startLine(t, p.address(), modbus.Options{})

	release := make(chan struct{})
	held := make(chan struct{})
	p.next(func(s *spoilt) { close(held); <-release; s.send(s.frame()) })
	var work sync.WaitGroup
	read := func(priority modbus.Priority, addr uint16) {
		work.Go(func() {
			if _, err := line.Read(t.Context(), priority, 1, modbus.Holding, addr, 1); err != nil {
				t.Error(err)
			}
		})
	}
	waiting := func(n int) { eventually(t, func() bool { return line.Stats().Waiting == n }) }
	read(modbus.Background, 0)
	<-held
	for i, priority := range []modbus.Priority{modbus.Background, modbus.Normal, modbus.Background, modbus.Life, modbus.Normal, modbus.Normal} {
		read(priority, uint16(100*int(priority)+i))
		waiting(i + 1)
	}
	work.Go(func() {
		if err := line.Write(t.Context(), 1, modbus.Holding, 299, []uint16{1}); err != nil {
			t.Error(err)
		}
	})
	waiting(7)
	close(release)
	work.Wait()

	var order []uint16
	for _, request := range p.seen() {
		order = append(order, uint16(request[2])<<8|uint16(request[3]))
	}
	if want := []uint16{0, 299, 203, 101, 104, 105, 0, 2}; !slices.Equal(order, want) {
		t.Errorf("order on the wire %v, want %v", order, want)
	}
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	line, err := modbus.Open("127.0.0.1:1", modbus.Options{Queue: 2})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	for range 2 {
		work.Go(func() {
			if _, err := line.Read(ctx, modbus.Normal, 1, modbus.Holding, 0, 1); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	eventually(t, func() bool { return line.Stats().Waiting == 2 })
	if _, err := line.Read(ctx, modbus.Normal, 1, modbus.Holding, 0, 1); !errors.Is(err, modbus.ErrQueueFull) {
		t.Errorf("the third ask gave %v", err)
	}
	short, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	if err := line.Write(short, 1, modbus.Holding, 0, []uint16{1}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a command behind a full queue of polls gave %v", err)
	}
	stop()
	work.Wait()
}

// TestGivenUpIsNeverSent drops a write that still waits: the asker is told that
// nothing was sent, and nothing is.
func TestGivenUpIsNeverSent(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 0)
	p := startProxy(t, slave.Addr(), false)
	line := startLine(t, p.address(), modbus.Options{Timeout: 10 * time.Second})

	release, held := make(chan struct{}), make(chan struct{})
	p.next(func(s *spoilt) { close(held); <-release; s.send(s.frame()) })
	first := make(chan error, 1)
	go func() {
		_, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1)
		first <- err
	}()
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() { second <- line.Write(ctx, 1, modbus.Holding, 0, []uint16{9}) }()
	eventually(t, func() bool { return line.Stats().Waiting == 1 })
	cancel()
	unknown := (*modbus.OutcomeUnknownError)(nil)
	if err := <-second; !errors.Is(err, context.Canceled) || errors.As(err, &unknown) {
		t.Errorf("the given up write gave %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if _, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1); err != nil {
		t.Error(err)
	}
	if n := len(p.seen()); n != 2 {
		t.Errorf("%d requests on the wire, 2 expected", n)
	}
}

// TestAskerGivesUpInFlight shows that an asker that cancels frees the line at
// once, and that a cancelled write in flight is of unknown outcome.
func TestAskerGivesUpInFlight(t *testing.T) {
	for _, rtu := range []bool{false, true} {
		t.Run(fmt.Sprintf("rtu=%v", rtu), func(t *testing.T) {
			t.Parallel()
			slave := startSlave(t)
			mustSet(t, slave, 1, modbusd.Holding, 0, 5)
			p := startProxy(t, slave.Addr(), rtu)
			line := startLine(t, p.address(), modbus.Options{Timeout: 20 * time.Second, Settle: 20 * time.Millisecond})
			unknown := (*modbus.OutcomeUnknownError)(nil)
			for _, write := range []bool{false, true} {
				ctx, cancel := context.WithCancel(t.Context())
				p.next(func(s *spoilt) { cancel() })
				began := time.Now()
				var err error
				if write {
					err = line.Write(ctx, 1, modbus.Holding, 0, []uint16{5})
				} else {
					_, err = line.Read(ctx, modbus.Normal, 1, modbus.Holding, 0, 1)
				}
				if !errors.Is(err, context.Canceled) || errors.As(err, &unknown) != write {
					t.Errorf("write %v: cancelled in flight: %v", write, err)
				}
				if words, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1); err != nil || words[0] != 5 {
					t.Errorf("after it: %v, %v", words, err)
				}
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("the line was blocked for %s", took)
				}
			}
			if s := line.Stats(); s.Timeouts != 0 {
				t.Errorf("giving up counted as %d timeouts", s.Timeouts)
			}
		})
	}
}

// TestShortPatienceOnRTU shows that a poller whose deadline is shorter than
// what must be listened through after a fault still recovers.
func TestShortPatienceOnRTU(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 5)
	p := startProxy(t, slave.Addr(), true)
	line := startLine(t, p.address(), modbus.Options{Settle: 300 * time.Millisecond})
	p.next(func(*spoilt) {})
	failed := 0
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 80*time.Millisecond)
		_, err := line.Read(ctx, modbus.Normal, 1, modbus.Holding, 0, 1)
		cancel()
		if err == nil {
			break
		}
		if failed++; failed > 50 {
			t.Fatalf("never recovered: %v", err)
		}
	}
}

func TestLineDown(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 5)
	addr := slave.Addr()
	line := startLine(t, addr, modbus.Options{Rand: func() float64 { return 0 }})
	read := func() error {
		_, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1)
		return err
	}
	if err := read(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	eventually(t, func() bool { // until the listener is really gone
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	// The first question finds the connection ended and connects at once; that
	// fails, and so does the first retry. From then on asks fail without an attempt.
	for range 2 {
		if err := read(); !errors.Is(err, modbus.ErrLineDown) {
			t.Fatalf("read gave %v", err)
		}
	}
	began, fails := time.Now(), line.Stats().ConnectFails
	for range 100 {
		if err := read(); !errors.Is(err, modbus.ErrLineDown) || !strings.Contains(err.Error(), "next attempt in") {
			t.Fatalf("read gave %v", err)
		}
	}
	if took, more := time.Since(began), line.Stats().ConnectFails-fails; took > 900*time.Millisecond || more != 0 {
		t.Errorf("failing fast took %s and %d attempts", took, more)
	}
	// A command tries at once, and says that nothing was sent.
	unknown := (*modbus.OutcomeUnknownError)(nil)
	if err := line.Write(t.Context(), 1, modbus.Holding, 0, []uint16{1}); !errors.Is(err, modbus.ErrLineDown) || errors.As(err, &unknown) {
		t.Errorf("write gave %v", err)
	}
	if more := line.Stats().ConnectFails - fails; more != 1 {
		t.Errorf("the command made %d attempts", more)
	}
	again, err := modbusd.Listen(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	mustSet(t, again, 1, modbusd.Holding, 0, 6)
	if err := line.Write(t.Context(), 1, modbus.Holding, 0, []uint16{1}); err != nil {
		t.Errorf("a command to the slave that came back gave %v", err)
	}
	if err := read(); err != nil {
		t.Errorf("a read after it gave %v", err)
	}
}

// TestHangingUpIsBackedOff treats a slave that accepts and hangs up like one
// that does not accept.
func TestHangingUpIsBackedOff(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	slave.SetFault(modbusd.HangUp)
	line := startLine(t, slave.Addr(), modbus.Options{})
	for range 20 {
		if _, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1); err == nil {
			t.Fatal("a slave that hangs up answered")
		}
	}
	if n := line.Stats().Connects; n > 3 {
		t.Errorf("%d connections in no time", n)
	}
}

// TestIdleEndIsFree ends an idle connection, as panels do: no poll fails for
// it, and no write is of unknown outcome.
func TestIdleEndIsFree(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 5)
	p := startProxy(t, slave.Addr(), false)
	line := startLine(t, p.address(), modbus.Options{})
	for range 5 {
		if _, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1); err != nil {
			t.Fatal(err)
		}
		p.next(func(s *spoilt) { s.send(s.frame()); s.conn.Close() })
		if err := line.Write(t.Context(), 1, modbus.Holding, 0, []uint16{5}); err != nil {
			t.Fatal(err)
		}
		p.closeAll()
	}
	if s := line.Stats(); s.Reconnects != 4 && s.Reconnects != 5 {
		t.Errorf("stats %+v", s)
	}
}

func TestStoppedLine(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 5)
	slave.SetFault(modbusd.Silent)
	line, err := modbus.Open(slave.Addr(), modbus.Options{Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- line.Run(ctx) }()
	asked := make(chan error, 3)
	for range 3 { // one in flight, two waiting
		go func() {
			_, err := line.Read(context.Background(), modbus.Normal, 1, modbus.Holding, 0, 1)
			asked <- err
		}()
	}
	eventually(t, func() bool { return line.Stats().Waiting == 2 && slave.Requests() == 1 })
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Run gave %v", err)
	}
	for range 3 {
		if err := <-asked; err == nil {
			t.Error("an ask on a stopped line was answered")
		}
	}
	if _, err := line.Read(context.Background(), modbus.Normal, 1, modbus.Holding, 0, 1); !errors.Is(err, modbus.ErrLineDown) {
		t.Errorf("a late ask gave %v", err)
	}
	if err := line.Run(context.Background()); err == nil {
		t.Error("Run ran twice")
	}
	if line.Stats().Connected {
		t.Error("still connected")
	}
}

// TestManyAskersAndUnits has many goroutines ask many units over one line.
func TestManyAskersAndUnits(t *testing.T) {
	for _, rtu := range []bool{false, true} {
		t.Run(fmt.Sprintf("rtu=%v", rtu), func(t *testing.T) {
			t.Parallel()
			slave := startSlave(t)
			for unit := range uint8(16) {
				mustSet(t, slave, unit+1, modbusd.Holding, 0, 1000*uint16(unit+1), 7)
			}
			line := startLine(t, startProxy(t, slave.Addr(), rtu).address(), modbus.Options{})
			var work sync.WaitGroup
			for unit := range uint8(16) {
				work.Go(func() {
					for range 50 {
						words, err := line.Read(t.Context(), modbus.Priority(unit%3), unit+1, modbus.Holding, 0, 2)
						if err != nil || words[0] != 1000*uint16(unit+1) {
							t.Errorf("unit %d read %v, %v", unit+1, words, err)
							return
						}
					}
				})
			}
			work.Wait()
			if s := line.Stats(); s.Requests != 800 || s.Connects != 1 || s.StaleFrames != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func TestPausesAreKept(t *testing.T) {
	t.Parallel()
	slave := startSlave(t)
	mustSet(t, slave, 1, modbusd.Holding, 0, 5)
	line := startLine(t, slave.Addr(), modbus.Options{MinGap: 20 * time.Millisecond, ConnectPause: 50 * time.Millisecond})
	began := time.Now()
	for range 4 {
		if _, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(began); took < 110*time.Millisecond {
		t.Errorf("four reads took %s, 110ms are prescribed", took)
	}
}

// TestHostThatOnlyAccepts asks a port that takes connections and never answers.
func TestHostThatOnlyAccepts(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	line := startLine(t, listener.Addr().String(), modbus.Options{Timeout: 30 * time.Millisecond})
	began := time.Now()
	_, err = line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 0, 1)
	if !errors.Is(err, modbus.ErrNoAnswer) || errors.Is(err, io.EOF) || time.Since(began) > 5*time.Second {
		t.Errorf("a host that accepts and is silent gave %v after %s", err, time.Since(began))
	}
}

// eventually waits until condition holds.
func eventually(t testing.TB, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("waited 10 s in vain")
		}
	}
}
