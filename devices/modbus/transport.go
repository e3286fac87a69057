package modbus

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// transport carries whole frames over the line, one question at a time. It is
// the Transporter of goburrow/modbus and belongs to the goroutine in Line.Run;
// only interrupt and giveUp may be called from elsewhere.
//
// After any failure that is not an exception the line is closed: whatever
// arrives later on it cannot be told from the answer to the next question.
type transport struct {
	endpoint endpoint
	o        Options
	count    *counters
	log      *slog.Logger
	backoff  backoff

	run  context.Context // of Line.Run
	ctx  context.Context // of the request in hand
	sent bool            // a byte of the request in hand has left

	cause      error // why the line is closed
	answered   bool  // this connection has given a good answer
	buf        [2 * maxMBAP]byte
	in         []byte // the part of buf that came and was not yet used
	asked      transactions
	ready      time.Time      // no request before: see Options.ConnectPause
	unsettled  time.Time      // RTU: until then a late answer may come
	doubtful   map[uint8]bool // RTU: units whose next answer may be a late one
	raw        syscall.RawConn
	drain      func(fd uintptr) bool // reads without waiting, into the two below
	drained    int
	drainError error

	mu      sync.Mutex // lets interrupt and giveUp see what follows
	wire    wire       // nil while closed
	serving *ask       // nil between requests
}

func newTransport(e endpoint, o Options, count *counters) *transport {
	t := &transport{
		endpoint: e, o: o, count: count, log: o.Log.With("line", e.String()),
		backoff:  backoff{limit: o.MaxBackoff, rand: o.Rand},
		doubtful: map[uint8]bool{},
	}
	t.drain = func(fd uintptr) bool {
		t.drained, t.drainError = syscall.Read(int(fd), t.buf[len(t.in):])
		return true
	}
	return t
}

// begin makes ready to send: the line is open, settled, and nothing waits in
// it. For a command it attempts to connect even while backing off. Nothing has
// been sent when begin fails.
func (t *transport) begin(a *ask) error {
	t.ctx, t.sent = a.ctx, false
	t.mu.Lock()
	t.serving = a
	t.mu.Unlock()
	if t.wire != nil {
		if err := t.clear(); err != nil {
			t.close(err)
		}
	}
	if err := t.ended(); err != nil {
		return err
	}
	if t.wire == nil {
		if err := t.connect(a.priority == Command); err != nil {
			return err
		}
	}
	if err := t.pause(time.Until(t.ready)); err != nil {
		return err
	}
	return t.settle()
}

func (t *transport) connect(urgent bool) error {
	wait := t.backoff.wait(time.Now())
	if wait > 0 && !urgent {
		return fmt.Errorf("%w, next attempt in %s: %w", ErrLineDown, wait.Round(100*time.Millisecond), t.cause)
	}
	ctx, cancel := context.WithCancel(t.ctx)
	defer cancel()
	defer context.AfterFunc(t.run, cancel)()
	wire, err := t.endpoint.dial(ctx, t.o.ConnectTimeout)
	if err == nil {
		t.raw, err = wire.SyscallConn()
	}
	if err != nil {
		if errors.Is(t.ended(), context.Canceled) {
			return fmt.Errorf("%w: %w", ErrLineDown, context.Canceled) // not the line's fault
		}
		if wait == 0 {
			t.backoff.failed(time.Now())
		}
		t.count.note(func(s *Stats) { s.ConnectFails++ })
		t.noteError(err)
		return fmt.Errorf("%w: %w", ErrLineDown, err)
	}
	t.mu.Lock()
	t.wire = wire
	t.mu.Unlock()
	t.in, t.answered, t.ready = t.buf[:0], false, time.Now().Add(t.o.ConnectPause)
	t.log.Debug("modbus line connected")
	t.count.note(func(s *Stats) {
		s.Connected = true
		if s.Connects++; s.Connects > 1 {
			s.Reconnects++
		}
	})
	return nil
}

// close ends the connection because of err. A connection that never gave an
// answer and was ended by the other side counts like a failed attempt: panels
// with one free place accept and hang up.
func (t *transport) close(err error) {
	if t.wire == nil {
		return
	}
	t.mu.Lock()
	t.wire.Close()
	t.wire = nil
	t.mu.Unlock()
	if hungUp := errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE); hungUp && !t.answered {
		t.backoff.failed(time.Now())
	}
	t.unsettled = time.Now().Add(t.o.Settle)
	t.log.Debug("modbus line disconnected", "cause", err)
	t.count.note(func(s *Stats) { s.Connected = false })
	t.noteError(err)
}

