package modbus

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	library "github.com/goburrow/modbus"

	"guardroom/devices"
)

// Table names one of the four tables of the Modbus data model.
type Table string

const (
	Coil     Table = "coil"     // bits, read and write
	Discrete Table = "discrete" // bits, read only
	Input    Table = "input"    // 16-bit registers, read only
	Holding  Table = "holding"  // 16-bit registers, read and write
)

// Priority orders the asks that wait for a line. A higher one goes first;
// within one priority the order is that of asking.
type Priority int

const (
	Background Priority = iota // slow values
	Normal                     // alarms and states
	Life                       // life-signs and summaries
	Command                    // an operator waits; connects even while the line backs off
)

// Line is one physical line: a TCP connection or a serial port with its units.
// Its methods may be called from any goroutine.
type Line struct {
	endpoint  endpoint
	o         Options
	count     counters
	transport *transport
	client    library.Client
	unit      *byte // of the client's next request

	asks  [Command + 1]chan *ask // in
	wake  chan struct{}          // in: something was put into asks
	began atomic.Bool
	ended chan struct{} // closed when Run returns
}

// Open checks address (see Address) and options. It does not connect: the
// first ask does. The error is a *devices.InvalidError.
func Open(address string, o Options) (*Line, error) {
	e, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	o = o.withDefaults(e)
	if err := o.validate(); err != nil {
		return nil, err
	}
	l := &Line{endpoint: e, o: o, wake: make(chan struct{}, 1), ended: make(chan struct{})}
	for p := range l.asks {
		l.asks[p] = make(chan *ask, o.Queue)
	}
	l.transport = newTransport(e, o, &l.count)
	if e.framing == framedRTU {
		handler := library.NewRTUClientHandler("")
		l.client, l.unit = library.NewClient2(handler, l.transport), &handler.SlaveId
	} else {
		handler := library.NewTCPClientHandler("")
		l.client, l.unit = library.NewClient2(handler, l.transport), &handler.SlaveId
	}
	return l, nil
}

// String returns the address in its canonical form.
func (l *Line) String() string { return l.endpoint.String() }

// Stats returns the counters since Open.
func (l *Line) Stats() Stats {
	s := l.count.snapshot()
	for _, asks := range l.asks {
		s.Waiting += len(asks)
	}
	return s
}

// Run owns the line and serves asks until ctx ends, which it returns. It may
// run once; afterwards every ask fails with ErrLineDown.
func (l *Line) Run(ctx context.Context) error {
	if !l.began.CompareAndSwap(false, true) {
		return fmt.Errorf("run modbus line %s: it has run before", l)
	}
	defer close(l.ended)
	l.transport.run = ctx
	defer context.AfterFunc(ctx, l.transport.interrupt)()
	for {
		a := l.next(ctx)
		if a == nil {
			l.transport.close(errStopped)
			return ctx.Err()
		}
		if !a.take() {
			continue
		}
		words, err := l.exchange(a)
		a.answer <- answer{words, err}
		l.rest(ctx)
	}
}

var errStopped = errors.New("the line was stopped")

// next waits for the most urgent ask; nil when ctx ended.
func (l *Line) next(ctx context.Context) *ask {
	for ctx.Err() == nil {
		for p := Command; p >= Background; p-- {
			select {
			case a := <-l.asks[p]:
				return a
			default:
			}
		}
		select {
		case <-l.wake:
		case <-ctx.Done():
		}
	}
	return nil
}

