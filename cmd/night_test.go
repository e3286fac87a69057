package cmd_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
	"guardroom/gateway/spool"
	"guardroom/simulators/door"
	"guardroom/simulators/modbusd"
)

// The stories of a night that need the programs themselves: a gateway that was
// away for long, and a console that dies in the middle.

// away is how long the gateway of the first story stood alone.
const away = 13 * time.Hour

// TestThirteenHoursAway brings a gateway back that saw a night without the
// console: what is over by then is on record as it happened, once for each point,
// marked late and carried up to nobody; what still burns asks at once.
func TestThirteenHoursAway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	e := h.newEdge("gw-away")
	panel, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { panel.Close() })
	// Zone 5 still burns.
	for zone, word := range map[int]uint16{zones: 0, 5: 1} {
		if err := panel.Set(1, modbusd.Input, uint16(zone-1), word); err != nil {
			t.Fatal(err)
		}
	}
	e.device("panel-1", "test/storm", panel.Addr())
	zone := func(n int) devices.PointID { return devices.MakePointID(e.id, "panel-1", fmt.Sprintf("zone%d", n)) }
	left := time.Now().Add(-away).UTC().Truncate(time.Millisecond)
	said := fillNight(t, e, left, zone)
	screen := h.watch(t)
	e.start()
	e.settle(60 * time.Second)

	// Each signal once, in order, with its own time, and as no news.
	lines := h.journal(e.id)
	late := slices.DeleteFunc(slices.Clone(lines), func(l line) bool { return !l.Historical })
	if len(late) != len(said) {
		t.Fatalf("%d historical signals in the journal, want %d", len(late), len(said))
	}
	for i, l := range late {
		if want := said[i]; l.Point != want.Point || l.Active != want.Active || !l.Observed.Equal(want.Observed) {
			t.Fatalf("signal %d is %s %t at %s, want %s %t at %s", i+1, l.Point, l.Active, l.Observed, want.Point, want.Active, want.Observed)
		}
	}

	carried := all[struct {
		alarm
		Escalation *struct{} `json:"escalation"`
	}](h, "/alarms?suppressed=true")
	seen := map[devices.PointID]int{}
	for _, a := range carried {
		if a.Kind != devices.FireAlarm {
			continue
		}
		seen[a.Point]++
		burns := a.Point == zone(5)
		switch {
		case a.active() != burns:
			t.Errorf("the alarm of %s is %s", a.Point, a.State)
		case !burns && (!a.Late || a.Escalation != nil):
			t.Errorf("what was over long ago is news: %+v", a)
		}
		if a.RaisedAt.After(left.Add(away / 2)) {
			t.Errorf("the alarm of %s is of %s, and began in the night", a.Point, a.RaisedAt)
		}
	}
	if seen[zone(1)] != 1 || seen[zone(3)] != 1 || seen[zone(5)] != 1 || len(seen) != 3 {
		t.Errorf("alarms by point: %v; want one for each of three", seen)
	}
	if a := h.waitAlarm(t, zone(3), func(alarm) bool { return true }); a.Count != chatter {
		t.Errorf("the chattering contact counts %d, want %d", a.Count, chatter)
	}
	screen.mu.Lock()
	defer screen.mu.Unlock()
	for _, s := range screen.shown {
		if s.Kind == devices.FireAlarm && !s.Late && s.Point != zone(5) {
			t.Errorf("a screen was shown %s as if it were news", s.Point)
		}
	}
}

// chatter is how often the contact of zone 3 closed in the night.
const chatter = 200

