package rosters

import (
	"cmp"
	"strings"

	"guardroom/rosters"
	"guardroom/rosters/sheet"
)

// importOfficers knows an officer again by ID, by badge, or, where the file has
// neither, by a name that only one officer has. What the file has no column for stays.
func (t *terms) importOfficers(rows []sheet.Row, out *Imported) []RecordChange {
	list, problems := sheet.Officers(rows, out.Mapping)
	reached, doubts := sheet.Addresses(rows, out.Mapping)
	out.Problems = append(append(out.Problems, problems...), doubts...)
	seen, badge, named := map[string]int64{}, map[string]string{}, map[string]string{}
	for _, o := range t.register.Officers {
		seen[o.Item.ID] = o.Version
		if o.Item.Badge != "" {
			badge[o.Item.Badge] = o.Item.ID
		}
		name := strings.ToLower(o.Item.Name)
		if _, twice := named[name]; twice {
			named[name] = ""
		} else {
			named[name] = o.Item.ID
		}
	}
	var changes []RecordChange
	for _, o := range list {
		reach := reached[o.ID]
		known := badge[o.Badge]
		if out.Mapping.Columns[sheet.Badge] == 0 && out.Mapping.Columns[sheet.ID] == 0 {
			known = named[strings.ToLower(o.Name)]
		}
		if known != "" {
			o.ID = known
		}
		one := Officer{Officer: o}
		if was := t.people[o.ID]; was != nil {
			one = *was
			one.Officer = o
			keepUnnamedOfOfficer(&out.Mapping, &one.Officer, &was.Officer)
		}
		one.Email, one.Phone = cmp.Or(reach.Email, one.Email), cmp.Or(reach.Phone, one.Phone)
		changes = append(changes, RecordChange{Kind: Officers, ID: o.ID, Version: seen[o.ID], Item: one})
	}
	return changes
}

// keepUnnamedOfOfficer gives o what was had where the file has no column.
func keepUnnamedOfOfficer(m *sheet.Mapping, o, was *rosters.Officer) {
	unnamed(m, sheet.Badge, &o.Badge, was.Badge)
	unnamed(m, sheet.Rank, &o.Rank, was.Rank)
	unnamed(m, sheet.Unit, &o.Unit, was.Unit)
	unnamed(m, sheet.HomeStation, &o.HomeStation, was.HomeStation)
	unnamed(m, sheet.Contract, &o.Contract, was.Contract)
	unnamed(m, sheet.Languages, &o.Languages, was.Languages)
	unnamed(m, sheet.Gender, &o.Gender, was.Gender)
	unnamed(m, sheet.Employment, &o.Employment, was.Employment)
	unnamed(m, sheet.Funding, &o.Funding, was.Funding)
	unnamed(m, sheet.From, &o.From, was.From)
	unnamed(m, sheet.Until, &o.Until, was.Until)
	if m.Columns[sheet.Qualifications] != 0 {
		return
	}
	for _, h := range was.Held { // columns of single qualifications say nothing of the others
		if m.Held[h.Code] == 0 {
			o.Held = append(o.Held, h)
		}
	}
}

func unnamed[T any](m *sheet.Mapping, f sheet.Field, is *T, was T) {
	if m.Columns[f] == 0 {
		*is = was
	}
}

func (t *terms) importPosts(rows []sheet.Row, out *Imported) []RecordChange {
	list, problems := sheet.Posts(rows, out.Mapping, &t.station)
	out.Problems = append(out.Problems, problems...)
	seen := map[string]int64{}
	for _, p := range t.register.Posts {
		seen[p.Item.ID] = p.Version
	}
	var changes []RecordChange
	for _, p := range list {
		if was := t.station.Post(p.ID); was != nil {
			keepUnnamedOfPost(&out.Mapping, &p, was)
		}
		changes = append(changes, RecordChange{Kind: Posts, ID: p.ID, Version: seen[p.ID], Item: p})
	}
	return changes
}

// keepUnnamedOfPost gives p what was had where the file has no column.
func keepUnnamedOfPost(m *sheet.Mapping, p, was *rosters.Post) {
	p.Place, p.Gone = was.Place, was.Gone
	unnamed(m, sheet.Area, &p.Area, was.Area)
	unnamed(m, sheet.Hours, &p.Standing, was.Standing)
	unnamed(m, sheet.Shifts, &p.Shifts, was.Shifts)
	unnamed(m, sheet.MinRank, &p.MinRank, was.MinRank)
	unnamed(m, sheet.Required, &p.Required, was.Required)
	unnamed(m, sheet.Wished, &p.Wished, was.Wished)
	unnamed(m, sheet.Armed, &p.Armed, was.Armed)
	unnamed(m, sheet.Mobile, &p.Mobile, was.Mobile)
	unnamed(m, sheet.Report, &p.Report, was.Report)
	unnamed(m, sheet.MealRelief, &p.MealRelief, was.MealRelief)
	unnamed(m, sheet.Rotation, &p.Rotation, was.Rotation)
	unnamed(m, sheet.CheckCall, &p.CheckCall, was.CheckCall)
	unnamed(m, sheet.Ceremonial, &p.Ceremonial, was.Ceremonial)
	unnamed(m, sheet.Unpopular, &p.Unpopular, was.Unpopular)
	unnamed(m, sheet.Lane, &p.Lane, was.Lane)
	unnamed(m, sheet.PairedWith, &p.PairedWith, was.PairedWith)
	unnamed(m, sheet.Weight, &p.Weight, was.Weight)
}
