package console_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

func onDatabase(dsn string) console.Config {
	c := console.Default()
	c.Video.Listen = "127.0.0.1:0"
	c.Database = dsn
	return c
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	h := startOn(t, dsn, auth.Officer)
	officer := h.signIn(auth.Officer)
	g := h.gateway("s1")
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	eventually(t, "the alarm", func() bool {
		_, list := officer.do("GET", "/alarms", nil)
		return len(list["items"].([]any)) == 1
	})
	file := filepath.Join(t.TempDir(), "guardroom.backup")
	here := onDatabase(dsn)
	here.Data = h.at.Data
	m, err := console.Backup(t.Context(), here, "test", file) // beside the running console
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || m.Entries == 0 {
		t.Errorf("%v, %v, %+v", info.Mode(), err, m)
	}
	if _, err := console.Restore(t.Context(), here, file, true); err == nil || !strings.Contains(err.Error(), "stop it first") {
		t.Errorf("restore beside a running console: %v", err)
	}
	h.stop()
	if _, err := console.Restore(t.Context(), here, file, false); err == nil || !strings.Contains(err.Error(), "--force") {
		t.Errorf("restore over a database in use: %v", err)
	}
	other := storetest.DSN(t)
	there := onDatabase(other)
	there.Data = t.TempDir()
	if _, err := console.Restore(t.Context(), there, file, false); err != nil {
		t.Fatal(err)
	}
	key := cardKeyOf(t, here, console.CardKeyFile)
	if got := cardKeyOf(t, there, console.CardKeyFile); got != key {
		t.Errorf("the key for card numbers is another one after the restore")
	}
	// A key that is there gives way to that of the backup, and is kept.
	mine := strings.Repeat("5a", devices.MinCardKey) + "\n"
	if err := os.WriteFile(filepath.Join(there.Data, console.CardKeyFile), []byte(mine), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := console.Restore(t.Context(), there, file, true); err != nil {
		t.Fatal(err)
	}
	if got, old := cardKeyOf(t, there, console.CardKeyFile), cardKeyOf(t, there, console.CardKeyFile+".old"); got != key || old != mine {
		t.Errorf("after a forced restore: the key of the backup %t, the other one kept %t", got == key, old == mine)
	}
	// A backup of what was restored can be restored again, over itself.
	if _, err := console.Backup(t.Context(), there, "test", file); err != nil {
		t.Fatal(err)
	}
	if _, err := console.Restore(t.Context(), there, file, true); err != nil {
		t.Fatal(err)
	}
	again := startOn(t, other)
	if _, list := again.signIn(auth.Officer).do("GET", "/alarms?kind=fire.alarm", nil); len(list["items"].([]any)) != 1 {
		t.Errorf("alarms after the restore: %v", list)
	}
}

func cardKeyOf(t *testing.T, c console.Config, name string) string {
	t.Helper()
	path := filepath.Join(c.Data, name)
	key, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%s can be read by others: %v %v", name, info.Mode(), err)
	}
	return string(key)
}

