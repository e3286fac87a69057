package console_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"guardroom/console/api"
	"guardroom/console/auth"
	"guardroom/devices"
)

// address fills a path in: what concerns doors, a door.
func address(path string) string {
	gateway, device := "g1", "door-1"
	path = strings.Replace(path, "/doors/{gateway}/{local}", "/doors/g1/door-1.lock", 1)
	path = strings.Replace(path, "{step}", "0", 1)
	for from, to := range map[string]string{
		"/points/{id}/{local}": "/points/g1/door-1.lock", "/points/{id}": "/points/g1%2Fdoor-1.lock",
		"{gateway}": gateway, "{device}": device, "/stations/{id}": "/stations/hq",
	} {
		if strings.HasPrefix(path, "/points/{id}/{local}") && from == "/points/{id}" {
			continue
		}
		path = strings.Replace(path, from, to, 1)
	}
	nobody := "0197f000-0000-7000-8000-000000000000"
	path = strings.NewReplacer("{station}", "hq", "{level}", nobody, "{version}", "1", "{hash}", strings.Repeat("0", 64), "{row}", "l0", "{id}", nobody,
		"{session}", nobody, "{bookmark}", nobody, "{export}", nobody, "{transfer}", nobody, "{token}", nobody).Replace(path)
	if strings.HasPrefix(path, "/places/") || strings.HasPrefix(path, "/fire/zones/") || strings.Contains(path, "/cameras/") {
		path += "?version=1" // what is to be removed was seen
	}
	for end, query := range map[string]string{
		"/register/{kind}/{item}": "?version=0", "/roster": "?from=2030-01-01&until=2030-01-31", "/roster/table": "?from=2030-01-01&until=2030-01-31", "/roster/findings": "?from=2030-01-01&until=2030-01-31", "/absences": "?from=2030-01-01&until=2030-01-31", "/templates/" + nobody: "?version=1",
		"/fixes": "?key=x", "hq/export": "?what=officers&format=csv",
	} {
		if strings.HasPrefix(path, "/rosters/") && strings.HasSuffix(path, end) {
			path += query
		}
	}
	if strings.HasSuffix(path, "/hours") || strings.HasSuffix(path, "/statistics") || strings.HasSuffix(path, "/statistics/export") {
		path += "?from=2030-01-01&until=2030-01-31"
	}
	if strings.HasSuffix(path, "/detail") || strings.HasSuffix(path, "/detail/export") {
		path += "?date=2030-01-01"
	}
	path = strings.NewReplacer("{kind}", "officer", "{item}", "nobody", "{draft}", nobody).Replace(path)
	if slices.Contains([]string{"/watch/settings", "/handover", "/handovers", "/fire/settings", "/contacts", "/duty-chiefs", "/people-imports"}, path) {
		path += "?station=hq"
	}
	if asked, ok := map[string]string{
		"/replay": "?station=hq", "/replay/range": "?station=hq", "/replay/events": "?station=hq", "/search": "?q=door", "/search/point": "?point=g1/door-1.leaf",
		"/search.csv": "?view=text&q=door",
		"/rationale":  "?station=hq", "/rationale/changes": "?station=hq", "/rationale/file": "?station=hq", "/door-times": "?station=hq",
		"/rationale/of": "?point=g1/door-1.leaf&kind=door.forced", "/flood-settings": "?station=hq", "/figures": "?station=hq",
		"/figures/month": "?station=hq&month=2026-01", "/figures/file": "?station=hq&month=2026-01",
	}[path]; ok {
		path += asked
	}
	return path
}

func TestEveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Roles()...)
	g := h.gateway("s1")
	eventually(t, "the gateway is online", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	stranger := h.nobody()
	for _, r := range routes {
		want := 401
		if r.needs == "open" {
			want = r.want
		}
		if r.path == "/live" && want == 200 {
			continue
		}
		if status, body := stranger.do(r.method, address(r.path), r.body, "Idempotency-Key", "k"); status != want {
			t.Errorf("nobody: %s %s: %d %v, want %d", r.method, r.path, status, body, want)
		}
	}
	for _, role := range auth.Roles() {
		b := h.signIn(role)
		for i, r := range routes {
			if r.needs == "open" {
				continue
			}
			want := 403
			if r.needs == "" || slices.Contains(role.Permissions(), r.needs) {
				want = r.want
			}
			if (r.path == "/audit/verify" || r.path == "/retention") && want == 200 && role != auth.Admin {
				want = 403 // what is of all stations takes the right everywhere
			}
			if r.path == "/live" && want == 200 {
				await(t, b.watch("/live", ""), "snapshot", nil)
				continue
			}
			status, body := b.do(r.method, address(r.path), r.body, "Idempotency-Key", fmt.Sprint("k", i))
			if status != want {
				t.Errorf("%s: %s %s: %d %v, want %d", role, r.method, r.path, status, body, want)
			}
			if status == 403 && (body["code"] != "forbidden" || body["params"].(object)["permission"] == nil) {
				t.Errorf("%s: %s %s: %v does not say which right is missing", role, r.method, r.path, body)
			}
			if status == 202 && strings.HasSuffix(r.path, "/commands") {
				c := g.next()
				g.answer(c, devices.Confirmed, "", "done")
			}
		}
	}
}

func TestTheTableOfRoutesIsWhole(t *testing.T) {
	t.Parallel()
	doc, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	for path, methods := range read.Paths {
		for method := range methods {
			found := false
			for _, r := range routes {
				found = found || strings.EqualFold(r.method, method) && "/api/v1"+r.path == path
			}
			if !found {
				t.Errorf("%s %s is not in the table of routes: say which right it needs", method, path)
			}
		}
	}
}

