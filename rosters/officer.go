package rosters

// Rank is an officer's rank, ordered: a higher rank is a greater number. NoRank
// asks for no rank.
type Rank int8

// The seven ranks of the Security Service.
const (
	NoRank Rank = iota
	Recruit
	OrdinaryOfficer
	SeniorOfficer
	Sergeant
	Lieutenant
	Captain
	Inspector
)

var ranks = []string{"", "recruit", "officer", "senior_officer", "sergeant", "lieutenant", "captain", "inspector"}

// Ranks lists the texts of the seven ranks from the lowest to the highest.
func Ranks() []string { return append([]string(nil), ranks[1:]...) }

// String is the rank's text, such as senior_officer; nothing for NoRank.
func (r Rank) String() string { return name(ranks, int(r)) }

// MarshalText writes the rank's text.
func (r Rank) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads the rank's text.
func (r *Rank) UnmarshalText(text []byte) error {
	for i, known := range ranks {
		if known == string(text) {
			*r = Rank(i)
			return nil
		}
	}
	return invalid("rank", "%.40q is not one of %v", text, ranks[1:])
}

// Employment is who employs an officer.
type Employment string

// The kinds of employment.
const (
	Staff      Employment = "staff"
	Contractor Employment = "contractor"
)

// Gender matters on mixed search lanes only.
type Gender string

// The genders of a search lane; an officer without one stands on no side of it.
const (
	Female Gender = "female"
	Male   Gender = "male"
)

// Held is a qualification that an officer holds.
type Held struct {
	Code    string `json:"code"`    // as a post requires it, such as "firearm"
	Expires Date   `json:"expires"` // the last day on which it holds; none: it does not expire
}

// An Officer is somebody who may be given duties.
type Officer struct {
	ID          string     `json:"id"`
	Name        string     `json:"name"`
	Badge       string     `json:"badge"` // index or badge number, as spreadsheets and readers know the officer
	Rank        Rank       `json:"rank"`
	Unit        string     `json:"unit"`
	HomeStation string     `json:"home_station"` // elsewhere for somebody on loan
	Contract    int        `json:"contract"`     // minutes a week; 0: as called, without a target
	Held        []Held     `json:"held"`
	Languages   []string   `json:"languages"` // ISO 639-1
	Gender      Gender     `json:"gender"`
	Employment  Employment `json:"employment"`
	Funding     string     `json:"funding"` // the budget that pays, such as "regular" or "support account"
	From        Date       `json:"from"`    // first day here; none: always
	Until       Date       `json:"until"`   // last day here; none: no end known
}

// Here reports whether o serves at the station on d.
func (o *Officer) Here(d Date) bool {
	return (o.From == 0 || d >= o.From) && (o.Until == 0 || d <= o.Until)
}

// Holds reports whether o holds code, and still does so on day d.
func (o *Officer) Holds(code string, d Date) (held, valid bool) {
	for _, h := range o.Held {
		if h.Code == code {
			held = true
			valid = valid || h.Expires == 0 || d <= h.Expires
		}
	}
	return held, valid
}

// Validate reports the first field that makes o unusable.
func (o *Officer) Validate() error {
	switch {
	case o.ID == "" || len(o.ID) > maxName:
		return invalid("id", "between 1 and %d characters", maxName)
	case o.Name == "" || len(o.Name) > maxName:
		return invalid("name", "between 1 and %d characters", maxName)
	case o.Rank < Recruit || o.Rank > Inspector:
		return invalid("rank", "missing")
	case o.Contract < 0 || o.Contract > weekMinutes:
		return invalid("contract", "%d minutes; a week has %d", o.Contract, weekMinutes)
	case o.Gender != "" && o.Gender != Female && o.Gender != Male:
		return invalid("gender", "%.20q is not %s, %s or nothing", o.Gender, Female, Male)
	case o.Employment != Staff && o.Employment != Contractor:
		return invalid("employment", "%.20q is neither %s nor %s", o.Employment, Staff, Contractor)
	case o.From != 0 && o.Until != 0 && o.Until < o.From:
		return invalid("until", "%s is before the first day, %s", o.Until, o.From)
	case len(o.Held) > maxList || len(o.Languages) > maxList:
		return invalid("held", "at most %d qualifications and languages", maxList)
	}
	for _, h := range o.Held {
		if h.Code == "" || len(h.Code) > maxName {
			return invalid("held", "a qualification without a code")
		}
	}
	return nil
}
