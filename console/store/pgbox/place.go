package pgbox

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// account is who runs PostgreSQL. PostgreSQL refuses root, so root steps down.
type account struct {
	name     string
	uid, gid int
	stepDown bool // we are root and it is not
}

func (a account) credential() *syscall.Credential {
	if !a.stepDown {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// own gives path to the account.
func (a account) own(path string) error {
	if !a.stepDown {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

// settle chooses account, folder and socket, makes them, and takes the lock.
func (b *Box) settle() error {
	if err := os.MkdirAll(b.asked, 0o700); err != nil {
		return err
	}
	if err := b.takeLock(); err != nil {
		return err
	}
	b.dir = b.asked
	if moved, err := os.ReadFile(filepath.Join(b.asked, placeFile)); err == nil {
		b.dir = strings.TrimSpace(string(moved))
	}
	var err error
	if b.account, err = chooseAccount(b.o.User, b.data()); err != nil {
		return err
	}
	if b.account.stepDown && !enterable(filepath.Dir(b.dir), b.account) {
		if err := b.moveOut(); err != nil {
			return err
		}
	}
	if err := private(b.dir, b.account); err != nil {
		return err
	}
	b.sock, err = makeSocketFolder(b.dir, b.account)
	return err
}

// takeLock makes this the only console of the folder. The kernel frees the lock
// however the console dies; a pid file would lie.
func (b *Box) takeLock() error {
	f, err := os.OpenFile(filepath.Join(b.asked, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close()
		return ErrInUse
	}
	b.lock = f
	return nil
}

// chooseAccount steps down from root to the owner of existing data, else to the
// first unprivileged account there is.
func chooseAccount(given, data string) (account, error) {
	if os.Geteuid() != 0 {
		u, err := user.Current()
		if err != nil {
			return account{}, fmt.Errorf("PostgreSQL needs an account with a name: %w", err)
		}
		return account{name: u.Username, uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	names := []string{given, ownerOf(data), os.Getenv("PGBOX_USER"), "postgres", "nobody"}
	for _, name := range names {
		u, err := user.Lookup(name)
		if name == "" || err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{name: u.Username, uid: uid, gid: gid, stepDown: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and there is no account postgres or nobody to run it as: adduser --system postgres")
}

func ownerOf(path string) string {
	at, err := os.Stat(path)
	if err != nil {
		return ""
	}
	u, err := user.LookupId(strconv.Itoa(int(at.Sys().(*syscall.Stat_t).Uid)))
	if err != nil {
		return ""
	}
	return u.Username
}

// enterable reports whether a may walk down to dir.
func enterable(dir string, a account) bool {
	for ; ; dir = filepath.Dir(dir) {
		at, err := os.Stat(dir)
		if err != nil {
			return false
		}
		owner, mode := at.Sys().(*syscall.Stat_t), at.Mode().Perm()
		open := mode&0o001 != 0
		switch {
		case int(owner.Uid) == a.uid:
			open = mode&0o100 != 0
		case int(owner.Gid) == a.gid:
			open = mode&0o010 != 0
		}
		if !open {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// placeFile names the folder where PostgreSQL lives instead of the asked one.
const placeFile = "moved-to"

// outside is where databases live whose folder their account cannot enter, such
// as one under /root. A variable for tests.
var outside = "/var/lib/guardroom"

// moveOut chooses a folder elsewhere, and leaves its name in the asked one. The
// name is random: a folder that was deleted and made again starts anew.
func (b *Box) moveOut() error {
	if _, err := os.Stat(b.data()); err == nil {
		return fmt.Errorf("the account %s cannot enter %s any more: chmod o+x its parent folders", b.account.name, b.dir)
	}
	var id [6]byte
	_, _ = rand.Read(id[:])
	place := filepath.Join(outside, "pg-"+hex.EncodeToString(id[:]))
	err := os.MkdirAll(outside, 0o711)
	if err == nil && !enterable(outside, b.account) {
		err = fmt.Errorf("%s cannot be entered", outside)
	}
	if err != nil {
		return fmt.Errorf("the account %s, which runs PostgreSQL, cannot enter %s, and there is no place elsewhere (%w): choose a data folder outside of /root, such as /var/lib/guardroom",
			b.account.name, b.dir, err)
	}
	if err := os.WriteFile(filepath.Join(b.asked, placeFile), []byte(place+"\n"), 0o600); err != nil {
		return err
	}
	b.o.Log.Info("PostgreSQL cannot enter the data folder; its data is kept elsewhere", "account", b.account.name, "folder", b.dir, "instead", place)
	b.dir = place
	return nil
}

// private makes dir, for the account alone.
func private(dir string, a account) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	at, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner := int(at.Sys().(*syscall.Stat_t).Uid)
	if !at.IsDir() || owner != a.uid && owner != os.Geteuid() {
		return fmt.Errorf("%s is not a folder of ours", dir)
	}
	if err := a.own(dir); err != nil {
		return err
	}
	return os.Chmod(dir, 0o700)
}

// longestSocket is the room of a socket's path (sun_path less its final zero)
// without the name that PostgreSQL adds.
const longestSocket = 107 - len("/.s.PGSQL.5432")

// makeSocketFolder makes a private folder with a short path: in /run, in the
// session's own runtime folder, beside the data, or in the temporary folder.
func makeSocketFolder(dir string, a account) (string, error) {
	sum := sha256.Sum256([]byte(dir))
	name := hex.EncodeToString(sum[:6])
	var choices []string
	if os.Geteuid() == 0 && os.MkdirAll(runFolder, 0o711) == nil {
		choices = append(choices, filepath.Join(runFolder, name))
	} else if session := os.Getenv("XDG_RUNTIME_DIR"); session != "" {
		choices = append(choices, filepath.Join(session, "guardroom-"+name))
	}
	choices = append(choices, filepath.Join(dir, "sock"), filepath.Join(os.TempDir(), "guardroom-"+name))
	var errs []error
	for _, path := range choices {
		if len(path) > longestSocket {
			errs = append(errs, fmt.Errorf("%s is longer than %d bytes", path, longestSocket))
			continue
		}
		if err := private(path, a); err != nil {
			errs = append(errs, err)
			continue
		}
		if a.stepDown && !enterable(path, a) {
			errs = append(errs, fmt.Errorf("%s cannot enter %s", a.name, path))
			continue
		}
		return path, nil
	}
	return "", fmt.Errorf("no folder for PostgreSQL's socket: %w", errors.Join(errs...))
}

// runFolder holds the sockets of consoles run by root. A variable for tests.
var runFolder = "/run/guardroom"
