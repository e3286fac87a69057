// Package cmd_test states the law of the house: which package stands on which
// floor, which folder is the door of each outside library, and which wings may
// not see each other. It fails with a sentence.
package cmd_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors lists our packages from the ground up. A package may import only what
// stands on a lower floor, so the house can be read one floor at a time.
var floors = [][]string{
	{"devices", "rosters", "rosters/planner/chance"},
	{"devices/modbus", "devices/mqtt", "devices/onvif", "devices/profiles", "devices/rtsp", "rosters/planner", "rosters/planner/grid", "rosters/sheet", "rosters/ical", "rosters/demo", "rosters/rosterstest"},
	{"devices/mqtt/broker", "devices/picture", "devices/repack", "gateway/link", "simulators/modbusd"},
	{"gateway/spool", "gateway/poller", "gateway/commands", "gateway/relay", "gateway/recorder", "console/auth", "console/live", "console/video"},
	{"console/audit", "console/jobs", "console/reports", "simulators/panel", "simulators/door", "simulators/camera"},
	{"console/alarms", "console/stations", "console/commands", "simulators/site"},
	{"console/intake"},
	{"console/notify", "console/sites", "console/rationale", "console/impairments", "console/people", "console/rosters"},
	{"console/duty"},
	{"console/watch", "console/correlation", "console/figures", "console/replay", "console/doors", "console/fire", "console/cameras"},
	{"console/store/pgbox", "console/api", "console/web"},
	{"console/store"},
	{"console/store/storetest"},
	{"console", "gateway", "cmd/bench/bare"},
	{"cmd/console", "cmd/gateway", "cmd/simulators", "cmd/demo", "cmd/bench", "cmd/notice", "cmd/rosterplan", "simulators/camera/make"},
}

// doors gives each outside library the folders that may import it.
var doors = map[string][]string{
	"github.com/eclipse/paho.mqtt.golang":      {"devices/mqtt"},
	"github.com/mochi-mqtt/server/v2":          {"devices/mqtt/broker", "cmd/bench/bare"},
	"github.com/goburrow/modbus":               {"devices/modbus"},
	"github.com/goburrow/serial":               {"devices/modbus"},
	"github.com/jackc/pgx/v5":                  {"console/store", "cmd/bench/bare"},
	"github.com/pressly/goose/v3":              {"console/store"},
	"github.com/riverqueue/river":              {"console/store"},
	"github.com/gin-gonic/gin":                 {"console/api"},
	"github.com/danielgtaylor/huma/v2":         {"console/api"},
	"github.com/alexedwards/argon2id":          {"console/auth"},
	"github.com/goccy/go-yaml":                 {"devices/profiles", "gateway", "console", "simulators/site"},
	"github.com/santhosh-tekuri/jsonschema/v6": {"devices/profiles"},
	"github.com/prometheus/client_golang":      {"gateway", "console"},
	"github.com/pion/webrtc/v4":                {"console/video", "gateway/relay", "cmd/bench"},
	"github.com/pion/ice/v4":                   {"console/video", "gateway/relay"},
	"github.com/pion/dtls/v3":                  {"console/video", "gateway/relay"},
	"github.com/pion/srtp/v3":                  {"console/video", "gateway/relay"},
	"github.com/pion/interceptor":              {"console/video", "gateway/relay", "cmd/bench"},
	"github.com/pion/transport/v4":             {"console/video", "gateway/relay"},
	"github.com/bluenviron/gortsplib/v5":       {"devices/rtsp", "simulators/camera", "cmd/bench"},
	"github.com/xuri/excelize/v2":              {"console/reports"},
	"golang.org/x/text":                        {"console/reports"},
	"github.com/Shopify/toxiproxy/v2":          {},
	"pgregory.net/rapid":                       {"rosters/rosterstest"},
}

// subtrees lists doors that stand open for all below them: the subfolders of
// the store are the store.
var subtrees = []string{"console/store"}

