package modbusd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Server listens for Modbus TCP masters and answers from its Store.
type Server struct {
	*Store
	identity    Identity
	nonLoopback bool
	maxMasters  int

	listener net.Listener
	faults   faults
	requests atomic.Uint64

	ctx    context.Context // ends with the server
	cancel context.CancelFunc
	done   sync.WaitGroup

	mu      sync.Mutex
	masters map[*master]struct{}
	closed  bool
}

// An Option changes how a server listens.
type Option func(*Server)

// AllowNonLoopback lets a server listen on addresses that other machines
// reach. Modbus has no security: do so on isolated networks only.
func AllowNonLoopback(s *Server) { s.nonLoopback = true }

// WithStore lets a server answer from a store that exists already.
func WithStore(store *Store) Option { return func(s *Server) { s.Store = store } }

// WithIdentity sets what function 0x2B/0x0E tells about the device.
func WithIdentity(id Identity) Option { return func(s *Server) { s.identity = id } }

// MaxMasters limits how many masters may be connected at once; 256 without it.
// One more is accepted and cut, as real panels do.
func MaxMasters(n int) Option { return func(s *Server) { s.maxMasters = n } }

// Listen starts a slave at addr, host:port with 0 for a free port. It serves
// until ctx ends or Close is called. Only loopback addresses are allowed, unless
// AllowNonLoopback is given.
func Listen(ctx context.Context, addr string, options ...Option) (*Server, error) {
	s := &Server{identity: Identity{"Guardroom", "modbusd", "1"}, maxMasters: 256, masters: map[*master]struct{}{}}
	for _, option := range options {
		option(s)
	}
	if s.Store == nil {
		s.Store = NewStore()
	}
	at, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for modbus at %q: %w", addr, err)
	}
	if !at.IP.IsLoopback() && !s.nonLoopback {
		return nil, fmt.Errorf("listen for modbus at %q: not a loopback address, and other machines are not allowed", addr)
	}
	if s.listener, err = net.ListenTCP("tcp", at); err != nil {
		return nil, fmt.Errorf("listen for modbus: %w", err)
	}
	s.ctx, s.cancel = context.WithCancel(ctx)
	context.AfterFunc(s.ctx, s.stop)
	s.done.Go(s.accept)
	return s, nil
}

// Addr returns host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Requests counts the whole requests that arrived.
func (s *Server) Requests() uint64 { return s.requests.Load() }

// Masters counts the masters connected now.
func (s *Server) Masters() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.masters)
}

// Close cuts every master and waits until all goroutines have ended. It may be
// called again.
func (s *Server) Close() error {
	s.cancel()
	s.stop()
	s.done.Wait()
	return nil
}

func (s *Server) stop() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.listener.Close()
	s.cutMasters()
}

func (s *Server) cutMasters() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for m := range s.masters {
		m.cut()
	}
}

func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // such as too many open files: the next master may have more luck
			if !s.wait(10 * time.Millisecond) {
				return
			}
			continue
		}
		m := &master{server: s, conn: conn.(*net.TCPConn)}
		if !s.admit(m) {
			m.cut()
			continue
		}
		s.done.Go(func() {
			defer s.forget(m)
			m.serve()
		})
	}
}

func (s *Server) admit(m *master) bool {
	refused := len(s.faults.spend(-1)) > 0
	s.mu.Lock()
	defer s.mu.Unlock()
	if refused || s.closed || len(s.masters) >= s.maxMasters {
		return false
	}
	s.masters[m] = struct{}{}
	return true
}

func (s *Server) forget(m *master) {
	m.conn.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.masters, m)
}

// wait reports false when the server ends before.
func (s *Server) wait(long time.Duration) bool {
	timer := time.NewTimer(long)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
