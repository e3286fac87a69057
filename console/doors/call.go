package doors

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/live"
	"guardroom/console/stations"
	"guardroom/devices"
)

// CallState is how a call of an intercom stands.
type CallState string

// The states of a call.
const (
	Ringing  CallState = "ringing"
	Answered CallState = "answered"
	Missed   CallState = "missed" // the caller gave up before anybody came
	CallOver CallState = "ended"
)

// Call is somebody at an intercom. It is no alarm by itself; unanswered for too
// long it becomes one.
type Call struct {
	ID       string          `json:"id"`
	Station  string          `json:"station"`
	Point    devices.PointID `json:"point"`
	Name     string          `json:"name"`
	Location string          `json:"location"`
	Where
	Door     devices.PointID `json:"door"` // that is opened for the caller; empty: none was set
	DoorName string          `json:"door_name"`
	Cameras  []string        `json:"cameras"`
	State    CallState       `json:"state" enum:"ringing,answered,missed,ended"`
	Since    time.Time       `json:"since"`
	By       string          `json:"by"` // who took it
	ByName   string          `json:"by_name"`
	AnswerAt *time.Time      `json:"answered_at"`
	Opened   []CallOpening   `json:"opened"`
	GoneAt   *time.Time      `json:"gone_at"` // the caller
	EndedAt  *time.Time      `json:"ended_at"`
	Alarm    string          `json:"alarm" enum:",raised,restored"` // nobody answered in time
	AlarmDue time.Time       `json:"alarm_due"`
	Late     bool            `json:"late"` // told after the fact, by a gateway that was away
	Demo     bool            `json:"demo"`
	Version  int64           `json:"version"`
}

// CallOpening is a door opened for the caller.
type CallOpening struct {
	By      string    `json:"by"`
	ByName  string    `json:"by_name"`
	At      time.Time `json:"at"`
	Command string    `json:"command"`
}

// Event is what the screens are told.
func (c Call) Event() live.Event {
	return live.Thing(live.Call, c.Station, c.ID, c, c.EndedAt != nil)
}

// Restored notes that the device calls no longer.
func (c *Call) Restored(at time.Time) bool {
	if c.GoneAt != nil {
		return false
	}
	c.GoneAt = &at
	switch {
	case c.EndedAt != nil: // an officer was faster
	case c.State == Ringing:
		c.State = Missed // stays until somebody has seen it
	default:
		c.State, c.EndedAt = CallOver, &at
	}
	c.Version++
	return true
}

// Calls lists calls, newest first; those that ring are live, too.
func (d *Desk) Calls(ctx context.Context, by auth.Operator, station string, limit int, cursor string) ([]Call, string, error) {
	scope, err := by.Scope(auth.AlarmsRead, station)
	if err != nil {
		return nil, "", err
	}
	return d.o.Calls.ListCalls(ctx, scope, limit, cursor)
}

func (d *Desk) callFor(ctx context.Context, by auth.Operator, id string) (Call, error) {
	if all, ids := by.Stations(auth.DoorsCommand); !all && len(ids) == 0 {
		return Call{}, by.May(auth.DoorsCommand, auth.AllStations)
	}
	open, err := d.o.Calls.OpenCalls(ctx)
	if err != nil {
		return Call{}, fmt.Errorf("read calls: %w", err)
	}
	for _, c := range open {
		if c.ID == id {
			return c, by.May(auth.DoorsCommand, c.Station)
		}
	}
	return Call{}, fmt.Errorf("call %.64s: %w", id, ErrNotFound)
}

// Answer takes a call. A call that somebody else has taken is refused, unless
// takeOver.
func (d *Desk) Answer(ctx context.Context, by auth.Operator, id string, takeOver bool) (Call, error) {
	if _, err := d.callFor(ctx, by, id); err != nil {
		return Call{}, err
	}
	c, err := d.o.Calls.ChangeCall(ctx, id, func(c *Call) (*audit.Entry, error) {
		switch {
		case c.EndedAt != nil:
			return nil, &ConflictError{Reason: "ended", Text: "this call is over"}
		case c.State == Answered && c.By == by.ID:
			return nil, nil
		case c.State == Answered && !takeOver:
			return nil, &ConflictError{Reason: "owner", Text: c.ByName + " has taken this call", Params: map[string]any{"owner": c.ByName}}
		case c.State == Missed:
			return nil, &ConflictError{Reason: "ended", Text: "the caller has gone"}
		}
		now := d.now()
		params := map[string]string{"point": string(c.Point)}
		if c.By != "" {
			params["from"] = c.ByName
		}
		c.State, c.By, c.ByName, c.AnswerAt = Answered, by.ID, by.Name, &now
		e := audit.By(by, c.Station, "call.answer", "call:"+id, params)
		return &e, nil
	})
	if err != nil {
		return Call{}, fmt.Errorf("answer call: %w", err)
	}
	d.tell(ctx, by, c, devices.Answer)
	d.Wake() // an alarm that it was ends
	return c, nil
}

