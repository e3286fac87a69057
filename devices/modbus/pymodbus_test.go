package modbus_test

import (
	"bufio"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"guardroom/devices/modbus"
)

// startPymodbus runs the independent slave and returns its host:port.
func startPymodbus(t *testing.T, framer string) string {
	t.Helper()
	if err := exec.Command("/usr/bin/python3", "-c", "import pymodbus").Run(); err != nil {
		t.Fatalf("the independent Modbus slave is missing: install Debian's package python3-pymodbus (%v)", err)
	}
	slave := exec.Command("/usr/bin/python3", "testdata/slave.py", framer)
	var complaints strings.Builder
	slave.Stderr = &complaints
	in, err := slave.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := slave.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := slave.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); slave.Process.Kill(); slave.Wait() })
	port, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		slave.Process.Kill()
		slave.Wait()
		t.Fatalf("pymodbus did not start: %v\n%s", err, complaints.String())
	}
	return "127.0.0.1:" + strings.TrimSpace(port)
}

// TestPymodbus asks a slave that shares no code with this project.
func TestPymodbus(t *testing.T) {
	for framer, scheme := range map[string]string{"socket": "tcp://", "rtu": "rtu+tcp://"} {
		t.Run(framer, func(t *testing.T) {
			t.Parallel()
			line := startLine(t, scheme+startPymodbus(t, framer), modbus.Options{})
			for _, unit := range []uint8{1, 2, 7} {
				u := uint16(unit)
				for table, value := range map[modbus.Table]func(addr uint16) uint16{
					modbus.Holding:  func(a uint16) uint16 { return u*1000 + a },
					modbus.Input:    func(a uint16) uint16 { return u*2000 + a },
					modbus.Coil:     func(a uint16) uint16 { return bit(a%3 == 0) },
					modbus.Discrete: func(a uint16) uint16 { return bit(a%5 == u%5) },
				} {
					for _, block := range [][2]uint16{{0, 1}, {3, 8}, {100, 125}, {7, 17}, {299, 1}} {
						words, err := line.Read(t.Context(), modbus.Normal, unit, table, block[0], block[1])
						if err != nil {
							t.Fatal(err)
						}
						for i, word := range words {
							if want := value(block[0] + uint16(i)); word != want {
								t.Fatalf("unit %d %s %d is %d, %d expected", unit, table, int(block[0])+i, word, want)
							}
						}
					}
				}
			}
			for _, write := range []struct {
				table  modbus.Table
				addr   uint16
				values []uint16
			}{
				{modbus.Coil, 1, []uint16{1}},
				{modbus.Coil, 10, []uint16{1, 1, 0, 1, 0, 0, 0, 1, 1, 0, 1}},
				{modbus.Holding, 1, []uint16{0xABCD}},
				{modbus.Holding, 20, []uint16{1, 2, 3, 65535}},
			} {
				if err := line.Write(t.Context(), 7, write.table, write.addr, write.values); err != nil {
					t.Fatal(err)
				}
				words, err := line.Read(t.Context(), modbus.Command, 7, write.table, write.addr, uint16(len(write.values)))
				if err != nil {
					t.Fatal(err)
				}
				for i, word := range words {
					if word != write.values[i] {
						t.Errorf("wrote %v, read %v", write.values, words)
					}
				}
			}
			_, err := line.Read(t.Context(), modbus.Normal, 1, modbus.Holding, 299, 2)
			var refusal modbus.Exception
			if !errors.As(err, &refusal) || refusal.Code != 2 {
				t.Errorf("beyond its registers: %v", err)
			}
			if s := line.Stats(); s.Connects != 1 || s.Timeouts != 0 || s.BadAnswers != 0 || s.StaleFrames != 0 {
				t.Errorf("stats %+v", s)
			}
		})
	}
}

func bit(b bool) uint16 {
	if b {
		return 1
	}
	return 0
}
