package impairments

import (
	"context"
	"encoding/csv"
	"io"
	"strings"
	"time"

	"guardroom/console/auth"
)

// mostRows bounds one CSV file.
const mostRows = 100_000

// CSV writes the entries that by may see, newest first, as comma-separated
// values with a heading.
func (d *Desk) CSV(ctx context.Context, by auth.Operator, f Filter, to io.Writer) error {
	f.Limit, f.Cursor = 1000, ""
	w := csv.NewWriter(to)
	for n := 0; n < mostRows; {
		page, err := d.List(ctx, by, f)
		if err != nil {
			return err
		}
		if n == 0 {
			if err := w.Write([]string{"station", "point", "point_name", "location", "zone", "mode", "source", "panel", "reason", "by", "since", "until",
				"watch_due", "watch_last", "ended_at", "ended", "ended_by", "end_reason", "demo"}); err != nil {
				return err
			}
		}
		for _, i := range page.Items {
			if err := w.Write(i.cells()); err != nil {
				return err
			}
		}
		n += len(page.Items) + 1
		if w.Flush(); w.Error() != nil || page.Next == "" {
			return w.Error()
		}
		f.Cursor = page.Next
	}
	return nil
}

// cells are i's columns. A cell that a sheet program would run as a formula is
// kept from doing so.
func (i *Impairment) cells() []string {
	last := ""
	if i.WatchLast != nil {
		last = stamp(&i.WatchLast.At) + " " + i.WatchLast.ByName
	}
	demo := ""
	if i.Demo {
		demo = "DEMO"
	}
	cells := []string{i.Station, string(i.Point), i.PointName, i.Location, i.ZoneName, string(i.Mode), string(i.Source), string(i.Panel), i.Reason, i.ByName,
		stamp(&i.Since), stamp(i.Until), stamp(i.WatchDue), last, stamp(i.EndedAt), string(i.Ended), i.EndedByName, i.EndReason, demo}
	for n, cell := range cells {
		if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
			cells[n] = "'" + cell
		}
	}
	return cells
}

func stamp(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}
