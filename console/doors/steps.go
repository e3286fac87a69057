package doors

import (
	"context"
	"fmt"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
)

// passPostures gives the commands of postures, and notes what became of them.
func (d *Desk) passPostures(ctx context.Context) (soon, open bool, err error) {
	all, err := d.o.Postures.OpenPostures(ctx)
	if err != nil {
		return true, true, fmt.Errorf("read postures: %w", err)
	}
	var ids []string
	var asks []ask
	busy := map[string]bool{}
	for _, p := range all {
		for i, s := range p.Steps {
			for _, door := range s.Doors {
				switch {
				case door.State.Final():
				case door.Command == "":
					by := auth.Operator{ID: p.By, Name: p.ByName}
					if s.Phase == "clear" && p.Cleared != nil {
						by = auth.Operator{ID: p.Cleared.By, Name: p.Cleared.ByName}
					}
					asks = append(asks, ask{by, commands.Wish{
						Point: door.Point, Verb: door.Verb, Reason: "posture " + p.Title, Key: askKey("posture", p.ID, door.Point, i, s.Phase), For: "posture:" + p.ID,
					}})
					busy[p.Station] = true
				default:
					ids = append(ids, door.Command)
					busy[p.Station] = true
				}
			}
		}
	}
	if len(busy) == 0 {
		return false, false, nil
	}
	asked := d.order(ctx, asks)
	found := map[string]commands.Command{}
	if len(ids) > 0 {
		if found, err = d.o.Doors.Outcomes(ctx, ids); err != nil {
			return true, true, fmt.Errorf("read commands: %w", err)
		}
	}
	for station := range busy {
		e := d.o.Postures.ChangePostures(ctx, station, func(open []*Posture) (changed []*Posture, entries []audit.Entry, err error) {
			for _, p := range open {
				if p.learn(asked, found, d.now()) {
					p.Version++
					changed = append(changed, p)
				}
			}
			return changed, nil, nil
		})
		err = firstOf(err, e)
	}
	return true, true, err
}

// learn notes what became of the posture's commands.
func (p *Posture) learn(asked, found map[string]commands.Command, now time.Time) (changed bool) {
	for i := range p.Steps {
		s := &p.Steps[i]
		for j := range s.Doors {
			door := &s.Doors[j]
			c, ok := found[door.Command]
			if door.Command == "" {
				c, ok = asked[askKey("posture", p.ID, door.Point, i, s.Phase)]
			}
			if !ok || door.State == c.State && door.Command == c.ID {
				continue
			}
			door.Command, door.State, door.Code, door.Text = c.ID, c.State, c.Code, c.Text
			changed = true
		}
	}
	before := p.EndedAt
	p.finish(now)
	return changed || before != p.EndedAt
}
