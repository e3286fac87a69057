package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	"guardroom/console/store"
	"guardroom/devices"
)

// past makes up the journal of two stations: what doors, detectors, zones and
// power supplies say in a hundred days, what alarms come of it and what the
// officers do. The same seed gives the same past.
type past struct {
	rows     int
	from, to time.Time
	rand     *rand.Rand
	points   []pastPoint
	cards    []string
	officers []string

	alarms, lines int
}

type pastPoint struct {
	id, station, gateway, name, place, category string
	device                                      string
	kinds                                       []pastKind
}

// pastKind is what a point says: pairs of raise and restore, or single events.
type pastKind struct {
	kind         devices.Kind
	weight       float64
	text         string
	alarm        bool
	prio         int
	hold         time.Duration // how long it lasts; 0: momentary
	card         bool
	state, quiet string
}

const (
	pastDays     = 100
	pastDoors    = 1500
	pastOfficers = 60
	pastCards    = 20_000
)

func newPast(rows int, to time.Time) *past {
	p := &past{rows: rows, to: to.UTC().Truncate(time.Second), rand: rand.New(rand.NewPCG(1, 2))} //nolint:gosec // a made-up past, the same each time
	p.from = p.to.AddDate(0, 0, -pastDays)
	key := bytes.Repeat([]byte{7}, devices.MinCardKey)
	for i := range pastCards {
		p.cards = append(p.cards, devices.CardHash(key, strconv.Itoa(100_000+i)))
	}
	for i := range pastOfficers {
		p.officers = append(p.officers, fmt.Sprintf("0197f000-0000-7000-8000-%012d", i+1))
	}
	p.site()
	return p
}

func (p *past) site() {
	blocks := []string{"Block S", "Block M", "Block A", "Block X", "Visitors pavilion", "Conference hall", "Archive", "Garage"}
	rooms := []string{"main entrance", "server room", "loading dock", "corridor", "stairwell", "lobby", "print shop", "registry", "clinic", "cafeteria"}
	add := func(i int, device, point, name, category string, kinds ...pastKind) {
		station, gateway := "nairobi", "gw-"+strconv.Itoa(1+i%12)
		if i%5 == 4 {
			station, gateway = "geneva", "gw-"+strconv.Itoa(13+i%8)
		}
		place := fmt.Sprintf("%s, level %d, %s", blocks[i%len(blocks)], i/7%4, rooms[i/3%len(rooms)])
		p.points = append(p.points, pastPoint{id: gateway + "/" + device + "." + point, station: station, gateway: gateway, name: name, place: place, category: category, device: device, kinds: kinds})
	}
	for i := range pastDoors {
		busy := 0.05 + 2/(1+float64(i%97)) // some doors see a hundred times as many people as others
		device := fmt.Sprintf("door-%d", i+1)
		add(i, device, "reader", fmt.Sprintf("Reader %d", i+1), "access",
			pastKind{kind: devices.AccessGranted, weight: 12 * busy, text: "access granted", card: true, state: "granted"},
			pastKind{kind: devices.AccessDenied, weight: 0.3 * busy, text: "card expired", card: true, state: "denied"},
			pastKind{kind: devices.AccessDenied, weight: 0.2 * busy, text: "not this door at this hour", card: true, state: "denied"})
		add(i, device, "leaf", fmt.Sprintf("Door %d", i+1), "access",
			pastKind{kind: devices.DoorOpened, weight: 6 * busy, hold: 9 * time.Second, state: "open", quiet: "closed"},
			pastKind{kind: devices.DoorHeld, weight: 0.05 * busy, text: "held open", alarm: true, prio: 3, hold: 90 * time.Second, state: "open", quiet: "closed"},
			pastKind{kind: devices.DoorForced, weight: 0.01 * busy, text: "opened without a card", alarm: true, prio: 2, hold: 40 * time.Second, state: "open", quiet: "closed"})
	}
	for i := range 1500 {
		device := fmt.Sprintf("fire-%d", 1+i/100)
		add(i/100*12, device, fmt.Sprintf("L%dD%d", 1+i/50%2, 1+i%50), fmt.Sprintf("Detector %d", i+1), "fire",
			pastKind{kind: devices.FireAlarm, weight: 0.0005, text: "smoke detected", alarm: true, prio: 1, hold: 12 * time.Minute, state: "fire", quiet: "normal"},
			pastKind{kind: devices.FirePrealarm, weight: 0.002, text: "smoke " + strconv.Itoa(i%7) + " % obscuration", alarm: true, prio: 2, hold: 4 * time.Minute, state: "prealarm", quiet: "normal"},
			pastKind{kind: devices.FireFault, weight: 0.004, text: "detector dirty", alarm: true, prio: 3, hold: 5 * time.Hour, state: "fault", quiet: "normal"})
	}
	for i := range 700 {
		add(i, fmt.Sprintf("panel-%d", 1+i/60), fmt.Sprintf("zone-%d", i%60+1), fmt.Sprintf("Zone %d", i+1), "intrusion",
			pastKind{kind: devices.ZoneOpen, weight: 1.5, hold: time.Minute, state: "open", quiet: "closed"},
			pastKind{kind: devices.ZoneAlarm, weight: 0.05, text: "intrusion", alarm: true, prio: 2, hold: 3 * time.Minute, state: "alarm", quiet: "closed"})
	}
	for i := range 200 {
		add(i, fmt.Sprintf("ups-%d", i+1), "mains", fmt.Sprintf("UPS %d", i+1), "power",
			pastKind{kind: devices.PowerMainsFail, weight: 0.02, text: "on battery", alarm: true, prio: 3, hold: 7 * time.Minute, state: "battery", quiet: "mains"},
			pastKind{kind: devices.CommsLost, weight: 0.02, text: "does not answer", alarm: true, prio: 3, hold: 20 * time.Minute, state: "lost", quiet: "up"})
	}
}

