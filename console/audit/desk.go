package audit

import (
	"context"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"guardroom/console/auth"
)

// Desk is where the record is read.
type Desk struct{ Store reader }

// reader is what the desk needs of the store.
type reader interface {
	List(ctx context.Context, q Query) (Page, error)
	// Walk visits every entry, oldest first, and returns the head that the chain
	// remembers at the same instant.
	Walk(ctx context.Context, visit func(Entry) error) (head [32]byte, err error)
}

// Filter chooses entries. Empty fields choose everything; To is not included.
type Filter struct {
	Station, Actor, Action, Subject string
	From, To                        time.Time
	Limit                           int // default 100, at most 1000
	Cursor                          string
}

// Query is a Filter with the stations that the operator may see.
type Query struct {
	Filter
	Stations []string // nil: all
}

// Page is part of the record, newest first; Next is the cursor of the following
// part, empty at the end.
type Page struct {
	Items []Entry
	Next  string
}

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// List returns the entries that by may see. What belongs to no station is seen
// by those who may read the record everywhere.
func (d *Desk) List(ctx context.Context, by auth.Operator, f Filter) (Page, error) {
	q, err := permitted(by, f)
	if err != nil {
		return Page{}, err
	}
	return d.Store.List(ctx, q)
}

func permitted(by auth.Operator, f Filter) (Query, error) {
	stations, err := by.Scope(auth.AuditRead, f.Station)
	if err != nil {
		return Query{}, err
	}
	q := Query{Filter: f, Stations: stations}
	switch {
	case f.Limit < 0 || f.Limit > 1000:
		return Query{}, &InvalidError{Field: "limit", Reason: "not between 1 and 1000"}
	case f.Limit == 0:
		q.Limit = 100
	}
	return q, nil
}

// mostRows bounds one CSV file; a sheet program takes no more.
const mostRows = 1_000_000

// CSV writes the entries that by may see, newest first, as comma-separated
// values with a heading.
func (d *Desk) CSV(ctx context.Context, by auth.Operator, f Filter, to io.Writer) error {
	f.Limit, f.Cursor = 1000, ""
	q, err := permitted(by, f)
	if err != nil {
		return err
	}
	w := csv.NewWriter(to)
	if err := w.Write([]string{"change", "index", "at", "station", "actor", "name", "address", "action", "subject", "params", "hash"}); err != nil {
		return err
	}
	for n := 0; n < mostRows; {
		page, err := d.Store.List(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			if err := w.Write(e.cells()); err != nil {
				return err
			}
		}
		n += len(page.Items)
		if w.Flush(); w.Error() != nil || page.Next == "" {
			return w.Error()
		}
		q.Cursor = page.Next
	}
	return nil
}

// cells are e's columns. A cell that a sheet program would run as a formula is
// kept from doing so.
func (e *Entry) cells() []string {
	keys := make([]string, 0, len(e.Params))
	for k := range e.Params {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	var params strings.Builder
	for i, k := range keys {
		if i > 0 {
			params.WriteString("; ")
		}
		params.WriteString(k + "=" + e.Params[k])
	}
	cells := []string{strconv.FormatInt(e.Change, 10), strconv.Itoa(e.Index), e.At.UTC().Format(time.RFC3339Nano),
		e.Station, e.Actor, e.Name, e.Address, e.Action, e.Subject, params.String(), hex.EncodeToString(e.Hash[:])}
	for i, c := range cells {
		if c != "" && strings.ContainsRune("=+-@\t\r", rune(c[0])) {
			cells[i] = "'" + c
		}
	}
	return cells
}

// Verdict is what a check of the whole record found.
type Verdict struct {
	OK       bool   `json:"ok"`
	Entries  int64  `json:"entries"` // found right before the first bad one
	FirstBad string `json:"first_bad,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Verify checks the whole record for by, who may read all of it.
func (d *Desk) Verify(ctx context.Context, by auth.Operator) (Verdict, error) {
	if err := by.May(auth.AuditRead, auth.AllStations); err != nil {
		return Verdict{}, err
	}
	return Check(ctx, d.Store)
}

// Check walks the whole record. An error means that it could not be read; a
// record that was tampered with is a verdict.
func Check(ctx context.Context, store interface {
	Walk(ctx context.Context, visit func(Entry) error) (head [32]byte, err error)
}) (Verdict, error) {
	var v Verifier
	var bad *badEntry
	head, err := store.Walk(ctx, func(e Entry) error {
		if err := v.Next(e); err != nil {
			return &badEntry{place: fmt.Sprintf("%d.%d", e.Change, e.Index), err: err}
		}
		return nil
	})
	switch {
	case errors.As(err, &bad):
		return Verdict{Entries: v.Entries, FirstBad: bad.place, Reason: bad.err.Error()}, nil
	case err != nil:
		return Verdict{}, fmt.Errorf("read the record: %w", err)
	}
	verdict := Verdict{OK: true, Entries: v.Entries}
	if cut := v.End(head); cut != nil {
		verdict = Verdict{Entries: v.Entries, FirstBad: fmt.Sprintf("%d.%d", v.change, v.index), Reason: cut.Error()}
	}
	return verdict, nil
}

type badEntry struct {
	place string
	err   error
}

func (b *badEntry) Error() string { return b.err.Error() }
