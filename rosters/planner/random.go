package planner

import "math"

// random is a PCG of the XSH-RR family, small enough to be inlined.
type random struct{ state, stream uint64 }

func newRandom(seed, stream uint64) *random {
	r := &random{state: seed*0x9E3779B97F4A7C15 + 0x853C49E6748FEA9B, stream: stream<<1 | 1}
	r.next()
	r.next()
	return r
}

func (r *random) next() uint32 {
	old := r.state
	r.state = old*6364136223846793005 + r.stream
	shifted := uint32((old>>18 ^ old) >> 27)
	turn := uint32(old >> 59)
	return shifted>>turn | shifted<<(-turn&31)
}

// below returns a number from 0 to n-1.
func (r *random) below(n int) int { return int(uint64(r.next()) * uint64(n) >> 32) }

// exponentials holds -ln(u) for evenly spread u, so that a move is accepted when
// its price is below the temperature times one of them.
var exponentials = func() (table [4096]float64) {
	for i := range table {
		table[i] = -math.Log((float64(i) + 0.5) / float64(len(table)))
	}
	return table
}()
