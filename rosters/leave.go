package rosters

import "slices"

// LeaveKind is why somebody is away.
type LeaveKind string

// The kinds of leave. Sick is medical: those without the right are told "absent".
const (
	AnnualLeave  LeaveKind = "annual"
	SickLeave    LeaveKind = "sick"
	Training     LeaveKind = "training"
	DutyTravel   LeaveKind = "duty_travel"
	HomeLeave    LeaveKind = "home"
	Compensatory LeaveKind = "compensatory"
	SpecialLeave LeaveKind = "special"
)

var leaveKinds = []LeaveKind{AnnualLeave, SickLeave, Training, DutyTravel, HomeLeave, Compensatory, SpecialLeave}

// Decision is what became of something that was asked for.
type Decision string

// The decisions.
const (
	Requested Decision = "requested"
	Approved  Decision = "approved"
	Refused   Decision = "refused"
	Withdrawn Decision = "withdrawn"
)

// A Leave is days on which an officer is given no duty, from midnight to midnight
// at the station. A night shift of the day before runs into it; whether it may is
// for the rule LeaveEve.
type Leave struct {
	ID       string    `json:"id"`
	Officer  string    `json:"officer"`
	Kind     LeaveKind `json:"kind"`
	From     Date      `json:"from"`
	Until    Date      `json:"until"` // last day
	Decision Decision  `json:"decision"`
	Note     string    `json:"note"`
}

// On reports whether l keeps its officer away on d.
func (l *Leave) On(d Date) bool { return l.Decision == Approved && d >= l.From && d <= l.Until }

// Credited reports whether days of k count towards the contract's hours. Time
// off in lieu was earned before and pays the hours of its days too.
func (k LeaveKind) Credited() bool { return slices.Contains(leaveKinds, k) }

// Validate reports the first field that makes l unusable.
func (l *Leave) Validate() error {
	switch {
	case l.Officer == "":
		return invalid("officer", "missing")
	case !slices.Contains(leaveKinds, l.Kind):
		return invalid("kind", "%.20q is not one of %v", l.Kind, leaveKinds)
	case l.From == 0 || l.Until < l.From:
		return invalid("until", "leave ends on or after its first day")
	case l.Until.Sub(l.From) > 3*366:
		return invalid("until", "%d days; at most three years at a time", l.Until.Sub(l.From)+1)
	}
	return l.Decision.validate()
}

func (d Decision) validate() error {
	if known := []Decision{Requested, Approved, Refused, Withdrawn}; !slices.Contains(known, d) {
		return invalid("decision", "%.20q is not one of %v", d, known)
	}
	return nil
}

// Wish is what an officer asks for.
type Wish string

// The wishes.
const (
	WishFree  Wish = "free"  // no duty
	WishWork  Wish = "work"  // a duty, of Shifts if named
	WishAvoid Wish = "avoid" // none of Shifts, none at Posts
)

// A Request is a wish of an officer. It is weighed, and no rule; only approved
// requests are.
type Request struct {
	ID       string   `json:"id"`
	Officer  string   `json:"officer"`
	Wish     Wish     `json:"wish"`
	From     Date     `json:"from"`
	Until    Date     `json:"until"`
	Shifts   []string `json:"shifts"`
	Posts    []string `json:"posts"`
	Weight   int      `json:"weight"` // 1 to 100; 0 is 10
	Decision Decision `json:"decision"`
	Note     string   `json:"note"`
}

// Worth is r's weight, with its default.
func (r *Request) Worth() int {
	if r.Weight > 0 {
		return r.Weight
	}
	return 10
}

// Missed reports whether the duties given on one day of r disregard it.
func (r *Request) Missed(given []Assignment) bool {
	named := func(a Assignment) bool { return slices.Contains(r.Shifts, a.Shift) || slices.Contains(r.Posts, a.Post) }
	switch r.Wish {
	case WishFree:
		return len(given) > 0
	case WishWork:
		return len(given) == 0 || len(r.Shifts)+len(r.Posts) > 0 && !slices.ContainsFunc(given, named)
	default:
		return slices.ContainsFunc(given, named)
	}
}

// Validate reports the first field that makes r unusable.
func (r *Request) Validate() error {
	switch {
	case r.Officer == "":
		return invalid("officer", "missing")
	case r.Wish != WishFree && r.Wish != WishWork && r.Wish != WishAvoid:
		return invalid("wish", "%.20q is not %s, %s or %s", r.Wish, WishFree, WishWork, WishAvoid)
	case r.Wish == WishAvoid && len(r.Shifts)+len(r.Posts) == 0:
		return invalid("shifts", "name the shifts or posts to avoid")
	case r.From == 0 || r.Until < r.From || r.Until.Sub(r.From) > 366:
		return invalid("until", "a wish is for one day to a year")
	case r.Weight < 0 || r.Weight > 100:
		return invalid("weight", "%d is not between 0 and 100", r.Weight)
	case len(r.Shifts) > maxList || len(r.Posts) > maxList:
		return invalid("shifts", "at most %d shifts and posts", maxList)
	}
	return r.Decision.validate()
}
