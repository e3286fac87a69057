package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"guardroom/console/auth"
	"guardroom/console/people"
	"guardroom/console/store"
	"guardroom/console/store/storetest"
	"guardroom/devices"
)

var cardKey = []byte("0123456789abcdef0123456789abcdef")

func passOffice(t *testing.T) (*people.Desk, *store.DB) {
	t.Helper()
	db := storetest.Open(t)
	desk, err := people.NewDesk(people.Options{Register: store.People{DB: db}, Key: cardKey, Zone: func(s string) (string, bool) { return "UTC", s == "hq" }})
	if err != nil {
		t.Fatal(err)
	}
	return desk, db
}

var passChief = auth.Operator{ID: "c", Name: "Chief", Grants: []auth.Grant{{Role: auth.Chief, Station: "hq"}}}

func TestImportIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	desk, db := passOffice(t)
	take := func(list string, dry bool) people.PeopleReport {
		t.Helper()
		r, err := desk.Import(t.Context(), passChief, people.List{Station: "hq", Rows: strings.NewReader("ref,name,class,card\n" + list), DryRun: dry})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := take("1,Ann,staff,100\n2,Bo,media,200\n", true); r.Applied || r.Counts.Added != 2 {
		t.Errorf("dry run: %+v", r)
	}
	if r := take("1,Ann,staff,100\n2,Bo,media,200\n", false); !r.Applied || r.Counts.Added != 2 {
		t.Errorf("%+v", r)
	}
	// Two people change cards, one goes, one comes.
	if r := take("1,Ann,staff,200\n2,Bo,media,100\n3,Cy,ngo,\n", false); r.Counts.Changed != 2 || r.Counts.Added != 1 {
		t.Errorf("%+v", r)
	}
	if r := take("1,Ann,staff,300\n2,Bo,nobody,100\n", false); r.Applied || r.FaultCount != 1 {
		t.Errorf("a list with a fault: %+v", r)
	}
	found, _, err := desk.People(t.Context(), passChief, "hq", people.Filter{Card: devices.CardHash(cardKey, "0200"), Limit: 10})
	if err != nil || len(found) != 1 || found[0].Name != "Ann" {
		t.Errorf("%+v %v", found, err)
	}
	if r := take("3,Cy,ngo,\n", false); r.Counts.Removed != 2 || r.Counts.Unchanged != 1 {
		t.Errorf("%+v", r)
	}
	var leaked int
	err = db.Pool.QueryRow(t.Context(), `SELECT count(*) FROM cardholders WHERE card_hash ~ '^[0-9]{3}$' OR search LIKE '%200%'`).Scan(&leaked)
	if err != nil || leaked != 0 {
		t.Errorf("card numbers in clear: %d %v", leaked, err)
	}
	var forbidden *auth.ForbiddenError
	officer := auth.Operator{ID: "o", Grants: []auth.Grant{{Role: auth.Division, Station: "hq"}}}
	if _, _, err := desk.People(context.WithoutCancel(t.Context()), officer, "hq", people.Filter{Limit: 1}); !errors.As(err, &forbidden) {
		t.Errorf("division sees people: %v", err)
	}
}

func TestTwentyThousandRowsAreTakenWithinTenSeconds(t *testing.T) {
	t.Parallel()
	desk, _ := passOffice(t)
	var list strings.Builder
	list.WriteString("ref,name,class,expires,status,card\n")
	for i := range 20_000 {
		fmt.Fprintf(&list, "P-%05d,Person number %d,staff,2030-12-31,active,%d\n", i, i, 6_000_000+i)
	}
	began := time.Now()
	r, err := desk.Import(t.Context(), passChief, people.List{Station: "hq", Rows: strings.NewReader(list.String())})
	took := time.Since(began)
	if err != nil || !r.Applied || r.Counts.Added != 20_000 {
		t.Fatalf("%+v %v", r, err)
	}
	t.Logf("20,000 rows in %s", took)
	if took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}
