package poller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/devices/profiles"
)

// registers is what a device needs of its line; *modbus.Line has it.
type registers interface {
	Read(ctx context.Context, p modbus.Priority, unit uint8, t modbus.Table, addr, count uint16) ([]uint16, error)
	Write(ctx context.Context, unit uint8, t modbus.Table, addr uint16, values []uint16) error
}

// Modbus polls one device of a Modbus line.
type Modbus struct {
	*tracker
	ctx    context.Context // of Run: what is seen is kept, whoever asked for the look
	bus    registers
	unit   uint8
	image  *profiles.Image
	blocks []*block
	looks  looks // in: somebody wants a point read now

	counted bool // counter holds the last word of the DataChange register
	counter uint16
}

// block is one read of the plan.
type block struct {
	urgent bool // DataChange moved since the last read
	profiles.Read
	index    int
	interval time.Duration
	due      time.Time
	priority modbus.Priority
	ok       time.Time // last good answer; zero: none yet
	failed   int       // in a row
	redo     bool      // decode though nothing changed
	stale    bool
	losses   int         // of the device, when it was last read
	bad      *quarantine // nil: the device knows every address
	points   []string    // that it touches, as far as seen
}

type look struct {
	ctx    context.Context
	point  string
	answer chan lookAnswer // buffered
}

type lookAnswer struct {
	state profiles.PointState
	err   error
}

// looks asks a driver's goroutine to read points.
type looks chan look

func (in looks) ask(ctx context.Context, point string) (profiles.PointState, error) {
	l := look{ctx: ctx, point: point, answer: make(chan lookAnswer, 1)}
	select {
	case in <- l:
	case <-ctx.Done():
		return profiles.PointState{}, ctx.Err()
	}
	select {
	case a := <-l.answer:
		return a.state, a.err
	case <-ctx.Done():
		return profiles.PointState{}, ctx.Err()
	}
}

// NewModbus makes the driver of one device. Run starts it.
func NewModbus(site Site, settings Settings, bus registers, unit uint8) *Modbus {
	d := &Modbus{
		tracker: newTracker(site.filled(), settings),
		bus:     bus, unit: unit, image: settings.Compiled.NewImage(),
		looks: make(looks, 16),
	}
	c := settings.Compiled
	c.Recall(d.image, d.holds)
	for i, r := range c.Reads {
		b := &block{Read: r, index: i, interval: c.Fast, priority: modbus.Normal}
		if r.Tier == profiles.Slow {
			b.interval, b.priority = c.Slow, modbus.Background
		}
		if c.DataChange != nil && c.DataChange.Read == i {
			b.priority = modbus.Life
		}
		d.blocks = append(d.blocks, b)
	}
	return d
}

// Status is how the device is doing. Any goroutine may ask.
func (d *Modbus) Status() Status { return d.status.load() }

// Run polls until ctx ends.
func (d *Modbus) Run(ctx context.Context) error {
	d.ctx = ctx
	start := d.site.Now().Add(time.Duration(d.site.Rand() * float64(min(d.settings.Compiled.Fast, time.Second))))
	for _, b := range d.blocks {
		b.due = start
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case l := <-d.looks:
			d.look(l)
		case <-timer.C:
			d.poll(ctx)
		}
		now := d.site.Now()
		d.attempt(d.supervise(ctx, now))
		d.tell(now)
		timer.Reset(d.pause(now))
	}
}

// attempt logs what could not be kept; it is tried again by itself.
func (t *tracker) attempt(err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		t.site.Log.Error("device", "device", t.settings.ID, "error", err)
	}
}

// pause is until the next read or look is due.
func (d *Modbus) pause(now time.Time) time.Duration {
	pause := d.watch.nextLook(now)
	for _, b := range d.blocks {
		pause = min(pause, b.due.Sub(now))
	}
	return max(pause, 0)
}

