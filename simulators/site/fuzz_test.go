package site_test

import (
	"testing"

	"guardroom/simulators/site"
)

// FuzzParse: no scenario file makes the parser panic, and what it takes is whole.
func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("devices: [{id: a, profile: power/apc-smartups}]"))
	f.Add([]byte("devices:\n  - id: a\n    profile: fire/siemens-nk8237\n    params: {zones: 99999999}\n"))
	f.Add([]byte("scenarios: {a: {steps: [{after: 1s}]}}"))
	f.Add([]byte("a: &a [*a, *a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		sc, err := site.Parse("fuzz.yaml", data)
		if err == nil && len(sc.Devices) == 0 {
			t.Error("a scenario without devices was taken")
		}
	})
}
