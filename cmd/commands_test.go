package cmd_test

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"testing"
	"time"

	"guardroom/devices"
)

// command is what became of a wish.
type command struct {
	ID       string          `json:"id"`
	State    devices.Outcome `json:"state"`
	Code     string          `json:"code"`
	Text     string          `json:"text"`
	ReadBack string          `json:"read_back"`
	Deadline time.Time       `json:"deadline"`
}

// press asks a point for something and returns the command's id; an empty key is
// a new press.
func (h *house) press(point devices.PointID, verb devices.Verb, reason, key string) string {
	h.t.Helper()
	if key == "" {
		key = rand.Text()
	}
	body := map[string]any{"verb": verb}
	if reason != "" {
		body["reason"] = reason
	}
	var c command
	h.must(202, http.MethodPost, "/api/v1/points/"+string(point)+"/commands", body, &c, "Idempotency-Key", key)
	return c.ID
}

func (h *house) command(id string) command {
	h.t.Helper()
	var c command
	h.get("/commands/"+id, &c)
	return c
}

// settled waits for the end of a command.
func (h *house) settled(t testing.TB, id string) command {
	t.Helper()
	var c command
	poll(t, 40*time.Second, "command "+id+" ends", func() error {
		if c = h.command(id); c.State.Final() {
			return nil
		}
		return fmt.Errorf("it is %s", c.State)
	})
	return c
}
