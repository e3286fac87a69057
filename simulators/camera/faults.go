package camera

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// The faults.
const (
	NoFault   = "none"
	Freeze    = "freeze"     // the same picture goes on and on
	Stall     = "stall"      // the session stays, nothing comes
	Loss      = "loss"       // packets are lost, in percent: "loss:5"
	TimeJump  = "time_jump"  // time stamps jump by twenty seconds, forth and back, every five
	TimeStand = "time_stand" // time stamps stand still
	Reconnect = "reconnect"  // every session is dropped, once
	Unplugged = "unplugged"  // nothing answers at its address
	BFrames   = "b_frames"   // pictures out of order
	Unknown   = "codec"      // neither H.264 nor H.265
	Password  = "password"   // the one that is known here is refused
	Gone      = "gone"       // no such path
)

func faultNames() []string {
	return []string{NoFault, Freeze, Stall, Loss, TimeJump, TimeStand, Reconnect, Unplugged, BFrames, Unknown, Password, Gone}
}

const usualLoss = 5 // percent

// parseFault reads "name[:percent]".
func parseFault(spec string) (name string, percent int, err error) {
	name, number, given := strings.Cut(strings.TrimSpace(spec), ":")
	switch {
	case !slices.Contains(faultNames(), name):
		return "", 0, fmt.Errorf("fault %q is not one of %s", clip(spec), strings.Join(faultNames(), ", "))
	case given && name != Loss:
		return "", 0, fmt.Errorf("fault %q: %s takes no number", clip(spec), name)
	case !given:
		return name, usualLoss, nil
	}
	percent, err = strconv.Atoi(number)
	if err != nil || percent < 1 || percent > 100 {
		return "", 0, fmt.Errorf("fault %q: %q is not from 1 to 100 percent", clip(spec), clip(number))
	}
	return name, percent, nil
}

// faults are those active now. The camera's mutex guards them.
type faults struct {
	active []string
	loss   int // percent
}

func (f *faults) has(name string) bool { return slices.Contains(f.active, name) }

func (f *faults) set(name string, percent int) {
	switch {
	case name == NoFault:
		f.active = nil
	case !f.has(name):
		f.active = append(f.active, name)
	}
	if name == Loss {
		f.loss = percent
	}
}

func (f *faults) list() []string {
	list := make([]string, 0, len(f.active))
	for _, name := range f.active {
		if name == Loss {
			name += ":" + strconv.Itoa(f.loss)
		}
		list = append(list, name)
	}
	return list
}

func clip(s string) string {
	s = strings.ToValidUTF8(s, "?")
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
