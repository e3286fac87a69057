package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRunRefusesInWords(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "console.yaml")
	if err := os.WriteFile(config, []byte("data: "+t.TempDir()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(t.TempDir(), "broken.yaml")
	if err := os.WriteFile(broken, []byte("data: x\ncolour: red\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ args, want string }{
		{"dance -config " + config, "dance"},
		{"gateway remove -config " + config, "gateway remove"},
		{"token create --role king -config " + config, "king"},
		{"gateway add --colour red", "colour"},
		{"-config /nowhere/console.yaml", "/nowhere/console.yaml"},
		{"-config " + broken, "line 2"},
		{"restore /nowhere/backup --force -config " + config, "/nowhere/backup"},
	} {
		err := run(t.Context(), strings.Fields(tc.args))
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("console %s: %v, want a word of %q", tc.args, err, tc.want)
		}
	}
}
