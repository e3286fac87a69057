package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// program is a child that says READY.
type program struct {
	name string
	cmd  *exec.Cmd
	log  *tail
	done chan struct{} // closed when it ended
	err  error         // how, once done is closed
}

// start runs one of the programs and waits for its READY line, whose JSON it
// reads into ready.
func (b *bench) start(ctx context.Context, name string, ready any, args ...string) (*program, error) {
	path := filepath.Join(b.o.bin, name)
	if b.o.profile != "" || name == "bare" || name == "cameras" || name == "video" || name == "work" {
		self, err := os.Executable()
		if err != nil {
			return nil, err
		}
		path, args = self, append([]string{"child", name, "-profile", b.o.profile}, args...)
	}
	p := &program{name: name, log: &tail{}, done: make(chan struct{})}
	p.cmd = exec.Command(path, args...)                     //nolint:gosec,noctx // ended by stop, in order
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C reaches this program alone, which ends them in order
	p.cmd.Dir = b.folder
	p.cmd.Stderr = p.log
	if b.o.verbose {
		p.cmd.Stderr = os.Stderr
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	said := make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if rest, found := strings.CutPrefix(lines.Text(), "READY "); found {
				said <- json.Unmarshal([]byte(rest), ready)
			}
		}
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	select {
	case err = <-said:
	case <-p.done:
		err = fmt.Errorf("it ended at once: %w", errors.Join(p.err, p.log))
	case <-time.After(90 * time.Second):
		err = fmt.Errorf("not ready within 90 s: %w", p.log)
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	return p, nil
}

func (p *program) pid() int { return p.cmd.Process.Pid }

// stop asks the program to end, and kills it when it does not.
func (p *program) stop() {
	select {
	case <-p.done:
		return
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// check is an error when the program is no longer there.
func (p *program) check() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s ended in the middle: %w", p.name, errors.Join(p.err, p.log))
	default:
		return nil
	}
}

// tail keeps the end of what a program logs, for an error.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if over := len(t.text) - 4096; over > 0 {
		t.text = append(t.text[:0], t.text[over:]...)
	}
	return len(p), nil
}

func (t *tail) Error() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return "its last words:\n" + string(t.text)
}
