package console_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/store/storetest"
	"guardroom/devices"
	"guardroom/devices/mqtt"
	"guardroom/gateway/link"
)

func TestAlarmFromGatewayToAcknowledgement(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Auditor, auth.Planner)
	officer := h.signIn(auth.Officer)
	g := h.gateway("s1")
	events := officer.watch("/live", "")
	await(t, events, "snapshot", has(`"g1"`))
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	raised := await(t, events, "alarm", has(`"fire.alarm"`, `"unacknowledged"`))
	if !strings.Contains(raised.data, `"life_safety":true`) {
		t.Errorf("alarm %s is no life safety", raised.data)
	}
	status, list := officer.do("GET", "/alarms", nil)
	items := list["items"].([]any)
	if status != 200 || len(items) != 1 {
		t.Fatalf("alarms: %d %v", status, list)
	}
	alarm := items[0].(object)
	path := "/alarms/" + alarm["id"].(string) + "/acknowledge"
	if status, body := h.signIn(auth.Planner).do("POST", path, object{"version": 1}); status != 403 || body["code"] != "forbidden" {
		t.Errorf("a planner acknowledges: %d %v", status, body)
	}
	if status, body := officer.do("POST", path, object{"version": alarm["version"], "comment": "seen"}); status != 200 || body["state"] != "acknowledged" {
		t.Fatalf("acknowledge: %d %v", status, body)
	}
	if status, _ := officer.do("POST", path, object{"version": alarm["version"]}); status != 200 {
		t.Errorf("acknowledge again: %d", status)
	}
	await(t, events, "alarm", has(`"acknowledged"`, `"seen"`))
	g.signal("fire-1.L1D1", devices.FireAlarm, false)
	await(t, events, "alarm", has(`"state":"normal"`))
	select {
	case m := <-g.confirms:
		if m.Epoch != 1 || m.Upto < 1 {
			t.Errorf("confirm %+v", m)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing was confirmed")
	}
	_, record := h.signIn(auth.Auditor).do("GET", "/audit?action=alarm.acknowledge", nil)
	if items := record["items"].([]any); len(items) != 1 || items[0].(object)["actor_name"] != "officer" {
		t.Errorf("record: %v", record)
	}
}

