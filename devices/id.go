package devices

import (
	"fmt"
	"strings"
)

// PointID is the id of a point in the whole installation:
// "<gateway>/<device>.<point>". Gateway ids are unique in the installation,
// device ids in their gateway, point ids in their device.
type PointID string

// MakePointID joins the three ids; it does not check them.
func MakePointID(gateway, device, point string) PointID {
	return PointID(gateway + "/" + device + "." + point)
}

// Gateway is the part before the slash, empty when there is none.
func (p PointID) Gateway() string {
	gateway, _, found := strings.Cut(string(p), "/")
	if !found {
		return ""
	}
	return gateway
}

// Local is the part after the slash, "<device>.<point>".
func (p PointID) Local() string {
	_, local, _ := strings.Cut(string(p), "/")
	return local
}

// Device is the device's id. A device id holds no dot, so the first dot ends it.
func (p PointID) Device() string {
	device, _, _ := strings.Cut(p.Local(), ".")
	return device
}

// Point is the point's id within its device; it may hold dots.
func (p PointID) Point() string {
	_, point, _ := strings.Cut(p.Local(), ".")
	return point
}

// Validate reports what makes p unusable.
func (p PointID) Validate() error {
	gateway, local, found := strings.Cut(string(p), "/")
	if !found {
		return &InvalidError{Field: "point", Reason: fmt.Sprintf("%q is not <gateway>/<device>.<point>", clip(string(p)))}
	}
	device, point, found := strings.Cut(local, ".")
	if !found {
		return &InvalidError{Field: "point", Reason: fmt.Sprintf("%q is not <gateway>/<device>.<point>", clip(string(p)))}
	}
	for _, part := range []string{gateway, device, point} {
		if !ValidID(part) {
			return &InvalidError{Field: "point", Reason: fmt.Sprintf("%q holds the bad id %q", clip(string(p)), clip(part))}
		}
	}
	return nil
}

// ValidID reports whether id matches [A-Za-z0-9][A-Za-z0-9._-]{0,63}, the form
// of every id that travels (ARCHITECTURE: the wire).
func ValidID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for i := range len(id) {
		c := id[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == '-'):
		default:
			return false
		}
	}
	return true
}

// ValidDeviceID is ValidID without dots: the first dot of "<device>.<point>"
// must end the device.
func ValidDeviceID(id string) bool { return ValidID(id) && !strings.Contains(id, ".") }

// InvalidError says which field is wrong and why, in words for an operator.
type InvalidError struct{ Field, Reason string }

func (e *InvalidError) Error() string { return e.Field + ": " + e.Reason }

// InvalidField names the field; the API recognises the error by this method.
func (e *InvalidError) InvalidField() string { return e.Field }

// clip keeps a hostile value from filling a log line.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
