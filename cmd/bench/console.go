package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/store"
	"guardroom/console/store/pgbox"
)

const station = "bench"

// consoleUnderTest is a console of its own: data folder, ports, database.
type consoleUnderTest struct {
	*program
	addresses console.Addresses
	config    string // file
	data      string
	token     string
}

// aConsole is the console that several measurements share, started when the
// first of them needs it.
func (b *bench) aConsole(ctx context.Context) (*consoleUnderTest, error) {
	if b.console != nil {
		return b.console, b.console.check()
	}
	c, err := b.startConsole(ctx, "shared")
	if err == nil {
		b.console = c
	}
	return c, err
}

func (b *bench) startConsole(ctx context.Context, name string) (*consoleUnderTest, error) {
	c := &consoleUnderTest{data: filepath.Join(b.folder, "console-"+name)}
	c.config = c.data + ".yaml"
	text := fmt.Sprintf("data: %s\nhttp: {listen: 127.0.0.1:0}\nmqtt: {listen: 127.0.0.1:0}\nvideo: 127.0.0.1:0\nlog: {level: warn}\n"+
		"stations:\n  - {id: %s, name: Bench, time_zone: Africa/Nairobi}\n", c.data, station)
	if err := os.WriteFile(c.config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	var err error
	if c.program, err = b.start(ctx, "console", &c.addresses, "-config", c.config); err != nil {
		return nil, err
	}
	if c.token, err = b.makeToken(ctx, c); err != nil {
		c.close()
		return nil, fmt.Errorf("make a token: %w", err)
	}
	return c, nil
}

// makeToken makes the token with which everything else is asked of the console.
func (b *bench) makeToken(ctx context.Context, c *consoleUnderTest) (string, error) {
	if b.o.profile != "" {
		config, err := console.Load(c.config)
		if err != nil {
			return "", err
		}
		return console.AddToken(ctx, config, "bench", []auth.Grant{{Role: auth.Admin, Station: auth.AllStations}})
	}
	create := exec.CommandContext(ctx, filepath.Join(b.o.bin, "console"), "token", "create", "-config", c.config, "--name", "bench", "--role", "admin") //nolint:gosec // the program under test
	out, err := create.Output()
	return strings.TrimSpace(string(out)), explained(err)
}

// explained adds what a program said.
func explained(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(exit.Stderr))
	}
	return err
}

func (c *consoleUnderTest) close() { c.stop() }

func (c *consoleUnderTest) live() string { return c.addresses.HTTP + "/api/v1/live" }

// addGateway makes a gateway and returns its credential.
func (c *consoleUnderTest) addGateway(ctx context.Context, id string) (credential string, err error) {
	body, err := json.Marshal(map[string]string{"id": id, "station": station, "name": "Gateway " + id})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.addresses.HTTP+"/api/v1/gateways", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("add gateway %s: %w", id, err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err != nil {
		return "", fmt.Errorf("add gateway %s: %w", id, err)
	}
	var added struct {
		Credential string `json:"credential"`
	}
	if resp.StatusCode != http.StatusCreated || json.Unmarshal(answer, &added) != nil || added.Credential == "" {
		return "", fmt.Errorf("add gateway %s: %s: %.500s", id, resp.Status, answer)
	}
	return added.Credential, nil
}

// metric reads one figure from a metrics page; labels, when given, are part of the name.
func metric(ctx context.Context, url, name string) (float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("read metrics: %w", err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if rest, found := strings.CutPrefix(lines.Text(), name+" "); found {
			return strconv.ParseFloat(rest, 64)
		}
	}
	return 0, fmt.Errorf("metrics at %s have no %s", url, name)
}

func (c *consoleUnderTest) metric(ctx context.Context, name string) (float64, error) {
	return metric(ctx, c.addresses.HTTP+"/metrics", name)
}

// journal is what the database holds of some gateways.
type journal struct{ rows, distinct, gateways int64 }

// read counts the signals of the gateways whose id begins with prefix.
func (c *consoleUnderTest) read(ctx context.Context, prefix string) (j journal, err error) {
	dsn, _, running := pgbox.Running(filepath.Join(c.data, "pg"))
	if !running {
		return j, fmt.Errorf("the console's database does not run")
	}
	db, err := store.Open(ctx, dsn, store.Options{Conns: 2, Deadline: 2 * time.Minute})
	if err != nil {
		return j, fmt.Errorf("open the console's database: %w", err)
	}
	defer db.Close()
	err = db.Pool.QueryRow(ctx, `
		SELECT coalesce(sum(n), 0), coalesce(sum(d), 0), count(*)
		  FROM (SELECT count(*) AS n, count(DISTINCT (epoch, seq)) AS d
		          FROM signals WHERE starts_with(gateway, $1) AND epoch > 0 GROUP BY gateway) g`, prefix).Scan(&j.rows, &j.distinct, &j.gateways)
	if err != nil {
		return j, fmt.Errorf("count the journal: %w", err)
	}
	return j, nil
}

// verify is an error unless the journal holds each of sent signals once.
func (c *consoleUnderTest) verify(ctx context.Context, prefix string, sent int64) error {
	deadline := time.Now().Add(30 * time.Second)
	for {
		j, err := c.read(ctx, prefix)
		if err != nil {
			return err
		}
		switch {
		case j.rows != j.distinct:
			return fmt.Errorf("%d signals stand twice in the journal", j.rows-j.distinct)
		case j.rows == sent:
			return nil
		case j.rows > sent:
			return fmt.Errorf("the journal holds %d signals of %d sent", j.rows, sent)
		case time.Now().After(deadline):
			return fmt.Errorf("%d of %d signals are lost", sent-j.rows, sent)
		}
		if err := pause(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
}

// barePipeline is the bare pipeline in a process of its own.
type barePipeline struct {
	*program
	addresses bareAddresses
}

type bareAddresses struct {
	MQTT string `json:"mqtt"`
	HTTP string `json:"http"`
}

func (b *bench) aBarePipeline(ctx context.Context) (*barePipeline, error) {
	if b.pipeline != nil {
		return b.pipeline, b.pipeline.check()
	}
	p := &barePipeline{}
	var err error
	if p.program, err = b.start(ctx, "bare", &p.addresses, "-config", filepath.Join(b.folder, "bare-pg")); err != nil {
		return nil, err
	}
	b.pipeline = p
	return p, nil
}

func (p *barePipeline) close() { p.stop() }

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
