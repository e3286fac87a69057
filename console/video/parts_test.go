package video

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"pgregory.net/rapid"
)

func TestTimeline(t *testing.T) {
	t.Parallel()
	begin := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	type step struct {
		in     uint32
		ended  bool
		after  time.Duration // the step before
		resume bool
		out    uint32 // after the first
		begins bool
	}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"pictures", []step{{in: 3600, ended: true, after: 40 * time.Millisecond, out: 3600, begins: true}, {in: 7200, ended: true, out: 7200, begins: true}}},
		{"packets of a picture", []step{{in: 0, out: 0}, {in: 0, ended: true, after: time.Millisecond, out: 0}}},
		{"over the end of 32 bits", []step{{in: 1<<32 - 10, out: 1<<32 - 10, begins: true}, {in: 5, out: 5, begins: true}}},
		{"pictures out of order", []step{{in: 7200, out: 7200, begins: true}, {in: 3600, out: 3600, begins: true}}},
		{"a clock that is set forward", []step{{in: 90000 * 3600, after: 40 * time.Millisecond, out: 3600, begins: true}, {in: 90000*3600 + 3600, out: 7200, begins: true}}},
		{"a clock that is set back", []step{{in: 1<<32 - 90000*60, after: 40 * time.Millisecond, out: 3600, begins: true}}},
		{"a clock that stands still", []step{{in: 0, ended: true, after: 40 * time.Millisecond, out: 3600, begins: true}, {in: 0, ended: true, after: 40 * time.Millisecond, out: 7200, begins: true}}},
		{"a stall", []step{{in: 3600, after: 10 * time.Second, out: 3600, begins: true}}},
		{"another connection", []step{{in: 777, resume: true, after: 2 * time.Second, out: 180000, begins: true}, {in: 777 + 3600, out: 183600, begins: true}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var line timeline
			at := begin
			first, _ := line.stamp(0, true, at)
			for i, s := range tc.steps {
				at = at.Add(s.after)
				if s.resume {
					line.resume()
				}
				out, begins := line.stamp(s.in, s.ended, at)
				if out-first != s.out || begins != s.begins {
					t.Fatalf("step %d: %d, begins %v; want %d, %v", i, out-first, begins, s.out, s.begins)
				}
			}
		})
	}
}

// A viewer's numbers follow each other over all its runs, and each leads back to
// the packet that had it.
func TestSpansFindWhatWasSent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var list spans
		seq := rapid.Uint16().Draw(t, "first")
		sent := map[uint16]uint64{}
		var order []uint16
		at := uint64(first)
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			at += uint64(rapid.IntRange(0, 500).Draw(t, "left out"))
			list.add(span{from: at, to: at, seq: seq})
			run := &list[len(list)-1]
			for range rapid.IntRange(0, 3000).Draw(t, "packets") {
				if run.number(at) != seq {
					t.Fatalf("number %d at %d, want %d", run.number(at), at, seq)
				}
				sent[seq] = at
				order = append(order, seq)
				at++
				run.to = at
				seq++
			}
		}
		for _, asked := range order[max(0, len(order)-60000):] {
			_, found, ok := list.find(asked)
			if !ok || found != sent[asked] {
				t.Fatalf("%d leads to %d (%v), want %d", asked, found, ok, sent[asked])
			}
		}
	})
}

// Whatever comes, the ring keeps from the newest keyframe on while that fits, and
// never more than it may.
func TestRingKeepsTheGroupOfPictures(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const limit = 20000
		r := newRing(limit)
		var unit uint32
		key, bytes := uint64(0), 0
		for range rapid.IntRange(1, 300).Draw(t, "units") {
			unit++
			r.begin()
			isKey := rapid.IntRange(0, 20).Draw(t, "key") == 0
			if isKey {
				key, bytes = r.head, 0
			}
			for i := range rapid.IntRange(1, 20).Draw(t, "packets") {
				size := rapid.IntRange(1, 1200).Draw(t, "size")
				r.add(packet{payload: make([]byte, size), unit: unit, key: isKey && i > 0 || isKey})
				bytes += size
			}
			r.finish()
		}
		if r.head-r.tail > widest {
			t.Fatalf("%d packets are kept", r.head-r.tail)
		}
		if r.hasKey && (r.key != key || r.key < r.tail || bytes > limit) {
			t.Fatalf("the keyframe is at %d, want %d; kept from %d; %d bytes", r.key, key, r.tail, bytes)
		}
		if key > 0 && bytes <= limit && !r.hasKey {
			t.Fatalf("a group of %d bytes is not kept", bytes)
		}
		if r.head-first >= history && r.head-r.tail < history {
			t.Fatalf("only %d packets are kept to be sent again", r.head-r.tail)
		}
		if r.hasKey {
			for at := r.key; at < r.head; at++ {
				if r.slot(at).payload == nil {
					t.Fatalf("a hole at %d", at)
				}
			}
		}
		if n := r.read(r.tail-1, make([]packet, 1)); n != 0 {
			t.Fatal("what is gone is still read")
		}
	})
}

