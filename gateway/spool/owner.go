package spool

import (
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"guardroom/devices"
)

const (
	maxGroup   = 1024          // signals; a group is closed beyond it
	tendEvery  = time.Second   // meta is saved and a failing disk tried again
	spaceTries = 8             // segments dropped for one write on a full disk
	calmBelow  = 8             // tenths of MaxBytes under which a full spool is no longer full
	StateFault = "spool_fault" // State of the panel.fault that tells of a disk that takes nothing
)

// owner is what only the goroutine of run touches.
type owner struct {
	next    uint64 // next number of the current epoch
	atOpen  uint64 // last number found by Open: those behind it were given by this process
	writing [streams]*segment
	bytes   [streams][]byte // scratch
	marker  file            // one byte: '1' while numbers stand in memory only
	marked  bool
	cause   error // why the last write failed; nil when it did not
	tried   time.Time
	full    bool // telemetry was dropped for want of space
	told    bool // the condition signal is out
	dirty   bool // meta differs from what is saved
	pending map[uint64]uint64
}

// run is the owner goroutine.
func (s *Spool) run() {
	defer close(s.done)
	defer s.unlock()
	tend := time.NewTicker(tendEvery)
	defer tend.Stop()
	for {
		select {
		case r := <-s.requests:
			s.commit(s.gather(r))
		case at := <-s.confirms:
			s.confirm(at)
		case <-tend.C:
			s.tend()
		case <-s.closing:
			s.finish()
			return
		}
	}
}

// gather collects a group: at once what is there when an alarm is among it, else
// what comes within GroupWait.
func (s *Spool) gather(first request) []request {
	group, n := []request{first}, len(first.signals)
	urgent := hasAlarm(first.signals)
	wait := time.NewTimer(s.options.GroupWait)
	defer wait.Stop()
	for n < maxGroup {
		if urgent {
			select {
			case r := <-s.requests:
				group, n = append(group, r), n+len(r.signals)
				continue
			default:
				return group
			}
		}
		select {
		case r := <-s.requests:
			group, n = append(group, r), n+len(r.signals)
			urgent = hasAlarm(r.signals)
		case <-wait.C:
			return group
		case <-s.closing:
			return group
		}
	}
	return group
}

func hasAlarm(signals []devices.Signal) bool {
	return slices.ContainsFunc(signals, func(s devices.Signal) bool { return s.Kind.Info().Alarm })
}

// commit numbers a group, stores it and answers its appenders.
func (s *Spool) commit(requests []request) {
	var group []devices.Signal
	for _, r := range requests {
		s.number(r.signals)
		group = append(group, r.signals...)
	}
	err := s.store(group)
	for _, r := range requests {
		r.result <- result{r.signals, err}
	}
	s.tell()
}

func (s *Spool) number(signals []devices.Signal) {
	for i := range signals {
		signals[i].Epoch, signals[i].Seq = s.view.epoch, s.next
		s.next++
	}
}

// store makes a numbered group durable, or keeps it in memory and says why.
func (s *Spool) store(group []devices.Signal) error {
	all := group
	if len(s.view.tail) > 0 {
		all = slices.Concat(s.view.tail, group)
	}
	now := s.options.Now()
	err := s.cause
	if err == nil || now.Sub(s.tried) >= tendEvery || now.Before(s.tried) {
		err = s.write(all)
		s.tried = now
	}
	s.settle(all, err)
	if err == nil {
		s.options.Durable(all)
	}
	if err != nil {
		return &NotDurableError{err}
	}
	return nil
}