// end closes what begin opened: from here on giveUp has no effect.
func (t *transport) end() {
	t.mu.Lock()
	t.serving = nil
	t.mu.Unlock()
}

// giveUp makes the request of a fail now, if it is still in hand. The context
// of a has ended before.
func (t *transport) giveUp(a *ask) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.serving == a && t.wire != nil {
		_ = t.wire.SetDeadline(time.Unix(1, 0)) // a wire that is gone needs no deadline
	}
}

// interrupt makes any request in hand fail now. The context of Run has ended before.
func (t *transport) interrupt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wire != nil {
		_ = t.wire.SetDeadline(time.Unix(1, 0)) // a wire that is gone needs no deadline
	}
}

// ended reports why the request in hand is no longer wanted.
func (t *transport) ended() error {
	if err := t.run.Err(); err != nil {
		return err
	}
	return t.ctx.Err()
}

// until sets the deadline of what follows. A context that ended before is
// noticed here, one that ends later comes through interrupt.
func (t *transport) until(deadline time.Time) error {
	if err := t.wire.SetDeadline(deadline); err != nil {
		return err
	}
	return t.ended()
}

// Send writes one request and returns its answer, checked against the request.
// The bytes are valid until the next call. Called by goburrow's client.
func (t *transport) Send(request []byte) ([]byte, error) {
	deadline := time.Now().Add(t.o.Timeout)
	if t.endpoint.tty != "" { // what the bytes take on the wire is not the unit's fault
		deadline = deadline.Add(t.endpoint.transmission(len(request) + rtuAround + answerLength(request[1:])))
	}
	if soonest, ok := t.ctx.Deadline(); ok && soonest.Before(deadline) {
		deadline = soonest
	}
	if err := t.until(deadline); err != nil {
		return nil, err
	}
	n, err := t.wire.Write(request)
	t.sent = n > 0
	t.count.note(func(s *Stats) { s.Requests++; s.BytesOut += uint64(n) })
	if !t.sent {
		return nil, err
	}
	if err != nil {
		return nil, t.failure(err)
	}
	if t.endpoint.framing == framedRTU {
		return t.receiveRTU(request)
	}
	return t.receiveMBAP(request)
}

func (t *transport) receiveMBAP(request []byte) ([]byte, error) {
	id := binary.BigEndian.Uint16(request)
	defer t.asked.add(id)
	for {
		frame, err := t.frame(splitMBAP)
		if err != nil {
			return nil, err
		}
		switch got := binary.BigEndian.Uint16(frame); {
		case got == id:
			return frame, checkMBAP(request, frame)
		case !t.asked.contains(got):
			return nil, badAnswer("transaction %d answered, %d asked", got, id)
		}
		t.count.note(func(s *Stats) { s.StaleFrames++ })
	}
}

func (t *transport) receiveRTU(request []byte) ([]byte, error) {
	for {
		frame, err := t.frame(func(b []byte) (int, error) { return splitRTU(request, b) })
		if err != nil {
			return nil, err
		}
		if frame[0] == request[0] {
			if err := checkRTU(request, frame); err != nil {
				return nil, err
			}
			return t.trust(request, frame)
		}
		t.count.note(func(s *Stats) { s.StaleFrames++ }) // a late answer of another unit
	}
}

// trust returns the answer of a unit. RTU frames carry no transaction id: after
// a missed answer, what comes first may be that one, come late, and of the right
// shape. So the first answer after it is believed only if no second one follows.
func (t *transport) trust(request, frame []byte) ([]byte, error) {
	unit := request[0]
	if !t.doubtful[unit] {
		return frame, nil
	}
	kept := append([]byte(nil), frame...)
	long := t.o.Settle
	if end, ok := t.ctx.Deadline(); ok { // a caller in a hurry must not fail for ever
		long = min(long, time.Until(end)*3/4)
	}
	quiet, err := t.listen(time.Now().Add(long))
	if err != nil {
		return nil, err
	}
	if !quiet {
		return nil, badAnswer("unit %d answered twice, the first answer may be an old one", unit)
	}
	delete(t.doubtful, unit)
	return kept, nil
}

// frame reads until split finds a whole frame, and takes it from the buffer.
func (t *transport) frame(split func([]byte) (int, error)) ([]byte, error) {
	for {
		n, err := split(t.in)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			return t.take(n), nil
		}
		if err := t.fill(); err != nil {
			return nil, t.failure(err)
		}
	}
}

