package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"guardroom/devices"
)

// ask is one question on its way to the goroutine that owns the line.
type ask struct {
	ctx         context.Context
	priority    Priority
	write       bool
	unit        uint8
	table       Table
	addr, count uint16
	values      []uint16
	answer      chan answer // buffered: an asker that gave up never blocks Run

	// state decides between Run, which takes the ask, and the asker, who drops
	// it: what was dropped is never sent.
	state atomic.Int32
}

type answer struct {
	words []uint16
	err   error
}

const (
	waiting = iota
	taken
	dropped
)

func (a *ask) take() bool { return a.state.CompareAndSwap(waiting, taken) }
func (a *ask) drop() bool { return a.state.CompareAndSwap(waiting, dropped) }

// Read returns count words of unit's table t from addr, which is base 0 as on
// the wire. Bits come as words of 0 or 1; at most 2000 bits or 125 registers.
// When the device is busy (exceptions 5 and 6) it asks once more after a pause,
// as far as ctx allows. A ctx that ends while the question is on the line costs
// the connection, so it should leave more time than Options.Timeout.
//
// Errors: *devices.InvalidError, Exception, ErrNoAnswer, ErrBadAnswer,
// ErrLineDown, ErrQueueFull, and that of ctx while the ask still waited.
func (l *Line) Read(ctx context.Context, p Priority, unit uint8, t Table, addr, count uint16) ([]uint16, error) {
	words, err := l.read(ctx, p, unit, t, addr, count)
	if busy := (Exception{}); errors.As(err, &busy) && busy.Busy() && l.mayAskAgain(ctx) {
		words, err = l.read(ctx, p, unit, t, addr, count)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %d+%d of unit %d at %s: %w", t, addr, count, unit, l, err)
	}
	return words, nil
}

func (l *Line) read(ctx context.Context, p Priority, unit uint8, t Table, addr, count uint16) ([]uint16, error) {
	most := maxReadRegisters
	switch t {
	case Coil, Discrete:
		most = maxReadBits
	case Input, Holding:
	default:
		return nil, &devices.InvalidError{Field: "table", Reason: fmt.Sprintf("%q is not coil, discrete, input or holding", t)}
	}
	if p < Background || p > Command {
		return nil, &devices.InvalidError{Field: "priority", Reason: fmt.Sprintf("%d is not from %d to %d", p, Background, Command)}
	}
	if err := l.checkAsk(unit, addr, int(count), most); err != nil {
		return nil, err
	}
	return l.ask(&ask{ctx: ctx, priority: p, unit: unit, table: t, addr: addr, count: count})
}

// Write writes values to unit's coils (0 or 1) or holding registers from addr,
// base 0, with functions 5 or 6 for one value and 15 or 16 for more; at most
// 1968 coils or 123 registers. It goes before every waiting read and is sent at
// most once.
//
// An OutcomeUnknownError says that it was sent and nobody knows what became of
// it; look for that first, then for an Exception (the device refused). After
// any other error nothing was sent.
func (l *Line) Write(ctx context.Context, unit uint8, t Table, addr uint16, values []uint16) error {
	if err := l.write(ctx, unit, t, addr, values); err != nil {
		return fmt.Errorf("write %s %d+%d of unit %d at %s: %w", t, addr, len(values), unit, l, err)
	}
	return nil
}

func (l *Line) write(ctx context.Context, unit uint8, t Table, addr uint16, values []uint16) error {
	most := maxWriteRegisters
	switch t {
	case Coil:
		most = maxWriteBits
		for i, v := range values {
			if v > 1 {
				return &devices.InvalidError{Field: "values", Reason: fmt.Sprintf("hold %d at %d; a coil is 0 or 1", v, i)}
			}
		}
	case Holding:
	default:
		return &devices.InvalidError{Field: "table", Reason: fmt.Sprintf("%q cannot be written; coil and holding can", t)}
	}
	if err := l.checkAsk(unit, addr, len(values), most); err != nil {
		return err
	}
	_, err := l.ask(&ask{
		ctx: ctx, priority: Command, write: true, unit: unit, table: t,
		addr: addr, count: uint16(len(values)), values: append([]uint16(nil), values...),
	})
	return err
}

// ask hands a to Run and waits for its answer.
func (l *Line) ask(a *ask) ([]uint16, error) {
	if err := a.ctx.Err(); err != nil {
		return nil, err
	}
	a.answer = make(chan answer, 1)
	select {
	case <-l.ended:
		return nil, fmt.Errorf("%w: %w", ErrLineDown, errStopped)
	default:
	}
	select {
	case l.asks[a.priority] <- a:
	default:
		return nil, ErrQueueFull
	}
	select {
	case l.wake <- struct{}{}:
	default:
	}
	var givenUp error
	select {
	case got := <-a.answer:
		return got.words, got.err
	case <-a.ctx.Done():
		givenUp = fmt.Errorf("waiting for the line: %w", a.ctx.Err())
	case <-l.ended:
		givenUp = fmt.Errorf("%w: %w", ErrLineDown, errStopped)
	}
	if a.drop() {
		return nil, givenUp
	}
	l.transport.giveUp(a)
	got := <-a.answer // at once: Run has it in hand, and its deadline is over
	return got.words, got.err
}

// mayAskAgain waits for BusyPause and reports whether ctx still allows an answer.
func (l *Line) mayAskAgain(ctx context.Context) bool {
	if end, ok := ctx.Deadline(); ok && time.Until(end) < 2*l.o.BusyPause {
		return false
	}
	timer := time.NewTimer(l.o.BusyPause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-l.ended:
	}
	return false
}

// decode turns the bytes of an answer into words. Send has checked their number.
func (a *ask) decode(raw []byte) []uint16 {
	words := make([]uint16, a.count)
	for i := range words {
		if a.table == Coil || a.table == Discrete {
			words[i] = uint16(raw[i/8]>>(i%8)) & 1
		} else {
			words[i] = binary.BigEndian.Uint16(raw[2*i:])
		}
	}
	return words
}

func packBits(values []uint16) []byte {
	packed := make([]byte, (len(values)+7)/8)
	for i, v := range values {
		packed[i/8] |= byte(v) << (i % 8)
	}
	return packed
}

func packWords(values []uint16) []byte {
	packed := make([]byte, 0, 2*len(values))
	for _, v := range values {
		packed = binary.BigEndian.AppendUint16(packed, v)
	}
	return packed
}
