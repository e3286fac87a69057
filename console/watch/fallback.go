package watch

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guardroom/console/alarms"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/notify"
	"guardroom/devices"
)

// A Section is one further table of the fallback pack, such as what to do at each
// point. Rows are asked for anew for each pack.
type Section struct {
	Name  string // of its file: "responses"
	Title string
	Rows  func(ctx context.Context, station string) (Table, error)
}

// Table is a head and rows of the same length.
type Table struct {
	Head []string
	Rows [][]string
}

// PackState is how a station's fallback pack stands.
type PackState struct {
	Station string     `json:"station"`
	Folder  string     `json:"folder"`  // where packs are written; empty: nowhere
	At      *time.Time `json:"at"`      // of the newest whole pack
	Name    string     `json:"name"`    // of its folder
	Kept    int        `json:"kept"`    // packs that are there
	Reason  string     `json:"reason"`  // why the last try failed
	Failed  *time.Time `json:"failed"`  // when it did
	Old     bool       `json:"old"`     // older than it may be
	Every   int        `json:"minutes"` // between two packs; 0: none wanted

	alarmed bool
}

const (
	keptPacks = 48
	packOld   = 3 * time.Hour
	packLook  = 20 * time.Second
)

// findPacks learns from the folder which packs are there.
func (d *Desk) findPacks() {
	for _, s := range d.o.Stations() {
		d.packs[s.ID] = d.foundPacks(s.ID)
	}
}

func (d *Desk) foundPacks(station string) PackState {
	p := PackState{Station: station, Folder: d.o.Folder}
	if d.o.Folder == "" {
		return p
	}
	names := packNames(filepath.Join(d.o.Folder, station))
	p.Kept = len(names)
	if p.Kept > 0 {
		p.Name = names[len(names)-1]
		if at, err := time.Parse(packStamp, p.Name); err == nil {
			p.At = &at
		}
	}
	return p
}

// packStamp names a pack by its instant in UTC, to the second, so that names sort
// as times do.
const packStamp = "2006-01-02T150405Z"

