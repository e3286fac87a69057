package api

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"net/http"
	"reflect"
)

// A cursor is what a list gives as next: where its page ended, with a sum over that
// and the list. One that was typed, cut or given by another list is refused; it
// would show a part that looks like the whole.
func sealed(list, place string) string {
	sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(list+" "+place)))
	return base64.RawURLEncoding.EncodeToString(append(sum, place...))
}

// opened is the place that a cursor of the list names.
func opened(list, cursor string) (place string, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(data) <= 4 {
		return "", false
	}
	place = string(data[4:])
	return place, sealed(list, place) == cursor
}

// openCursor reads the cursor of a request in place of which the desks get where the page
// before ended.
func openCursor(list string, in any) error {
	cursor := reflect.ValueOf(in).Elem().FieldByName("Cursor")
	if cursor.String() == "" {
		return nil
	}
	place, ok := opened(list, cursor.String())
	if !ok {
		p := newProblem(http.StatusUnprocessableEntity, codeInvalid, "cursor: not one that this list gave", map[string]any{"field": "cursor", "reason": "not one that this list gave"})
		p.Errors = []Fault{{Location: "cursor", Message: "not one that this list gave"}}
		return p
	}
	cursor.SetString(place)
	return nil
}

// pages reports whether the input of a route walks through pages.
func pages[I any]() bool {
	t := reflect.TypeFor[I]()
	if t.Kind() != reflect.Struct {
		return false
	}
	f, found := t.FieldByName("Cursor")
	return found && f.Type.Kind() == reflect.String
}

// seal makes a cursor of the place in Body.Next of an answer.
func seal(list string, out any) {
	body := reflect.ValueOf(out).Elem().FieldByName("Body")
	if body.Kind() != reflect.Struct {
		return
	}
	if next := body.FieldByName("Next"); next.Kind() == reflect.String && next.String() != "" {
		next.SetString(sealed(list, next.String()))
	}
}