func TestBurstsArriveAsTheyWereWritten(t *testing.T) {
	t.Parallel()
	for _, segments := range []bool{true, false} {
		out, err := listenUDP("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer out.Close()
		if segments && !out.segments.Load() {
			t.Log("this system does not segment UDP")
			continue
		}
		out.segments.Store(segments)
		in, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		to := in.LocalAddr().(*net.UDPAddr).AddrPort()
		l := out.openLane(7, 8)
		if l == nil || out.openLane(9, 8) != nil {
			t.Fatal("a source has one lane")
		}
		var want [][]byte
		write := func(size int, kind byte) {
			b := bytes.Repeat([]byte{byte(len(want))}, size)
			copy(b, []byte{0x80, kind, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7})
			want = append(want, b)
			if n, err := out.WriteToAddrPort(b, to); n != size || err != nil {
				t.Fatal(n, err)
			}
		}
		l.gather()
		for _, size := range []int{1200, 1200, 1200, 300, 1200, 1200, 80, 80, 1000} {
			write(size, 96)
		}
		l.flush()
		write(50, 96)
		calls := l.calls
		for i, w := range want {
			b := make([]byte, 2000)
			if err := in.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
				t.Fatal(err)
			}
			n, _, err := in.ReadFromUDPAddrPort(b)
			if err != nil || !bytes.Equal(b[:n], w) {
				t.Fatalf("segments %v: datagram %d: %d bytes, %v; want %d", segments, i, n, err, len(w))
			}
		}
		if segments && calls != 4 {
			t.Errorf("nine datagrams took %d calls, want 4", calls)
		}
		l.gather()
		if out.laneOf([]byte{0x80, 200, 0, 1, 0, 0, 0, 7, 0, 0, 0, 7}) != nil {
			t.Error("control packets wait with pictures")
		}
		out.closeLane(l)
		if out.laneOf(want[0]) != nil {
			t.Error("a closed lane is still there")
		}
	}
}

func TestARefusalOfSegmentsCostsNothing(t *testing.T) {
	t.Parallel()
	out, err := listenUDP("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	out.segments.Store(true)
	l := out.openLane(7)
	l.gather()
	big := append([]byte{0x80, 96, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, make([]byte, 1000)...)
	to := netip.MustParseAddrPort("127.0.0.1:9")
	for range 3 {
		if _, err := out.WriteToAddrPort(big, to); err != nil {
			t.Fatal(err)
		}
	}
	l.size = 1 << 15 // no path takes it
	l.flush()
	if l.count != 0 || l.gathering {
		t.Error("something waits still")
	}
}

func TestPathThatFillsUp(t *testing.T) {
	t.Parallel()
	now := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	report := func(way time.Duration, lost uint8) *rtcp.ReceiverReport {
		sent := now.Add(-way)
		return &rtcp.ReceiverReport{Reports: []rtcp.ReceptionReport{{SSRC: 7, LastSenderReport: middle(ntp(sent)), FractionLost: lost}}}
	}
	for _, tc := range []struct {
		name string
		ways []time.Duration
		lost []uint8
		cut  bool
	}{
		{"quick", []time.Duration{10 * time.Millisecond, 20 * time.Millisecond}, []uint8{0, 0}, false},
		{"far", []time.Duration{600 * time.Millisecond, 700 * time.Millisecond}, []uint8{0, 0}, false},
		{"queueing", []time.Duration{10 * time.Millisecond, 500 * time.Millisecond}, []uint8{0, 0}, true},
		{"lossy once", []time.Duration{time.Millisecond, time.Millisecond}, []uint8{200, 0}, false},
		{"lossy", []time.Duration{time.Millisecond, time.Millisecond}, []uint8{100, 100}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v := &viewer{source: 7, wake: make(chan struct{}, 1)}
			for i, way := range tc.ways {
				v.control([]rtcp.Packet{report(way, tc.lost[i])}, now)
			}
			if cut := v.slow > 0; cut != tc.cut {
				t.Errorf("cut %v, want %v (quick %v, way %v)", cut, tc.cut, v.quick, time.Duration(v.count.way.Load()))
			}
		})
	}
}
