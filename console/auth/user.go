package auth

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// User is a person who may sign in.
type User struct {
	ID                 string     `json:"id"`
	Username           string     `json:"username"` // lower case, unique
	Name               string     `json:"name"`
	Roles              []Grant    `json:"roles"`
	Disabled           bool       `json:"disabled"`
	CreatedAt          time.Time  `json:"created_at"`
	LastSignIn         *time.Time `json:"last_sign_in"`
	MustChangePassword bool       `json:"must_change_password"`
	Version            int64      `json:"version"`
}

// Operator is u as somebody who acts from address.
func (u User) Operator(address string) Operator {
	return Operator{ID: u.ID, Username: u.Username, Name: u.Name, Grants: slices.Clone(u.Roles), Address: address}
}

// Normal brings a typed user name to the form in which it is kept.
func Normal(username string) string { return strings.ToLower(strings.TrimSpace(username)) }

func checkUsername(username string) error {
	if username == "" || len(username) > 64 {
		return &InvalidError{Field: "username", Reason: "1 to 64 characters"}
	}
	for i, c := range username {
		ok := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || i > 0 && strings.ContainsRune("._-@", c)
		if !ok {
			return &InvalidError{Field: "username", Reason: "letters a to z, digits, and . _ - @ after the first"}
		}
	}
	return nil
}

func checkName(field, name string) error {
	if n := utf8.RuneCountInString(name); n == 0 || n > 200 || strings.TrimSpace(name) == "" {
		return &InvalidError{Field: field, Reason: "1 to 200 characters"}
	}
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return &InvalidError{Field: field, Reason: "must not hold control characters"}
	}
	return nil
}

// checkGrants refuses unknown roles and sorts out what stands there twice.
func checkGrants(grants []Grant) ([]Grant, error) {
	if len(grants) > 500 {
		return nil, &InvalidError{Field: "roles", Reason: "at most 500"}
	}
	kept := []Grant{}
	for i, g := range grants {
		switch {
		case !g.Role.Valid():
			return nil, &InvalidError{Field: fmt.Sprintf("roles[%d].role", i), Reason: fmt.Sprintf("%.40q is not a role", g.Role)}
		case g.Station == "" || len(g.Station) > 64:
			return nil, &InvalidError{Field: fmt.Sprintf("roles[%d].station", i), Reason: "a station's id, or * for all"}
		}
		if !slices.Contains(kept, g) {
			kept = append(kept, g)
		}
	}
	return kept, nil
}

// Note is what the record keeps of a change. The store makes an audit entry of
// it, in the transaction of the change itself.
type Note struct {
	By      Operator
	Station string
	Action  string // "user.create"
	Subject string // "user:<id>"
	Params  map[string]string
}

func grantWords(grants []Grant) string {
	words := make([]string, len(grants))
	for i, g := range grants {
		words[i] = string(g.Role) + "@" + g.Station
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}
