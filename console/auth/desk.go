package auth

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// userStore keeps users. Each writing method records its notes in the
// transaction of the change.
type userStore interface {
	// ByName returns the user and the hash of the password, or ErrNotFound.
	ByName(ctx context.Context, username string) (User, string, error)
	// ByID is ByName for an id.
	ByID(ctx context.Context, id string) (User, string, error)
	List(ctx context.Context) ([]User, error)
	// Create returns ErrExists when the user name is taken.
	Create(ctx context.Context, u User, hash string, n Note) error
	// Save returns a *StaleError unless u.Version is current, and ErrLastAdmin
	// when nobody enabled would administer all stations afterwards.
	Save(ctx context.Context, u User, n Note) (User, error)
	// SetPassword ends the user's sessions but the one to keep, if any.
	SetPassword(ctx context.Context, id, hash string, mustChange bool, keep *[32]byte, n Note) error
}

// sessionStore keeps sessions.
type sessionStore interface {
	// Open also sets the user's last sign-in.
	Open(ctx context.Context, s Session, n Note) error
	// Find returns ErrNotFound for a session that is unknown or over, or whose user is disabled.
	Find(ctx context.Context, key [32]byte, now time.Time) (Session, error)
	Touch(ctx context.Context, key [32]byte, seen, expires time.Time) error
	// Replace ends the session of key and opens next in one step; ErrNotFound when
	// there is none to end.
	Replace(ctx context.Context, key [32]byte, next Session, left, came Note) error
	Close(ctx context.Context, key [32]byte, n Note) error
	CloseAll(ctx context.Context, user string, n Note) error
	// Record writes n alone: a failed sign-in changes nothing else.
	Record(ctx context.Context, n Note) error
}

// tokenStore keeps machine tokens.
type tokenStore interface {
	Create(ctx context.Context, t Token, key [32]byte, n Note) error
	// Find returns ErrNotFound for a token that is unknown, removed or expired.
	Find(ctx context.Context, key [32]byte, now time.Time) (Token, error)
	ByID(ctx context.Context, id string) (Token, error)
	List(ctx context.Context) ([]Token, error)
	Remove(ctx context.Context, id string, n Note) error
}

// Options of a Desk. Users, Sessions and Tokens are needed.
type Options struct {
	Users    userStore
	Sessions sessionStore
	Tokens   tokenStore
	// Covers lists what a user covers at this moment; may be nil. It must be quick:
	// every request asks.
	Covers func(User) []Cover
	Now    func() time.Time // time.Now outside tests
}

// Desk is where people sign in, and where users and tokens are looked after.
type Desk struct {
	o        Options
	hasher   *Hasher
	throttle *throttle
	recorder recorder
	watches  watches
	recent   recent
}

// NewDesk opens the desk.
func NewDesk(o Options) (*Desk, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	hasher, err := NewHasher()
	if err != nil {
		return nil, err
	}
	return &Desk{o: o, hasher: hasher, throttle: newThrottle()}, nil
}

// SignIn opens a session and returns the secret of its cookie. Errors:
// ErrCredentials whatever was wrong, a *TooManyError to come back later, ErrBusy.
func (d *Desk) SignIn(ctx context.Context, username, password, address string) (Session, string, error) {
	u, err := d.match(ctx, username, password, address)
	if err != nil {
		return Session{}, "", err
	}
	s, secret := d.newSession(u, address)
	note := Note{By: u.Operator(address), Action: "session.open", Subject: "user:" + u.ID}
	if err := d.o.Sessions.Open(ctx, s, note); err != nil {
		return Session{}, "", fmt.Errorf("open session of %s: %w", u.Username, err)
	}
	d.throttle.succeeded(u.Username, address, s.CreatedAt)
	return s, secret, nil
}

// match returns the user whose password it is.
func (d *Desk) match(ctx context.Context, username, password, address string) (User, error) {
	username, now := Normal(username), d.o.Now()
	if len(username) > 64 || len(password) > 4*MaxPassword {
		return User{}, ErrCredentials
	}
	if wait := d.throttle.wait(username, address, now); wait > 0 {
		return User{}, &TooManyError{Wait: wait}
	}
	u, hash, err := d.o.Users.ByName(ctx, username)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return User{}, fmt.Errorf("sign in: %w", err)
	}
	ok, err := d.hasher.Match(ctx, password, hash)
	if errors.Is(err, ErrBusy) {
		return User{}, &TooManyError{Wait: 2 * time.Second}
	}
	if err != nil {
		return User{}, fmt.Errorf("sign in: %w", err)
	}
	if !ok || u.Disabled {
		return User{}, d.refuse(ctx, username, u, address)
	}
	return u, nil
}

func (d *Desk) newSession(u User, address string) (Session, string) {
	now := d.o.Now()
	secret, key := Secret("")
	return Session{ID: NewID(), Key: key, User: u, Address: address, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(SessionLength)}, secret
}

// refuse counts and records a failed sign-in. What was typed as the name of an
// unknown user is not recorded: people type passwords there.
func (d *Desk) refuse(ctx context.Context, username string, u User, address string) error {
	now := d.o.Now()
	d.throttle.failed(username, address, now)
	subject, who := "user:unknown", ""
	if u.ID != "" {
		subject, who = "user:"+u.ID, username
	}
	count, due := d.recorder.due(who, address, now)
	if !due {
		return ErrCredentials
	}
	by := System()
	by.Address = address
	note := Note{By: by, Action: "session.refused", Subject: subject, Params: map[string]string{"count": fmt.Sprint(count)}}
	if u.Disabled {
		note.Params["reason"] = "disabled"
	}
	if who != "" {
		note.Params["username"] = who
	}
	if err := d.o.Sessions.Record(ctx, note); err != nil {
		return fmt.Errorf("record failed sign-in: %w", err)
	}
	return ErrCredentials
}