func TestCommandsEndToEnd(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Supervisor, auth.Technician, auth.Admin, auth.Planner)
	officer := h.signIn(auth.Officer)
	if status, body := officer.command("g1/door-1.lock", "unlock", "k-before"); status != 404 {
		t.Errorf("command to a gateway that nobody has met: %d %v", status, body)
	}
	g := h.gateway("s1")
	select {
	case <-g.desired:
	case <-time.After(20 * time.Second):
		t.Error("no desired state came")
	}
	events := officer.watch("/live", "")
	await(t, events, "snapshot", nil)
	finished := func(id any) object {
		var c object
		eventually(t, "command ends", func() bool {
			_, c = officer.do("GET", "/commands/"+id.(string), nil)
			return c["finished_at"] != nil
		})
		return c
	}
	eventually(t, "the door is up", func() bool {
		_, d := officer.do("GET", "/devices/g1/door-1", nil)
		return d["state"] == "up"
	})

	t.Run("confirmed", func(t *testing.T) {
		status, c := officer.command("g1/door-1.lock", "unlock", "k1")
		if status != 202 || c["state"] != "sent" {
			t.Fatalf("%d %v", status, c)
		}
		got := g.next()
		if got.ID != c["id"] || got.Allowed || got.Deadline.Before(time.Now()) || got.Now.IsZero() {
			t.Errorf("the gateway got %+v", got)
		}
		// The same press again, as two segments: the same command, and nothing is sent.
		if status, again := officer.do("POST", "/points/g1/door-1.lock/commands", object{"verb": "unlock"}, "Idempotency-Key", "k1"); status != 202 || again["id"] != c["id"] {
			t.Errorf("again: %d %v", status, again)
		}
		if status, body := officer.command("g1/door-1.lock", "lock", "k1"); status != 409 || body["code"] != "conflict" {
			t.Errorf("other wish, same key: %d %v", status, body)
		}
		g.answer(got, devices.Confirmed, "", "unlocked")
		g.answer(got, devices.Confirmed, "", "unlocked")
		await(t, events, "command", has(`"confirmed"`, `"read_back":"unlocked"`))
		if c := finished(c["id"]); c["state"] != "confirmed" || c["by_name"] != "officer" {
			t.Errorf("%v", c)
		}
		g.answer(got, devices.Refused, devices.RefusedBusy, "") // the first final answer stays
		if len(g.commands) > 0 {
			t.Error("something was sent twice")
		}
	})
	t.Run("refused", func(t *testing.T) {
		_, c := officer.command("g1/door-1.lock", "lock", "k2")
		g.answer(g.next(), devices.Refused, devices.RefusedByDevice, "")
		if c := finished(c["id"]); c["state"] != "refused" || c["code"] != "device_refused" || c["text"] != "so it is" {
			t.Errorf("%v", c)
		}
	})
	t.Run("silent, then late", func(t *testing.T) {
		_, c := officer.command("g1/door-1.lock", "lock", "k3")
		got := g.next()
		c = finished(c["id"])
		if c["state"] != "unknown" || c["code"] != "link_lost" {
			t.Fatalf("%v", c)
		}
		g.answer(got, devices.Confirmed, "", "locked")
		eventually(t, "the late answer corrects it", func() bool {
			_, now := officer.do("GET", "/commands/"+c["id"].(string), nil)
			return now["state"] == "confirmed"
		})
	})
	t.Run("fire", func(t *testing.T) {
		if status, _ := officer.command("g1/fire-1.panel", "silence", "k4"); status != 403 {
			t.Errorf("an officer silences a fire panel: %d", status)
		}
		supervisor := h.signIn(auth.Supervisor)
		if status, body := supervisor.command("g1/fire-1.panel", "silence", "k5"); status != 422 {
			t.Errorf("without a reason: %d %v", status, body)
		}
		silence := func(key string) object {
			_, c := supervisor.do("POST", "/points/g1%2Ffire-1.panel/commands", object{"verb": "silence", "reason": "test of sounders"}, "Idempotency-Key", key)
			return c
		}
		if c := silence("k6"); c["state"] != "refused" || c["code"] != "not_allowed" {
			t.Errorf("both switches off: %v", c)
		}
		if status, body := h.signIn(auth.Admin).do("PATCH", "/stations/hq", object{"fire_commands": true}); status != 200 {
			t.Fatalf("%d %v", status, body)
		}
		if c := silence("k7"); c["state"] != "refused" || c["code"] != "not_allowed" {
			t.Errorf("the point's switch off: %v", c)
		}
		if status, body := h.signIn(auth.Technician).do("PATCH", "/points/g1%2Ffire-1.panel", object{"commands_allowed": true}); status != 200 {
			t.Fatalf("%d %v", status, body)
		}
		if c := silence("k8"); c["state"] != "sent" {
			t.Errorf("allowed: %v", c)
		}
		if got := g.next(); !got.Allowed || got.Reason == "" {
			t.Errorf("the gateway got %+v", got)
		}
	})
	t.Run("bad wishes", func(t *testing.T) {
		for _, tc := range []struct {
			point, verb, key string
			want             int
		}{
			{"g1/door-1.lock", "silence", "k", 422}, {"g1/door-1.lock", "", "k", 422}, {"g1/door-1.nope", "lock", "k", 404},
			{"nope", "lock", "k", 404}, {"g1/door-1.lock", "lock", "with blank", 422}, {"g1/door-1.lock", "lock", strings.Repeat("k", 200), 422},
		} {
			if status, body := officer.command(tc.point, tc.verb, tc.key); status != tc.want {
				t.Errorf("%+v: %d %v", tc, status, body)
			}
		}
	})
	t.Run("lost", func(t *testing.T) {
		g.say(link.Status, link.StatusMessage{State: link.Offline, Session: "s1", At: time.Now()})
		if status, c := officer.command("g1/door-1.lock", "lock", "k9"); status != 202 || c["state"] != "refused" || c["code"] != "device_offline" {
			t.Errorf("%d %v", status, c)
		}
	})
}

