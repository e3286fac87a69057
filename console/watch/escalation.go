package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/notify"
)

// Where an alarm goes that nobody has answered.
const (
	ToSupervisor = "supervisor" // it sounds again at the screens of supervisors
	ToDelivery   = "delivery"   // word to the contacts for delivery
	ToDutyChief  = "duty_chief" // word to whoever is duty chief now
	ToDivision   = "division"   // it sounds at any other desk that may see it
)

// batch is how many alarms go up in one transaction: a flood must not hold the
// change number for long.
const batch = 50

// errNothing ends a transaction that has nothing to write.
var errNothing = errors.New("nothing is due")

// runEscalation takes what is due, until ctx ends. Each step is taken once, with
// its word and its line in one transaction, whichever console comes first.
func (d *Desk) runEscalation(ctx context.Context) {
	tick := time.NewTicker(d.o.Pace)
	defer tick.Stop()
	for {
		for {
			n, err := d.Escalate(ctx)
			if err != nil && ctx.Err() == nil {
				d.o.Log.Error("watch: alarms could not go up; will try again", "err", err)
			}
			if err != nil || n < batch {
				break
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Escalate takes the steps that are due now, a batch at most, and returns how
// many alarms it looked at.
func (d *Desk) Escalate(ctx context.Context) (int, error) {
	unmanned := d.unmanned()
	due, err := d.o.Store.AnyDue(ctx, unmanned)
	if err != nil || !due {
		return 0, err
	}
	n := 0
	err = d.o.Store.Write(ctx, func(ctx context.Context, tx Tx) error {
		list, err := tx.DueAlarms(ctx, batch)
		if err != nil {
			return err
		}
		if len(unmanned) > 0 && len(list) < batch {
			nobodys, err := tx.NobodysAlarms(ctx, unmanned, batch-len(list))
			if err != nil {
				return err
			}
			for _, a := range nobodys {
				if !slices.ContainsFunc(list, func(b *alarms.Alarm) bool { return b.ID == a.ID }) {
					list = append(list, a)
				}
			}
		}
		if n = len(list); n == 0 {
			return errNothing
		}
		return d.raise(ctx, tx, list, unmanned)
	})
	if errors.Is(err, errNothing) { // another console has them
		err = nil
	}
	return n, err
}

// unmanned lists the stations that nobody watches now. After a start desks have
// some time to come back.
func (d *Desk) unmanned() []string {
	list := []string{}
	if !d.settled() {
		return list
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.o.Stations() {
		if len(d.onWatch(s.ID)) == 0 {
			list = append(list, s.ID)
		}
	}
	return list
}

// raise takes each alarm's next step and writes it, its line and its word.
func (d *Desk) raise(ctx context.Context, tx Tx, list []*alarms.Alarm, unmanned []string) error {
	changed, lines := []*alarms.Alarm{}, []alarms.Line{}
	for _, a := range list {
		before := len(lines)
		if a.Overdue(tx.At()) {
			lines = append(lines, a.Line(tx.At(), alarms.NotFinished, auth.System(), "not finished in time"))
			if err := d.send(ctx, tx, a, notify.ForSupervisor, "not finished in time"); err != nil {
				return err
			}
		}
		step, why, ok := d.next(a, slices.Contains(unmanned, a.Station), tx.At())
		if ok {
			lines = append(lines, a.Line(tx.At(), alarms.WentUp, auth.System(), why))
			if err := d.carry(ctx, tx, a, step, why); err != nil {
				return err
			}
		}
		if len(lines) > before {
			a.Version++
		}
		changed = append(changed, a) // also when it only lost a clock that no longer counts
	}
	return tx.ChangeAlarms(changed, lines)
}

// next takes a's next step: the station's own, or, while nobody watches there,
// the next of the chain that has somebody at its end.
func (d *Desk) next(a *alarms.Alarm, nobody bool, now time.Time) (to, why string, ok bool) {
	if !nobody || !a.Asks() {
		rung, ok := a.Escalate(d.o.Policy(a.Station), now)
		return rung.To, "to " + rung.To + ": nobody has answered", ok
	}
	if a.Kept.EscalateAt != nil && a.Kept.EscalateAt.After(now) && a.Kept.Level > 0 {
		return "", "", false
	}
	chain := d.chain(a)
	level := a.Kept.Level
	for level < len(chain) && chain[level] == "" {
		level++
	}
	a.Kept.EscalateAt = nil
	if level >= len(chain) {
		return "", "", false
	}
	a.Kept.Level = level + 1
	a.Escalation = &alarms.Escalated{Level: a.Kept.Level, To: chain[level], At: now, Nobody: true}
	if later := level + 1; later < len(chain) {
		due := now.Add(pause(a.Priority))
		a.Kept.EscalateAt = &due
	}
	return chain[level], "to " + chain[level] + ": nobody is on watch at this station", true
}

// chain is where an alarm goes while nobody watches its station; "" is a step
// with nobody at its end, which is passed over at once.
func (d *Desk) chain(a *alarms.Alarm) []string {
	supervises := func(s *Seat) bool { return holds(s.Person.Supervises, a.Station) }
	chain := []string{"", ToDelivery, "", ""}
	if d.anybody(supervises) {
		chain[0] = ToSupervisor
	}
	if a.Priority <= 2 {
		chain[2] = ToDutyChief
	}
	if d.anybody(func(s *Seat) bool { return holds(s.Person.Sees, a.Station) && !supervises(s) }) {
		chain[3] = ToDivision
	}
	return chain
}

// pause is the time between two steps of the chain.
func pause(priority int) time.Duration {
	switch priority {
	case 1:
		return 30 * time.Second
	case 2:
		return time.Minute
	}
	return 5 * time.Minute
}

// carry sends the word of a step, and keeps it in the record. A step that is for
// screens needs no word: the alarm itself shows how far it has gone.
func (d *Desk) carry(ctx context.Context, tx Tx, a *alarms.Alarm, to, why string) error {
	tx.Audit(audit.By(auth.System(), a.Station, "alarm.escalate", "alarm:"+a.ID, map[string]string{
		"to": to, "level": fmt.Sprint(a.Kept.Level), "point": string(a.Point), "kind": string(a.Kind), "why": why,
	}))
	switch to {
	case ToSupervisor, ToDivision:
		return nil
	}
	return d.send(ctx, tx, a, notify.Role(to), why)
}

func (d *Desk) send(ctx context.Context, tx Tx, a *alarms.Alarm, to notify.Role, why string) error {
	station, known := d.station(a.Station)
	if !known {
		station = Station{ID: a.Station, Name: a.Station, Zone: time.UTC}
	}
	place := []string{}
	for _, part := range []string{a.Location, a.DeviceName, a.PointName} {
		if part != "" && !slices.Contains(place, part) {
			place = append(place, part)
		}
	}
	if len(place) == 0 {
		place = append(place, string(a.Point))
	}
	where := strings.Join(place, ", ")
	_, err := d.o.Notify.Send(ctx, tx, notify.Notice{
		Station: a.Station, To: string(to), About: "alarm:" + a.ID, Demo: a.Demo,
		Subject: fmt.Sprintf("%s: priority %d %s, %s", station.Name, a.Priority, a.Kind, where),
		Text: fmt.Sprintf("%s\n%s\nSince %s (%s UTC).\n%s\n\nAlarm %s",
			strings.ToUpper(string(a.Kind[:1]))+string(a.Kind[1:])+", priority "+fmt.Sprint(a.Priority)+", at "+station.Name,
			where, a.RaisedAt.In(station.Zone).Format("15:04:05 MST on Mon 2 Jan 2006"), a.RaisedAt.UTC().Format("15:04:05"), sentence(why), a.ID),
	})
	return err
}

func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + s[1:] + "."
}
