// Package notify carries word to people who are not at a screen: by e-mail and by
// webhook, as deliveries that are kept until they have an outcome.
//
//	notify.go   contacts, duty turns, deliveries
//	desk.go     what people do with them, and Send
//	import.go   the contact list as a table
//	run.go      sending, trying again, giving up
//	smtp.go     e-mail; pickup.go: e-mail left in a folder
//	webhook.go  signed HTTPS
//
// A delivery is queued in the transaction of what it tells of. It is sent at
// least once: a console that dies between sending and writing so sends it again
// under the same id, by which a receiver knows the second.
package notify

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Channel is a way to reach somebody.
type Channel string

// The channels.
const (
	Email   Channel = "email"
	Webhook Channel = "webhook"
)

// Role is what word a contact gets. The empty role gets none: it is in the list
// for people to ring.
type Role string

// The roles.
const (
	ForDelivery   Role = "delivery"   // what nobody at the screens has answered
	ForSupervisor Role = "supervisor" // the shift supervisor, away from the screen
	ForDutyChief  Role = "duty_chief" // may have a turn as duty chief
)

// Roles lists the roles in the order in which screens show them.
func Roles() []Role { return []Role{ForDelivery, ForSupervisor, ForDutyChief} }

// A Contact is somebody or some place that a station may have to reach.
type Contact struct {
	ID       string `json:"id"`
	Station  string `json:"station"`
	Name     string `json:"name"`
	Function string `json:"function"` // "Fire service", "Shift supervisor"
	Post     string `json:"post"`     // where they stand: "Gate A"
	Phone    string `json:"phone"`
	Radio    string `json:"radio"` // call sign or channel
	Email    string `json:"email"`
	Webhook  string `json:"webhook"`
	Role     Role   `json:"role"`
	User     string `json:"user"` // the user who this is, if any
	Position int    `json:"position"`
	Version  int64  `json:"version"`
}

// Limits of a contact list.
const (
	MostContacts = 500 // of a station
	longest      = 200 // characters of a field
)

// Validate reports the first field that makes c unusable.
func (c *Contact) Validate() error {
	for _, f := range []struct{ name, value string }{
		{"name", c.Name}, {"function", c.Function}, {"post", c.Post}, {"phone", c.Phone}, {"radio", c.Radio}, {"email", c.Email}, {"webhook", c.Webhook},
	} {
		if err := checkLine(f.name, f.value, longest); err != nil {
			return err
		}
	}
	switch {
	case strings.TrimSpace(c.Name) == "":
		return &InvalidError{Field: "name", Reason: "is missing"}
	case c.Role != "" && !slices.Contains(Roles(), c.Role):
		return &InvalidError{Field: "role", Reason: fmt.Sprintf("%.40q is not delivery, supervisor or duty_chief", c.Role)}
	case c.Position < 0 || c.Position > 100_000:
		return &InvalidError{Field: "position", Reason: "not between 0 and 100000"}
	}
	if c.Email != "" {
		if a, err := mail.ParseAddress(c.Email); err != nil || a.Address != c.Email {
			return &InvalidError{Field: "email", Reason: "is no address such as duty@example.org"}
		}
	}
	if c.Webhook != "" {
		if u, err := url.Parse(c.Webhook); err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil {
			return &InvalidError{Field: "webhook", Reason: "is no address that begins with https://"}
		}
	}
	if c.Role != "" && c.Email == "" && c.Webhook == "" {
		return &InvalidError{Field: "email", Reason: "is missing: whoever gets word needs an e-mail address or a webhook"}
	}
	return nil
}

// checkLine refuses what would break a line, a header or a table.
func checkLine(field, value string, most int) error {
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return &InvalidError{Field: field, Reason: "must not hold control characters"}
	case utf8.RuneCountInString(value) > most:
		return &InvalidError{Field: field, Reason: fmt.Sprintf("longer than %d characters", most)}
	}
	return nil
}

// A DutyTurn says who is duty chief from when to when. Outside of all turns the
// first contact with the role of duty chief is.
type DutyTurn struct {
	ID          string    `json:"id"`
	Station     string    `json:"station"`
	Contact     string    `json:"contact"`
	ContactName string    `json:"contact_name"`
	From        time.Time `json:"from"`
	Until       time.Time `json:"until"`
}

// Validate reports the first field that makes t unusable.
func (t *DutyTurn) Validate() error {
	switch {
	case t.Contact == "":
		return &InvalidError{Field: "contact", Reason: "is missing"}
	case t.From.IsZero():
		return &InvalidError{Field: "from", Reason: "is missing"}
	case !t.Until.After(t.From):
		return &InvalidError{Field: "until", Reason: "is not after the beginning"}
	case t.Until.Sub(t.From) > 62*24*time.Hour:
		return &InvalidError{Field: "until", Reason: "is more than two months after the beginning"}
	}
	return nil
}

// A Notice is word to be carried.
type Notice struct {
	Station string
	To      string // a Role, or "contact:<id>", "user:<id>"
	Subject string // one line
	Text    string
	About   string // "alarm:<id>"
	Demo    bool   // simulated: the subject says so
}

// State is how far a delivery has come.
type State string

// The states. Waiting deliveries are tried when they are due; Failed ones are
// tried no more unless somebody asks for it.
const (
	Waiting State = "waiting"
	Sending State = "sending"
	Sent    State = "sent"
	Failed  State = "failed"
)

// A Delivery is one notice on its way to one address.
type Delivery struct {
	ID        string     `json:"id"`
	Station   string     `json:"station"`
	To        string     `json:"to"` // as the notice said
	Contact   string     `json:"contact"`
	Name      string     `json:"name"`
	Channel   Channel    `json:"channel"` // empty when nobody is listed
	Address   string     `json:"address"`
	Subject   string     `json:"subject"`
	Text      string     `json:"text"`
	About     string     `json:"about"`
	State     State      `json:"state"`
	Tries     int        `json:"tries"`
	Reason    string     `json:"reason"` // why the last try failed
	CreatedAt time.Time  `json:"created_at"`
	NextAt    *time.Time `json:"next_at"` // of the next try, while waiting
	SentAt    *time.Time `json:"sent_at"`
	Demo      bool       `json:"demo"`
}

// Errors of the desk. The API knows them by errors.Is or by their methods.
var ErrNotFound = errors.New("no such contact, turn or delivery")

// InvalidError says which field is wrong and why.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// StaleError says that somebody changed the contact since it was read.
type StaleError struct{ Version int64 }

func (e *StaleError) Error() string {
	return fmt.Sprintf("changed by somebody else since; the version is now %d", e.Version)
}

// Stale gives the version that is current.
func (e *StaleError) Stale() int64 { return e.Version }
