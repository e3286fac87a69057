// Package rosters says what a correct, fair duty plan is: the words of rosters, the
// rules as data, and the judgement of a plan with the fixes for what is wrong.
//
// The words:
//
//	date.go       days and wall times; clock.go: what they are in real time
//	officer.go, post.go, shift.go, demand.go, leave.go, station.go
//	plan.go       assignments and changes of them; publication.go: what was told
//	swap.go, recall.go, attendance.go: what becomes of duties
//	rule.go, violation.go: rules as data, and what breaks them
//	catalogue.go  every kind of rule with its parameters; packs.go: sets of rules
//
// The judgement:
//
//	judge.go      a plan judged; change.go: judged again where it changed
//	turn.go       duties in real time
//	finding.go    a rule made ready, and what it finds
//	fitness.go, rest.go, hours.go, days.go: what concerns one officer
//	cover.go      what concerns posts; shares.go: fairness
//	fixes.go      what would undo a violation; who.go: everybody for one place
//	say.go        violations in words
//
// All times are real: minutes that the clocks add or take on the nights of their
// change are counted as they are.
package rosters