// rest keeps the line silent between an answer and the next request. It comes
// before the next ask is chosen, so that a command may still overtake.
func (l *Line) rest(ctx context.Context) {
	if l.o.MinGap == 0 || !l.transport.sent {
		return
	}
	timer := time.NewTimer(l.o.MinGap)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// exchange carries out one ask on the line.
func (l *Line) exchange(a *ask) ([]uint16, error) {
	defer l.transport.end()
	if err := l.transport.begin(a); err != nil {
		return nil, err
	}
	began := time.Now()
	*l.unit = a.unit
	raw, err := l.call(a)
	if refusal := (*library.ModbusError)(nil); errors.As(err, &refusal) {
		err = Exception{Function: refusal.FunctionCode &^ refused, Code: refusal.ExceptionCode}
	} else if err != nil {
		return nil, l.failed(a, err)
	}
	l.succeeded(err, time.Since(began))
	if err != nil {
		if refusal := (Exception{}); a.write && errors.As(err, &refusal) && !refusal.refusesWrite() {
			err = &OutcomeUnknownError{Cause: err}
		}
		return nil, err
	}
	if a.write {
		return nil, nil
	}
	return a.decode(raw), nil
}

// call asks through goburrow's client, which ends in transport.Send.
func (l *Line) call(a *ask) ([]byte, error) {
	switch {
	case a.write && a.table == Coil && len(a.values) == 1:
		return l.client.WriteSingleCoil(a.addr, 0xFF00*a.values[0])
	case a.write && a.table == Coil:
		return l.client.WriteMultipleCoils(a.addr, a.count, packBits(a.values))
	case a.write && len(a.values) == 1:
		return l.client.WriteSingleRegister(a.addr, a.values[0])
	case a.write:
		return l.client.WriteMultipleRegisters(a.addr, a.count, packWords(a.values))
	case a.table == Coil:
		return l.client.ReadCoils(a.addr, a.count)
	case a.table == Discrete:
		return l.client.ReadDiscreteInputs(a.addr, a.count)
	case a.table == Input:
		return l.client.ReadInputRegisters(a.addr, a.count)
	}
	return l.client.ReadHoldingRegisters(a.addr, a.count)
}

func (l *Line) succeeded(err error, latency time.Duration) {
	l.transport.answered = true
	l.transport.backoff.succeeded()
	l.count.note(func(s *Stats) {
		s.Answers++
		s.LastSuccess, s.LastLatency = time.Now(), latency
		if refusal := (Exception{}); errors.As(err, &refusal) {
			if s.Exceptions == nil {
				s.Exceptions = map[byte]uint64{}
			}
			s.Exceptions[refusal.Code]++
			s.LastError, s.LastErrorAt = refusal.Error(), time.Now()
		}
	})
}

// failed closes the line after anything but a good answer, and says what the
// asker may conclude.
func (l *Line) failed(a *ask, err error) error {
	if ended := l.transport.ended(); ended != nil && !l.transport.sent {
		return ended
	}
	switch {
	case errors.Is(err, ErrNoAnswer) && !errors.Is(err, context.Canceled):
		l.count.note(func(s *Stats) { s.Timeouts++ })
	case errors.Is(err, ErrBadAnswer):
		l.count.note(func(s *Stats) { s.BadAnswers++ })
	case l.transport.sent: // the library's own objection, such as a wrong echo
		err = badAnswer("%w", err)
		l.count.note(func(s *Stats) { s.BadAnswers++ })
	}
	l.transport.close(err)
	if !l.transport.sent {
		return fmt.Errorf("%w: %w", ErrLineDown, err)
	}
	if l.endpoint.framing == framedRTU {
		l.transport.doubtful[a.unit] = true
	}
	if a.write {
		return &OutcomeUnknownError{Cause: err}
	}
	return err
}

// checkAsk reports the first argument that no device can answer.
func (l *Line) checkAsk(unit uint8, addr uint16, count, most int) error {
	switch {
	case l.endpoint.framing == framedRTU && (unit < 1 || unit > 247):
		return &devices.InvalidError{Field: "unit", Reason: fmt.Sprintf("%d is not from 1 to 247", unit)}
	case count < 1 || count > most:
		return &devices.InvalidError{Field: "count", Reason: fmt.Sprintf("%d is not from 1 to %d", count, most)}
	case int(addr)+count > 1<<16:
		return &devices.InvalidError{Field: "count", Reason: fmt.Sprintf("%d from address %d goes beyond 65535", count, addr)}
	}
	return nil
}
