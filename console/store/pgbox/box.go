// Package pgbox runs a private PostgreSQL for one console: in a folder of its
// own, on a socket of its own, reachable by nobody else.
//
//	find.go     which PostgreSQL: the binaries, and their version against the data's
//	place.go    where and as whom: folder, socket, unprivileged account
//	cluster.go  the data folder: made once and whole, opened to its owner only
//	box.go      the process: started, watched, started again, stopped
//
// PostgreSQL is started in its own process group without a death signal: when
// the console is killed it lives on, and the next console stops it in order.
package pgbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// Options of Open. Zero values choose the defaults.
type Options struct {
	Bin      string            // folder of the PostgreSQL programs; default: PGBOX_BIN, PATH, the distributions' folders
	User     string            // account to run as when started by root; default: the data's owner, PGBOX_USER, postgres, nobody
	Settings map[string]string // PostgreSQL settings on top of the box's own
	Patience time.Duration     // how long recovery after a crash may take; default 10 min
	Grace    time.Duration     // how long Close waits for an orderly end; default 10 s
	Log      *slog.Logger
}

// Box is a running private PostgreSQL.
type Box struct {
	o       Options
	asked   string // the folder that Open was given: lock, address
	dir     string // the folder where PostgreSQL can live: data, log
	sock    string
	bin     string
	account account
	lock    *os.File

	stop chan struct{} // closed by Close
	gone chan struct{} // closed when watch has ended
	once sync.Once

	mu  sync.Mutex
	pid int
}

const (
	database = "guardroom"
	role     = "guardroom"
	port     = "5432" // of the socket's name; nothing listens on a network
)

// ErrInUse is returned when another console holds the folder.
var ErrInUse = errors.New("in use by another console")

// Open starts the PostgreSQL of dir, making its data folder at the first time,
// and returns when it takes connections. It keeps it running until Close.
func Open(ctx context.Context, dir string, o Options) (*Box, error) {
	if o.Patience == 0 {
		o.Patience = 10 * time.Minute
	}
	if o.Grace == 0 {
		o.Grace = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	asked, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("private PostgreSQL: %w", err)
	}
	b := &Box{o: o, asked: asked, stop: make(chan struct{}), gone: make(chan struct{})}
	if err := b.open(ctx); err != nil {
		if b.lock != nil {
			_ = b.lock.Close()
		}
		return nil, fmt.Errorf("private PostgreSQL in %s: %w", dir, err)
	}
	return b, nil
}

func (b *Box) open(ctx context.Context) error {
	if err := b.settle(); err != nil {
		return err
	}
	var err error
	if b.bin, err = findBin(b.o.Bin, b.data()); err != nil {
		return err
	}
	if err := b.makeCluster(ctx); err != nil {
		return err
	}
	if err := b.guard(); err != nil {
		return err
	}
	if err := b.reap(ctx); err != nil {
		return err
	}
	child, err := b.startUntilReady(ctx)
	if err != nil {
		return err
	}
	if err := b.writeAddress(); err != nil {
		_ = child.end(b.o.Grace)
		return err
	}
	go b.watch(child)
	return nil
}

func (b *Box) data() string { return filepath.Join(b.dir, "data") }

// DSN is the address of the console's database.
func (b *Box) DSN() string { return b.dsn(database) }

func (b *Box) dsn(database string) string { return dsnOf(b.sock, database) }

func dsnOf(sock, database string) string {
	return fmt.Sprintf("host='%s' port=%s user=%s dbname=%s sslmode=disable",
		strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(sock), port, role, database)
}

// Bin is the folder of the programs in use, for pg_dump and its kin.
func (b *Box) Bin() string { return b.bin }

// Dir is the folder in which PostgreSQL lives. It differs from Open's when the
// account that runs PostgreSQL cannot enter that one.
func (b *Box) Dir() string { return b.dir }

// Pid is the process id of the postmaster, 0 while none runs.
func (b *Box) Pid() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pid
}

// Close stops PostgreSQL in order; when that takes longer than the grace, at
// once, and the next start recovers. It may be called twice.
func (b *Box) Close() error {
	b.once.Do(func() { close(b.stop) })
	<-b.gone
	return nil
}

// child is one postmaster. done is closed when it ended.
type child struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func (c *child) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// end asks for a fast shutdown, and for an immediate one after grace.
func (c *child) end(grace time.Duration) error {
	_ = c.cmd.Process.Signal(syscall.SIGINT)
	select {
	case <-c.done:
		return nil
	case <-time.After(grace):
	}
	_ = c.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-c.done:
		return nil
	case <-time.After(5 * time.Second):
		_ = c.cmd.Process.Kill()
		<-c.done
		return errors.New("PostgreSQL did not stop and was killed")
	}
}

// watch owns the postmaster: it starts it again when it dies, and ends it when
// the box is closed.
func (b *Box) watch(c *child) {
	defer close(b.gone)
	defer func() { _ = b.lock.Close() }()
	for {
		select {
		case <-b.stop:
			if err := c.end(b.o.Grace); err != nil {
				b.o.Log.Error("private PostgreSQL", "error", err)
			}
			b.setPid(0)
			b.tidy()
			return
		case <-c.done:
			b.o.Log.Error("private PostgreSQL ended; starting it again", "how", c.cmd.ProcessState.String())
			b.setPid(0)
		}
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			select {
			case <-b.stop:
				cancel()
			case <-ctx.Done():
			}
		}()
		for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
			again, err := b.startUntilReady(ctx)
			if err == nil {
				c = again
				b.o.Log.Info("private PostgreSQL runs again", "pid", b.Pid())
				break
			}
			if ctx.Err() != nil {
				cancel()
				b.tidy()
				return
			}
			b.o.Log.Error("private PostgreSQL does not start", "error", err)
			wait(ctx, pause)
		}
		cancel()
	}
}

