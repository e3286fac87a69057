package rosters_test

import (
	"strings"
	"testing"

	"guardroom/rosters"
	"guardroom/rosters/rosterstest"

	"pgregory.net/rapid"
)

func TestWordsNameOfficerTimesAndRule(t *testing.T) {
	s := tableStation()
	s.Rules = []rosters.Rule{{ID: "rest", Name: "Daily rest", Kind: rosters.DailyRest, Level: rosters.Mandatory, Parameters: rosters.Parameters{Minutes: 660}}}
	p := tablePlan(t, "ann . . . . . E D")
	found, err := rosters.Check(&s, &p)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %+v", err, found)
	}
	if got, want := s.Say(&found[0]), "Ann rests 9 h, needs 11 h: E ends Sat 24 Oct 22:00, D starts Sun 25 Oct 06:00 (Daily rest)."; got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

func TestEveryViolationHasWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rosterstest.Station(t, rosterstest.Kinds()...)
		p := rosterstest.Plan(t, &s, rapid.IntRange(2, 9).Draw(t, "how busy"))
		found, err := rosters.Check(&s, &p)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			text := s.Say(&v)
			if len(text) < 20 || strings.ContainsAny(text, "{}") || !strings.Contains(text, v.Name) || v.From.IsZero() || v.To.Before(v.From) { // a shift in the missing hour has no time at all
				t.Fatalf("%q of %+v", text, v)
			}
			if s.Officer(v.Officer) == nil && s.Post(v.Post) == nil {
				t.Fatalf("%q names neither officer nor post", text)
			}
		}
	})
}
