package modbus

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	library "github.com/goburrow/modbus"
)

// specified holds the examples that Modbus Application Protocol V1.1b3 prints
// for each function, section 6.1 to 6.12: PDUs of request and answer.
var specified = []struct {
	name            string
	ask             *ask
	request, answer string
	words           []uint16
}{
	{"6.1 read coils", &ask{table: Coil, addr: 0x13, count: 0x13}, "0100130013", "0103CD6B05",
		[]uint16{1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1}},
	{"6.2 read discrete inputs", &ask{table: Discrete, addr: 0xC4, count: 0x16}, "0200C40016", "0203ACDB35",
		[]uint16{0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1}},
	{"6.3 read holding registers", &ask{table: Holding, addr: 0x6B, count: 3}, "03006B0003", "0306022B00000064", []uint16{0x022B, 0, 0x64}},
	{"6.4 read input registers", &ask{table: Input, addr: 8, count: 1}, "0400080001", "0402000A", []uint16{0x0A}},
	{"6.5 write single coil", &ask{write: true, table: Coil, addr: 0xAC, count: 1, values: []uint16{1}}, "0500ACFF00", "0500ACFF00", nil},
	{"6.6 write single register", &ask{write: true, table: Holding, addr: 1, count: 1, values: []uint16{3}}, "0600010003", "0600010003", nil},
	{"6.11 write multiple coils", &ask{write: true, table: Coil, addr: 0x13, count: 10, values: []uint16{1, 0, 1, 1, 0, 0, 1, 1, 1, 0}},
		"0F0013000A02CD01", "0F0013000A", nil},
	{"6.12 write multiple registers", &ask{write: true, table: Holding, addr: 1, count: 2, values: []uint16{0x0A, 0x0102}},
		"100001000204000A0102", "1000010002", nil},
}

// printed is a transporter that answers as the specification prints.
type printed struct {
	t      *testing.T
	answer []byte
	sent   []byte
}

func (p *printed) Send(adu []byte) ([]byte, error) {
	p.sent = append([]byte(nil), adu...)
	frame := append([]byte(nil), adu[:mbapHeader]...)
	frame[4], frame[5] = 0, byte(len(p.answer)+1)
	frame = append(frame, p.answer...)
	n, err := splitMBAP(frame)
	if err != nil || n != len(frame) {
		p.t.Errorf("splitMBAP = %d, %v", n, err)
	}
	return frame, checkMBAP(adu, frame)
}

func TestSpecifiedExamples(t *testing.T) {
	t.Parallel()
	for _, example := range specified {
		request, _ := hex.DecodeString(example.request)
		answer, _ := hex.DecodeString(example.answer)
		wire := &printed{t: t, answer: answer}
		handler := library.NewTCPClientHandler("")
		handler.SlaveId = 0x11
		l := &Line{client: library.NewClient2(handler, wire)}
		raw, err := l.call(example.ask)
		if err != nil {
			t.Errorf("%s: %v", example.name, err)
			continue
		}
		if header := []byte{0, 1, 0, 0, 0, byte(len(request) + 1), 0x11}; !bytes.Equal(wire.sent, append(header, request...)) {
			t.Errorf("%s: sent % X", example.name, wire.sent)
		}
		if example.words == nil {
			continue
		}
		for i, word := range example.ask.decode(raw) {
			if word != example.words[i] {
				t.Errorf("%s: value %d is %d, %d expected", example.name, i, word, example.words[i])
			}
		}
	}
}

// TestChecksum pins the CRC to the worked example of Modbus over Serial Line
// V1.02, 6.2.2: unit 2, function 7, sent as 02 07 41 12.
func TestChecksum(t *testing.T) {
	t.Parallel()
	if sum := crc16([]byte{0x02, 0x07}); sum != 0x1241 {
		t.Errorf("crc16 = %04x", sum)
	}
}

func TestSilence(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]time.Duration{
		"rtu:///dev/ttyS0?baud=9600":   4010416 * time.Nanosecond,
		"rtu:///dev/ttyS0?baud=19200":  2005208 * time.Nanosecond,
		"rtu:///dev/ttyS0?baud=115200": 1750 * time.Microsecond,
		"rtu+tcp://a:1":                0,
	} {
		l, err := Open(address, Options{})
		if err != nil || l.o.MinGap != want {
			t.Errorf("%s keeps %v, %v", address, l.o.MinGap, err)
		}
	}
}

