package rosters_test

import (
	"testing"

	"guardroom/rosters"
)

func TestPacksAreUsable(t *testing.T) {
	packs := rosters.Packs()
	if len(packs) != 4 {
		t.Errorf("%d packs, want plain, eu-working-time, un-8h and un-12h", len(packs))
	}
	for _, p := range packs {
		s := rosters.Station{Zone: "Europe/Vienna", Rules: p.Rules}
		if err := s.Validate(); err != nil {
			t.Errorf("pack %s: %v", p.ID, err)
		}
		for _, r := range p.Rules {
			if r.Reason == "" {
				t.Errorf("pack %s: rule %s gives no reason", p.ID, r.ID)
			}
		}
	}
}