// tidy removes what only a running box has.
func (b *Box) tidy() {
	_ = os.Remove(filepath.Join(b.asked, addressFile))
	_ = os.Remove(b.sock) // empty by now, or left alone
}

func (b *Box) setPid(pid int) {
	b.mu.Lock()
	b.pid = pid
	b.mu.Unlock()
}

// startUntilReady starts postmasters until one takes connections. After a kill
// the first may die at once, as the backends of the old one still hold the
// shared memory or its pid file; recovery from the log may take minutes.
func (b *Box) startUntilReady(ctx context.Context) (*child, error) {
	const attempts, pause = 20, 200 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, b.o.Patience)
	defer cancel()
	for try := 1; ; try++ {
		c, err := b.start()
		if err != nil {
			return nil, err
		}
		err = b.ready(ctx, c)
		if err == nil {
			b.setPid(c.cmd.Process.Pid)
			return c, nil
		}
		if ctx.Err() != nil || !c.ended() {
			_ = c.end(b.o.Grace)
			return nil, fmt.Errorf("not ready: %w%s", err, b.logTail())
		}
		if try == attempts {
			return nil, fmt.Errorf("it ends at once%s", b.logTail())
		}
		wait(ctx, pause)
	}
}

// ready waits until c takes connections and the database exists.
func (b *Box) ready(ctx context.Context, c *child) error {
	for {
		err := b.ensureDatabase(ctx)
		if err == nil {
			return nil
		}
		if c.ended() || ctx.Err() != nil {
			return err
		}
		wait(ctx, 30*time.Millisecond)
	}
}

func (b *Box) ensureDatabase(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, b.dsn("postgres"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	var there bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, database).Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+database)
	}
	return err
}

// settings are the box's own; the log keeps no statement and no value.
var settings = []string{
	"listen_addresses=",
	"unix_socket_permissions=0700",
	"max_connections=60",
	"shared_buffers=128MB",
	"max_wal_size=2GB",
	"checkpoint_timeout=15min",
	"wal_compression=on",
	"timezone=UTC",
	"log_timezone=UTC",
	"log_min_error_statement=panic",
	"log_error_verbosity=terse",
	"log_line_prefix=%m [%p] ",
}

func (b *Box) start() (*child, error) {
	args := []string{"-D", b.data(), "-k", b.sock, "-p", port}
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	for name, value := range b.o.Settings {
		args = append(args, "-c", name+"="+value)
	}
	log, err := b.openLog()
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	c := &child{cmd: b.command("postgres", args...), done: make(chan struct{})}
	c.cmd.Stdout, c.cmd.Stderr = log, log // files: nobody waits for a pipe that backends keep open
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	go func() {
		_ = c.cmd.Wait()
		close(c.done)
	}()
	return c, nil
}

// command prepares one of PostgreSQL's programs in its own process group, so
// that Ctrl-C at the console does not reach it first. No context ends it: a
// database is stopped in order or not at all.
func (b *Box) command(name string, args ...string) *exec.Cmd {
	c := exec.CommandContext(context.Background(), filepath.Join(b.bin, name), args...)
	c.Dir = b.dir
	c.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=" + b.dir}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Credential: b.account.credential()}
	return c
}

const largestLog = 8 << 20

func (b *Box) logPath() string { return filepath.Join(b.dir, "postgres.log") }

// openLog keeps one older log beside the present one.
func (b *Box) openLog() (*os.File, error) {
	if at, err := os.Stat(b.logPath()); err == nil && at.Size() > largestLog {
		_ = os.Rename(b.logPath(), b.logPath()+".1")
	}
	f, err := os.OpenFile(b.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	return f, b.account.own(b.logPath())
}

// logTail is the last thing that PostgreSQL said, for an error.
func (b *Box) logTail() string {
	raw, err := os.ReadFile(b.logPath())
	if err != nil || len(raw) == 0 {
		return ""
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	lines = lines[max(0, len(lines)-3):]
	return fmt.Sprintf(" (%s: %s)", b.logPath(), strings.Join(lines, " | "))
}

const addressFile = "address"

// writeAddress says to other programs where the running database is.
func (b *Box) writeAddress() error {
	text := b.sock + "\n" + b.bin + "\n" + strconv.Itoa(os.Getpid()) + "\n"
	next := filepath.Join(b.asked, addressFile+".new")
	if err := os.WriteFile(next, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(next, filepath.Join(b.asked, addressFile))
}

// Running finds the database that another console has opened in dir: its
// address and the folder of its programs. ok is false when no console runs.
func Running(dir string) (dsn, bin string, ok bool) {
	lock, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR, 0)
	if err != nil {
		return "", "", false
	}
	defer func() { _ = lock.Close() }()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB) == nil {
		return "", "", false
	}
	raw, err := os.ReadFile(filepath.Join(dir, addressFile))
	lines := strings.Split(string(raw), "\n")
	if err != nil || len(lines) < 3 {
		return "", "", false
	}
	return dsnOf(lines[0], database), lines[1], true
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
