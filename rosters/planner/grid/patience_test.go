//go:build !race

package grid

import "time"

// patience is how long a search may go on after the word to stop.
const patience = 100 * time.Millisecond
