package modbus

import (
	"encoding/binary"
	"fmt"
)

// Function codes (Modbus Application Protocol V1.1b3, section 6).
const (
	readCoils      = 0x01
	readDiscrete   = 0x02
	readHolding    = 0x03
	readInput      = 0x04
	writeCoil      = 0x05
	writeRegister  = 0x06
	writeCoils     = 0x0F
	writeRegisters = 0x10

	refused = 0x80 // added to the function of an exception
)

// A PDU is at most 253 bytes: function and data.
const maxPDU = 253

// Most values in one request (Modbus Application Protocol V1.1b3, 6.1 to 6.12).
const (
	maxReadBits       = 2000
	maxReadRegisters  = 125
	maxWriteBits      = 1968
	maxWriteRegisters = 123
)

// checkPDU reports why answer cannot be the answer to request: another
// function, or another amount of data than was asked for. Both are whole PDUs.
func checkPDU(request, answer []byte) error {
	if len(answer) < 2 {
		return badAnswer("%d bytes are no answer", len(answer))
	}
	asked, got := request[0], answer[0]
	if got == asked|refused {
		if len(answer) != 2 || answer[1] == 0 {
			return badAnswer("an exception of %d bytes with code %d", len(answer), answer[1])
		}
		return nil
	}
	if got != asked {
		return badAnswer("function %d answered, %d asked", got, asked)
	}
	if want := answerLength(request); len(answer) != want {
		return badAnswer("function %d answered with %d bytes, %d expected", got, len(answer), want)
	}
	if want := byteCount(request); want > 0 && int(answer[1]) != want {
		return badAnswer("function %d announced %d bytes of data, %d expected", got, answer[1], want)
	}
	return nil
}

// answerLength is the length of a good answer's PDU.
func answerLength(request []byte) int {
	if n := byteCount(request); n > 0 {
		return 2 + n
	}
	return 5 // a write is echoed: function, address, value or quantity
}

// byteCount is the amount of data that a read asks for, 0 for a write.
func byteCount(request []byte) int {
	quantity := int(binary.BigEndian.Uint16(request[3:5]))
	switch request[0] {
	case readCoils, readDiscrete:
		return (quantity + 7) / 8
	case readHolding, readInput:
		return 2 * quantity
	}
	return 0
}

func badAnswer(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{ErrBadAnswer}, args...)...)
}