// poll does the reads that are due, the urgent and the healthy ones first. A
// device that leaves two reads in a row without an answer is left alone until
// the next time.
func (d *Modbus) poll(ctx context.Context) {
	now := d.site.Now()
	var due []*block
	for _, b := range d.blocks {
		if !b.due.After(now) {
			due = append(due, b)
		}
	}
	slices.SortStableFunc(due, func(a, b *block) int {
		return cmp.Or(cmp.Compare(a.failed, b.failed), cmp.Compare(b.priority, a.priority))
	})
	unanswered := 0
	for len(due) > 0 {
		b := due[0]
		due = due[1:]
		b.due, b.urgent = after(b.due, now, b.interval), false
		if unanswered == 2 {
			continue
		}
		if err := d.read(ctx, b, b.priority); err != nil && !refused(err) {
			unanswered++
		} else {
			unanswered = 0
		}
		if ctx.Err() != nil {
			return
		}
		d.answerLooks()
		due = d.hurry(due)
	}
	d.freshness(d.site.Now())
}

// hurry puts the reads that a moved DataChange has made due before the others.
func (d *Modbus) hurry(due []*block) []*block {
	var first []*block
	for _, b := range d.blocks {
		if b.urgent {
			first = append(first, b)
		}
	}
	if len(first) == 0 {
		return due
	}
	return append(first, slices.DeleteFunc(due, func(b *block) bool { return b.urgent })...)
}

// after is the next time on the grid of a cadence that lies behind now.
func after(due, now time.Time, interval time.Duration) time.Time {
	if next := due.Add(interval); next.After(now) {
		return next
	}
	return due.Add(interval * (now.Sub(due)/interval + 1))
}

// refused reports that the device itself answered, though not with values.
func refused(err error) bool {
	var e modbus.Exception
	return errors.As(err, &e) && !e.Path()
}

// read does one read of the plan and takes in what it says.
func (d *Modbus) read(ctx context.Context, b *block, p modbus.Priority) error {
	var words []uint16
	var err error
	if b.bad != nil {
		words, err = d.readAround(ctx, b, p)
	} else {
		words, err = d.ask(ctx, p, b.Table, b.Address, b.Count)
		if unknownAddress(err) {
			d.hears(d.site.Now()) // it answers, it only does not know the question
			words, err = d.isolate(ctx, b, p, err)
		}
	}
	now := d.site.Now()
	if err != nil {
		b.failed++
		if ctx.Err() == nil {
			d.fails(err)
		}
		return err
	}
	changed := d.image.Put(b.index, words)
	if err := d.image.Err(); err != nil {
		b.failed++
		d.fails(err)
		return err
	}
	d.hears(now)
	b.ok, b.failed = now, 0
	if b.stale || b.losses != d.losses { // its points were marked as stale
		b.stale, b.losses, b.redo = false, d.losses, true
	}
	if changed {
		d.dataChange(b, words, now)
	}
	d.take(b, changed, now)
	return nil
}

// take decodes a block that changed and compares its points with what is known.
func (d *Modbus) take(b *block, changed bool, now time.Time) {
	life := d.settings.Compiled.LifeSign
	if life != nil && (len(b.points) == 0 || slices.Contains(b.points, life.Point)) {
		defer func() {
			if slices.Contains(b.points, life.Point) {
				d.watch.lifeSeen = now
			}
		}()
	}
	if !changed && !b.redo {
		return
	}
	b.redo = true
	states := d.settings.Compiled.Decode(d.image, b.index)
	if b.bad != nil {
		states = b.bad.without(states)
	}
	b.note(states)
	d.life(states, now)
	if err := d.observe(d.ctx, states, now); err != nil {
		d.attempt(err)
		return
	}
	b.redo = false
	if b.bad != nil {
		d.degrade(b.bad.points, devices.Bad)
	}
}

func (b *block) note(states []profiles.PointState) {
	if len(states) <= len(b.points) {
		return
	}
	b.points = b.points[:0]
	for _, ps := range states {
		b.points = append(b.points, ps.Point)
	}
}

// dataChange makes every slow read due when the device says that something changed.
func (d *Modbus) dataChange(b *block, words []uint16, now time.Time) {
	dc := d.settings.Compiled.DataChange
	if dc == nil || dc.Read != b.index || dc.Offset >= len(words) {
		return
	}
	if word := words[dc.Offset]; !d.counted || word != d.counter {
		d.counted, d.counter = true, word
		for _, other := range d.blocks {
			if other.Tier == profiles.Slow {
				other.due, other.urgent = now, true
			}
		}
	}
}

