package api

import (
	"errors"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	"guardroom/console/commands"
	"guardroom/console/stations"
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

func isNotFound(err error) bool {
	for _, known := range []error{auth.ErrNotFound, stations.ErrNotFound, commands.ErrNotFound, alarms.ErrNotFound} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}
