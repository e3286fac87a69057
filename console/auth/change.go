package auth

import (
	"context"
	"errors"
	"fmt"
)

// Handed is the session that took over from another one at the same desk.
type Handed struct {
	Session Session
	Secret  string // of its cookie
}

// Change lets the next officer take over the desk of s in one step: the session
// of s ends, one of username begins, and the streams of s go on for it. When it
// fails, s stays as it is. Errors are those of SignIn; an *InvalidError for
// somebody who is signed in there already or must change a one-time password
// first; and ErrUnauthenticated when s is over.
func (d *Desk) Change(ctx context.Context, s Session, username, password, address string) (Session, string, error) {
	u, err := d.match(ctx, username, password, address)
	if err != nil {
		return Session{}, "", err
	}
	switch {
	case u.ID == s.User.ID:
		return Session{}, "", &InvalidError{Field: "username", Reason: "is signed in here already"}
	case u.MustChangePassword:
		return Session{}, "", &InvalidError{Field: "username", Reason: "has a one-time password: sign in and change it first"}
	}
	next, secret := d.newSession(u, address)
	left := Note{By: s.User.Operator(address), Action: "session.handed_over", Subject: "user:" + s.User.ID, Params: map[string]string{"to": u.Username}}
	came := Note{By: u.Operator(address), Action: "session.taken_over", Subject: "user:" + u.ID, Params: map[string]string{"from": s.User.Username}}
	if err := d.o.Sessions.Replace(ctx, s.Key, next, left, came); err != nil {
		if errors.Is(err, ErrNotFound) {
			return Session{}, "", ErrUnauthenticated
		}
		return Session{}, "", fmt.Errorf("change the officer at the desk of %s: %w", s.User.Username, err)
	}
	d.throttle.succeeded(u.Username, address, d.o.Now())
	d.recent.forget(func(session, _ string) bool { return session == s.ID })
	d.watches.hand(s.ID, Handed{Session: next, Secret: secret})
	return next, secret, nil
}
