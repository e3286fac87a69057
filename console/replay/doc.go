// Package replay reads the past: the site at any instant from the journal, what
// happened between two instants, and who or what said something.
//
//	condition.go  what is true of a point, and how signals add up to it
//	digest.go     the journal cut into segments, off the path of intake
//	words.go      what is searched, and for what
//	desk.go       the site at an instant, and between two
//	search.go     a person's day, and free text
//	sheet.go      what was found, as a table for a sheet program
//	retention.go  how long the journal is kept, and what is held longer
//
// Signals add up in any order: of each point and kind the one with the highest
// place in its gateway's sequence counts. So a state of the site is a kept frame
// and what came since, in whatever order it was committed.
package replay
