package modbusd

import "testing"

// FuzzRequest feeds whole connections' worth of bytes to the splitter and the
// device: no panic, and every answer is a frame that fits the protocol.
func FuzzRequest(f *testing.F) {
	f.Add([]byte{0, 1, 0, 0, 0, 6, 1, 3, 0, 0, 0, 1})
	f.Add([]byte{0, 1, 0, 0, 0, 6, 1, 5, 0, 0, 0xFF, 0})
	f.Add([]byte{0, 1, 0, 0, 0, 8, 1, 15, 0, 0, 0, 3, 1, 5})
	f.Add([]byte{0, 1, 0, 0, 0, 11, 1, 16, 0, 0, 0, 2, 4, 0, 1, 0, 2, 0, 2, 0, 0, 0, 2, 1, 17})
	f.Add([]byte{0, 1, 0, 0, 0, 5, 1, 0x2B, 0x0E, 1, 0})
	f.Add([]byte{0, 1, 0, 0, 0, 6, 1, 1, 0, 0, 7, 0xD0})
	f.Add([]byte{0, 1, 0, 0, 0, 1, 1})
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		store := NewStore()
		store.Set(1, Holding, 0, 1, 2, 3)
		d := device{store: store, identity: Identity{"a", "b", "c"}}
		for {
			n, err := splitFrame(b)
			if n < 0 || n > len(b) || err != nil && n != 0 {
				t.Fatalf("splitFrame(% x) = %d, %v", b, n, err)
			}
			if n == 0 {
				return
			}
			answer := joinFrame(b[:n], d.answer("fuzz", b[6], b[headerSize:n]))
			if len(answer) > maxFrame || len(answer) < headerSize+2 {
				t.Fatalf("% x: answered % x", b[:n], answer)
			}
			if size, err := splitFrame(answer); size != len(answer) || err != nil {
				t.Fatalf("% x: answered % x: %v", b[:n], answer, err)
			}
			if answer[7]&^0x80 != b[7]&^0x80 {
				t.Fatalf("% x: answered with function %x", b[:n], answer[7])
			}
			for _, name := range []string{ShortData, LongData, WrongFunction} {
				fault{name: name}.spoilData(answer[headerSize:])
			}
			b = b[n:]
		}
	})
}