func TestRestartSettlesWhatWasLeft(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	h := startOn(t, dsn, auth.Officer)
	officer := h.signIn(auth.Officer)
	g := h.gateway("s1")
	eventually(t, "the door is known", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	status, c := officer.command("g1/door-1.lock", "unlock", "k1")
	if status != 202 {
		t.Fatalf("%d %v", status, c)
	}
	g.next()
	h.stop()
	again := startOn(t, dsn)
	officer = again.signIn(auth.Officer)
	eventually(t, "the command left over is unknown", func() bool {
		_, now := officer.do("GET", "/commands/"+c["id"].(string), nil)
		return now["state"] == "unknown"
	})
}

func TestGatewayIsLostAndComesBack(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	officer := h.signIn(auth.Officer)
	events := officer.watch("/live", "")
	g := h.gateway("s1")
	await(t, events, "gateway", has(`"online"`))
	value := 21.5
	g.say(link.Readings, link.ReadingsMessage{Readings: []devices.Reading{
		{Point: "g1/door-1.leaf", State: "closed", Quality: devices.Good, Observed: time.Now()},
		{Point: "g1/door-1.lock", State: "locked", Value: &value, Quality: devices.Good, Observed: time.Now()},
		{Point: "g2/door-1.lock", State: "locked", Quality: devices.Good, Observed: time.Now()},
	}})
	await(t, events, "point", has(`"g1/door-1.leaf"`, `"good"`))

	// An offline of an old session hides nothing.
	g.say(link.Status, link.StatusMessage{State: link.Offline, Session: "s0", At: time.Now()})
	g.say(link.Status, link.StatusMessage{State: link.Offline, Session: "s1", At: time.Now()})
	await(t, events, "device", has(`"g1/door-1"`, `"unknown"`))
	await(t, events, "alarm", has(`"gateway.lost"`, `"unacknowledged"`))
	eventually(t, "readings are stale", func() bool {
		_, p := officer.do("GET", "/points/g1/door-1.leaf", nil)
		r, ok := p["reading"].(object)
		return ok && r["quality"] == "stale"
	})
	g.leave()
	h.gateway("s2")
	await(t, events, "alarm", has(`"gateway.lost"`, `"returned"`))
	_, list := officer.do("GET", "/gateways", nil)
	if one := list["items"].([]any)[0].(object); one["state"] != "online" || one["session"] != "s2" {
		t.Errorf("gateway %v", one)
	}
}

func TestGatewayCredentials(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Admin)
	admin := h.signIn(auth.Admin)
	enters := func(id, user, credential string) error {
		failed := make(chan error, 10)
		c, err := mqtt.Connect(mqtt.Options{
			URLs: []string{"tcp://" + h.at.MQTT}, ClientID: id, Username: user, Password: func() (string, error) { return credential, nil }, CleanSession: true,
			OnUp: func(context.Context, *mqtt.Client) { failed <- nil }, OnDown: func(err error) { failed <- err },
		})
		if err != nil {
			return err
		}
		defer c.Close(context.WithoutCancel(t.Context()))
		select {
		case err := <-failed:
			return err
		case <-time.After(20 * time.Second):
			return errors.New("no answer")
		}
	}
	if err := enters("gateway-g1", "g1", h.credential); err != nil {
		t.Fatalf("the right credential: %v", err)
	}
	for name, try := range map[string][3]string{
		"wrong credential": {"gateway-g1", "g1", "wrong"}, "empty credential": {"gateway-g1", "g1", ""},
		"other client id": {"gateway-g2", "g1", h.credential}, "unknown gateway": {"gateway-g9", "g9", h.credential},
		"no name": {"gateway-", "", h.credential}, "odd name": {"gateway-a/b", "a/b", "x"},
	} {
		if err := enters(try[0], try[1], try[2]); err == nil {
			t.Errorf("%s gets in", name)
		}
	}
	g := h.gateway("s1")
	eventually(t, "online", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	status, body := admin.do("POST", "/gateways/g1/credential", object{})
	if status != 200 || body["credential"] == h.credential {
		t.Fatalf("rotate: %d %v", status, body)
	}
	eventually(t, "the old connection is cut", func() bool { return !g.client.Connected() })
	if err := enters("gateway-g1", "g1", h.credential); err == nil {
		t.Error("the old credential still gets in")
	}
}

func TestGarbageOnEveryTopicHarmsNothing(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Auditor)
	officer := h.signIn(auth.Officer)
	g := h.gateway("s1")
	big := []byte(`[{"id":"` + strings.Repeat("x", 1<<20-200) + `"}]`)
	for _, c := range link.Up {
		for _, payload := range [][]byte{{}, []byte("\x00\xff"), []byte("null"), []byte("[]"), []byte("{}"), []byte(`[1,2]`), []byte(`{"session":5}`), []byte(`{"state":"sideways","session":"s1"}`), big} {
			g.say(c, payload)
		}
	}
	odd := g.birth()
	odd.Devices = append(odd.Devices, odd.Devices[0])
	g.say(link.Birth, odd)
	odd = g.birth()
	odd.Wire = link.Versions{Min: 7, Max: 9}
	g.say(link.Birth, odd)
	// The line still works, and what was refused is on record.
	g.say(link.Heartbeat, g.heartbeat(link.DeviceUp))
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	eventually(t, "an alarm after the garbage", func() bool {
		_, list := officer.do("GET", "/alarms?kind=fire.alarm", nil)
		return len(list["items"].([]any)) == 1
	})
	eventually(t, "dead letters", func() bool {
		_, list := officer.do("GET", "/dead-letters", nil)
		seen := fmt.Sprint(list)
		return strings.Contains(seen, "/birth") && strings.Contains(seen, "/receipts") && strings.Contains(seen, "/alarms")
	})
	eventually(t, "the gateway is online", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	if _, list := officer.do("GET", "/devices", nil); len(list["items"].([]any)) != 2 {
		t.Errorf("devices: %v", list)
	}
	// Somebody else's topic cuts the connection.
	_ = g.client.Publish(t.Context(), mqtt.Message{Topic: "guardroom/v1/hq/g2/alarms", Payload: []byte("[]"), QoS: 1})
	eventually(t, "cut", func() bool { return h.at.MQTT != "" && g.client.Session() >= 2 })
}

func TestSecondConsoleIsRefusedInWords(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for setting, change := range map[string]func(*console.Config){
		"http.listen": func(c *console.Config) { c.HTTP.Listen = taken.Addr().String() },
		"mqtt.listen": func(c *console.Config) { c.MQTT.Listen = taken.Addr().String() },
	} {
		c := console.Default()
		c.Video.Listen = "127.0.0.1:0"
		c.Data, c.Database = t.TempDir(), storetest.DSN(t)
		c.HTTP.Listen, c.MQTT.Listen, c.Log.Level = "127.0.0.1:0", "127.0.0.1:0", "error"
		change(&c)
		err := console.Run(t.Context(), c, console.Options{Out: io.Discard})
		if err == nil || !strings.Contains(err.Error(), setting) || !strings.Contains(err.Error(), taken.Addr().String()) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}
