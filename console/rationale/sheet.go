package rationale

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"guardroom/console/auth"
	"guardroom/console/reports"
	"guardroom/devices"
)

// columns of the table: first what a row is about, then what may be set. Only
// point, kind and the latter are read; the others help those who write.
var (
	about   = []string{"point", "kind", "point_name", "device_name", "area_name", "location"}
	columns = append(slices.Clone(about), Names...)
)

// Export writes the rows that f chooses, with what counts for them now.
func (d *Desk) Export(ctx context.Context, by auth.Operator, f Filter, format reports.Format, to *bytes.Buffer) error {
	rows, err := d.List(ctx, by, f)
	if err != nil {
		return err
	}
	sheet := reports.Sheet{Name: "Rationalisation " + f.Station, Head: columns}
	for _, r := range rows {
		line := []any{string(r.Point), string(r.Kind), r.PointName, r.DeviceName, r.AreaName, r.Location}
		for _, name := range Names {
			if n, err := strconv.Atoi(r.text(name)); err == nil {
				line = append(line, n)
			} else {
				line = append(line, r.text(name))
			}
		}
		sheet.Rows = append(sheet.Rows, line)
	}
	return reports.Write(to, format, sheet)
}

// RationaleImport says what an import does or would do.
type RationaleImport struct {
	Rows    int              `json:"rows"`    // of the file, without the head
	Changed int              `json:"changed"` // rows that differ from what counts now
	DryRun  bool             `json:"dry_run"`
	Applied bool             `json:"applied"`
	Faults  []RationaleFault `json:"faults"`  // at most 200
	Changes []RationalePlan  `json:"changes"` // at most 200
}

// RationalePlan is one change of an import.
type RationalePlan struct {
	Row   int               `json:"row"`
	Point devices.PointID   `json:"point"`
	Kind  devices.Kind      `json:"kind"`
	Was   map[string]string `json:"was"`
	Now   map[string]string `json:"now"`
}

const mostTold = 200

// Import reads a table as Export writes it. A column that is missing is left
// alone; a cell that says what counts already changes nothing; an empty cell
// takes away what the station had set. With any fault, or as a dry run, nothing
// is written; else everything.
func (d *Desk) Import(ctx context.Context, by auth.Operator, station string, data []byte, dryRun bool) (RationaleImport, error) {
	if err := by.May(auth.AlarmsRationalise, station); err != nil {
		return RationaleImport{}, err
	}
	rows, err := reports.Read(data)
	if err != nil {
		return RationaleImport{}, err
	}
	if len(rows) < 2 {
		return RationaleImport{}, &InvalidError{"file", "has no rows below its head"}
	}
	head, err := headOf(rows[0])
	if err != nil {
		return RationaleImport{}, err
	}
	report := RationaleImport{Rows: len(rows) - 1, DryRun: dryRun, Faults: []RationaleFault{}, Changes: []RationalePlan{}}
	if report.Rows > MostChanges*4 {
		return RationaleImport{}, &InvalidError{"file", fmt.Sprintf("more than %d rows", MostChanges*4)}
	}
	changes, numbers, faults, err := d.changes(ctx, station, rows[1:], head)
	if err != nil {
		return RationaleImport{}, err
	}
	steps, more, err := d.steps(ctx, station, changes, numbers)
	if err != nil {
		return RationaleImport{}, err
	}
	faults = append(faults, more...)
	slices.SortStableFunc(faults, func(a, b RationaleFault) int { return a.Row - b.Row })
	report.Changed = len(steps)
	report.Faults = append(report.Faults, faults[:min(len(faults), mostTold)]...)
	at := map[Key]int{}
	for i, c := range changes {
		at[c.Key] = numbers[i]
	}
	for _, s := range steps[:min(len(steps), mostTold)] {
		was, now := s.Differences()
		report.Changes = append(report.Changes, RationalePlan{Row: at[s.Key], Point: s.Key.Point, Kind: s.Key.Kind, Was: was, Now: now})
	}
	if dryRun || len(faults) > 0 {
		return report, nil
	}
	if err := d.write(ctx, by, station, steps, "rationale.import"); err != nil {
		return RationaleImport{}, err
	}
	report.Applied = true
	return report, nil
}