// Resume returns the session of a cookie's secret, or ErrUnauthenticated. It
// slides the session's end. While the store is away, a session that was found
// lately still holds: a manned desk keeps its screens.
func (d *Desk) Resume(ctx context.Context, secret string) (Session, error) {
	s, err := d.Look(ctx, secret)
	if err != nil {
		return Session{}, err
	}
	if now := d.o.Now(); now.Sub(s.SeenAt) >= touchEvery {
		if err := d.o.Sessions.Touch(ctx, s.Key, now, now.Add(SessionLength)); err == nil {
			s.SeenAt, s.ExpiresAt = now, now.Add(SessionLength)
			d.recent.remember(s)
		} // else the next request slides it
	}
	return s, nil
}

// Look is Resume without sliding.
func (d *Desk) Look(ctx context.Context, secret string) (Session, error) {
	if !plausible(secret, "") {
		return Session{}, ErrUnauthenticated
	}
	key, now := KeyOf(secret), d.o.Now()
	s, err := d.o.Sessions.Find(ctx, key, now)
	if errors.Is(err, ErrNotFound) {
		d.recent.drop(key)
		return Session{}, ErrUnauthenticated
	}
	if err != nil {
		if known, ok := d.recent.find(key, now); ok {
			return known, nil
		}
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	d.recent.remember(s)
	return s, nil
}

// Bearer returns who acts with a machine token, or ErrUnauthenticated.
func (d *Desk) Bearer(ctx context.Context, secret, address string) (Operator, error) {
	if !plausible(secret, TokenPrefix) {
		return Operator{}, ErrUnauthenticated
	}
	t, err := d.o.Tokens.Find(ctx, KeyOf(secret), d.o.Now())
	if errors.Is(err, ErrNotFound) {
		return Operator{}, ErrUnauthenticated
	}
	if err != nil {
		return Operator{}, fmt.Errorf("find token: %w", err)
	}
	return Operator{ID: t.ID, Username: t.Name, Name: t.Name, Machine: true, Grants: t.Roles, Address: address}, nil
}

// Watch returns a channel that closes at once when the session or token of a
// stream ends here; a stream looks again now and then besides.
func (d *Desk) Watch(session, owner string) (ended <-chan struct{}, release func()) {
	one, release := d.watches.add(session, owner)
	return one.ended, release
}

// Follow is Watch for a stream that goes on when the next officer takes over the
// desk: handed gives the session that did.
func (d *Desk) Follow(session, owner string) (ended <-chan struct{}, handed <-chan Handed, release func()) {
	one, release := d.watches.add(session, owner)
	return one.ended, one.handed, release
}

// SignOut ends one session.
func (d *Desk) SignOut(ctx context.Context, s Session, address string) error {
	note := Note{By: s.User.Operator(address), Action: "session.close", Subject: "user:" + s.User.ID}
	if err := d.o.Sessions.Close(ctx, s.Key, note); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	d.end(func(session, _ string) bool { return session == s.ID })
	return nil
}

// SignOutEverywhere ends every session of user; those of another user need the
// right to manage all that the user may.
func (d *Desk) SignOutEverywhere(ctx context.Context, by Operator, user string) error {
	if user == "" {
		user = by.ID
	}
	if by.Machine || user != by.ID {
		u, _, err := d.managed(ctx, by, user)
		if err != nil {
			return err
		}
		user = u.ID
	}
	if err := d.o.Sessions.CloseAll(ctx, user, Note{By: by, Action: "session.close_all", Subject: "user:" + user}); err != nil {
		return fmt.Errorf("sign out everywhere: %w", err)
	}
	d.endAll(user)
	return nil
}

func (d *Desk) endAll(user string) {
	d.end(func(_, owner string) bool { return owner == user })
}

func (d *Desk) end(which func(session, owner string) bool) {
	d.recent.forget(which)
	d.watches.end(which)
}

// ChangePassword sets one's own password; every other session of the user ends.
// A wrong current password is slowed down like a sign-in.
func (d *Desk) ChangePassword(ctx context.Context, s Session, address, current, next string) error {
	now := d.o.Now()
	if wait := d.throttle.wait(s.User.Username, address, now); wait > 0 {
		return &TooManyError{Wait: wait}
	}
	if err := checkPassword("new", next, s.User.Username); err != nil {
		return err
	}
	_, hash, err := d.o.Users.ByID(ctx, s.User.ID)
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	ok, err := d.hasher.Match(ctx, current, hash)
	if errors.Is(err, ErrBusy) {
		return &TooManyError{Wait: 2 * time.Second}
	}
	if err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	if !ok {
		if err := d.refuse(ctx, s.User.Username, s.User, address); !errors.Is(err, ErrCredentials) {
			return err
		}
		return &InvalidError{Field: "current", Reason: "is not the present password"}
	}
	if current == next {
		return &InvalidError{Field: "new", Reason: "is the present password"}
	}
	if hash, err = d.hasher.Hash(ctx, next); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	note := Note{By: s.User.Operator(address), Action: "user.password", Subject: "user:" + s.User.ID}
	if err := d.o.Users.SetPassword(ctx, s.User.ID, hash, false, &s.Key, note); err != nil {
		return fmt.Errorf("change password: %w", err)
	}
	d.end(func(session, owner string) bool { return owner == s.User.ID && session != s.ID })
	return nil
}
