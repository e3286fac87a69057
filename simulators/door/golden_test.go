package door_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// TestGolden holds the answers against the documentation of uhppoted-mqtt.
func TestGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/golden/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			var golden struct {
				Source, Note, Topic string
				Request             json.RawMessage
				Reply               map[string]map[string]map[string]any
				Same                []string
			}
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(data, &golden); err != nil || golden.Source == "" {
				t.Fatalf("%s: %v, and a source is required", file, err)
			}
			w := newWorld(t, nil)
			if granted, err := w.controller.Swipe(4, 8165538); err != nil || !granted { // so that there is an event 1
				t.Fatal(granted, err)
			}
			await(t, "the lock to lock again", func() bool { return w.controller.State("door4") == "normal" })
			w.ask("uhppoted/gateway/requests/"+golden.Topic, golden.Request)
			var got map[string]map[string]map[string]any
			if err := json.Unmarshal([]byte(w.reply()), &got); err != nil {
				t.Fatal(err)
			}
			for kind, want := range golden.Reply["message"] {
				have := got["message"][kind]
				if differ := shape("", want, have); differ != "" {
					t.Errorf("message.%s%s", kind, differ)
				}
				for _, path := range append(golden.Same, "server-id", "client-id", "request-id", "method") {
					if a, b := at(want, path), at(have, path); !reflect.DeepEqual(a, b) {
						t.Errorf("message.%s.%s is %v, documented %v", kind, path, b, a)
					}
				}
			}
		})
	}
}

// shape tells where two values differ in fields or types.
func shape(path string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %T, documented an object", path, got)
		}
		for key := range have {
			if _, documented := want[key]; !documented {
				return fmt.Sprintf("%s.%s is not documented", path, key)
			}
		}
		for key, value := range want {
			if differ := shape(path+"."+key, value, have[key]); differ != "" {
				return differ
			}
		}
	case []any:
		have, ok := got.([]any)
		if !ok || len(have) == 0 {
			return fmt.Sprintf("%s is %v, documented a list", path, got)
		}
		return shape(path+"[0]", want[0], have[0])
	default:
		if reflect.TypeOf(want) != reflect.TypeOf(got) {
			return fmt.Sprintf("%s is %T, documented %T", path, got, want)
		}
	}
	return ""
}

func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[key]
	}
	return v
}
