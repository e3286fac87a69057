package cmd_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// user is somebody who signs in.
func (w *watched) user(name, role string) *http.Client {
	w.t.Helper()
	w.must(201, http.MethodPost, "/api/v1/users", map[string]any{"username": name, "name": name, "roles": []map[string]string{{"role": role, "station": station}}}, nil)
	var list page[struct {
		ID       string `json:"id"`
		Username string `json:"username"`
	}]
	w.get("/users", &list)
	for _, u := range list.Items {
		if u.Username == name {
			return w.signIn(u.ID, name)
		}
	}
	w.t.Fatalf("there is no user %s", name)
	return nil
}

// signIn gives a user a password and uses it.
func (w *watched) signIn(id, name string) *http.Client {
	w.t.Helper()
	var given struct {
		Password string `json:"one_time_password"`
	}
	w.must(200, http.MethodPost, "/api/v1/users/"+id+"/password", nil, &given)
	jar, err := cookiejar.New(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	client := &http.Client{Jar: jar, Timeout: 30 * time.Second}
	const chosen = "a long enough password"
	for path, body := range map[string]any{"/session": map[string]string{"username": name, "password": given.Password}} {
		if status, text, _ := posts(w.t, client, w.base+"/api/v1"+path, "application/json", "", jsonOf(body)); status != 200 {
			w.t.Fatalf("%s: %d %s", path, status, text)
		}
	}
	if status, text, _ := posts(w.t, client, w.base+"/api/v1/session/password", "application/json", "", jsonOf(map[string]string{"current": given.Password, "new": chosen})); status != 204 {
		w.t.Fatalf("choose a password: %d %s", status, text)
	}
	return client
}

func jsonOf(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(text)
}

// fetches reads a path as somebody.
func (w *watched) fetches(client *http.Client, method, path, body string) (int, []byte) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, w.base+"/api/v1"+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, _ := io.ReadAll(answer.Body)
	return answer.StatusCode, data
}

