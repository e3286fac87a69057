package video

import (
	"errors"
	"net"
	"unsafe"

	"golang.org/x/sys/unix"
)

// canSegment asks whether the system segments UDP (Linux 4.18 and later).
func canSegment(conn *net.UDPConn) bool {
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	able := false
	err = raw.Control(func(fd uintptr) {
		_, err := unix.GetsockoptInt(int(fd), unix.IPPROTO_UDP, unix.UDP_SEGMENT)
		able = err == nil
	})
	return able && err == nil
}

// segment writes the ancillary data that asks for datagrams of size bytes.
func segment(into []byte, size int) []byte {
	if into == nil {
		into = make([]byte, unix.CmsgSpace(2))
		head := (*unix.Cmsghdr)(unsafe.Pointer(&into[0]))
		head.Level, head.Type = unix.IPPROTO_UDP, unix.UDP_SEGMENT
		head.SetLen(unix.CmsgLen(2))
	}
	*(*uint16)(unsafe.Pointer(&into[unix.CmsgLen(0)])) = uint16(size)
	return into
}

// refusesSegments tells a network card or a path that cannot segment from a
// failure that a single datagram would meet as well.
func refusesSegments(err error) bool {
	return errors.Is(err, unix.EIO) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EMSGSIZE) || errors.Is(err, unix.EOPNOTSUPP)
}
