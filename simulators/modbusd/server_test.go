package modbusd_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/simulators/modbusd"
)

func start(t testing.TB, options ...modbusd.Option) *modbusd.Server {
	t.Helper()
	s, err := modbusd.Listen(t.Context(), "127.0.0.1:0", options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func connect(t testing.TB, s *modbusd.Server) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn
}

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func expect(t testing.TB, conn net.Conn, want string) {
	t.Helper()
	answer := make([]byte, len(unhex(t, want)))
	if n, err := io.ReadFull(conn, answer); err != nil || !bytes.Equal(answer, unhex(t, want)) {
		t.Errorf("answered % X (%v), %s expected", answer[:n], err, want)
	}
}

// specified is a slave with the tables of the examples that Modbus Application
// Protocol V1.1b3 prints in section 6.
func specified(t testing.TB) *modbusd.Server {
	s := start(t, modbusd.WithIdentity(modbusd.Identity{Vendor: "Company identification", Product: "Product code XX", Revision: "V2.11"}))
	for _, err := range []error{
		s.Set(0x11, modbusd.Coil, 0x13, 1, 0, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1),
		s.Set(0x11, modbusd.Discrete, 0xC4, 0, 0, 1, 1, 0, 1, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1),
		s.Set(0x11, modbusd.Holding, 0x6B, 0x022B, 0, 0x64),
		s.Set(0x11, modbusd.Input, 8, 0x0A),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Requests and answers as the specification prints them, and its rules for
// requests that are wrong. Units are 0x11.
var exchanges = []struct{ name, request, answer string }{
	{"6.1 read coils", "01 0013 0013", "01 03 CD6B05"},
	{"6.2 read discrete inputs", "02 00C4 0016", "02 03 ACDB35"},
	{"6.3 read holding registers", "03 006B 0003", "03 06 022B 0000 0064"},
	{"6.4 read input registers", "04 0008 0001", "04 02 000A"},
	{"6.5 write single coil", "05 00AC FF00", "05 00AC FF00"},
	{"6.6 write single register", "06 0001 0003", "06 0001 0003"},
	{"6.11 write multiple coils", "0F 0113 000A 02 CD01", "0F 0113 000A"},
	{"6.12 write multiple registers", "10 0001 0002 04 000A 0102", "10 0001 0002"},
	{"6.21 read device identification", "2B 0E 01 00", "2B 0E 01 81 00 00 03 00 16 436F6D70616E79206964656E74696669636174696F6E 01 0F 50726F6475637420636F6465205858 02 05 56322E3131"},
	{"identification from an object", "2B 0E 02 02", "2B 0E 02 81 00 00 01 02 05 56322E3131"},
	{"identification of one object", "2B 0E 04 02", "2B 0E 04 81 00 00 01 02 05 56322E3131"},
	{"identification from an unknown object", "2B 0E 04 09", "AB 02"},
	{"identification with a wrong code", "2B 0E 05 00", "AB 03"},
	{"another interface", "2B 0D 01 00", "AB 01"},
	{"unknown function", "41 0000 0001", "C1 01"},
	{"report server id is not offered", "11", "91 01"},
	{"no registers", "03 0000 0000", "83 03"},
	{"126 registers", "03 0000 007E", "83 03"},
	{"2001 coils", "01 0000 07D1", "81 03"},
	{"beyond the end", "03 FFFF 0002", "83 02"},
	{"too short", "03 0000", "83 03"},
	{"too long", "03 0000 0001 00", "83 03"},
	{"coil neither on nor off", "05 00AC 0001", "85 03"},
	{"byte count too small", "10 0001 0002 02 000A 0102", "90 03"},
	{"byte count without data", "10 0001 0002 04 000A", "90 03"},
	{"124 registers", "10 0001 007C F8", "90 03"},
	{"no coils", "0F 0113 0000 00", "8F 03"},
}

func frame(t testing.TB, pdu string) string {
	return "1501 0000 " + hex.EncodeToString([]byte{0, byte(len(unhex(t, pdu)) + 1)}) + "11" + pdu
}

func TestSpecifiedExchanges(t *testing.T) {
	t.Parallel()
	s := specified(t)
	conn := connect(t, s)
	for _, e := range exchanges {
		conn.Write(unhex(t, frame(t, e.request)))
		expect(t, conn, frame(t, e.answer))
		if t.Failed() {
			t.Fatalf("at %s", e.name)
		}
	}
	for _, stored := range []struct {
		table modbusd.Table
		addr  uint16
		want  []uint16
	}{
		{modbusd.Coil, 0xAC, []uint16{1}},
		{modbusd.Coil, 0x113, []uint16{1, 0, 1, 1, 0, 0, 1, 1, 1, 0}},
		{modbusd.Holding, 1, []uint16{0x000A, 0x0102}},
	} {
		if got := s.Get(0x11, stored.table, stored.addr, uint16(len(stored.want))); !slices.Equal(got, stored.want) {
			t.Errorf("%s %d holds %v", stored.table, stored.addr, got)
		}
	}
}

// TestSegments sends requests byte by byte, and all of them at once.
func TestSegments(t *testing.T) {
	t.Parallel()
	s := specified(t)
	conn := connect(t, s)
	for _, b := range unhex(t, frame(t, "03 006B 0003")) {
		conn.Write([]byte{b})
	}
	expect(t, conn, frame(t, "03 06 022B 0000 0064"))

	var requests, answers string
	for _, e := range exchanges {
		requests += frame(t, e.request)
		answers += frame(t, e.answer)
	}
	conn.Write(unhex(t, requests))
	expect(t, conn, answers)
}

func TestNotModbusIsCutOff(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, junk := range []string{
		hex.EncodeToString([]byte("GET / HTTP/1.1\r\n\r\n")),
		"0001 0001 0006 11 03 0000 0001", // protocol
		"0001 0000 0001 11",              // length
		"0001 0000 00FF 11 03",           // length
	} {
		conn := connect(t, s)
		conn.Write(unhex(t, junk))
		if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%s was answered", junk)
		}
	}
}

func TestUnitsAndRanges(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, err := range []error{
		s.Declare(1, modbusd.Holding, 100, 10),
		s.Declare(1, modbusd.Holding, 110, 10),
		s.Declare(1, modbusd.Input, 65530, 0),
		s.Set(2, modbusd.Holding, 0, 7),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	conn := connect(t, s)
	for _, tc := range []struct{ unit, request, answer string }{
		{"01", "03 0064 0001", "03 02 0000"},
		{"01", "03 006D 0002", "03 04 0000 0000"}, // over the border of two ranges
		{"01", "03 0063 0002", "83 02"},
		{"01", "03 0077 0002", "83 02"},
		{"01", "04 FFFA 0001", "04 02 0000"},
		{"01", "04 FFF9 0001", "84 02"},
		{"01", "01 0064 0001", "81 02"},
		{"01", "06 0063 0001", "86 02"},
		{"02", "03 0000 0001", "03 02 0007"},
		{"02", "03 FFFF 0001", "03 02 0000"},
		{"03", "03 0000 0001", "83 0B"},
		{"03", "06 0000 0001", "86 0B"},
	} {
		head := func(pdu string) string {
			return "0007 0000 " + hex.EncodeToString([]byte{0, byte(len(unhex(t, pdu)) + 1)}) + tc.unit + pdu
		}
		conn.Write(unhex(t, head(tc.request)))
		expect(t, conn, head(tc.answer))
	}
	for name, err := range map[string]error{
		"unknown table": s.Set(1, "holdings", 0, 1),
		"coil 2":        s.Set(1, modbusd.Coil, 0, 0, 2),
		"beyond":        s.Set(1, modbusd.Holding, 65535, 1, 2),
		"bits of coils": s.SetMasked(1, modbusd.Coil, 0, 1, 1),
		"no table":      s.Declare(1, "", 0, 1),
		"range beyond":  s.Declare(1, modbusd.Coil, 65535, 2),
	} {
		if err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if got := s.Get(1, modbusd.Coil, 0, 1); got[0] != 0 {
		t.Error("a refused Set was half applied")
	}
	if got := s.Get(2, modbusd.Holding, 65535, 9); len(got) != 1 || s.Get(2, "", 0, 1) != nil || s.Get(77, modbusd.Coil, 0, 2) == nil {
		t.Errorf("Get beyond the end gave %v", got)
	}
}

func TestSetMasked(t *testing.T) {
	t.Parallel()
	store := modbusd.NewStore()
	store.Set(1, modbusd.Input, 9, 0xF0F0)
	if err := store.SetMasked(1, modbusd.Input, 9, 0x00FF, 0x1234); err != nil {
		t.Fatal(err)
	}
	if got := store.Get(1, modbusd.Input, 9, 1)[0]; got != 0xF034 {
		t.Errorf("holds %04X", got)
	}
}

// TestOnWrite decides about writes: stored, taken, refused.
func TestOnWrite(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.Set(0x11, modbusd.Holding, 0, 0, 0, 0, 0)
	var seen []modbusd.Write
	s.OnWrite(func(w modbusd.Write) error {
		seen = append(seen, w)
		switch w.Addr {
		case 1:
			return modbusd.ErrTaken
		case 2:
			return modbusd.IllegalValue
		case 3:
			return errors.New("broken")
		}
		return s.Set(0x11, modbusd.Input, 0, 99) // a handler may use the store
	})
	conn := connect(t, s)
	for _, e := range [][2]string{
		{"06 0000 0005", "06 0000 0005"},
		{"06 0001 0005", "06 0001 0005"},
		{"06 0002 0005", "86 03"},
		{"06 0003 0005", "86 04"},
		{"10 0000 0002 04 0006 0007", "10 0000 0002"},
	} {
		conn.Write(unhex(t, frame(t, e[0])))
		expect(t, conn, frame(t, e[1]))
	}
	if got := s.Get(0x11, modbusd.Holding, 0, 4); !slices.Equal(got, []uint16{6, 7, 0, 0}) {
		t.Errorf("holds %v", got)
	}
	if s.Get(0x11, modbusd.Input, 0, 1)[0] != 99 {
		t.Error("what the handler set is not there")
	}
	if len(seen) != 5 || seen[4].Unit != 0x11 || seen[4].Table != modbusd.Holding || !slices.Equal(seen[4].Values, []uint16{6, 7}) || seen[4].Master != conn.LocalAddr().String() {
		t.Errorf("the handler saw %+v", seen)
	}
}

func TestOnlyLoopback(t *testing.T) {
	t.Parallel()
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0", "nonsense", "127.0.0.1:99999"} {
		if s, err := modbusd.Listen(t.Context(), addr); err == nil {
			s.Close()
			t.Errorf("listens at %q", addr)
		}
	}
	s, err := modbusd.Listen(t.Context(), "0.0.0.0:0", modbusd.AllowNonLoopback)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
}

func TestManyMasters(t *testing.T) {
	t.Parallel()
	s := start(t, modbusd.MaxMasters(20))
	s.Set(0x11, modbusd.Holding, 0x6B, 0x022B, 0, 0x64)
	var work sync.WaitGroup
	for range 20 {
		conn := connect(t, s)
		work.Go(func() {
			for range 100 {
				conn.Write(unhex(t, frame(t, "03 006B 0003")))
				expect(t, conn, frame(t, "03 06 022B 0000 0064"))
			}
		})
	}
	work.Wait()
	if n := s.Requests(); n != 2000 {
		t.Errorf("%d requests counted", n)
	}
	one, err := net.Dial("tcp", s.Addr())
	if err != nil {
		return // cut before it knew that it was connected
	}
	defer one.Close()
	one.Write(unhex(t, frame(t, "03 006B 0003")))
	if n, err := one.Read(make([]byte, 1)); err == nil {
		t.Errorf("master 21 got %d bytes", n)
	}
}

func TestEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	s, err := modbusd.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, s)
	conn.Write(unhex(t, frame(t, "03 0000 0001")))
	expect(t, conn, frame(t, "83 0B"))
	stop()
	if _, err := conn.Read(make([]byte, 1)); err == nil {
		t.Error("the master is still connected")
	}
	s.Close()
	s.Close()
	if n := s.Masters(); n != 0 {
		t.Errorf("%d masters after the end", n)
	}
}

// TestForeignMasters shows that masters of other authors are content.
func TestForeignMasters(t *testing.T) {
	t.Parallel()
	s := specified(t)
	s.Set(0x11, modbusd.Coil, 0, 1, 0, 1)
	_, port, _ := net.SplitHostPort(s.Addr())
	mbpoll := func(arguments ...string) string {
		t.Helper()
		path, err := exec.LookPath("mbpoll")
		if err != nil {
			t.Fatal("the independent Modbus master is missing: install Debian's package mbpoll")
		}
		out, err := exec.Command(path, append([]string{"-m", "tcp", "-a", "17", "-0", "-p", port, "127.0.0.1"}, arguments...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("mbpoll %v: %v\n%s", arguments, err, out)
		}
		return string(out)
	}
	for _, tc := range []struct{ arguments, want string }{
		{"-t 4:hex -r 107 -c 3 -1", "[107]: \t0x022B"},
		{"-t 3:hex -r 8 -c 1 -1", "[8]: \t0x000A"},
		{"-t 0 -r 19 -c 3 -1", "[21]: \t1"},
		{"-t 1 -r 198 -c 1 -1", "[198]: \t1"},
		{"-t 4 -r 500 -- 4711", "Written 1 references"},
		{"-t 4 -r 600 -- 1 2 3", "Written 3 references"},
		{"-t 0 -r 50 -- 1", "Written 1 references"},
		{"-t 0 -r 60 -- 1 0 1", "Written 3 references"},
	} {
		// mbpoll takes the values after the host.
		options, values, writes := strings.Cut(tc.arguments, " -- ")
		if writes {
			out, err := exec.Command("mbpoll", slices.Concat(strings.Fields("-m tcp -a 17 -0 -p "+port+" "+options+" 127.0.0.1"), strings.Fields(values))...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), tc.want) {
				t.Errorf("mbpoll %s: %v\n%s", tc.arguments, err, out)
			}
			continue
		}
		if out := mbpoll(strings.Fields(options)...); !strings.Contains(out, tc.want) {
			t.Errorf("mbpoll %s printed\n%s", tc.arguments, out)
		}
	}
	if got := s.Get(17, modbusd.Holding, 600, 3); !slices.Equal(got, []uint16{1, 2, 3}) || s.Get(17, modbusd.Holding, 500, 1)[0] != 4711 {
		t.Errorf("mbpoll wrote %v", got)
	}
	if err := exec.Command("/usr/bin/python3", "-c", "import pymodbus").Run(); err != nil {
		t.Fatal("the independent Modbus master is missing: install Debian's package python3-pymodbus")
	}
	if out, err := exec.Command("/usr/bin/python3", "testdata/master.py", port).CombinedOutput(); err != nil {
		t.Errorf("pymodbus: %v\n%s", err, out)
	}
}
