package notify

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
)

// Tx is the part of a writing transaction that Send needs.
type Tx interface {
	// Receivers lists who at the station has the role, or is the named contact or
	// user, in the list's order. For ForDutyChief it is the one whose turn it is.
	Receivers(ctx context.Context, station, to string) ([]Contact, error)
	// Deliver queues deliveries, due at once unless they have failed already.
	Deliver(ctx context.Context, list []Delivery) error
}

// keeper is what the desk needs of the store.
type keeper interface {
	Contacts(ctx context.Context, station string) ([]Contact, error)
	Contact(ctx context.Context, id string) (Contact, error)
	// SaveContact adds a contact of version 0 and changes any other, unless
	// somebody else has: then a *StaleError.
	SaveContact(ctx context.Context, c Contact, e audit.Entry) (Contact, error)
	RemoveContact(ctx context.Context, id string, e audit.Entry) error
	// ReplaceContacts makes list the whole list of the station. A contact whose
	// name stays keeps its id, and its turns with it.
	ReplaceContacts(ctx context.Context, station string, list []Contact, e audit.Entry) error
	Turns(ctx context.Context, station string) ([]DutyTurn, error)
	Turn(ctx context.Context, id string) (DutyTurn, error)
	AddTurn(ctx context.Context, t DutyTurn, e audit.Entry) error
	RemoveTurn(ctx context.Context, id string, e audit.Entry) error
	// DutyChief is who is duty chief at the store's now; ErrNotFound when nobody is.
	DutyChief(ctx context.Context, station string) (Contact, error)
	Deliveries(ctx context.Context, q Query) ([]Delivery, string, error)
	Delivery(ctx context.Context, id string) (Delivery, error)
	// Again makes a failed delivery due.
	Again(ctx context.Context, id string, e audit.Entry) (Delivery, error)
	// Queue runs f in a transaction, with the record's entry.
	Queue(ctx context.Context, e audit.Entry, f func(ctx context.Context, tx Tx) error) error
	// Claim takes due deliveries for this console until the lease ends.
	Claim(ctx context.Context, most int, lease time.Duration) ([]Delivery, error)
	// Settle writes what became of a delivery that was claimed.
	Settle(ctx context.Context, d Delivery) error
}

// Options of a Desk. Store is needed; a channel without a sender fails in words.
type Options struct {
	Store   keeper
	Senders map[Channel]Sender
	Log     *slog.Logger
	Now     func() time.Time // time.Now outside tests
	Look    time.Duration    // how often due deliveries are looked for; default 1 s
}

// Desk is where contacts and deliveries are looked after.
type Desk struct {
	o    Options
	wake chan struct{}
}

// NewDesk opens the desk.
func NewDesk(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Look == 0 {
		o.Look = time.Second
	}
	return &Desk{o: o, wake: make(chan struct{}, 1)}
}

// Send queues n for everybody whom it is for, in the transaction tx, and returns
// how many addresses get it. When nobody is listed, that is kept as a failed
// delivery: word that reached nobody must be seen.
func (d *Desk) Send(ctx context.Context, tx Tx, n Notice) (int, error) {
	n.Subject, n.Text = oneLine(n.Subject), clip(n.Text, 8000)
	if n.Demo {
		n.Subject = "DEMO: " + n.Subject
	}
	receivers, err := tx.Receivers(ctx, n.Station, n.To)
	if err != nil {
		return 0, err
	}
	list := []Delivery{}
	for _, c := range receivers {
		for channel, address := range map[Channel]string{Email: c.Email, Webhook: c.Webhook} {
			if address != "" {
				list = append(list, Delivery{
					ID: auth.NewID(), Station: n.Station, To: n.To, Contact: c.ID, Name: c.Name, Channel: channel, Address: address,
					Subject: n.Subject, Text: n.Text, About: n.About, State: Waiting, Demo: n.Demo,
				})
			}
		}
	}
	reached := len(list)
	if reached == 0 {
		list = append(list, Delivery{
			ID: auth.NewID(), Station: n.Station, To: n.To, Subject: n.Subject, Text: n.Text, About: n.About, State: Failed, Demo: n.Demo,
			Reason: "nobody with an address is listed for this",
		})
	}
	if err := tx.Deliver(ctx, list); err != nil {
		return 0, err
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return reached, nil
}

// Contacts lists whom a station may have to reach.
func (d *Desk) Contacts(ctx context.Context, by auth.Operator, station string) ([]Contact, error) {
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return nil, err
	}
	return d.o.Store.Contacts(ctx, station)
}

