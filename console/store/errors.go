package store

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Transient reports whether err may go away by itself, so that the same work
// can be tried again: the server is starting, stopping, full or a standby, the
// transaction collided with another, or the connection was lost. In the last
// case the work may have been committed: repeat only what has a key.
func Transient(err error) bool {
	if err == nil {
		return false
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		switch {
		case strings.HasPrefix(refused.Code, "08"), // connection
			strings.HasPrefix(refused.Code, "57P"), // shutdown, crash, starting up
			strings.HasPrefix(refused.Code, "53"),  // disk, memory, connections
			strings.HasPrefix(refused.Code, "40"),  // serialization, deadlock
			strings.HasPrefix(refused.Code, "58"),  // the server's own files
			refused.Code == "57014",                // statement deadline
			refused.Code == "25006",                // a standby
			refused.Code == "25P03",                // idle in transaction too long
			refused.Code == "55P03":                // lock not available
			return true
		}
		return false
	}
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, pgx.ErrTxClosed) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed")
}

// Poison reports whether the database refuses the values themselves: bad data,
// a broken constraint, or a statement that it does not understand. Trying again
// cannot help; the value must be set aside.
func Poison(err error) bool {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) {
		return false
	}
	return strings.HasPrefix(refused.Code, "22") || strings.HasPrefix(refused.Code, "23") ||
		strings.HasPrefix(refused.Code, "42") || strings.HasPrefix(refused.Code, "54")
}

// collided reports whether the server rolled the transaction back because of
// another one: nothing was kept, and the same work may pass now.
func collided(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && strings.HasPrefix(refused.Code, "40")
}

// standby reports that we talk to a server that takes no writes any more.
func standby(err error) bool {
	var refused *pgconn.PgError
	return errors.As(err, &refused) && refused.Code == "25006"
}

// writableHost passes over standbys when several hosts are named, unless the
// address says itself what it wants (target_session_attrs).
func writableHost(c *pgx.ConnConfig) pgconn.ValidateConnectFunc {
	if c.ValidateConnect != nil || len(c.Fallbacks) == 0 {
		return c.ValidateConnect
	}
	return pgconn.ValidateConnectTargetSessionAttrsReadWrite
}
