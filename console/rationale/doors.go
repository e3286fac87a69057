package rationale

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/devices"
)

// Class of a door says how long it may usually stand open.
type Class string

// The classes. A door without one is left to its controller, and is listed.
const (
	Unclassed    Class = ""
	Inside       Class = "inside"
	Entrance     Class = "entrance"
	Dock         Class = "dock"
	Unsupervised Class = "unsupervised" // by decision: its controller alone
)

// usual is how long a door of a class may stand open: within the trade's 30 s
// inside, 60-90 s at entrances, 120-180 s at docks.
var usual = map[Class]time.Duration{Inside: 30 * time.Second, Entrance: 75 * time.Second, Dock: 150 * time.Second}

const usualWarning = 10 * time.Second

// DoorHours are a part of the week in the station's zone with a time of its own. From
// after To goes past midnight and belongs to the day on which it begins.
type DoorHours struct {
	Days      []int  `json:"days"` // 1 Monday to 7 Sunday
	From      string `json:"from"` // "06:00"
	To        string `json:"to"`
	HeldAfter int    `json:"held_after"` // seconds
}

// DoorTime is a door and how long it may stand open.
type DoorTime struct {
	Point     devices.PointID `json:"point"`
	Station   string          `json:"station"`
	Name      string          `json:"name"`
	Location  string          `json:"location"`
	AreaName  string          `json:"area_name"`
	Class     Class           `json:"class"`
	HeldAfter int             `json:"held_after"` // seconds; 0: the class's own
	Warn      int             `json:"warn"`       // seconds before; 0: ten
	Hours     []DoorHours     `json:"hours"`
	// Now is the time that counts now; 0: the console does not watch it.
	Now       int        `json:"now"`
	ChangedAt *time.Time `json:"changed_at"`
	ChangedBy string     `json:"changed_by"`
	Version   int64      `json:"version"`
	Zone      string     `json:"-"`
}

// After says how long d may stand open when it opens at, and how long before
// that an officer is told; 0 when the console does not watch it.
func (d DoorTime) After(at time.Time) (held, warn time.Duration) {
	held = usual[d.Class]
	if held == 0 {
		return 0, 0
	}
	if d.HeldAfter > 0 {
		held = time.Duration(d.HeldAfter) * time.Second
	}
	zone, err := time.LoadLocation(d.Zone)
	if err != nil {
		zone = time.UTC
	}
	for _, h := range d.Hours {
		if h.holds(at.In(zone)) {
			held = time.Duration(h.HeldAfter) * time.Second
		}
	}
	warn = usualWarning
	if d.Warn > 0 {
		warn = time.Duration(d.Warn) * time.Second
	}
	return held, min(warn, held)
}

func (h DoorHours) holds(at time.Time) bool {
	from, _ := minutes(h.From)
	to, _ := minutes(h.To)
	now := at.Hour()*60 + at.Minute()
	on := func(t time.Time) bool { return slices.Contains(h.Days, (int(t.Weekday())+6)%7+1) }
	if from < to {
		return on(at) && now >= from && now < to
	}
	return on(at) && now >= from || on(at.AddDate(0, 0, -1)) && now < to
}

// minutes reads "06:00".
func minutes(s string) (int, error) {
	hour, minute, _ := strings.Cut(s, ":")
	h, errH := strconv.Atoi(hour)
	m, errM := strconv.Atoi(minute)
	if errH != nil || errM != nil || len(s) != 5 || h < 0 || h > 24 || m < 0 || m > 59 || h == 24 && m > 0 {
		return 0, fmt.Errorf("%.16q is no time such as 06:00", s)
	}
	return h*60 + m, nil
}

// Bounds of door times, in seconds.
const (
	shortestHeld = 5
	longestHeld  = 3600
	mostHours    = 20
)

