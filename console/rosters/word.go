package rosters

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/rosters"
)

// A Word is what one officer is to be told wherever they are; when Officer is empty,
// the duty chief or the shift supervisor.
type Word struct {
	Station       string
	Officer, Name string
	Chief         bool
	User, Email   string // by which the officer is reached; one of them at least
	Subject, Text string
	About         string // "roster:<station>"
	Demo          bool
}

// carry hands words to whoever brings them. Those whom nothing reaches are left
// out: the answer to what was done names them.
func (d *Desk) carry(ctx context.Context, tx Tx, t *terms, words []Word) error {
	if d.o.Told == nil {
		return nil
	}
	facts, err := d.station(t.station.ID)
	if err != nil {
		return err
	}
	kept := make([]Word, 0, len(words))
	for _, w := range words {
		w.Station, w.About, w.Demo = t.station.ID, "roster:"+t.station.ID, facts.Demo
		if w.Officer != "" {
			o := t.people[w.Officer]
			if o == nil || o.User == "" && o.Email == "" {
				continue
			}
			w.Name, w.User, w.Email = o.Name, o.User, o.Email
		}
		kept = append(kept, w)
	}
	if len(kept) == 0 {
		return nil
	}
	return d.o.Told(ctx, tx, kept)
}

// untold are those of officers whom no word reaches.
func (t *terms) untold(officers []string) []string {
	left := []string{}
	for _, id := range officers {
		if o := t.people[id]; o == nil || o.User == "" && o.Email == "" {
			left = append(left, id)
		}
	}
	return left
}

// mostLines of a text; further days are counted.
const mostLines = 62

// published tells each officer of their own days.
func (t *terms) published(p *rosters.Publication) []Word {
	lines := map[string][]string{}
	for _, c := range p.Changes {
		lines[c.Officer] = append(lines[c.Officer], fmt.Sprintf("%s: %s (was: %s)", dayWords(c.Date), t.dutyWords(c.Date, c.Becomes), t.dutyWords(c.Date, c.Was)))
	}
	words := make([]Word, 0, len(lines))
	for _, officer := range p.Told {
		mine := lines[officer]
		days := fmt.Sprintf("%d of your days have", len(mine))
		if len(mine) == 1 {
			days = "one of your days has"
		}
		if more := len(mine) - mostLines; more > 0 {
			mine = append(mine[:mostLines:mostLines], fmt.Sprintf("and %d more days", more))
		}
		words = append(words, Word{
			Officer: officer, Subject: fmt.Sprintf("Your roster: %s changed (publication %d)", days, p.Number),
			Text: fmt.Sprintf("Publication %d of the roster of %s, %s to %s, by %s.\n\n%s\n", p.Number, t.station.ID, dayWords(p.From), dayWords(p.Until), p.By, strings.Join(mine, "\n")),
		})
	}
	return words
}

func dayWords(d rosters.Date) string { return d.Time().Format("Mon 2 Jan 2006") }

// dutyWords are duties as an officer reads them: "D 06:00-14:00 Gate A".
func (t *terms) dutyWords(d rosters.Date, duties []rosters.Duty) string {
	if len(duties) == 0 {
		return "off"
	}
	said := make([]string, 0, len(duties))
	for _, duty := range duties {
		text := duty.Shift
		if kind := t.station.ShiftType(duty.Shift); kind != nil {
			for _, part := range kind.Parts {
				text += fmt.Sprintf(" %s-%s", part.Start, part.End)
			}
		}
		if post := t.station.Post(duty.Post); post != nil {
			text += " " + post.Name
		}
		said = append(said, text)
	}
	return strings.Join(said, ", ")
}

// begins is when the first of the duties of a day begins; zero without any.
func (t *terms) begins(d rosters.Date, duties []rosters.Duty) (time.Time, error) {
	clocks, err := t.station.Clocks()
	if err != nil {
		return time.Time{}, err
	}
	var first time.Time
	for _, duty := range duties {
		if kind := t.station.ShiftType(duty.Shift); kind != nil {
			if from, _ := clocks.Times(kind, d); first.IsZero() || from.Before(first) {
				first = from
			}
		}
	}
	return first.UTC(), nil
}

// contents are the duties of a cell.
func contents(roster []rosters.Assignment, c rosters.Cell) []rosters.Duty {
	duties := []rosters.Duty{}
	for _, one := range cellsOf(slices.DeleteFunc(slices.Clone(roster), func(a rosters.Assignment) bool { return a.Officer != c.Officer || a.Date != c.Date }), 0) {
		duties = append(duties, one.Duties...)
	}
	return duties
}
