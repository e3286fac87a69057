package modbusd

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// An MBAP header is transaction (2), protocol (2, always 0), length (2, of what
// follows) and unit (1); the PDU of at most 253 bytes comes behind it.
const (
	headerSize = 7
	maxFrame   = headerSize + 253
)

// errNotModbus ends the connection: after it the start of the next frame is unknown.
var errNotModbus = errors.New("not Modbus TCP")

// splitFrame returns the length of the request at the start of b, 0 while
// bytes are missing, or errNotModbus as soon as b cannot be a request.
func splitFrame(b []byte) (int, error) {
	if len(b) >= 4 && (b[2] != 0 || b[3] != 0) {
		return 0, fmt.Errorf("%w: protocol %d", errNotModbus, binary.BigEndian.Uint16(b[2:]))
	}
	if len(b) < 6 {
		return 0, nil
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length < 2 || length > maxFrame-6 {
		return 0, fmt.Errorf("%w: length %d", errNotModbus, length)
	}
	if len(b) < 6+length {
		return 0, nil
	}
	return 6 + length, nil
}

// joinFrame wraps an answer for the transaction and unit of request.
func joinFrame(request, pdu []byte) []byte {
	frame := make([]byte, headerSize, headerSize+len(pdu))
	copy(frame, request[:headerSize])
	binary.BigEndian.PutUint16(frame[4:], uint16(1+len(pdu)))
	return append(frame, pdu...)
}