// tell lets the intercom know, where it takes the command: talking goes on
// without.
func (d *Desk) tell(ctx context.Context, by auth.Operator, c Call, verb devices.Verb) {
	a, err := d.o.Stations.AccessPoint(c.Point)
	if err != nil || !has(a, verb) {
		return
	}
	_, err = d.o.Commands.Order(context.WithoutCancel(ctx), by, commands.Wish{
		Point: c.Point, Verb: verb, Key: askKey("call", c.ID, c.Point, int(c.Version), string(verb)), For: "call:" + c.ID,
	})
	if err != nil {
		d.o.Log.Warn("doors: an intercom was not told", "point", c.Point, "verb", verb, "err", err)
	}
}

func has(a stations.Access, verb devices.Verb) bool {
	for _, v := range a.Verbs {
		if v == verb {
			return true
		}
	}
	return false
}

// OpenFor opens the intercom's door for the caller.
func (d *Desk) OpenFor(ctx context.Context, by auth.Operator, id, key string) (Call, *Approval, error) {
	c, err := d.callFor(ctx, by, id)
	if err != nil {
		return Call{}, nil, err
	}
	switch {
	case c.Door == "":
		return Call{}, nil, &ConflictError{Reason: "no_door", Text: "no door was set for this intercom"}
	case c.State == Answered && c.By != by.ID:
		return Call{}, nil, &ConflictError{Reason: "owner", Text: c.ByName + " has taken this call", Params: map[string]any{"owner": c.ByName}}
	}
	command, asked, err := d.Command(ctx, by, c.Door, devices.Access, 0, "intercom "+c.Name, key)
	if err != nil || asked != nil {
		return c, asked, err
	}
	c, err = d.o.Calls.ChangeCall(ctx, id, func(c *Call) (*audit.Entry, error) {
		for _, o := range c.Opened {
			if o.Command == command.ID {
				return nil, nil // the same press
			}
		}
		now := d.now()
		if c.State == Ringing {
			c.State, c.By, c.ByName, c.AnswerAt = Answered, by.ID, by.Name, &now
		}
		c.Opened = append(c.Opened, CallOpening{By: by.ID, ByName: by.Name, At: now, Command: command.ID})
		e := audit.By(by, c.Station, "call.open", "call:"+id, map[string]string{"door": string(c.Door), "command": command.ID})
		return &e, nil
	})
	d.Wake()
	return c, nil, err
}

// EndCall ends a call, or takes a missed one off the list.
func (d *Desk) EndCall(ctx context.Context, by auth.Operator, id string) (Call, error) {
	if _, err := d.callFor(ctx, by, id); err != nil {
		return Call{}, err
	}
	hangUp := false
	c, err := d.o.Calls.ChangeCall(ctx, id, func(c *Call) (*audit.Entry, error) {
		if c.EndedAt != nil {
			return nil, nil
		}
		now := d.now()
		hangUp = c.GoneAt == nil
		params := map[string]string{"point": string(c.Point), "state": string(c.State)}
		if c.State != Missed {
			c.State = CallOver
		}
		c.EndedAt = &now
		e := audit.By(by, c.Station, "call.end", "call:"+id, params)
		return &e, nil
	})
	if err != nil {
		return Call{}, fmt.Errorf("end call: %w", err)
	}
	if hangUp {
		d.tell(ctx, by, c, devices.HangUp)
	}
	d.Wake()
	return c, nil
}

// Unanswered makes a call that still rings an alarm, when its time is over. The
// alarm is raised before that is noted: told twice is better than never.
func (d *Desk) Unanswered(ctx context.Context, c Call) (raised bool, err error) {
	if c.State != Ringing || c.EndedAt != nil || c.Alarm != "" {
		return false, nil
	}
	err = d.o.Raise(ctx, c.Station, devices.Signal{
		Point: c.Point, Kind: devices.IntercomUnanswered, Active: true, Text: "nobody has answered this call",
		Detail: map[string]string{"call": c.ID},
	})
	return err == nil, err
}

// passCalls ends the alarms of calls that were answered or are over.
func (d *Desk) passCalls(ctx context.Context) (soon, open bool, err error) {
	calls, err := d.o.Calls.OpenCalls(ctx)
	if err != nil {
		return true, true, fmt.Errorf("read calls: %w", err)
	}
	for _, c := range calls {
		if c.Alarm != "raised" || c.State == Ringing {
			continue
		}
		e := d.o.Raise(ctx, c.Station, devices.Signal{
			Point: c.Point, Kind: devices.IntercomUnanswered, Text: "the call was answered or is over", Detail: map[string]string{"call": c.ID},
		})
		if e == nil {
			_, e = d.o.Calls.ChangeCall(ctx, c.ID, func(c *Call) (*audit.Entry, error) {
				c.Alarm = "restored"
				entry := audit.By(auth.System(), c.Station, "call.alarm_over", "call:"+c.ID, nil)
				return &entry, nil
			})
		}
		if e != nil && !errors.Is(e, ErrNotFound) {
			err = firstOf(err, e)
		}
	}
	return false, false, err
}
