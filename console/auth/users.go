package auth

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Program is the operator of the console's own program at the command line:
// whoever may read the data folder administers anyway, and the record says so.
func Program() Operator {
	return Operator{ID: "program", Username: "program", Name: "console program", Grants: []Grant{{Role: Admin, Station: AllStations}}}
}

// manages returns nil when by may manage users with every one of grants; a user
// without grants belongs to those who manage all stations.
func manages(by Operator, p Permission, grants []Grant) error {
	if len(grants) == 0 {
		return by.May(p, AllStations)
	}
	for _, g := range grants {
		if err := by.May(p, g.Station); err != nil {
			return err
		}
	}
	return nil
}

// managed returns a user whom by may manage wholly. Users out of by's reach are
// refused, not hidden: ids cannot be guessed.
func (d *Desk) managed(ctx context.Context, by Operator, id string) (User, string, error) {
	if err := mayAnywhere(by, UsersManage); err != nil {
		return User{}, "", err
	}
	u, hash, err := d.o.Users.ByID(ctx, id)
	if err != nil {
		return User{}, "", fmt.Errorf("find user: %w", err)
	}
	return u, hash, manages(by, UsersManage, u.Roles)
}

func mayAnywhere(by Operator, p Permission) error {
	if all, ids := by.Stations(p); !all && len(ids) == 0 {
		return &ForbiddenError{Permission: p, Station: AllStations}
	}
	return nil
}

// Users lists whom by may see: everybody, or those with a role at by's stations.
func (d *Desk) Users(ctx context.Context, by Operator) ([]User, error) {
	if err := mayAnywhere(by, UsersManage); err != nil {
		return nil, err
	}
	users, err := d.o.Users.List(ctx)
	if err != nil {
		return nil, fmt.Errorf("list users: %w", err)
	}
	return slices.DeleteFunc(users, func(u User) bool { return !sees(by, UsersManage, u.Roles) }), nil
}

func sees(by Operator, p Permission, grants []Grant) bool {
	if by.May(p, AllStations) == nil {
		return true
	}
	return slices.ContainsFunc(grants, func(g Grant) bool { return g.Station != AllStations && by.May(p, g.Station) == nil })
}

// User returns one user whom by may see.
func (d *Desk) User(ctx context.Context, by Operator, id string) (User, error) {
	if err := mayAnywhere(by, UsersManage); err != nil {
		return User{}, err
	}
	u, _, err := d.o.Users.ByID(ctx, id)
	if err != nil {
		return User{}, fmt.Errorf("find user: %w", err)
	}
	if !sees(by, UsersManage, u.Roles) {
		return User{}, &ForbiddenError{Permission: UsersManage, Station: AllStations}
	}
	return u, nil
}

// NewUser is what is needed to add a user. Without a password a one-time
// password is made.
type NewUser struct {
	Username string
	Name     string
	Roles    []Grant
	Password string
	Kept     bool // the password need not be changed at the first sign-in
}

// AddUser returns the user, and the one-time password when it made one.
func (d *Desk) AddUser(ctx context.Context, by Operator, n NewUser) (User, string, error) {
	if err := mayAnywhere(by, UsersManage); err != nil {
		return User{}, "", err
	}
	grants, err := checkGrants(n.Roles)
	if err != nil {
		return User{}, "", err
	}
	if err := manages(by, UsersManage, grants); err != nil {
		return User{}, "", err
	}
	n.Username = Normal(n.Username)
	if err := checkUsername(n.Username); err != nil {
		return User{}, "", err
	}
	if err := checkName("name", n.Name); err != nil {
		return User{}, "", err
	}
	once := ""
	if n.Password == "" {
		once = oneTimePassword()
		n.Password, n.Kept = once, false
	} else if err := checkPassword("password", n.Password, n.Username); err != nil {
		return User{}, "", err
	}
	hash, err := d.hasher.Hash(ctx, n.Password)
	if err != nil {
		return User{}, "", fmt.Errorf("add user %s: %w", n.Username, err)
	}
	u := User{
		ID: NewID(), Username: n.Username, Name: strings.TrimSpace(n.Name), Roles: grants,
		CreatedAt: d.o.Now().UTC(), MustChangePassword: !n.Kept, Version: 1,
	}
	note := Note{By: by, Station: oneStation(grants), Action: "user.create", Subject: "user:" + u.ID,
		Params: map[string]string{"username": u.Username, "roles": grantWords(grants)}}
	if err := d.o.Users.Create(ctx, u, hash, note); err != nil {
		return User{}, "", fmt.Errorf("add user %s: %w", n.Username, err)
	}
	return u, once, nil
}

