package sheet

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"guardroom/rosters"
)

// day reads a day as people and spreadsheets write it: 2026-11-22, 22/11/2026,
// 22.11.26, 22 Nov 2026, Sun 22 Nov, or a spreadsheet's number of days since 1900.
func day(text string, m *Mapping) (rosters.Date, bool) {
	text = strings.TrimSuffix(text, " 00:00:00")
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return within(t)
	}
	if n, err := strconv.Atoi(text); err == nil {
		// Day 1 is 1 January 1900, and the 29th of February that year is counted though it
		// never was (ECMA-376, 18.17.4.1), so 60 and later are a day too many.
		if n >= 30000 && n < 80000 {
			return rosters.Day(1899, 12, 30) + rosters.Date(n), true
		}
		return 0, false
	}
	parts := strings.FieldsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune("/.-,", c) })
	d, ok := dayOf(parts, m) // first as it is: "mar" is Tuesday to some and March to others
	if !ok && len(parts) > 0 && weekday(parts[0]) > 0 {
		d, ok = dayOf(parts[1:], m)
	}
	return d, ok
}

// dayOf reads a day, a month, and a year where the mapping gives none.
func dayOf(parts []string, m *Mapping) (rosters.Date, bool) {
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	year := m.Year
	if len(parts) == 3 {
		y, err := strconv.Atoi(parts[2])
		if err != nil || len(parts[2]) != 2 && len(parts[2]) != 4 {
			return 0, false
		}
		if year = y; y < 100 {
			year += 2000
		}
	}
	d, mo := parts[0], parts[1]
	if m.MonthFirst && monthOf(mo) == 0 || monthOf(d) > 0 {
		d, mo = mo, d
	}
	number, err := strconv.Atoi(d)
	month := monthOf(mo)
	if month == 0 {
		month, _ = strconv.Atoi(mo)
	}
	if err != nil || month < 1 || month > 12 || number < 1 || year < 1971 {
		return 0, false
	}
	t := time.Date(year, time.Month(month), number, 0, 0, 0, 0, time.UTC)
	if t.Day() != number {
		return 0, false
	}
	return within(t)
}

func within(t time.Time) (rosters.Date, bool) {
	return rosters.DateOf(t), t.Year() > 1970 && t.Year() < 2200
}

// dayNumber reads the heading of a column that names a day of a month only: "1",
// "Mon 1", "1 L". It is kept as the number until a month is known.
func dayNumber(text string) (string, bool) {
	number, words := 0, 0
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return unicode.IsSpace(c) || strings.ContainsRune(".-/", c) }) {
		n, err := strconv.Atoi(part)
		switch {
		case err == nil && (number != 0 || n < 1 || n > 31):
			return "", false
		case err == nil:
			number = n
		case weekday(part) == 0 && !initial(part):
			return "", false
		default:
			words++
		}
	}
	return strconv.Itoa(number), number != 0 && words < 2
}

// monthNames begin the names of months, folded: English, French, Spanish, Russian and
// Arabic.
var monthNames = [12][]string{
	words("jan|ene|янв|يناير|كانون الثاني"), words("feb|fev|фев|فبراير|شباط"), words("mar|мар|مارس|اذار|آذار"), words("apr|avr|abr|апр|ابريل|أبريل|نيسان"),
	words("may|mai|май|мая|مايو|ايار|أيار"), words("jun|juin|июн|يونيو|حزيران"), words("jul|juil|июл|يوليو|تموز"), words("aug|aou|ago|авг|اغسطس|أغسطس|آب"),
	words("sep|сен|سبتمبر|ايلول|أيلول"), words("oct|окт|اكتوبر|أكتوبر|تشرين الاول"), words("nov|ноя|نوفمبر|تشرين الثاني"), words("dec|dic|дек|ديسمبر|كانون الاول"),
}

// monthOf is the month whose name a word begins with, or 0.
func monthOf(text string) int {
	text = fold(text)
	for i, names := range monthNames {
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(text, name) }) {
			return i + 1
		}
	}
	return 0
}

// monthIn reads the month that a title names: "Planning décembre 2026", "12/2026",
// "2026-12", or any day of it.
func monthIn(text string, m *Mapping) (year, month int) {
	if d, ok := day(text, m); ok {
		t := d.Time()
		return t.Year(), int(t.Month())
	}
	for _, part := range strings.FieldsFunc(text, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !unicode.IsMark(c) }) {
		n, err := strconv.Atoi(part)
		switch {
		case err == nil && n > 1970 && n < 2200:
			year = n
		case err == nil && n >= 1 && n <= 12 && month == 0 && len(part) == 2:
			month = n
		case err != nil && monthOf(part) > 0:
			month = monthOf(part)
		}
	}
	if year == 0 || month == 0 {
		return 0, 0
	}
	return year, month
}

var weekdays = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// weekdayNames begin the names of the days of the week as monthNames do those of months.
var weekdayNames = [7][]string{
	words("mon|lun|пн|пон|الاثنين|الإثنين"), words("tue|mar|вт|الثلاثاء"), words("wed|mer|mie|ср|الاربعاء|الأربعاء"), words("thu|jeu|jue|чт|чет|الخميس"),
	words("fri|ven|vie|пт|пят|الجمعة"), words("sat|sam|sab|сб|суб|السبت"), words("sun|dim|dom|вс|вос|الاحد|الأحد"),
}

