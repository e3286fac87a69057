package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// tap stands before a Modbus slave and notes when requests arrive.
type tap struct {
	listener net.Listener
	behind   string

	mu    sync.Mutex
	asked []time.Time
	conns map[net.Conn]struct{}
	ended bool
	wait  sync.WaitGroup
}

func newTap(ctx context.Context, behind string) (*tap, error) {
	t := &tap{behind: behind, conns: map[net.Conn]struct{}{}}
	var err error
	if t.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("tap: %w", err)
	}
	t.wait.Go(func() { t.accept(ctx) })
	return t, nil
}

func (t *tap) address() string { return t.listener.Addr().String() }

func (t *tap) accept(ctx context.Context) {
	for {
		front, err := t.listener.Accept()
		if err != nil {
			return
		}
		back, err := (&net.Dialer{}).DialContext(ctx, "tcp", t.behind)
		if err != nil {
			front.Close()
			continue
		}
		if !t.keep(front, back) {
			return
		}
		t.wait.Go(func() { t.carry(front, back) })
		t.wait.Go(func() {
			_, _ = io.Copy(front, back) // ends with either connection
			front.Close()
		})
	}
}

func (t *tap) keep(conns ...net.Conn) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range conns {
		if t.ended {
			c.Close()
		} else {
			t.conns[c] = struct{}{}
		}
	}
	return !t.ended
}

// carry takes requests to the slave. A master asks one question at a time, so
// what is read at once is one request.
func (t *tap) carry(front, back net.Conn) {
	defer front.Close()
	defer back.Close()
	buffer := make([]byte, 1024)
	for {
		n, err := front.Read(buffer)
		at := time.Now()
		if n > 0 {
			t.mu.Lock()
			t.asked = append(t.asked, at)
			t.mu.Unlock()
			if _, err := back.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// since returns when requests came after an instant, in order.
func (t *tap) since(from time.Time) []time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, at := range t.asked {
		if at.After(from) {
			return append([]time.Time(nil), t.asked[i:]...)
		}
	}
	return nil
}

func (t *tap) close() {
	t.listener.Close()
	t.mu.Lock()
	t.ended = true
	for c := range t.conns {
		c.Close()
	}
	t.mu.Unlock()
	t.wait.Wait()
}
