package notify

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A RowFault is what is wrong with one row of a table. Rows count from 1, the head.
type RowFault struct {
	Row    int    `json:"row"`
	Column string `json:"column"`
	Reason string `json:"reason"`
}

// ContactsRead is what became of a table.
type ContactsRead struct {
	Rows    int        `json:"rows"`
	Applied bool       `json:"applied"`
	Faults  []RowFault `json:"faults"`
}

// Columns are the columns of a contact table; name is needed, the others may be
// left out, and they may stand in any order.
func Columns() []string {
	return []string{"name", "function", "post", "phone", "radio", "email", "webhook", "role"}
}

// ReadContacts reads a table with a head, separated by commas or semicolons, in
// UTF-8 with or without a byte order mark. Every row that is wrong is named.
func ReadContacts(table string) ([]Contact, []RowFault) {
	table = strings.TrimPrefix(table, "\uFEFF")
	if !utf8.ValidString(table) {
		return nil, []RowFault{{Row: 1, Reason: "the file is not UTF-8"}}
	}
	in := csv.NewReader(strings.NewReader(table))
	in.FieldsPerRecord = -1
	head, _, _ := strings.Cut(table, "\n")
	if strings.Count(head, ";") > strings.Count(head, ",") {
		in.Comma = ';'
	}
	names, err := in.Read()
	if err != nil {
		return nil, []RowFault{{Row: 1, Reason: "there is no head with the names of the columns"}}
	}
	columns, fault := readHead(names)
	if fault != nil {
		return nil, []RowFault{*fault}
	}
	list, faults := []Contact{}, []RowFault{}
	seen := map[string]int{}
	for len(faults) < 100 {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var broken *csv.ParseError
		if errors.As(err, &broken) {
			return list, append(faults, RowFault{Row: broken.StartLine, Reason: broken.Err.Error()}) // what follows cannot be told apart
		}
		row, _ := in.FieldPos(0)
		if len(list) == MostContacts {
			return list, append(faults, RowFault{Row: row, Reason: fmt.Sprintf("more than %d contacts", MostContacts)})
		}
		c, fault := readRow(cells, columns)
		if fault == nil && seen[c.Name] > 0 {
			fault = &RowFault{Column: "name", Reason: fmt.Sprintf("stands in row %d too", seen[c.Name])}
		}
		if fault != nil {
			fault.Row = row
			faults = append(faults, *fault)
			continue
		}
		seen[c.Name] = row
		list = append(list, c)
	}
	return list, faults
}

func readHead(names []string) ([]string, *RowFault) {
	columns, seen := make([]string, len(names)), map[string]bool{}
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(name))
		known := false
		for _, c := range Columns() {
			known = known || c == name
		}
		switch {
		case !known:
			return nil, &RowFault{Row: 1, Column: clip(name, 40), Reason: "is not a column of a contact list: " + strings.Join(Columns(), ", ")}
		case seen[name]:
			return nil, &RowFault{Row: 1, Column: name, Reason: "stands there twice"}
		}
		columns[i], seen[name] = name, true
	}
	if !seen["name"] {
		return nil, &RowFault{Row: 1, Column: "name", Reason: "is missing"}
	}
	return columns, nil
}

func readRow(cells, columns []string) (Contact, *RowFault) {
	if len(cells) > len(columns) {
		return Contact{}, &RowFault{Reason: "has more cells than the head"}
	}
	var c Contact
	to := map[string]*string{"name": &c.Name, "function": &c.Function, "post": &c.Post, "phone": &c.Phone, "radio": &c.Radio,
		"email": &c.Email, "webhook": &c.Webhook, "role": (*string)(&c.Role)}
	for i, cell := range cells {
		*to[columns[i]] = strings.TrimSpace(cell)
	}
	var wrong *InvalidError
	if errors.As(c.Validate(), &wrong) {
		return Contact{}, &RowFault{Column: wrong.Field, Reason: wrong.Reason}
	}
	return c, nil
}

func count(n int) string { return strconv.Itoa(n) }
