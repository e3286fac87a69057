package rosters

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"time"
)

// A Date is a day of the station's calendar: days since 1 January 1970. The zero
// Date means "none"; no roster reaches back that far. Its text is 2026-11-22.
type Date int32

// Day makes a Date; days and months beyond their range roll over as in time.Date.
func Day(year int, month time.Month, day int) Date {
	return Date(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60))
}

// DateOf is the calendar day of t in t's own location.
func DateOf(t time.Time) Date { return Day(t.Date()) }

// ParseDate reads 2026-11-22; the empty text is no date.
func ParseDate(text string) (Date, error) {
	if text == "" {
		return 0, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1970 {
		return 0, invalid("date", "%.20q is not a day such as 2026-11-22", text)
	}
	return DateOf(t), nil
}

// IsZero reports whether d is no date.
func (d Date) IsZero() bool { return d == 0 }

// Add is n days later.
func (d Date) Add(n int) Date { return d + Date(n) }

// Sub is how many days d is after e.
func (d Date) Sub(e Date) int { return int(d - e) }

// Weekday is 1 on Monday to 7 on Sunday (ISO 8601).
func (d Date) Weekday() int {
	w := (int(d) + 3) % 7 // 1 January 1970 was a Thursday
	if w < 0 {
		w += 7
	}
	return w + 1
}

// Time is midnight UTC of d.
func (d Date) Time() time.Time { return time.Unix(int64(d)*24*60*60, 0).UTC() }

// String is 2026-11-22, or nothing for no date.
func (d Date) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format(time.DateOnly)
}

// MarshalText writes 2026-11-22.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 2026-11-22.
func (d *Date) UnmarshalText(text []byte) (err error) {
	*d, err = ParseDate(string(text))
	return err
}

// Value gives a database's date; no date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d == 0 {
		return nil, nil
	}
	return d.String(), nil
}

// Scan takes a database's date; NULL is no date.
func (d *Date) Scan(from any) (err error) {
	switch from := from.(type) {
	case nil:
		*d = 0
	case time.Time:
		*d = DateOf(from)
	case string:
		*d, err = ParseDate(from)
	default:
		err = fmt.Errorf("read a date from a %T", from)
	}
	return err
}

// A Clock is a wall time of the station in minutes after midnight, 0 to 1439.
// Its text is 06:30.
type Clock int16

// ParseClock reads 06:30, 6:30, 0630 and 24:00, which is midnight.
func ParseClock(text string) (Clock, error) {
	bad := invalid("time", "%.20q is not a time such as 06:30", text)
	var hour, minute string
	switch n := len(text); {
	case (n == 4 || n == 5) && text[n-3] == ':':
		hour, minute = text[:n-3], text[n-2:]
	case n == 4:
		hour, minute = text[:2], text[2:]
	default:
		return 0, bad
	}
	h, errH := strconv.ParseUint(hour, 10, 8)
	m, errM := strconv.ParseUint(minute, 10, 8)
	if errH != nil || errM != nil || h > 24 || m > 59 || h == 24 && m > 0 {
		return 0, bad
	}
	return Clock((h*60 + m) % (24 * 60)), nil
}

// String is 06:30.
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c/60, c%60) }

// MarshalText writes 06:30.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads 06:30.
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}
