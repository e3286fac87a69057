package pgbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// oldest is the first major version that the console works with.
const oldest = 14

// install is what to do when there is no PostgreSQL.
const install = "install it (Debian, Ubuntu: apt install postgresql; its own cluster does not matter) or set `database` in the configuration"

// findBin chooses the programs. Data that exists decides: only its own major
// version can open it, and Debian keeps the old one installed beside the new.
func findBin(given, data string) (string, error) {
	raw, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("read the version of the data: %w", err)
	}
	return choose(candidates(given), strings.TrimSpace(string(raw)), data)
}

// choose takes the first folder whose version opens data of version have; empty
// means that there is no data yet.
func choose(folders []string, have, data string) (string, error) {
	var found []string
	for _, bin := range folders {
		major, err := majorOf(bin)
		if err != nil || major < oldest {
			continue
		}
		if have == "" || strconv.Itoa(major) == have {
			return bin, nil
		}
		found = append(found, bin)
	}
	switch {
	case len(found) > 0:
		return "", wrongVersion(found[0], have, data)
	case have != "":
		return "", fmt.Errorf("no PostgreSQL %s found: install it (apt install postgresql-%s) or name its folder in PGBOX_BIN", have, have)
	}
	return "", fmt.Errorf("no PostgreSQL %d or newer found: %s", oldest, install)
}

func wrongVersion(bin, have, data string) error {
	major, _ := majorOf(bin)
	old := strings.Replace(bin, strconv.Itoa(major), have, 1)
	next := data + "." + strconv.Itoa(major)
	return fmt.Errorf("the data is of PostgreSQL %s, the programs found are %d (%s). Either keep the old version (apt install postgresql-%s), or upgrade the data as the account that owns it: "+
		"%s/initdb -D %s -U %s -E UTF8 --data-checksums && %s/pg_upgrade -U %s -b %s -B %s -d %s -D %s, then move %s to %s",
		have, major, bin, have,
		bin, next, role, bin, role, old, bin, data, next, next, data)
}

// candidates lists folders that hold postgres and initdb, first choice first.
func candidates(given string) []string {
	var all []string
	if given != "" {
		all = append(all, given)
	} else {
		if env := os.Getenv("PGBOX_BIN"); env != "" {
			all = append(all, env)
		}
		if path, err := exec.LookPath("postgres"); err == nil {
			if real, err := filepath.EvalSymlinks(path); err == nil {
				path = real
			}
			all = append(all, filepath.Dir(path))
		}
		debian, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
		redhat, _ := filepath.Glob("/usr/pgsql-*/bin")
		newestFirst(debian)
		newestFirst(redhat)
		all = append(append(all, debian...), redhat...)
		all = append(all, "/usr/local/pgsql/bin", "/usr/local/bin", "/opt/homebrew/opt/postgresql/bin")
	}
	return slices.DeleteFunc(all, func(bin string) bool {
		return !runnable(filepath.Join(bin, "postgres")) || !runnable(filepath.Join(bin, "initdb"))
	})
}

func newestFirst(folders []string) {
	number := func(s string) int {
		digits := strings.TrimPrefix(filepath.Base(filepath.Dir(s)), "pgsql-")
		n, _ := strconv.Atoi(digits)
		return n
	}
	slices.SortFunc(folders, func(a, b string) int { return number(b) - number(a) })
}

func runnable(path string) bool {
	at, err := os.Stat(path)
	return err == nil && at.Mode().IsRegular() && at.Mode()&0o111 != 0
}

// majorOf asks the program: "postgres (PostgreSQL) 15.8 (Debian …)" is 15.
func majorOf(bin string) (int, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, filepath.Join(bin, "postgres"), "--version").Output()
	if err != nil {
		return 0, err
	}
	words := strings.Fields(string(out))
	if len(words) < 3 {
		return 0, fmt.Errorf("%s/postgres --version says %q", bin, out)
	}
	digits := strings.FieldsFunc(words[2], func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) == 0 {
		return 0, fmt.Errorf("%s/postgres --version says %q", bin, out)
	}
	return strconv.Atoi(digits[0])
}
