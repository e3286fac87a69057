package watch

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"time"
)

// packPage is the page of a pack; beside it stands one CSV a part.
const packPage = "pack.html"

// pack is one fallback pack: a page that needs nothing but a browser or a
// printer, and its tables as CSV.
type pack struct {
	Station, ID string
	At          time.Time
	Local       string
	Chief       string
	Demo        bool
	Parts       []part
}

type part struct {
	Name, Title string
	Table
}

func (p *pack) add(name, title string, t Table) {
	p.Parts = append(p.Parts, part{name, title, t})
}

// write puts the pack into folder, whole or not at all: everything is written and
// on the disk before the pack gets its name. Then the oldest go.
func (p *pack) write(folder string) error {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("folder of the fallback packs: %w", err)
	}
	leftovers, _ := filepath.Glob(filepath.Join(folder, ".part-*"))
	for _, old := range leftovers { // of a start that was killed
		_ = os.RemoveAll(old)
	}
	room, err := os.MkdirTemp(folder, ".part-*")
	if err != nil {
		return fmt.Errorf("folder of the fallback packs: %w", err)
	}
	defer os.RemoveAll(room) // gone by then when all went well
	page, err := p.page()
	if err != nil {
		return err
	}
	files := map[string][]byte{packPage: page}
	for _, one := range p.Parts {
		if files[one.Name+".csv"], err = one.csv(); err != nil {
			return err
		}
	}
	for name, data := range files {
		if err := writeSynced(filepath.Join(room, name), data); err != nil {
			return fmt.Errorf("write the fallback pack: %w", err)
		}
	}
	if err := os.Chmod(room, 0o750); err != nil { //nolint:gosec // a folder is entered; its group may read the pack
		return fmt.Errorf("write the fallback pack: %w", err)
	}
	target := filepath.Join(folder, p.At.Format(packStamp))
	_ = os.RemoveAll(target) // one of the same second
	if err := os.Rename(room, target); err != nil {
		return fmt.Errorf("write the fallback pack: %w", err)
	}
	if err := syncFolder(folder); err != nil {
		return fmt.Errorf("write the fallback pack: %w", err)
	}
	names := packNames(folder)
	for len(names) > keptPacks {
		_ = os.RemoveAll(filepath.Join(folder, names[0])) // the next pack tries again
		names = names[1:]
	}
	return nil
}

func writeSynced(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	return err
}

func syncFolder(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// csv is the table with its head. A cell that a spreadsheet would take for a
// formula is quoted as text.
func (p part) csv() ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\uFEFF") // so that spreadsheets read UTF-8
	w := csv.NewWriter(&b)
	_ = w.Write(p.Head) // into memory; Error tells
	for _, row := range p.Rows {
		safe := make([]string, len(row))
		for i, c := range row {
			if c != "" && bytes.ContainsAny([]byte(c[:1]), "=+-@\t\r") && !numeric(c) {
				c = "'" + c
			}
			safe[i] = c
		}
		_ = w.Write(safe)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

// numeric reports whether c is a number or a telephone number.
func numeric(c string) bool {
	for _, r := range c {
		if (r < '0' || r > '9') && r != '+' && r != '-' && r != ' ' && r != '.' && r != '(' && r != ')' {
			return false
		}
	}
	return true
}

func (p *pack) page() ([]byte, error) {
	var b bytes.Buffer
	if err := packTemplate.Execute(&b, p); err != nil {
		return nil, fmt.Errorf("draw the fallback pack: %w", err)
	}
	return b.Bytes(), nil
}

var packTemplate = template.Must(template.New("pack").Parse(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Fallback pack: {{.Station}}, {{.Local}}</title>
<style>
@page { size: A4; margin: 14mm 12mm }
body { font: 11px/1.4 system-ui, "DejaVu Sans", sans-serif; color: #1b2229; background: #fff; margin: 16px auto; max-width: 186mm }
h1 { font-size: 20px; margin: 0 0 2px }
h2 { font-size: 14px; margin: 18px 0 4px; break-after: avoid }
p { margin: 2px 0 }
table { border-collapse: collapse; width: 100% }
thead { display: table-header-group }
tr { break-inside: avoid }
th { text-align: start; font-weight: 650; border-bottom: 1.5px solid #1b2229; padding: 3px 6px 3px 0; text-transform: capitalize }
td { border-bottom: 1px solid #c9d0d6; padding: 3px 6px 3px 0; vertical-align: top; overflow-wrap: anywhere }
.mark { border: 1.5px solid #1b2229; padding: 0 6px; font-weight: 700 }
.chief { font-size: 13px; margin-top: 8px }
</style>
</head>
<body>
<h1>{{.Station}}: fallback pack {{if .Demo}}<span class="mark">DEMO</span>{{end}}</h1>
<p>For the time in which the console is down. As of <b>{{.Local}}</b> ({{.At.Format "2006-01-02 15:04"}} UTC). Replace it by a newer one when there is one.</p>
{{if .Chief}}<p class="chief">Duty chief: <b>{{.Chief}}</b></p>{{end}}
{{range .Parts}}<h2>{{.Title}}</h2>
{{if .Rows}}<table><thead><tr>{{range .Head}}<th>{{.}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}<tr>{{range .}}<td dir="auto">{{.}}</td>{{end}}</tr>{{end}}</tbody></table>
{{else}}<p>None.</p>
{{end}}{{end}}</body>
</html>
`))