// SaveContact adds c, or changes the contact of its id.
func (d *Desk) SaveContact(ctx context.Context, by auth.Operator, c Contact) (Contact, error) {
	action := "contact.add"
	if c.ID != "" {
		old, err := d.contact(ctx, by, c.ID)
		if err != nil {
			return Contact{}, err
		}
		c.Station, action = old.Station, "contact.change"
		if old.Version != c.Version {
			return Contact{}, &StaleError{Version: old.Version}
		}
	} else if err := by.May(auth.WatchManage, c.Station); err != nil {
		return Contact{}, err
	}
	c.trim()
	if err := c.Validate(); err != nil {
		return Contact{}, err
	}
	if c.ID == "" {
		c.ID, c.Version = auth.NewID(), 0
	}
	return d.o.Store.SaveContact(ctx, c, audit.By(by, c.Station, action, "contact:"+c.ID, map[string]string{
		"name": c.Name, "function": c.Function, "role": string(c.Role),
	}))
}

func (c *Contact) trim() {
	for _, s := range []*string{&c.Name, &c.Function, &c.Post, &c.Phone, &c.Radio, &c.Email, &c.Webhook} {
		*s = strings.TrimSpace(*s)
	}
}

// RemoveContact takes a contact off the list, with its turns as duty chief.
func (d *Desk) RemoveContact(ctx context.Context, by auth.Operator, id string) error {
	c, err := d.contact(ctx, by, id)
	if err != nil {
		return err
	}
	return d.o.Store.RemoveContact(ctx, id, audit.By(by, c.Station, "contact.remove", "contact:"+id, map[string]string{"name": c.Name}))
}

// contact finds a contact that by may change. Whoever may change none learns
// nothing of whether it exists.
func (d *Desk) contact(ctx context.Context, by auth.Operator, id string) (Contact, error) {
	if err := anywhere(by, auth.WatchManage); err != nil {
		return Contact{}, err
	}
	c, err := d.o.Store.Contact(ctx, id)
	if err != nil {
		return Contact{}, err
	}
	return c, by.May(auth.WatchManage, c.Station)
}

func anywhere(by auth.Operator, p auth.Permission) error {
	if all, some := by.Stations(p); !all && len(some) == 0 {
		return by.May(p, auth.AllStations)
	}
	return nil
}

// Import makes the rows of a table the whole contact list of a station. With dry
// it only says what is wrong with them. Nothing is changed while a row is wrong.
func (d *Desk) Import(ctx context.Context, by auth.Operator, station, table string, dry bool) (ContactsRead, error) {
	if err := by.May(auth.WatchManage, station); err != nil {
		return ContactsRead{}, err
	}
	list, faults := ReadContacts(table)
	done := ContactsRead{Rows: len(list) + len(faults), Faults: faults}
	if dry || len(faults) > 0 {
		return done, nil
	}
	for i := range list {
		list[i].ID, list[i].Station, list[i].Position = auth.NewID(), station, i+1
	}
	err := d.o.Store.ReplaceContacts(ctx, station, list, audit.By(by, station, "contact.import", "station:"+station, map[string]string{"rows": count(len(list))}))
	if err != nil {
		return ContactsRead{}, err
	}
	done.Applied = true
	return done, nil
}

// Turns lists the duty chiefs of a station, the earliest first; those that ended
// over a week ago are left out.
func (d *Desk) Turns(ctx context.Context, by auth.Operator, station string) ([]DutyTurn, error) {
	if err := by.May(auth.AlarmsRead, station); err != nil {
		return nil, err
	}
	return d.o.Store.Turns(ctx, station)
}

// DutyChief is who is duty chief now, or ErrNotFound.
func (d *Desk) DutyChief(ctx context.Context, station string) (Contact, error) {
	return d.o.Store.DutyChief(ctx, station)
}

