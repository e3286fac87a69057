package devices

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// CardHashDetail is the Detail key under which a signal carries the keyed hash
// of the card that was shown; the number itself never leaves the gateway.
const CardHashDetail = "card_hash"

// MinCardKey is the shortest key, in bytes, that CardHash may be used with: card
// numbers are few, and only the key keeps them from being found by trying all.
const MinCardKey = 32

// CardHash is the keyed hash of a card number: HMAC-SHA-256, cut to 128 bits, in
// 32 hexadecimal digits. A number is the same however a system pads or spaces
// it. The hash of no number is empty.
func CardHash(key []byte, number string) string {
	number = CardNumber(number)
	if number == "" {
		return ""
	}
	sum := hmac.New(sha256.New, key)
	sum.Write([]byte("guardroom card " + number))
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// CardNumber is number as CardHash takes it: letters and digits only, in upper
// case, and a number of digits without the zeros before it.
func CardNumber(number string) string {
	digits := true
	clean := strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9':
			return r
		case r >= 'a' && r <= 'z':
			digits = false
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z':
			digits = false
			return r
		}
		return -1
	}, number)
	if digits {
		clean = strings.TrimLeft(clean, "0")
	}
	return clean
}

// ValidCardHash reports whether s looks like what CardHash makes.
func ValidCardHash(s string) bool {
	raw, err := hex.DecodeString(s)
	return err == nil && len(raw) == 16 && s == strings.ToLower(s)
}
