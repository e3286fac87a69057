package cmd_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"

	"guardroom/devices"
	"guardroom/devices/mqtt/broker"
	"guardroom/gateway/link"
)

// TestALockdownOutlivesTheConsoleThatGaveIt commits a lockdown that no gateway can
// hear, because a link is cut, and kills the console: started again, it tells the
// gateway what to hold, and the doors are held. Once the gateway is the one that is
// cut off, once the console is, from somebody else's broker that goes on serving
// the gateway.
func TestALockdownOutlivesTheConsoleThatGaveIt(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]func(*testing.T) (*house, *edge, *toxiproxy.Proxy){
		"the gateway is cut off": func(t *testing.T) (*house, *edge, *toxiproxy.Proxy) {
			h := newHouse(t)
			e, wire := h.newEdge("gw-doors"), cable(t, h.mqtt)
			e.broker = "tcp://" + wire.Listen
			return h, e, wire
		},
		"the console is cut off": func(t *testing.T) (*house, *edge, *toxiproxy.Proxy) {
			middle, err := broker.Start(broker.Options{Listeners: []broker.Listener{{Address: "127.0.0.1:0"}}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = middle.Close() })
			wire := cable(t, middle.Addr())
			h := plannedHouse(t)
			h.extra = "broker: tcp://" + wire.Listen + "\n"
			h.start()
			h.makeToken()
			e := h.newEdge("gw-doors")
			e.broker = "tcp://" + middle.Addr()
			return h, e, wire
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, e, wire := cut(t)
			door := e.heldDoor(t)
			wire.Stop()
			var l struct {
				ID string `json:"id"`
			}
			h.must(201, http.MethodPost, "/api/v1/lockdowns", map[string]any{"station": station}, &l, "Idempotency-Key", "cut")
			h.kill(t)
			if held := e.toHold(t, l.ID); len(held) > 0 {
				t.Fatalf("the gateway has heard of %v already: this test shows nothing", held)
			}
			if err := wire.Start(); err != nil {
				t.Fatal(err)
			}
			h.start()
			waits(t, 60*time.Second, "the gateway is told what to hold", func() bool { return slices.Contains(e.toHold(t, l.ID), door) })
			h.holds(t, l.ID, door)
			h.waitShows(door, "blocked", devices.Good)
		})
	}
}

// toHold is what a gateway keeps of a lockdown: the points that it holds by itself.
func (e *edge) toHold(t testing.TB, lockdown string) []devices.PointID {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "data", "commands", "desired.json"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	var kept struct {
		Message link.DesiredMessage `json:"message"`
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		t.Fatal(err)
	}
	for _, l := range kept.Message.Lockdowns {
		if l.ID == lockdown {
			return l.Points
		}
	}
	return nil
}