func packNames(folder string) []string {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	names := []string{}
	for _, e := range entries {
		if _, err := time.Parse(packStamp, e.Name()); err == nil && e.IsDir() {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return names
}

// runFallback writes packs when they are due, until ctx ends.
func (d *Desk) runFallback(ctx context.Context) {
	tick := time.NewTicker(packLook)
	defer tick.Stop()
	for {
		if d.settled() {
			d.packsDue(ctx)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (d *Desk) packsDue(ctx context.Context) {
	for _, station := range d.o.Stations() {
		d.mu.Lock()
		p, every := d.packs[station.ID], d.keepingOf(station.ID).pack()
		d.mu.Unlock()
		now := d.o.Now()
		tried := p.Failed != nil && now.Sub(*p.Failed) < time.Minute
		if every > 0 && d.o.Folder != "" && !tried && (p.At == nil || now.Sub(*p.At) >= every) {
			if _, err := d.pack(ctx, station); err != nil && ctx.Err() == nil {
				d.o.Log.Error("watch: the fallback pack was not written; will try again", "station", station.ID, "err", err)
			}
		}
		d.agePack(ctx, station)
	}
}

// agePack raises or ends the alarm that the pack of a station is old. A console
// that has just begun counts from its start.
func (d *Desk) agePack(ctx context.Context, station Station) {
	d.mu.Lock()
	p, wanted := d.packs[station.ID], d.keepingOf(station.ID).PackMinutes > 0 && d.o.Folder != ""
	d.mu.Unlock()
	last := d.started
	if p.At != nil && p.At.After(last) {
		last = *p.At
	}
	now := d.o.Now()
	old := wanted && now.Sub(last) > packOld
	if old == p.alarmed {
		return
	}
	text := "The fallback pack is up to date again."
	if old {
		text = "No fallback pack could be written for over three hours. " + p.Reason
	}
	err := d.o.Raiser.Raise(ctx, station.ID, devices.Signal{
		Point: devices.MakePointID(devices.ConsoleGateway, "fallback", station.ID), Kind: devices.FallbackOld, Active: old,
		Occurred: now.UTC(), Observed: now.UTC(), Clock: devices.Synced, Text: text,
	})
	if err != nil {
		d.o.Log.Warn("watch: the alarm of an old fallback pack; will try again", "station", station.ID, "err", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	p = d.packs[station.ID]
	p.alarmed = old
	d.packs[station.ID] = p
}

// Packs says how the fallback packs stand that by may see.
func (d *Desk) Packs(by auth.Operator, station string) ([]PackState, error) {
	stations, err := by.Scope(auth.AlarmsRead, station)
	if err != nil {
		return nil, err
	}
	list := []PackState{}
	for _, s := range d.o.Stations() {
		if stations == nil || slices.Contains(stations, s.ID) {
			list = append(list, d.packState(s.ID))
		}
	}
	return list, nil
}

func (d *Desk) packState(station string) PackState {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.packs[station]
	p.Station, p.Folder, p.Every = station, d.o.Folder, d.keepingOf(station).PackMinutes
	p.Old = p.Every > 0 && (p.At == nil || d.o.Now().Sub(*p.At) > packOld)
	return p
}

// WritePack writes the pack of a station now.
func (d *Desk) WritePack(ctx context.Context, by auth.Operator, id string) (PackState, error) {
	if err := by.May(auth.WatchSupervise, id); err != nil {
		return PackState{}, err
	}
	station, known := d.station(id)
	switch {
	case !known:
		return PackState{}, ErrNotFound
	case d.o.Folder == "":
		return PackState{}, &ConflictError{Reason: "no_folder", Detail: "the configuration names no folder for fallback packs"}
	}
	p, err := d.pack(ctx, station)
	if err != nil {
		return PackState{}, &ConflictError{Reason: "not_written", Detail: "the fallback pack was not written: " + p.Reason}
	}
	err = d.o.Store.Write(ctx, func(_ context.Context, tx Tx) error {
		tx.Audit(audit.By(by, id, "fallback.write", "station:"+id, map[string]string{"pack": p.Name}))
		return nil
	})
	return p, err
}

// PackPage is the newest pack of a station as its printable page.
func (d *Desk) PackPage(by auth.Operator, id string) ([]byte, error) {
	if err := by.May(auth.AlarmsRead, id); err != nil {
		return nil, err
	}
	p := d.packState(id)
	if p.Name == "" {
		return nil, ErrNotFound
	}
	page, err := os.ReadFile(filepath.Join(d.o.Folder, id, p.Name, packPage))
	if err != nil {
		return nil, ErrNotFound // it was taken away by hand, or the disk is gone
	}
	return page, nil
}

// pack writes one pack and keeps how it went.
func (d *Desk) pack(ctx context.Context, station Station) (PackState, error) {
	content, err := d.content(ctx, station)
	if err == nil {
		err = content.write(filepath.Join(d.o.Folder, station.ID))
	}
	d.mu.Lock()
	p := d.packs[station.ID]
	if err != nil {
		now := d.o.Now().UTC()
		p.Failed, p.Reason = &now, plainly(err)
	} else {
		alarmed := p.alarmed
		p = d.foundPacks(station.ID)
		p.alarmed = alarmed
	}
	d.packs[station.ID] = p
	d.mu.Unlock()
	return d.packState(station.ID), err
}

// plainly is an error of the disk without the temporary name it stumbled over.
func plainly(err error) string {
	words := err.Error()
	if at := strings.LastIndex(words, ": "); at >= 0 && strings.Contains(words, ".part-") {
		return "the disk says: " + words[at+2:]
	}
	return words
}

// content collects what goes into the pack of a station. A part that cannot be
// read is named in the pack; the rest is still worth having.
func (d *Desk) content(ctx context.Context, station Station) (pack, error) {
	at := d.o.Now().UTC().Truncate(time.Second)
	p := pack{Station: station.Name, ID: station.ID, At: at, Local: at.In(station.Zone).Format("15:04 MST, Mon 2 Jan 2006"), Demo: station.Demo}
	contacts, err := d.o.Notify.Contacts(ctx, auth.Operator{ID: "system", Grants: []auth.Grant{{Role: auth.Officer, Station: station.ID}}}, station.ID)
	if err != nil {
		return pack{}, fmt.Errorf("read the contacts: %w", err)
	}
	p.add("watch", "On watch when this was written", watchTable(d.OnWatch(station.ID), station.Zone))
	p.add("phone-tree", "Whom to call, in this order", phoneTree(contacts))
	p.add("contacts", "Contacts", contactTable(contacts))
	if chief, err := d.o.Notify.DutyChief(ctx, station.ID); err == nil {
		p.Chief = strings.Join(slices.DeleteFunc([]string{chief.Name, chief.Phone, chief.Radio, chief.Email}, func(s string) bool { return s == "" }), ", ")
	}
	sheet, err := d.sheet(ctx, station.ID)
	if err != nil {
		return pack{}, err
	}
	p.add("alarms", "Alarms that are not over", alarmTable(sheet.Alarms, station.Zone))
	p.add("removed", "Shelved, suppressed, out of service", thingTable(sheet.Shelf, station.Zone, "point_name", "device_name", "location", "kind", "mode", "reason", "by_name", "since", "until"))
	p.add("impairments", "On test, isolated, disabled", thingTable(sheet.Impairments, station.Zone, "point_name", "location", "mode", "reason", "by_name", "since", "until"))
	p.add("lockdowns", "Lockdowns and postures", thingTable(append(sheet.Lockdowns, sheet.Postures...), station.Zone, "name", "scope", "posture", "reason", "by_name", "since"))
	p.add("evacuations", "Fire: investigations and evacuations", thingTable(sheet.Fire, station.Zone, "name", "building_name", "state", "since"))
	for _, section := range d.o.Sections {
		table, err := section.Rows(ctx, station.ID)
		if err != nil {
			d.o.Log.Warn("watch: a part of the fallback pack is missing", "part", section.Name, "station", station.ID, "err", err)
			table = Table{Head: []string{"note"}, Rows: [][]string{{"This part could not be read when the pack was written."}}}
		}
		p.add(section.Name, section.Title, table)
	}
	return p, nil
}

func watchTable(list []Post, zone *time.Location) Table {
	t := Table{Head: []string{"name", "role", "desk", "since", "under a cover"}}
	for _, p := range list {
		t.Rows = append(t.Rows, []string{p.Name, string(p.Role), p.Desk, p.Since.In(zone).Format("2 Jan 15:04"), yes(p.Cover != "")})
	}
	return t
}

func yes(on bool) string {
	if on {
		return "yes"
	}
	return ""
}

// phoneTree is the way that an alarm goes when nobody answers, as the console
// would carry it: who can be reached by telephone or radio at each step.
func phoneTree(list []notify.Contact) Table {
	t := Table{Head: []string{"step", "when", "name", "function", "phone", "radio"}}
	when := map[notify.Role]string{
		notify.ForDelivery: "first", notify.ForSupervisor: "when they do not answer", notify.ForDutyChief: "when those do not answer, and for what is grave",
	}
	step := 0
	for _, role := range notify.Roles() {
		there := false
		for _, c := range list {
			if c.Role != role || c.Phone == "" && c.Radio == "" {
				continue
			}
			if !there {
				step, there = step+1, true
			}
			t.Rows = append(t.Rows, []string{fmt.Sprint(step), when[role], c.Name, c.Function, c.Phone, c.Radio})
		}
	}
	return t
}

func contactTable(list []notify.Contact) Table {
	t := Table{Head: []string{"name", "function", "post", "phone", "radio", "email"}}
	for _, c := range list {
		t.Rows = append(t.Rows, []string{c.Name, c.Function, c.Post, c.Phone, c.Radio, c.Email})
	}
	return t
}

func alarmTable(list []alarms.Alarm, zone *time.Location) Table {
	t := Table{Head: []string{"priority", "kind", "place", "point", "state", "since", "count"}}
	for _, a := range list {
		t.Rows = append(t.Rows, []string{fmt.Sprint(a.Priority), string(a.Kind), strings.Join(slices.Compact([]string{a.Location, a.DeviceName}), ", "),
			cmp.Or(a.PointName, string(a.Point)), string(a.State), a.RaisedAt.In(zone).Format("2 Jan 15:04:05"), fmt.Sprint(a.Count)})
	}
	return t
}

func thingTable(list []Thing, zone *time.Location, columns ...string) Table {
	t := Table{Head: columns}
	for _, one := range list {
		row := []string{}
		for _, c := range columns {
			row = append(row, cell(one[c], zone))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func cell(value any, zone *time.Location) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		if at, err := time.Parse(time.RFC3339, value); err == nil {
			return at.In(zone).Format("2 Jan 15:04")
		}
		return value
	}
	return fmt.Sprint(value)
}

// sortAlarms puts the gravest first, and of those the oldest.
func sortAlarms(list []alarms.Alarm) {
	slices.SortFunc(list, func(a, b alarms.Alarm) int {
		return cmp.Or(cmp.Compare(order(a), order(b)), cmp.Compare(a.Priority, b.Priority), a.RaisedAt.Compare(b.RaisedAt), cmp.Compare(a.ID, b.ID))
	})
}

func order(a alarms.Alarm) int {
	if a.LifeSafety {
		return 0
	}
	return 1
}
