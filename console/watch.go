package console

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"path/filepath"
	"sync"
	"time"

	"guardroom/console/auth"
	"guardroom/console/jobs"
	"guardroom/console/notify"
	"guardroom/console/store"
	"guardroom/console/watch"
)

// NotifyConfig says how word leaves the console.
type NotifyConfig struct {
	SMTP    *SMTPConfig    `yaml:"smtp"`
	Pickup  string         `yaml:"pickup"` // folder from which somebody else's program collects e-mail, instead of smtp
	From    string         `yaml:"from"`   // sender's address; default guardroom@localhost
	Webhook *WebhookConfig `yaml:"webhook"`
}

// SMTPConfig is the mail server that takes our e-mail.
type SMTPConfig struct {
	Address      string `yaml:"address"` // host:port
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	Security     string `yaml:"security"` // starttls (default), tls, none (this machine only)
	CA           string `yaml:"ca"`       // file; default: the machine's authorities
}

// WebhookConfig is how webhooks are signed and believed.
type WebhookConfig struct {
	SecretFile string `yaml:"secret_file"`
	CA         string `yaml:"ca"` // file; default: the machine's authorities
}

// FallbackConfig says where fallback packs are written.
type FallbackConfig struct {
	Folder string `yaml:"folder"` // default <data>/fallback
}

// openWatch opens the desks of the watch. The covers that operators act under
// come from here.
func (h *house) openWatch(ctx context.Context) error {
	senders, err := h.c.Notify.senders()
	if err != nil {
		return err
	}
	h.notify = notify.NewDesk(notify.Options{Store: &store.Notify{DB: h.db}, Senders: senders, Log: h.log})
	folder := h.c.Fallback.Folder
	if folder == "" {
		folder = filepath.Join(h.c.Data, "fallback")
	}
	kept := &store.Watch{DB: h.db, Settings: store.Settings{DB: h.db}}
	h.watch, err = watch.Open(ctx, watch.Options{
		Store: kept, Notify: h.notify, Raiser: h.intake, Board: h.hub,
		Stations: h.watched, Policy: h.db.Policies.Of,
		Renewed: func(ctx context.Context) error { return h.db.Policies.Load(ctx, store.Settings{DB: h.db}) },
		Sections: []watch.Section{
			{Name: "responses", Title: "What to do at each point", Rows: kept.Responses},
			{Name: "fire-zones", Title: "Fire zones", Rows: kept.FireZones},
			{Name: "plans", Title: "Plans: the drawings to take from the drawer", Rows: kept.Plans},
		},
		Folder: folder, Log: h.log, Shift: h.duty.Turnover,
	})
	if err != nil {
		return fmt.Errorf("open the watch: %w", err)
	}
	h.timers[watch.TurnTimer] = func(ctx context.Context, tx *store.Tx, t jobs.Timer) error {
		return h.watch.Turned(ctx, store.WatchTx(tx), t)
	}
	h.hub.Seed(h.watch.Seen()...)
	return nil
}

// covers lists what a user covers now; nobody covers anything before the watch is open.
func (h *house) covers(u auth.User) []auth.Cover {
	if h.watch == nil {
		return nil
	}
	return h.watch.Covering(u)
}

// watched lists the stations for the watch.
func (h *house) watched() []watch.Station {
	list := []watch.Station{}
	for _, s := range h.stations.Stations(auth.Program()) {
		list = append(list, watch.Station{ID: s.ID, Name: s.Name, Zone: zoneOf(s.TimeZone), Demo: s.Demo})
	}
	return list
}

// zones are the time zones that were read; reading one takes longer than using it.
var zones sync.Map

func zoneOf(name string) *time.Location {
	if known, ok := zones.Load(name); ok {
		return known.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC // the register checks the name; a zone that is gone must not stop the watch
	}
	zones.Store(name, zone)
	return zone
}

// pruneDeliveries keeps the log of deliveries bounded.
func (h *house) pruneDeliveries(ctx context.Context) {
	tick := time.NewTicker(6 * time.Hour)
	defer tick.Stop()
	for {
		if err := (&store.Notify{DB: h.db}).PruneDeliveries(ctx, time.Now().AddDate(0, 0, -400)); err != nil && ctx.Err() == nil {
			h.log.Warn("console: old deliveries were not removed; will try again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// senders are the ways out that the configuration gives.
func (c NotifyConfig) senders() (map[notify.Channel]notify.Sender, error) {
	senders := map[notify.Channel]notify.Sender{}
	from := c.From
	if from == "" {
		from = "guardroom@localhost"
	}
	switch {
	case c.SMTP != nil:
		roots, err := rootsOf(c.SMTP.CA)
		if err != nil {
			return nil, fmt.Errorf("notify.smtp.ca: %w", err)
		}
		security := notify.Security(c.SMTP.Security)
		if security == "" {
			security = notify.StartTLS
		}
		senders[notify.Email] = &notify.SMTP{
			Address: c.SMTP.Address, From: from, Username: c.SMTP.Username, Security: security, Roots: roots, Now: time.Now,
			Password: func() (string, error) { return secret(c.SMTP.PasswordFile) },
		}
	case c.Pickup != "":
		senders[notify.Email] = &notify.Pickup{Folder: c.Pickup, From: from, Now: time.Now}
	}
	if c.Webhook != nil {
		roots, err := rootsOf(c.Webhook.CA)
		if err != nil {
			return nil, fmt.Errorf("notify.webhook.ca: %w", err)
		}
		senders[notify.Webhook] = notify.NewHook(func() (string, error) { return secret(c.Webhook.SecretFile) }, roots, time.Now)
	}
	return senders, nil
}

func rootsOf(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	return pool(file)
}

// notify checks how word leaves the console.
func (p *problems) notify(c NotifyConfig) {
	if c.From != "" {
		if a, err := mail.ParseAddress(c.From); err != nil || a.Address != c.From {
			p.add("$.notify.from", "%q is no address such as guardroom@example.org", c.From)
		}
	}
	if c.SMTP != nil && c.Pickup != "" {
		p.add("$.notify.pickup", "smtp is given too: give one of them")
	}
	p.smtp(c.SMTP)
	if c.Webhook != nil && c.Webhook.SecretFile == "" {
		p.add("$.notify.webhook", "secret_file is missing: receivers know our messages by its signature")
	}
}

func (p *problems) smtp(s *SMTPConfig) {
	if s == nil {
		return
	}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil || host == "" || port == "" {
		p.add("$.notify.smtp.address", "%q is not host:port", s.Address)
	}
	if (s.Username == "") != (s.PasswordFile == "") {
		p.add("$.notify.smtp", "username and password_file are both needed, or none")
	}
	switch notify.Security(s.Security) {
	case "", notify.StartTLS, notify.TLS:
	case notify.Plain:
		if ip, err := netip.ParseAddr(host); (err != nil || !ip.IsLoopback()) && host != "localhost" {
			p.add("$.notify.smtp.security", "e-mail would leave this machine without encryption: use starttls or tls")
		}
	default:
		p.add("$.notify.smtp.security", "%q is not starttls, tls or none", s.Security)
	}
}