func TestDamagedBackupsAreRefused(t *testing.T) {
	t.Parallel()
	dsn := storetest.DSN(t)
	file := filepath.Join(t.TempDir(), "guardroom.backup")
	c := onDatabase(dsn)
	c.Data = t.TempDir()
	key := []byte(strings.Repeat("5a", devices.MinCardKey))
	if err := os.WriteFile(filepath.Join(c.Data, console.CardKeyFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := console.Backup(t.Context(), c, "test", file); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	another := bytes.Replace(whole, key, bytes.Repeat([]byte("6b"), devices.MinCardKey), 1)
	cutKey := whole[:bytes.Index(whole, key)+3]
	if err := os.Remove(filepath.Join(c.Data, console.CardKeyFile)); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"empty": {}, "no tar": []byte("hello"), "cut": whole[:len(whole)/2], "one bit": flipped, "another key": another, "a cut key": cutKey} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := console.Restore(t.Context(), c, file, true); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(c.Data); err != nil || len(left) > 0 {
		t.Errorf("a refused restore left %v, %v", left, err)
	}
}

func TestAuditVerifyFindsTampering(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string]string{
		"changed":        `UPDATE audit_entries SET name = 'Somebody else' WHERE change = 2`,
		"params changed": `UPDATE audit_entries SET params = params || '{"name": "x"}' WHERE change = 1`,
		"removed":        `DELETE FROM audit_entries WHERE change = 2`,
		"cut off":        `DELETE FROM audit_entries WHERE change = (SELECT max(change) FROM audit_entries)`,
		"emptied":        `DELETE FROM audit_entries`,
		"put in":         `INSERT INTO audit_entries SELECT change, index + 1, at, station, actor, name, address, action, subject, params, previous, hash FROM audit_entries WHERE change = 2`,
		"order":          `UPDATE audit_entries SET index = 7 WHERE change = 2`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := storetest.DSN(t)
			c := onDatabase(dsn)
			h := &house{t: t, dsn: dsn}
			for _, user := range []string{"one", "two", "three"} {
				if _, err := console.AddUser(t.Context(), c, user, user, []auth.Grant{{Role: auth.Officer, Station: "hq"}}); err != nil {
					t.Fatal(err)
				}
			}
			var said bytes.Buffer
			if err := console.VerifyAudit(t.Context(), c, &said); err != nil {
				t.Fatalf("before: %v %s", err, &said)
			}
			tag, err := h.db().Pool.Exec(t.Context(), sql)
			if err != nil || tag.RowsAffected() == 0 {
				t.Fatalf("%v, %d rows", err, tag.RowsAffected())
			}
			said.Reset()
			if err := console.VerifyAudit(t.Context(), c, &said); !errors.Is(err, console.ErrTampered) {
				t.Errorf("not found: %v %s", err, &said)
			}
		})
	}
}

func TestToolsBesideARunningConsole(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer)
	events := h.signIn(auth.Officer).watch("/live", "")
	await(t, events, "snapshot", nil)
	c := onDatabase(h.dsn)
	credential, err := console.AddGateway(t.Context(), c, "g7", "hq", "")
	if err != nil || len(credential) < 40 {
		t.Fatalf("%q %v", credential, err)
	}
	if station, err := h.desks.Stations.Authenticate(t.Context(), "g7", []byte(credential)); err != nil || station != "hq" {
		t.Errorf("the running console does not know the gateway: %q %v", station, err)
	}
	if _, err := console.AddGateway(t.Context(), c, "g7", "hq", ""); err == nil {
		t.Error("the same gateway twice")
	}
	if _, err := console.AddGateway(t.Context(), c, "g8", "mars", ""); err == nil || !strings.Contains(err.Error(), "mars") {
		t.Errorf("a gateway at no station: %v", err)
	}
	secret, err := console.AddToken(t.Context(), c, "wall", []auth.Grant{{Role: auth.Division, Station: "*"}})
	if err != nil {
		t.Fatal(err)
	}
	if status, _ := h.nobody().do("GET", "/alarms", nil, "Authorization", "Bearer "+secret); status != 200 {
		t.Errorf("the token does not work: %d", status)
	}
	once, err := console.AddUser(t.Context(), c, "late", "Late", []auth.Grant{{Role: auth.Officer, Station: "hq"}})
	if err != nil {
		t.Fatal(err)
	}
	if status, body := h.nobody().do("POST", "/session", object{"username": "late", "password": once}); status != 200 {
		t.Errorf("the user does not get in: %d %v", status, body)
	}
	// The screens were told of what the tools did: no change was given up on,
	// which would have sent everybody a new snapshot.
	g := h.gateway("s1")
	g.signal("fire-1.L1D1", devices.FireAlarm, true)
	for {
		select {
		case e := <-events:
			if e.name == "snapshot" {
				t.Fatal("the board was read anew: a change of a tool was not announced")
			}
			if e.name == "alarm" {
				return
			}
		case <-time.After(20 * time.Second):
			t.Fatal("no alarm came")
		}
	}
}
