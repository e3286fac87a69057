// Package grid finds duty plans: Solve takes a Problem and gives the
// cheapest plan it can within a budget.
//
// Two ideas carry it. One person's whole row is a shortest path, found exactly in
// tens of microseconds. And needs are all that ties people together: with a price
// on each of them, everybody can be planned alone.
//
//	state.go       a plan under change, its penalty and broken rules cell by cell
//	shape.go       what one person's rules mean for the search of a row
//	row.go         the cheapest row under prices, with limits as surcharges
//	path.go        the search itself: stretches, then days, weekends and minutes
//	relax.go       the plan in fractions of rows, and the prices of needs
//	dive.go        fixing cells until the fractions are gone; for all, some, or some weeks
//	anneal.go      a walk by small moves, which sets long horizons on their way
//	worker.go      one goroutine's search
//	solve.go       the crew of workers, and Solve
//
// A row's search is as long as the duties' minutes have no large common divisor:
// give quarters of an hour rather than odd minutes.
//
// The relaxation is block-coordinate Frank-Wolfe with pairwise steps
// (Lacoste-Julien and others, ICML 2013; Lacoste-Julien and Jaggi, NIPS 2015) on an
// augmented Lagrangian of the needs; the dive is that of column generation
// heuristics (Strandmark, Qu and Curtois, Computers & Operations Research 120,
// 2020), without a linear programming solver.
package grid