// settle publishes the outcome of a write of all: to disk, or to memory.
func (s *Spool) settle(all []devices.Signal, err error) {
	if err != nil && !s.marked {
		s.mark('1')
	}
	s.mu.Lock()
	if err == nil {
		for _, seg := range s.writing {
			if seg != nil {
				seg.size = seg.edge
			}
		}
		s.view.tail = nil
	} else {
		s.view.tail = s.shrink(all)
	}
	s.view.last = s.next - 1
	s.wake()
	s.mu.Unlock()
	if err == nil && s.marked {
		s.mark('0')
	}
	if (err == nil) != (s.cause == nil) {
		if err != nil {
			s.options.Log.Error("the spool cannot write; alarms go out live and stand in memory only", "error", err)
		} else {
			s.options.Log.Info("the spool writes again")
		}
	}
	s.cause = err
	if err != nil {
		text := err.Error()
		s.fault.Store(&text)
	} else {
		s.fault.Store(nil)
	}
}

// wake tells readers that something changed. The caller holds mu.
func (s *Spool) wake() {
	close(s.view.changed)
	s.view.changed = make(chan struct{})
}

// mark notes on disk whether numbers are out that only memory knows. A process
// that dies with the mark set begins a new epoch.
func (s *Spool) mark(b byte) {
	if s.marker == nil {
		return
	}
	if _, err := s.marker.WriteAt([]byte{b}, 0); err != nil {
		s.options.Log.Error("mark the spool", "error", err)
		return
	}
	if err := s.marker.Sync(); err != nil {
		s.options.Log.Error("mark the spool", "error", err)
		return
	}
	s.marked = b == '1'
}

// write puts signals on disk as one group and returns when they are durable.
// After an error nothing of them counts as written. A full disk costs the oldest
// telemetry.
func (s *Spool) write(signals []devices.Signal) error {
	if err := s.encode(signals); err != nil {
		return err
	}
	s.makeRoom(int64(len(s.bytes[alarms]) + len(s.bytes[telemetry])))
	for try := 0; ; try++ {
		err := s.flush(signals)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.ENOSPC) || try == spaceTries || !s.dropOldest(telemetry) {
			return err
		}
	}
}

// encode fills s.bytes with the records of signals.
func (s *Spool) encode(signals []devices.Signal) error {
	s.bytes[alarms], s.bytes[telemetry] = s.bytes[alarms][:0], s.bytes[telemetry][:0]
	for _, signal := range signals {
		payload, err := encodePayload(signal)
		if err != nil {
			return fmt.Errorf("encode signal %d: %w", signal.Seq, err)
		}
		to := streamOf(signal)
		s.bytes[to] = appendRecord(s.bytes[to], record{
			seq: signal.Seq, group: signals[0].Seq, size: uint32(len(signals)), payload: payload,
		})
	}
	return nil
}

func streamOf(signal devices.Signal) stream {
	if signal.Kind.Info().Alarm {
		return alarms
	}
	return telemetry
}

// flush writes s.bytes to both streams and waits for the disk.
func (s *Spool) flush(signals []devices.Signal) error {
	var touched []*segment
	for which := range streams {
		if len(s.bytes[which]) == 0 {
			continue
		}
		first := slices.IndexFunc(signals, func(g devices.Signal) bool { return streamOf(g) == which })
		seg, err := s.segmentFor(which, signals[first].Seq)
		if err != nil {
			return s.giveUp(touched, err)
		}
		touched = append(touched, seg)
		n, err := seg.file.Write(s.bytes[which])
		s.mu.Lock()
		seg.edge += int64(n)
		s.mu.Unlock()
		if err != nil {
			return s.giveUp(touched, fmt.Errorf("write %s: %w", seg.name(), err))
		}
	}
	for _, seg := range touched {
		if err := seg.file.Sync(); err != nil {
			return s.giveUp(touched, fmt.Errorf("sync %s: %w", seg.name(), err))
		}
	}
	return nil
}

// giveUp ends the segments that a failed group was written to: after a failed
// fsync nobody knows what of their ends is on disk, so nothing is added to them.
func (s *Spool) giveUp(touched []*segment, err error) error {
	for _, seg := range touched {
		s.mu.Lock()
		if seg.file.Truncate(seg.size) == nil {
			seg.edge = seg.size
		}
		s.mu.Unlock()
		s.endSegment(seg.stream)
	}
	return err
}

