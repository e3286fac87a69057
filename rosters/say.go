package rosters

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sentences are what is wrong, by code, in English; screens have their own
// catalogues by the same codes. Words between braces are filled in by words.
var sentences = map[string]string{
	"qualification.missing":  "{officer} has no {detail}, which {post} requires: {shift} {day}",
	"qualification.expired":  "{officer}: {detail}, which {post} requires, has expired by {day} ({shift})",
	"rank":                   "{officer} stands at {post} on {day} ({shift}), which asks for {detail} or above",
	"in_service":             "{officer} is not in service on {day} ({shift})",
	"leave":                  "{officer} is on leave on {day} and has {shift}",
	"leave_eve":              "{officer} has {shift} on {day}, which runs into leave",
	"overlap":                "{officer} has two duties at once for {have}, {from} to {to}: {shift} and {then}",
	"daily_shifts":           "{officer} has {have} shifts on {day}, at most {need}",
	"daily_rest":             "{officer} rests {have}, needs {need}: {shift} ends {from}, {then} starts {to}",
	"weekly_rest":            "{officer} rests at most {have} in one piece from {from} to {to}, needs {need}",
	"hours_day":              "{officer} works {have} on {day}, at most {need}",
	"hours_week":             "{officer} works {have} in the week of {day}, at most {need}",
	"hours_window":           "{officer} works {have} from {from} to {to}, at most {need}",
	"hours_period.over":      "{officer} has {have} in the period, at most {need}",
	"hours_period.under":     "{officer} has {have} in the period, at least {need}",
	"contract.over":          "{officer} has {have}; the contract allows {need}",
	"contract.under":         "{officer} has {have}; the contract asks for {need}",
	"consecutive_days":       "{officer} works {have} days in a row from {day}, at most {need}",
	"consecutive_days.short": "{officer} works {have} days in a row from {day}, at least {need}",
	"days_off":               "{officer} has {have} days off in a row from {day}, at least {need}",
	"consecutive_night":      "{officer} works {have} nights in a row from {day}, at most {need}",
	"rest_after_nights":      "{officer} rests {have} after nights, needs {need}: {shift} ends {from}, {then} starts {to}",
	"succession":             "{officer} has {then} on the day after {shift} on {day}",
	"weekends":               "{officer} works {have} weekends from {from} to {to}, at most {need}",
	"whole_weekends":         "{officer} works {have} of {need} days of the weekend of {day}",
	"public_holidays":        "{officer} works {have} public holidays, at most {need}",
	"shift_count":            "{officer} has {have} such shifts from {from} to {to}, at most {need}",
	"coverage":               "{post} has {have} of {need} officers from {from} to {to} ({shift})",
	"surplus":                "{post} has {have} officers and needs {need}, {from} to {to}: {others}",
	"paired_posts":           "{post} is manned while {detail} is empty, {from} to {to}: {others}",
	"mixed_lane":             "The lane {detail} has one gender only, {from} to {to}: {others}",
	"wished_skills":          "{officer} at {post} on {day} ({shift}) is without {detail}",
	"wishes.free":            "{officer} wished to be free from {from} to {to}: {have} of {need} days are",
	"wishes.work":            "{officer} wished for a duty from {from} to {to}: kept on {have} of {need} days",
	"wishes.avoid":           "{officer} wished to avoid a duty from {from} to {to}: kept on {have} of {need} days",
	"fairness.nights":        "{officer} has {have} nights, a fair share is {need}",
	"fairness.weekends":      "{officer} has {have} weekends, a fair share is {need}",
	"fairness.holidays":      "{officer} has {have} public holidays, a fair share is {need}",
	"fairness.unpopular":     "{officer} has {have} shifts at unpopular posts, a fair share is {need}",
	"fairness.overtime":      "{officer} has {have} hours of overtime, a fair share is {need}",
}

// Codes lists the codes of violations, for catalogues.
func Codes() []string {
	var list []string
	for code := range sentences {
		list = append(list, code)
	}
	slices.Sort(list)
	return list
}

// Say puts a violation into an English sentence with its officer, times and rule,
// for print and logs.
func (s *Station) Say(v *Violation) string {
	return s.fill(sentences[v.Code], v) + " (" + v.Name + ")."
}

func (s *Station) fill(sentence string, v *Violation) string {
	var others []string
	for _, id := range v.Others {
		others = append(others, s.officerName(id))
	}
	detail := v.Detail
	if v.Code == "paired_posts" {
		detail = s.postName(detail)
	}
	return strings.NewReplacer(
		"{officer}", s.officerName(v.Officer), "{others}", strings.Join(others, ", "), "{post}", s.postName(v.Post),
		"{shift}", s.shiftName(v.Shift), "{then}", s.shiftName(v.Then), "{detail}", strings.ReplaceAll(detail, "_", " "),
		"{day}", v.Date.Time().Format("Mon 2 Jan 2006"), "{from}", whenever(v.From), "{to}", whenever(v.To),
		"{have}", v.amount(v.Have), "{need}", v.amount(v.Need),
	).Replace(sentence)
}

func whenever(t time.Time) string { return t.Format("Mon 2 Jan 15:04") }

func (v *Violation) amount(n int) string {
	switch v.Unit {
	case InMinutes:
		if n%60 == 0 {
			return fmt.Sprintf("%d h", n/60)
		}
		return fmt.Sprintf("%d h %02d min", n/60, n%60)
	case InHundreds:
		return strconv.FormatFloat(float64(n)/100, 'f', -1, 64)
	}
	return strconv.Itoa(n)
}

func (s *Station) officerName(id string) string {
	if o := s.Officer(id); o != nil {
		return o.Name
	}
	return id
}

func (s *Station) postName(id string) string {
	if p := s.Post(id); p != nil {
		return p.Name
	}
	return id
}

func (s *Station) shiftName(code string) string {
	if t := s.ShiftType(code); t != nil && t.Name != "" {
		return t.Name
	}
	return code
}