// fillNight makes what a gateway kept: a fire of zone 1 that was put out, a
// contact of zone 3 that chatters, and a fire of zone 5 that nobody put out.
func fillNight(t testing.TB, e *edge, left time.Time, zone func(int) devices.PointID) []devices.Signal {
	t.Helper()
	var all []devices.Signal
	say := func(n int, active bool, after time.Duration) {
		state := "normal"
		if active {
			state = "fire"
		}
		at := left.Add(after)
		all = append(all, devices.Signal{Point: zone(n), Kind: devices.FireAlarm, Active: active, State: state, Occurred: at, Observed: at, Clock: devices.Synced})
	}
	say(1, true, time.Minute)
	say(1, false, time.Hour)
	for i := range chatter {
		say(3, true, time.Hour+time.Duration(i+1)*time.Minute)
		say(3, false, time.Hour+time.Duration(i+1)*time.Minute+10*time.Second)
	}
	say(5, true, 5*time.Hour)
	s, err := spool.Open(filepath.Join(e.dir, "data", "spool"), spool.Options{Gateway: e.id, GroupWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	for batch := range slices.Chunk(all, spool.MaxAppend) {
		if _, err := s.Append(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestRestartInTheMiddle kills the console while an alarm is shelved, one has an
// owner, one has gone up, doors are held, a pre-alarm is looked into and a
// building is evacuated: all of it stands the same afterwards.
func TestRestartInTheMiddle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	doors := h.heldDoor(t)
	e := h.newEdge("gw-night")
	h.panel(t, e.speak(t))
	point := func(n int) devices.PointID { return devices.MakePointID(e.id, "panel-1", fmt.Sprintf("det%d", n)) }
	shelved := h.waitAlarm(t, point(1), func(alarm) bool { return true })
	owned := h.waitAlarm(t, point(2), func(alarm) bool { return true })
	risen := h.waitAlarm(t, point(3), func(alarm) bool { return true })

	h.must(200, http.MethodPost, "/api/v1/alarms/"+shelved.ID+"/shelve", map[string]any{"version": shelved.Version, "reason": "painters", "minutes": 60}, nil)
	h.must(200, http.MethodPost, "/api/v1/alarms/"+owned.ID+"/respond", map[string]any{"version": owned.Version}, nil)
	var board, held struct {
		ID string `json:"id"`
	}
	h.must(201, http.MethodPost, "/api/v1/fire/evacuations", map[string]any{"station": station, "building_name": "Block S", "reason": "smoke"}, &board)
	h.must(200, http.MethodPost, "/api/v1/fire/evacuations/"+board.ID+"/people", map[string]any{"kind": "missing", "name": "J. Doe"}, nil)
	h.must(201, http.MethodPost, "/api/v1/lockdowns", map[string]any{"station": station}, &held, "Idempotency-Key", "night")
	h.holds(t, held.ID, doors)

	looks := []struct {
		path string
		only []string // fields; none for all of it
	}{
		{"/shelf", nil},
		{"/fire/investigations?open=true", nil},
		{"/fire/evacuations/" + board.ID, nil},
		{"/alarms/" + shelved.ID, []string{"state", "beneath", "removed", "owner", "escalation", "count"}},
		{"/alarms/" + owned.ID, []string{"state", "beneath", "removed", "owner", "escalation", "count"}},
		{"/alarms/" + risen.ID, []string{"state", "beneath", "removed", "owner", "escalation", "count"}},
		{"/lockdowns/" + held.ID, []string{"state", "scope", "by", "at", "reason_due", "released"}},
	}
	// Nobody is signed in: what asks goes up the chain once desks had time to come back.
	poll(t, 60*time.Second, "the alarm goes up", func() error {
		if fields := h.fields("/alarms/"+risen.ID, "escalation"); fields["escalation"] == nil {
			return fmt.Errorf("it is at %v", fields)
		}
		return nil
	})
	poll(t, 10*time.Second, "the pre-alarm is looked into", func() error {
		if items, _ := h.fields("/fire/investigations?open=true", "items")["items"].([]any); len(items) != 1 {
			return fmt.Errorf("%d investigations", len(items))
		}
		return nil
	})
	before := make([]map[string]any, len(looks))
	for i, l := range looks {
		before[i] = h.fields(l.path, l.only...)
	}
	h.kill(t)
	h.start()
	for i, l := range looks {
		if after := h.fields(l.path, l.only...); !reflect.DeepEqual(after, before[i]) {
			t.Errorf("%s was\n%v\nand is\n%v", l.path, before[i], after)
		}
	}
	h.holds(t, held.ID, doors)
}

// fields are those of an answer that are named, or all of them.
func (h *house) fields(path string, only ...string) map[string]any {
	h.t.Helper()
	var answer map[string]any
	h.get(path, &answer)
	for name := range answer {
		if len(only) > 0 && !slices.Contains(only, name) {
			delete(answer, name)
		}
	}
	return answer
}

// panel says by the wire that a fire panel has three faults and a pre-alarm.
func (h *house) panel(t testing.TB, w *speaker) {
	t.Helper()
	d := devices.Device{ID: "panel-1", Name: "Panel", Profile: "fire/test", Category: "fire"}
	for n := 1; n <= 4; n++ {
		d.Points = append(d.Points, devices.Point{
			ID: fmt.Sprintf("det%d", n), Type: devices.Enum, States: []string{"normal", "fault", "prealarm"}, Kinds: []devices.Kind{devices.FireFault, devices.FirePrealarm},
		})
	}
	now := time.Now()
	w.say(t, link.Status, link.StatusMessage{State: link.Online, Session: "s1", At: now})
	w.say(t, link.Birth, link.BirthMessage{Wire: link.Spoken, Station: station, Gateway: w.e.id, Session: "s1", Epoch: 3, Software: "test", At: now, Devices: []devices.Device{d}})
	for n := 1; n <= 4; n++ {
		s := devices.Signal{
			Point: devices.MakePointID(w.e.id, "panel-1", fmt.Sprintf("det%d", n)), Kind: devices.FireFault, State: "fault", Active: true,
			Epoch: 3, Seq: uint64(n), Occurred: now, Observed: now, Clock: devices.Synced,
		}
		if n == 4 {
			s.Kind, s.State = devices.FirePrealarm, "prealarm"
		}
		w.signals(t, link.Alarms, s)
	}
	w.confirmed(t, 3, 4)
}

// heldDoor starts doors of which the first is signed to be no escape door.
func (h *house) heldDoor(t testing.TB) devices.PointID {
	t.Helper()
	return h.newEdge("gw-doors").heldDoor(t)
}

func (e *edge) heldDoor(t testing.TB) devices.PointID {
	t.Helper()
	h, field := e.h, freePort(t)
	e.extra = "field_broker: {listen: '" + field + "'}"
	e.device("doors", "access/uhppoted", "tcp://"+field, "params: {device_id: 405419896, time_zone: UTC}")
	e.start()
	controller, err := door.Start(t.Context(), door.Options{Serial: 405419896, Broker: "tcp://" + field})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(controller.Close)
	first := devices.MakePointID(e.id, "doors", "door1")
	h.waitShows(first, "closed", devices.Good)
	h.must(200, http.MethodPost, "/api/v1/doors/"+string(first)+"/sign", map[string]any{"version": 0, "why": "a store without people"}, nil, "Cookie", h.person(t), "Authorization", "")
	return first
}

// person adds a chief to the console and signs in: what a person must put a name
// to, no token may.
func (h *house) person(t testing.TB) string {
	t.Helper()
	word := tool(t, "console", "user", "add", "-config", h.config(), "--username", "chief", "--name", "Chief", "--role", "chief")
	fields := strings.Fields(word)
	enter := func(password string) string {
		t.Helper()
		answer, err := h.client.Post("http://"+h.http+"/api/v1/session", "application/json", strings.NewReader(fmt.Sprintf(`{"username": "chief", "password": %q}`, password)))
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		for _, c := range answer.Cookies() {
			return c.Name + "=" + c.Value
		}
		t.Fatalf("sign in: %s", answer.Status)
		return ""
	}
	first := fields[len(fields)-1]
	const own = "a-password-of-my-own"
	h.must(204, http.MethodPost, "/api/v1/session/password", map[string]string{"current": first, "new": own}, nil, "Cookie", enter(first), "Authorization", "")
	return enter(own)
}

// holds waits until a lockdown holds the one door and leaves the others out.
func (h *house) holds(t testing.TB, id string, first devices.PointID) {
	t.Helper()
	poll(t, 30*time.Second, "the door obeys", func() error {
		var l struct {
			State string `json:"state"`
			Doors []struct {
				Point devices.PointID `json:"point"`
				State string          `json:"state"`
				Note  string          `json:"note"`
			} `json:"doors"`
		}
		h.get("/lockdowns/"+id, &l)
		for _, d := range l.Doors {
			want := "left_out"
			if d.Point == first {
				want = "obeyed"
			}
			if d.State != want {
				return fmt.Errorf("%s is %s, want %s: %s", d.Point, d.State, want, d.Note)
			}
		}
		if l.State != "active" || len(l.Doors) != 4 {
			return fmt.Errorf("it is %s with %d doors", l.State, len(l.Doors))
		}
		return nil
	})
}
