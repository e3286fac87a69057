package video

import (
	"testing"
	"time"
)

func TestWhoIsShortOfPicturesIsToldSoWithoutAGap(t *testing.T) {
	t.Parallel()
	began := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	var s scarcity
	if s.lasts(began) {
		t.Error("nothing was left out, yet")
	}
	cuts := []time.Duration{0, 700 * time.Millisecond, 2600 * time.Millisecond, 4500 * time.Millisecond}
	for at := time.Duration(0); at < 10*time.Second; at += 100 * time.Millisecond {
		if len(cuts) > 0 && cuts[0] == at {
			s.note(began.Add(at))
			cuts = cuts[1:]
		}
		if got, want := s.lasts(began.Add(at)), at < 6500*time.Millisecond; got != want {
			t.Fatalf("after %v: %v, want %v", at, got, want)
		}
	}
}

func TestAStrainedMachineIsLessPatient(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	s := strain{behind: behind}
	if s.felt(now) || s.limit(now) != behind {
		t.Errorf("at rest: %v, %v", s.felt(now), s.limit(now))
	}
	s.feel(now)
	s.feel(now.Add(5 * time.Second))
	for after, felt := range map[time.Duration]bool{0: true, feltFor: true, feltFor + 4*time.Second: true, feltFor + 5*time.Second: false} {
		at := now.Add(after)
		if s.felt(at) != felt || (s.limit(at) < behind) != felt {
			t.Errorf("after %v: %v, %v", after, s.felt(at), s.limit(at))
		}
	}
}
