//go:build !race

package gateway

import "time"

const raceAllowance time.Duration = 0
