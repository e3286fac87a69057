package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
)

// A request that its sender cancelled is nobody's trouble: it is noted where
// somebody looks for it, and not as a database that is away.
func TestACancelledRequestIsNoFailure(t *testing.T) {
	t.Parallel()
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	away := errors.New("connection reset")
	for _, tc := range []struct {
		name   string
		ctx    context.Context
		err    error
		status int
		level  string
	}{
		{"the sender hung up", gone, fmt.Errorf("list alarms: %w", context.Canceled), 499, "DEBUG"},
		{"its connection was cut with it", gone, away, 499, "DEBUG"},
		{"it hung up, and we are wrong besides", gone, errors.New("nil map"), http.StatusInternalServerError, "ERROR"},
		{"too slow", t.Context(), context.DeadlineExceeded, http.StatusServiceUnavailable, "WARN"},
		{"the database is away", t.Context(), away, http.StatusServiceUnavailable, "WARN"},
	} {
		var log bytes.Buffer
		s := &Server{o: Options{
			Log:         slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Unavailable: func(err error) bool { return errors.Is(err, away) },
		}}
		p := s.problem(tc.ctx, tc.err)
		if p.Status != tc.status || p.Title == "" || !strings.Contains(log.String(), "level="+tc.level) {
			t.Errorf("%s: %+v, log %s", tc.name, p, log.String())
		}
	}
}

// The address of a calendar is its key: the log keeps neither it nor a part of it.
func TestTheLogKeepsNoKeyOfACalendar(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		base + "/calendars/hq/c2VjcmV0": base + "/calendars/hq/…",
		base + "/calendars/hq/a/b":      base + "/calendars/hq/…",
		base + "/alarms/a1":             base + "/alarms/a1",
	} {
		if got := logged(path); got != want {
			t.Errorf("%s is logged as %s", path, got)
		}
	}
}
