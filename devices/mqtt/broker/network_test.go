package broker_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"

	"guardroom/devices/mqtt"
	"guardroom/devices/mqtt/broker"
)

// committer acknowledges in groups, as the console's intake does after a commit.
type committer struct {
	wait  time.Duration
	in    chan broker.Taken
	ended chan struct{}

	mu   sync.Mutex
	safe map[string]bool // payloads committed; nil counts only
	n    atomic.Int64
}

func commit(t testing.TB, wait time.Duration, remember bool) *committer {
	c := &committer{wait: wait, in: make(chan broker.Taken, 8192), ended: make(chan struct{})}
	if remember {
		c.safe = map[string]bool{}
	}
	stop := make(chan struct{})
	go c.run(stop)
	t.Cleanup(func() { close(stop); <-c.ended })
	return c
}

func (c *committer) take(_ *broker.Client, p broker.Taken) bool {
	select {
	case c.in <- p:
	case <-c.ended:
	}
	return true
}

func (c *committer) run(stop chan struct{}) {
	defer close(c.ended)
	tick := time.NewTicker(c.wait)
	defer tick.Stop()
	var group []broker.Taken
	for {
		select {
		case p := <-c.in:
			group = append(group, p)
			if len(group) < 500 {
				continue
			}
		case <-tick.C:
		case <-stop:
			return
		}
		c.mu.Lock()
		for _, p := range group {
			if c.safe != nil {
				c.safe[string(p.Payload)] = true
			}
		}
		c.mu.Unlock()
		c.n.Add(int64(len(group)))
		for _, p := range group {
			p.Done()
		}
		group = group[:0]
	}
}

func TestFloodOfFiftyClients(t *testing.T) {
	t.Parallel()
	db := commit(t, 5*time.Millisecond, true)
	var mu sync.Mutex
	last := map[string]uint32{}
	b := start(t, broker.Options{Take: func(c *broker.Client, p broker.Taken) bool {
		seq := binary.BigEndian.Uint32(p.Payload[len(p.Payload)-4:])
		mu.Lock()
		if seq != last[c.ID]+1 {
			t.Errorf("%s: %d after %d", c.ID, seq, last[c.ID])
		}
		last[c.ID] = seq
		mu.Unlock()
		return db.take(c, p)
	}})
	const each = 200
	var all sync.WaitGroup
	for i := range 50 {
		id := fmt.Sprint("gw-", i)
		c := connect(t, b.Addr(), id, func(o *mqtt.Options) { o.Window = 64 })
		all.Add(1)
		go func() {
			defer all.Done()
			var started []*mqtt.Delivery
			for n := range uint32(each) {
				payload := binary.BigEndian.AppendUint32([]byte(id+"/"), n+1)
				started = append(started, c.Start(soon(t), mqtt.Message{Topic: "flood", QoS: 1, Payload: payload}))
			}
			for _, d := range started {
				<-d.Done()
				if d.Err() != nil {
					t.Error(d.Err())
				}
			}
		}()
	}
	all.Wait()
	if n := db.n.Load(); n != 50*each {
		t.Errorf("committed %d", n)
	}
}

// proxy puts a network that misbehaves before addr.
func proxy(t *testing.T, addr string) *toxiproxy.Proxy {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	p := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", addr)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Stop)
	return p
}

