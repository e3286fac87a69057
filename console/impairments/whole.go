package impairments

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/devices"
)

// A whole device is asked point by point: some may obey while others refuse, and
// each tells for itself. Only a few are under way at a time, for a panel carries
// out one thing after the other; which are still to be asked stands in the entry,
// so that a restart goes on where the last console stopped.

// MostAsked is how many points one entry may ask.
const MostAsked = 250

// underWay is how many points of an entry are asked at a time.
const underWay = 4

// patient is how long points wait to be asked for a gateway that is not there, as
// after a restart of the console. Then each says that it could not be asked.
const patient = 2 * time.Minute

// What Told.Code says of an entry for a whole device, beside the codes of commands.
const (
	// Partial: some points have done it and some have not.
	Partial = "partial"
	// Already: the point was so before, and stays so when the entry ends.
	Already = "already"
)

// KnownPoint is a point of a device that is entered as a whole.
type KnownPoint struct {
	ID    devices.PointID
	Name  string
	Verbs []devices.Verb
}

// taking lists the points that take a command; a refusal when none does.
func taking(points []KnownPoint, verb devices.Verb) ([]KnownPoint, error) {
	found := slices.DeleteFunc(slices.Clone(points), func(p KnownPoint) bool { return verb == "" || !slices.Contains(p.Verbs, verb) })
	switch {
	case len(found) == 0:
		return nil, &InvalidError{Field: "command", Reason: "no point of this device takes the command: do it at the panel"}
	case len(found) > MostAsked:
		return nil, &InvalidError{Field: "command", Reason: fmt.Sprintf("%d points of this device take the command, more than %d: do it at the panel, or point by point", len(found), MostAsked)}
	}
	return found, nil
}

// begin notes which points are to be asked; those in held are so already.
func (i *Impairment) begin(points []KnownPoint, verb devices.Verb, held map[devices.PointID]bool, now time.Time) {
	i.Commands = nil
	at := moment(now)
	i.AskedAt = &at
	for _, p := range points {
		t := Told{Point: p.ID, PointName: p.Name, Verb: verb, State: devices.Requested}
		if held[p.ID] {
			t.State, t.Code, t.Text = devices.Confirmed, Already, "it was so already, and is left so at the end"
		}
		i.Commands = append(i.Commands, t)
	}
	i.sum(verb)
}

// finish notes that the points which may have obeyed are to be asked to end it.
func (i *Impairment) finish(verb devices.Verb, now time.Time) {
	at := moment(now)
	i.AskedAt = &at
	i.Commands = slices.Clone(i.Commands)
	for k := range i.Commands {
		t := &i.Commands[k]
		unasked := t.ID == "" && t.State == devices.Requested
		if t.Verb == verb || t.Code == Already {
			continue
		}
		if t.State == devices.Refused || unasked { // never begun: nothing to end
			t.State, t.Verb = devices.Confirmed, verb
			t.Text = "it was never begun at this point"
			continue
		}
		*t = Told{Point: t.Point, PointName: t.PointName, Verb: verb, State: devices.Requested}
	}
	i.sum(verb)
}

// again notes that what has not been done is to be asked anew, and counts it: a
// person has looked why it was refused.
func (i *Impairment) again(now time.Time) (count int) {
	if i.Command == nil {
		return 0
	}
	i.Commands = slices.Clone(i.Commands)
	for k := range i.Commands {
		if t := &i.Commands[k]; t.failed() {
			*t = Told{Point: t.Point, PointName: t.PointName, Verb: t.Verb, State: devices.Requested, Again: t.Again + 1}
			count++
		}
	}
	if count > 0 {
		at := moment(now)
		i.AskedAt = &at
		i.sum(i.Command.Verb)
	}
	return count
}

// failed reports whether something was asked for and was not seen to be done.
func (t *Told) failed() bool { return t.State.Final() && t.State != devices.Confirmed }

// key makes a request the same however often it is sent, and each time that a
// person asks anew another.
func (t *Told) key(entry string) string {
	key := "impairment-" + entry + "-" + string(t.Verb)
	if t.Point != "" {
		key += "-" + t.Point.Point()
	}
	if t.Again > 0 {
		key += "-" + strconv.Itoa(t.Again)
	}
	return key
}

// next are the points to ask now.
func (i *Impairment) next() (due []Told) {
	under := 0
	for _, t := range i.Commands {
		if t.ID != "" && !t.State.Final() {
			under++
		}
	}
	for _, t := range i.Commands {
		if t.ID == "" && t.State == devices.Requested && under+len(due) < underWay {
			due = append(due, t)
		}
	}
	return due
}

