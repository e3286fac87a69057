package main

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readersAtOnce = 500
	readersRate   = 200
	readersRead   = 25 // of them, whose every event is dated
	socketBuffer  = 64 << 10
)

// readers measures what 500 open screens cost the console, and how old an alarm
// is on them.
func readers(ctx context.Context, b *bench) error {
	c, gateways, err := b.world(ctx)
	if err != nil {
		return err
	}
	alone, u, err := b.underReaders(ctx, c, gateways, 1, 0)
	if err != nil {
		return err
	}
	crowd, busy, err := b.underReaders(ctx, c, gateways, readersRead, readersAtOnce-readersRead)
	if err != nil {
		return err
	}
	note := fmt.Sprintf("console %.2f cores with one reader, %.2f with %d", u.program, busy.program, readersAtOnce)
	b.add("500 readers", busy,
		figure{Name: "console's extra CPU at 200/s", Value: max(0, busy.program-u.program), Unit: "cores", Mark: atMost(0.3), Note: note},
		figure{Name: "age p50", Value: crowd.ages.at(0.5), Unit: "ms"},
		figure{Name: "age p99", Value: crowd.ages.at(0.99), Unit: "ms", Mark: atMost(150), Note: fmt.Sprintf("%.0f ms with one reader", alone.ages.at(0.99))},
		figure{Name: "readers cut", Value: float64(crowd.cut), Unit: "", Mark: atMost(0), Note: fmt.Sprintf("%s events, %.0f MB/s to all", number(float64(crowd.events)), float64(crowd.bytes)/1e6/busy.took.Seconds())})
	return nil
}

// audience is what a set of readers saw.
type audience struct {
	ages          ages
	cut           int
	events, bytes int64
}

// underReaders sends alarm updates to some readers whose every event is dated,
// and to more that only count.
func (b *bench) underReaders(ctx context.Context, c *consoleUnderTest, f *fleet, dated, more int) (*audience, usage, error) {
	a := &audience{}
	var cut atomic.Int64
	var settled atomic.Bool // events of the warm-up do not count
	watching, stop := context.WithCancel(ctx)
	defer stop()
	for range dated {
		err := watch(watching, c.live(), c.token, func(s seen) {
			if s.ours && settled.Load() {
				a.ages.add(s.at.Sub(s.latest))
			}
		}, func(error) { cut.Add(1) })
		if err != nil {
			return nil, usage{}, err
		}
	}
	crowd, err := openCrowd(watching, c, more)
	if err != nil {
		return nil, usage{}, err
	}
	defer func() {
		stop()
		crowd.close()
	}()
	if err := f.steady(ctx, readersRate, 2*time.Second, nil); err != nil {
		return nil, usage{}, err
	}
	settled.Store(true)
	events, bytesBefore := crowd.events.Load(), crowd.bytes.Load()
	m := startMeter(c.pid(), b.pids(c.pid())...)
	if err := f.steady(ctx, readersRate, b.o.seconds, nil); err != nil {
		return nil, usage{}, err
	}
	u := m.read()
	a.events, a.bytes = crowd.events.Load()-events, crowd.bytes.Load()-bytesBefore
	a.cut = int(cut.Load() + crowd.cut.Load())
	if want := b.o.seconds.Seconds() * readersRate * float64(dated) * 0.9; float64(a.ages.count()) < want {
		return nil, usage{}, fmt.Errorf("the readers saw %d events, about %.0f were sent to them", a.ages.count(), want)
	}
	return a, u, nil
}

// crowd is a set of bare sockets that read and count.
type crowd struct {
	conns              []net.Conn
	wait               sync.WaitGroup
	events, bytes, cut atomic.Int64
}

func openCrowd(ctx context.Context, c *consoleUnderTest, n int) (*crowd, error) {
	at, err := url.Parse(c.live())
	if err != nil {
		return nil, err
	}
	cr := &crowd{}
	request := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nAccept: text/event-stream\r\n\r\n", at.Path, at.Host, c.token)
	for range n {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", at.Host)
		if err == nil {
			cr.conns = append(cr.conns, conn)
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.SetReadBuffer(socketBuffer) // a screen has no more
			}
			_, err = conn.Write([]byte(request))
		}
		if err != nil {
			cr.close()
			return nil, fmt.Errorf("open a live stream: %w", err)
		}
		cr.wait.Go(func() { cr.read(ctx, conn) })
	}
	return cr, nil
}

// read counts the alarm events of one reader until its socket is closed. An event
// whose name lies across two reads is missed: the count is for the eye.
func (cr *crowd) read(ctx context.Context, conn net.Conn) {
	buffer := make([]byte, 32<<10)
	first := true
	for {
		n, err := conn.Read(buffer)
		if first && n > 0 && !bytes.HasPrefix(buffer[:n], []byte("HTTP/1.1 200 ")) {
			cr.cut.Add(1)
			return
		}
		first = false
		cr.bytes.Add(int64(n))
		cr.events.Add(int64(bytes.Count(buffer[:n], []byte("event: alarm\n"))))
		if err != nil {
			if ctx.Err() == nil {
				cr.cut.Add(1)
			}
			return
		}
	}
}

// close ends the readers; it comes after the end of their context, or counts as a cut.
func (cr *crowd) close() {
	for _, conn := range cr.conns {
		conn.Close()
	}
	cr.wait.Wait()
}
