// Package bare is the smallest pipeline that keeps the promise "acknowledged
// means committed": mochi's publish hook, a group commit with pgx, PUBACK and SSE
// after the commit. It has no rights, no alarms, no audit. The benchmark runs it
// beside the product for the ratio; nothing else may use it.
package bare

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	mochi "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/listeners"
	"github.com/mochi-mqtt/server/v2/packets"
)

const schema = `
create table if not exists bare_event (
  id bigint generated always as identity, gateway bigint not null, seq bigint not null,
  occurred_at timestamptz not null, received_at timestamptz not null default now(), payload jsonb not null,
  primary key (id, occurred_at)
) partition by range (occurred_at);
create table if not exists bare_event_all partition of bare_event for values from ('2000-01-01') to ('2100-01-01');
create index if not exists bare_event_time on bare_event (occurred_at desc);
create index if not exists bare_event_gateway on bare_event (gateway, occurred_at desc);
create table if not exists bare_seen (gateway bigint not null, seq bigint not null, primary key (gateway, seq));`

const insert = `
with src as (
  select * from unnest($1::bigint[], $2::bigint[], $3::timestamptz[], $4::text[]) as t(gateway, seq, occurred_at, payload)
), fresh as (
  insert into bare_seen (gateway, seq) select gateway, seq from src on conflict do nothing returning gateway, seq
)
insert into bare_event (gateway, seq, occurred_at, payload)
select s.gateway, s.seq, s.occurred_at, s.payload::jsonb from src s join fresh f using (gateway, seq)`

type event struct {
	gateway, seq int64
	at           time.Time
	payload      []byte
	done         func()
}

// Pipeline is a running bare pipeline.
type Pipeline struct {
	MQTT, HTTP string // addresses

	in   chan event
	mu   sync.RWMutex
	subs map[chan []byte]struct{}
}

// Start runs the pipeline until ctx ends. A message's payload is "<gateway> <seq> <json>".
func Start(ctx context.Context, dsn string, committers int) (*Pipeline, error) {
	p := &Pipeline{in: make(chan event, 8192), subs: map[chan []byte]struct{}{}}
	for i := range committers {
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return nil, fmt.Errorf("bare pipeline: %w", err)
		}
		if i == 0 {
			if _, err := conn.Exec(ctx, schema); err != nil {
				return nil, fmt.Errorf("bare pipeline: %w", err)
			}
		}
		go p.commit(ctx, conn)
	}
	server := mochi.New(&mochi.Options{Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))})
	server.Options.Capabilities.ReceiveMaximum = 65535
	if err := server.AddHook(&hook{in: p.in}, nil); err != nil {
		return nil, err
	}
	listener := listeners.NewTCP(listeners.Config{ID: "bare", Address: "127.0.0.1:0"})
	if err := server.AddListener(listener); err != nil {
		return nil, err
	}
	if err := server.Serve(); err != nil {
		return nil, err
	}
	web, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	screens := &http.Server{Handler: http.HandlerFunc(p.sse), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = screens.Serve(web) }() // ends with Close below
	go func() {
		<-ctx.Done()
		_ = server.Close()
		_ = screens.Close()
	}()
	p.MQTT, p.HTTP = listener.Address(), web.Addr().String()
	return p, nil
}

func (p *Pipeline) commit(ctx context.Context, conn *pgx.Conn) {
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	const most = 500
	for {
		var group []event
		select {
		case <-ctx.Done():
			return
		case e := <-p.in:
			group = append(group, e)
		}
		deadline := time.NewTimer(5 * time.Millisecond)
	fill:
		for len(group) < most {
			select {
			case e := <-p.in:
				group = append(group, e)
			case <-deadline.C:
				break fill
			}
		}
		deadline.Stop()
		gateways, seqs := make([]int64, len(group)), make([]int64, len(group))
		times, payloads := make([]time.Time, len(group)), make([]string, len(group))
		for i, e := range group {
			gateways[i], seqs[i], times[i], payloads[i] = e.gateway, e.seq, e.at, string(e.payload)
		}
		if _, err := conn.Exec(ctx, insert, gateways, seqs, times, payloads); err != nil {
			return
		}
		for _, e := range group {
			e.done()
			p.tell(e.payload)
		}
	}
}

func (p *Pipeline) tell(payload []byte) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	for sub := range p.subs {
		select {
		case sub <- payload:
		default:
		}
	}
}

func (p *Pipeline) sse(w http.ResponseWriter, r *http.Request) {
	sub := make(chan []byte, 8192)
	p.mu.Lock()
	p.subs[sub] = struct{}{}
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		delete(p.subs, sub)
		p.mu.Unlock()
	}()
	w.Header().Set("Content-Type", "text/event-stream")
	out := http.NewResponseController(w)
	_ = out.Flush()
	var b bytes.Buffer
	for {
		b.Reset()
		select {
		case <-r.Context().Done():
			return
		case payload := <-sub:
			fmt.Fprintf(&b, "event: alarm\ndata: %s\n\n", payload)
		}
	more:
		for b.Len() < 32<<10 {
			select {
			case payload := <-sub:
				fmt.Fprintf(&b, "event: alarm\ndata: %s\n\n", payload)
			default:
				break more
			}
		}
		if _, err := w.Write(b.Bytes()); err != nil || out.Flush() != nil {
			return
		}
	}
}

// hook keeps each QoS 1 publish and acknowledges it after the commit.
type hook struct {
	mochi.HookBase
	in chan<- event
}

func (h *hook) ID() string { return "bare" }
func (h *hook) Provides(b byte) bool {
	return b == mochi.OnPublish || b == mochi.OnConnectAuthenticate || b == mochi.OnACLCheck
}
func (h *hook) OnConnectAuthenticate(*mochi.Client, packets.Packet) bool { return true }
func (h *hook) OnACLCheck(*mochi.Client, string, bool) bool              { return true }

func (h *hook) OnPublish(cl *mochi.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Qos != 1 {
		return pk, nil
	}
	fields := bytes.SplitN(pk.Payload, []byte(" "), 3)
	if len(fields) != 3 {
		return pk, packets.ErrRejectPacket
	}
	gateway, err := strconv.ParseInt(string(fields[0]), 10, 64)
	if err != nil {
		return pk, packets.ErrRejectPacket
	}
	seq, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return pk, packets.ErrRejectPacket
	}
	id := pk.PacketID
	h.in <- event{gateway: gateway, seq: seq, at: time.Now(), payload: fields[2], done: func() {
		_ = cl.WritePacket(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Puback}, PacketID: id})
	}}
	return pk, packets.ErrRejectPacket
}
