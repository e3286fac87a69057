package auth

import "slices"

// Cover is an operator's right to act as an officer at a station that is not
// theirs, for as long as a cover grant holds. It is worked out anew for each
// request and is kept nowhere.
type Cover struct {
	Grant   string `json:"grant"`   // the cover grant's id
	Station string `json:"station"` // the covered station
}

// covered reports whether a cover of o permits p at station.
func (o Operator) covered(p Permission, station string) bool {
	return slices.Contains(officer, p) &&
		slices.ContainsFunc(o.Covers, func(c Cover) bool { return c.Station == station })
}

// Under is the cover grant under which o acts at station; empty when o's own
// roles make an officer there, or when o does not cover it.
func (o Operator) Under(station string) string {
	for _, c := range o.Covers {
		if c.Station == station && !o.own(officer, station) {
			return c.Grant
		}
	}
	return ""
}

// own reports whether o's own roles permit all of wanted at station.
func (o Operator) own(wanted []Permission, station string) bool {
	for _, p := range wanted {
		holds := slices.ContainsFunc(o.Grants, func(g Grant) bool {
			return (g.Station == AllStations || g.Station == station) && slices.Contains(grants[g.Role], p)
		})
		if !holds {
			return false
		}
	}
	return true
}

// Serves reports whether one of grants makes its holder an officer, supervisor
// or chief of station itself: a cover grant names such people by their station.
func Serves(grants []Grant, station string) bool {
	return slices.ContainsFunc(grants, func(g Grant) bool {
		return g.Station == station && (g.Role == Officer || g.Role == Supervisor || g.Role == Chief)
	})
}

// Operator is u as somebody who acts from address now, with the stations that u
// covers at this moment.
func (d *Desk) Operator(u User, address string) Operator {
	by := u.Operator(address)
	if d.o.Covers != nil {
		by.Covers = d.o.Covers(u)
	}
	return by
}
