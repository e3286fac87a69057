package doors

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/live"
	"guardroom/devices"
)

// ApprovalAction is what waits for a second officer.
type ApprovalAction string

// The actions for which a station may want two officers.
const (
	DoorCommand        ApprovalAction = "door_command"
	ReleaseLockdown    ApprovalAction = "lockdown_release"
	SetPostureAction   ApprovalAction = "posture_set"
	ClearPostureAction ApprovalAction = "posture_clear"
)

// ApprovalState is how it stands.
type ApprovalState string

// The states of an approval.
const (
	ApprovalWaits ApprovalState = "waiting"
	ApprovalGiven ApprovalState = "given"
	ApprovalDone  ApprovalState = "done" // and carried out
	ApprovalNo    ApprovalState = "refused"
	ApprovalLate  ApprovalState = "expired"
)

// ApprovalTime is how long the first officer's wish waits for the second.
const ApprovalTime = 60 * time.Second

// Approval is a wish of one officer that waits for another.
type Approval struct {
	ID         string          `json:"id"`
	Station    string          `json:"station"`
	Action     ApprovalAction  `json:"action" enum:"door_command,lockdown_release,posture_set,posture_clear"`
	Subject    string          `json:"subject"` // the door, the lockdown, the posture
	Name       string          `json:"name"`
	Verb       devices.Verb    `json:"verb"`
	Reason     string          `json:"reason"`
	Permission auth.Permission `json:"permission"` // what the second one needs, too
	By         string          `json:"by"`
	ByName     string          `json:"by_name"`
	At         time.Time       `json:"at"`
	Expires    time.Time       `json:"expires"`
	State      ApprovalState   `json:"state" enum:"waiting,given,done,refused,expired"`
	Second     string          `json:"second"`
	SecondName string          `json:"second_name"`
	Result     string          `json:"result"` // what was done: the command's id
	Version    int64           `json:"version"`

	// Payload and First are for carrying it out; screens do not see them.
	Payload json.RawMessage `json:"-"`
	First   auth.Operator   `json:"-"` // with the rights of then
}

// Event is what the screens are told.
func (a Approval) Event() live.Event {
	return live.Thing(live.Approval, a.Station, a.ID, a, a.State != ApprovalWaits)
}

// askSecond keeps by's wish until somebody else confirms it.
func (d *Desk) askSecond(ctx context.Context, by auth.Operator, a Approval) (Approval, error) {
	a.ID, a.At, a.State, a.Version = auth.NewID(), d.now(), ApprovalWaits, 1
	a.Expires = a.At.Add(ApprovalTime)
	a.By, a.ByName, a.First = by.ID, by.Name, by
	if a.Payload == nil {
		a.Payload = json.RawMessage("{}")
	}
	e := audit.By(by, a.Station, "approval.ask", "approval:"+a.ID, a.facts())
	if err := d.o.Approvals.AddApproval(ctx, a, e); err != nil {
		return Approval{}, fmt.Errorf("ask for a second officer: %w", err)
	}
	return a, nil
}

func (a Approval) facts() map[string]string {
	f := map[string]string{"action": string(a.Action), "subject": a.Subject, "name": a.Name, "first": a.By, "first_name": a.ByName}
	if a.Verb != "" {
		f["verb"] = string(a.Verb)
	}
	if a.Reason != "" {
		f["reason"] = a.Reason
	}
	return f
}

// Approvals lists what waits for a second officer where by may see the site.
func (d *Desk) Approvals(ctx context.Context, by auth.Operator, station string) ([]Approval, error) {
	scope, err := by.Scope(auth.SitesRead, station)
	if err != nil {
		return nil, err
	}
	return d.o.Approvals.WaitingApprovals(ctx, scope, d.now())
}

