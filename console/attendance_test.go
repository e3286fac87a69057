package console_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/auth"
	desk "guardroom/console/rosters"
	"guardroom/devices"
	"guardroom/gateway/link"
	"guardroom/rosters"
)

// running is the shift of aRoster that runs now, and its day.
func running(t *testing.T) (rosters.Date, string, time.Time) {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().In(zone)
	day, shift := rosters.DateOf(now), "D"
	end := time.Date(now.Year(), now.Month(), now.Day(), 14, 0, 0, 0, zone)
	switch hour := now.Hour(); {
	case hour < 6:
		day, shift, end = day.Add(-1), "N", end.Add(-8*time.Hour)
	case hour >= 22:
		shift, end = "N", time.Date(now.Year(), now.Month(), now.Day()+1, 6, 0, 0, 0, zone)
	case hour >= 14:
		shift, end = "E", end.Add(8*time.Hour)
	}
	return day, shift, end
}

func TestAttendanceByCardAndBySigningIn(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Auditor, auth.Chief)
	h.aRoster(t, 12)
	h.link(t, "o01", auth.Auditor)
	by := auth.Operator{ID: "setup", Name: "Setup", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	g, err := h.desks.Rosters.Register(t.Context(), by, "hq")
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Repeat("ab", 16)
	for _, o := range g.Officers {
		if o.Item.ID == "o02" {
			o.Item.Card = "C-2"
			if _, err := h.desks.Rosters.Change(t.Context(), by, "hq", desk.RecordChange{Kind: desk.Officers, ID: "o02", Version: o.Version, Item: o.Item}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := h.db().Pool.Exec(t.Context(), `INSERT INTO cardholders (id, station, ref, name, search, pass_class, status, card_hash) VALUES ('c2', 'hq', 'C-2', 'Two', 'two', 'staff', 'active', $1)`, hash); err != nil {
		t.Fatal(err)
	}
	day, shift, end := running(t)
	chief := h.signIn(auth.Chief)
	d := day.String()
	h.inForce(t, chief, d, d, "o01 "+d+" "+shift+" P1", "o02 "+d+" "+shift+" P2", "o03 "+d+" "+shift+" P2")
	line := func(officer string) object {
		_, board := chief.do("GET", "/duty/hq", nil)
		for _, one := range board["duties"].([]any) {
			if one := one.(object); one["assignment"].(object)["officer"] == officer {
				return one
			}
		}
		return object{}
	}
	h.signIn(auth.Auditor)
	eventually(t, "who signed in is present", func() bool { one := line("o01"); return one["presence"] == "present" && one["seen"] == "sign_in" })

	gate := h.gateway("s1")
	gate.seq++
	now := time.Now()
	payload, err := link.EncodeSignals("hq", []devices.Signal{{
		Point: "g1/door-1.lock", Kind: devices.AccessGranted, Active: true, Occurred: now, Observed: now, Clock: devices.Synced, Epoch: 1, Seq: gate.seq,
		Detail: map[string]string{devices.CardHashDetail: hash},
	}})
	if err != nil {
		t.Fatal(err)
	}
	gate.say(link.Signals, payload)
	eventually(t, "who showed a card is present", func() bool { one := line("o02"); return one["presence"] == "present" && one["seen"] == "card" })
	if one := line("o03"); one["presence"] == "present" {
		t.Errorf("who was not seen: %v", one)
	}
	// What a person cleared is not noted by a machine again.
	if status, body := chief.do("POST", "/duty/hq/attendance", object{"officer": "o02", "date": d, "shift": shift, "version": 1, "do": "clear"}); status != 200 {
		t.Fatalf("clear: %d %v", status, body)
	}
	h.signIn(auth.Auditor)
	if one := line("o02"); one["presence"] == "present" {
		t.Errorf("cleared, and present again: %v", one)
	}
	// Hours: one of the two is counted as here.
	status, hours := chief.do("GET", "/duty/hq/hours?from="+d+"&until="+d, nil)
	if status != 200 || len(hours["officers"].([]any)) != 3 {
		t.Fatalf("hours: %d %v", status, hours)
	}
	if one := hours["officers"].([]any)[0].(object); one["officer"] != "o01" || one["planned"] != 480.0 || one["noted"] != 1.0 {
		t.Errorf("hours of o01: %v", one)
	}
	if _, own := h.signIn(auth.Auditor).do("GET", "/duty/hq/hours?from="+d+"&until="+d, nil); len(own["officers"].([]any)) != 1 {
		t.Errorf("an officer sees others' hours: %v", own)
	}
	// The end of the shift is the roster's: what is shelved until then, and the handover.
	shelf, err := h.desks.Alarms.ShelvePoint(t.Context(), by, "g1/door-1.leaf", devices.DoorHeld, alarms.Aside{Reason: "works", UntilShift: true})
	if err != nil || shelf.Until == nil || !shelf.Until.Equal(end) {
		t.Errorf("shelved until %v, the shift ends %s: %v", shelf.Until, end, err)
	}
	status, sheet := chief.do("GET", "/handover?station=hq", nil)
	if on := sheet["shift"].(object)["on"].([]any); status != 200 || len(on) != 3 {
		t.Errorf("the handover: %d %v", status, sheet["shift"])
	}
}

// A later shift than the settings know, and nobody on duty at all: settings are the
// fallback.
func TestShiftEndWithoutARosterIsTheSettings(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	by := auth.Operator{ID: "setup", Name: "Setup", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	h.gateway("s1")
	_, _, end := running(t)
	var shelf alarms.Shelf
	var err error
	eventually(t, "the point is known", func() bool {
		shelf, err = h.desks.Alarms.ShelvePoint(t.Context(), by, "g1/door-1.leaf", devices.DoorHeld, alarms.Aside{Reason: "works", UntilShift: true})
		return err == nil
	})
	if err != nil || shelf.Until == nil || !shelf.Until.Equal(end) { // 06, 14, 22 as the roster of the other test
		t.Errorf("shelved until %v, not %s: %v", shelf.Until, end, err)
	}
}

func TestDailyDetailAndStatistics(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Chief)
	h.aRoster(t, 12)
	chief, ann := h.signIn(auth.Chief), h.signIn(auth.Officer)
	sick := object{"version": 0, "item": object{"id": "", "officer": "o07", "kind": "sick", "from": "2030-01-08", "until": "2030-01-09", "decision": "approved", "note": "flu"}}
	if status, body := chief.do("POST", "/rosters/hq/leave", sick); status != 200 {
		t.Fatalf("leave: %d %v", status, body)
	}
	h.inForce(t, chief, "2030-01-07", "2030-01-13", "o00 2030-01-08 D P1", "o01 2030-01-08 E P1", "o02 2030-01-08 N P1", "o03 2030-01-08 D P2")
	status, detail := ann.do("GET", "/rosters/hq/detail?date=2030-01-08", nil)
	if status != 200 || len(detail["hours"].([]any)) != 24 || len(detail["posts"].([]any)) != 2 {
		t.Fatalf("detail: %d %v", status, detail)
	}
	whole, half := detail["posts"].([]any)[0].(object), detail["posts"].([]any)[1].(object)
	if len(whole["holes"].([]any)) != 0 || len(half["holes"].([]any)) != 1 {
		t.Errorf("holes: %v and %v", whole["holes"], half["holes"])
	}
	if away := detail["away"].([]any)[0].(object); away["kind"] != "absent" || away["note"] != "" {
		t.Errorf("an officer sees %v", away)
	}
	if status, body := chief.do("PUT", "/rosters/hq/detail", object{"date": "2030-01-08", "version": 0, "text": "Visit at ten"}); status != 200 {
		t.Fatalf("remarks: %d %v", status, body)
	}
	if status, _ := chief.do("PUT", "/rosters/hq/detail", object{"date": "2030-01-08", "version": 0, "text": "Visit at eleven"}); status != 409 {
		t.Errorf("remarks of two at once: %d", status)
	}
	text := h.file(t, chief, "/rosters/hq/detail/export?date=2030-01-08&format=csv")
	for _, want := range []string{"Gate P1", "Officer o00", "VACANT", "Visit at ten", "14:00-06:00 1 of 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("the file has no %q: %s", want, text)
		}
	}
	status, figures := chief.do("GET", "/rosters/hq/statistics?from=2030-01-07&until=2030-01-13", nil)
	if status != 200 || len(figures["days"].([]any)) != 7 || len(figures["officers"].([]any)) != 12 {
		t.Fatalf("statistics: %d %v", status, figures)
	}
	tuesday := figures["days"].([]any)[1].(object)
	if tuesday["wanted"] != 2*24*60.0 || tuesday["missing"] != 16*60.0 || tuesday["on_duty"] != 4.0 || tuesday["away"] != 1.0 {
		t.Errorf("Tuesday: %v", tuesday)
	}
	if text := h.file(t, chief, "/rosters/hq/statistics/export?from=2030-01-07&until=2030-01-13&format=csv"); !strings.Contains(text, "Officer o02") {
		t.Errorf("the file of figures: %s", text)
	}
	if text := h.file(t, chief, "/rosters/hq/detail/export?date=2030-01-08"); !strings.HasPrefix(text, "PK") {
		t.Errorf("no spreadsheet: %.20q", text)
	}
}

// file reads what is to be kept.
func (h *house) file(t *testing.T, b *browser, path string) string {
	t.Helper()
	answer, err := b.client.Get(h.at.HTTP + "/api/v1" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var text strings.Builder
	if _, err := io.Copy(&text, answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %s", path, answer.StatusCode, err, text.String())
	}
	return text.String()
}
