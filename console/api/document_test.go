package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"guardroom/console/api"
)

func TestOpenAPIDescribesEveryRoute(t *testing.T) {
	t.Parallel()
	doc, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		OpenAPI string                            `json:"openapi"`
		Paths   map[string]map[string]interface{} `json:"paths"`

		Components struct {
			Schemas map[string]struct {
				Properties map[string]any `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	if read.OpenAPI[:3] != "3.1" {
		t.Errorf("openapi %s, want 3.1", read.OpenAPI)
	}
	for _, schema := range []string{"Alarm", "AlarmWithHistory"} {
		property, err := json.Marshal(read.Components.Schemas[schema].Properties["acknowledged"])
		if err != nil || !strings.Contains(string(property), `"null"`) {
			t.Errorf("%s.acknowledged may be null, but is %s", schema, property)
		}
	}
	for _, path := range []string{"/api/v1/alarms", "/api/v1/live", "/api/v1/points/{id}/{local}/commands", "/api/v1/session", "/api/v1/audit"} {
		if read.Paths[path] == nil {
			t.Errorf("no path %s in the document", path)
		}
	}
}