// take removes the first n bytes from the buffer. They stay readable until more is read.
func (t *transport) take(n int) []byte {
	frame := t.in[:n:n]
	t.in = t.in[n:]
	return frame
}

// fill reads what is there, waiting for the first byte.
func (t *transport) fill() error {
	t.compact()
	n, err := t.wire.Read(t.buf[len(t.in):])
	t.in = t.buf[:len(t.in)+n]
	t.count.note(func(s *Stats) { s.BytesIn += uint64(n) })
	if n == 0 && err == nil {
		err = io.ErrNoProgress
	}
	if n > 0 {
		err = nil // an error will come again
	}
	return err
}

func (t *transport) compact() { t.in = t.buf[:copy(t.buf[:], t.in)] }

// clear deals with what arrived since the last answer. On TCP these are late or
// doubled answers, which are skipped, or the end of the connection; with RTU
// frames nothing that comes unasked can be of use.
func (t *transport) clear() error {
	if err := t.until(time.Time{}); err != nil {
		return err
	}
	for range maxClear {
		if err := t.skipUnasked(); err != nil {
			return err
		}
		t.compact()
		if err := t.raw.Read(t.drain); err != nil {
			return err
		}
		switch {
		case errors.Is(t.drainError, syscall.EAGAIN):
			return nil
		case errors.Is(t.drainError, syscall.EINTR):
			continue
		case t.drainError != nil:
			return t.drainError
		case t.drained == 0:
			return io.EOF
		}
		t.in = t.buf[:len(t.in)+t.drained]
		t.count.note(func(s *Stats) { s.BytesIn += uint64(t.drained) })
	}
	return badAnswer("bytes come without end and nobody asked")
}

// A line that sends more buffers than this before a request is not worth asking.
const maxClear = 64

func (t *transport) skipUnasked() error {
	if len(t.in) == 0 {
		return nil
	}
	if t.endpoint.framing == framedRTU {
		t.in = t.in[:0]
		t.count.note(func(s *Stats) { s.StaleFrames++ })
		return nil
	}
	for {
		n, err := splitMBAP(t.in)
		if n == 0 || err != nil {
			return err
		}
		if id := binary.BigEndian.Uint16(t.take(n)); !t.asked.contains(id) {
			return badAnswer("transaction %d answered, nothing asked", id)
		}
		t.count.note(func(s *Stats) { s.StaleFrames++ })
	}
}

// settle waits, after a fault with RTU frames, until a late answer has come and
// gone: a serial server or the bus may still deliver it on a new connection.
func (t *transport) settle() error {
	if t.endpoint.framing != framedRTU || !time.Now().Before(t.unsettled) {
		return nil
	}
	_, err := t.listen(t.unsettled)
	switch {
	case err == nil:
		return nil
	case t.ended() != nil: // the next asker listens on
		return err
	}
	t.close(err)
	return fmt.Errorf("%w: %w", ErrLineDown, err)
}

// listen throws away what comes until end, and reports whether nothing came.
func (t *transport) listen(end time.Time) (quiet bool, err error) {
	if err := t.until(end); err != nil {
		return false, err
	}
	for quiet = len(t.in) == 0; ; quiet = false {
		t.in = t.buf[:0]
		err := t.fill()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return quiet, t.ended()
		}
		if err != nil {
			return false, err
		}
		t.count.note(func(s *Stats) { s.StaleFrames++ })
	}
}

func (t *transport) pause(long time.Duration) error {
	if long <= 0 {
		return nil
	}
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-t.ctx.Done():
	case <-t.run.Done():
	}
	return t.ended()
}

// failure says in our words why an answer did not come.
func (t *transport) failure(err error) error {
	part := ""
	if n := len(t.in); n > 0 {
		part = fmt.Sprintf(" after %d bytes of an answer", n)
	}
	switch {
	case !errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("%w: connection lost%s: %w", ErrNoAnswer, part, err)
	case t.ended() != nil:
		return fmt.Errorf("%w%s: %w", ErrNoAnswer, part, t.ended())
	}
	return fmt.Errorf("%w%s within %s", ErrNoAnswer, part, t.o.Timeout)
}

func (t *transport) noteError(err error) {
	t.cause = err
	t.count.note(func(s *Stats) { s.LastError, s.LastErrorAt = err.Error(), time.Now() })
}
