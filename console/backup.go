package console

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guardroom/console/audit"
	"guardroom/console/store"
)

// A backup is a tar: manifest.json, then dump, which pg_dump wrote in its custom
// format, then cards.key where the console has one. Card numbers are in the dump
// as hashes under that key: without it no card is anybody's.
const (
	manifestName = "manifest.json"
	dumpName     = "dump"
)

// Manifest says what a backup holds.
type Manifest struct {
	Made    time.Time `json:"made"`
	Build   string    `json:"build"`
	Schema  int64     `json:"schema"`
	Change  int64     `json:"change"`
	Entries int64     `json:"entries"` // of the record, at least
	Config  string    `json:"config"`  // SHA-256 of the configuration file
	Dump    string    `json:"dump"`    // SHA-256
	Bytes   int64     `json:"bytes"`
	CardKey string    `json:"card_key,omitempty"` // SHA-256 of cards.key; empty: there was none
}

// Backup writes the whole database to file, beside a running console, and reads
// it back to be sure that it is whole. The file holds password hashes and the key
// for card numbers: it is readable by its owner only.
func Backup(ctx context.Context, c Config, build, file string) (Manifest, error) {
	b, err := c.bench(ctx)
	if err != nil {
		return Manifest{}, err
	}
	defer b.close()
	before, err := store.Inspect(ctx, b.dsn)
	if err != nil {
		return Manifest{}, err
	}
	if before.Schema == 0 {
		return Manifest{}, errors.New("backup: there is no Guardroom in this database yet")
	}
	dump, err := os.CreateTemp(filepath.Dir(file), ".guardroom-dump-*")
	if err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	defer os.Remove(dump.Name())
	defer dump.Close()
	if err := b.postgres(ctx, dump, nil, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--dbname="+b.dsn); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	m := Manifest{Made: time.Now().UTC(), Build: build, Schema: before.Schema, Change: before.Change, Entries: before.Entries, Config: c.hash()}
	if m.Dump, m.Bytes, err = hashFile(dump); err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	key, err := keptCardKey(c.Data)
	if err != nil {
		return Manifest{}, fmt.Errorf("backup: %w", err)
	}
	if key != nil {
		m.CardKey = hashOf(key)
	}
	if err := pack(file, m, dump, key); err != nil {
		return Manifest{}, fmt.Errorf("backup: write %s: %w", file, err)
	}
	if err := b.check(ctx, file); err != nil {
		return Manifest{}, fmt.Errorf("backup: %s does not read back: %w", file, err)
	}
	return m, nil
}

func (c Config) hash() string {
	data, err := os.ReadFile(c.file)
	if err != nil {
		return ""
	}
	return hashOf(data)
}

func hashOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func hashFile(f *os.File) (sum string, size int64, err error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", 0, err
	}
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return "", 0, err
	}
	return hex.EncodeToString(h.Sum(nil)), size, nil
}

