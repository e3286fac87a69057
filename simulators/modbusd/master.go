package modbusd

import (
	"encoding/binary"
	"net"
	"time"
)

// master is one connection. Its goroutine answers requests one after the
// other, so that pipelined ones are answered in order.
type master struct {
	server *Server
	conn   *net.TCPConn
}

// cut ends the connection with a TCP reset.
func (m *master) cut() {
	m.conn.SetLinger(0)
	m.conn.Close()
}

func (m *master) serve() {
	name := m.conn.RemoteAddr().String()
	device := device{store: m.server.Store, identity: m.server.identity}
	var buf [4 * maxFrame]byte
	have := 0
	for {
		n, err := splitFrame(buf[:have])
		if err != nil {
			return
		}
		if n == 0 {
			read, err := m.conn.Read(buf[have:])
			if have += read; err != nil {
				return
			}
			continue
		}
		m.server.requests.Add(1)
		if !m.answer(device, name, buf[:n]) {
			return
		}
		have = copy(buf[:], buf[n:have])
	}
}

// answer carries out one request as far as the active faults let it, and
// reports whether the connection goes on.
func (m *master) answer(d device, name string, request []byte) bool {
	unit, pdu := request[6], request[headerSize:]
	spoilt := m.server.faults.spend(int(unit))
	for _, f := range spoilt {
		switch f.name {
		case Silent:
			return true
		case Busy:
			return m.send(joinFrame(request, []byte{pdu[0] | 0x80, byte(DeviceBusy)}), nil)
		}
	}
	answer := d.answer(name, unit, pdu)
	for _, f := range spoilt {
		answer = f.spoilData(answer)
	}
	return m.send(joinFrame(request, answer), spoilt)
}

// spoilData changes the PDU of an answer.
func (f fault) spoilData(pdu []byte) []byte {
	switch f.name {
	case WrongFunction:
		pdu = append([]byte{pdu[0] ^ 0x07}, pdu[1:]...)
	case ShortData, LongData:
		return f.resize(pdu)
	}
	return pdu
}

// resize makes an answer to a read one register or eight bits shorter or
// longer, with a byte count that fits: only what was asked tells that it is
// wrong. Other answers lose or gain their last byte.
func (f fault) resize(pdu []byte) []byte {
	step, counted := 1, pdu[0] >= 1 && pdu[0] <= 4
	if pdu[0] == 3 || pdu[0] == 4 {
		step = 2
	}
	resized := append([]byte(nil), pdu...)
	if f.name == ShortData {
		resized = resized[:len(resized)-step]
		step = -step
	} else {
		resized = append(resized, make([]byte, step)...)
	}
	if counted {
		resized[1] = byte(int(resized[1]) + step)
	}
	return resized
}

// send writes an answer as the faults want it, and reports whether the
// connection goes on.
func (m *master) send(frame []byte, spoilt []fault) bool {
	pace := time.Duration(0)
	for _, f := range spoilt {
		switch f.name {
		case LostAnswers:
			return true
		case HangUp:
			return false
		case Slow:
			if !m.server.wait(f.delay) {
				return false
			}
		case Trickle:
			pace = f.delay
		case Duplicates:
			frame = append(frame, frame...)
		case WrongTransaction:
			binary.BigEndian.PutUint16(frame, binary.BigEndian.Uint16(frame)^0x5A5A)
		case WrongUnit:
			frame[6]++
		case Garbage:
			for i := range frame {
				frame[i] = byte(0xA5 ^ 31*i)
			}
		case HalfFrames:
			return m.write(frame[:len(frame)/2], pace)
		case Reset:
			m.write(frame[:len(frame)/2], pace)
			m.cut()
			return false
		}
	}
	return m.write(frame, pace)
}

// A master that does not read its answers is cut after so long.
const writeTimeout = 5 * time.Second

func (m *master) write(b []byte, pace time.Duration) bool {
	m.conn.SetWriteDeadline(time.Now().Add(writeTimeout + pace*time.Duration(len(b))))
	if pace == 0 {
		_, err := m.conn.Write(b)
		return err == nil
	}
	for i := range b {
		if _, err := m.conn.Write(b[i : i+1]); err != nil || !m.server.wait(pace) {
			return false
		}
	}
	return true
}