// FuzzMBAP feeds the splitter and the checks: no panic, no frame beyond what
// came, no decision that more bytes would change, no value of the wrong size.
func FuzzMBAP(f *testing.F) {
	for _, example := range specified {
		answer, _ := hex.DecodeString(example.answer)
		request, _ := hex.DecodeString(example.request)
		f.Add(append([]byte{0, 1, 0, 0, 0, byte(len(answer) + 1), 0x11}, answer...), request[0], byte(example.ask.count))
	}
	f.Add([]byte{0, 1, 0, 0, 0, 0, 1}, byte(3), byte(1))
	f.Add([]byte{0, 1, 0, 0, 0xFF, 0xFF, 1, 3}, byte(3), byte(1))
	f.Add([]byte("HTTP/1.1 400 Bad Request"), byte(1), byte(9))
	f.Add([]byte{0, 1, 0, 0, 0, 3, 1, 0x83, 2}, byte(3), byte(125))
	f.Fuzz(func(t *testing.T, b []byte, function, count byte) {
		n, err := splitMBAP(b)
		if n < 0 || n > len(b) || (err != nil && n != 0) {
			t.Fatalf("splitMBAP(% x) = %d, %v", b, n, err)
		}
		for cut := range b {
			part, failed := splitMBAP(b[:cut])
			if failed != nil && err == nil || part != 0 && part != n {
				t.Fatalf("% x: decided %d, %v after %d bytes, %d, %v with all", b, part, failed, cut, n, err)
			}
		}
		if n == 0 {
			return
		}
		request := []byte{0, 1, 0, 0, 0, 6, 0x11, function & 0x0F, 0, 0, 0, max(count, 1)}
		if checkMBAP(request, b[:n]) != nil || b[7]&refused != 0 {
			return
		}
		a := ask{table: map[byte]Table{1: Coil, 2: Discrete, 3: Holding, 4: Input}[request[7]], count: uint16(request[11])}
		if a.table != "" {
			a.decode(b[9:n])
		}
	})
}

// FuzzRTU feeds the RTU splitter, which has no length to go by.
func FuzzRTU(f *testing.F) {
	for _, example := range specified {
		answer, _ := hex.DecodeString(example.answer)
		frame := append([]byte{0x11}, answer...)
		sum := crc16(frame)
		f.Add(append(frame, byte(sum), byte(sum>>8)), answer[0], byte(example.ask.count))
	}
	f.Add([]byte{1, 3, 255}, byte(3), byte(1))
	f.Add([]byte{1, 0x83, 2, 0xC0, 0xF1}, byte(3), byte(1))
	f.Fuzz(func(t *testing.T, b []byte, function, count byte) {
		request := []byte{0x11, function & 0x0F, 0, 0, 0, max(count, 1), 0, 0}
		n, err := splitRTU(request, b)
		if n < 0 || n > len(b) || (err != nil && n != 0) {
			t.Fatalf("splitRTU(% x) = %d, %v", b, n, err)
		}
		if n == 0 {
			if err == nil && len(b) >= 2*maxMBAP {
				t.Fatalf("% x: still waiting with a full buffer", b)
			}
			return
		}
		if b[0] == request[0] {
			checkRTU(request, b[:n])
		}
	})
}

