package rosters

import "time"

// Seen is how somebody's presence is known.
type Seen string

// The ways of being seen.
const (
	SeenAtSignIn   Seen = "sign_in"
	SeenByCard     Seen = "card" // at a reader: present, not yet on post
	SeenBySergeant Seen = "sergeant"
)

// Presence is where an officer stands with one duty.
type Presence string

// The presences.
const (
	Expected Presence = "expected" // not due yet
	Late     Presence = "late"     // due, not here
	NoShow   Presence = "no_show"  // due for longer than the station waits
	Present  Presence = "present"  // here, not on post
	OnPost   Presence = "on_post"
	Relieved Presence = "relieved" // gone, and somebody stood in
	Released Presence = "released" // gone; the post closed or asked for nobody
)

// An Attendance is what really became of one assignment. Zero times have not
// happened.
type Attendance struct {
	Assignment Assignment `json:"assignment"`
	Starts     time.Time  `json:"starts"` // when the duty begins
	Ends       time.Time  `json:"ends"`   // when it ends
	Arrived    time.Time  `json:"arrived"`
	Seen       Seen       `json:"seen"`
	OnPostAt   time.Time  `json:"on_post_at"`
	LeftAt     time.Time  `json:"left_at"`
	RelievedBy string     `json:"relieved_by"` // an officer
	Note       string     `json:"note"`
}

// Presence at now, when a station waits for grace before it speaks of a no-show
// and an officer is due lead before the hour.
func (a *Attendance) Presence(now time.Time, lead, grace time.Duration) Presence {
	due := a.Starts.Add(-lead)
	switch {
	case !a.LeftAt.IsZero() && a.RelievedBy != "":
		return Relieved
	case !a.LeftAt.IsZero():
		return Released
	case !a.OnPostAt.IsZero():
		return OnPost
	case !a.Arrived.IsZero():
		return Present
	case now.Before(due):
		return Expected
	case now.Before(a.Starts.Add(grace)):
		return Late
	}
	return NoShow
}

// Overtime is how long past the end of the duty the officer has stood, or stood
// until relieved.
func (a *Attendance) Overtime(now time.Time) time.Duration {
	left := a.LeftAt
	if left.IsZero() {
		left = now
	}
	if a.OnPostAt.IsZero() || !left.After(a.Ends) {
		return 0
	}
	return left.Sub(a.Ends)
}