// Confirm is the second officer's word, from their own session, or with name and
// password at the first one's desk. It is then carried out in the name of both.
func (d *Desk) Confirm(ctx context.Context, by auth.Operator, id, username, password string) (Approval, error) {
	a, err := d.approval(ctx, by, id)
	if err != nil {
		return Approval{}, err
	}
	second, here := by, false
	if username != "" {
		if d.o.Verify == nil {
			return Approval{}, &InvalidError{Field: "username", Reason: "cannot be checked here"}
		}
		if second, err = d.o.Verify(ctx, username, password, by.Address); err != nil {
			return Approval{}, err
		}
		here = true
	}
	if err := second.May(a.Permission, a.Station); err != nil {
		return Approval{}, err
	}
	if second.ID == a.By {
		return Approval{}, ErrSame
	}
	if second.Machine {
		return Approval{}, &InvalidError{Field: "by", Reason: "a person must confirm this"}
	}
	a, err = d.o.Approvals.ChangeApproval(ctx, id, func(a *Approval) (audit.Entry, error) {
		if err := a.waits(d.now()); err != nil {
			return audit.Entry{}, err
		}
		a.State, a.Second, a.SecondName = ApprovalGiven, second.ID, second.Name
		facts := a.facts()
		facts["at_same_desk"] = strconv.FormatBool(here)
		return audit.By(second, a.Station, "approval.give", "approval:"+a.ID, facts), nil
	})
	if err != nil {
		return Approval{}, fmt.Errorf("confirm: %w", err)
	}
	return d.carryOut(context.WithoutCancel(ctx), a, second)
}

// waits returns nil while the approval can be given or refused.
func (a *Approval) waits(now time.Time) error {
	switch {
	case a.State != ApprovalWaits:
		return &ConflictError{Reason: "decided", Text: "this was decided already", Params: map[string]any{"state": a.State}}
	case !now.Before(a.Expires):
		return &ConflictError{Reason: "expired", Text: "the second officer came too late; ask again"}
	}
	return nil
}

func (d *Desk) approval(ctx context.Context, by auth.Operator, id string) (Approval, error) {
	if all, ids := by.Stations(auth.SitesRead); !all && len(ids) == 0 {
		return Approval{}, by.May(auth.SitesRead, auth.AllStations)
	}
	a, err := d.o.Approvals.FindApproval(ctx, id)
	if err != nil {
		return Approval{}, fmt.Errorf("find confirmation: %w", err)
	}
	return a, by.May(auth.SitesRead, a.Station)
}

// FindApproval returns one, whatever became of it.
func (d *Desk) FindApproval(ctx context.Context, by auth.Operator, id string) (Approval, error) {
	return d.approval(ctx, by, id)
}

// Decline says no, or takes the own wish back.
func (d *Desk) Decline(ctx context.Context, by auth.Operator, id string) (Approval, error) {
	a, err := d.approval(ctx, by, id)
	if err != nil {
		return Approval{}, err
	}
	if err := by.May(a.Permission, a.Station); err != nil {
		return Approval{}, err
	}
	return d.o.Approvals.ChangeApproval(ctx, id, func(a *Approval) (audit.Entry, error) {
		if a.State != ApprovalWaits {
			return audit.Entry{}, &ConflictError{Reason: "decided", Text: "this was decided already"}
		}
		a.State, a.Second, a.SecondName = ApprovalNo, by.ID, by.Name
		return audit.By(by, a.Station, "approval.refuse", "approval:"+a.ID, a.facts()), nil
	})
}

// Expire ends a wish that nobody confirmed; it may be decided already.
func (a *Approval) Expire() bool {
	if a.State != ApprovalWaits {
		return false
	}
	a.State = ApprovalLate
	a.Version++
	return true
}

// carryOut does what two officers want, with the first one's rights of then.
func (d *Desk) carryOut(ctx context.Context, a Approval, second auth.Operator) (Approval, error) {
	first := a.First
	if err := first.May(a.Permission, a.Station); err != nil {
		return a, err
	}
	result := ""
	var err error
	switch a.Action {
	case DoorCommand:
		var w doorWish
		if err = json.Unmarshal(a.Payload, &w); err != nil {
			return a, err
		}
		var c commands.Command
		if c, err = d.command(ctx, first, devices.PointID(a.Subject), w, "approval:"+a.ID, second.Name); err == nil {
			result = c.ID
		}
	case ReleaseLockdown:
		var l Lockdown
		l, err = d.free(ctx, first, a.Station, a.Subject, a.Reason, &second)
		result = l.ID
	case SetPostureAction:
		var w PostureWish
		if err = json.Unmarshal(a.Payload, &w); err != nil {
			return a, err
		}
		var p Posture
		if p, err = d.posture(ctx, first, w); err == nil {
			p, err = d.setPosture(ctx, first, p, &second)
		}
		result = p.ID
	case ClearPostureAction:
		var p Posture
		p, err = d.clearPosture(ctx, first, a.Station, a.Subject, a.Reason, &second)
		result = p.ID
	}
	if err != nil {
		return a, fmt.Errorf("carry out what two officers want: %w", err)
	}
	return d.o.Approvals.ChangeApproval(ctx, a.ID, func(a *Approval) (audit.Entry, error) {
		a.State, a.Result = ApprovalDone, result
		return audit.By(second, a.Station, "approval.done", "approval:"+a.ID, map[string]string{"result": result}), nil
	})
}

