package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/devices"
)

// person adds a user of our own and returns a browser that is signed in.
func (h *house) person(username string, grants ...auth.Grant) (*browser, string) {
	h.t.Helper()
	u, _, err := h.desks.Auth.AddUser(h.t.Context(), auth.Program(), auth.NewUser{Username: username, Name: username, Roles: grants, Password: password, Kept: true})
	if err != nil {
		h.t.Fatal(err)
	}
	b := h.nobody()
	if status, body := b.do("POST", "/session", object{"username": username, "password": password}); status != 200 {
		h.t.Fatalf("sign in as %s: %d %v", username, status, body)
	}
	return b, u.ID
}

func items(body object) []object {
	list := []object{}
	raw, _ := body["items"].([]any)
	for _, one := range raw {
		list = append(list, one.(object))
	}
	return list
}

// A cover grant gives the officers of another station an officer's rights, live,
// and takes them again; what was done under it names it.
func TestCoverGivesAndTakesRightsLive(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Supervisor, auth.Chief)
	g := h.gateway("s1")
	eventually(t, "the gateway is online", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	supervisor := h.signIn(auth.Supervisor)
	cover, _ := h.person("geneva", auth.Grant{Role: auth.Officer, Station: "branch"})
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	var alarm object
	eventually(t, "the alarm is there", func() bool {
		_, body := supervisor.do("GET", "/alarms", nil)
		for _, a := range items(body) {
			if a["kind"] == "fire.alarm" {
				alarm = a
			}
		}
		return alarm != nil
	})
	stream := cover.watch("/live", "")
	if first := await(t, stream, "snapshot", nil); strings.Contains(first.data, "fire.alarm") {
		t.Fatal("a stranger sees the alarm")
	}
	if status, _ := cover.do("GET", "/alarms?station=hq", nil); status != 403 {
		t.Fatalf("before the grant: %d", status)
	}
	if _, body := supervisor.do("GET", "/covers/stations", nil); len(items(body)) != 2 || fmt.Sprint(items(body)[0]) != "map[id:branch name:Branch]" {
		t.Errorf("the stations that could cover: %v", body)
	}
	if status, _ := cover.do("GET", "/covers/stations", nil); status != 403 {
		t.Errorf("the stations that could cover, for an officer: %d", status)
	}
	status, grant := supervisor.do("POST", "/covers", object{"station": "hq", "by_station": "branch", "from": time.Now(), "until": time.Now().Add(time.Hour), "reason": "sick officer"})
	if status != 201 || grant["active"] != true {
		t.Fatalf("grant: %d %v", status, grant)
	}
	began := time.Now()
	await(t, stream, "rights", has("cover"))
	await(t, stream, "snapshot", has("fire.alarm"))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the rights came after %s", took)
	}
	_, session := cover.do("GET", "/session", nil)
	if data, _ := json.Marshal(session["permissions"].(object)["hq"]); !strings.Contains(string(data), "alarms.handle") || strings.Contains(string(data), "users.manage") {
		t.Errorf("rights under the grant: %s", data)
	}
	if status, body := cover.do("POST", "/alarms/"+alarm["id"].(string)+"/acknowledge", object{"version": alarm["version"]}); status != 200 {
		t.Fatalf("acknowledge under the grant: %d %v", status, body)
	}
	chief := h.signIn(auth.Chief)
	_, record := chief.do("GET", "/audit?station=hq&action=alarm.acknowledge", nil)
	if lines := items(record); len(lines) != 1 || lines[0]["params"].(object)["cover"] != grant["id"] {
		t.Errorf("the record does not name the grant: %v", record)
	}
	if status, _ := cover.do("DELETE", "/covers/"+grant["id"].(string), nil); status != 403 {
		t.Errorf("the covering officer may end or make grants: %d", status)
	}
	if status, body := supervisor.do("DELETE", "/covers/"+grant["id"].(string)+"?reason=back", nil); status != 200 || body["over"] != true {
		t.Fatalf("revoke: %d %v", status, body)
	}
	if status, _ := cover.do("GET", "/alarms?station=hq", nil); status != 403 {
		t.Errorf("after the grant: %d", status)
	}
	await(t, stream, "rights", nil)
	if last := await(t, stream, "snapshot", nil); strings.Contains(last.data, "fire.alarm") {
		t.Error("the stream still shows the covered station")
	}
}

