package cmd_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"guardroom/console/store/pgbox"
)

// badFile is a configuration that must be refused, with the words that an
// operator needs: the place, and what is wrong.
type badFile struct {
	name  string
	text  string
	words []string
}

// TestBadConsoleFiles starts consoles with files that cannot be meant.
func TestBadConsoleFiles(t *testing.T) {
	t.Parallel()
	for _, bad := range []badFile{
		{"broken YAML", "data: /tmp/x\nhttp: {listen: \"127.0.0.1:0\n", []string{"console.yaml", "line 2"}},
		{"tabs", "data: x\nhttp:\n\tlisten: a\n", []string{"console.yaml", "line 3"}},
		{"unknown key", "data: x\nlissen: 127.0.0.1:1\n", []string{"console.yaml", "line 2", "lissen"}},
		{"a list where a word stands", "data: [a, b]\n", []string{"console.yaml", "line 1"}},
		{"no port", "http: {listen: 127.0.0.1}\n", []string{"console.yaml", "line 1", "http.listen", "host:port"}},
		{"password in clear", "database: postgres://me:secret-word@db/guardroom\n", []string{"line 1", "database_file"}},
		{"missing variable", "database: ${NOBODY_SET_THIS}\n", []string{"line 1", "NOBODY_SET_THIS"}},
		{"time zone", "stations:\n  - {id: a, name: A, time_zone: Mars/Olympus}\n", []string{"line 2", "Mars/Olympus"}},
		{"patience", "supervision: {gateway_lost: 1s}\n", []string{"line 1", "gateway_lost", "between"}},
		{"certificate that is not there", "http: {listen: 127.0.0.1:0, tls: {cert: /no/such.crt, key: /no/such.key}}\n", []string{"http.tls", "/no/such.crt"}},
	} {
		t.Run(bad.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "console.yaml")
			writeFile(t, path, bad.text)
			refusedWith(t, launch(t, "console", "-config", path), bad.words...)
		})
	}
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		refusedWith(t, launch(t, "console", "-config", "/no/such/console.yaml"), "/no/such/console.yaml", "no such file")
	})
}

// refusedWith wants a program to end with an error that says all the words, and
// neither panics nor tells a secret.
func refusedWith(t *testing.T, p *program, words ...string) {
	t.Helper()
	said := p.fails(t)
	for _, w := range words {
		if !strings.Contains(said, w) {
			t.Errorf("%s said\n%swithout the words %q", p.name, said, w)
		}
	}
	for _, never := range []string{"panic:", "goroutine ", "secret-word"} {
		if strings.Contains(said, never) {
			t.Errorf("%s said %q:\n%s", p.name, never, said)
		}
	}
}

const goodProfile = `profile: test/panel
version: 1
title: Panel
source: made for tests
transport: {kind: modbus, unit: 1, timeout: 1s, max_registers: 100}
poll: {fast: 1s, slow: 1s}
points:
  - id: zone
    name: Zone
    type: enum
    read: {table: input, address: 0}
    states:
      - {state: fire, kind: fire.alarm, bit: 0}
`

// TestBadGatewayFiles starts gateways with files and profiles that cannot be
// meant, and asks check about the same.
func TestBadGatewayFiles(t *testing.T) {
	t.Parallel()
	head := "id: gw\nstation: unon\nbroker: tcp://127.0.0.1:1\nprofiles: profiles\n"
	device := head + "devices:\n  - id: d\n    profile: test/panel\n    address: 127.0.0.1:1\n"
	for _, bad := range []struct {
		badFile
		profile string
	}{
		{badFile{"broken YAML", "id: gw\nstation: {unon\n", []string{"gateway.yaml:", "2"}}, goodProfile},
		{badFile{"unknown key", head + "colour: red\n", []string{"gateway.yaml:5", "colour"}}, goodProfile},
		{badFile{"no station", "id: gw\nbroker: tcp://127.0.0.1:1\n", []string{"gateway.yaml:", "station is missing"}}, goodProfile},
		{badFile{"credential in clear", head + "credential: secret-word\n", []string{"gateway.yaml:5", "credential_file"}}, goodProfile},
		{badFile{"unknown profile", head + "devices:\n  - id: d\n    profile: fire/nobody-9000\n    address: 127.0.0.1:1\n", []string{"gateway.yaml:7", "fire/nobody-9000"}}, goodProfile},
		{badFile{"unknown parameter", device + "    params: {zoness: 3}\n", []string{"gateway.yaml:9", "zoness"}}, goodProfile},
		{badFile{"device twice", device + "  - id: d\n    profile: test/panel\n    address: 127.0.0.1:2\n", []string{"gateway.yaml:9", "stands here twice", "line 6"}}, goodProfile},
		{badFile{"unit too large", device + "    unit: 300\n", []string{"gateway.yaml:9", "unit 300"}}, goodProfile},
		{badFile{"wrong register type", device, []string{"panel.yaml:11", "table", "'holding'"}}, strings.Replace(goodProfile, "table: input", "table: holdings", 1)},
		{badFile{"register beyond the table", device, []string{"panel.yaml:11", "65535"}}, strings.Replace(goodProfile, "address: 0", "address: 70000", 1)},
		{badFile{"bit beyond the register", device, []string{"panel.yaml:13", "bit"}}, strings.Replace(goodProfile, "bit: 0", "bit: 16", 1)},
		{badFile{"no source", device, []string{"panel.yaml", "source"}}, strings.Replace(goodProfile, "source: made for tests\n", "", 1)},
		{badFile{"broken profile", device, []string{"panel.yaml:"}}, goodProfile + "  - [\n"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, "gateway.yaml")
			writeFile(t, path, bad.text)
			writeFile(t, filepath.Join(dir, "profiles", "test", "panel.yaml"), bad.profile)
			refusedWith(t, launch(t, "gateway", "-config", path), bad.words...)
			refusedWith(t, launch(t, "gateway", "check", "-config", path), bad.words...)
			if _, err := os.Stat(filepath.Join(dir, "gateway-data")); err == nil {
				t.Error("a gateway that refused its file made its data folder")
			}
		})
	}
}