// endSegment closes the segment being written, if any.
func (s *Spool) endSegment(which stream) {
	if seg := s.writing[which]; seg != nil {
		seg.file.Close()
		seg.file = nil
		s.writing[which] = nil
	}
}

// segmentFor is the segment that a record of that number goes to.
func (s *Spool) segmentFor(which stream, seq uint64) (*segment, error) {
	if seg := s.writing[which]; seg != nil && seg.edge < s.options.SegmentBytes {
		return seg, nil
	}
	s.endSegment(which)
	seg := &segment{stream: which, epoch: s.view.epoch, first: seq}
	var err error
	if seg.file, err = s.disk.Create(seg.name()); err != nil {
		return nil, fmt.Errorf("create %s: %w", seg.name(), err)
	}
	s.mu.Lock()
	// A segment of the same name held nothing durable: it was emptied just now.
	s.view.segments[which] = slices.DeleteFunc(s.view.segments[which], func(old *segment) bool {
		return old.epoch == seg.epoch && old.first == seg.first
	})
	s.view.segments[which] = append(s.view.segments[which], seg)
	s.mu.Unlock()
	s.writing[which] = seg
	if err := s.disk.Sync(); err != nil {
		s.endSegment(which)
		return nil, fmt.Errorf("sync folder: %w", err)
	}
	return seg, nil
}

// tell raises or clears the condition that the spool is in trouble, itself a
// signal like any other.
func (s *Spool) tell() {
	trouble := s.cause != nil || s.full
	if trouble == s.told {
		return
	}
	s.told = trouble
	now := s.options.Now()
	signal := devices.Signal{
		Point: s.point(), Kind: devices.PanelFault, Active: trouble, State: StateFault,
		Occurred: now, Observed: now, Clock: s.options.Clock(),
	}
	switch {
	case s.cause != nil:
		signal.Text = "The spool cannot write to its disk: " + s.cause.Error() + ". Alarms still go out live, but would be lost at a restart."
	case s.full:
		signal.Text = "The spool is full. The oldest signals are dropped, telemetry before alarms. Check the link to the console."
	default:
		signal.State = "normal"
	}
	own := []devices.Signal{fit(signal)}
	s.number(own)
	_ = s.store(own) // not durable is what it tells of
}

func (s *Spool) point() devices.PointID {
	return devices.MakePointID(s.options.Gateway, devices.GatewayDevice, devices.SpoolPoint)
}

// tend saves what changed, tries a failing disk again and looks whether the
// trouble is over.
func (s *Spool) tend() {
	if s.cause != nil {
		s.retry()
	}
	if s.full && s.size() < s.options.MaxBytes/10*calmBelow {
		s.full = false
	}
	s.tell()
	if s.dirty {
		_ = s.saveMeta() // tried again at the next tick
	}
}

// retry writes what stands in memory. With nothing left there, the disk is tried
// with meta.
func (s *Spool) retry() {
	s.tried = s.options.Now()
	if len(s.view.tail) == 0 {
		if err := s.saveMeta(); err == nil {
			s.settle(nil, nil)
		}
		return
	}
	tail := s.view.tail
	err := s.write(tail)
	s.settle(tail, err)
	if err == nil {
		s.options.Durable(tail)
	}
}

// finish commits what is waiting and closes the files.
func (s *Spool) finish() {
	for {
		select {
		case r := <-s.requests:
			s.commit(s.gather(r))
			continue
		case at := <-s.confirms:
			s.confirm(at)
			continue
		default:
		}
		break
	}
	if s.cause != nil {
		s.retry()
	}
	if s.dirty {
		_ = s.saveMeta() // said by saveMeta; the next start resends from an older position
	}
	for which := range streams {
		s.endSegment(which)
	}
	if s.marker != nil {
		s.marker.Close()
	}
}
