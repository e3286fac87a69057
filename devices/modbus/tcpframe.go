package modbus

import "encoding/binary"

// An MBAP header is transaction (2), protocol (2, always 0), length (2, of what
// follows) and unit (1); the PDU comes behind it.
const (
	mbapHeader = 7
	maxMBAP    = mbapHeader + maxPDU
)

// splitMBAP returns the length of the frame at the start of b, 0 while bytes
// are missing, or ErrBadAnswer as soon as b cannot be the start of a frame.
func splitMBAP(b []byte) (int, error) {
	if len(b) >= 4 {
		if protocol := binary.BigEndian.Uint16(b[2:]); protocol != 0 {
			return 0, badAnswer("protocol %d in the header, 0 expected", protocol)
		}
	}
	if len(b) < 6 {
		return 0, nil
	}
	length := int(binary.BigEndian.Uint16(b[4:]))
	if length < 3 || length > 1+maxPDU { // unit, function and one byte at least
		return 0, badAnswer("length %d in the header, 3 to %d expected", length, 1+maxPDU)
	}
	if n := 6 + length; len(b) >= n {
		return n, nil
	}
	return 0, nil
}

// checkMBAP reports why answer cannot be the answer to request. Both are whole
// frames and the transaction ids are equal.
func checkMBAP(request, answer []byte) error {
	if asked, got := request[6], answer[6]; got != asked {
		return badAnswer("unit %d answered, %d asked", got, asked)
	}
	return checkPDU(request[mbapHeader:], answer[mbapHeader:])
}

// transactions remembers the ids of the last requests, so that a late or
// doubled answer can be told from one to a question nobody asked.
type transactions struct {
	ids  [16]uint16
	used int
}

func (t *transactions) add(id uint16) {
	t.ids[t.used%len(t.ids)] = id
	t.used++
}

func (t *transactions) contains(id uint16) bool {
	for i := range min(t.used, len(t.ids)) {
		if t.ids[i] == id {
			return true
		}
	}
	return false
}
