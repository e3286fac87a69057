package console_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guardroom/console"
)

func load(t testing.TB, text string) (console.Config, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "console.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return console.Load(file)
}

func TestLoad(t *testing.T) {
	t.Setenv("GUARDROOM_TEST_DSN", "postgres://u:p@localhost/x")
	c, err := load(t, `
data: /var/lib/guardroom
http: {listen: "127.0.0.1:9000", proxies: [10.0.0.0/8, "::1"]}
database: ${GUARDROOM_TEST_DSN}
stations:
  - {id: hq, name: Headquarters, time_zone: Europe/Vienna}
supervision: {gateway_lost: 45s}
log: {level: debug, format: json}
`)
	if err != nil {
		t.Fatal(err)
	}
	if c.Database != "postgres://u:p@localhost/x" || c.HTTP.Listen != "127.0.0.1:9000" || c.MQTT.Listen != "127.0.0.1:1883" ||
		c.Supervision.GatewayLost != 45*time.Second || c.Stations[0].ID != "hq" {
		t.Errorf("%+v", c)
	}
	short, err := load(t, "http: 127.0.0.1:9001\nmqtt: 127.0.0.1:9002\nbroker: ssl://b.example:8883\n")
	if err != nil || short.HTTP.Listen != "127.0.0.1:9001" || short.MQTT.Listen != "127.0.0.1:9002" || short.Broker.URLs[0] != "ssl://b.example:8883" {
		t.Errorf("short forms: %+v %v", short, err)
	}
	for _, empty := range []string{"", "\n", "# nothing\n", "{}"} {
		if _, err := load(t, empty); err != nil {
			t.Errorf("%q: %v", empty, err)
		}
	}
}

func TestLoadRefusesInWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, text, want string }{
		{"unknown key", "data: x\nhtpp: {}\n", "line 2"},
		{"unknown key deep", "http:\n  listen: 127.0.0.1:1\n  lisen: x\n", "line 3"},
		{"broken YAML", "data: [\n", "line"},
		{"wrong type", "http: 5\n", "line 1"},
		{"a list", "- a\n", "line 1"},
		{"plain MQTT beyond this machine", "data: x\nmqtt:\n  listen: 0.0.0.0:1883\n", "line 3: mqtt.listen"},
		{"plain HTTP beyond this machine", "http: {listen: \":8080\"}", "http.insecure"},
		{"no port", "http: {listen: localhost}", "host:port"},
		{"password in clear", "database: postgres://me:secret@db/x", "database_file"},
		{"password in clear, words", "database: host=db password=secret", "database_file"},
		{"broker password in clear", "broker: {urls: [\"ssl://b:8883\"], username: u, password: secret}", "broker.password_file"},
		{"broker in clear", "broker: {urls: [\"tcp://b:1883\"]}", "ssl://"},
		{"broker without address", "broker: {username: u}", "urls"},
		{"environment", "database: ${GUARDROOM_NOT_SET}", "GUARDROOM_NOT_SET"},
		{"zone", "stations: [{id: hq, name: HQ, time_zone: Mars}]", "Mars"},
		{"station id", "stations: [{id: \"h q\", name: HQ, time_zone: UTC}]", "h q"},
		{"station twice", "stations: [{id: a, name: A, time_zone: UTC}, {id: a, name: A, time_zone: UTC}]", "twice"},
		{"certificates", "mqtt: {tls: {cert: /nowhere/a.pem, key: /nowhere/b.pem}}", "/nowhere/a.pem"},
		{"half a certificate", "mqtt: {tls: {cert: a.pem}}", "both"},
		{"patience", "supervision: {gateway_lost: 1s}", "gateway_lost"},
		{"level", "log: {level: loud}", "loud"},
		{"two databases", "database: host=a\ndatabase_file: b", "one of them"},
		{"proxy", "http: {proxies: [nowhere]}", "nowhere"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(t, tc.text)
			if err == nil || !strings.Contains(err.Error(), tc.want) || !strings.Contains(err.Error(), "console.yaml") {
				t.Errorf("%v does not say %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret@") {
				t.Errorf("%v holds the password", err)
			}
		})
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("data: x\nhttp: {listen: \"127.0.0.1:0\"}\n")
	f.Add("stations: [{id: hq, name: HQ, time_zone: UTC}]\n")
	f.Add("broker: {urls: [\"ssl://b:8883\"]}\nsupervision: {gateway_lost: 30s}\n")
	f.Add("a: &a [*a]\n")
	f.Add("${X}: ${Y}\n")
	file := filepath.Join(f.TempDir(), "console.yaml")
	f.Fuzz(func(t *testing.T, text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := console.Load(file); err != nil && !strings.Contains(err.Error(), file) {
			t.Errorf("%v does not name the file", err)
		}
	})
}