func TestCutsAndLatencyLoseNothing(t *testing.T) {
	t.Parallel()
	db := commit(t, 5*time.Millisecond, true)
	b := start(t, broker.Options{Take: db.take})
	network := proxy(t, b.Addr())
	if _, err := network.Toxics.AddToxicJson(strings.NewReader(`{"type":"latency","stream":"upstream","attributes":{"latency":5,"jitter":5}}`)); err != nil {
		t.Fatal(err)
	}
	c := connect(t, network.Listen, "gw", func(o *mqtt.Options) { o.MaxReconnect = 100 * time.Millisecond })

	stop := make(chan struct{})
	var cuts sync.WaitGroup
	cuts.Add(1)
	go func() {
		defer cuts.Done()
		for {
			select {
			case <-stop:
				return
			case <-time.After(150*time.Millisecond + rand.N(150*time.Millisecond)):
				network.Stop()
				if err := network.Start(); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()

	acked, unknown := map[string]bool{}, 0
	type started struct {
		payload string
		d       *mqtt.Delivery
	}
	queue := make(chan started, 1024)
	var settled sync.WaitGroup
	settled.Add(1)
	go func() {
		defer settled.Done()
		for s := range queue {
			<-s.d.Done()
			switch err := s.d.Err(); {
			case err == nil:
				acked[s.payload] = true
			case errors.Is(err, mqtt.ErrUnknown):
				unknown++
			}
		}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	for i := 0; ctx.Err() == nil; i++ {
		payload := fmt.Sprint("event ", i)
		d := c.Start(ctx, mqtt.Message{Topic: "events", QoS: 1, Payload: []byte(payload)})
		queue <- started{payload, d}
		select {
		case <-d.Done():
			if errors.Is(d.Err(), mqtt.ErrNotConnected) {
				until(t, "connected again", func() bool { return c.Connected() || ctx.Err() != nil })
			}
		default:
		}
	}
	close(stop)
	cuts.Wait()
	_ = c.Close(soon(t))
	close(queue)
	settled.Wait()
	db.mu.Lock()
	defer db.mu.Unlock()
	for payload := range acked {
		if !db.safe[payload] {
			t.Errorf("%s was acknowledged and not committed", payload)
		}
	}
	t.Logf("%d connections, %d acknowledged, %d unknown, %d committed", c.Session(), len(acked), unknown, len(db.safe))
	if c.Session() < 4 || len(acked) < 100 {
		t.Error("the network was not cut often enough, or let nothing through")
	}
}

// tool names a program of the Debian package mosquitto-clients.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: apt install mosquitto-clients", name)
	}
	return path
}

// An independent client on both sides: versions 3.1.1 and 5, every QoS, taken and
// forwarded.
func TestMosquittoClients(t *testing.T) {
	t.Parallel()
	taken := make(chan broker.Taken, 10)
	b := start(t, broker.Options{
		Authenticate: func(c *broker.Client, password []byte) error {
			if c.Username != "gw" || string(password) != "pw" {
				return errors.New("who?")
			}
			return nil
		},
		MayPublish: func(_ *broker.Client, topic string) bool { return topic != "forbidden" },
		Take: func(_ *broker.Client, p broker.Taken) bool {
			if p.Topic != "taken" {
				return false
			}
			taken <- p
			go p.Done()
			return true
		},
	})
	host, port, _ := strings.Cut(b.Addr(), ":")
	run := func(program string, args ...string) (string, error) {
		args = append([]string{"-h", host, "-p", port, "-u", "gw"}, args...)
		out, err := exec.CommandContext(soon(t), tool(t, program), args...).CombinedOutput()
		return string(out), err
	}
	for _, version := range []string{"mqttv311", "mqttv5"} {
		for _, qos := range []string{"0", "1", "2"} {
			t.Run(version+" qos "+qos, func(t *testing.T) {
				if out, err := run("mosquitto_pub", "-P", "pw", "-V", version, "-q", qos, "-t", "taken", "-m", "fire "+qos); err != nil {
					t.Errorf("mosquitto_pub: %v: %s", err, out)
				}
				if p := receive(t, taken); string(p.Payload) != "fire "+qos {
					t.Errorf("took %q", p.Payload)
				}
				topic := version + "/" + qos
				if out, err := run("mosquitto_pub", "-P", "pw", "-V", version, "-q", qos, "-r", "-t", topic, "-m", "kept"); err != nil {
					t.Errorf("mosquitto_pub: %v: %s", err, out)
				}
				// A QoS 0 message may still be on its way when mosquitto_pub has left.
				out, err := run("mosquitto_sub", "-P", "pw", "-V", version, "-q", qos, "-t", version+"/+", "-t", topic, "-C", "1", "-W", "5")
				if err != nil || out != "kept\n" {
					t.Errorf("mosquitto_sub: %v: %q", err, out)
				}
			})
		}
	}
	if out, err := run("mosquitto_pub", "-P", "wrong", "-t", "taken", "-m", "x"); err == nil || !strings.Contains(out, "not authorised") {
		t.Errorf("wrong password: %v: %s", err, out)
	}
	if out, err := run("mosquitto_pub", "-P", "pw", "-q", "1", "-t", "forbidden", "-m", "x"); err == nil {
		t.Errorf("forbidden topic: %s", out)
	}
}

// BenchmarkTake floods from 50 clients; a stub commits every 5 ms.
func BenchmarkTake(bench *testing.B) {
	db := commit(bench, 5*time.Millisecond, false)
	b := start(bench, broker.Options{Take: db.take})
	var clients []*mqtt.Client
	for i := range 50 {
		clients = append(clients, connect(bench, b.Addr(), fmt.Sprint("gw-", i), func(o *mqtt.Options) { o.Window = 20 }))
	}
	payload := make([]byte, 300)
	var left atomic.Int64
	left.Store(int64(bench.N))
	var all sync.WaitGroup
	bench.ResetTimer()
	for _, c := range clients {
		all.Add(1)
		go func() {
			defer all.Done()
			var last *mqtt.Delivery
			for left.Add(-1) >= 0 {
				last = c.Start(context.Background(), mqtt.Message{Topic: "bench", QoS: 1, Payload: payload})
			}
			if last != nil {
				<-last.Done()
				if last.Err() != nil && !errors.Is(last.Err(), io.EOF) {
					bench.Error(last.Err())
				}
			}
		}()
	}
	all.Wait()
	bench.ReportMetric(float64(bench.N)/bench.Elapsed().Seconds(), "messages/s")
}
