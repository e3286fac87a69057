package modbus

// An RTU frame is unit (1), PDU and CRC (2, low byte first).
const (
	rtuAround    = 3
	rtuException = 5
)

// splitRTU returns the length of the frame at the start of b, 0 while bytes are
// missing, or ErrBadAnswer when b cannot be a frame that anyone on this line
// would send now. An RTU frame does not tell its length: the function does.
func splitRTU(request, b []byte) (int, error) {
	if len(b) < 3 {
		return 0, nil
	}
	n := rtuLength(b)
	switch {
	case n == 0:
		return 0, badAnswer("function %d answered, %d asked", b[1], request[1])
	case b[0] == request[0] && b[1] == request[1] && n != rtuAround+answerLength(request[1:]):
		return 0, badAnswer("function %d announced %d bytes of data, %d expected", b[1], b[2], byteCount(request[1:]))
	case len(b) < n:
		return 0, nil
	}
	if got, want := uint16(b[n-2])|uint16(b[n-1])<<8, crc16(b[:n-2]); got != want {
		return 0, badAnswer("checksum %04x, %04x expected", got, want)
	}
	return n, nil
}

// rtuLength is the length that the first three bytes of a frame announce, 0
// when the function is none of ours.
func rtuLength(b []byte) int {
	switch b[1] {
	case readCoils, readDiscrete, readHolding, readInput:
		return rtuAround + 2 + int(b[2])
	case writeCoil, writeRegister, writeCoils, writeRegisters:
		return rtuAround + 5
	}
	if b[1]&refused != 0 {
		return rtuException
	}
	return 0
}

// checkRTU reports why answer cannot be the answer to request. Both are whole
// frames of the same unit.
func checkRTU(request, answer []byte) error {
	return checkPDU(request[1:len(request)-2], answer[1:len(answer)-2])
}

// crc16 is the checksum of Modbus over Serial Line V1.02, 6.2.2.
func crc16(b []byte) uint16 {
	sum := uint16(0xFFFF)
	for _, c := range b {
		sum = sum>>8 ^ crcTable[byte(sum)^c]
	}
	return sum
}

var crcTable = func() (table [256]uint16) {
	for i := range table {
		sum := uint16(i)
		for range 8 {
			if sum&1 != 0 {
				sum = sum>>1 ^ 0xA001
			} else {
				sum >>= 1
			}
		}
		table[i] = sum
	}
	return table
}()
