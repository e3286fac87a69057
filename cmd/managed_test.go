package cmd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/simulators/modbusd"
)

// sentConfig is what the console says of a gateway's configuration.
type sentConfig struct {
	Version int64  `json:"version"`
	State   string `json:"state"`
	Managed bool   `json:"managed"`
	Good    int64  `json:"good"`
	Hash    string `json:"hash"`
	Text    string `json:"text"`
	Faults  []struct {
		Line   int    `json:"line"`
		Reason string `json:"reason"`
	} `json:"faults"`
}

// TestTheConsoleConfiguresAGateway sends a managed gateway its devices: what it
// cannot read is refused with the line, what works counts, also after both died;
// a gateway that is not managed takes none.
func TestTheConsoleConfiguresAGateway(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	panel := func() string {
		p, err := modbusd.Listen(t.Context(), "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { p.Close() })
		if err := p.Set(1, modbusd.Input, uint16(zones-1), 0); err != nil {
			t.Fatal(err)
		}
		return p.Addr()
	}
	e := h.newEdge("gw-managed")
	e.extra = "managed: true"
	e.device("own", "test/storm", panel())
	e.start()
	zone := func(device string) devices.PointID { return devices.MakePointID(e.id, device, "zone1") }
	h.waitShows(zone("own"), "normal", devices.Good)
	path := "/gateways/" + e.id + "/config"
	at := func() (c sentConfig) { h.get(path, &c); return c }
	if c := at(); !c.Managed || c.Version != 0 || c.State != "" {
		t.Errorf("before any was sent: %+v", c)
	}
	send := func(seen int64, text string) (int, string) {
		t.Helper()
		status, data, err := h.ask(http.MethodPost, "/api/v1"+path, map[string]any{"version": seen, "text": text})
		if err != nil {
			t.Fatal(err)
		}
		return status, string(data)
	}
	becomes := func(version int64, state string) (c sentConfig) {
		t.Helper()
		poll(t, 60*time.Second, fmt.Sprintf("version %d is %s", version, state), func() error {
			if c = at(); c.Version != version || c.State != state {
				return fmt.Errorf("%+v", c)
			}
			return nil
		})
		return c
	}

	status, answer := send(0, "devices:\n  - {id: a, profile: test/storm, address: 127.0.0.1:1}\n  - {id: b, profile: fire/none, address: 127.0.0.1:1}\nbroker: tcp://127.0.0.1:1\n")
	var p struct {
		Errors []struct{ Location, Message string } `json:"errors"`
	}
	if err := json.Unmarshal([]byte(answer), &p); err != nil || status != 422 || len(p.Errors) != 2 || p.Errors[0].Location != "text:3" || p.Errors[1].Location != "text:4" ||
		!strings.Contains(p.Errors[0].Message, "unknown profile") || !strings.Contains(p.Errors[1].Message, "unknown key") {
		t.Errorf("refused: %d %s", status, answer)
	}
	if c := becomes(1, "refused"); len(c.Faults) != 2 || c.Good != 0 || c.Hash == "" {
		t.Errorf("%+v", c)
	}
	good := fmt.Sprintf("devices:\n  - {id: sent, profile: test/storm, address: '%s', name: Sent}\n", panel())
	if status, answer := send(0, good); status != 409 || !strings.Contains(answer, "stale") {
		t.Errorf("what somebody else has sent was not seen: %d %s", status, answer)
	}
	if status, answer := send(1, good); status != 202 {
		t.Fatalf("%d %s", status, answer)
	}
	becomes(2, "applied")
	h.waitShows(zone("sent"), "normal", devices.Good)
	if there := h.readings(e.id + "/own"); len(there) > 0 {
		t.Errorf("what is configured no more is still read: %v", there)
	}
	// It counts after both have died, whatever the own file says.
	h.kill(t)
	e.kill(t)
	h.start()
	e.start()
	h.waitShows(zone("sent"), "normal", devices.Good)
	becomes(2, "applied")
	// A later one that is refused leaves it in force, and all of them can be read.
	if status, answer := send(2, "devices: []\n"); status != 422 {
		t.Errorf("a gateway that would see nothing: %d %s", status, answer)
	}
	if c := becomes(3, "refused"); c.Good != 2 {
		t.Errorf("in force is %d, not what worked", c.Good)
	}
	var lines page[struct {
		Version int64  `json:"version"`
		State   string `json:"state"`
		Faults  int    `json:"faults"`
	}]
	h.get("/gateways/"+e.id+"/configs", &lines)
	if got := fmt.Sprintf("%+v", lines.Items); got != "[{Version:3 State:refused Faults:1} {Version:2 State:applied Faults:0} {Version:1 State:refused Faults:2}]" {
		t.Errorf("the history reads %s", got)
	}
	var second sentConfig
	if h.get("/gateways/"+e.id+"/configs/2", &second); second.Text != good || second.State != "applied" {
		t.Errorf("version 2 reads as %+v", second)
	}

	plainly := h.newEdge("gw-plain")
	plainly.start()
	poll(t, 30*time.Second, "the other gateway is there", func() error {
		var list page[struct{ ID, State string }]
		h.get("/gateways", &list)
		if !slices.ContainsFunc(list.Items, func(g struct{ ID, State string }) bool { return g.ID == plainly.id && g.State == "online" }) {
			return fmt.Errorf("%+v", list.Items)
		}
		return nil
	})
	path = "/gateways/" + plainly.id + "/config"
	if status, answer := send(0, good); status != 409 || !strings.Contains(answer, "not_managed") {
		t.Errorf("a gateway that is not managed: %d %s", status, answer)
	}
}
