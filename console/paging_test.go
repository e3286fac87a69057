package console_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"guardroom/console/api"
	"guardroom/console/auth"
)

// Every list refuses a cursor that it did not give, with the field: a part that
// looks like the whole would be worse.
func TestEveryListRefusesAForeignCursor(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Admin)
	b := h.signIn(auth.Admin)
	doc, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name string `json:"name"`
			} `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	status, body := b.do(http.MethodGet, "/stations?limit=1", nil)
	next, _ := body["next"].(string)
	if status != 200 || next == "" || body["items"].([]any)[0].(object)["id"] != "branch" {
		t.Fatalf("%d %v", status, body)
	}
	if status, body := b.do(http.MethodGet, "/stations?limit=1&cursor="+next, nil); status != 200 || body["next"] != "" || body["items"].([]any)[0].(object)["id"] != "hq" {
		t.Errorf("the second page: %d %v", status, body)
	}
	lists := 0
	for path, methods := range read.Paths {
		path = strings.TrimPrefix(path, "/api/v1")
		paged := false
		for _, p := range methods["get"].Parameters {
			paged = paged || p.Name == "cursor"
		}
		if !paged || path == "/live" {
			continue
		}
		lists++
		for _, cursor := range []string{"nonsense", "0197f000-0000-7000-8000-000000000000", "'; --", "-1", next[:len(next)-1], next} {
			if path == "/stations" && cursor == next {
				continue
			}
			to := address(path)
			join := "?"
			if strings.Contains(to, "?") {
				join = "&"
			}
			status, body := b.do(http.MethodGet, to+join+"cursor="+url.QueryEscape(cursor), nil)
			if params, _ := body["params"].(object); status != 422 || body["code"] != "invalid" || fmt.Sprint(params["field"]) != "cursor" {
				t.Errorf("%s with cursor %q: %d %v", to, cursor, status, body)
			}
		}
	}
	if lists < 20 {
		t.Errorf("only %d lists were asked", lists)
	}
}
