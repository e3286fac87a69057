package store_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/intake"
	"guardroom/console/replay"
	"guardroom/console/store"
	"guardroom/devices"
)

var cardOf = devices.CardHash(bytes.Repeat([]byte{1}, 32), "4711")

// TestSearchFindsWhatALookThroughEverythingFinds asks for words before, while and
// after the journal is digested, and compares with reading all of it.
func TestSearchFindsWhatALookThroughEverythingFinds(t *testing.T) {
	t.Parallel()
	w := newPastWorld(t, 5)
	for i, name := range []string{"Gate C barrier", "Lobby north", "Archiv Süd", "Lobby south", "Dock 12"} {
		if _, err := w.db.Pool.Exec(t.Context(), `INSERT INTO points (id, station, gateway, device, point, name) VALUES ($1, 'hq', 'gw', $2, 'p', $3)`,
			fmt.Sprintf("gw/d%d.p", i), fmt.Sprintf("d%d", i), name); err != nil {
			t.Fatal(err)
		}
	}
	began := w.now
	texts := []string{"held open 35 s", "held open 120 s", "card expired", "opened without a card", "Rauch 23.4 %"}
	desk := replay.Desk{Store: store.Replay{DB: w.db}, Now: func() time.Time { return w.now }}
	names := map[devices.PointID]string{"gw/d0.p": "Gate C barrier", "gw/d1.p": "Lobby north", "gw/d2.p": "Archiv Süd", "gw/d3.p": "Lobby south", "gw/d4.p": "Dock 12"}
	check := func() {
		t.Helper()
		for _, q := range []string{"lobby", "lob held", "35", "120 dock", "rauch süd", "forced", "gate c", "open", "nothing", "23", "d3", "L0BBY"} {
			terms, err := replay.ParseTerms(q)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for i := len(w.journal) - 1; i >= 0; i-- {
				r := w.journal[i]
				words := replay.Words(string(r.Kind), r.State, r.Text, string(r.Point), names[r.Point])
				if r.Station == "hq" && terms.Fit(words) {
					want = append(want, fmt.Sprint(r.Seq))
				}
			}
			var got []string
			for cursor := ""; ; {
				page, err := desk.Text(t.Context(), boss, replay.Search{Station: "hq", Q: q, Only: "signals", Limit: 7, Cursor: cursor})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range page.Items {
					got = append(got, fmt.Sprint(f.Signal.Seq))
				}
				if cursor = page.Next; cursor == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q: found %v, want %v", q, got, want)
			}
		}
	}
	for i := range 90 {
		w.now = w.now.Add(time.Duration(1+w.rand.IntN(200)) * time.Second)
		r := w.record(w.now)
		r.Text = texts[w.rand.IntN(len(texts))]
		if r.Kind == devices.AccessGranted && i%2 == 0 {
			r.Detail = map[string]string{devices.CardHashDetail: cardOf}
		}
		w.commit(r)
		if i%9 == 8 {
			w.digest()
		}
		if i%29 == 28 {
			check()
		}
	}
	check()

	// Whoever remembers an old name finds what was said under it, and the new one works.
	if _, err := w.db.Pool.Exec(t.Context(), `UPDATE points SET name = 'Pavilion' WHERE id = 'gw/d1.p'`); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(10 * time.Minute)
	for range 8 {
		w.commit(w.record(w.now))
	}
	w.digest()
	for _, q := range []string{"lobby north", "pavilion"} {
		page, err := desk.Text(t.Context(), boss, replay.Search{Station: "hq", Q: q, Only: "signals"})
		if err != nil || len(page.Items) == 0 {
			t.Errorf("%q: %d (%v)", q, len(page.Items), err)
		}
	}

	// A card's way, in order, without the cards of others.
	var want []string
	for _, r := range w.journal {
		if r.Detail[devices.CardHashDetail] == cardOf && r.Station == "hq" {
			want = append(want, fmt.Sprint(r.Seq))
		}
	}
	var got []string
	for cursor := ""; ; {
		page, err := desk.Person(t.Context(), boss, replay.Search{Station: "hq", Card: cardOf, From: began, To: w.now.Add(time.Second), Limit: 3, Cursor: cursor})
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range page.Items {
			got = append(got, fmt.Sprint(f.Signal.Seq))
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(want) < 3 || !slices.Equal(got, want) {
		t.Errorf("a card was shown at %v, found %v", want, got)
	}

	// A point's last, newest first, and as a table.
	page, err := desk.Point(t.Context(), boss, replay.Search{Point: "gw/d0.p", Limit: 4})
	if err != nil || len(page.Items) != 4 || page.Next == "" || page.Items[0].Signal.Seq < page.Items[3].Signal.Seq {
		t.Errorf("a point's last: %+v (%v)", page, err)
	}
	var sheet bytes.Buffer
	if err := desk.CSV(t.Context(), boss, "text", replay.Search{Station: "hq", Q: "held"}, &sheet); err != nil {
		t.Fatal(err)
	}
	table, err := csv.NewReader(&sheet).ReadAll()
	if err != nil || len(table) < 10 || table[0][0] != "received" {
		t.Errorf("the table has %d lines (%v)", len(table), err)
	}
}

func TestAPersonsDayIsOneListInOrder(t *testing.T) {
	t.Parallel()
	w := newPastWorld(t, 9)
	began := w.now
	do := func(actor, station, action, comment string) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		if _, err := w.db.Write(t.Context(), func(_ context.Context, tx *store.Tx) error {
			tx.Audit(audit.By(auth.Operator{ID: actor, Name: "Name of " + actor}, station, action, "alarm:1", map[string]string{"comment": comment}))
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	show := func(station string) {
		t.Helper()
		w.now = w.now.Add(time.Minute)
		r := intake.Record{Signal: devices.Signal{Point: "gw/d1.p", Kind: devices.AccessGranted, Active: true, Occurred: w.now, Observed: w.now, Clock: devices.Synced,
			Detail: map[string]string{devices.CardHashDetail: cardOf}, Epoch: 1, Seq: w.seq + 1}, Station: station, Gateway: "gw", Received: w.now}
		w.seq++
		w.commit(r)
	}
	do("olive", "hq", "alarm.acknowledge", "seen it")
	show("hq")
	do("olive", "hq", "alarm.close", "a real one")
	do("other", "hq", "alarm.close", "not hers")
	show("far")
	do("olive", "far", "alarm.close", "elsewhere")
	show("hq")
	do("olive", "hq", "session.sign_out", "")
	desk := replay.Desk{Store: store.Replay{DB: w.db}, Now: func() time.Time { return w.now }}
	chiefOfHQ := auth.Operator{ID: "c", Grants: []auth.Grant{{Role: auth.Chief, Station: "hq"}}}
	day := replay.Search{Actor: "olive", Card: cardOf, From: began, To: w.now.Add(time.Second), Limit: 2}
	for range 2 { // undigested, then digested
		var got []string
		for s := day; ; {
			page, err := desk.Person(t.Context(), chiefOfHQ, s)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range page.Items {
				if f.Signal != nil {
					got = append(got, "card")
				} else {
					got = append(got, f.Act.Action)
				}
			}
			if s.Cursor = page.Next; s.Cursor == "" {
				break
			}
		}
		if want := []string{"alarm.acknowledge", "card", "alarm.close", "card", "session.sign_out"}; !slices.Equal(got, want) {
			t.Fatalf("the day was %v, want %v", got, want)
		}
		page, err := desk.Text(t.Context(), chiefOfHQ, replay.Search{Q: "real one"})
		if err != nil || len(page.Items) != 1 || page.Items[0].Act.Params["comment"] != "a real one" {
			t.Fatalf("words of the record: %+v (%v)", page, err)
		}
		w.digest()
	}
	// Rights: each part takes its own.
	var forbidden *auth.ForbiddenError
	guard := auth.Operator{ID: "g", Grants: []auth.Grant{{Role: auth.Officer, Station: "hq"}}}
	technician := auth.Operator{ID: "t", Grants: []auth.Grant{{Role: auth.Technician, Station: "hq"}}}
	if _, err := desk.Person(t.Context(), guard, day); !errors.As(err, &forbidden) {
		t.Errorf("an officer reads the record: %v", err)
	}
	day.Actor = ""
	if _, err := desk.Person(t.Context(), technician, day); !errors.As(err, &forbidden) {
		t.Errorf("a technician follows people: %v", err)
	}
	if page, err := desk.Person(t.Context(), guard, day); err != nil || len(page.Items) != 2 {
		t.Errorf("an officer follows a card: %+v %v", page, err)
	}
	if page, err := desk.Text(t.Context(), guard, replay.Search{Q: "real"}); err != nil || len(page.Items) != 0 {
		t.Errorf("an officer finds words of the record: %+v %v", page, err)
	}
	for name, s := range map[string]replay.Search{
		"nobody": {From: began, To: w.now}, "no time": {Card: cardOf}, "no card": {Card: "4711", From: began, To: w.now},
		"a cursor": {Card: cardOf, From: began, To: w.now, Cursor: "%"}, "a year": {Card: cardOf, From: began, To: began.AddDate(1, 0, 0)},
		"a page": {Card: cardOf, From: began, To: w.now, Limit: 5000}, "backwards": {Card: cardOf, From: w.now, To: began},
	} {
		var invalid *replay.InvalidError
		if _, err := desk.Person(t.Context(), boss, s); !errors.As(err, &invalid) && !(name == "nobody" && err != nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, q := range []string{"", " -- ", strings.Repeat("x", 201), "a b c d e f g h i", "\xff"} {
		var invalid *replay.InvalidError
		if _, err := desk.Text(t.Context(), boss, replay.Search{Q: q}); !errors.As(err, &invalid) {
			t.Errorf("%.20q: %v", q, err)
		}
	}
}
