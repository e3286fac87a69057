// Package rosters says what a correct duty plan is.
//
// A Problem is people × days × duties with every rule as a number: what each
// person may do on each day and at what price, what the contract asks of a row,
// and how many each day needs. A duty is what somebody does on one day: a kind of
// shift, or a kind of shift on one post. Judge says what a plan costs and which
// rules it breaks, and by whom; it is the word of last resort on every plan,
// whoever made it.
//
// The file problem.go holds the words, judge.go the judgement.
package rosters