// walls lists wings that may not see each other, whatever the floor.
var walls = []struct{ from, to, why string }{
	{"gateway", "console", "a gateway runs on a small box without a database or screens"},
	{"gateway", "rosters", "a gateway knows nothing of people"},
	{"gateway", "events", "a gateway knows nothing of people"},
	{"gateway", "simulators", "the product never depends on make-believe"},
	{"console", "gateway/spool", "both ends share gateway/link and devices, nothing else"},
	{"console", "gateway/poller", "both ends share gateway/link and devices, nothing else"},
	{"console", "gateway/commands", "both ends share gateway/link and devices, nothing else"},
	{"console", "simulators", "the product never depends on make-believe"},
	{"simulators", "gateway", "a simulator is judged by what it says on the wire"},
	{"simulators", "console", "a simulator is judged by what it says on the wire"},
	{"devices", "rosters", "equipment and people meet in the console only"},
	{"rosters", "devices", "equipment and people meet in the console only"},
	{"rosters/planner", "rosters/demo", "the product never depends on make-believe"},
	{"console", "rosters/demo", "the product never depends on make-believe"},
	{"events", "devices", "equipment and people meet in the console only"},
	{"console", "rosters/rosterstest", "the product never depends on make-believe"},
	{"console/api", "console/store", "routes call desks; desks call their small store interfaces"},
}

// small lists what the gateway's program must not even link.
var small = []string{"github.com/jackc/pgx/v5", "github.com/gin-gonic/gin", "guardroom/console", "github.com/danielgtaylor/huma/v2"}

func under(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func mayOpen(from string, doorkeepers []string) bool {
	for _, d := range doorkeepers {
		if from == d || slices.Contains(subtrees, d) && under(from, d) {
			return true
		}
	}
	return false
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go list %v: %v\n%s", args, err, out)
	}
	return string(out)
}

func TestFloorsDoorsAndWalls(t *testing.T) {
	height := map[string]int{}
	for h, floor := range floors {
		for _, p := range floor {
			height[p] = h
		}
	}
	for line := range strings.Lines(goList(t, "-f", `{{.ImportPath}} {{join .Imports " "}}`, "guardroom/...")) {
		paths := strings.Fields(line)
		from := strings.TrimPrefix(paths[0], "guardroom/")
		if from == "cmd" {
			continue
		}
		if _, ok := height[from]; !ok {
			t.Errorf("%s has no floor; choose one and add it to the list", from)
			continue
		}
		for _, path := range paths[1:] {
			to, ours := strings.CutPrefix(path, "guardroom/")
			if ours {
				if height[to] >= height[from] {
					t.Errorf("%s may not import %s: it is not on a lower floor", from, to)
				}
				for _, w := range walls {
					if under(from, w.from) && under(to, w.to) && !under(from, w.to) {
						t.Errorf("%s may not import %s: %s", from, to, w.why)
					}
				}
			}
			for outside, keepers := range doors {
				if under(path, outside) && !mayOpen(from, keepers) {
					t.Errorf("%s may not import %s: its door is %v", from, path, keepers)
				}
			}
		}
	}
}

func TestGatewayProgramIsSmall(t *testing.T) {
	for dep := range strings.Lines(goList(t, "-deps", "guardroom/cmd/gateway")) {
		for _, banned := range small {
			if under(strings.TrimSpace(dep), banned) {
				t.Errorf("the gateway's program links %s; it must run on a small box", strings.TrimSpace(dep))
			}
		}
	}
}

func TestDomainImportsOnlyTheStandardLibrary(t *testing.T) {
	for _, domain := range []string{"devices", "rosters"} {
		for dep := range strings.Lines(goList(t, "-f", `{{join .Imports "\n"}}`, "guardroom/"+domain)) {
			if dep = strings.TrimSpace(dep); strings.Contains(strings.Split(dep, "/")[0], ".") || strings.HasPrefix(dep, "guardroom/") {
				t.Errorf("%s imports %s; the domain imports the standard library only", domain, dep)
			}
		}
	}
}
