package intake

import (
	"encoding/json"
	"testing"
	"time"

	"guardroom/devices"
	"guardroom/gateway/link"
)

// FuzzGroup sorts any payload into a group, as it comes from the wire: nothing
// panics, the mark stays at the end of what is there, and what a gateway says of
// its own gaps never moves the mark beyond its own number.
func FuzzGroup(f *testing.F) {
	at := time.Date(2030, 6, 1, 9, 0, 0, 0, time.UTC)
	seed := func(signals ...devices.Signal) {
		payload, err := link.EncodeSignals("hq", signals)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload, true)
		f.Add(payload, false)
	}
	signal := func(seq uint64, detail map[string]string) devices.Signal {
		return devices.Signal{Point: "gw/gateway.spool", Kind: devices.SpoolGap, Active: true, Occurred: at, Observed: at, Epoch: 1, Seq: seq, Detail: detail}
	}
	seed(signal(1, nil), signal(3, nil))
	seed(signal(9, map[string]string{link.GapEpoch: "1", link.GapFrom: "2", link.GapTo: "9"}))
	seed(signal(9, map[string]string{link.GapEpoch: "0", link.GapFrom: "1", link.GapTo: "9223372036854775807"}))
	seed(signal(9, map[string]string{link.GapEpoch: "2", link.GapFrom: "1", link.GapTo: "5"}))
	f.Add([]byte("[{}]"), true)
	f.Add([]byte("\x00"), true)
	f.Fuzz(func(t *testing.T, payload []byte, bulk bool) {
		g := &group{now: at, before: map[string]*track{"gw": {epochs: map[uint64]*sequence{}}}, tracks: map[string]*track{},
			stations: map[string]string{"gw": "hq"}, fresh: map[confirmKey][]uint64{}, gaps: map[confirmKey][]Gap{}, at: map[confirmKey]*sequence{}}
		m := &message{station: "hq", gateway: "gw", channel: link.Alarms, received: at, payload: payload}
		if bulk {
			m.channel = link.Signals
		}
		m.good, m.bad, m.err = link.DecodeSignals("hq", "gw", payload)
		g.take(m)
		g.settle()
		highest := map[uint64]uint64{}
		for _, s := range m.good {
			highest[s.Epoch] = max(highest[s.Epoch], s.Seq)
		}
		for _, b := range m.bad {
			highest[b.Epoch] = max(highest[b.Epoch], b.Seq)
		}
		newest := uint64(0)
		for epoch := range highest {
			newest = max(newest, epoch)
		}
		for _, mark := range g.marks() {
			if most, said := highest[mark.Epoch]; said && mark.Upto > most && mark.Epoch == newest {
				t.Errorf("the mark of epoch %d is %d, the last number was %d", mark.Epoch, mark.Upto, most)
			}
		}
		for _, r := range g.records {
			if _, err := json.Marshal(r.Signal); err != nil {
				t.Error(err)
			}
		}
		if len(g.records)+len(g.letters)+g.duplicates < len(m.good) {
			t.Errorf("%d of %d signals are nowhere", len(m.good)-len(g.records), len(m.good))
		}
	})
}
