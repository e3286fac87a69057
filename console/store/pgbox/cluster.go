package pgbox

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// makeCluster makes the data folder when there is none. It is made under
// another name first: a half-made one is never taken for a whole one.
func (b *Box) makeCluster(ctx context.Context) error {
	if _, err := os.Stat(filepath.Join(b.data(), "PG_VERSION")); err == nil {
		return nil
	}
	if rest, err := os.ReadDir(b.data()); err == nil && len(rest) > 0 {
		return fmt.Errorf("%s holds files but no database: move it away or restore a backup", b.data())
	}
	next := b.data() + ".new"
	var said []byte
	for _, locale := range []string{"C.UTF-8", "C"} { // not every system has the first
		if err := os.RemoveAll(next); err != nil {
			return err
		}
		c := b.command("initdb", "-D", next, "-U", role, "--auth-local=peer", "--auth-host=reject",
			"-E", "UTF8", "--locale="+locale, "--data-checksums")
		out, err := c.CombinedOutput()
		if err == nil {
			return os.Rename(next, b.data())
		}
		said = bytes.TrimSpace(out)
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return fmt.Errorf("initdb: %s", said)
}

// guard lets in, over the socket alone, the account that runs PostgreSQL, the
// one that runs the console, and root.
func (b *Box) guard() error {
	ident := "# Written at each start.\n"
	for _, name := range []string{b.account.name, "root"} {
		ident += fmt.Sprintf("console %q %s\n", name, role)
	}
	hba := "# Written at each start.\nlocal all all peer map=console\n"
	for name, text := range map[string]string{"pg_hba.conf": hba, "pg_ident.conf": ident} {
		path := filepath.Join(b.data(), name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		if err := b.account.own(path); err != nil {
			return err
		}
	}
	return nil
}

// reap stops the postmaster that a killed console left behind, in order. A pid
// is trusted only while that process really runs postgres on this very folder.
func (b *Box) reap(ctx context.Context) error {
	pid := b.orphan()
	if pid == 0 {
		return nil // postgres removes a stale pid file itself
	}
	b.o.Log.Info("stopping the PostgreSQL that an earlier console left behind", "pid", pid)
	for _, step := range []struct {
		signal syscall.Signal
		grace  time.Duration
	}{{syscall.SIGINT, 30 * time.Second}, {syscall.SIGQUIT, 10 * time.Second}} {
		_ = syscall.Kill(pid, step.signal)
		for end := time.Now().Add(step.grace); time.Now().Before(end); wait(ctx, 20*time.Millisecond) {
			if b.orphan() != pid {
				return nil
			}
			if ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return fmt.Errorf("the PostgreSQL left behind (process %d) does not stop", pid)
}

// orphan is the process of the pid file if it lives and is ours, else 0. A
// zombie still takes signals, but has no command line any more.
func (b *Box) orphan() int {
	raw, err := os.ReadFile(filepath.Join(b.data(), "postmaster.pid"))
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(raw), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(first))
	if err != nil || pid <= 1 {
		return 0
	}
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil {
		return 0
	}
	args := strings.Split(string(line), "\x00")
	if !strings.HasPrefix(filepath.Base(args[0]), "postgres") {
		return 0
	}
	for i, arg := range args {
		if arg == "-D" && i+1 < len(args) && args[i+1] == b.data() {
			return pid
		}
	}
	return 0
}
