package api

import (
	"errors"
	"maps"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/cameras"
	"guardroom/console/commands"
	"guardroom/console/correlation"
	"guardroom/console/doors"
	"guardroom/console/duty"
	"guardroom/console/figures"
	"guardroom/console/fire"
	"guardroom/console/impairments"
	"guardroom/console/notify"
	"guardroom/console/people"
	"guardroom/console/rationale"
	"guardroom/console/replay"
	"guardroom/console/rosters"
	"guardroom/console/sites"
	"guardroom/console/stations"
	"guardroom/console/watch"
)

// staleParams reads what an error knows of the present: the version, and the
// thing itself where the error carries it.
func staleParams(err error) (map[string]any, bool) {
	var version interface{ Stale() int64 }
	var current interface{ Stale() (int, any) }
	switch {
	case errors.As(err, &version):
		return map[string]any{"version": version.Stale()}, true
	case errors.As(err, &current):
		v, thing := current.Stale()
		return map[string]any{"version": v, "current": thing}, true
	}
	return nil, false
}

// conflictOf reads an error that says what stands against a wish: "conflict" or
// "condition", with the reason that screens translate.
func conflictOf(err error) (code string, params map[string]any, ok bool) {
	var conflict interface {
		error
		Conflict() (code string, params map[string]any)
	}
	if !errors.As(err, &conflict) {
		return "", nil, false
	}
	code, told := conflict.Conflict()
	params = maps.Clone(told)
	if params == nil {
		params = map[string]any{}
	}
	if code != codeConflict && code != codeCondition { // the reason alone
		params["reason"], code = code, codeConflict
	}
	return code, params, true
}

func isNotFound(err error) bool {
	for _, known := range []error{fire.ErrNotFound, rationale.ErrNotFound, correlation.ErrNotFound, figures.ErrNotFound, impairments.ErrNotFound, auth.ErrNotFound, stations.ErrNotFound, doors.ErrNotFound, people.ErrNotFound, replay.ErrNotFound, commands.ErrNotFound, alarms.ErrNotFound, watch.ErrNotFound, notify.ErrNotFound, sites.ErrNotFound, cameras.ErrNotFound, rosters.ErrNotFound, duty.ErrNotFound} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
