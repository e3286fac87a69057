// Package audit is the record of who did what: entries in a hash chain, so that
// an entry changed, removed or put in later is found.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"guardroom/console/auth"
)

// Entry is one line of the record. It is written in the transaction of the
// change that it tells of.
type Entry struct {
	Change  int64 // the change number of its transaction
	Index   int   // its place in that transaction, from 0
	At      time.Time
	Station string // empty when it belongs to none
	Actor   string // auth.Operator.ID
	Name    string // as it was then
	Address string
	Action  string // "alarm.acknowledge"
	Subject string // "alarm:0197…"
	Params  map[string]string

	Previous [32]byte
	Hash     [32]byte
}

// By starts an entry for what o does to subject. Where o acts at a station under
// a cover grant, the entry names the grant.
func By(o auth.Operator, station, action, subject string, params map[string]string) Entry {
	if grant := o.Under(station); grant != "" {
		params = maps.Clone(params)
		if params == nil {
			params = map[string]string{}
		}
		params["cover"] = grant
	}
	return Entry{Station: station, Actor: o.ID, Name: o.Name, Address: o.Address, Action: action, Subject: subject, Params: params}
}

// Chain links e to the entry before it and seals it.
func (e *Entry) Chain(previous [32]byte) {
	e.Previous = previous
	e.Hash = e.sum()
}

// sum hashes every field with its length before it, so that no two entries
// share a byte string. Times count in microseconds, as the database keeps them.
func (e *Entry) sum() [32]byte {
	var b bytes.Buffer
	number := func(n int64) { _ = binary.Write(&b, binary.BigEndian, n) }
	text := func(s string) { number(int64(len(s))); b.WriteString(s) }
	b.Write(e.Previous[:])
	number(e.Change)
	number(int64(e.Index))
	number(e.At.UnixMicro())
	for _, s := range []string{e.Station, e.Actor, e.Name, e.Address, e.Action, e.Subject} {
		text(s)
	}
	keys := make([]string, 0, len(e.Params))
	for k := range e.Params {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	number(int64(len(keys)))
	for _, k := range keys {
		text(k)
		text(e.Params[k])
	}
	return sha256.Sum256(b.Bytes())
}

// A Verifier walks the record in order.
type Verifier struct {
	head    [32]byte
	change  int64
	index   int
	Entries int64
}

// Next checks e against everything before it.
func (v *Verifier) Next(e Entry) error {
	switch {
	case e.Previous != v.head:
		return fmt.Errorf("entry %d.%d does not follow the one before it: an entry was changed, removed or put in", e.Change, e.Index)
	case e.Hash != e.sum():
		return fmt.Errorf("entry %d.%d was changed after it was written", e.Change, e.Index)
	case e.Change < v.change || e.Change == v.change && v.Entries > 0 && e.Index <= v.index:
		return fmt.Errorf("entry %d.%d is out of order", e.Change, e.Index)
	}
	v.head, v.change, v.index = e.Hash, e.Change, e.Index
	v.Entries++
	return nil
}

// End checks that the record's last entry is the head that the chain remembers,
// so that entries cut off at the end are found too.
func (v *Verifier) End(head [32]byte) error {
	if v.head != head {
		return fmt.Errorf("entries after %d.%d are missing", v.change, v.index)
	}
	return nil
}