// freshness degrades points that were not read for two intervals, and names the
// parts of a device that do not answer while others do.
func (d *Modbus) freshness(now time.Time) {
	w := &d.watch
	w.whole = true
	for _, b := range d.blocks {
		last := b.ok
		if last.IsZero() {
			last = w.started
			w.whole = false
		}
		// A device that just came back has not left a part unanswered.
		unanswered := now.Sub(last)
		if now.Sub(w.since) < unanswered {
			unanswered = now.Sub(w.since)
		}
		if !b.stale && now.Sub(last) > 2*b.interval+d.settings.Compiled.Profile.Transport.Timeout {
			b.stale = true
			d.degrade(b.points, devices.Stale)
		}
		overdue := w.state == Up && unanswered >= max(w.alarm, 3*b.interval)
		switch name := b.name(); {
		case b.bad != nil:
			w.faults[name] = b.bad.why
		case overdue:
			w.faults[name] = fmt.Sprintf("not answered for %s", unanswered.Round(time.Second))
		default:
			delete(w.faults, name)
		}
	}
}

func (b *block) name() string { return fmt.Sprintf("%s %d+%d", b.Table, b.Address, b.Count) }

// ask reads words and goes on supervising while it waits: on a dead line the
// answer may be long in coming.
func (d *Modbus) ask(ctx context.Context, p modbus.Priority, table profiles.Table, address, count uint16) ([]uint16, error) {
	ctx, cancel := context.WithTimeout(ctx, d.watch.lost)
	defer cancel()
	type answer struct {
		words []uint16
		err   error
	}
	got := make(chan answer, 1)
	go func() {
		words, err := d.bus.Read(ctx, p, d.unit, modbus.Table(table), address, count)
		got <- answer{words, err}
	}()
	look := time.NewTimer(d.watch.nextLook(d.site.Now()))
	defer look.Stop()
	for {
		select {
		case a := <-got:
			return a.words, a.err
		case <-look.C:
			now := d.site.Now()
			d.attempt(d.supervise(d.ctx, now))
			look.Reset(d.watch.nextLook(now))
		}
	}
}

// Look reads a point now, before everything else, and returns what it shows.
func (d *Modbus) Look(ctx context.Context, point string) (profiles.PointState, error) {
	return d.looks.ask(ctx, point)
}

// Write writes registers or coils, once. It goes before all polls.
func (d *Modbus) Write(ctx context.Context, w profiles.Write) error {
	return d.bus.Write(ctx, d.unit, modbus.Table(w.Table), w.Address, w.Values)
}

// Send is for devices that speak MQTT.
func (d *Modbus) Send(context.Context, profiles.Message) error { return errNotMQTT }

var errNotMQTT = errors.New("the device does not speak MQTT")

func (d *Modbus) answerLooks() {
	for {
		select {
		case l := <-d.looks:
			d.look(l)
		default:
			return
		}
	}
}

func (d *Modbus) look(l look) {
	if l.ctx.Err() != nil {
		return
	}
	blocks := d.blocksOf(l.point)
	for _, b := range blocks {
		if err := d.read(l.ctx, b, modbus.Command); err != nil {
			l.answer <- lookAnswer{err: err}
			return
		}
	}
	state, known := d.states[l.point]
	if !known {
		l.answer <- lookAnswer{err: fmt.Errorf("point %s cannot be read", l.point)}
		return
	}
	if q := d.readings[l.point].Quality; q == devices.Bad || q == devices.Stale {
		l.answer <- lookAnswer{err: fmt.Errorf("point %s is %s", l.point, q)}
		return
	}
	l.answer <- lookAnswer{state: state}
}

// blocksOf are the reads that a point is made of; all of them while that is not
// known yet.
func (d *Modbus) blocksOf(point string) []*block {
	var found []*block
	for _, b := range d.blocks {
		if slices.Contains(b.points, point) {
			found = append(found, b)
		}
	}
	if len(found) == 0 {
		return d.blocks
	}
	return found
}
