package console

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// deadAfter is how long a connection may leave what we sent unconfirmed. A stream
// sends a heartbeat every two seconds: a desk whose machine lost its power is
// noticed by it, and is off the watch within 15 seconds.
const deadAfter = 8 * time.Second

// impatient makes accepted connections end when the other side is gone without a
// word; they inherit it from the port on which they come in.
func impatient(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deadAfter.Milliseconds()))
	})
	if err == nil {
		err = failed
	}
	return err
}
