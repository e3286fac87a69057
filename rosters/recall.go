package rosters

import (
	"fmt"
	"time"
)

// RecallState is how far the recall of an off-duty officer has come.
type RecallState string

// The states of a recall.
const (
	RecallAsked     RecallState = "asked"
	RecallAccepted  RecallState = "accepted"
	RecallDeclined  RecallState = "declined"
	RecallLapsed    RecallState = "lapsed"    // no answer in time
	RecallCancelled RecallState = "cancelled" // no longer needed: somebody else came
)

// A Recall asks an officer who is off duty to come in.
type Recall struct {
	ID      string      `json:"id"`
	Officer string      `json:"officer"`
	Date    Date        `json:"date"`
	Shift   string      `json:"shift"`
	Post    string      `json:"post"`
	Reason  string      `json:"reason"`
	State   RecallState `json:"state"`
	By      string      `json:"by"`
	Asked   time.Time   `json:"asked"`
	Until   time.Time   `json:"until"` // by when an answer is needed
	Answer  time.Time   `json:"answer"`
	Note    string      `json:"note"`
}

// Reply is the officer's, or that of whoever answers for them by telephone.
func (r *Recall) Reply(accept bool, now time.Time) error {
	if r.State != RecallAsked || now.After(r.Until) {
		return fmt.Errorf("answer a recall that is %s: %w", r.State, ErrTooLate)
	}
	r.State, r.Answer = RecallDeclined, now
	if accept {
		r.State = RecallAccepted
	}
	return nil
}

// Lapse ends a recall that nobody answered in time; it reports whether it did.
func (r *Recall) Lapse(now time.Time) bool {
	if r.State != RecallAsked || !now.After(r.Until) {
		return false
	}
	r.State = RecallLapsed
	return true
}

// Cancel ends a recall that is no longer needed.
func (r *Recall) Cancel(now time.Time) error {
	if r.State != RecallAsked && r.State != RecallAccepted {
		return fmt.Errorf("cancel a recall that is %s: %w", r.State, ErrTooLate)
	}
	r.State, r.Answer = RecallCancelled, now
	return nil
}

// Assignment is the duty of an accepted recall.
func (r *Recall) Assignment() Assignment {
	return Assignment{Officer: r.Officer, Date: r.Date, Shift: r.Shift, Post: r.Post, Source: FromRecall}
}