// build writes the register, the journal, the alarms and the record.
func (p *past) build(db *store.DB, run func(sql string, write func(w io.Writer) error) error) error {
	if err := run(`COPY points (id, station, gateway, device, point, name, category, location) FROM STDIN`, func(w io.Writer) error {
		for _, q := range p.points {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", q.id, q.station, q.gateway, q.device, q.id[len(q.gateway)+len(q.device)+2:], q.name, q.category, q.place)
		}
		return nil
	}); err != nil {
		return err
	}
	alarms, history := &bytes.Buffer{}, &bytes.Buffer{}
	if err := run(`COPY signals (received, occurred, observed, epoch, seq, active, historical, demo, station, gateway, point, kind, clock, state, text, detail) FROM STDIN`,
		func(w io.Writer) error { return p.journal(w, alarms, history) }); err != nil {
		return err
	}
	if err := run(`COPY alarms (id, station, gateway, device, device_name, point, point_name, location, kind, category, priority, life_safety, state, beneath,
		raised_at, last_at, received_at, cleared_at, count, text, signal_state, detail, confirmed, suppressed_children, late, demo, version,
		asked, claimed, born_suppressed, epoch, seq) FROM STDIN`, copyOf(alarms)); err != nil {
		return err
	}
	if err := run(`COPY alarm_history (alarm, at, what, from_state, to_state, beneath, by, by_name, address) FROM STDIN`, copyOf(history)); err != nil {
		return err
	}
	return run(`COPY audit_entries (change, index, at, station, actor, name, address, action, subject, params, previous, hash) FROM STDIN`, p.record)
}

func copyOf(b *bytes.Buffer) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := b.WriteTo(w)
		return err
	}
}

// due is something that ends later.
type due struct {
	at    time.Time
	point *pastPoint
	kind  *pastKind
	alarm string
}

// journal writes signals in the order in which they were received.
func (p *past) journal(w, alarms, history io.Writer) error {
	type choice struct {
		point *pastPoint
		kind  *pastKind
		upto  float64
	}
	var choices []choice
	total := 0.0
	for i := range p.points {
		for j := range p.points[i].kinds {
			total += p.points[i].kinds[j].weight
			choices = append(choices, choice{&p.points[i], &p.points[i].kinds[j], total})
		}
	}
	pick := func() choice {
		want := p.rand.Float64() * total
		low, high := 0, len(choices)-1
		for low < high {
			if mid := (low + high) / 2; choices[mid].upto < want {
				low = mid + 1
			} else {
				high = mid
			}
		}
		return choices[low]
	}
	var ends []due // a heap would do better; there are few at a time
	active := map[string]bool{}
	seqs := map[string]int{}
	line := make([]byte, 0, 512)
	say := func(at time.Time, point *pastPoint, kind *pastKind, on bool) error {
		seqs[point.gateway]++
		state, text := kind.state, kind.text
		if !on {
			state, text = kind.quiet, ""
		}
		detail := `\N`
		if kind.card {
			detail = `{"` + devices.CardHashDetail + `":"` + p.cards[int(p.rand.ExpFloat64()*3000)%len(p.cards)] + `"}`
		}
		stamp := at.AppendFormat(nil, "2006-01-02T15:04:05.000000Z")
		line = line[:0]
		line = fmt.Appendf(line, "%s\t%s\t%s\t1\t%d\t%t\tfalse\tfalse\t%s\t%s\t%s\t%s\tsynced\t%s\t%s\t%s\n",
			stamp, stamp, stamp, seqs[point.gateway], on, point.station, point.gateway, point.id, kind.kind, state, text, detail)
		_, err := w.Write(line)
		return err
	}
	written, now := 0, p.from
	step := p.to.Sub(p.from) / time.Duration(p.rows)
	for written < p.rows {
		now = now.Add(time.Duration(p.rand.ExpFloat64() * float64(step) * 1.45))
		if now.After(p.to) {
			break
		}
		for len(ends) > 0 && !ends[0].at.After(now) && written < p.rows {
			e := ends[0]
			ends = ends[1:]
			delete(active, e.point.id+string(e.kind.kind))
			if err := say(e.at, e.point, e.kind, false); err != nil {
				return err
			}
			if written++; e.alarm != "" {
				p.clear(history, e.alarm, e.at)
			}
		}
		c := pick()
		key := c.point.id + string(c.kind.kind)
		if active[key] {
			continue
		}
		if err := say(now, c.point, c.kind, true); err != nil {
			return err
		}
		written++
		if c.kind.hold == 0 {
			continue
		}
		active[key] = true
		e := due{at: now.Add(time.Duration(float64(c.kind.hold) * (0.3 + p.rand.Float64()))), point: c.point, kind: c.kind}
		if c.kind.alarm {
			e.alarm = p.raise(alarms, history, c.point, c.kind, now, e.at)
		}
		i := len(ends)
		for i > 0 && ends[i-1].at.After(e.at) {
			i--
		}
		ends = append(ends, due{})
		copy(ends[i+1:], ends[i:])
		ends[i] = e
	}
	return nil
}