func (d DoorTime) check() error {
	if _, known := usual[d.Class]; !known && d.Class != Unsupervised {
		return &InvalidError{"class", "one of inside, entrance, dock, unsupervised"}
	}
	if d.HeldAfter != 0 && (d.HeldAfter < shortestHeld || d.HeldAfter > longestHeld) {
		return &InvalidError{"held_after", fmt.Sprintf("not between %d and %d s; 0 takes the class's own", shortestHeld, longestHeld)}
	}
	if d.Warn < 0 || d.Warn > longestHeld {
		return &InvalidError{"warn", fmt.Sprintf("not between 0 and %d s", longestHeld)}
	}
	if len(d.Hours) > mostHours {
		return &InvalidError{"hours", fmt.Sprintf("more than %d", mostHours)}
	}
	for i, h := range d.Hours {
		field := fmt.Sprintf("hours.%d", i)
		if len(h.Days) == 0 || len(h.Days) > 7 || slices.ContainsFunc(h.Days, func(day int) bool { return day < 1 || day > 7 }) {
			return &InvalidError{field, "days are 1 (Monday) to 7 (Sunday)"}
		}
		for _, at := range []string{h.From, h.To} {
			if _, err := minutes(at); err != nil {
				return &InvalidError{field, err.Error()}
			}
		}
		if h.HeldAfter < shortestHeld || h.HeldAfter > longestHeld {
			return &InvalidError{field, fmt.Sprintf("held_after is not between %d and %d s", shortestHeld, longestHeld)}
		}
	}
	return nil
}

// doorStore keeps the times of doors.
type doorStore interface {
	DoorTimes(ctx context.Context, station string, only ...devices.PointID) ([]DoorTime, error)
	// SaveDoors returns a *StaleError when one is at another version than it carries.
	SaveDoors(ctx context.Context, by auth.Operator, doors []DoorTime, e audit.Entry) error
}

// Doors lists the doors of a station with what is set of them; now says which
// hours count.
func (d *Desk) Doors(ctx context.Context, by auth.Operator, station string, now time.Time) ([]DoorTime, error) {
	if station == "" {
		return nil, &InvalidError{"station", "missing"}
	}
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return nil, err
	}
	doors, err := d.Store.DoorTimes(ctx, station)
	if err != nil {
		return nil, err
	}
	for i := range doors {
		held, _ := doors[i].After(now)
		doors[i].Now = int(held / time.Second)
		if doors[i].Hours == nil {
			doors[i].Hours = []DoorHours{}
		}
	}
	return doors, nil
}

// SetDoors sets doors of one station, all of them or none. An opening that is
// under way keeps the time with which it began.
func (d *Desk) SetDoors(ctx context.Context, by auth.Operator, station string, doors []DoorTime) error {
	if err := by.May(auth.AlarmsRationalise, station); err != nil {
		return err
	}
	if len(doors) == 0 || len(doors) > 500 {
		return &InvalidError{"items", "between 1 and 500"}
	}
	ids := []devices.PointID{}
	for i, door := range doors {
		if err := door.check(); err != nil {
			return err
		}
		if slices.Contains(ids, door.Point) {
			return &InvalidError{"point", fmt.Sprintf("%.200s comes twice", door.Point)}
		}
		ids = append(ids, door.Point)
		doors[i].Station = station
		if doors[i].Hours == nil {
			doors[i].Hours = []DoorHours{}
		}
	}
	known, err := d.Store.DoorTimes(ctx, station, ids...)
	if err != nil {
		return err
	}
	if len(known) != len(ids) {
		return &InvalidError{"point", "not every one is a door of this station that tells when it opens"}
	}
	params := map[string]string{"doors": fmt.Sprint(len(doors)), "class": string(doors[0].Class), "held_after": fmt.Sprint(doors[0].HeldAfter)}
	subject := "rationale:" + station
	if len(doors) == 1 {
		subject = "point:" + string(doors[0].Point)
	}
	if err := d.Store.SaveDoors(ctx, by, doors, audit.By(by, station, "door.times", subject, params)); err != nil {
		return err
	}
	if d.Changed != nil {
		d.Changed()
	}
	return nil
}
