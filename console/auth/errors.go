package auth

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Errors of the desk. The API knows them by errors.Is or by their methods.
var (
	ErrUnauthenticated = errors.New("not signed in")
	ErrCredentials     = errors.New("wrong user name or password")
	ErrNotFound        = errors.New("no such user, session or token")
	ErrExists          = errors.New("this user name is taken")
	ErrLastAdmin       = errors.New("the last administrator of all stations must stay")
	ErrBusy            = errors.New("too many sign-ins at once")
)

// StaleError says that somebody saved the user since it was read.
type StaleError struct{ Version int64 }

func (e *StaleError) Error() string {
	return fmt.Sprintf("changed by somebody else since; the version is now %d", e.Version)
}

// Stale gives the version that is current.
func (e *StaleError) Stale() int64 { return e.Version }

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field.
func (e *InvalidError) InvalidField() string { return e.Field }

// TooManyError asks to wait before the next attempt to sign in.
type TooManyError struct{ Wait time.Duration }

func (e *TooManyError) Error() string {
	return fmt.Sprintf("too many attempts; try again in %d s", e.RetryAfter())
}

// RetryAfter is the wait in whole seconds, at least 1.
func (e *TooManyError) RetryAfter() int {
	return max(1, int(math.Ceil(e.Wait.Seconds())))
}
