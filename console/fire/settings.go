package fire

import (
	"fmt"
	"time"
)

// Settings are a station's own choices about fire.
type Settings struct {
	InvestigateSeconds int       `json:"investigate_seconds" doc:"How long a pre-alarm is looked into, 60 to 600"`
	WatchMinutes       int       `json:"watch_minutes" doc:"How often a disabled zone is walked, 5 to 480"`
	Assembly           []string  `json:"assembly" doc:"Assembly points"`
	Contacts           []Contact `json:"contacts" doc:"Whom the fire service may ask, in this order"`
}

// Contact is somebody whom the sheet for the fire service names.
type Contact struct {
	Role  string `json:"role"`
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// DefaultSettings hold where a station has chosen nothing.
func DefaultSettings() Settings {
	return Settings{InvestigateSeconds: 180, WatchMinutes: 60, Assembly: []string{}, Contacts: []Contact{}}
}

// Watch is how often a disabled zone is walked.
func (s Settings) Watch() time.Duration { return time.Duration(s.WatchMinutes) * time.Minute }

const mostListed = 30

func (s *Settings) validate() error {
	switch {
	case s.InvestigateSeconds < shortestInvestigate || s.InvestigateSeconds > longestInvestigate:
		return &InvalidError{Field: "investigate_seconds", Reason: fmt.Sprintf("%d to %d", shortestInvestigate, longestInvestigate)}
	case s.WatchMinutes < 5 || s.WatchMinutes > 480:
		return &InvalidError{Field: "watch_minutes", Reason: "5 to 480"}
	case len(s.Assembly) > mostListed:
		return &InvalidError{Field: "assembly", Reason: fmt.Sprintf("at most %d", mostListed)}
	case len(s.Contacts) > mostListed:
		return &InvalidError{Field: "contacts", Reason: fmt.Sprintf("at most %d", mostListed)}
	}
	seen := map[string]bool{}
	for i, name := range s.Assembly {
		field := fmt.Sprintf("assembly.%d", i)
		name, err := words(field, name, 1, longestName)
		if err != nil {
			return err
		}
		if seen[name] {
			return &InvalidError{Field: field, Reason: "named twice"}
		}
		seen[name], s.Assembly[i] = true, name
	}
	for i := range s.Contacts {
		c := &s.Contacts[i]
		for _, one := range []struct {
			field string
			to    *string
		}{{"role", &c.Role}, {"name", &c.Name}, {"phone", &c.Phone}} {
			text, err := words(fmt.Sprintf("contacts.%d.%s", i, one.field), *one.to, 0, longestName)
			if err != nil {
				return err
			}
			*one.to = text
		}
		if c.Role == "" && c.Name == "" {
			return &InvalidError{Field: fmt.Sprintf("contacts.%d.name", i), Reason: "missing"}
		}
	}
	if s.Assembly == nil {
		s.Assembly = []string{}
	}
	if s.Contacts == nil {
		s.Contacts = []Contact{}
	}
	return nil
}
