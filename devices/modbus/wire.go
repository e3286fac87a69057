package modbus

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/goburrow/serial"
	"golang.org/x/sys/unix"
)

// wire is an open line: a TCP connection or a serial port.
type wire interface {
	io.ReadWriteCloser
	syscall.Conn
	SetDeadline(time.Time) error
}

// dial opens the line.
func (e endpoint) dial(ctx context.Context, timeout time.Duration) (wire, error) {
	if e.tty != "" {
		return openSerial(e)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", e.host)
	if err != nil {
		return nil, err
	}
	return conn.(*net.TCPConn), nil
}

// serialPort is a device file that goburrow/serial has set up. Its own Read
// cannot be interrupted, and its select is wrong for file descriptors above
// 1023; reading and writing therefore go through a second, pollable descriptor.
type serialPort struct {
	*os.File
	settings serial.Port
}

func openSerial(e endpoint) (*serialPort, error) {
	settings, err := serial.Open(&serial.Config{
		Address: e.tty, BaudRate: e.baud, DataBits: 8, StopBits: e.stop, Parity: e.parity,
	})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", e.tty, err)
	}
	file, err := os.OpenFile(e.tty, os.O_RDWR|syscall.O_NOCTTY|syscall.O_NONBLOCK, 0)
	if err != nil {
		settings.Close()
		return nil, err
	}
	port := &serialPort{File: file, settings: settings}
	if err := port.prepare(); err != nil {
		_ = port.Close()
		return nil, fmt.Errorf("set up %s: %w", e.tty, err)
	}
	return port, nil
}

// prepare makes reading wait for a byte (goburrow asks for none, which looks
// like the end of the file), keeps other programs off the port, and checks that
// deadlines work.
func (p *serialPort) prepare() error {
	raw, err := p.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = raw.Control(func(fd uintptr) {
		termios, err := unix.IoctlGetTermios(int(fd), unix.TCGETS)
		if err != nil {
			failure = err
			return
		}
		termios.Cc[unix.VMIN], termios.Cc[unix.VTIME] = 1, 0
		if failure = unix.IoctlSetTermios(int(fd), unix.TCSETS, termios); failure == nil {
			failure = unix.IoctlSetInt(int(fd), unix.TIOCEXCL, 0)
		}
	})
	if err == nil {
		err = failure
	}
	if err != nil {
		return err
	}
	return p.SetDeadline(time.Time{})
}

func (p *serialPort) Close() error {
	if raw, err := p.SyscallConn(); err == nil {
		// The claim would outlive us while anybody else has the port open.
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetInt(int(fd), unix.TIOCNXCL, 0) })
	}
	err := p.File.Close()
	if failed := p.settings.Close(); err == nil {
		err = failed
	}
	return err
}
