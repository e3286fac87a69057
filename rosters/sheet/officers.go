package sheet

import (
	"cmp"
	"maps"
	"net/mail"
	"slices"
	"strings"

	"guardroom/rosters"
)

// Officers reads a row an officer. Rows with a fault are left out and named. An
// officer without an ID gets the badge number, or the folded name, as one.
func Officers(rows []Row, m Mapping) ([]rosters.Officer, []Problem) {
	r := &reader{m: &m}
	var list []rosters.Officer
	seen := map[string]int{}
	r.body(rows, func() {
		o := r.officer()
		if first, twice := seen[o.ID]; twice && o.ID != "" {
			r.fault(ID, o.ID, "twice", "the same officer as in row "+itoa(first))
		}
		if r.broken {
			return
		}
		if err := o.Validate(); err != nil {
			r.faultAt(0, "", o.Name, "invalid", err.Error())
			return
		}
		seen[o.ID] = r.row.Number
		list = append(list, o)
	})
	return list, r.problems
}

// An Address is how an officer is reached.
type Address struct{ Email, Phone string }

// Addresses reads how officers are reached, by the ID that Officers gives them. An
// e-mail address that cannot be one is a fault and is left out, its officer is not.
func Addresses(rows []Row, m Mapping) (map[string]Address, []Problem) {
	r := &reader{m: &m}
	list := map[string]Address{}
	r.body(rows, func() {
		a := Address{Email: r.text(Email), Phone: clip(r.text(Phone))}
		if one, err := mail.ParseAddress(a.Email); a.Email != "" && (err != nil || one.Address != a.Email || len(a.Email) > 200) {
			r.fault(Email, a.Email, "email", "an e-mail address such as name@example.org")
			a.Email = ""
		}
		if id := r.id(r.name()); a != (Address{}) && list[id] == (Address{}) {
			list[id] = a
		}
	})
	return list, r.problems
}

// name is the officer's as a whole.
func (r *reader) name() string {
	if name := r.text(Name); name != "" {
		return name
	}
	return tidy(r.text(GivenName) + " " + r.text(FamilyName))
}

// id is the officer's, or the badge number, or the folded name.
func (r *reader) id(name string) string {
	return cmp.Or(r.text(ID), r.text(Badge), strings.ReplaceAll(fold(name), " ", "-"))
}

func (r *reader) officer() rosters.Officer {
	o := rosters.Officer{
		Badge: r.text(Badge), Name: r.name(), Unit: r.text(Unit), HomeStation: r.text(HomeStation),
		Funding: r.text(Funding), Contract: 40 * 60, Rank: rosters.OrdinaryOfficer,
	}
	if o.Name == "" {
		r.fault(Name, "", "missing", "an officer without a name")
	}
	o.ID = r.id(o.Name)
	var ok bool
	if text := r.text(Rank); text != "" {
		if o.Rank, ok = rank(text); !ok {
			r.fault(Rank, text, "rank", "no rank of the Security Service")
		}
	}
	if text := r.text(Contract); text != "" {
		if o.Contract, ok = hours(text); !ok {
			r.fault(Contract, text, "hours", "hours a week, such as 40 or 37:30")
		}
	}
	if o.Gender, ok = gender(r.text(Gender)); !ok {
		r.fault(Gender, r.text(Gender), "gender", "female, male or nothing")
	}
	if o.Employment, ok = employment(r.text(Employment)); !ok {
		r.fault(Employment, r.text(Employment), "employment", "staff or contractor")
	}
	o.From, o.Until = r.date(From), r.date(Until)
	for _, l := range r.list(Languages) {
		o.Languages = append(o.Languages, strings.ToLower(l))
	}
	o.Held = r.held()
	return o
}

func (r *reader) date(f Field) rosters.Date {
	text := r.text(f)
	if text == "" {
		return 0
	}
	d, ok := day(text, r.m)
	if !ok {
		r.fault(f, text, "date", "a day such as 2026-11-22")
	}
	return d
}

// held reads "firearm 2027-01-31; x_ray" and the columns of qualifications.
func (r *reader) held() []rosters.Held {
	var list []rosters.Held
	for part := range strings.FieldsFuncSeq(r.text(Qualifications), func(c rune) bool { return strings.ContainsRune(",;\n|", c) }) {
		part = tidy(part)
		code, until, dated := strings.Cut(part, " ")
		if code == "" {
			continue
		}
		h := rosters.Held{Code: code}
		if dated {
			d, ok := day(strings.Trim(until, "() "), r.m)
			if !ok {
				r.fault(Qualifications, part, "date", "a qualification's code, and the last day on which it holds")
			}
			h.Expires = d
		}
		list = append(list, h)
	}
	for _, code := range slices.Sorted(maps.Keys(r.m.Held)) {
		column := r.m.Held[code]
		text := r.at(column)
		if d, ok := day(text, r.m); ok {
			list = append(list, rosters.Held{Code: code, Expires: d})
		} else if yes, ok := truth(text); !ok {
			r.faultAt(column, Qualifications, text, "held", "the last day on which it holds, yes or no")
		} else if yes {
			list = append(list, rosters.Held{Code: code})
		}
	}
	return list
}
