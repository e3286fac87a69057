// Package chance is where the planners' walks get their numbers from: seeded, the
// same on every machine, and small enough to be inlined.
package chance

import "math"

// Random is a PCG of the XSH-RR family. It is for one goroutine.
type Random struct{ state, stream uint64 }

// New is the generator of a seed; each stream of one seed is a sequence of its own.
func New(seed, stream uint64) *Random {
	r := &Random{state: seed*0x9E3779B97F4A7C15 + 0x853C49E6748FEA9B, stream: stream<<1 | 1}
	r.Next()
	r.Next()
	return r
}

// Next returns 32 bits.
func (r *Random) Next() uint32 {
	old := r.state
	r.state = old*6364136223846793005 + r.stream
	shifted := uint32((old>>18 ^ old) >> 27)
	turn := uint32(old >> 59)
	return shifted>>turn | shifted<<(-turn&31)
}

// Below returns a number from 0 to n-1.
func (r *Random) Below(n int) int { return int(uint64(r.Next()) * uint64(n) >> 32) }

// Exponential returns -ln(u) of an even u, to one of 4096 values: a move is accepted
// when its price is below the temperature times one of them.
func (r *Random) Exponential() float64 { return exponentials[r.Next()>>20] }

var exponentials = func() (table [4096]float64) {
	for i := range table {
		table[i] = -math.Log((float64(i) + 0.5) / float64(len(table)))
	}
	return table
}()