// doorWish is a command to a door as it is asked for at its page.
type doorWish struct {
	Verb    devices.Verb `json:"verb"`
	Minutes int          `json:"minutes"`
	Reason  string       `json:"reason"`
	Key     string       `json:"key"`
}

// mostMinutes bounds an extended access.
const mostMinutes = 30

// Command gives a command to a door. Access with minutes unlocks it for so long,
// after which the console locks it again. Where two officers are needed the
// approval comes back instead of the command.
func (d *Desk) Command(ctx context.Context, by auth.Operator, id devices.PointID, verb devices.Verb, minutes int, reason, key string) (*commands.Command, *Approval, error) {
	a, err := d.access(by, auth.DoorsCommand, id)
	if err != nil {
		return nil, nil, err
	}
	switch {
	case minutes < 0 || minutes > mostMinutes:
		return nil, nil, &InvalidError{Field: "minutes", Reason: fmt.Sprintf("0 to %d", mostMinutes)}
	case minutes > 0 && verb != devices.Access:
		return nil, nil, &InvalidError{Field: "minutes", Reason: "only access takes a time"}
	}
	if reason, err = words("reason", reason, 0, 500); err != nil {
		return nil, nil, err
	}
	w := doorWish{Verb: verb, Minutes: minutes, Reason: reason, Key: key}
	s, err := d.o.Doors.Setting(ctx, id)
	if err != nil {
		return nil, nil, fmt.Errorf("read door %s: %w", id, err)
	}
	policy, _, err := d.policy(ctx, a.Station)
	if err != nil {
		return nil, nil, err
	}
	if isDoor(a) && policy.needsSecond(s, verb) {
		payload, err := json.Marshal(w)
		if err != nil {
			return nil, nil, err
		}
		asked, err := d.askSecond(ctx, by, Approval{
			Station: a.Station, Action: DoorCommand, Subject: string(id), Name: a.Name, Verb: verb, Reason: reason,
			Permission: auth.DoorsCommand, Payload: payload,
		})
		return nil, &asked, err
	}
	c, err := d.command(ctx, by, id, w, key, "")
	return &c, nil, err
}

func (d *Desk) command(ctx context.Context, by auth.Operator, id devices.PointID, w doorWish, key, second string) (commands.Command, error) {
	wish := commands.Wish{Point: id, Verb: w.Verb, Reason: w.Reason, Key: key, Second: second}
	if w.Minutes == 0 {
		return d.o.Commands.Request(ctx, by, wish)
	}
	a, err := d.o.Stations.AccessPoint(id)
	if err != nil {
		return commands.Command{}, err
	}
	// First that it is locked again, then that it is opened: a console that dies in
	// between locks a locked door.
	until := d.now().Add(time.Duration(w.Minutes) * time.Minute)
	e := audit.By(by, a.Station, "door.extend", "point:"+string(id), map[string]string{"minutes": strconv.Itoa(w.Minutes), "reason": w.Reason})
	if err := d.o.Doors.Extend(ctx, a.Station, id, until, e); err != nil {
		return commands.Command{}, fmt.Errorf("extended access at %s: %w", id, err)
	}
	wish.Verb = devices.Unlock
	return d.o.Commands.Request(ctx, by, wish)
}

// Relock gives the command that ends an extended access; try tells the times
// apart. It is given in the name of the console.
func (d *Desk) Relock(ctx context.Context, p devices.PointID, until time.Time, try int) (commands.Command, error) {
	return d.o.Commands.Order(ctx, auth.System(), commands.Wish{
		Point: p, Verb: devices.Lock, Reason: "end of the extended access",
		Key: askKey("extended", strconv.FormatInt(until.UnixMilli(), 36), p, try, "lock"), For: "extended:" + string(p),
	})
}
