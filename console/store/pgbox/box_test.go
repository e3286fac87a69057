package pgbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain lets the test program play the console that is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("PGBOX_TEST_CONSOLE"); dir != "" {
		if err := console(dir); err != nil {
			fmt.Println("ERROR", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// console opens the box and inserts numbers until it is killed, saying each one
// that is committed. "once" as second word of the environment stops after one.
func console(dir string) error {
	ctx := context.Background()
	box, err := Open(ctx, dir, Options{})
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, box.DSN())
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `CREATE TABLE IF NOT EXISTS t (n bigint PRIMARY KEY)`); err != nil {
		return err
	}
	var n int
	if err := conn.QueryRow(ctx, `SELECT coalesce(max(n), 0) FROM t`).Scan(&n); err != nil {
		return err
	}
	fmt.Println("PID", box.Pid())
	for {
		n++
		if _, err := conn.Exec(ctx, `INSERT INTO t VALUES ($1)`, n); err != nil {
			return err
		}
		fmt.Println(n)
		if os.Getenv("PGBOX_TEST_ONCE") != "" {
			_ = conn.Close(ctx)
			return box.Close()
		}
	}
}

// folder is one that PostgreSQL's account can enter.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pgbox-")
	if err == nil {
		err = os.Chmod(dir, 0o711)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "pg")
}

