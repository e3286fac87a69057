// Package rosters is the desk at which duty rosters are made: registers of
// officers, posts, shift types and rules, drafts that several people edit at once,
// the planner, publication, leave and requests.
//
//	desk.go         the desk, its store, its errors
//	register.go     officers, posts, shift types, rules, holidays
//	draft.go        drafts and their cells
//	undo.go         undo and redo, from the draft's own log
//	board.go        a draft judged: kept in memory, never the truth
//	publication.go  what officers are told
//	planning.go     the planner as a job
//	absence.go      leave and requests
//	exchange.go     spreadsheets in and out
//	swap.go         swaps of officers, judged before anybody is asked
//	recall.go       recalls of who is off duty
//	template.go     template weeks, copies of days
//	feed.go         calendars for telephones
//	word.go         what officers are told, and how
//	detail.go       the Daily Detail
//	statistics.go   hours, burdens and coverage, for charts
//
// Every answer to an edit is committed. What is judged is worked out from what is
// kept, at the versions that it names.
package rosters
