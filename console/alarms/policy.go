package alarms

import "guardroom/devices"

// priority is that of the operator for this kind, else the point's own, else
// the kind's. No setting lowers fire, duress, hold-up and medical.
func priority(k devices.Kind, about About) int {
	info := k.Info()
	usual := devices.DefaultPriority(k, about.Category)
	if info.LifeSafety {
		return usual
	}
	if p, given := about.Priorities[k]; given && p >= 1 && p <= 4 {
		return p
	}
	if about.Priority >= 1 && about.Priority <= 4 {
		return about.Priority
	}
	return usual
}
