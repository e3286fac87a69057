package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/devices/profiles"
)

// answerWithin bounds the wait for the answer to what was sent; a line has its
// own, shorter timeout once the request is out.
const answerWithin = 10 * time.Second

// ending is what became of an action.
type ending struct {
	outcome              devices.Outcome
	code, text, readBack string
}

// sending is what is known after the writes.
type sending int

const (
	acknowledged sending = iota // the device took everything
	unknown                     // something went out, and nobody knows
)

// carryOut sends an action once and looks what became of it.
func (x *Executor) carryOut(ctx context.Context, w *worker, a *profiles.Action) ending {
	sendCtx, cancel := context.WithTimeout(ctx, sendWithin(w, a))
	defer cancel()
	state, err := transmit(sendCtx, w.Actuator, a)
	if err != nil && state == acknowledged {
		return refusedBy(err)
	}
	if a.Confirm == nil {
		if state == unknown {
			return ending{devices.Unknown, devices.UnknownNoAnswer, "it was sent, and no answer came: " + inWords(err), ""}
		}
		return ending{outcome: devices.Confirmed, text: "the device took the command"}
	}
	return x.readBack(ctx, w.Actuator, a.Confirm, err)
}

// sendWithin bounds the sending of an action.
func sendWithin(w *worker, a *profiles.Action) time.Duration {
	if timeout := w.Compiled.Profile.Transport.Timeout; a.Message != nil && timeout > 0 {
		return min(answerWithin, timeout)
	}
	return answerWithin
}

// transmit sends what an action is made of. An error with acknowledged means
// that surely nothing was carried out.
func transmit(ctx context.Context, device Actuator, a *profiles.Action) (sending, error) {
	if a.Message != nil {
		err := device.Send(ctx, *a.Message)
		if err == nil || surelyNot(err) {
			return acknowledged, err
		}
		return unknown, err
	}
	for i, write := range a.Writes {
		err := device.Write(ctx, write)
		switch {
		case err == nil:
		case i == 0 && surelyNot(err):
			return acknowledged, err
		default:
			return unknown, err // a part may be done
		}
	}
	return acknowledged, nil
}

// surelyNot reports that an error means: not carried out, and it will not be.
func surelyNot(err error) bool {
	var open *modbus.OutcomeUnknownError
	if errors.As(err, &open) {
		return false
	}
	var exception modbus.Exception
	var refusal interface{ Refused() string }
	return errors.As(err, &exception) || errors.As(err, &refusal) || notSent(err)
}

func notSent(err error) bool {
	var n interface{ NotSent() bool }
	return errors.As(err, &n) && n.NotSent() || errors.Is(err, modbus.ErrLineDown) || errors.Is(err, modbus.ErrQueueFull)
}

func refusedBy(err error) ending {
	var exception modbus.Exception
	var refusal interface{ Refused() string }
	switch {
	case errors.Is(err, modbus.ErrQueueFull), errors.As(err, &exception) && exception.Busy():
		return ending{devices.Refused, devices.RefusedBusy, "the device is busy; nothing was done: " + err.Error(), ""}
	case notSent(err):
		return ending{devices.Refused, devices.RefusedOffline, "the device does not answer; nothing was sent: " + inWords(err), ""}
	case errors.As(err, &refusal):
		return ending{devices.Refused, devices.RefusedByDevice, "the device refused: " + refusal.Refused(), ""}
	}
	return ending{devices.Refused, devices.RefusedByDevice, err.Error(), ""}
}

// readBack looks at the point until it shows what was asked for, or the time is
// over. lost is the error of the sending, if any.
func (x *Executor) readBack(ctx context.Context, device Actuator, want *profiles.Confirm, lost error) ending {
	ctx, cancel := context.WithTimeout(ctx, max(want.Within, x.options.Look))
	defer cancel()
	pause := time.NewTicker(x.options.Look)
	defer pause.Stop()
	seen, failure := "", lost
	for {
		ps, err := device.Look(ctx, want.Point)
		switch {
		case err == nil && shows(ps, want):
			return ending{outcome: devices.Confirmed, readBack: words(ps)}
		case err == nil:
			seen = words(ps)
		case ctx.Err() == nil:
			failure = err
		}
		select {
		case <-pause.C:
			continue
		case <-ctx.Done():
		}
		if seen == "" {
			text := "it was sent, and the state could not be read back"
			if failure != nil {
				text += ": " + inWords(failure)
			}
			return ending{devices.Unknown, devices.UnknownNoAnswer, text, ""}
		}
		text := fmt.Sprintf("within %s the device did not show it; it shows %s", want.Within, seen)
		if lost != nil {
			text += "; the answer was lost: " + inWords(lost)
		}
		return ending{devices.TimedOut, devices.TimedOutReadBack, text, seen}
	}
}

func shows(ps profiles.PointState, want *profiles.Confirm) bool {
	if ps.Quality == devices.Bad || ps.Quality == devices.NotProgrammed {
		return false
	}
	return slices.Contains(ps.States, want.State) != want.Not
}

func words(ps profiles.PointState) string {
	if len(ps.States) > 0 {
		return strings.Join(ps.States, ", ")
	}
	if ps.State != "" {
		return ps.State
	}
	return string(ps.Quality)
}

// inWords is err for an operator: that time ran out says more than which
// request it ran out for.
func inWords(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "the device did not answer in time"
	}
	return err.Error()
}