// TestPortsInUse lets somebody else listen where a gateway wants to.
func TestPortsInUse(t *testing.T) {
	t.Parallel()
	taken := occupy(t)
	for _, part := range []struct{ name, text string }{
		{"metrics", "metrics: " + taken},
		{"field broker", "field_broker: {listen: '" + taken + "'}"},
	} {
		t.Run(part.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "gateway.yaml")
			writeFile(t, path, "id: gw\nstation: unon\nbroker: tcp://127.0.0.1:1\n"+part.text+"\n")
			refusedWith(t, launch(t, "gateway", "-config", path), taken, "in use")
		})
	}
}

func occupy(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// TestRefusedStarts refuses starts of a console one after the other, each for a
// reason of its own, and then starts it with everything it had.
func TestRefusedStarts(t *testing.T) {
	t.Parallel()
	h := plannedHouse(t)
	h.dsn = "" // the database is refused too
	start := func(words ...string) {
		t.Helper()
		h.write()
		refusedWith(t, launch(t, "console", "-config", h.config()), words...)
	}
	http, mqtt, taken := h.http, h.mqtt, occupy(t)
	h.http = taken
	start("http.listen", taken, "already listens", "choose another port")
	if _, err := os.Stat(filepath.Join(h.data(), "pg", "data")); err == nil {
		t.Error("a console whose port is taken went as far as the database")
	}
	h.http, h.mqtt = http, taken
	start("mqtt.listen", taken, "already listens", "choose another port")
	h.mqtt = mqtt

	h.start()
	h.makeToken()
	e := h.newEdge("gw-kept")
	first := h.program
	h.http, h.mqtt = freePort(t), freePort(t)
	start("in use by another console")
	h.http, h.mqtt = http, mqtt
	if !first.alive() {
		t.Fatal("the first console ended with the second")
	}

	h.sql(`INSERT INTO schema_versions (version_id, is_applied, tstamp) VALUES (9999, true, now())`)
	h.stop(t)
	start("schema 9999", "start the newer Guardroom", "restore a backup")

	version := filepath.Join(h.data(), "pg", "data", "PG_VERSION")
	right, err := os.ReadFile(version)
	if err != nil {
		t.Fatal(err)
	}
	overwrite(t, version, "9\n")
	start("PostgreSQL 9", "pg_upgrade")
	overwrite(t, version, string(right))

	// The newer program would take its step back.
	box, err := pgbox.Open(t.Context(), filepath.Join(h.data(), "pg"), pgbox.Options{})
	if err != nil {
		t.Fatal(err)
	}
	h.sqlAt(box.DSN(), `DELETE FROM schema_versions WHERE version_id = 9999`)
	if err := box.Close(); err != nil {
		t.Fatal(err)
	}
	h.start()
	var gateways page[struct {
		ID string `json:"id"`
	}]
	h.get("/gateways", &gateways)
	if len(gateways.Items) != 1 || gateways.Items[0].ID != e.id {
		t.Errorf("after all refusals the console knows %v", gateways.Items)
	}
}

// overwrite keeps owner and mode of a file.
func overwrite(t testing.TB, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}

func (h *house) sql(statement string) {
	h.t.Helper()
	h.sqlAt(h.address(h.t), statement)
}

func (h *house) sqlAt(dsn, statement string) {
	h.t.Helper()
	db, err := pgx.Connect(h.t.Context(), dsn)
	if err != nil {
		h.t.Fatal(err)
	}
	defer db.Close(h.t.Context())
	if _, err := db.Exec(h.t.Context(), statement); err != nil {
		h.t.Fatalf("%s: %v", statement, err)
	}
}