// AddTurn writes somebody into the duty list.
func (d *Desk) AddTurn(ctx context.Context, by auth.Operator, t DutyTurn) (DutyTurn, error) {
	if err := by.May(auth.WatchManage, t.Station); err != nil {
		return DutyTurn{}, err
	}
	if err := t.Validate(); err != nil {
		return DutyTurn{}, err
	}
	c, err := d.o.Store.Contact(ctx, t.Contact)
	if err != nil || c.Station != t.Station {
		return DutyTurn{}, &InvalidError{Field: "contact", Reason: "is not in the list of this station"}
	}
	if c.Email == "" && c.Webhook == "" {
		return DutyTurn{}, &InvalidError{Field: "contact", Reason: "has neither an e-mail address nor a webhook"}
	}
	t.ID, t.ContactName = auth.NewID(), c.Name
	t.From, t.Until = t.From.UTC(), t.Until.UTC()
	return t, d.o.Store.AddTurn(ctx, t, audit.By(by, t.Station, "duty.add", "contact:"+c.ID, map[string]string{
		"name": c.Name, "from": t.From.Format(time.RFC3339), "until": t.Until.Format(time.RFC3339),
	}))
}

// RemoveTurn strikes a turn out.
func (d *Desk) RemoveTurn(ctx context.Context, by auth.Operator, id string) error {
	if err := anywhere(by, auth.WatchManage); err != nil {
		return err
	}
	t, err := d.o.Store.Turn(ctx, id)
	if err != nil {
		return err
	}
	if err := by.May(auth.WatchManage, t.Station); err != nil {
		return err
	}
	return d.o.Store.RemoveTurn(ctx, id, audit.By(by, t.Station, "duty.remove", "contact:"+t.Contact, map[string]string{
		"name": t.ContactName, "from": t.From.Format(time.RFC3339), "until": t.Until.Format(time.RFC3339),
	}))
}

// Filter chooses deliveries; empty fields choose everything.
type Filter struct {
	Station string
	State   State
	About   string
	Limit   int
	Cursor  string
}

// Query is a Filter with the stations that the operator may see.
type Query struct {
	Filter
	Stations []string // nil: all
}

// Deliveries lists deliveries, newest first, and the cursor of the next page.
func (d *Desk) Deliveries(ctx context.Context, by auth.Operator, f Filter) ([]Delivery, string, error) {
	stations, err := by.Scope(auth.AlarmsRead, f.Station)
	if err != nil {
		return nil, "", err
	}
	list, next, err := d.o.Store.Deliveries(ctx, Query{Filter: f, Stations: stations})
	for i := range list {
		list[i].veil(by)
	}
	return list, next, err
}

// veil keeps where an officer is reached, and what they were told, from those who may
// not read the register of officers.
func (d *Delivery) veil(by auth.Operator) {
	if !strings.HasPrefix(d.To, "officer:") || by.May(auth.RostersPlan, d.Station) == nil {
		return
	}
	if d.Address != "" { // a mail server's refusal names it
		d.Reason = strings.ReplaceAll(d.Reason, d.Address, "…")
	}
	d.Address, d.Text = "", ""
}

// Again tries a failed delivery once more.
func (d *Desk) Again(ctx context.Context, by auth.Operator, id string) (Delivery, error) {
	if err := anywhere(by, auth.WatchSupervise); err != nil {
		return Delivery{}, err
	}
	one, err := d.o.Store.Delivery(ctx, id)
	if err != nil {
		return Delivery{}, err
	}
	if err := by.May(auth.WatchSupervise, one.Station); err != nil {
		return Delivery{}, err
	}
	if one.Channel == "" {
		return Delivery{}, &InvalidError{Field: "id", Reason: "was for nobody: list somebody first"}
	}
	one, err = d.o.Store.Again(ctx, id, audit.By(by, one.Station, "delivery.again", "delivery:"+id, map[string]string{"name": one.Name}))
	one.veil(by)
	return one, err
}

// Test sends word to one contact, to see that it arrives.
func (d *Desk) Test(ctx context.Context, by auth.Operator, contact string) error {
	c, err := d.contact(ctx, by, contact)
	if err != nil {
		return err
	}
	if c.Email == "" && c.Webhook == "" {
		return &InvalidError{Field: "email", Reason: "is missing, and there is no webhook either"}
	}
	e := audit.By(by, c.Station, "contact.test", "contact:"+c.ID, map[string]string{"name": c.Name})
	return d.o.Store.Queue(ctx, e, func(ctx context.Context, tx Tx) error {
		_, err := d.Send(ctx, tx, Notice{
			Station: c.Station, To: "contact:" + c.ID, Subject: "Test from the control room", About: "test",
			Text: "This is a test by " + by.Name + ". Nothing needs to be done.",
		})
		return err
	})
}

func oneLine(s string) string { return clip(strings.Join(strings.Fields(s), " "), 200) }

func clip(s string, most int) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "\uFFFD")
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most-1]) + "…"
}
