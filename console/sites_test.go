package console_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"guardroom/console/auth"
)

// bytes sends bytes as they are and returns the answer's bytes.
func (b *browser) bytes(method, path string, body []byte) (int, http.Header, []byte) {
	b.h.t.Helper()
	r, err := http.NewRequestWithContext(b.h.t.Context(), method, b.h.at.HTTP+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		b.h.t.Fatal(err)
	}
	answer, err := b.client.Do(r)
	if err != nil {
		b.h.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		b.h.t.Fatal(err)
	}
	return answer.StatusCode, answer.Header, data
}

// TestAPlanIsDrawnKeptAndBroughtBack walks a level from nothing to its third
// version, over a restart, and into another station.
func TestAPlanIsDrawnKeptAndBroughtBack(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Chief, auth.Officer, auth.Admin)
	chief := h.signIn(auth.Chief)
	place := func(kind, parent, name string) string {
		t.Helper()
		status, made := chief.do("POST", "/places", object{"station": "hq", "kind": kind, "parent": parent, "name": name})
		if status != 201 {
			t.Fatalf("add %s: %d %v", name, status, made)
		}
		return made["id"].(string)
	}
	premises := place("premises", "", "Compound")
	building := place("building", premises, "Block S")
	level := place("level", building, "Level 0")
	status, _, answer := chief.bytes("POST", "/sites/hq/drawings", []byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><script>x()</script><path d="M0 0L9 9"/></svg>`))
	if status != 201 || !strings.Contains(string(answer), "script") {
		t.Fatalf("upload: %d %s", status, answer)
	}
	hash := strings.SplitN(strings.SplitN(string(answer), `"hash":"`, 2)[1], `"`, 2)[0]
	status, header, picture := h.signIn(auth.Officer).bytes("GET", "/sites/hq/drawings/"+hash, nil)
	if status != 200 || header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") ||
		!strings.Contains(header.Get("Cache-Control"), "immutable") || bytes.Contains(picture, []byte("script")) {
		t.Fatalf("drawing: %d %v %s", status, header, picture)
	}
	kitchen := "0197f000-0000-7000-8000-00000000000a"
	plan := func(version int, x float64, more ...object) object {
		points := append([]object{{"point": "g1/door-1.lock", "place": kitchen, "x": x, "y": 2, "rotation": 0}}, more...)
		return object{
			"version": version, "width": 40, "height": 20, "drawing": object{"hash": hash, "kind": "svg", "x": 0, "y": 0, "width": 40, "height": 20, "invert": false},
			"areas":  []object{{"place": kitchen, "name": "Kitchen", "shape": [][]float64{{0, 0}, {9, 0}, {9, 9}}}},
			"points": points, "cameras": []object{}, "labels": []object{},
		}
	}
	for version, x := range []float64{5, 6} {
		if status, body := chief.do("PUT", "/plans/"+level, plan(version, x)); status != 200 || body["version"] != float64(version+1) {
			t.Fatalf("save %d: %d %v", version, status, body)
		}
	}
	status, body := chief.do("PUT", "/plans/"+level, plan(1, 7))
	conflict, _ := body["params"].(object)["current"].(object)
	if status != 409 || body["code"] != "stale" || conflict["plan"] == nil || len(conflict["differences"].([]any)) != 1 {
		t.Fatalf("a stale save: %d %v", status, body)
	}
	if status, body := chief.do("DELETE", "/places/"+level+"?version=1", nil); status != 409 || !strings.Contains(body["detail"].(string), "still holds one area and a plan") {
		t.Errorf("remove a level that holds something: %d %v", status, body)
	}
	if status, body := chief.do("POST", "/plans/"+level+"/restore", object{"version": 2, "restore": 1}); status != 200 || body["plan"].(object)["points"].([]any)[0].(object)["x"] != 5.0 {
		t.Fatalf("restore: %d %v", status, body)
	}
	if _, list := chief.do("GET", "/plans/"+level+"/versions", nil); len(list["items"].([]any)) != 3 {
		t.Errorf("versions: %v", list)
	}
	_, found := chief.do("GET", "/sites/search?q=kitch", nil)
	if items := found["items"].([]any); len(items) != 1 || items[0].(object)["level"] != level {
		t.Errorf("search: %v", found)
	}
	where := h.desks.Sites.Where("g1/door-1.lock")
	if where.AreaName != "Kitchen" || where.LevelName != "Level 0" || where.BuildingName != "Block S" || where.Premises != premises {
		t.Errorf("the door is %+v", where)
	}
	_, _, file := chief.bytes("GET", "/sites/hq/export", nil)
	h.stop()

	again := startOn(t, h.dsn)
	if w := again.desks.Sites.Where("g1/door-1.lock"); w != where {
		t.Errorf("after a restart the door is %+v, was %+v", w, where)
	}
	admin := again.signIn(auth.Admin)
	status, _, report := admin.bytes("POST", "/sites/branch/import?dry_run=true", file)
	if status != 200 || !strings.Contains(string(report), "gateway g1 is none of this station") {
		t.Errorf("a foreign gateway: %d %s", status, report)
	}
	if status, _, report := admin.bytes("POST", "/sites/branch/import?leave_out=true", file); status != 200 || !strings.Contains(string(report), `"done":true`) {
		t.Fatalf("import: %d %s", status, report)
	}
	_, site := admin.do("GET", "/sites/branch", nil)
	if len(site["places"].([]any)) != 4 || len(site["plans"].([]any)) != 1 {
		t.Errorf("imported: %v", site)
	}
	if status, body := admin.do("PATCH", "/stations/hq", object{"security_level": 3, "working_week": []int{1, 2, 3, 4, 7}}); status != 200 || body["security_level"] != 3.0 {
		t.Errorf("facts of a station: %d %v", status, body)
	}
	if status, body := admin.do("PATCH", "/stations/hq", object{"security_level": 7}); status != 422 {
		t.Errorf("level 7: %d %v", status, body)
	}
}
