package store_test

import (
	"errors"
	"testing"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/cameras"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
)

func cameraEntry(action string) audit.Entry {
	return audit.By(auth.System(), "hq", action, "camera:g1.C-01", nil)
}

func TestWhoWatchedIsRecordedOnce(t *testing.T) {
	t.Parallel()
	db := storetest.Open(t)
	s := store.Cameras{DB: db}
	at := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	view := func(id string) cameras.ViewRecord {
		return cameras.ViewRecord{ID: id, Station: "hq", Camera: "g1.C-01", Stream: "main", Kind: "live", By: auth.Operator{ID: "u1", Name: "Olive", Address: "10.0.0.9"}, From: at}
	}
	ended := view("v1")
	ended.To, ended.Why = at.Add(time.Minute), "left"
	if err := s.Views(t.Context(), []cameras.ViewRecord{view("v1"), view("v2")}, nil, at, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Views(t.Context(), []cameras.ViewRecord{view("v2")}, []string{"v1", "v2"}, at.Add(30*time.Second), []cameras.ViewRecord{ended}); err != nil {
		t.Fatal(err)
	}
	if err := s.Views(t.Context(), nil, []string{"v2"}, at.Add(45*time.Second), nil); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing
		if err := s.CloseViews(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	found, err := store.Audit{DB: db}.List(t.Context(), audit.Query{Filter: audit.Filter{Limit: 100}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range found.Items {
		if e.Action == "camera.watch" {
			got[e.Params["why"]] += e.Params["to"] + e.Name
		}
	}
	if len(got) != 2 || got["left"] != "2030-06-01T12:01:00ZOlive" || got["stopped"] != "2030-06-01T12:00:45ZOlive" {
		t.Errorf("the record: %v", got)
	}
}

func TestCameraSettingsAreVersioned(t *testing.T) {
	t.Parallel()
	s := store.Cameras{DB: storetest.Open(t)}
	one := cameras.CameraSettings{Camera: "g1.C-01", Station: "hq", Deny: []string{"role:officer"}, RetentionHours: 72}
	saved, err := s.SaveSettings(t.Context(), one, cameraEntry("camera.settings"))
	if err != nil || saved.Version != 1 {
		t.Fatalf("%+v %v", saved, err)
	}
	var stale *cameras.StaleError
	if _, err := s.SaveSettings(t.Context(), one, cameraEntry("camera.settings")); !errors.As(err, &stale) || stale.Version != 1 {
		t.Errorf("saved over what was not seen: %v", err)
	}
	all, err := s.AllSettings(t.Context())
	if got := all["g1.C-01"]; err != nil || got.Station != "hq" || got.RetentionHours != 72 || len(got.Deny) != 1 || got.Version != 1 {
		t.Errorf("%+v %v", all, err)
	}
}

func TestMarksAndTheirLocks(t *testing.T) {
	t.Parallel()
	s := store.Cameras{DB: storetest.Open(t)}
	at := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	mark := func(id string, lock bool) cameras.CameraBookmark {
		b := cameras.CameraBookmark{ID: id, Camera: "g1.C-01", Station: "hq", From: at, To: at.Add(time.Minute), Lock: lock, By: "u1", ByName: "Olive", At: at}
		if lock {
			b.Locked = "asked"
		}
		return b
	}
	for _, b := range []cameras.CameraBookmark{mark("b1", false), mark("b2", true)} {
		if err := s.AddBookmark(t.Context(), b, cameraEntry("camera.bookmark")); err != nil {
			t.Fatal(err)
		}
	}
	locks := func(want ...string) {
		t.Helper()
		open, err := s.OpenLocks(t.Context())
		if err != nil || len(open) != len(want) {
			t.Fatalf("open locks %+v %v, want %v", open, err, want)
		}
		for i, b := range open {
			if b.ID+" "+b.Locked != want[i] {
				t.Errorf("open lock %s %s, want %s", b.ID, b.Locked, want[i])
			}
		}
	}
	locks("b2 asked")
	if err := s.SetLocked(t.Context(), "b2", "held"); err != nil {
		t.Fatal(err)
	}
	locks()
	for _, id := range []string{"b1", "b2"} {
		if err := s.RemoveBookmark(t.Context(), id, cameraEntry("camera.unmark")); err != nil {
			t.Fatal(err)
		}
		if err := s.RemoveBookmark(t.Context(), id, cameraEntry("camera.unmark")); !errors.Is(err, cameras.ErrNotFound) {
			t.Errorf("%s was removed twice: %v", id, err)
		}
	}
	locks("b2 releasing")
	if list, err := s.Bookmarks(t.Context(), "g1.C-01", time.Time{}, time.Time{}); err != nil || len(list) != 0 {
		t.Errorf("marks %+v %v", list, err)
	}
	if err := s.SetLocked(t.Context(), "b2", ""); err != nil {
		t.Fatal(err)
	}
	locks()
}

func TestClipsAndWalls(t *testing.T) {
	t.Parallel()
	s := store.Cameras{DB: storetest.Open(t)}
	at := time.Date(2030, 6, 1, 12, 0, 0, 0, time.UTC)
	clip := cameras.CameraExport{ID: "e1", Camera: "g1.C-01", Station: "hq", From: at, To: at.Add(time.Minute), Why: "police", State: "preparing", At: at, Until: at.Add(time.Hour)}
	if err := s.AddExport(t.Context(), clip, cameraEntry("camera.export")); err != nil {
		t.Fatal(err)
	}
	if left, err := s.PreparingExports(t.Context()); err != nil || len(left) != 1 {
		t.Fatalf("%+v %v", left, err)
	}
	clip.State, clip.SHA256 = "ready", "abc"
	for range 2 {
		if err := s.SettleExport(t.Context(), clip, cameraEntry("camera.export_ready")); err != nil {
			t.Fatal(err)
		}
	}
	if due, err := s.OverdueExports(t.Context(), at.Add(2*time.Hour)); err != nil || len(due) != 1 {
		t.Fatalf("%+v %v", due, err)
	}
	if got, err := s.FindExport(t.Context(), "e1"); err != nil || got.State != "removed" || got.SHA256 != "abc" {
		t.Errorf("%+v %v", got, err)
	}
	wall := cameras.VideoWall{ID: "w1", Station: "hq", Owner: "u1", ByName: "Olive", Name: "Gates", Tiles: 4, Cameras: []cameras.WallTile{{Tile: 0, Camera: "g1.C-01"}, {Tile: 1, Follow: true}}}
	saved, err := s.SaveWall(t.Context(), wall, cameraEntry("wall.add"))
	if err != nil || saved.Version != 1 {
		t.Fatalf("%+v %v", saved, err)
	}
	for who, want := range map[string]int{"u1": 1, "u2": 0} {
		if list, err := s.Walls(t.Context(), []string{"hq"}, who); err != nil || len(list) != want {
			t.Errorf("%s has %+v %v", who, list, err)
		}
	}
	saved.Shared = true
	if saved, err = s.SaveWall(t.Context(), saved, cameraEntry("wall.change")); err != nil || saved.Version != 2 {
		t.Fatalf("%+v %v", saved, err)
	}
	if list, err := s.Walls(t.Context(), nil, "u2"); err != nil || len(list) != 1 || len(list[0].Cameras) != 2 || !list[0].Cameras[1].Follow {
		t.Errorf("%+v %v", list, err)
	}
	var stale *cameras.StaleError
	if err := s.RemoveWall(t.Context(), "w1", 1, cameraEntry("wall.remove")); !errors.As(err, &stale) {
		t.Errorf("removed what was not seen: %v", err)
	}
	if err := s.RemoveWall(t.Context(), "w1", 2, cameraEntry("wall.remove")); err != nil {
		t.Error(err)
	}
	if _, err := s.FindWall(t.Context(), "w1"); !errors.Is(err, cameras.ErrNotFound) {
		t.Errorf("it is still there: %v", err)
	}
}
