package replay

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"guardroom/devices"
)

const (
	longestQuery = 200 // characters
	mostTerms    = 8
	longestWord  = 64 // characters; the rest is not searched
)

// number stands for every word with a digit in a device's own text: "zone 12" and
// "23.4 degrees" are the same thing said again, and are looked at when asked for.
const number = "#"

// Words are the words of texts, each once, in lower case: runs of letters and
// digits.
func Words(texts ...string) []string {
	var all []string
	for _, text := range texts {
		for _, w := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			all = append(all, clip(strings.ToLower(w)))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func clip(word string) string {
	if utf8.RuneCountInString(word) <= longestWord {
		return word
	}
	return string([]rune(word)[:longestWord])
}

func hasDigit(word string) bool { return strings.IndexFunc(word, unicode.IsDigit) >= 0 }

// Saying is a thing that is said, its numbers aside.
type Saying struct {
	Station string
	Point   devices.PointID
	Kind    devices.Kind
	Words   []string // of kind, state, text and point
	key     [16]byte
}

// Key is the same for the same saying.
func (s *Saying) Key() [16]byte { return s.key }

// Say is what h says.
func Say(h *Heard) Saying {
	text := Words(h.Text)
	for i, w := range text {
		if hasDigit(w) {
			text[i] = number
		}
	}
	words := append(Words(string(h.Kind), h.State, string(h.Point)), text...)
	slices.Sort(words)
	words = slices.Compact(words)
	sum := sha256.New()
	for _, part := range []string{h.Station, string(h.Point), string(h.Kind), h.State, strings.Join(words, " ")} {
		fmt.Fprintf(sum, "%d:%s", len(part), part)
	}
	return Saying{Station: h.Station, Point: h.Point, Kind: h.Kind, Words: words, key: [16]byte(sum.Sum(nil)[:16])}
}

// Terms are what somebody looks for: every term must be the beginning of a word.
type Terms []string

// ParseTerms reads what somebody typed. An *InvalidError says what is wrong.
func ParseTerms(q string) (Terms, error) {
	switch {
	case !utf8.ValidString(q):
		return nil, &InvalidError{Field: "q", Reason: "not UTF-8"}
	case utf8.RuneCountInString(q) > longestQuery:
		return nil, &InvalidError{Field: "q", Reason: fmt.Sprintf("longer than %d characters", longestQuery)}
	}
	terms := Words(q)
	switch {
	case len(terms) == 0:
		return nil, &InvalidError{Field: "q", Reason: "has no word to look for"}
	case len(terms) > mostTerms:
		return nil, &InvalidError{Field: "q", Reason: fmt.Sprintf("has more than %d words", mostTerms)}
	}
	return terms, nil
}

// Query is t for PostgreSQL's tsquery; a term with a digit may stand behind number.
func (t Terms) Query() string {
	parts := make([]string, len(t))
	for i, term := range t { // letters and digits only: nothing in it needs quoting
		parts[i] = "'" + term + "':*"
		if hasDigit(term) {
			parts[i] = "(" + parts[i] + " | '" + number + "')"
		}
	}
	return strings.Join(parts, " & ")
}

// Strict is Query where numbers are written out.
func (t Terms) Strict() string {
	parts := make([]string, len(t))
	for i, term := range t {
		parts[i] = "'" + term + "':*"
	}
	return strings.Join(parts, " & ")
}

// Vague reports whether what fits Query must be looked at word by word.
func (t Terms) Vague() bool { return slices.ContainsFunc(t, hasDigit) }

// Fit reports whether each term is the beginning of one of the words.
func (t Terms) Fit(words []string) bool {
	for _, term := range t {
		i, _ := slices.BinarySearch(words, term)
		if i == len(words) || !strings.HasPrefix(words[i], term) {
			return false
		}
	}
	return true
}
