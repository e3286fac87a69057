package watch

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noon = time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)

func TestTheWatchStepByStep(t *testing.T) {
	t.Parallel()
	k := DefaultKeeping()
	s := Standing{Station: "hq"}
	for _, step := range []struct {
		name   string
		after  time.Duration // since noon
		manned bool
		key    time.Duration // since noon
		want   State
	}{
		{"nobody yet", 0, false, -time.Hour, Unmanned},
		{"somebody signs in", time.Minute, true, -time.Hour, Kept},
		{"a key now and then", 20 * time.Minute, true, 20 * time.Minute, Kept},
		{"no key for 29 minutes", 49 * time.Minute, true, 20 * time.Minute, Kept},
		{"for 30", 50 * time.Minute, true, 20 * time.Minute, Prompting},
		{"still asked", 51 * time.Minute, true, 20 * time.Minute, Prompting},
		{"answered", 51*time.Minute + time.Second, true, 51*time.Minute + time.Second, Kept},
		{"asked anew", 82 * time.Minute, true, 51*time.Minute + time.Second, Prompting},
		{"the desk is closed while it is asked", 83 * time.Minute, false, 0, Prompting},
		{"it goes up all the same", 84 * time.Minute, false, 0, Missed},
		{"and stays up with nobody there", 3 * time.Hour, false, 0, Missed},
		{"until somebody signs in", 3*time.Hour + time.Second, true, 3*time.Hour + time.Second, Kept},
		{"and leaves", 4 * time.Hour, false, 0, Unmanned},
	} {
		now := noon.Add(step.after)
		var moved bool
		was := s.State
		s, moved = s.Step(k, step.manned, noon.Add(step.key), now)
		if s.State != step.want || moved != (was != step.want) {
			t.Errorf("%s: %s (moved %v), want %s", step.name, s.State, moved, step.want)
		}
		if s.Supervisor != (s.State == Missed) || (s.State == Prompting) && s.PromptAt == nil {
			t.Errorf("%s: %+v", step.name, s)
		}
	}
}

func TestAnEmptyWatchThatMustBeManned(t *testing.T) {
	t.Parallel()
	k := DefaultKeeping()
	k.Staffed = true
	s, _ := Standing{}.Step(k, false, time.Time{}, noon)
	if s, _ = s.Step(k, false, time.Time{}, noon.Add(119*time.Second)); s.State != Unmanned {
		t.Errorf("before two minutes: %s", s.State)
	}
	if s, _ = s.Step(k, false, time.Time{}, noon.Add(120*time.Second)); s.State != Missed || s.PromptAt != nil {
		t.Errorf("after two minutes: %+v", s)
	}
}

// Whatever happens: a desk that is manned and silent is asked after the idle time
// and goes up after the answer time; a key is never answered by going up.
func TestNoSilenceIsOverlooked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		k := Keeping{Prompt: true, IdleMinutes: rapid.IntRange(1, 60).Draw(t, "idle"), AnswerMinutes: rapid.IntRange(1, 10).Draw(t, "answer")}
		s, now, key := Standing{}, noon, noon
		silent := noon // since when nobody pressed a key at a manned desk
		for range rapid.IntRange(1, 200).Draw(t, "beats") {
			now = now.Add(time.Duration(rapid.IntRange(1, 120).Draw(t, "seconds")) * time.Second)
			pressed := rapid.IntRange(0, 9).Draw(t, "key") == 0
			if pressed {
				key, silent = now, now
			}
			before := s
			s, _ = s.Step(k, true, key, now)
			if before.State == "" || before.State == Unmanned {
				silent = now
			}
			if pressed && s.State != Kept {
				t.Fatalf("a key was pressed, and the watch is %s", s.State)
			}
			if quiet := now.Sub(silent); quiet >= k.idle() && s.State == Kept && before.State == Kept {
				t.Fatalf("silent for %s and still kept", quiet)
			}
			if before.State == Prompting && now.Sub(*before.PromptAt) >= k.answer() && !pressed && s.State != Missed {
				t.Fatalf("asked for %s and %s", now.Sub(*before.PromptAt), s.State)
			}
		}
	})
}