// TestWhoMayWatch: rights by role and by camera, and what ends a picture.
func TestWhoMayWatch(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	officer, planner := w.user("olive", "officer"), w.user("pat", "planner")
	ranged := "?from=" + url.QueryEscape(time.Now().Add(-5*time.Second).UTC().Format(time.RFC3339)) + "&to=" + url.QueryEscape(time.Now().UTC().Format(time.RFC3339))
	forbidden := func(who string, client *http.Client) {
		t.Helper()
		if _, status := watches(t, client, w.base, "C-01", ""); status != 403 {
			t.Errorf("%s: WHEP answers %d, want 403", who, status)
		}
		for _, path := range []string{"/cameras/C-01/recording" + ranged, "/cameras/C-01/snapshot", "/cameras/C-01/exports", "/cameras/C-01/timeline", "/cameras/C-01/bookmarks"} {
			if status, body := w.fetches(client, http.MethodGet, path, ""); status != 403 {
				t.Errorf("%s: %s answers %d %.200s, want 403", who, path, status, body)
			}
		}
	}
	forbidden("a planner", planner)
	viewOf := func(officer *http.Client) *viewer {
		t.Helper()
		v, status := watches(t, officer, w.base, "C-01", "")
		if status != 201 {
			t.Fatalf("an officer's WHEP: %d", status)
		}
		waits(t, 10*time.Second, "the officer sees it", func() bool { n, _ := v.seen(); return n > 5 })
		return v
	}
	view := func() *viewer { return viewOf(officer) }
	ends := func(what string, v *viewer, do func()) {
		t.Helper()
		began := time.Now()
		do()
		waits(t, 6*time.Second, what, func() bool { _, over := v.seen(); return over })
		took := time.Since(began)
		if took > 2*time.Second {
			t.Errorf("%s: it took %s", what, took)
		}
		t.Logf("%s: %s", what, took.Round(10*time.Millisecond))
	}
	// The next officer takes over the desk: the picture goes on, and each has a view of their own.
	desk := w.user("otto", "officer")
	w.user("nina", "officer")
	handed := viewOf(desk)
	if status, body := w.fetches(desk, http.MethodPost, "/session/change", `{"username":"nina","password":"a long enough password"}`); status != 200 {
		t.Fatalf("hand over the desk: %d %s", status, body)
	}
	waits(t, 10*time.Second, "the first officer's view ends", func() bool {
		list := w.views("otto")
		return len(list) == 1 && list[0]["why"] == "handed" && list[0]["to"] != ""
	})
	handed.grows(10 * time.Second)
	ends("the picture ends with the next officer's session", handed, func() {
		if status, body := w.fetches(desk, http.MethodDelete, "/session", ""); status != 204 {
			t.Fatalf("sign out: %d %s", status, body)
		}
	})
	waits(t, 10*time.Second, "the next officer's view is recorded", func() bool {
		list := w.views("nina")
		return len(list) == 1 && list[0]["why"] == "signed_out"
	})
	var people page[struct{ Name string }]
	w.get("/cameras/C-01/people", &people)
	var names []string
	for _, p := range people.Items {
		names = append(names, p.Name)
	}
	if !slices.IsSorted(names) || !slices.Contains(names, "olive") || slices.Contains(names, "pat") {
		t.Errorf("whom a camera may name: %v", names)
	}
	if status, _ := w.fetches(officer, http.MethodGet, "/cameras/C-01/people", ""); status != 403 {
		t.Errorf("an officer reads who works here: %d", status)
	}
	settings := map[string]any{"points": []string{}, "restricted": false, "allow": []string{}, "deny": []string{"role:officer"}, "retention_hours": 0, "always": false, "alarm_preset": "", "version": 0}
	ends("the picture ends with the right", view(), func() { w.must(200, http.MethodPut, "/api/v1/cameras/C-01/settings", settings, nil) })
	forbidden("an officer whom the camera denies", officer)
	settings["deny"], settings["restricted"], settings["allow"], settings["version"] = []string{}, true, []string{"role:officer"}, 1
	w.must(200, http.MethodPut, "/api/v1/cameras/C-01/settings", settings, nil)
	ends("the picture ends with the session", view(), func() {
		if status, body := w.fetches(officer, http.MethodDelete, "/session", ""); status != 204 {
			t.Fatalf("sign out: %d %s", status, body)
		}
	})
	if _, status := watches(t, officer, w.base, "C-01", ""); status != 401 {
		t.Errorf("nobody is signed in: %d", status)
	}
	waits(t, 10*time.Second, "who watched is recorded", func() bool { return len(w.views("olive")) >= 2 })
	for _, v := range w.views("olive") {
		if v["from"] == "" || v["to"] == "" || v["why"] != "no_right" && v["why"] != "signed_out" {
			t.Errorf("a view is recorded as %v", v)
		}
	}
	// A console that is killed while somebody watches closes the view when it
	// is back.
	v, _ := watches(t, w.client, w.base, "C-01", w.token)
	// Restricted to officers: the token of the test is none.
	if n, _ := v.seen(); n > 0 {
		t.Error("a restricted camera shows itself")
	}
	other, status := watches(t, w.client, w.base, "C-03", w.token)
	if status != 201 {
		t.Fatalf("C-03: %d", status)
	}
	other.grows(10 * time.Second)
	pass(t, time.Second) // the ledger writes four times a second
	w.kill(t)
	w.start()
	waits(t, 20*time.Second, "the view is closed in the record", func() bool {
		for _, v := range w.views("proof") {
			if v["why"] == "stopped" {
				return true
			}
		}
		return false
	})
}

// views are the entries of the record of who watched.
func (w *watched) views(name string) (list []map[string]string) {
	w.t.Helper()
	for _, e := range all[struct {
		Action string            `json:"action"`
		Name   string            `json:"actor_name"`
		Params map[string]string `json:"params"`
	}](w.house, "/audit?action=camera.watch") {
		if e.Action == "camera.watch" && e.Name == name {
			list = append(list, e.Params)
		}
	}
	return list
}
