package audit_test

import (
	"testing"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

func record() []audit.Entry {
	by := auth.Operator{ID: "u1", Name: "A. Wanjiru", Address: "10.0.0.9"}
	var entries []audit.Entry
	var head [32]byte
	for i, action := range []string{"session.start", "alarm.acknowledge", "command.request", "session.end"} {
		e := audit.By(by, "nairobi", action, "x", map[string]string{"a": "b", "c": "d"})
		e.Change, e.Index, e.At = int64(i/2+1), i%2, time.UnixMicro(int64(1_000_000*i))
		e.Chain(head)
		head = e.Hash
		entries = append(entries, e)
	}
	return entries
}

func verify(entries []audit.Entry, head [32]byte) error {
	var v audit.Verifier
	for _, e := range entries {
		if err := v.Next(e); err != nil {
			return err
		}
	}
	return v.End(head)
}

func TestChainFindsTampering(t *testing.T) {
	t.Parallel()
	whole := record()
	head := whole[len(whole)-1].Hash
	if err := verify(whole, head); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func([]audit.Entry) []audit.Entry{
		"name changed":       func(e []audit.Entry) []audit.Entry { e[1].Name = "B"; return e },
		"param changed":      func(e []audit.Entry) []audit.Entry { e[2].Params = map[string]string{"a": "x", "c": "d"}; return e },
		"time changed":       func(e []audit.Entry) []audit.Entry { e[0].At = e[0].At.Add(time.Microsecond); return e },
		"station moved":      func(e []audit.Entry) []audit.Entry { e[0].Station = "geneva"; return e },
		"entry removed":      func(e []audit.Entry) []audit.Entry { return append(e[:1], e[2:]...) },
		"first removed":      func(e []audit.Entry) []audit.Entry { return e[1:] },
		"last removed":       func(e []audit.Entry) []audit.Entry { return e[:3] },
		"all removed":        func(e []audit.Entry) []audit.Entry { return nil },
		"swapped":            func(e []audit.Entry) []audit.Entry { e[1], e[2] = e[2], e[1]; return e },
		"field boundary":     func(e []audit.Entry) []audit.Entry { e[1].Action, e[1].Subject = e[1].Action+"x", ""; return e },
		"rewritten from one": func(e []audit.Entry) []audit.Entry { e[1].Name = "B"; e[1].Chain(e[0].Hash); return e },
		"rewritten to the end": func(e []audit.Entry) []audit.Entry {
			e[1].Name = "B"
			for i := 1; i < len(e); i++ {
				e[i].Chain(e[i-1].Hash)
			}
			return e
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if verify(spoil(record()), head) == nil {
				t.Error("not found")
			}
		})
	}
}
