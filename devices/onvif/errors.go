package onvif

import "fmt"

// Code is what went wrong, for programs and translations.
type Code string

// What goes wrong with a camera's ONVIF side.
const (
	Unreachable     Code = "unreachable"
	RefusedPassword Code = "refused_password"
	NotSupported    Code = "not_supported" // the camera does not turn, or not in this way
	NoSuchPreset    Code = "no_such_preset"
	Refused         Code = "refused"  // any other refusal, in the camera's words
	Protocol        Code = "protocol" // what it says is not ONVIF
)

var words = map[Code]string{
	Unreachable:     "The camera's ONVIF address cannot be reached. Check the address and that ONVIF is switched on in the camera.",
	RefusedPassword: "The camera refuses the ONVIF user or the password. Many cameras keep ONVIF users apart: make one there.",
	NotSupported:    "The camera cannot do this.",
	NoSuchPreset:    "The camera has no such preset.",
	Refused:         "The camera refuses.",
	Protocol:        "The camera's ONVIF answer is not understood.",
}

// Words says code to an operator; empty for a code that there is not.
func Words(code Code) string { return words[code] }

// Error is why a camera did not do what it was asked.
type Error struct {
	Operation string // "GotoPreset"
	Code      Code
	Text      string // in words for an operator
	Err       error  // for the log, without passwords; may be nil
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Operation, e.Text)
	}
	return fmt.Sprintf("%s: %s: %v", e.Operation, e.Text, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

func failed(operation string, code Code, err error) *Error {
	return &Error{Operation: operation, Code: code, Text: words[code], Err: err}
}

// InvalidError says which part of a question is wrong, before it is asked.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string        { return fmt.Sprintf("%s %s", e.Field, e.Reason) }
func (e *InvalidError) InvalidField() string { return e.Field }
