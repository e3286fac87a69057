package modbus

import (
	"errors"
	"fmt"
)

var (
	// ErrNoAnswer says that the unit did not answer within the deadline.
	ErrNoAnswer = errors.New("no answer")

	// ErrLineDown says that there is no connection and that nothing was sent: the
	// connection failed just now, the next attempt is still some time away, or the
	// line was stopped.
	ErrLineDown = errors.New("line down")

	// ErrBadAnswer says that something answered, but not what was asked. The value
	// was thrown away and the connection closed.
	ErrBadAnswer = errors.New("bad answer")

	// ErrQueueFull says that too many asks wait for this line already. Nothing was sent.
	ErrQueueFull = errors.New("too many requests wait for this line")
)

// An Exception is a refusal by the device or by a gateway before it
// (Modbus Application Protocol V1.1b3, section 7).
type Exception struct {
	Function byte // as asked, without the high bit
	Code     byte
}

var exceptionWords = map[byte]string{
	0x01: "illegal function",
	0x02: "illegal data address",
	0x03: "illegal data value",
	0x04: "device failure",
	0x05: "accepted, needs long",
	0x06: "device busy",
	0x08: "memory parity error",
	0x0A: "gateway path unavailable",
	0x0B: "gateway target does not respond",
}

func (e Exception) Error() string {
	words := exceptionWords[e.Code]
	if words == "" {
		words = "unknown exception"
	}
	return fmt.Sprintf("the device refused function %d: %s (exception %d)", e.Function, words, e.Code)
}

// Busy reports that the device cannot answer now: ask again later.
func (e Exception) Busy() bool { return e.Code == 0x05 || e.Code == 0x06 }

// Configuration reports that the question is wrong for this device: the
// function, an address or a value. Asking again will not help.
func (e Exception) Configuration() bool { return e.Code >= 0x01 && e.Code <= 0x03 }

// Path reports that a gateway answered for a unit that it cannot reach: that
// unit is lost, the line is not.
func (e Exception) Path() bool { return e.Code == 0x0A || e.Code == 0x0B }

// refusesWrite reports that a write answered with e was surely not carried out.
// The other codes leave it open: 4 comes after an attempt, 5 means that the
// device has started, and 0x0B that the answer was lost behind a gateway.
func (e Exception) refusesWrite() bool {
	return e.Configuration() || e.Code == 0x06 || e.Code == 0x0A
}

// An OutcomeUnknownError says that a write left this machine and nobody knows
// whether it was carried out. It is never sent again: read back. Look for it
// before looking for the Exception or ErrNoAnswer that it may wrap.
type OutcomeUnknownError struct{ Cause error }

func (e *OutcomeUnknownError) Error() string {
	return "the write was sent and its outcome is unknown: " + e.Cause.Error()
}

func (e *OutcomeUnknownError) Unwrap() error { return e.Cause }
