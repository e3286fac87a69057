package modbusd

import (
	"errors"
	"fmt"
	"sync"
)

// Table names one of the four tables of the Modbus data model.
type Table string

const (
	Coil     Table = "coil"     // bits, read and write
	Discrete Table = "discrete" // bits, read only for masters
	Input    Table = "input"    // 16-bit registers, read only for masters
	Holding  Table = "holding"  // 16-bit registers, read and write
)

func (t Table) bits() bool { return t == Coil || t == Discrete }

// Store holds the tables of every unit. All methods may be called at any time.
// Whatever was never set reads as 0.
type Store struct {
	mu     sync.RWMutex
	units  map[uint8]*unit
	handle func(Write) error

	writing sync.Mutex // one write of a master after the other, its handler included
}

type unit struct {
	tables   map[Table]*cells
	declared map[Table][]span
}

// cells is a table of 65536 values; pages that were never set are not there.
type cells [256]*[256]uint16

type span struct{ from, to int } // [from, to)

// NewStore returns a store without units. Setting or declaring something makes
// a unit; requests to other units are answered with exception 0x0B.
func NewStore() *Store { return &Store{units: map[uint8]*unit{}} }

// Set puts values into unit's table from addr (base 0), all at once for readers.
// Bits are 0 or 1. When one value or address is wrong, nothing is set.
func (s *Store) Set(unit uint8, t Table, addr uint16, values ...uint16) error {
	if err := check(t, addr, len(values)); err != nil {
		return fmt.Errorf("set unit %d: %w", unit, err)
	}
	for i, v := range values {
		if t.bits() && v > 1 {
			return fmt.Errorf("set unit %d: %s %d is 0 or 1, not %d", unit, t, int(addr)+i, v)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unit(unit).table(t).put(addr, values)
	return nil
}

// SetMasked changes those bits of one register that are 1 in mask to those of value.
func (s *Store) SetMasked(unit uint8, t Table, addr, mask, value uint16) error {
	if t != Input && t != Holding {
		return fmt.Errorf("set bits of unit %d: %q has no registers", unit, t)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.unit(unit).table(t)
	c.put(addr, []uint16{c.at(addr)&^mask | value&mask})
	return nil
}

// Get returns count values from addr; fewer when the table ends before, none
// for an unknown table.
func (s *Store) Get(unit uint8, t Table, addr, count uint16) []uint16 {
	n := min(int(count), 1<<16-int(addr))
	if check(t, addr, n) != nil {
		return nil
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, ok := s.units[unit]
	if !ok {
		return make([]uint16, n)
	}
	return u.get(t, addr, n)
}

// Declare says that the addresses [from, from+count) exist; 0 counts to the end
// of the table. Once a unit has declared something, requests to any other
// address of it are answered with exception 2.
func (s *Store) Declare(unit uint8, t Table, from, count uint16) error {
	n := int(count)
	if n == 0 {
		n = 1<<16 - int(from)
	}
	if err := check(t, from, n); err != nil {
		return fmt.Errorf("declare unit %d: %w", unit, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.unit(unit)
	u.declared[t] = append(u.declared[t], span{int(from), int(from) + n})
	return nil
}

// A Write is what a master wrote.
type Write struct {
	Unit   uint8
	Table  Table // Coil or Holding
	Addr   uint16
	Values []uint16
	Master string // host:port of the master
}

// ErrTaken is what a write handler returns for a command that was carried out
// but is not stored: the register does not read back as written.
var ErrTaken = errors.New("taken, not stored")

// OnWrite sets what happens when a master writes, before the values are stored.
// A nil error stores them; ErrTaken answers well but stores nothing; an
// Exception refuses with its code, any other error with code 4. Handlers run
// one after the other and may use the store, but must not close the server.
func (s *Store) OnWrite(handle func(Write) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.handle = handle
}

// read answers a master; the error is an Exception.
func (s *Store) read(unit uint8, t Table, addr uint16, count int) ([]uint16, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	u, err := s.reach(unit, t, addr, count)
	if err != nil {
		return nil, err
	}
	return u.get(t, addr, count), nil
}

// write carries out what a master wrote; the error is an Exception.
func (s *Store) write(w Write) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	s.mu.RLock()
	_, err := s.reach(w.Unit, w.Table, w.Addr, len(w.Values))
	handle := s.handle
	s.mu.RUnlock()
	if err != nil {
		return err
	}
	if handle != nil {
		err = handle(w)
	}
	refusal := DeviceFailure
	switch {
	case err == nil:
		if s.Set(w.Unit, w.Table, w.Addr, w.Values...) != nil {
			return IllegalValue
		}
		return nil
	case errors.Is(err, ErrTaken):
		return nil
	case errors.As(err, &refusal):
	}
	return refusal
}

// reach finds the unit for a master; the error is an Exception.
func (s *Store) reach(id uint8, t Table, addr uint16, count int) (*unit, error) {
	u, ok := s.units[id]
	switch {
	case !ok:
		return nil, TargetSilent
	case check(t, addr, count) != nil || !u.has(t, int(addr), int(addr)+count):
		return nil, IllegalAddress
	}
	return u, nil
}

func (s *Store) unit(id uint8) *unit {
	u, ok := s.units[id]
	if !ok {
		u = &unit{tables: map[Table]*cells{}, declared: map[Table][]span{}}
		s.units[id] = u
	}
	return u
}

func (u *unit) table(t Table) *cells {
	c, ok := u.tables[t]
	if !ok {
		c = new(cells)
		u.tables[t] = c
	}
	return c
}

func (u *unit) get(t Table, addr uint16, n int) []uint16 {
	values := make([]uint16, n)
	if c, ok := u.tables[t]; ok {
		for i := range values {
			values[i] = c.at(addr + uint16(i))
		}
	}
	return values
}

// has reports whether all of [from, to) is declared, in one or several spans.
func (u *unit) has(t Table, from, to int) bool {
	if len(u.declared) == 0 {
		return true
	}
	for from < to {
		reached := from
		for _, s := range u.declared[t] {
			if s.from <= from && from < s.to {
				reached = max(reached, s.to)
			}
		}
		if reached == from {
			return false
		}
		from = reached
	}
	return true
}

func (c *cells) at(addr uint16) uint16 {
	if page := c[addr>>8]; page != nil {
		return page[addr&0xFF]
	}
	return 0
}

func (c *cells) put(addr uint16, values []uint16) {
	for i, v := range values {
		at := addr + uint16(i)
		if c[at>>8] == nil {
			c[at>>8] = new([256]uint16)
		}
		c[at>>8][at&0xFF] = v
	}
}

func check(t Table, addr uint16, count int) error {
	switch t {
	case Coil, Discrete, Input, Holding:
	default:
		return fmt.Errorf("%q is not coil, discrete, input or holding", t)
	}
	if int(addr)+count > 1<<16 {
		return fmt.Errorf("%s %d+%d goes beyond 65535", t, addr, count)
	}
	return nil
}
