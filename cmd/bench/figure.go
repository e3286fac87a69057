package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// figure is one line of the table.
type figure struct {
	Measurement string  `json:"measurement"`
	Name        string  `json:"name"`
	Value       float64 `json:"value"`
	Unit        string  `json:"unit"`
	Mark        *mark   `json:"mark,omitempty"`
	Missed      bool    `json:"missed"`
	Bare        float64 `json:"bare,omitempty"`  // what the bare pipeline did; 0 when it has no such figure
	Ratio       float64 `json:"ratio,omitempty"` // Value / Bare
	// Load is the load average of the last minute, and Others the processor cores
	// that programs of somebody else used meanwhile.
	Load   float64 `json:"load"`
	Others float64 `json:"others"`
	Note   string  `json:"note,omitempty"`
}

// mark is what a figure is held to.
type mark struct {
	Most  bool    `json:"most"` // the figure may not be above Limit; else not below
	Limit float64 `json:"limit"`
	Open  bool    `json:"open"` // the limit itself misses the mark
}

func atLeast(limit float64) *mark { return &mark{Limit: limit} }
func atMost(limit float64) *mark  { return &mark{Limit: limit, Most: true} }
func below(limit float64) *mark   { return &mark{Limit: limit, Most: true, Open: true} }

func (m *mark) missed(value float64) bool {
	switch {
	case m == nil:
		return false
	case m.Open:
		return value >= m.Limit
	case m.Most:
		return value > m.Limit
	}
	return value < m.Limit
}

func (m *mark) String() string {
	sign := "≥"
	switch {
	case m == nil:
		return ""
	case m.Open:
		sign = "<"
	case m.Most:
		sign = "≤"
	}
	return sign + " " + number(m.Limit)
}

// add judges f and keeps it.
func (b *bench) add(measurement string, u usage, list ...figure) {
	for _, f := range list {
		f.Measurement, f.Load, f.Others = measurement, u.load, u.others
		f.Missed = f.Mark.missed(f.Value)
		if f.Bare != 0 {
			f.Ratio = f.Value / f.Bare
		}
		b.figures = append(b.figures, f)
	}
}

func (b *bench) print(out io.Writer) error {
	about := aboutMachine()
	if b.o.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(map[string]any{"at": time.Now().UTC(), "machine": about, "figures": b.figures})
	}
	fmt.Fprintf(out, "\nGuardroom bench, %s. %s\n", time.Now().UTC().Format("2006-01-02 15:04 UTC"), about)
	fmt.Fprintln(out, "Load generator, databases, brokers and screens share these cores. load: average of the last minute; others: cores that foreign programs used meanwhile.")
	header := []string{"", "", "measured", "mark", "", "bare", "ratio", "load", "others", ""}
	rows := [][]string{header}
	last := ""
	for _, f := range b.figures {
		name := f.Measurement
		if name == last {
			name = ""
		}
		last = f.Measurement
		row := []string{name, f.Name, number(f.Value) + " " + f.Unit, f.Mark.String(), "", "", "", strconv.FormatFloat(f.Load, 'f', 1, 64), strconv.FormatFloat(f.Others, 'f', 2, 64), f.Note}
		if f.Mark != nil {
			row[4] = "met"
		}
		if f.Missed {
			row[4] = "MISSED"
		}
		if f.Bare != 0 {
			row[5], row[6] = number(f.Bare), strconv.FormatFloat(f.Ratio, 'f', 2, 64)
		}
		rows = append(rows, row)
	}
	writeTable(out, rows, []bool{false, false, true, true, false, true, true, true, true, false})
	return nil
}

// writeTable aligns columns; right says which are numbers.
func writeTable(out io.Writer, rows [][]string, right []bool) {
	width := make([]int, len(right))
	for _, row := range rows {
		for i, cell := range row {
			width[i] = max(width[i], len([]rune(cell)))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", width[i]-len([]rune(cell)))
			if right[i] {
				line.WriteString(pad + cell)
			} else {
				line.WriteString(cell + pad)
			}
			line.WriteString("  ")
		}
		fmt.Fprintln(out, strings.TrimRight(line.String(), " "))
	}
}

// number is v with as many digits as it deserves, thousands apart.
func number(v float64) string {
	switch {
	case v >= 1000 || v <= -1000:
		digits := strconv.FormatFloat(v, 'f', 0, 64)
		sign := ""
		if digits[0] == '-' {
			sign, digits = "-", digits[1:]
		}
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + "," + digits[i:]
		}
		return sign + digits
	case v == float64(int64(v)):
		return strconv.FormatInt(int64(v), 10)
	case v >= 10 || v <= -10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}
