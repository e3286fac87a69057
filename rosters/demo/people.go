package demo

import (
	"fmt"
	"math/rand/v2"

	"guardroom/rosters"
)

var given = []struct {
	name   string
	gender rosters.Gender
}{
	{"Joseph", rosters.Male}, {"Wanjiru", rosters.Female}, {"Amina", rosters.Female}, {"Luc", rosters.Male}, {"Chi", rosters.Female},
	{"Mohamed", rosters.Male}, {"Elena", rosters.Female}, {"Kwame", rosters.Male}, {"Fatou", rosters.Female}, {"Ivan", rosters.Male},
	{"Mei", rosters.Female}, {"Carlos", rosters.Male}, {"Priya", rosters.Female}, {"Samuel", rosters.Male}, {"Leila", rosters.Female},
	{"Tomás", rosters.Male}, {"Grace", rosters.Female}, {"Omar", rosters.Male}, {"Ingrid", rosters.Female}, {"Daniel", rosters.Male},
	{"Aisha", rosters.Female}, {"Pedro", rosters.Male}, {"Nadia", rosters.Female}, {"Hiroshi", rosters.Male}, {"Sofia", rosters.Female},
	{"Peter", rosters.Male}, {"Tariq", rosters.Male}, {"Marta", rosters.Female}, {"Emmanuel", rosters.Male}, {"Viktor", rosters.Male},
	{"Rosa", rosters.Female}, {"Abdul", rosters.Male}, {"Njeri", rosters.Female}, {"Anton", rosters.Male}, {"Lars", rosters.Male},
}

var family = []string{
	"Kamau", "Mensah", "Haddad", "Otieno", "Diallo", "Petrov", "Nguyen", "Álvarez", "Bekele", "Okafor", "Zhang", "Mwangi", "Sharma", "Moreau",
	"Hassan", "Njoroge", "Silva", "Tanaka", "Ibrahim", "Adeyemi", "Karanja", "Farah", "Lindqvist", "Rossi", "Chukwu", "Barasa", "Costa", "Dlamini",
	"Kiptoo", "Ahmed", "Laurent", "Mbeki", "Omondi", "Suzuki", "Ouma", "Schmidt", "Gómez", "Novák", "Rahman", "Sánchez", "Weber", "Achieng",
	"Popescu", "Kowalski", "Jansen", "Okoth", "Tesfaye", "Ndiaye", "Fernando", "Chen", "Gupta", "Yilmaz", "Hakimi", "Traoré", "Murphy", "Wambui",
}

// Teams of the station. Those of the guard force rotate; the others keep the
// hours of their posts.
const (
	GuardForce = "Guard force"
	Screening  = "Screening"
	Office     = "Administration"
)

// people makes the officers, each fit for one post or another of the team.
func people(posts []rosters.Post, day rosters.Date) []rosters.Officer {
	rng := rand.New(rand.NewPCG(145, 40))
	list := make([]rosters.Officer, Officers)
	taken := map[string]bool{}
	for i := range list {
		o := &list[i]
		o.ID, o.Badge = fmt.Sprintf("O%03d", i+1), fmt.Sprintf("%d", 20000+137*i%7919)
		for o.Name == "" || taken[o.Name] {
			g := given[rng.IntN(len(given))]
			o.Name, o.Gender = g.name+" "+family[rng.IntN(len(family))], g.gender
		}
		taken[o.Name] = true
		o.HomeStation, o.Employment, o.Contract, o.Funding = "demo", rosters.Staff, 40*60, "regular budget"
		o.Languages = languages(rng)
		o.Rank = rosters.OrdinaryOfficer
		if rng.IntN(4) == 0 {
			o.Rank = rosters.SeniorOfficer
		}
		switch {
		case i < 117:
			o.Unit = fmt.Sprintf("%s %c", GuardForce, 'A'+i%4)
			guard(o, i)
		case i < 137:
			o.Unit = Screening
			screen(o, i-117)
		default:
			o.Unit = Office
			o.Held = held("passes", "first_aid")
			o.Rank = []rosters.Rank{rosters.Lieutenant, rosters.Sergeant, rosters.Sergeant, rosters.Captain, rosters.SeniorOfficer, rosters.OrdinaryOfficer, rosters.OrdinaryOfficer, rosters.SeniorOfficer}[i-137]
		}
		vary(o, i, day, rng)
	}
	return list
}

func held(codes ...string) []rosters.Held {
	list := make([]rosters.Held, 0, len(codes))
	for _, c := range codes {
		list = append(list, rosters.Held{Code: c})
	}
	return list
}

// guard gives an officer of the rotating teams what the posts round the clock ask
// for: enough of each in each of eight phases.
func guard(o *rosters.Officer, i int) {
	o.Held = held("first_aid")
	add := func(code string) { o.Held = append(o.Held, rosters.Held{Code: code}) }
	switch i / 8 % 15 { // the eight of a row are in the eight phases
	case 0, 1:
		o.Rank = rosters.Sergeant
		add("firearm")
		add("control_room")
		if i == 3 || i == 12 {
			o.Rank = rosters.Lieutenant
		}
	case 2, 3, 4:
		add("control_room")
		add("fire")
	case 5, 6, 7:
		add("fire")
		add("driver")
	case 8, 9, 10, 11, 12:
		add("firearm")
		add("driver")
	default:
		add("firearm")
		add("x_ray")
	}
}

func screen(o *rosters.Officer, i int) {
	o.Held = held("x_ray", "first_aid")
	if i%3 == 0 {
		o.Held = append(o.Held, rosters.Held{Code: "driver"})
	}
	if i%5 == 0 {
		o.Held = append(o.Held, rosters.Held{Code: "dog"})
	}
	if i >= 14 {
		o.Employment, o.Funding = rosters.Contractor, "conference services"
	}
	o.Gender = []rosters.Gender{rosters.Female, rosters.Male}[i%2]
}

// vary makes people differ: part time, recruits, qualifications about to expire,
// somebody on loan, somebody about to leave.
func vary(o *rosters.Officer, i int, day rosters.Date, rng *rand.Rand) {
	switch {
	case i%29 == 17:
		o.Contract = 32 * 60
	case i%37 == 20 && o.Rank <= rosters.SeniorOfficer:
		o.Rank = rosters.Recruit
	case i == 64:
		o.HomeStation = "geneva"
	case i == 99:
		o.Until = day + 20
	case i == 111:
		o.From = day + 7
	}
	for k := range o.Held {
		if o.Held[k].Code == "first_aid" || o.Held[k].Code == "passes" {
			continue
		}
		o.Held[k].Expires = day + rosters.Date(40+rng.IntN(600))
		if (i+k)%41 == 7 {
			o.Held[k].Expires = day + rosters.Date(10+rng.IntN(20))
		}
	}
}

func languages(rng *rand.Rand) []string {
	list := []string{"en"}
	for _, l := range []struct {
		code string
		in   int
	}{{"fr", 3}, {"sw", 2}, {"ar", 5}, {"es", 6}, {"ru", 9}, {"zh", 11}} {
		if rng.IntN(l.in) == 0 {
			list = append(list, l.code)
		}
	}
	return list
}