func open(t *testing.T, dir string) *Box {
	t.Helper()
	b, err := Open(t.Context(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	return b
}

func number(t *testing.T, dsn, sql string) (n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, sql).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestSurvivesKillsInMidInsert(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	last := 0
	for _, victim := range []string{"console and postmaster", "console", "console and postmaster"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "PGBOX_TEST_CONSOLE="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		pid := 0
		lines := bufio.NewScanner(out)
		for count := 0; count < 200 && lines.Scan(); count++ {
			if word, ok := strings.CutPrefix(lines.Text(), "PID "); ok {
				pid, _ = strconv.Atoi(word)
				continue
			}
			if last, err = strconv.Atoi(lines.Text()); err != nil {
				t.Fatalf("console says %q", lines.Text())
			}
		}
		_ = cmd.Process.Kill()
		if victim != "console" {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		for lines.Scan() { // what it still said was committed too
			if n, err := strconv.Atoi(lines.Text()); err == nil {
				last = n
			}
		}
		_ = cmd.Wait()
		if pid == 0 {
			t.Fatal("the console never came up")
		}
	}
	b := open(t, dir)
	if n := number(t, b.DSN(), `SELECT max(n) FROM t`); n < last || n > last+1 {
		t.Errorf("%d is the last number, %d was committed", n, last)
	}
	if n := number(t, b.DSN(), `SELECT count(*) - max(n) FROM t`); n != 0 {
		t.Errorf("%d numbers are missing", n)
	}
}

func TestStartsAgainWhenPostgresDies(t *testing.T) {
	t.Parallel()
	b := open(t, folder(t))
	for range 2 {
		pid := b.Pid()
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		deadline := time.After(20 * time.Second)
		poll := time.NewTicker(20 * time.Millisecond)
		for b.Pid() == pid || b.Pid() == 0 {
			select {
			case <-poll.C:
			case <-deadline:
				t.Fatal("PostgreSQL was not started again")
			}
		}
		poll.Stop()
		number(t, b.DSN(), `SELECT 1`)
	}
}

func TestOneConsoleForAFolder(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	if _, _, ok := Running(dir); ok {
		t.Error("nothing runs yet")
	}
	b := open(t, dir)
	if _, err := Open(t.Context(), dir, Options{}); !errors.Is(err, ErrInUse) {
		t.Errorf("a second console got %v", err)
	}
	dsn, bin, ok := Running(dir)
	if !ok || dsn != b.DSN() || bin != b.Bin() {
		t.Errorf("Running() = %q %q %v", dsn, bin, ok)
	}
	number(t, dsn, `SELECT 1`)
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	_ = b.Close()
	if _, _, ok := Running(dir); ok {
		t.Error("it still seems to run")
	}
	again := open(t, dir)
	if n := number(t, again.DSN(), `SELECT count(*)::int FROM pg_stat_file('PG_VERSION')`); n != 1 {
		t.Error(n)
	}
	if at, err := os.Stat(again.sock); err != nil || at.Mode().Perm() != 0o700 {
		t.Errorf("the socket's folder is %v (%v)", at.Mode(), err)
	}
	if n := number(t, again.DSN(), `SELECT count(*)::int FROM pg_hba_file_rules WHERE type <> 'local' OR auth_method <> 'peer'`); n != 0 {
		t.Errorf("%d ways in besides the socket", n)
	}
}

func TestHalfMadeClusters(t *testing.T) {
	t.Parallel()
	dir := folder(t)
	for _, path := range []string{"data.new/base", "data.new/PG_VERSION"} { // initdb was killed
		if err := os.MkdirAll(filepath.Join(dir, path), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)

	strange := folder(t)
	if err := os.MkdirAll(filepath.Join(strange, "data", "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), strange, Options{}); err == nil || !strings.Contains(err.Error(), "no database") {
		t.Errorf("a folder with other files gave %v", err)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	fake := func(version string) string {
		bin := filepath.Join(root, version, "bin")
		if err := os.MkdirAll(bin, 0o755); err != nil {
			t.Fatal(err)
		}
		script := "#!/bin/sh\necho 'postgres (PostgreSQL) " + version + "'\n"
		if err := os.WriteFile(filepath.Join(bin, "postgres"), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
		return bin
	}
	old, older, newer, beta := fake("14.2"), fake("13.9"), fake("17.1 (Debian 17.1-1)"), fake("18beta1")
	for _, tc := range []struct {
		name    string
		folders []string
		have    string
		want    string
		reason  string
	}{
		{"first choice", []string{newer, old}, "", newer, ""},
		{"data decides", []string{newer, old}, "14", old, ""},
		{"beta", []string{beta}, "", beta, ""},
		{"too old", []string{older}, "", "", "no PostgreSQL 14 or newer found"},
		{"none", nil, "", "", "apt install postgresql"},
		{"none for the data", nil, "14", "", "apt install postgresql-14"},
		{"data of another version", []string{newer}, "15", "", "pg_upgrade -U guardroom -b"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := choose(tc.folders, tc.have, "/data")
			if got != tc.want || (err == nil) != (tc.reason == "") || err != nil && !strings.Contains(err.Error(), tc.reason) {
				t.Errorf("choose() = %q, %v; want %q, %q", got, err, tc.want, tc.reason)
			}
		})
	}
}

func TestSocketPathIsShort(t *testing.T) {
	t.Parallel()
	a, err := chooseAccount("", "")
	if err != nil {
		t.Fatal(err)
	}
	deep := filepath.Join(t.TempDir(), strings.Repeat("d/", 60), "pg")
	sock, err := makeSocketFolder(deep, a)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.Remove(sock) }()
	if len(sock) > longestSocket || strings.HasPrefix(sock, deep) {
		t.Errorf("socket in %s, %d bytes", sock, len(sock))
	}
}

// TestFolderThatPostgresCannotEnter keeps the data elsewhere, and finds it again.
// It changes package variables, so that it does not run beside others.
func TestFolderThatPostgresCannotEnter(t *testing.T) {
	if os.Geteuid() != 0 {
		return // an ordinary user runs PostgreSQL as itself: there is nothing to step over
	}
	base := filepath.Dir(folder(t))
	before := outside
	outside = filepath.Join(base, "elsewhere")
	t.Cleanup(func() { outside = before })
	locked := filepath.Join(base, "locked")
	if err := os.Mkdir(locked, 0o700); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(locked, "pg")
	b := open(t, dir)
	if !strings.HasPrefix(b.Dir(), outside) {
		t.Fatalf("the data is in %s", b.Dir())
	}
	number(t, b.DSN(), `SELECT 1`)
	_ = b.Close()
	if again := open(t, dir); again.Dir() != b.Dir() {
		t.Errorf("found in %s, was made in %s", again.Dir(), b.Dir())
	}
	if _, _, ok := Running(dir); !ok {
		t.Error("it is not found by the asked folder")
	}
}

// TestAsOrdinaryUser runs the console as somebody who is not root.
func TestAsOrdinaryUser(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // then every test here does
	}
	base := filepath.Dir(folder(t))
	program := filepath.Join(base, "console")
	if err := copyProgram(program); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(base, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	if err := os.Chown(home, nobody, nobody); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = []string{"PGBOX_TEST_CONSOLE=" + filepath.Join(home, "pg"), "PGBOX_TEST_ONCE=1", "PATH=" + os.Getenv("PATH"), "HOME=" + home}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.HasSuffix(string(out), "\n1\n") {
		t.Errorf("%v: %s", err, out)
	}
}

func copyProgram(to string) error {
	from, err := os.Open("/proc/self/exe")
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	f, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		return err
	}
	if _, err := io.Copy(f, from); err != nil {
		return err
	}
	return f.Close()
}