// pack writes the tar beside its place and moves it there when it is durable,
// so that a file of that name is always a whole backup.
func pack(file string, m Manifest, dump *os.File, key []byte) error {
	manifest, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if _, err := dump.Seek(0, io.SeekStart); err != nil {
		return err
	}
	out, err := os.OpenFile(file+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	w := tar.NewWriter(out)
	type part struct {
		name string
		size int64
		from io.Reader
	}
	parts := []part{{manifestName, int64(len(manifest)), bytes.NewReader(manifest)}, {dumpName, m.Bytes, dump}}
	if key != nil {
		parts = append(parts, part{CardKeyFile, int64(len(key)), bytes.NewReader(key)})
	}
	for _, part := range parts {
		if err := w.WriteHeader(&tar.Header{Name: part.name, Mode: 0o600, Size: part.size, ModTime: m.Made}); err != nil {
			return err
		}
		if _, err := io.Copy(w, part.from); err != nil {
			return err
		}
	}
	if err := errors.Join(w.Close(), out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// unpack reads a backup, checks it against its manifest, and leaves the dump in
// a temporary file that the caller removes. key is that for card numbers, nil
// where the backup has none.
func unpack(file string) (m Manifest, dump string, key []byte, err error) {
	in, err := os.Open(file)
	if err != nil {
		return Manifest{}, "", nil, err
	}
	defer in.Close()
	r := tar.NewReader(in)
	head, err := r.Next()
	if err != nil || head.Name != manifestName || head.Size > 1<<20 {
		return Manifest{}, "", nil, errors.New("this is no backup of Guardroom, or it is damaged at its beginning")
	}
	if err := json.NewDecoder(r).Decode(&m); err != nil {
		return Manifest{}, "", nil, fmt.Errorf("its manifest cannot be read: %w", err)
	}
	if head, err = r.Next(); err != nil || head.Name != dumpName {
		return Manifest{}, "", nil, errors.New("it is cut off: the dump is missing")
	}
	out, err := os.CreateTemp(filepath.Dir(file), ".guardroom-restore-*")
	if err != nil {
		return Manifest{}, "", nil, err
	}
	h := sha256.New()
	size, err := io.Copy(io.MultiWriter(out, h), r)
	err = errors.Join(err, out.Close())
	if err == nil && (size != m.Bytes || hex.EncodeToString(h.Sum(nil)) != m.Dump) {
		err = errors.New("it is damaged: the dump does not fit its checksum")
	}
	if err == nil && m.CardKey != "" {
		key, err = unpackCardKey(r, m)
	}
	if err != nil {
		_ = os.Remove(out.Name())
		return Manifest{}, "", nil, fmt.Errorf("read it: %w", err)
	}
	return m, out.Name(), key, nil
}

func unpackCardKey(r *tar.Reader, m Manifest) ([]byte, error) {
	head, err := r.Next()
	if err != nil || head.Name != CardKeyFile || head.Size > maxCardKeyFile {
		return nil, errors.New("it is cut off: the key for card numbers is missing")
	}
	key, err := io.ReadAll(r)
	if err == nil && hashOf(key) != m.CardKey {
		err = errors.New("it is damaged: the key for card numbers does not fit its checksum")
	}
	return key, err
}

func (b *bench) check(ctx context.Context, file string) error {
	_, dump, _, err := unpack(file)
	if err != nil {
		return err
	}
	defer os.Remove(dump)
	return b.postgres(ctx, io.Discard, nil, "pg_restore", "--list", dump)
}

// alone gives the connections of a console that has just stopped a moment to end,
// and returns how the database stands then.
func (b *bench) alone(ctx context.Context, now store.Condition) (store.Condition, error) {
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	patience := time.After(3 * time.Second)
	for now.Others > 0 {
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-patience:
			return now, nil
		case <-look.C:
		}
		var err error
		if now, err = store.Inspect(ctx, b.dsn); err != nil {
			return now, err
		}
	}
	return now, nil
}

// Restore puts a backup into the database: only while no console runs, only
// into an empty database unless forced, and only when the whole of it fits. The
// key for card numbers comes with it, and another key that is there is kept as
// cards.key.old. The restored record is verified.
func Restore(ctx context.Context, c Config, file string, force bool) (Manifest, error) {
	m, dump, key, err := unpack(file)
	if err != nil {
		return Manifest{}, fmt.Errorf("restore: %s: %w", file, err)
	}
	defer os.Remove(dump)
	b, err := c.bench(ctx)
	if err != nil {
		return Manifest{}, err
	}
	defer b.close()
	now, err := store.Inspect(ctx, b.dsn)
	if err == nil && !b.running {
		now, err = b.alone(ctx, now)
	}
	switch {
	case err != nil:
		return Manifest{}, err
	case b.running || now.Others > 0:
		return Manifest{}, errors.New("restore: a console is running on this database: stop it first")
	case !now.Empty() && !force:
		return Manifest{}, fmt.Errorf("restore: the database is in use (%d users, %d entries in its record); --force replaces all of it", now.Users, now.Entries)
	}
	place, drop, err := stageCardKey(c.Data, key)
	if err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	defer drop()
	// Into a transaction of its own: a dump that does not fit leaves what was there.
	if err := b.replace(ctx, dump); err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	if err := place(); err != nil {
		return Manifest{}, fmt.Errorf("restore: the data is back, but not the key for card numbers, restore once more: %w", err)
	}
	db, err := store.Open(ctx, b.dsn, store.Options{Conns: 4})
	if err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	defer db.Close()
	verdict, err := audit.Check(ctx, store.Audit{DB: db})
	if err != nil {
		return Manifest{}, fmt.Errorf("restore: %w", err)
	}
	if !verdict.OK || verdict.Entries < m.Entries {
		return m, fmt.Errorf("restore: the data is back, but its record is not whole (%d of at least %d entries, %s): %w", verdict.Entries, m.Entries, verdict.Reason, ErrTampered)
	}
	return m, nil
}

// emptySchema leaves public as initdb makes it: a schema of another owner would
// be part of the next dump.
const emptySchema = "DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\nALTER SCHEMA public OWNER TO pg_database_owner;\n"

// replace empties the schema and loads the dump in one transaction, by way of
// the script that pg_restore writes.
func (b *bench) replace(ctx context.Context, dump string) error {
	script, err := os.CreateTemp(filepath.Dir(dump), ".guardroom-script-*")
	if err != nil {
		return err
	}
	defer os.Remove(script.Name())
	defer script.Close()
	if _, err := script.WriteString(emptySchema); err != nil {
		return err
	}
	if err := b.postgres(ctx, script, nil, "pg_restore", "--no-owner", "--no-privileges", "--file=-", dump); err != nil {
		return err
	}
	if _, err := script.Seek(0, io.SeekStart); err != nil {
		return err
	}
	return b.postgres(ctx, io.Discard, script, "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--dbname="+b.dsn)
}

// postgres runs one of PostgreSQL's programs, of the same folder as the server
// where that is known.
func (b *bench) postgres(ctx context.Context, out io.Writer, in io.Reader, name string, args ...string) error {
	path, err := b.find(name)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, path, args...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stdin, cmd.Stderr = out, in, &said
	if err := cmd.Run(); err != nil {
		words := strings.TrimSpace(said.String())
		if len(words) > 2000 {
			words = words[:2000] + "…"
		}
		return fmt.Errorf("%s: %w: %s", name, err, words)
	}
	return nil
}

func (b *bench) find(name string) (string, error) {
	if b.bin != "" {
		return filepath.Join(b.bin, name), nil
	}
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name) // the pattern is good
	if len(found) == 0 {
		return "", fmt.Errorf("%s is not installed: apt install postgresql-client", name)
	}
	slices.Sort(found)
	return found[len(found)-1], nil
}
