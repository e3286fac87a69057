package sheet

import (
	"cmp"
	"maps"
	"slices"
)

// A Memory is what was said of a station's spreadsheet, for the next one that looks
// the same: columns by their headings, which stay when columns move.
type Memory struct {
	Columns    map[string]Field  `json:"columns"` // folded heading -> what the column holds
	Held       map[string]string `json:"held"`    // folded heading -> qualification
	Codes      map[string]string `json:"codes"`
	Officers   map[string]string `json:"officers"`
	MonthFirst bool              `json:"month_first"`
}

// mostRemembered bounds what is remembered of each.
const mostRemembered = 400

// Remember takes from m what is worth to be known the next time.
func Remember(m *Mapping, rows []Row) Memory {
	head := headOf(m, rows)
	heading := func(column int) string {
		if column < 1 || column > len(head) {
			return ""
		}
		return clip(fold(tidy(head[column-1])))
	}
	mem := Memory{Columns: map[string]Field{}, Held: map[string]string{}, Codes: few(m.Codes), Officers: few(m.Officers), MonthFirst: m.MonthFirst}
	for _, f := range slices.Sorted(maps.Keys(m.Columns)) {
		if h := heading(m.Columns[f]); h != "" && len(mem.Columns) < mostRemembered {
			mem.Columns[h] = f
		}
	}
	for _, code := range slices.Sorted(maps.Keys(m.Held)) {
		if h := heading(m.Held[code]); h != "" && len(mem.Held) < mostRemembered {
			mem.Held[h] = code
		}
	}
	return mem
}

func headOf(m *Mapping, rows []Row) []string {
	for _, row := range rows {
		if row.Number == m.Head {
			return row.Cells
		}
	}
	return nil
}

func few(all map[string]string) map[string]string {
	kept := map[string]string{}
	for _, key := range slices.SortedFunc(maps.Keys(all), func(a, b string) int { return cmp.Compare(a, b) }) {
		if len(kept) < mostRemembered && len(key) < 300 && len(all[key]) < 300 {
			kept[key] = all[key]
		}
	}
	return kept
}

// Recall completes a guess by what was said the last time, and reports whether any
// of it was of use. What the rows do not have is left out.
func (m *Mapping) Recall(mem Memory, rows []Row) bool {
	if len(m.Columns)+len(m.Held)+len(m.Days) == 0 {
		m.Head = mem.head(rows)
	}
	used := len(mem.Codes)+len(mem.Officers) > 0
	for k, cell := range headOf(m, rows) {
		h, column := clip(fold(tidy(cell))), k+1
		if h == "" || m.Days[column] != "" {
			continue
		}
		f, field := mem.Columns[h]
		code, held := mem.Held[h]
		if !field && !held {
			continue
		}
		maps.DeleteFunc(m.Columns, func(_ Field, c int) bool { return c == column })
		maps.DeleteFunc(m.Held, func(_ string, c int) bool { return c == column })
		if field {
			m.Columns[f] = column
		} else {
			if m.Held == nil {
				m.Held = map[string]int{}
			}
			m.Held[code] = column
		}
		used = true
	}
	m.Codes, m.Officers = maps.Clone(mem.Codes), maps.Clone(mem.Officers)
	m.MonthFirst = mem.MonthFirst
	return used
}

// head is the row with most of the headings that are remembered; 0: none has any.
func (mem *Memory) head(rows []Row) int {
	best, most := 0, 0
	for i, row := range rows {
		if i == 20 {
			break
		}
		n := 0
		for _, cell := range row.Cells {
			h := clip(fold(tidy(cell)))
			if _, ok := mem.Columns[h]; ok || mem.Held[h] != "" {
				n++
			}
		}
		if n > most {
			best, most = row.Number, n
		}
	}
	return best
}