// hear takes in what became of points, and reports whether that is news.
func (i *Impairment) hear(answers []Told) bool {
	news := false
	i.Commands = slices.Clone(i.Commands)
	for _, a := range answers {
		k := slices.IndexFunc(i.Commands, func(t Told) bool {
			return t.Verb == a.Verb && (a.ID != "" && t.ID == a.ID || t.ID == "" && t.Point == a.Point && t.State == devices.Requested)
		})
		if k < 0 || i.Commands[k].ID == a.ID && i.Commands[k].State == a.State {
			continue
		}
		t := &i.Commands[k]
		t.ID, t.State, t.Code, t.Text = a.ID, a.State, a.Code, a.Text
		news = true
	}
	if news && i.Command != nil {
		i.sum(i.Command.Verb)
	}
	return news
}

// sum says in one word and one sentence how far the device has obeyed.
func (i *Impairment) sum(verb devices.Verb) {
	done, open := 0, 0
	var not []string
	worst := devices.Refused
	for _, t := range i.Commands {
		switch {
		case !t.State.Final():
			open++
		case t.State == devices.Confirmed:
			done++
		default:
			if t.State != devices.Refused {
				worst = devices.Unknown // somebody must look
			}
			not = append(not, strings.TrimRight(fmt.Sprintf("%s (%s: %s", t.PointName, inWords[t.State], t.Text), ": ")+")")
		}
	}
	total := Told{Verb: verb, Text: fmt.Sprintf("%d of %d points have done it", done, len(i.Commands))}
	switch {
	case open > 0:
		total.State, total.Text = devices.Sent, fmt.Sprintf("%s, %d are being asked", total.Text, open)
	case len(not) == 0:
		total.State = devices.Confirmed
	default:
		total.State = worst
		if done > 0 {
			total.Code = Partial
		}
	}
	const named = 10
	if len(not) > named {
		not = append(not[:named:named], fmt.Sprintf("and %d more", len(not)-named))
	}
	if len(not) > 0 {
		total.Text += ". Not: " + strings.Join(not, ", ")
	}
	total.Text += "."
	i.Command = &total
}

var inWords = map[devices.Outcome]string{
	devices.Refused: "refused", devices.TimedOut: "not confirmed", devices.Unknown: "nobody knows",
}

// askWhole enters who is to be asked of a new entry; Run asks.
func (d *Desk) askWhole(ctx context.Context, known Known, i *Impairment, verb devices.Verb) error {
	points, err := taking(known.Points, verb)
	if err != nil {
		return err
	}
	open, err := d.OpenAt(ctx, []string{known.Station})
	if err != nil {
		return err
	}
	held := map[devices.PointID]bool{}
	for _, o := range open {
		if o.Mode == i.Mode && (o.Panel == PanelActive || o.Source == Person && o.Command != nil) {
			held[o.Point] = true
		}
	}
	i.begin(points, verb, held, d.o.Now())
	return nil
}

// endWhole enters that the points of an entry are to be asked to end it.
func (d *Desk) endWhole(ctx context.Context, by auth.Operator, i Impairment, verb devices.Verb) (Impairment, error) {
	after, err := d.o.Store.Change(ctx, by, i.ID, func(i *Impairment, now time.Time) (Line, audit.Entry, error) {
		i.finish(verb, now)
		i.Version++
		line, e := Tell(by, i, now, "command", map[string]string{"verb": string(verb), "text": i.Command.Text})
		return line, e, nil
	})
	if err == nil {
		d.Poke()
	}
	return after, err
}

// ask goes on with the points of an entry that are still to be asked, in the name
// of the person who was permitted to enter it.
func (d *Desk) ask(ctx context.Context, i Impairment) error {
	if known, err := d.o.Lookup(i.Point); err == nil && known.Offline && i.AskedAt != nil && d.o.Now().Before(i.AskedAt.Add(patient)) {
		return nil
	}
	by := auth.Operator{ID: i.By, Name: i.ByName}
	var answers []Told
	for _, t := range i.next() {
		c, err := d.o.Order(ctx, by, commands.Wish{
			Point: t.Point, Verb: t.Verb, Reason: i.Reason, Key: t.key(i.ID), For: "impairment:" + i.ID,
		})
		if err != nil {
			t.State, t.Text = devices.Refused, err.Error()
		} else {
			t.ID, t.State, t.Code, t.Text = c.ID, c.State, c.Code, c.Text
		}
		answers = append(answers, t)
	}
	return d.answered(ctx, i.ID, answers)
}

// answered takes in what became of commands.
func (d *Desk) answered(ctx context.Context, id string, answers []Told) error {
	return d.quietly(ctx, id, "answered", func(i *Impairment, _ time.Time) (map[string]string, bool) {
		if len(i.Commands) > 0 {
			if !i.hear(answers) {
				return nil, false
			}
			i.Version++
			return map[string]string{"verb": string(i.Command.Verb), "state": string(i.Command.State), "text": i.Command.Text}, true
		}
		told := answers[len(answers)-1]
		if i.Command == nil || i.Command.ID != told.ID || i.Command.State == told.State {
			return nil, false
		}
		i.Command = &told
		i.Version++
		return map[string]string{"verb": string(told.Verb), "command": told.ID, "state": string(told.State), "text": told.Text}, true
	})
}
