package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/console/jobs"
)

// A worker goes on while there is more, rests when there is not, begins anew after
// an error, complains of many as of one, and ends with its context.
func TestFollow(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	type result struct {
		more bool
		err  error
	}
	broken := errors.New("broken")
	script := []result{{true, nil}, {true, nil}, {false, nil}, {true, broken}, {false, broken}, {true, nil}, {false, nil}, {false, broken}}
	now := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	wake := make(chan struct{}, 1)
	var said []string
	at := 0
	jobs.Worker{
		Step: func(context.Context) (bool, error) {
			if at == len(script) {
				cancel()
				return true, broken // of a context that has ended nobody is told
			}
			r := script[at]
			at++
			said = append(said, fmt.Sprint("step ", at))
			if !r.more || r.err != nil {
				select {
				case wake <- struct{}{}:
				default:
				}
			}
			if at == len(script) {
				now = now.Add(11 * time.Second)
			}
			return r.more, r.err
		},
		Every: time.Hour, Wake: wake,
		Woken:    func() { said = append(said, "woken") },
		Failed:   func() { said = append(said, "failed") },
		Complain: func(err error) { said = append(said, err.Error()) },
		Now:      func() time.Time { return now },
	}.Follow(ctx)
	want := []string{
		"step 1", "step 2", "step 3", "woken", "step 4", "failed", "broken", "woken", "step 5", "failed", "woken", "step 6", "step 7", "woken",
		"step 8", "failed", "broken", "woken",
	}
	if !slices.Equal(said, want) {
		t.Errorf("%s\nwant %s", strings.Join(said, ", "), strings.Join(want, ", "))
	}
}

// Without a wake it works at its own pace.
func TestFollowTicks(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps := 0
	jobs.Worker{Every: time.Millisecond, Step: func(context.Context) (bool, error) {
		if steps++; steps == 3 {
			cancel()
		}
		return false, nil
	}}.Follow(ctx)
	if steps != 3 {
		t.Errorf("%d steps", steps)
	}
}
