package console

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"

	"guardroom/console/api"
	"guardroom/console/auth"
	"guardroom/console/stations"
	"guardroom/console/store"
)

// DemoPassword is the password of every demo account.
const DemoPassword = "guardroom-demo"

// demoPerson is somebody with an account in the demo.
type demoPerson struct {
	username, name string
	grant          auth.Grant
}

// demoPeople are one for each role, at every station, and some who belong to one
// station only.
func demoPeople() []demoPerson {
	names := map[auth.Role]string{
		auth.Officer: "Olive Officer", auth.Supervisor: "Sam Supervisor", auth.Chief: "Chris Chief", auth.Planner: "Pat Planner",
		auth.Auditor: "Andy Auditor", auth.Technician: "Toni Technician", auth.Division: "Dana Division", auth.Admin: "Ali Admin",
	}
	people := []demoPerson{}
	for _, role := range auth.Roles() {
		people = append(people, demoPerson{string(role), names[role], auth.Grant{Role: role, Station: auth.AllStations}})
	}
	return append(people,
		demoPerson{"officer-nairobi", "Noor Nairobi", auth.Grant{Role: auth.Officer, Station: "nairobi"}},
		demoPerson{"officer-geneva", "Gil Geneva", auth.Grant{Role: auth.Officer, Station: "geneva"}},
		demoPerson{"supervisor-geneva", "Sol Geneva", auth.Grant{Role: auth.Supervisor, Station: "geneva"}})
}

// DemoAccounts are the accounts of the demo, as the sign-in page lists them.
func DemoAccounts() []api.Account {
	accounts := []api.Account{}
	for _, p := range demoPeople() {
		accounts = append(accounts, api.Account{Username: p.username, Password: DemoPassword, Role: string(p.grant.Role)})
	}
	return accounts
}

// first makes what is missing: the stations of the configuration, the demo's
// accounts, or one administrator whose one-time password is printed once.
func (h *house) first(ctx context.Context) error {
	by := auth.Program()
	for _, s := range h.c.Stations {
		if _, known := h.stations.Station(s.ID); known {
			continue
		}
		one := stations.Station{ID: s.ID, Name: s.Name, TimeZone: s.TimeZone, Demo: h.o.Demo}
		if _, err := h.stations.AddStation(ctx, by, one); err != nil && !errors.Is(err, stations.ErrExists) {
			return err
		}
	}
	if err := h.shipRules(ctx); err != nil {
		return err
	}
	empty, err := (&store.Users{DB: h.db}).Empty(ctx)
	if err != nil {
		return err
	}
	switch {
	case h.o.Demo:
		err = h.demoUsers(ctx, by)
	case empty:
		err = h.firstAdmin(ctx, by)
	}
	if err != nil {
		return err
	}
	if h.o.Setup != nil {
		return h.o.Setup(ctx, Desks{Auth: h.auth, Stations: h.stations, Alarms: h.alarms, Rationale: h.rationale, Rules: h.rules, Doors: h.doors, People: h.people, Sites: h.sites, Fire: h.fire, Notify: h.notify, Watch: h.watch, Cameras: h.cameras, Rosters: h.rosters, Duty: h.duty})
	}
	return nil
}

// demoUsers makes the accounts of the demo that are not there yet.
func (h *house) demoUsers(ctx context.Context, by auth.Operator) error {
	known, err := h.auth.Users(ctx, by)
	if err != nil {
		return err
	}
	for _, p := range demoPeople() {
		if slices.ContainsFunc(known, func(u auth.User) bool { return u.Username == p.username }) {
			continue
		}
		_, _, err := h.auth.AddUser(ctx, by, auth.NewUser{Username: p.username, Name: p.name, Roles: []auth.Grant{p.grant}, Password: DemoPassword, Kept: true})
		if err != nil && !errors.Is(err, auth.ErrExists) {
			return err
		}
	}
	return nil
}

func (h *house) firstAdmin(ctx context.Context, by auth.Operator) error {
	u, once, err := h.auth.AddUser(ctx, by, auth.NewUser{
		Username: "admin", Name: "Administrator", Roles: []auth.Grant{{Role: auth.Admin, Station: auth.AllStations}},
	})
	if err != nil {
		return fmt.Errorf("first administrator: %w", err)
	}
	fmt.Fprintf(h.o.Out, "First start: sign in as %s with the one-time password %s and choose your own. It is not shown again.\n", u.Username, once)
	return nil
}

// tls reads the certificate files of somebody else's broker.
func (b *BrokerConfig) tls() (*tls.Config, error) {
	if b.CA == "" && b.Cert == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if b.CA != "" {
		authorities, err := pool(b.CA)
		if err != nil {
			return nil, err
		}
		c.RootCAs = authorities
	}
	if b.Cert != "" {
		pair, err := tls.LoadX509KeyPair(b.Cert, b.Key)
		if err != nil {
			return nil, fmt.Errorf("certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
