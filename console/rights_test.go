package console_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/console/api"
	"guardroom/console/auth"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
)

// Somebody with every role at hq sees and does nothing at branch without a grant.
// Branch is filled with a row in every table that carries a station, each text of
// it marked; then every route of the OpenAPI document is asked for what is
// branch's: by path, by each query parameter, by each field of a body. It must be
// refused, nothing of branch may change, and no answer may hold the mark.

// keeper is a house in which branch is full, somebody with every role at hq, and
// somebody with every right everywhere.
type keeper struct {
	*house
	t      *testing.T
	db     *store.DB
	tables []string
	local  *browser
	boss   *browser
	own    string // the local's id
	known  map[string][]string
	last   string // what branch held when somebody last looked
}

func startKeeper(t *testing.T) *keeper {
	t.Helper()
	dsn := storetest.DSN(t)
	db, err := store.Open(t.Context(), dsn, store.Options{Conns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	k := &keeper{t: t, db: db, tables: fill(t, db)}
	k.house = startOn(t, dsn, auth.Admin)
	add := func(username, station string) string {
		var grants []auth.Grant
		for _, role := range auth.Roles() {
			grants = append(grants, auth.Grant{Role: role, Station: station})
		}
		u, _, err := k.desks.Auth.AddUser(t.Context(), auth.Program(), auth.NewUser{Username: username, Name: username, Roles: grants, Password: password, Kept: true})
		if err != nil {
			t.Fatal(err)
		}
		return u.ID
	}
	k.own = add("local", "hq")
	add("everywhere", auth.AllStations)
	add(mark+"-officer", "branch")
	in := func(username string) *browser {
		b := k.nobody()
		if status, body := b.do("POST", "/session", object{"username": username, "password": password}); status != 200 {
			t.Fatalf("sign in as %s: %d %v", username, status, body)
		}
		return b
	}
	k.local, k.boss = in("local"), in("everywhere")
	if status, body := k.boss.do("POST", "/tokens", object{"name": mark + "-token", "roles": []object{{"role": "division", "station": "branch"}}}); status != 201 {
		t.Fatalf("a token of branch: %d %v", status, body)
	}
	return k
}

// text reads one value, or "".
func (k *keeper) text(sql string, args ...any) (s string) {
	_ = k.db.Pool.QueryRow(k.t.Context(), sql, args...).Scan(&s) // no row, no text
	return s
}

// of is the id of a thing of branch's that a path names.
func (k *keeper) of(path string) string {
	for _, th := range things {
		if strings.HasPrefix(path, th.path) {
			if th.table == "" {
				return "0197f000-0000-7000-8000-00000000000b"
			}
			id := k.text(fmt.Sprintf(`SELECT %s::text FROM %s t WHERE to_jsonb(t)->>'station' = 'branch' OR to_jsonb(t)->>'id' = 'branch' OR (to_jsonb(t)->>'username') = $1 OR (to_jsonb(t)->>'name') = $2 LIMIT 1`, th.column, th.table),
				mark+"-officer", mark+"-token")
			if id == "" {
				k.t.Errorf("%s: %s has no row of branch", path, th.table)
			}
			return id
		}
	}
	k.t.Errorf("%s names a thing, and nobody says in which table it is: add it to things", path)
	return "nothing"
}

// named are the values of branch's by the name of a parameter or a field.
func (k *keeper) named(name string) (string, bool) {
	switch name {
	case "station", "by_station", "to_station":
		return "branch", true
	case "gateway":
		return "g2", true
	case "device":
		return "door-1", true
	case "point", "points", "door":
		return "g2/door-1.lock", true
	case "place", "level", "building", "area", "scope":
		return k.text(`SELECT id FROM places WHERE station = 'branch'`), true
	case "alarm", "alarms":
		return k.text(`SELECT id FROM alarms WHERE station = 'branch'`), true
	case "rule":
		return k.text(`SELECT id FROM suppression_rules WHERE station = 'branch'`), true
	case "actor", "user", "owner":
		return k.text(`SELECT id FROM users WHERE username = $1`, mark+"-officer"), true
	case "person":
		return k.text(`SELECT id FROM cardholders WHERE station = 'branch'`), true
	case "contact":
		return k.text(`SELECT id FROM contacts WHERE station = 'branch'`), true
	case "q":
		return mark, true
	}
	return "", false
}

// moved is a path or a body of the table of routes, with what is hq's made branch's.
func (k *keeper) moved(path string) string {
	to := path
	if strings.Contains(to, "{id}") {
		id := k.of(to)
		to = strings.ReplaceAll(to, "{id}/{local}", "g2/door-1.lock")
		to = strings.ReplaceAll(to, "{id}", url.PathEscape(id))
	}
	if strings.Contains(to, "{level}") {
		to = strings.ReplaceAll(to, "{level}", k.text(`SELECT id FROM places WHERE station = 'branch'`))
	}
	return strings.NewReplacer("{gateway}", "g2", "{device}", "door-1", "{local}", "door-1.lock", "{station}", "branch", "{version}", "1", "{hash}", strings.Repeat("0", 64), "{row}", "1", "{kind}", "officer", "{item}", "o1", "{draft}", k.text(`SELECT id FROM roster_drafts WHERE station = 'branch'`), "{step}", "0",
		"{session}", "1", "{transfer}", "1", "{bookmark}", k.text(`SELECT id FROM camera_bookmarks WHERE station = 'branch'`), "{export}", k.text(`SELECT id FROM camera_exports WHERE station = 'branch'`)).Replace(to)
}

func movedBody(body any) any {
	if body == nil {
		return nil
	}
	if text, ok := body.(string); ok {
		return strings.NewReplacer(`"hq"`, `"branch"`, "g1/", "g2/").Replace(text)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return body
	}
	return strings.NewReplacer(`"hq"`, `"branch"`, `g1/`, `g2/`).Replace(string(data))
}

// operations are those of the OpenAPI document: method and path, and the names of
// their query.
func (k *keeper) operations() map[string][]string {
	t := k.t
	t.Helper()
	if k.known != nil {
		return k.known
	}
	doc, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name string `json:"name"`
				In   string `json:"in"`
			} `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for path, methods := range read.Paths {
		for method, o := range methods {
			key := strings.ToUpper(method) + " " + strings.TrimPrefix(path, "/api/v1")
			all[key] = []string{}
			for _, p := range o.Parameters {
				if p.In == "query" {
					all[key] = append(all[key], p.Name)
				}
			}
		}
	}
	k.known = all
	return all
}

// free are routes that are no station's: who one is, and what the console is.
var free = []string{
	"GET /about", "POST /session", "GET /session", "DELETE /session", "DELETE /sessions", "POST /session/password", "POST /session/change", "GET /live",
	// A gateway's: the token that it was given names the one stream that it is for.
	"POST /cameras/{id}/whip", "DELETE /cameras/{id}/whip/{session}", "PUT /cameras/{id}/uploads/{transfer}",
	"GET /covers/stations", // who may let another station cover theirs sees how the others are called, and no more
}

// bodies stand in for those of the table of routes that a schema refuses before
// anybody asks who may.
var bodies = map[string]any{
	"POST /stations":        object{"id": mark, "name": mark, "time_zone": "UTC"},
	"POST /gateways":        object{"id": "g3", "station": "hq"},
	"POST /users":           object{"username": "spy", "name": "Spy", "roles": []object{{"role": "officer", "station": "hq"}}},
	"POST /tokens":          object{"name": "spy", "roles": []object{{"role": "officer", "station": "hq"}}},
	"PUT /retention":        object{"journal_days": 40, "dead_letter_days": 90, "version": 0},
	"POST /retention/holds": object{"station": "hq", "from": "2030-06-01T00:00:00Z", "until": "2030-06-02T00:00:00Z", "reason": "x"},
}

func TestNothingOfAnotherStationIsSeenOrDone(t *testing.T) {
	t.Parallel()
	k := startKeeper(t)
	known := map[string]bool{}
	k.last = k.sum()
	for _, r := range routes {
		key := r.method + " " + r.path
		known[key] = true
		if slices.Contains(free, key) {
			continue
		}
		k.refused(r.method, r.path, r.body)
	}
	for key, query := range k.operations() {
		if !known[key] {
			t.Errorf("%s is in no table: nobody knows whether it keeps stations apart", key)
			continue
		}
		if method, path, _ := strings.Cut(key, " "); method == http.MethodGet && !slices.Contains(free, key) {
			k.askedFor(path, query)
		}
	}
}

// refused asks for what is branch's, by path and body.
func (k *keeper) refused(method, path string, body any) {
	k.t.Helper()
	key := method + " " + path
	if better, ok := bodies[key]; ok {
		body = better
	}
	to, with := k.moved(path), movedBody(body)
	names := to != path
	query := url.Values{}
	for _, name := range k.operations()[key] {
		switch name {
		case "station":
			query.Set(name, "branch")
			names = true
		case "version":
			query.Set(name, "1")
		case "reason", "q":
			query.Set(name, "x")
		case "point":
			query.Set(name, "g2/door-1.lock")
			names = true
		case "view":
			query.Set(name, "text")
		case "month":
			query.Set(name, "2026-01")
		case "date":
			query.Set(name, "2026-01-01")
		case "kind":
			if path == "/rationale/of" {
				query.Set(name, "door.forced")
			}
		}
	}
	if text, ok := with.(string); ok && (strings.Contains(text, "branch") || strings.Contains(text, "g2/")) {
		names = true
	}
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	status, answer := k.local.told(method, to, with)
	if names && status != 403 && status != 404 {
		k.t.Errorf("%s %s %v: %d %.300s; want 403 or 404", method, to, with, status, answer)
	}
	if leak(answer, to, fmt.Sprint(with)) {
		k.t.Errorf("%s %s: the answer holds what is branch's: %.300s", method, to, answer)
	}
	if method == http.MethodGet {
		return
	}
	if now := k.sum(); now != k.last {
		k.t.Errorf("%s %s %v: %d, and branch has changed: %s", method, to, with, status, k.changed(k.last, now))
		k.last = now
	}
}

// askedFor asks a list of hq's, with one parameter at a time that names what is
// branch's.
func (k *keeper) askedFor(path string, query []string) {
	k.t.Helper()
	own := address(path)
	base, rest, _ := strings.Cut(own, "?")
	plain, err := url.ParseQuery(rest)
	if err != nil {
		k.t.Fatal(err)
	}
	status, answer := k.local.told(http.MethodGet, own, nil)
	if leak(answer) {
		k.t.Errorf("GET %s: %d, and the answer holds what is branch's: %.300s", own, status, answer)
	}
	for _, name := range query {
		value, names := k.named(name)
		if !names {
			continue
		}
		asked := maps.Clone(plain)
		asked[name] = []string{value}
		to := base + "?" + asked.Encode()
		status, answer := k.local.told(http.MethodGet, to, nil)
		refused := status == 403 || status == 404 || status == 422
		empty := status == 200 && !leak(strings.ReplaceAll(answer, value, ""))
		if !refused && !empty {
			k.t.Errorf("GET %s: %d %.300s; want a refusal, or nothing of branch's", to, status, answer)
		}
	}
}

// TestTheStreamKeepsStationsApart lets something happen at branch and then at hq.
func TestTheStreamKeepsStationsApart(t *testing.T) {
	t.Parallel()
	k := startKeeper(t)
	local, boss := k.local.watch("/live", ""), k.boss.watch("/live", "")
	var seen bytes.Buffer
	collect := func(name string, fits func(string) bool) {
		t.Helper()
		deadline := time.After(20 * time.Second)
		for {
			select {
			case e, open := <-local:
				if !open {
					t.Fatal("the stream ended")
				}
				seen.WriteString(e.name + " " + e.data + "\n")
				if e.name == name && fits(e.data) {
					return
				}
			case <-deadline:
				t.Fatalf("no event %s came", name)
			}
		}
	}
	collect("snapshot", func(string) bool { return true })
	await(t, boss, "snapshot", has(mark)) // the row of branch is on the board
	g := k.gateway("s1")
	alarm := k.text(`SELECT id FROM alarms WHERE station = 'branch'`)
	if status, body := k.boss.do("POST", "/alarms/"+alarm+"/take", object{"version": 1, "take_over": true}); status != 200 {
		t.Fatalf("taking branch's alarm: %d %v", status, body)
	}
	await(t, boss, "alarm", has(alarm))
	g.signal("fire-1.L1D1", "fire.alarm", true)
	collect("alarm", has("fire-1.L1D1"))
	if text := seen.String(); leak(text) || strings.Contains(text, `"branch"`) {
		t.Errorf("the stream of hq holds what is branch's: %s", text)
	}
	for _, query := range []string{"?station=branch", "?station=hq,branch"} {
		if status, answer := k.local.told(http.MethodGet, "/live"+query, nil); status != 403 && status != 404 && status != 422 {
			t.Errorf("/live%s: %d %.200s", query, status, answer)
		}
	}
}
