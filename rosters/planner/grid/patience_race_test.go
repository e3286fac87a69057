//go:build race

package grid

import "time"

// patience is how long a search may go on after the word to stop; the race detector
// makes it ten times slower.
const patience = time.Second
