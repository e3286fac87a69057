package profiles

import (
	"cmp"
	"slices"
	"time"
)

// Table names a Modbus table.
type Table string

// The four tables. Function codes 1, 2, 4 and 3 read them.
const (
	Coil     Table = "coil"
	Discrete Table = "discrete"
	Input    Table = "input"
	Holding  Table = "holding"
)

// Tier is how often a read is due: every Compiled.Fast or every Compiled.Slow.
type Tier string

// The tiers.
const (
	Fast Tier = "fast"
	Slow Tier = "slow"
)

// A Read is one request of the read plan. Address is the PDU address, base 0.
type Read struct {
	Table          Table
	Address, Count uint16
	Tier           Tier
}

// LifeSign names a point whose value must change within a time, or the device
// no longer does its work although it answers.
type LifeSign struct {
	Point            string
	MustChangeWithin time.Duration
}

// DataChange is a word that the device moves when anything changed: word Offset
// of read number Read. When it changed since the last look, all slow reads are
// due at once.
type DataChange struct{ Read, Offset int }

// span is a run of addresses that must arrive in one read.
type span struct {
	from, to int // to is the first address behind
	tier     Tier
}

// plan works out the reads and tells every field where its words arrive.
// Overlapping fields stay together; what is needed fast is read fast only.
func (k *compiler) plan() {
	if k.c.Profile.Transport.Kind != "modbus" {
		return
	}
	wanted := map[Table][]span{}
	for _, p := range k.c.points {
		for _, f := range p.fields {
			wanted[f.table] = append(wanted[f.table], span{int(f.address), int(f.address) + f.words, f.tier})
		}
	}
	change := k.changeSpan(wanted)
	for _, tier := range []Tier{Fast, Slow} {
		for _, table := range []Table{Holding, Input, Discrete, Coil} {
			k.join(table, tier, merge(wanted[table]))
		}
	}
	if len(k.faults) > 0 {
		return
	}
	k.locate()
	if change != nil {
		if read, offset := k.c.find(k.doc.change.table, change.from, 1); read >= 0 {
			k.c.DataChange = &DataChange{Read: read, Offset: offset}
		}
	}
}

// changeSpan adds the data-change word to what is wanted.
func (k *compiler) changeSpan(wanted map[Table][]span) *span {
	d := k.doc.change
	if d == nil || !k.holds(d.when, k.values) {
		return nil
	}
	address := k.eval(d.address, k.values)
	if address < 0 || address > 0xFFFF || !d.address.given() || d.table == "" {
		k.fault(d.line, "data_change needs a table and an address within 0 and 65535")
		return nil
	}
	s := span{int(address), int(address) + 1, Fast}
	wanted[d.table] = append(wanted[d.table], s)
	return &s
}

// merge joins overlapping spans and sorts the result.
func merge(spans []span) []span {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	var out []span
	for _, s := range spans {
		if n := len(out); n > 0 && s.from < out[n-1].to {
			last := &out[n-1]
			last.to = max(last.to, s.to)
			if s.tier == Fast {
				last.tier = Fast
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// join makes reads of the spans of one tier: touching ones are read together,
// gaps are bridged as far as the profile allows, and no read is longer than the
// device answers.
func (k *compiler) join(table Table, tier Tier, spans []span) {
	most := k.c.Profile.Transport.MaxRegisters
	if table.bits() {
		most = k.c.Profile.Transport.MaxBits
	}
	var current *span
	flush := func() {
		if current != nil {
			k.c.Reads = append(k.c.Reads, Read{
				Table: table, Address: uint16(current.from), Count: uint16(current.to - current.from), Tier: tier,
			})
			current = nil
		}
	}
	for _, s := range spans {
		if s.tier != tier {
			continue
		}
		if s.to-s.from > most {
			k.fault(0, "%s %d: %d words belong together, but a read takes at most %d", table, s.from, s.to-s.from, most)
			continue
		}
		if current != nil && s.from-current.to <= k.doc.bridge && s.to-current.from <= most {
			current.to = s.to
			continue
		}
		flush()
		next := s
		current = &next
	}
	flush()
}

// locate tells every field its read and offset, and every read its points.
func (k *compiler) locate() {
	k.c.touched = make([][]int, len(k.c.Reads))
	for i, p := range k.c.points {
		for j := range p.fields {
			f := &p.fields[j]
			f.read, f.offset = k.c.find(f.table, int(f.address), f.words)
			if f.read < 0 {
				k.fault(p.line, "%s %d is in no read", f.table, f.address)
				continue
			}
			if t := &k.c.touched[f.read]; len(*t) == 0 || (*t)[len(*t)-1] != i {
				*t = append(*t, i)
			}
		}
	}
}

// find gives the read that covers count words from address, or -1.
func (c *Compiled) find(table Table, address, count int) (read, offset int) {
	if c.index == nil {
		c.index = map[Table][]int{}
		for i, r := range c.Reads {
			c.index[r.Table] = append(c.index[r.Table], i)
		}
		for _, reads := range c.index {
			slices.SortFunc(reads, func(a, b int) int { return cmp.Compare(c.Reads[a].Address, c.Reads[b].Address) })
		}
	}
	reads := c.index[table]
	after, _ := slices.BinarySearchFunc(reads, address+1, func(i, at int) int { return cmp.Compare(int(c.Reads[i].Address), at) })
	// Reads of two tiers may interleave when gaps are bridged, so the last one
	// that begins before is not always the one.
	for i := after - 1; i >= 0; i-- {
		r := c.Reads[reads[i]]
		if address+count <= int(r.Address)+int(r.Count) {
			return reads[i], address - int(r.Address)
		}
	}
	return -1, 0
}
