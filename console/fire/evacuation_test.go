package fire

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func asInvalid(err error, to **InvalidError) bool { return errors.As(err, to) }

func testBoard() Evacuation {
	n := 0
	e, _ := Start(Evacuation{ID: "e", Station: "hq", BuildingName: "Block S"}, []Level{{"l0", "Level 0"}, {"l1", "Level 1"}}, []string{"Lawn"},
		func() string { n++; return fmt.Sprint(n) }, Who{By: "u", Name: "Olive", At: noon})
	return e
}

// desk is one of several that work on a board; it sees what it last looked at.
type wardenDesk struct {
	name string
	seen Evacuation
}

// Two desks that write without looking never undo what they have not seen, and
// every change is a line of the log.
func TestNothingIsOverwrittenUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		board := testBoard()
		lines := 1
		model := map[string]string{} // floor -> who wrote it last, and what
		desks := []*wardenDesk{{"a", board.Clone()}, {"b", board.Clone()}}
		states := []FloorState{FloorOpen, FloorSwept, FloorNotSwept, FloorNotReached}
		now := noon
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			now = now.Add(time.Second)
			d := desks[rapid.IntRange(0, 1).Draw(t, "desk")]
			who := Who{By: d.name, Name: d.name, At: now}
			if rapid.IntRange(0, 3).Draw(t, "look") == 0 {
				d.seen = board.Clone()
				continue
			}
			n := rapid.IntRange(0, 1).Draw(t, "floor")
			state := rapid.SampledFrom(states).Draw(t, "state")
			line, err := board.SetFloor(board.Floors[n].ID, FloorChange{Version: d.seen.Floors[n].Version, State: state, Warden: d.name}, who)
			key := board.Floors[n].ID
			if fresh := d.seen.Floors[n].Version == board.Floors[n].Version; err == nil {
				lines++
				model[key] = d.name + string(state)
				if line.N != lines || line.ByName != d.name || line.Params["floor"] != board.Floors[n].Name {
					t.Fatalf("line %+v after %d", line, lines)
				}
				d.seen = board.Clone()
			} else {
				var stale *StaleError
				if fresh || !errors.As(err, &stale) || stale.Current.(Floor).Version != board.Floors[n].Version {
					t.Fatalf("fresh %v: %v", fresh, err)
				}
			}
			if want, written := model[key]; written && board.Floors[n].Warden+string(board.Floors[n].State) != want {
				t.Fatalf("%s was overwritten: %+v, want %s", key, board.Floors[n], want)
			}
		}
		if board.Lines != lines {
			t.Fatalf("%d lines, want %d", board.Lines, lines)
		}
	})
}

func TestBoardRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	who := Who{By: "u", Name: "Olive", At: noon.Add(time.Minute)}
	count := -1
	for _, tc := range []struct {
		name string
		do   func(e *Evacuation) error
	}{
		{"no such floor", func(e *Evacuation) error {
			_, err := e.SetFloor("l9", FloorChange{Version: 1, State: FloorSwept}, who)
			return err
		}},
		{"no such state", func(e *Evacuation) error {
			_, err := e.SetFloor("l0", FloorChange{Version: 1, State: "clean"}, who)
			return err
		}},
		{"nobody missing", func(e *Evacuation) error { _, err := e.AddPerson("p", PersonChange{Kind: Missing}, who); return err }},
		{"no such kind", func(e *Evacuation) error {
			_, err := e.AddPerson("p", PersonChange{Kind: "lost", Name: "A"}, who)
			return err
		}},
		{"fewer than none", func(e *Evacuation) error {
			_, err := e.SetAssembly("1", AssemblyChange{Version: 1, Count: &count}, who)
			return err
		}},
		{"assembly twice", func(e *Evacuation) error { _, err := e.AddAssembly("2", "Lawn", who); return err }},
		{"no such step", func(e *Evacuation) error {
			_, err := e.SetService(ServiceChange{Version: 1, Step: "left"}, who)
			return err
		}},
		{"called tomorrow", func(e *Evacuation) error {
			_, err := e.SetService(ServiceChange{Version: 1, Step: Called, At: noon.Add(24 * time.Hour)}, who)
			return err
		}},
		{"an empty line", func(e *Evacuation) error { _, err := e.Note(" \n ", who); return err }},
		{"closed without a summary", func(e *Evacuation) error { _, err := e.Close(1, "", who); return err }},
		{"closed unseen", func(e *Evacuation) error { _, err := e.Close(7, "done", who); return err }},
	} {
		e := testBoard()
		before, _ := json.Marshal(e)
		if err := tc.do(&e); err == nil {
			t.Errorf("%s was taken", tc.name)
		}
		if after, _ := json.Marshal(e); string(after) != string(before) {
			t.Errorf("%s changed the board:\n%s\n%s", tc.name, before, after)
		}
	}
}

func TestUndoLeavesATrace(t *testing.T) {
	t.Parallel()
	e := testBoard()
	at := func(n int) Who { return Who{By: "u", Name: "Olive", At: noon.Add(time.Duration(n) * time.Second)} }
	if _, err := e.SetFloor("l0", FloorChange{Version: 1, State: FloorSwept, Warden: "Bo"}, at(1)); err != nil {
		t.Fatal(err)
	}
	line, err := e.SetFloor("l0", FloorChange{Version: 2, State: FloorOpen}, at(2))
	if err != nil || line.What != "floor_undone" || line.Params["was"] != "swept" || line.Params["was_warden"] != "Bo" {
		t.Errorf("%+v %v", line, err)
	}
	if _, err := e.SetService(ServiceChange{Version: 1, Step: Called}, at(3)); err != nil {
		t.Fatal(err)
	}
	line, err = e.SetService(ServiceChange{Version: 2, Step: Called, Undo: true}, at(4))
	if err != nil || line.What != "service_undone" || line.Params["was"] == "" || e.Service.Called != nil {
		t.Errorf("%+v %v", line, err)
	}
	line, err = e.Close(e.Version, "all out", at(5))
	if err != nil || line.Params["floors_open"] != "2" || e.Running {
		t.Errorf("%+v %v", line, err)
	}
	if _, err := e.Note("more", at(6)); err == nil {
		t.Error("a closed board took a line")
	}
}
