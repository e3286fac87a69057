package cmd_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// edge is a gateway of a house.
type edge struct {
	h       *house
	id      string
	dir     string
	broker  string // URL
	extra   string // more lines of gateway.yaml
	devices []string
	metrics string
	// certified gateways show a certificate instead of a credential.
	certified bool

	*program
}

// newEdge makes a gateway known to the console; it is started by start.
func (h *house) newEdge(id string) *edge {
	h.t.Helper()
	var made struct {
		Credential string `json:"credential"`
	}
	h.must(201, http.MethodPost, "/api/v1/gateways", map[string]string{"id": id, "station": station, "name": "Gateway " + id}, &made)
	e := &edge{h: h, id: id, dir: folder(h.t), broker: "tcp://" + h.mqtt}
	writeFile(h.t, filepath.Join(e.dir, "credential"), made.Credential+"\n")
	return e
}

// device adds a device; more are further lines of its entry.
func (e *edge) device(id, profile, address string, more ...string) {
	entry := fmt.Sprintf("  - id: %s\n    profile: %s\n    address: %q\n", id, profile, address)
	for _, line := range more {
		entry += "    " + line + "\n"
	}
	e.devices = append(e.devices, entry)
}

func (e *edge) config() string { return filepath.Join(e.dir, "gateway.yaml") }

func (e *edge) credential() string {
	e.h.t.Helper()
	text, err := os.ReadFile(filepath.Join(e.dir, "credential"))
	if err != nil {
		e.h.t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func (e *edge) write() {
	e.h.t.Helper()
	shared, err := filepath.Abs("testdata/profiles")
	if err != nil {
		e.h.t.Fatal(err)
	}
	credential := "credential_file: credential"
	if e.certified {
		credential = ""
	}
	text := fmt.Sprintf("id: %s\nstation: %s\nbroker: %s\n%s\ndata: data\nmetrics: 127.0.0.1:0\nprofiles: %s\n%s\n", e.id, station, e.broker, credential, shared, e.extra)
	if len(e.devices) > 0 {
		text += "devices:\n" + strings.Join(e.devices, "")
	}
	writeFile(e.h.t, e.config(), text)
}

func (e *edge) start() {
	e.h.t.Helper()
	e.write()
	e.program = launch(e.h.t, "gateway", "-config", e.config())
	var at struct {
		Metrics string `json:"metrics"`
	}
	e.awaitReady(e.h.t, &at)
	e.metrics = at.Metrics
}

// figure is one figure of the gateway's metrics page.
func (e *edge) figure(name string) (float64, error) {
	answer, err := e.h.client.Get("http://" + e.metrics + "/metrics")
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, err
	}
	for l := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(l, "guardroom_gateway_"+name); ok && rest != "" && strings.ContainsRune(" {}", rune(rest[0])) {
			fields := strings.Fields(l)
			return strconv.ParseFloat(fields[len(fields)-1], 64)
		}
	}
	return 0, fmt.Errorf("the gateway has no figure %s", name)
}

// settle waits until the console has confirmed everything that the gateway has.
func (e *edge) settle(within time.Duration) {
	e.h.t.Helper()
	poll(e.h.t, within, "everything is confirmed", func() error {
		depth, err := e.figure("spool_depth")
		if err == nil && depth > 0 {
			err = fmt.Errorf("%.0f signals wait", depth)
		}
		return err
	})
}

// connected waits until the gateway has its link to the console.
func (e *edge) connected(within time.Duration) {
	e.h.t.Helper()
	poll(e.h.t, within, "the gateway is connected", func() error {
		up, err := e.figure("link_up")
		if err == nil && up != 1 {
			err = fmt.Errorf("link_up is %.0f", up)
		}
		return err
	})
}
