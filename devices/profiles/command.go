package profiles

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/devices"
)

// Action is what a command comes to. Exactly one of Writes and Message is set.
type Action struct {
	Writes  []Write  // Modbus, in this order
	Message *Message // MQTT
	// Confirm says what must be seen afterwards. Nil: nothing can be read back,
	// and the device's answer is the receipt.
	Confirm      *Confirm
	OffByDefault bool // to be carried out only when Command.Allowed is set
	NeedsReason  bool
}

// Write is words for a table, PDU address, base 0. Masks, when not nil, tell
// which bits of each word are meant; only Encode gives them.
type Write struct {
	Table   Table
	Address uint16
	Values  []uint16
	Masks   []uint16
}

// Confirm wants State among the point's States (Not: not among them) within a
// time of the command.
type Confirm struct {
	Point  string
	State  string
	Not    bool
	Within time.Duration
}

// CommandError says why a command cannot be made. Code is one of the Refused
// codes of package devices.
type CommandError struct{ Code, Text string }

func (e *CommandError) Error() string { return e.Text }

// command is one compiled command of a point.
type command struct {
	line         int
	verb         devices.Verb
	writes       []Write
	request      *outgoing
	confirm      *Confirm
	effects      []Effect
	offByDefault bool
	needsReason  bool
}

// everyPoint as the point of an effect means each point that has the state.
const everyPoint = "*"

func (p *point) verbs() []devices.Verb {
	var out []devices.Verb
	for i := range p.commands {
		out = append(out, p.commands[i].verb)
	}
	return out
}

// Command gives the action for a verb on a point. The error is a *CommandError.
func (c *Compiled) Command(point string, verb devices.Verb, args map[string]string) (*Action, error) {
	i, ok := c.byID[point]
	if !ok {
		return nil, &CommandError{devices.RefusedNoSuchPoint, fmt.Sprintf("the device has no point %q", clip(point))}
	}
	p := c.points[i]
	for j := range p.commands {
		if p.commands[j].verb != verb {
			continue
		}
		if len(args) > 0 {
			return nil, &CommandError{devices.RefusedArguments, fmt.Sprintf("%s on %s takes no arguments", verb, point)}
		}
		return p.commands[j].action(), nil
	}
	known := "it takes none"
	if verbs := p.verbs(); len(verbs) > 0 {
		words := make([]string, len(verbs))
		for j, v := range verbs {
			words[j] = string(v)
		}
		known = "it takes " + strings.Join(words, ", ")
	}
	return nil, &CommandError{devices.RefusedNoSuchVerb, fmt.Sprintf("point %s does not take the command %q: %s", point, clip(string(verb)), known)}
}

func (cmd *command) action() *Action {
	a := &Action{OffByDefault: cmd.offByDefault, NeedsReason: cmd.needsReason}
	for _, w := range cmd.writes {
		a.Writes = append(a.Writes, Write{Table: w.Table, Address: w.Address, Values: append([]uint16(nil), w.Values...)})
	}
	if cmd.confirm != nil {
		confirm := *cmd.confirm
		a.Confirm = &confirm
	}
	if cmd.request != nil {
		m := cmd.request.message(freshID())
		a.Message = &m
	}
	return a
}

// freshID names one request so that its reply can be told from others.
func freshID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

func (k *compiler) pointCommands(p *point, spec *pointSpec, s scope) {
	for i := range spec.commands {
		cs := &spec.commands[i]
		if !k.holds(cs.when, s) {
			continue
		}
		if slices.Contains(p.verbs(), cs.verb) {
			k.fault(cs.line, "point %s takes %s twice", p.id, cs.verb)
			continue
		}
		cmd := command{line: cs.line, verb: cs.verb, offByDefault: cs.offByDefault, needsReason: cs.needsReason}
		for j := range cs.writes {
			if w, ok := k.write(&cs.writes[j], s); ok {
				cmd.writes = append(cmd.writes, w)
			}
		}
		if cs.request != "" {
			cmd.request = k.commandRequest(cs, s)
		}
		if f := cs.confirm; f != nil {
			cmd.confirm = &Confirm{Point: k.targetPoint(f.point, p.id, s), State: f.state, Not: f.not, Within: f.within}
		}
		for _, e := range cs.effects {
			cmd.effects = append(cmd.effects, Effect{Point: k.targetPoint(e.point, p.id, s), State: e.state, On: e.on})
		}
		if len(cs.effects) == 0 && cmd.confirm != nil {
			cmd.effects = []Effect{{Point: cmd.confirm.Point, State: cmd.confirm.State, On: !cmd.confirm.Not}}
		}
		p.commands = append(p.commands, cmd)
	}
}

func (k *compiler) targetPoint(t template, own string, s scope) string {
	if !t.given() {
		return own
	}
	return k.text(t, s)
}

func (k *compiler) write(spec *writeSpec, s scope) (Write, bool) {
	if k.c.Profile.Transport.Kind != "modbus" {
		k.fault(spec.line, "write is for Modbus; a profile over MQTT names a request")
		return Write{}, false
	}
	address, value := k.eval(spec.address, s), k.eval(spec.value, s)
	most := int64(0xFFFF)
	if spec.table == Coil {
		most = 1
	}
	switch {
	case spec.table != Coil && spec.table != Holding:
		k.fault(spec.line, "only coils and holding registers can be written")
	case address < 0 || address > 0xFFFF:
		k.fault(spec.line, "address %d is not within 0 and 65535", address)
	case value < 0 || value > most:
		k.fault(spec.line, "value %d is not within 0 and %d", value, most)
	default:
		return Write{Table: spec.table, Address: uint16(address), Values: []uint16{uint16(value)}}, true
	}
	return Write{}, false
}