// UserChange is what may be changed of a user; nil leaves a field as it is.
type UserChange struct {
	Name     *string
	Roles    *[]Grant
	Disabled *bool
	Version  int64
}

// ChangeUser saves a change. Nobody gives themselves a right, and the last
// administrator of all stations stays one.
func (d *Desk) ChangeUser(ctx context.Context, by Operator, id string, c UserChange) (User, error) {
	if err := mayAnywhere(by, UsersManage); err != nil {
		return User{}, err
	}
	u, _, err := d.o.Users.ByID(ctx, id)
	if err != nil {
		return User{}, fmt.Errorf("find user: %w", err)
	}
	if !sees(by, UsersManage, u.Roles) {
		return User{}, &ForbiddenError{Permission: UsersManage, Station: AllStations}
	}
	if c.Version != u.Version {
		return User{}, &StaleError{Version: u.Version}
	}
	params := map[string]string{"username": u.Username}
	stations := slices.Clone(u.Roles)
	if c.Name != nil || c.Disabled != nil {
		if err := manages(by, UsersManage, u.Roles); err != nil {
			return User{}, err
		}
	}
	if c.Name != nil {
		if err := checkName("name", *c.Name); err != nil {
			return User{}, err
		}
		u.Name = strings.TrimSpace(*c.Name)
		params["name"] = u.Name
	}
	if c.Disabled != nil {
		u.Disabled = *c.Disabled
		params["disabled"] = fmt.Sprint(u.Disabled)
	}
	if c.Roles != nil {
		grants, err := checkGrants(*c.Roles)
		if err != nil {
			return User{}, err
		}
		if err := mayRegrant(by, u, grants); err != nil {
			return User{}, err
		}
		params["roles_before"], params["roles"] = grantWords(u.Roles), grantWords(grants)
		u.Roles = grants
		stations = append(stations, grants...)
	}
	note := Note{By: by, Station: oneStation(stations), Action: "user.change", Subject: "user:" + u.ID, Params: params}
	saved, err := d.o.Users.Save(ctx, u, note)
	if err != nil {
		return User{}, fmt.Errorf("change user %s: %w", u.Username, err)
	}
	if c.Disabled != nil || c.Roles != nil {
		d.endAll(u.ID) // streams begin anew with the rights that hold now, if any
	}
	return saved, nil
}

// mayRegrant refuses changes outside by's stations and anything that would give
// by a right more.
func mayRegrant(by Operator, u User, grants []Grant) error {
	for _, g := range u.Roles {
		if !slices.Contains(grants, g) {
			if err := by.May(UsersManage, g.Station); err != nil {
				return err
			}
		}
	}
	for _, g := range grants {
		if slices.Contains(u.Roles, g) {
			continue
		}
		if err := by.May(UsersManage, g.Station); err != nil {
			return err
		}
		if u.ID == by.ID {
			return &ForbiddenError{Permission: UsersManage, Station: g.Station}
		}
	}
	return nil
}

// ResetPassword gives user a one-time password and signs them out everywhere.
func (d *Desk) ResetPassword(ctx context.Context, by Operator, id string) (string, error) {
	u, _, err := d.managed(ctx, by, id)
	if err != nil {
		return "", err
	}
	once := oneTimePassword()
	hash, err := d.hasher.Hash(ctx, once)
	if err != nil {
		return "", fmt.Errorf("reset password: %w", err)
	}
	note := Note{By: by, Station: oneStation(u.Roles), Action: "user.password_reset", Subject: "user:" + u.ID,
		Params: map[string]string{"username": u.Username}}
	if err := d.o.Users.SetPassword(ctx, u.ID, hash, true, nil, note); err != nil {
		return "", fmt.Errorf("reset password: %w", err)
	}
	d.endAll(u.ID)
	return once, nil
}

// oneStation is the station of grants when they have only one.
func oneStation(grants []Grant) string {
	station := ""
	for _, g := range grants {
		if g.Station == AllStations || station != "" && g.Station != station {
			return ""
		}
		station = g.Station
	}
	return station
}
