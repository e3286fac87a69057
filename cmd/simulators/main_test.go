package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the program.
func TestMain(m *testing.M) {
	if os.Getenv("SIMULATORS_TEST_AS_PROGRAM") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

type ready struct {
	Sim, Broker string
	Devices     []struct{ ID, Address string }
}

// launch runs the program until it is ready.
func launch(t *testing.T, args ...string) (*exec.Cmd, ready) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, os.Args[0], append([]string{"-http", "127.0.0.1:0"}, args...)...)
	cmd.Env = append(os.Environ(), "SIMULATORS_TEST_AS_PROGRAM=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	text, ok := strings.CutPrefix(line, "READY ")
	var r ready
	if err != nil || !ok || json.Unmarshal([]byte(text), &r) != nil {
		t.Fatalf("the first line is %q, %v", line, err)
	}
	return cmd, r
}

// TestDemoStaysWhereItWas starts the demo, sets fire, kills the program and
// finds the fire again; then it ends well with an interrupt.
func TestDemoStaysWhereItWas(t *testing.T) {
	t.Parallel()
	state := filepath.Join(t.TempDir(), "state.json")
	cmd, r := launch(t, "-state", state)
	if len(r.Devices) < 6 || !strings.HasPrefix(r.Broker, "tcp://127.0.0.1:") {
		t.Errorf("ready with %+v", r)
	}
	answer, err := http.Post(r.Sim+"/sim/v1/devices/fire-1/points/L1D3", "application/json", strings.NewReader(`{"state": "fire"}`))
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatal(answer, err)
	}
	answer.Body.Close()
	deadline := time.Now().Add(5 * time.Second)
	for tick := time.NewTicker(5 * time.Millisecond); ; <-tick.C {
		if data, err := os.ReadFile(state); err == nil && strings.Contains(string(data), `"L1D3":["fire"]`) {
			tick.Stop()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the fire is not kept")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed

	cmd, r = launch(t, "-state", state)
	list, err := http.Get(r.Sim + "/sim/v1/devices")
	if err != nil {
		t.Fatal(err)
	}
	defer list.Body.Close()
	if body, err := io.ReadAll(list.Body); err != nil || !strings.Contains(string(body), `"state":"fire"`) {
		t.Errorf("after the kill: %v %s", err, body)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("Ctrl-C ends with %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	if err := os.WriteFile(bad, []byte("devices:\n  - id: a\n    profile: fire/none\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		args []string
		want []string
	}{
		{[]string{"-scenario", bad}, []string{"bad.yaml", "fire/none", "fire/siemens-nk8237"}},
		{[]string{"-scenario", "nowhere.yaml"}, []string{"nowhere.yaml"}},
		{[]string{"-http", "0.0.0.0:0"}, []string{"0.0.0.0:0", "other machines"}},
	} {
		cmd := exec.CommandContext(t.Context(), os.Args[0], tc.args...)
		cmd.Env = append(os.Environ(), "SIMULATORS_TEST_AS_PROGRAM=1")
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%v was taken", tc.args)
		}
		for _, want := range tc.want {
			if !strings.Contains(string(out), want) {
				t.Errorf("%v: %q is not in %s", tc.args, want, out)
			}
		}
	}
}
