package spool

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"guardroom/devices"
)

// TestDiskFull runs out of space below MaxBytes: alarms still go out live with
// numbers, the condition is a signal, and everything is durable when there is
// room again.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	d := newMemory()
	s := opened(t, d, Options{})
	r := s.AlarmReader(Position{})
	defer r.Close()
	appended(t, s, alarm(0))
	d.mu.Lock()
	d.room = 10
	d.mu.Unlock()
	got, err := s.Append(t.Context(), []devices.Signal{alarm(1), telemetric(2)})
	var volatile *NotDurableError
	if !errors.As(err, &volatile) || len(got) != 2 || got[1].Seq != 3 {
		t.Fatalf("Append on a full disk: %v %v", got, err)
	}
	var live []devices.Signal
	heard := func(n int) func() bool {
		return func() bool { live = append(live, drained(r)...); return len(live) == n }
	}
	settled(t, s, heard(3))
	if live[1].Seq != 2 || live[2].Kind != devices.PanelFault || !live[2].Active || !strings.Contains(live[2].Text, "space") {
		t.Errorf("live: %+v", live)
	}
	if read := everything(s); len(read) != 4 {
		t.Errorf("%d readable, want 4", len(read))
	}
	crashed := opened(t, d.kill(), Options{})
	if crashed.Last().Epoch == got[0].Epoch {
		t.Errorf("a crash with numbers in memory only went on in epoch %d", got[0].Epoch)
	}
	d.mu.Lock()
	d.room = 1 << 20
	d.mu.Unlock()
	settled(t, s, func() bool { return s.Stats().Fault == "" && s.Stats().Memory == 0 })
	settled(t, s, heard(4))
	if live[3].Active {
		t.Errorf("the condition did not clear: %+v", live[3])
	}
	again := opened(t, d.kill(), Options{})
	if read := everything(again); len(read) != 5 || again.Last().Epoch != got[0].Epoch {
		t.Errorf("after recovery and a crash %d signals, want 5", len(read))
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	d := newMemory()
	s := opened(t, d, Options{MaxMemory: 100})
	d.mu.Lock()
	d.fail = func(op string, _ int) error { return errDisk }
	d.mu.Unlock()
	for i := range 300 {
		if _, err := s.Append(t.Context(), []devices.Signal{mixed(i)}); err == nil {
			t.Fatal("a dead disk took a signal")
		}
	}
	if st := s.Stats(); st.Memory != 100 || st.Dropped == 0 {
		t.Errorf("stats %+v", st)
	}
	alarms := 0
	for _, got := range everything(s) {
		if got.Kind == devices.FireAlarm {
			alarms++
		}
	}
	if alarms != 43 {
		t.Errorf("%d alarms kept, want all 43", alarms)
	}
}

// TestEveryFailureInTurn lets the n-th operation of the disk fail, once or from
// then on, and then takes the process or the power away. What was acknowledged
// is there, and no number that somebody saw is given twice.
func TestEveryFailureInTurn(t *testing.T) {
	t.Parallel()
	for _, forever := range []bool{false, true} {
		for _, power := range []bool{false, true} {
			for n := 1; n < 90; n++ {
				failEach(t, n, forever, power)
			}
		}
	}
}

func failEach(t *testing.T, n int, forever, power bool) {
	t.Helper()
	name := fmt.Sprintf("operation %d fails, forever=%v, power loss=%v", n, forever, power)
	d := newMemory()
	d.fail = func(op string, at int) error {
		if at == n || forever && at > n {
			return errDisk
		}
		return nil
	}
	var clock sync.Mutex
	now := noon
	o := Options{Gateway: "gw", GroupWait: time.Microsecond, SegmentBytes: 1500, Now: func() time.Time {
		clock.Lock()
		defer clock.Unlock()
		now = now.Add(300 * time.Millisecond) // a failing disk is tried again every few appends
		return now
	}}
	s, err := open(d, o)
	if err != nil {
		t.Fatal(name, err)
	}
	seen := map[Position]string{} // by somebody: durable, or live
	kept := map[Position]string{} // acknowledged as durable
	for i := range 26 {
		batch, err := s.Append(context.Background(), []devices.Signal{mixed(2 * i), mixed(2*i + 1)})
		var volatile *NotDurableError
		if err != nil && !errors.As(err, &volatile) {
			t.Fatal(name, err)
		}
		for _, b := range batch {
			at := Position{b.Epoch, b.Seq}
			if _, twice := seen[at]; twice {
				t.Fatalf("%s: %v given twice", name, at)
			}
			seen[at] = b.Text
			if err == nil {
				kept[at] = b.Text
			}
		}
		if i == 13 {
			s.Confirm(batch[0].Epoch, 5)
		}
	}
	var after *memory
	if power {
		random := rand.New(rand.NewPCG(uint64(n), 1))
		after = d.powerLoss(func(n int) int { return random.IntN(n + 1) })
	} else {
		after = d.kill()
	}
	confirmed := s.Confirmed()
	s.Close()

	again, err := open(after, o)
	if err != nil {
		t.Fatal(name, err)
	}
	defer again.Close()
	found := map[Position]string{}
	for _, got := range everything(again) {
		found[Position{got.Epoch, got.Seq}] = got.Text
	}
	for at, text := range kept {
		if confirmed.Before(at) && found[at] != text {
			t.Fatalf("%s: %v was acknowledged as %q and is %q; last %v", name, at, text, found[at], again.Last())
		}
	}
	more, err := again.Append(context.Background(), []devices.Signal{alarm(999)})
	if err != nil {
		t.Fatal(name, err)
	}
	at := Position{more[0].Epoch, more[0].Seq}
	text, twice := seen[at]
	if twice && !forever {
		t.Fatalf("%s: %v was %q and is given again", name, at, text)
	}
	if twice {
		// The disk took not even the mark. The console knows the numbers that went
		// out live; its first confirm tells, and what was numbered since is renumbered.
		var highest Position
		for p := range seen {
			if highest.Before(p) {
				highest = p
			}
		}
		again.Confirm(highest.Epoch, highest.Seq)
		settled(t, again, func() bool {
			all := everything(again)
			newest := all[len(all)-1]
			return newest.Text == "number 999" && at.Before(Position{newest.Epoch, newest.Seq}) && newest.Epoch > highest.Epoch
		})
	}
}

