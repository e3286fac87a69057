package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"sync"
	"time"
)

// SessionLength is how long a session lasts after it was last used: longer than
// a shift, so that a desk that only watches is never thrown out.
const SessionLength = 14 * time.Hour

// touchEvery keeps the sliding of a session from being a write at each request.
const touchEvery = 5 * time.Minute

// Session is one sign-in of a user. The secret itself is kept nowhere.
type Session struct {
	ID        string
	Key       [32]byte // SHA-256 of the secret: 256 random bits need no salt and no stretching
	User      User
	Address   string
	CreatedAt time.Time
	SeenAt    time.Time
	ExpiresAt time.Time
}

// Token is the right of a machine to act.
type Token struct {
	ID        string     `json:"id"`
	Name      string     `json:"name"`
	Roles     []Grant    `json:"roles"`
	CreatedAt time.Time  `json:"created_at"`
	CreatedBy string     `json:"created_by"`
	ExpiresAt *time.Time `json:"expires_at"`
	LastUsed  *time.Time `json:"last_used"`
}

// TokenPrefix begins every machine token, so that scanners of leaked secrets
// can be taught to find them.
const TokenPrefix = "grt_"

// Secret makes 256 random bits with a prefix, and the key under which it is kept.
func Secret(prefix string) (secret string, key [32]byte) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	secret = prefix + base64.RawURLEncoding.EncodeToString(b[:])
	return secret, KeyOf(secret)
}

// KeyOf is the key under which a secret is kept.
func KeyOf(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

func plausible(secret, prefix string) bool {
	return strings.HasPrefix(secret, prefix) && len(secret) == len(prefix)+43
}

// recent remembers the sessions that were found lately, so that screens go on
// while the store is away. Whatever ends a session here is forgotten here.
type recent struct {
	mu  sync.Mutex
	all map[[32]byte]Session
}

const mostRecent = 10_000

func (r *recent) remember(s Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil || len(r.all) >= mostRecent {
		r.all = map[[32]byte]Session{} // those in use are remembered again
	}
	r.all[s.Key] = s
}

func (r *recent) find(key [32]byte, now time.Time) (Session, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.all[key]
	return s, ok && s.ExpiresAt.After(now)
}

func (r *recent) drop(key [32]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.all, key)
}

func (r *recent) forget(which func(session, owner string) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, s := range r.all {
		if which(s.ID, s.User.ID) {
			delete(r.all, key)
		}
	}
}

// watches tells those who stream to somebody that the session is over.
type watches struct {
	mu  sync.Mutex
	all map[*watch]struct{}
}

type watch struct {
	session, owner string // owner: user or token id
	ended          chan struct{}
	handed         chan Handed // the newest session that took over; holds one
}

// add returns a watch whose channel closes when the session, or all of its owner,
// ends.
func (w *watches) add(session, owner string) (one *watch, release func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = map[*watch]struct{}{}
	}
	one = &watch{session: session, owner: owner, ended: make(chan struct{}), handed: make(chan Handed, 1)}
	w.all[one] = struct{}{}
	return one, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, one)
	}
}

// end closes the watches for which which is true.
func (w *watches) end(which func(session, owner string) bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.all {
		if which(one.session, one.owner) {
			close(one.ended)
			delete(w.all, one)
		}
	}
}

// hand gives the watches of a session to the one that took over.
func (w *watches) hand(session string, to Handed) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for one := range w.all {
		if one.session != session || session == "" {
			continue
		}
		one.session, one.owner = to.Session.ID, to.Session.User.ID
		select {
		case <-one.handed: // only the newest counts
		default:
		}
		one.handed <- to
	}
}