func weekday(text string) int {
	text = fold(text)
	for i, names := range weekdayNames {
		if slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(text, name) }) {
			return i + 1
		}
	}
	return 0
}

// initial reports whether a word may be short for a day of the week: a letter, or two
// of those that calendars write.
func initial(text string) bool {
	runes := []rune(fold(text))
	return len(runes) == 1 && unicode.IsLetter(runes[0]) || slices.Contains(twoLetters, string(runes))
}

var twoLetters = words("mo|tu|we|th|fr|sa|su|lu|ma|me|je|ve|di|mi|ju|vi|do|пн|вт|ср|чт|пт|сб|вс")

// hours reads a length of time in hours: 40, 37.5, 37,5, 37:30, 40h.
func hours(text string) (minutes int, ok bool) {
	text = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(strings.ToLower(text)), "h"), " ")
	if h, m, found := strings.Cut(text, ":"); found {
		hour, errH := strconv.ParseUint(h, 10, 16)
		minute, errM := strconv.ParseUint(m, 10, 16)
		return int(hour*60 + minute), errH == nil && errM == nil && minute < 60 && hour <= 168
	}
	n, err := strconv.ParseFloat(strings.ReplaceAll(text, ",", "."), 64)
	return int(n*60 + 0.5), err == nil && n >= 0 && n <= 168
}

// ParseHours reads standing hours: "24h", "06:00-22:00", "Mon-Fri 06:00-22:00 x2;
// Sat,Sun 08:00-14:00", each with "not holidays" where the post is closed then.
func ParseHours(text string) ([]rosters.Hours, error) {
	var list []rosters.Hours
	for part := range strings.SplitSeq(text, ";") {
		if part = tidy(strings.ReplaceAll(part, "\n", " ")); part == "" {
			continue
		}
		h, err := parseHours(part)
		if err != nil {
			return nil, err
		}
		list = append(list, h)
	}
	return list, nil
}

func parseHours(part string) (rosters.Hours, error) {
	h := rosters.Hours{Headcount: 1}
	bad := &rosters.InvalidError{Field: "hours", Reason: fmt.Sprintf("%.60q is not like Mon-Fri 06:00-22:00 x2", part)}
	rest, found := strings.CutSuffix(strings.ToLower(part), "not holidays")
	h.HolidaysOff = found
	timed := false
	for word := range strings.FieldsSeq(rest) {
		from, to, span := strings.Cut(strings.ReplaceAll(word, "–", "-"), "-")
		n, isCount := strings.CutPrefix(word, "x")
		switch {
		case word == "daily":
		case word == "24h" || word == "24/7" || word == "h24":
			timed = true
		case isCount:
			count, err := strconv.Atoi(n)
			if err != nil || count < 1 || count > 200 {
				return h, bad
			}
			h.Headcount = count
		case weekday(from) > 0 || strings.Contains(word, ","):
			days, ok := parseWeekdays(word)
			if !ok {
				return h, bad
			}
			h.Weekdays = days
		case span:
			begin, errB := rosters.ParseClock(from)
			end, errE := rosters.ParseClock(to)
			if errB != nil || errE != nil {
				return h, bad
			}
			h.From, h.To, timed = begin, end, true
		default:
			return h, bad
		}
	}
	if !timed {
		return h, bad
	}
	return h, nil
}

// parseWeekdays reads mon-fri and sat,sun; a span may go over Sunday.
func parseWeekdays(word string) ([]int, bool) {
	var list []int
	for part := range strings.SplitSeq(strings.ReplaceAll(word, "–", "-"), ",") {
		from, to, span := strings.Cut(part, "-")
		first := weekday(from)
		last := first
		if span {
			last = weekday(to)
		}
		if first == 0 || last == 0 {
			return nil, false
		}
		for d := first; ; d = d%7 + 1 {
			if !slices.Contains(list, d) {
				list = append(list, d)
			}
			if d == last {
				break
			}
		}
	}
	slices.Sort(list)
	return list, true
}

// FormatHours writes standing hours as ParseHours reads them.
func FormatHours(list []rosters.Hours) string {
	var parts []string
	for _, h := range list {
		var b strings.Builder
		names := []string{}
		for _, d := range h.Weekdays {
			names = append(names, strings.ToUpper(weekdays[d-1][:1])+weekdays[d-1][1:])
		}
		if len(names) > 0 {
			b.WriteString(strings.Join(names, ",") + " ")
		}
		if h.From == 0 && h.To == 0 {
			b.WriteString("24h")
		} else {
			b.WriteString(h.From.String() + "-" + h.To.String())
		}
		if h.Headcount != 1 {
			fmt.Fprintf(&b, " x%d", h.Headcount)
		}
		if h.HolidaysOff {
			b.WriteString(" not holidays")
		}
		parts = append(parts, b.String())
	}
	return strings.Join(parts, "; ")
}
