// Package planner plans the duties of a station: Solve finds a plan, Repair mends a
// published one after a disruption, Infeasible says what no plan can meet, and Why who
// could stand where somebody is lacking, and what stops each.
//
// Shifts and posts are assigned together. A board is the station and the period in
// numbers; a sheet is a plan under change whose sums are the judge's (rosters.Judge),
// kept up to date cell by cell; a walker anneals it. What may not break is priced while
// a walk lasts and never part of a plan that is given out, unless what may not be
// changed breaks it. Of every plan, rosters.Judge has the last word.
//
//	problem.go     what is asked and answered
//	board.go       days, shifts, officers and what cells hold, in numbers
//	law.go         rules in numbers; those about single turns as tables
//	offers.go      what may be given to whom, and when
//	row.go         one officer's row under the rules: rest and hours
//	runs.go        likewise: days, nights and weekends in a row, counts, wishes
//	cover.go       what is wanted when, and how time is cut for each post
//	muster.go      who stands where at each moment, and what that costs
//	sheet.go       a plan under change, fairness included
//	walk.go        moves, and the walk
//	solve.go       the crew of workers, and Solve
//	bound.go       what no plan undercuts
//	repair.go      alternatives after a disruption
//	infeasible.go  conflicts before a search
//	why.go         reasons after it
//
// The search of people × days × duties under the rules of one row, on which the public
// benchmark is solved, is in the package grid.
package planner
