package replay

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/console/auth"
)

// mostRows bounds one table.
const mostRows = 200_000

// CSV writes what s finds in view "point", "person" or "text", as comma-separated
// values with a heading, in the order of the view. Nothing is dropped from the
// journal meanwhile.
func (d *Desk) CSV(ctx context.Context, by auth.Operator, view string, s Search, to io.Writer) error {
	find, known := map[string]func(context.Context, auth.Operator, Search) (Page, error){"point": d.Point, "person": d.Person, "text": d.Text}[view]
	if !known {
		return invalidView(view)
	}
	s.Limit, s.Cursor = 1000, ""
	page, err := find(ctx, by, s) // before the first byte: it may be refused
	if err != nil {
		return err
	}
	return d.Store.During(ctx, func(ctx context.Context) error {
		w := csv.NewWriter(to)
		if err := w.Write(heading); err != nil {
			return err
		}
		for n := 0; ; {
			for _, f := range page.Items {
				if err := w.Write(f.cells()); err != nil {
					return err
				}
			}
			n += len(page.Items)
			if w.Flush(); w.Error() != nil || page.Next == "" || n >= mostRows {
				return w.Error()
			}
			s.Cursor = page.Next
			if page, err = find(ctx, by, s); err != nil {
				return err
			}
		}
	})
}

var heading = []string{"received", "station", "what", "point_or_subject", "kind_or_action", "active", "state", "text", "who", "detail",
	"occurred", "observed", "clock", "historical", "demo", "id"}

func (f *Found) cells() []string {
	var cells []string
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
	if l := f.Signal; l != nil {
		cells = []string{stamp(l.Received), l.Station, "signal", string(l.Point), string(l.Kind), strconv.FormatBool(l.Active), l.State, l.Text, "",
			listed(l.Detail), stamp(l.Occurred), stamp(l.Observed), string(l.Clock), strconv.FormatBool(l.Historical), strconv.FormatBool(l.Demo), strconv.FormatInt(l.ID, 10)}
	} else if a := f.Act; a != nil {
		cells = []string{stamp(a.At), a.Station, "act", a.Subject, a.Action, "", "", "", a.ActorName, listed(a.Params),
			"", "", "", "", "", strconv.FormatInt(a.Change, 10) + "." + strconv.Itoa(a.Index)}
	}
	for i, c := range cells { // a sheet program must not run it as a formula
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	return cells
}

func listed(params map[string]string) string {
	keys := make([]string, 0, len(params))
	for k := range params {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var b strings.Builder
	for i, k := range keys {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(k + "=" + params[k])
	}
	return b.String()
}