// headOf finds the columns by name.
func headOf(row reports.Row) (map[string]int, error) {
	head := map[string]int{}
	for i, name := range row.Cells {
		name = strings.ToLower(strings.TrimSpace(name))
		switch _, twice := head[name]; {
		case name == "":
			continue
		case twice:
			return nil, &InvalidError{"file", fmt.Sprintf("row %d: the column %q comes twice", row.Number, name)}
		case !slices.Contains(columns, name):
			return nil, &InvalidError{"file", fmt.Sprintf("row %d: there is no column %.64q; the columns are %s", row.Number, name, strings.Join(columns, ", "))}
		}
		head[name] = i
	}
	for _, needed := range []string{"point", "kind"} {
		if _, ok := head[needed]; !ok {
			return nil, &InvalidError{"file", fmt.Sprintf("row %d: the column %s is missing", row.Number, needed)}
		}
	}
	return head, nil
}

// changes reads rows as changes against what counts now.
func (d *Desk) changes(ctx context.Context, station string, rows []reports.Row, head map[string]int) ([]Change, []int, []RationaleFault, error) {
	present, err := d.rows(ctx, Filter{Station: station})
	if err != nil {
		return nil, nil, nil, err
	}
	now := map[Key]RationaleRow{}
	for _, r := range present {
		now[Key{r.Point, r.Kind}] = r
	}
	var changes []Change
	var numbers []int
	var faults []RationaleFault
	for _, row := range rows {
		cell := func(name string) (string, bool) {
			i, ok := head[name]
			if !ok {
				return "", false
			}
			if i >= len(row.Cells) {
				return "", true
			}
			return row.Cells[i], true
		}
		point, _ := cell("point")
		kind, _ := cell("kind")
		c, err := read(Key{devices.PointID(point), devices.Kind(kind)}, now[Key{devices.PointID(point), devices.Kind(kind)}], cell)
		var invalid *InvalidError
		if errors.As(err, &invalid) {
			faults = append(faults, RationaleFault{Row: row.Number, Point: devices.PointID(point), Kind: devices.Kind(kind), Field: invalid.Field, Reason: invalid.Reason})
			continue
		}
		changes, numbers = append(changes, c), append(numbers, row.Number)
	}
	return changes, numbers, faults, nil
}

// read is one row as a change of what differs from now.
func read(k Key, now RationaleRow, cell func(name string) (string, bool)) (Change, error) {
	c := Change{Key: k, Version: -1}
	for _, name := range Names {
		value, there := cell(name)
		if !there || value == now.text(name) || value == "" && !slices.Contains(now.Own, name) {
			continue
		}
		if err := c.put(name, value); err != nil {
			return c, err
		}
	}
	return c, nil
}

// put sets a field from its text; empty unsets it.
func (c *Change) put(name, value string) error {
	texts := map[string]**string{"cause": &c.Cause, "consequence": &c.Consequence, "response": &c.Response, "procedure": &c.Procedure}
	numbers := map[string]**int{"priority": &c.Priority, "respond_within": &c.RespondWithin, "finish_within": &c.FinishWithin,
		"on_delay_ms": &c.OnDelayMS, "off_delay_ms": &c.OffDelayMS}
	if to, ok := texts[name]; ok {
		*to = &value
		return nil
	}
	if to, ok := numbers[name]; ok {
		n := 0
		if value != "" {
			var err error
			if n, err = strconv.Atoi(strings.TrimSuffix(value, ".0")); err != nil {
				return &InvalidError{name, fmt.Sprintf("%.64q is no whole number", value)}
			}
		}
		*to = &n
		return nil
	}
	cameras := strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(",; \n", r) })
	if cameras == nil {
		cameras = []string{}
	}
	c.Cameras = &cameras
	return nil
}