func TestDamageBeginsAnEpochAndIsTold(t *testing.T) {
	t.Parallel()
	d := newMemory()
	s := opened(t, d, Options{})
	var last devices.Signal
	for i := range 30 {
		last = appended(t, s, alarm(i))[0]
	}
	after := d.kill()
	for name, node := range after.files {
		if strings.HasPrefix(name, "alarms") {
			node.data[len(node.data)/2] ^= 0x40
		}
	}
	again := opened(t, after, Options{})
	got := everything(again)
	if len(got) != 30 {
		t.Fatalf("%d signals, want 29 and a gap", len(got))
	}
	gaps := 0
	for i, g := range got {
		if g.Seq != uint64(i+1) {
			t.Fatalf("number %d at %d", g.Seq, i)
		}
		if g.Kind == devices.SpoolGap && g.Detail["why"] == GapDamage {
			gaps++
		}
	}
	if gaps != 1 {
		t.Errorf("%d gaps told, want 1", gaps)
	}
	if next := appended(t, again, alarm(1))[0]; next.Epoch <= last.Epoch || next.Seq != 1 {
		t.Errorf("went on at %d/%d", next.Epoch, next.Seq)
	}
	// Both epochs are read in turn, and confirmed one after the other.
	if all := everything(again); len(all) != 31 {
		t.Errorf("%d signals over both epochs, want 31", len(all))
	}
	now := again.Last()
	again.Confirm(now.Epoch, 1)
	again.Confirm(last.Epoch, 30)
	settled(t, again, func() bool { return again.Confirmed() == now })
	if all := everything(again); len(all) != 0 {
		t.Errorf("%d signals left", len(all))
	}
}

func TestLostFolderBeginsAnEpoch(t *testing.T) {
	t.Parallel()
	d := newMemory()
	first := appended(t, opened(t, d, Options{Now: func() time.Time { return noon }}), alarm(1))[0]
	after := d.kill()
	for name := range after.files {
		if strings.HasSuffix(name, ".seg") {
			delete(after.files, name)
		}
	}
	again := appended(t, opened(t, after, Options{Now: func() time.Time { return noon.Add(-time.Hour) }}), alarm(1))[0]
	if again.Epoch <= first.Epoch {
		t.Errorf("epoch %d after %d", again.Epoch, first.Epoch)
	}
}

// TestOldCopy puts back an older copy of a spool. When the console confirms a
// number that the copy never gave, what was numbered since gets new numbers.
func TestOldCopy(t *testing.T) {
	t.Parallel()
	d := newMemory()
	s := opened(t, d, Options{})
	appended(t, s, alarm(1), alarm(2))
	copied := d.kill()
	old := appended(t, s, alarm(3), alarm(4), alarm(5))[0]
	restored := opened(t, copied, Options{})
	collides := appended(t, restored, alarm(77))[0]
	if collides.Seq != old.Seq {
		t.Fatalf("no collision: %d", collides.Seq)
	}
	restored.Confirm(old.Epoch, 5)
	settled(t, restored, func() bool { return restored.Last().Epoch > old.Epoch })
	var texts []string
	for _, got := range everything(restored) {
		texts = append(texts, fmt.Sprint(got.Epoch > old.Epoch, " ", got.Text))
	}
	if fmt.Sprint(texts) != "[false number 1 false number 2 true number 77]" {
		t.Errorf("read %v", texts)
	}
}

func FuzzParseRecord(f *testing.F) {
	payload, _ := encodePayload(alarm(1))
	good := appendRecord(nil, record{seq: 5, group: 4, size: 2, payload: payload})
	f.Add(good)
	f.Add(good[:20])
	f.Add(append([]byte{0, 0, 0, 9}, good...))
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, n, err := parseRecord(data)
		if err == nil {
			if n > len(data) || string(appendRecord(nil, rec)) != string(data[:n]) {
				t.Errorf("record does not come back as it was")
			}
			_, _ = decodePayload(rec.payload)
		}
		// Whatever is in a segment, opening and reading end, and a good record
		// in front of it is found.
		d := newMemory()
		seg := &segment{stream: alarms, epoch: 1, first: 1}
		first := appendRecord(nil, record{seq: 1, group: 1, size: 1, payload: payload})
		d.files[seg.name()] = &inode{data: append(first, data...)}
		s, err := open(d, Options{Gateway: "gw"})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		if got := everything(s); len(got) == 0 || got[0].Seq != 1 {
			t.Errorf("the good record is gone: %v", got)
		}
	})
}