func TestAnotherStationIsOutOfReach(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Admin)
	officer := h.signIn(auth.Officer)
	for _, path := range []string{"/alarms", "/gateways", "/devices", "/points", "/signals", "/commands", "/dead-letters", "/gaps", "/live"} {
		if status, body := officer.do("GET", path+"?station=branch", nil); status != 403 {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
	_, list := officer.do("GET", "/stations", nil)
	if items := list["items"].([]any); len(items) != 1 || items[0].(object)["id"] != "hq" {
		t.Errorf("stations %v", list)
	}
	// A machine's token reaches as far as its roles, and ends with its removal.
	admin := h.signIn(auth.Admin)
	_, made := admin.do("POST", "/tokens", object{"name": "wall", "roles": []object{{"role": "division", "station": "branch"}}})
	machine := h.nobody()
	bearer := "Bearer " + made["token"].(string)
	if status, _ := machine.do("GET", "/alarms?station=branch", nil, "Authorization", bearer); status != 200 {
		t.Errorf("token at its station: %d", status)
	}
	if status, _ := machine.do("GET", "/alarms?station=hq", nil, "Authorization", bearer); status != 403 {
		t.Errorf("token at another station: %d", status)
	}
	if status, _ := admin.do("DELETE", "/tokens/"+made["token_info"].(object)["id"].(string), nil); status != 204 {
		t.Errorf("remove token: %d", status)
	}
	if status, _ := machine.do("GET", "/alarms?station=branch", nil, "Authorization", bearer); status != 401 {
		t.Errorf("removed token: %d", status)
	}
}

func TestRequestsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Admin)
	b := h.signIn(auth.Admin)
	station := object{"id": "x", "name": "X", "time_zone": "UTC"}
	for _, tc := range []struct {
		name   string
		header []string
		want   int
	}{
		{"cross-site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"same-site", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"other origin", []string{"Origin", "https://evil.example"}, 403},
		{"null origin", []string{"Origin", "null"}, 403},
		{"a form", []string{"Sec-Fetch-Site", "same-origin", "Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"own page", []string{"Sec-Fetch-Site", "same-origin"}, 201},
	} {
		if status, body := b.do("POST", "/stations", station, tc.header...); status != tc.want {
			t.Errorf("%s: %d %v, want %d", tc.name, status, body, tc.want)
		}
	}
	if status, _ := b.do("GET", "/stations", nil, "Sec-Fetch-Site", "cross-site"); status != 200 {
		t.Errorf("reading from elsewhere changes nothing, yet: %d", status)
	}
	if status, body := h.nobody().do("POST", "/session", object{"username": "boss", "password": password}, "Sec-Fetch-Site", "cross-site"); status != 403 {
		t.Errorf("signing in from elsewhere: %d %v", status, body)
	}
}

func TestBadRequestsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Admin)
	b := h.signIn(auth.Admin)
	for _, tc := range []struct {
		name, method, path string
		body               any
		want               int
		code               string
	}{
		{"not JSON", "POST", "/stations", "{", 400, "invalid"},
		{"unknown field", "POST", "/stations", object{"id": "a", "name": "A", "time_zone": "UTC", "color": 1}, 422, "invalid"},
		{"wrong type", "POST", "/stations", object{"id": 1, "name": "A", "time_zone": "UTC"}, 422, "invalid"},
		{"too large", "POST", "/stations", `{"id":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "invalid"},
		{"limit", "GET", "/alarms?limit=100000", nil, 422, "invalid"},
		{"instant", "GET", "/alarms?from=yesterday", nil, 422, "invalid"},
		{"state", "GET", "/alarms?state=sideways", nil, 422, "invalid"},
		{"no such address", "GET", "/nope", nil, 404, "not_found"},
		{"method", "PUT", "/stations", object{}, 405, "not_found"},
		{"station twice", "POST", "/stations", object{"id": "hq", "name": "A", "time_zone": "UTC"}, 409, "conflict"},
		{"gateway twice", "POST", "/gateways", object{"id": "g1", "station": "hq"}, 409, "conflict"},
		{"user twice", "POST", "/users", object{"username": "BOSS", "name": "A", "roles": []object{}}, 409, "conflict"},
		{"stale user", "PATCH", "/users/" + h.ids[auth.Admin], object{"version": 77, "name": "x"}, 409, "stale"},
		{"NUL", "POST", "/stations", `{"id":"a","name":"A\u0000B","time_zone":"UTC"}`, 422, "invalid"},
	} {
		status, body := b.do(tc.method, tc.path, tc.body)
		if status != tc.want || body["code"] != tc.code || body["title"] == "" || body["params"] == nil {
			t.Errorf("%s: %d %v, want %d %s", tc.name, status, body, tc.want, tc.code)
		}
		if strings.Contains(fmt.Sprint(body), password) {
			t.Errorf("%s: the answer holds the password", tc.name)
		}
	}
	answer, err := b.client.Get(h.at.HTTP + "/api/v1/stations")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSignInOverHTTP(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Admin)
	b := h.nobody()
	for i := range 3 {
		if status, body := b.do("POST", "/session", object{"username": "officer", "password": "wrong"}); status != 401 || body["code"] != "unauthenticated" {
			t.Fatalf("try %d: %d %v", i, status, body)
		}
	}
	status, body := b.do("POST", "/session", object{"username": "officer", "password": password})
	if status != 429 || body["code"] != "too_many_attempts" || body["params"].(object)["retry_after"] == nil {
		t.Errorf("at once after three failures: %d %v", status, body)
	}
	eventually(t, "the right password gets in", func() bool {
		status, _ := b.do("POST", "/session", object{"username": "officer", "password": password})
		return status == 200
	})
	// Somebody with a one-time password may do nothing but change it.
	admin := h.signIn(auth.Admin)
	_, made := admin.do("POST", "/users", object{"username": "new", "name": "New", "roles": []object{{"role": "officer", "station": "hq"}}})
	once, _ := made["one_time_password"].(string)
	n := h.nobody()
	if status, body := n.do("POST", "/session", object{"username": "new", "password": once}); status != 200 || body["user"].(object)["must_change_password"] != true {
		t.Fatalf("%d %v", status, body)
	}
	for _, path := range []string{"/alarms", "/live", "/users"} {
		if status, body := n.do("GET", path, nil); status != 403 || body["code"] != "password_change_required" {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
	if status, body := n.do("POST", "/session/password", object{"current": once, "new": "another long password"}); status != 204 {
		t.Fatalf("%d %v", status, body)
	}
	if status, _ := n.do("GET", "/alarms", nil); status != 200 {
		t.Errorf("after the change: %d", status)
	}
}
