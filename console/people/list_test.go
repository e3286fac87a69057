package people

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
)

var key = []byte("0123456789abcdef0123456789abcdef")

func TestReadListTellsEveryFault(t *testing.T) {
	t.Parallel()
	list := "\xef\xbb\xbfref;name;class;expires;status;card;photo\r\n" +
		"A1;Ann;staff;2028-01-31;active;6154412;a.jpg\r\n" +
		"A2;;stuff;31.12.2028;gone;###;\r\n" +
		"A1;Twin;staff;;;6154412;\r\n" +
		";;;;;;\r\n" +
		"A3;Cy;media;;lost;;C:\\faces\\cy.png\r\n"
	rows, faults, count, err := ReadList(strings.NewReader(list), key)
	if err != nil {
		t.Fatal(err)
	}
	want := []ListFault{
		{3, "name", "is missing"},
		{3, "class", "must be one of staff, delegate, retiree, media, ngo, intern, courtesy, temporary"},
		{3, "expires", "must be a date like 2026-12-31"},
		{3, "status", "must be one of active, lost, stolen, blocked"},
		{3, "card", "is no card number"},
		{4, "card", "is the card of line 2 already"},
		{4, "ref", "stands in line 2 already"},
	}
	if count != len(want) || len(faults) != len(want) {
		t.Fatalf("%d faults: %+v", count, faults)
	}
	for i := range want {
		if faults[i] != want[i] {
			t.Errorf("%+v, want %+v", faults[i], want[i])
		}
		if strings.Contains(faults[i].Reason, "6154412") {
			t.Errorf("a fault tells a card number: %+v", faults[i])
		}
	}
	if len(rows) != 2 || rows[0].Ref != "A1" || rows[0].CardHash == "" || rows[1].File != "cy.png" || rows[1].Status != Lost {
		t.Errorf("%+v", rows)
	}
}

func TestReadListHeader(t *testing.T) {
	t.Parallel()
	for list, want := range map[string]string{
		"":                                    "the list is empty",
		"ref,name\n":                          "is missing",
		"ref,name,class,shoe size\n":          "is no column of this list",
		"ref,name,class,id\n":                 "stands there twice",
		"ref,name,class\n\"a,b,c\n":           "column",
		"ref,name,class\n" + "\xff,a,staff\n": "is not UTF-8",
	} {
		_, faults, count, err := ReadList(strings.NewReader(list), key)
		if err != nil || count == 0 || !strings.Contains(faults[0].Reason, want) {
			t.Errorf("%q: %+v %v, want %q", list, faults, err, want)
		}
	}
}

func FuzzReadList(f *testing.F) {
	f.Add([]byte("ref,name,class,card\n1,a,staff,77\n"))
	f.Add([]byte("ref;name;class\n\"x\";;\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, faults, count, err := ReadList(bytes.NewReader(data), key)
		if err != nil {
			t.Fatal(err)
		}
		if len(faults) > maxFaults || count < len(faults) {
			t.Fatalf("%d faults told of %d", len(faults), count)
		}
		refs := map[string]bool{}
		for _, r := range rows {
			if r.Ref == "" || r.Name == "" || r.Class == "" {
				t.Fatalf("%+v is no row", r)
			}
			if refs[r.Ref] && count == 0 {
				t.Fatalf("%q twice and no fault", r.Ref)
			}
			refs[r.Ref] = true
		}
	})
}

func FuzzFace(f *testing.F) {
	var small bytes.Buffer
	_ = png.Encode(&small, image.NewRGBA(image.Rect(0, 0, 3, 2)))
	f.Add(small.Bytes())
	f.Add([]byte("\xff\xd8\xff\xe0"))
	f.Fuzz(func(t *testing.T, data []byte) {
		face, err := Face(data)
		if err != nil {
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(face))
		if err != nil || c.Width > faceWidth || c.Height > faceHeight {
			t.Fatalf("%dx%d %v", c.Width, c.Height, err)
		}
	})
}

func TestStanding(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status  Status
		expires string
		want    Standing
	}{
		{ActivePass, "", Valid}, {ActivePass, "2030-06-01", Valid}, {ActivePass, "2030-05-31", Expired}, {Stolen, "2029-01-01", "stolen"}, {Lost, "", "lost"},
	} {
		p := Person{Status: tc.status, Expires: tc.expires}
		if p.judge("2030-06-01"); p.Standing != tc.want {
			t.Errorf("%+v: %s, want %s", tc, p.Standing, tc.want)
		}
	}
}