// raise writes an alarm that is acknowledged and over by now, unless it is of the
// last hour.
func (p *past) raise(alarms, history io.Writer, point *pastPoint, kind *pastKind, at, ends time.Time) string {
	p.alarms++
	id := fmt.Sprintf("%08x-%04x-7000-8000-%012x", at.UnixMilli()>>16, at.UnixMilli()&0xffff, p.alarms)
	state := "normal"
	if ends.After(p.to) {
		state = "acknowledged"
	}
	stamp := at.Format("2006-01-02T15:04:05.000000Z")
	cleared := ends.Format("2006-01-02T15:04:05.000000Z")
	if state != "normal" {
		cleared = `\N`
	}
	fmt.Fprintf(alarms, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%t\t%s\t%s\t%s\t%s\t%s\t%s\t1\t%s\t%s\t{}\tfalse\t0\tfalse\tfalse\t3\t1\t\tfalse\t1\t%d\n",
		id, point.station, point.gateway, point.device, point.device, point.id, point.name, point.place, kind.kind, point.category,
		kind.prio, kind.kind.Info().LifeSafety, state, state, stamp, stamp, stamp, cleared, kind.text, kind.state, p.alarms)
	p.line(history, id, at, "raised", "", "unacknowledged", "system")
	answer := at.Add(time.Duration(5+p.rand.IntN(20)) * time.Second)
	p.line(history, id, answer, "acknowledged", "unacknowledged", "acknowledged", p.officers[p.rand.IntN(len(p.officers))])
	return id
}

func (p *past) clear(history io.Writer, id string, at time.Time) {
	p.line(history, id, at, "cleared", "acknowledged", "normal", "system")
}

func (p *past) line(history io.Writer, id string, at time.Time, what, from, to, by string) {
	p.lines++
	fmt.Fprintf(history, "%s\t%s\t%s\t%s\t%s\t%s\t%s\tsomebody\t\n", id, at.Format("2006-01-02T15:04:05.000000Z"), what, from, to, to, by)
}

// record writes what the officers did, and what intake entered of itself: an entry
// for each fifth signal.
func (p *past) record(w io.Writer) error {
	actions := []string{"alarm.acknowledge", "alarm.take", "alarm.close", "command.request", "session.sign_in", "session.sign_out", "shelf.add"}
	n := p.rows / 5
	step := p.to.Sub(p.from) / time.Duration(n)
	hash := `\\x` + fmt.Sprintf("%064d", 0)
	for i := range n {
		at := p.from.Add(time.Duration(i) * step).Format("2006-01-02T15:04:05.000000Z")
		actor, name, action, subject, params := "system", "Guardroom", "intake.commit", "gateway:gw-1", `{"signals": "5"}`
		if i%10 == 0 {
			who := p.rand.IntN(len(p.officers))
			q := &p.points[p.rand.IntN(len(p.points))]
			actor, name, action = p.officers[who], fmt.Sprintf("Officer %d", who+1), actions[p.rand.IntN(len(actions))]
			subject, params = "point:"+q.id, `{"point": "`+q.id+`", "comment": "looked at `+q.name+`, all in order"}`
		}
		if _, err := fmt.Fprintf(w, "%d\t0\t%s\tnairobi\t%s\t%s\t\t%s\t%s\t%s\t%s\t%s\n", i+1, at, actor, name, action, subject, params, hash, hash); err != nil {
			return err
		}
	}
	return nil
}
