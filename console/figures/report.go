package figures

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"time"

	"guardroom/console/auth"
	"guardroom/console/reports"
)

// Report writes the figures of a month as tables.
func (d *Desk) Report(ctx context.Context, by auth.Operator, station, month string, format reports.Format, to *bytes.Buffer) error {
	f, err := d.Month(ctx, by, station, month)
	if err != nil {
		return err
	}
	return reports.Write(to, format, sheets(f, month)...)
}

func sheets(f Figures, month string) []reports.Sheet {
	zone, err := time.LoadLocation(f.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	at := func(t time.Time) string { return t.In(zone).Format("2006-01-02 15:04 MST") }
	round := func(x float64) float64 { return math.Round(x*1000) / 1000 }
	percent := func(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }
	summary := reports.Sheet{Name: "Summary " + month, Head: []string{"figure", "value", "target"}, Rows: [][]any{
		{"station", f.Station, ""}, {"from", at(f.From), ""}, {"to", at(f.To), ""}, {"counted up to", at(f.Upto), ""},
		{"alarms", f.Rate.Total, ""}, {"alarms per 10 min, average", round(f.Rate.Per10), fmt.Sprintf("at most %g, manageable %g", f.Targets.Per10, f.Targets.Per10Most)},
		{"alarms per day, average", round(f.Rate.PerDay), "150, manageable 300"}, {"most in 10 min", f.Rate.Peak10, fmt.Sprintf("at most %d", f.Targets.Peak10)},
		{"most in an hour", f.Rate.PeakHour, 15}, {"most in a minute", f.Rate.PeakMinute, 2}, {"10 min spans with more than 10", percent(f.Rate.Over), "under 1 %"},
		{"time in flood", percent(f.FloodShare), "under 1 %"}, {"floods", len(f.Floods), 0}, {"points that chattered", f.Chattering, 0}, {"fleeting alarms", f.Fleeting, ""},
		{"stale alarms, worst day", f.StaleWorst, fmt.Sprintf("under %d", f.Targets.Stale)}, {"share of the ten worst", percent(f.TopTenShare), "1 to 5 %"},
		{"closed as nuisance or false", percent(f.Unreal), "5 %"}, {"escalated", f.Escalated, ""}, {"not finished in time", f.Overdue, 0},
	}}
	mixed := reports.Sheet{Name: "Priorities", Head: []string{"priority", "alarms", "share", "target"}}
	targets := []string{"5 % with priority 2", "5 % with priority 1", "15 %", "80 %"}
	for i, p := range f.Priorities {
		mixed.Rows = append(mixed.Rows, []any{p.Priority, p.N, percent(p.Share), targets[i]})
	}
	answered := reports.Sheet{Name: "Answers", Head: []string{"priority", "answered", "p50 s", "p90 s", "within 30 or 90 s (80 %)", "within 60 or 180 s (98.5 %)"}}
	for _, a := range f.Answers {
		answered.Rows = append(answered.Rows, []any{a.Priority, a.N, round(a.P50), round(a.P90), percent(a.First), percent(a.Second)})
	}
	actors := reports.Sheet{Name: "Bad actors", Head: []string{"point", "name", "device", "location", "kind", "alarms", "share", "chattering episodes", "fleeting", "proposal"}}
	for _, a := range f.BadActors {
		actors.Rows = append(actors.Rows, []any{string(a.Point), a.PointName, a.DeviceName, a.Location, string(a.Kind), a.N, percent(a.Share), a.Chatter, a.Fleeting, a.Propose})
	}
	how := reports.Sheet{Name: "Closed as", Head: []string{"disposition", "alarms", "share"}}
	for _, c := range f.Closed {
		how.Rows = append(how.Rows, []any{c.Disposition, c.N, percent(c.Share)})
	}
	days := reports.Sheet{Name: "Days", Head: []string{"day", "priority 1", "priority 2", "priority 3", "priority 4"}}
	for _, s := range f.Slots {
		days.Rows = append(days.Rows, []any{s.At.In(zone).Format(time.DateOnly), s.P1, s.P2, s.P3, s.P4})
	}
	floods := reports.Sheet{Name: "Floods", Head: []string{"since", "until", "alarms", "most in 10 min"}}
	for _, p := range f.Floods {
		until := ""
		if p.Ended != nil {
			until = at(*p.Ended)
		}
		floods.Rows = append(floods.Rows, []any{at(p.Since), until, p.Total, p.Peak})
	}
	return []reports.Sheet{summary, mixed, answered, actors, how, days, floods}
}
