//go:build race

package gateway

import "time"

// raceAllowance is for the race detector's slowness.
const raceAllowance = time.Second
