package rosters

// Level says how binding a rule is.
type Level string

// The levels. A plan that breaks a mandatory rule is not published; an exception
// is broken only if there is no other way, is listed by name and waits for the
// chief's approval; a request is weighed.
const (
	Mandatory   Level = "mandatory"
	Exceptional Level = "exception"
	Wished      Level = "request"
)

// Kind is what a rule is about; Catalogue describes each.
type Kind string

// The kinds of rules.
const (
	Qualification    Kind = "qualification"     // the post's qualifications, and the firearm's, held and not expired
	RankForPost      Kind = "rank"              // at least the post's rank
	InService        Kind = "in_service"        // duties within the officer's first and last day only
	OnLeave          Kind = "leave"             // no duty on a day of leave
	LeaveEve         Kind = "leave_eve"         // no duty that runs into a day of leave
	Overlap          Kind = "overlap"           // no two duties at the same time
	DailyShifts      Kind = "daily_shifts"      // at most Count duties that begin on one day
	DailyRest        Kind = "daily_rest"        // at least Minutes between two duties
	WeeklyRest       Kind = "weekly_rest"       // within Days times 24 hours of the end of one rest of Minutes, the next is over
	HoursPerDay      Kind = "hours_day"         // at most Minutes in duties that begin on one day
	HoursPerWeek     Kind = "hours_week"        // at most Minutes in a week of the station
	HoursInWindow    Kind = "hours_window"      // at most Minutes in any Days days
	HoursInPeriod    Kind = "hours_period"      // between Least and Minutes in the period
	ContractHours    Kind = "contract"          // within Under and Over percent of the contract, with leave
	ConsecutiveDays  Kind = "consecutive_days"  // at most Count days with duty in a row, and at least Least
	DaysOff          Kind = "days_off"          // at least Count days off in a row
	ConsecutiveNight Kind = "consecutive_night" // at most Count nights in a row
	RestAfterNights  Kind = "rest_after_nights" // Minutes after Count nights or more
	Succession       Kind = "succession"        // Before not on the day after After
	Weekends         Kind = "weekends"          // at most Count weekends with duty in any Weeks, or in the period
	WholeWeekends    Kind = "whole_weekends"    // all days of a weekend worked, or none
	PublicHolidays   Kind = "public_holidays"   // at most Count duties on public holidays in the period
	ShiftCount       Kind = "shift_count"       // at most Count duties of Shifts in any Days days, or in the period
	Coverage         Kind = "coverage"          // every demand met at every minute
	Surplus          Kind = "surplus"           // nobody beyond the demand
	PairedPosts      Kind = "paired_posts"      // a post is not manned while its pair is empty
	MixedLane        Kind = "mixed_lane"        // a manned search lane has both genders
	WishedSkills     Kind = "wished_skills"     // the post's wished qualifications and languages
	WishesKept       Kind = "wishes"            // approved requests
	Fairness         Kind = "fairness"          // Of: not more than Count beyond one's share
)

// Burden is what fairness shares out.
type Burden string

// The burdens.
const (
	NightBurden     Burden = "nights"
	WeekendBurden   Burden = "weekends"
	HolidayBurden   Burden = "holidays"
	UnpopularBurden Burden = "unpopular"
	OvertimeBurden  Burden = "overtime" // in hours
)

// A Rule is one rule of a station, as data.
type Rule struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Kind   Kind   `json:"kind"`
	Level  Level  `json:"level"`
	Weight int    `json:"weight"` // of one violation of an exception or a request, 1 to 1000; 0 is 10
	Reason string `json:"reason"` // why it is, and its source
	Off    bool   `json:"off"`
	For    Scope  `json:"for"`
	Parameters
}

// A Scope narrows a rule to some officers; what is empty narrows nothing. Rules
// about posts take no scope.
type Scope struct {
	Units      []string   `json:"units,omitempty"`
	Employment Employment `json:"employment,omitempty"`
	MinRank    Rank       `json:"min_rank,omitzero"`
	MaxRank    Rank       `json:"max_rank,omitzero"`
	Officers   []string   `json:"officers,omitempty"`
	Except     []string   `json:"except,omitempty"`
}

// Parameters are the numbers of a rule. Each kind reads some of them and refuses
// the others; Catalogue says which.
type Parameters struct {
	Minutes int    `json:"minutes,omitempty"`
	Least   int    `json:"least,omitempty"`
	Count   int    `json:"count,omitempty"`
	Days    int    `json:"days,omitempty"`
	Weeks   int    `json:"weeks,omitempty"`
	Under   int    `json:"under,omitempty"` // percent
	Over    int    `json:"over,omitempty"`  // percent
	Of      Burden `json:"of,omitempty"`
	// Shifts, After and Before name shift types by code, or all of a class as
	// "class:night", or all nights by the clock as "nights".
	Shifts []string `json:"shifts,omitempty"`
	After  []string `json:"after,omitempty"`
	Before []string `json:"before,omitempty"`
}

// A Pack is a set of rules to begin with.
type Pack struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Source string `json:"source"` // where its numbers are from
	Rules  []Rule `json:"rules"`
}