// The next officer takes the desk over in one step: the stream goes on, the first
// session is over, and a failed change changes nothing.
func TestTheNextOfficerTakesTheDeskOver(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor, auth.Chief)
	b := h.signIn(auth.Officer)
	other := h.nobody()
	other.client.Jar = b.client.Jar
	stream := b.watch("/live", "")
	await(t, stream, "snapshot", nil)
	for range 2 {
		if status, body := b.do("POST", "/session/change", object{"username": "supervisor", "password": "wrong"}); status != 401 || body["params"].(object)["reason"] != "credentials" {
			t.Fatalf("a wrong password: %d %v", status, body)
		}
	}
	if _, who := b.do("GET", "/session", nil); who["user"].(object)["username"] != "officer" {
		t.Fatalf("after the failed change: %v", who["user"])
	}
	old, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.at.HTTP+"/api/v1/session", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.client.Jar.Cookies(mustURL(t, h.at.HTTP+"/api/")) {
		old.AddCookie(c)
	}
	eventually(t, "the change goes through", func() bool { // the wrong ones slow it down a little
		status, body := b.do("POST", "/session/change", object{"username": "supervisor", "password": password})
		return status == 200 && body["user"].(object)["username"] == "supervisor"
	})
	await(t, stream, "rights", has("officer"))
	if _, who := b.do("GET", "/session", nil); who["user"].(object)["username"] != "supervisor" {
		t.Errorf("after the change: %v", who["user"])
	}
	answer, err := http.DefaultClient.Do(old)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("the first officer's cookie: %d", answer.StatusCode)
	}
	await(t, stream, "heartbeat", nil)
	await(t, stream, "heartbeat", nil) // and still no end
	chief := h.signIn(auth.Chief)
	db := h.db()
	for action, who := range map[string]auth.Role{"session.handed_over": auth.Officer, "session.taken_over": auth.Supervisor} {
		var n int
		if err := db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM audit_entries WHERE action = $1 AND actor = $2`, action, h.ids[who]).Scan(&n); err != nil || n != 1 {
			t.Errorf("%s by %s: %d %v", action, who, n, err)
		}
	}
	_, roll := chief.do("GET", "/watch?station=hq", nil)
	posts := items(roll)[0]["posts"].([]any)
	if len(posts) != 1 || posts[0].(object)["name"] != "supervisor" {
		t.Errorf("on watch: %v", posts)
	}
}

// With nobody at a desk an alarm goes up the chain at once; with somebody it waits
// its time. Word that reaches nobody is seen.
func TestAnAlarmIsNeverNobodys(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Chief, auth.Officer)
	g := h.gateway("s1")
	eventually(t, "the gateway is online", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	chief := h.signIn(auth.Chief) // without screens: it watches nothing
	outbox := filepath.Join(h.at.Data, "outbox")
	status, c := chief.do("POST", "/contacts", object{"station": "hq", "name": "Dora", "email": "dora@example.org", "role": "delivery"})
	if status != 201 {
		t.Fatalf("contact: %d %v", status, c)
	}
	chief.do("POST", "/contacts", object{"station": "hq", "name": "Carl", "email": "carl@example.org", "role": "duty_chief"})
	h.idle() // the time that desks have to come back after a start
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	var up object
	eventually(t, "it went up because nobody watches", func() bool {
		_, body := chief.do("GET", "/alarms", nil)
		for _, a := range items(body) {
			if e, _ := a["escalation"].(object); e != nil {
				up = a
				return e["nobody"] == true && e["to"] == "delivery"
			}
		}
		return false
	})
	eventually(t, "the delivery has an outcome", func() bool {
		_, body := chief.do("GET", "/deliveries?station=hq", nil)
		list := items(body)
		return len(list) > 0 && list[len(list)-1]["name"] == "Dora" && list[len(list)-1]["state"] == "sent"
	})
	mails, _ := filepath.Glob(filepath.Join(outbox, "*.eml"))
	if len(mails) == 0 {
		t.Error("no mail was left in the folder")
	} else if text, _ := os.ReadFile(mails[0]); !strings.Contains(string(text), "dora@example.org") || !strings.Contains(string(text), "fire.alarm") {
		t.Errorf("%s", text)
	}
	_, detail := chief.do("GET", "/alarms/"+up["id"].(string), nil)
	history, _ := json.Marshal(detail["history"])
	if !strings.Contains(string(history), "escalated") || !strings.Contains(string(history), "nobody is on watch") {
		t.Errorf("history: %s", history)
	}
	// Somebody who answers ends it.
	officer := h.signIn(auth.Officer)
	stream := officer.watch("/live", "")
	await(t, stream, "desk", has("officer"))
	if status, body := officer.do("POST", "/alarms/"+up["id"].(string)+"/acknowledge", object{"version": up["version"]}); status != 200 {
		t.Fatalf("acknowledge: %d %v", status, body)
	}
	var due int
	if err := h.db().Pool.QueryRow(t.Context(), `SELECT count(*) FROM alarms WHERE escalate_at IS NOT NULL`).Scan(&due); err != nil || due != 0 {
		t.Errorf("%d alarms would still go up: %v", due, err)
	}
}

// A handover takes two people; the sheet stays as it was signed.
func TestAHandoverHasTwoSignatures(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor)
	out, in := h.signIn(auth.Officer), h.signIn(auth.Supervisor)
	status, first := out.do("POST", "/handovers", object{"station": "hq", "notes": "Gate A sticks"})
	if status != 201 || first["state"] != "offered" || first["sheet"].(object)["station"] != "hq" {
		t.Fatalf("offer: %d %v", status, first)
	}
	id := first["id"].(string)
	if status, body := out.do("POST", "/handovers/"+id+"/take", object{}); status != 409 || body["params"].(object)["reason"] != "same_person" {
		t.Errorf("the same person takes it: %d %v", status, body)
	}
	_, second := out.do("POST", "/handovers", object{"station": "hq", "notes": "Gate A sticks, and B"})
	if status, body := in.do("POST", "/handovers/"+id+"/take", object{}); status != 409 || body["params"].(object)["reason"] != "withdrawn" {
		t.Errorf("an older sheet: %d %v", status, body)
	}
	status, taken := in.do("POST", "/handovers/"+second["id"].(string)+"/take", object{"remarks": "seen"})
	if status != 200 || taken["state"] != "taken" || taken["incoming_name"] != "supervisor" || taken["outgoing_name"] != "officer" {
		t.Errorf("take: %d %v", status, taken)
	}
	if status, _ := in.do("POST", "/handovers/"+second["id"].(string)+"/take", object{}); status != 200 {
		t.Errorf("taking it again: %d", status)
	}
	_, list := in.do("GET", "/handovers?station=hq", nil)
	if got := items(list); len(got) != 2 || got[0]["state"] != "taken" || got[1]["state"] != "withdrawn" {
		t.Errorf("%v", list)
	}
}

func TestFallbackPacksAreWholeAndBounded(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Supervisor, auth.Chief)
	chief, supervisor := h.signIn(auth.Chief), h.signIn(auth.Supervisor)
	if status, body := chief.do("POST", "/contacts/import", object{"station": "hq", "table": "name,phone,function\nFire <b>service</b>,122,=1+1\n"}); status != 200 || body["applied"] != true {
		t.Fatalf("import: %d %v", status, body)
	}
	status, pack := supervisor.do("POST", "/fallback", object{"station": "hq"})
	if status != 200 || pack["at"] == nil || pack["reason"] != "" {
		t.Fatalf("write: %d %v", status, pack)
	}
	folder := filepath.Join(h.at.Data, "fallback", "hq", pack["name"].(string))
	page, err := os.ReadFile(filepath.Join(folder, "pack.html"))
	if err != nil || !strings.Contains(string(page), "Fire &lt;b&gt;service") || strings.Contains(string(page), "http://") {
		t.Errorf("the page: %v\n%s", err, page)
	}
	table, err := os.ReadFile(filepath.Join(folder, "contacts.csv"))
	if err != nil || !strings.Contains(string(table), "'=1+1") {
		t.Errorf("the table: %v %s", err, table)
	}
	if left, _ := filepath.Glob(filepath.Join(h.at.Data, "fallback", "hq", ".part-*")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	answer, err := supervisor.client.Get(h.at.HTTP + "/api/v1/fallback/page?station=hq")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") || !strings.Contains(answer.Header.Get("Content-Security-Policy"), "style-src") {
		t.Errorf("page: %d %v", answer.StatusCode, answer.Header)
	}
	// A disk that fails says so.
	if err := os.RemoveAll(filepath.Join(h.at.Data, "fallback")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(h.at.Data, "fallback"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if status, body := supervisor.do("POST", "/fallback", object{"station": "hq"}); status != 409 || body["params"].(object)["reason"] != "not_written" {
		t.Errorf("a disk that fails: %d %v", status, body)
	}
	_, packs := supervisor.do("GET", "/fallback?station=hq", nil)
	if one := items(packs)[0]; one["reason"] == "" || one["failed"] == nil {
		t.Errorf("%v", one)
	}
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// idle waits until the watch no longer waits for desks to come back after the start.
func (h *house) idle() {
	h.t.Helper()
	db := h.db()
	eventually(h.t, "the watch has looked at the station", func() bool {
		var n int
		return db.Pool.QueryRow(h.t.Context(), `SELECT count(*) FROM watch_stations WHERE station = 'hq'`).Scan(&n) == nil && n > 0
	})
}
