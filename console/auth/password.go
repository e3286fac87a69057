package auth

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
)

// Length of a password in characters.
const (
	MinPassword = 12
	MaxPassword = 256
)

// parameters are OWASP's second recommendation for argon2id (19 MiB, 2 passes,
// 1 lane; Password Storage Cheat Sheet): some 30 ms on a small server.
var parameters = &argon2id.Params{Memory: 19 << 10, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// Hasher hashes passwords with argon2id. At most a few hashes run at once, so
// that a flood of sign-ins takes neither the memory nor the processor away from
// alarms; those who wait too many are sent away with ErrBusy.
type Hasher struct {
	slots   chan struct{}
	waiting atomic.Int64
	nobody  string // the hash of no password: checked for unknown users, so that they take as long
}

const (
	hashesAtOnce = 2
	hashesQueued = 64
)

// ofNobody is the hash of a password that nobody has, made once for the process.
var ofNobody = sync.OnceValues(func() (string, error) { return argon2id.CreateHash(rand.Text(), parameters) })

// NewHasher starts without any hash running.
func NewHasher() (*Hasher, error) {
	nobody, err := ofNobody()
	if err != nil {
		return nil, fmt.Errorf("make hasher: %w", err)
	}
	return &Hasher{slots: make(chan struct{}, hashesAtOnce), nobody: nobody}, nil
}

// Hash returns the PHC string of password, with salt and parameters inside.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	hash, err := argon2id.CreateHash(password, parameters)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	return hash, nil
}

// Match reports whether password belongs to hash. An empty hash matches
// nothing, in the same time.
func (h *Hasher) Match(ctx context.Context, password, hash string) (bool, error) {
	leave, err := h.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if hash == "" {
		_, err := argon2id.ComparePasswordAndHash(password, h.nobody)
		return false, err
	}
	ok, err := argon2id.ComparePasswordAndHash(password, hash)
	if err != nil {
		return false, fmt.Errorf("compare password: %w", err)
	}
	return ok, nil
}

func (h *Hasher) enter(ctx context.Context) (leave func(), err error) {
	if h.waiting.Add(1) > hashesQueued {
		h.waiting.Add(-1)
		return nil, ErrBusy
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// checkPassword refuses what is too short, too long or the user's own name.
func checkPassword(field, password, username string) error {
	switch n := utf8.RuneCountInString(password); {
	case n < MinPassword:
		return &InvalidError{Field: field, Reason: fmt.Sprintf("at least %d characters", MinPassword)}
	case n > MaxPassword:
		return &InvalidError{Field: field, Reason: fmt.Sprintf("at most %d characters", MaxPassword)}
	case !utf8.ValidString(password):
		return &InvalidError{Field: field, Reason: "not valid UTF-8"}
	case strings.EqualFold(password, username):
		return &InvalidError{Field: field, Reason: "must differ from the user name"}
	}
	return nil
}

// oneTimePassword has 100 random bits in five groups that can be read aloud.
func oneTimePassword() string {
	var b [13]byte
	_, _ = rand.Read(b[:]) // never fails
	text := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))[:20]
	return text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:16] + "-" + text[16:]
}