func TestTransactionsRemembersSixteen(t *testing.T) {
	t.Parallel()
	var asked transactions
	if asked.contains(0) {
		t.Error("an id that nobody used is known")
	}
	for id := range uint16(40) {
		asked.add(id)
	}
	for id := range uint16(41) {
		if got, want := asked.contains(id), id >= 24 && id < 40; got != want {
			t.Errorf("contains(%d) = %v", id, got)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, jitter := range []float64{0, 0.999} {
		b := backoff{limit: 30 * time.Second, rand: func() float64 { return jitter }}
		for i, want := range []time.Duration{0, 1, 2, 4, 8, 16, 30, 30, 30} {
			want *= time.Second
			b.failed(now)
			if got := b.wait(now); got > want || got < want*3/4 {
				t.Errorf("jitter %v: wait after failure %d is %s, about %s expected", jitter, i+1, got, want)
			}
			if b.wait(now.Add(want)) != 0 {
				t.Errorf("still waiting after %s", want)
			}
		}
		for range 100 { // no overflow
			b.failed(now)
		}
		if got := b.wait(now); got > 30*time.Second || got < 22*time.Second {
			t.Errorf("wait after many failures is %s", got)
		}
		b.succeeded()
		if b.wait(now) != 0 {
			t.Error("a good answer does not end the pauses")
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"tcp://Panel.local:502":              "tcp://panel.local:502",
		"10.0.0.5:1502":                      "tcp://10.0.0.5:1502",
		"10.0.0.5":                           "tcp://10.0.0.5:502",
		" tcp://10.0.0.5/ ":                  "tcp://10.0.0.5:502",
		"::1":                                "tcp://[::1]:502",
		"[::1]:503":                          "tcp://[::1]:503",
		"rtu+tcp://moxa:4001":                "rtu+tcp://moxa:4001",
		"rtu:///dev/ttyUSB0":                 "rtu:///dev/ttyUSB0?baud=19200&parity=E&stop=1",
		"rtu:///dev/ttyUSB0?parity=n":        "rtu:///dev/ttyUSB0?baud=19200&parity=N&stop=2",
		"rtu:///dev//ttyS1?baud=9600&data=8": "rtu:///dev/ttyS1?baud=9600&parity=E&stop=1",
		"rtu:///dev/ttyS1?stop=1&parity=N":   "rtu:///dev/ttyS1?baud=19200&parity=N&stop=1",
	} {
		got, err := Address(address)
		if err != nil || got != want {
			t.Errorf("Address(%q) = %q, %v", address, got, err)
		}
		if again, err := Address(got); err != nil || again != got {
			t.Errorf("Address(%q) = %q, %v", got, again, err)
		}
	}
}

func TestBadAddress(t *testing.T) {
	t.Parallel()
	for address, reason := range map[string]string{
		"":                                 "is missing",
		"/dev/ttyUSB0":                     "write rtu:///dev/ttyUSB0",
		"udp://10.0.0.5":                   "unknown scheme",
		"tcp://":                           "no host",
		"tcp://:502":                       "no host",
		"tcp://10.0.0.5:0":                 "port",
		"tcp://10.0.0.5:65536":             "port",
		"tcp://10.0.0.5:abc":               "cannot be read",
		"tcp://a/b":                        "only host and port",
		"tcp://a?unit=1":                   "only host and port",
		"tcp://user:word@a":                "neither a user",
		"rtu+tcp://moxa":                   "no port",
		"rtu://moxa:4001":                  "rtu+tcp://moxa:4001",
		"rtu://":                           "no device file",
		"rtu:///dev/ttyS0?baud=9601":       "baud",
		"rtu:///dev/ttyS0?parity=X":        "parity",
		"rtu:///dev/ttyS0?stop=3":          "stop",
		"rtu:///dev/ttyS0?data=7":          "need 8",
		"rtu:///dev/ttyS0?speed=9600":      "unknown setting",
		"rtu:///dev/ttyS0?baud=1&baud=300": "more than once",
		"rtu:///dev/ttyS0?%zz":             "cannot be read",
	} {
		_, err := Open(address, Options{})
		if invalid, ok := errors.AsType[interface {
			error
			InvalidField() string
		}](err); !ok || invalid.InvalidField() != "address" || !bytes.Contains([]byte(err.Error()), []byte(reason)) {
			t.Errorf("Open(%q): %v", address, err)
		}
	}
}

func TestOpenSerialFails(t *testing.T) {
	t.Parallel()
	l, err := Open("rtu:///dev/no-such-port", Options{})
	if err != nil {
		t.Fatal(err)
	}
	go l.Run(t.Context())
	if _, err := l.Read(context.Background(), Normal, 1, Holding, 0, 1); !errors.Is(err, ErrLineDown) || !bytes.Contains([]byte(err.Error()), []byte("/dev/no-such-port")) {
		t.Errorf("a missing port gave %v", err)
	}
}
