// Package auth says who somebody is and what they may do: operators, roles,
// permissions, passwords, sessions, machine tokens.
package auth

import (
	"slices"
)

// Role is what somebody is at a station.
type Role string

// The roles.
const (
	Officer    Role = "officer"
	Supervisor Role = "supervisor"
	Chief      Role = "chief"
	Planner    Role = "planner"
	Auditor    Role = "auditor"
	Technician Role = "technician"
	Division   Role = "division"
	Admin      Role = "admin"
)

// Roles lists the roles in the order in which screens show them.
func Roles() []Role {
	return []Role{Officer, Supervisor, Chief, Planner, Auditor, Technician, Division, Admin}
}

// Permission is one thing that somebody may do at a station.
type Permission string

// The permissions.
const (
	AlarmsRead        Permission = "alarms.read"
	AlarmsAcknowledge Permission = "alarms.acknowledge"
	DoorsCommand      Permission = "doors.command"
	PanelsCommand     Permission = "panels.command" // intrusion panels, power supplies
	FireCommand       Permission = "fire.command"   // silence, reset, disable: off by default besides
	DevicesRead       Permission = "devices.read"
	DevicesConfigure  Permission = "devices.configure"
	SignalsRead       Permission = "signals.read"
	GatewaysManage    Permission = "gateways.manage"
	UsersManage       Permission = "users.manage"
	TokensManage      Permission = "tokens.manage"
	StationsManage    Permission = "stations.manage"
	AuditRead         Permission = "audit.read"

	AlarmsHandle      Permission = "alarms.handle"      // pick up, give back, close with a disposition
	AlarmsShelve      Permission = "alarms.shelve"      // up to 60 minutes, or the shift
	AlarmsShelveLong  Permission = "alarms.shelve_long" // up to the longest shelving
	AlarmsRemove      Permission = "alarms.remove"      // out of service, points on test, isolated or disabled
	AlarmsRationalise Permission = "alarms.rationalise" // priorities, causes, responses, delays; rules
	FiguresRead       Permission = "figures.read"
	WatchSupervise    Permission = "watch.supervise" // escalated alarms and missed prompts come to them
	WatchManage       Permission = "watch.manage"    // escalation times, watch-keeping, fallback pack
	CoverGrant        Permission = "cover.grant"
	SitesRead         Permission = "sites.read" // plans, premises, postures, lockdowns, registers
	SitesEdit         Permission = "sites.edit"
	PeopleRead        Permission = "people.read" // cardholders: names and faces
	PeopleImport      Permission = "people.import"
	DoorsConfigure    Permission = "doors.configure" // escape doors, held-open times, two-person rule
	LockdownCommand   Permission = "lockdown.command"
	PosturesSet       Permission = "postures.set"
	PosturesEdit      Permission = "postures.edit"
	WardensWrite      Permission = "wardens.write" // investigation, warden board

	CamerasWatch     Permission = "cameras.watch"     // live pictures; a camera may ask for more
	CamerasPlay      Permission = "cameras.play"      // recorded pictures, bookmarks
	CamerasMove      Permission = "cameras.move"      // pan, tilt, zoom
	CamerasExport    Permission = "cameras.export"    // clips that leave the house
	CamerasConfigure Permission = "cameras.configure" // who may watch, how long pictures are kept, shared walls
	RostersRead      Permission = "rosters.read"      // the roster in force, officers, posts, the duty board
	RostersPlan      Permission = "rosters.plan"      // drafts, registers, leave, the planner
	RostersPublish   Permission = "rosters.publish"
	RostersAmend     Permission = "rosters.amend"   // reliefs: the roster in force, at once
	RostersApprove   Permission = "rosters.approve" // exceptions from rules
	RostersMedical   Permission = "rosters.medical" // sickness; others see "absent"
	DutyWrite        Permission = "duty.write"      // attendance, reliefs, check calls
)

var (
	officer = []Permission{AlarmsRead, AlarmsAcknowledge, AlarmsHandle, AlarmsShelve, DoorsCommand, PanelsCommand, DevicesRead,
		SignalsRead, FiguresRead, SitesRead, PeopleRead, LockdownCommand, WardensWrite, CamerasWatch, CamerasPlay, CamerasMove, RostersRead, DutyWrite}
	supervisor = append(slices.Clone(officer), FireCommand, AlarmsShelveLong, AlarmsRemove, WatchSupervise, CoverGrant, PosturesSet, CamerasExport, RostersAmend)
	chief      = append(slices.Clone(supervisor), AuditRead, AlarmsRationalise, WatchManage, PeopleImport, DoorsConfigure, PosturesEdit, SitesEdit, CamerasConfigure,
		RostersPlan, RostersPublish, RostersApprove, RostersMedical)
)

var grants = map[Role][]Permission{
	Officer:    officer,
	Supervisor: supervisor,
	Chief:      chief,
	Planner:    {AlarmsRead, DevicesRead, SitesRead, RostersRead, RostersPlan, RostersPublish, RostersAmend, RostersMedical},
	Auditor:    {AlarmsRead, DevicesRead, SignalsRead, AuditRead, FiguresRead, SitesRead, RostersRead},
	Technician: {AlarmsRead, DevicesRead, DevicesConfigure, SignalsRead, PanelsCommand, AlarmsRemove, SitesRead, SitesEdit, CamerasWatch, CamerasMove},
	Division:   {AlarmsRead, DevicesRead, FiguresRead, SitesRead, RostersRead},
	Admin: {AlarmsRead, DevicesRead, DevicesConfigure, SignalsRead, GatewaysManage, UsersManage,
		TokensManage, StationsManage, AuditRead, SitesRead, SitesEdit, WatchManage, PeopleImport, FiguresRead},
}

// Permissions lists what r may do, in a fixed order.
func (r Role) Permissions() []Permission { return slices.Clone(grants[r]) }

// Valid reports whether r is a role.
func (r Role) Valid() bool { _, ok := grants[r]; return ok }

// AllStations is the station of a grant that holds everywhere.
const AllStations = "*"

// A Grant is a role at a station.
type Grant struct {
	Role    Role   `json:"role"`
	Station string `json:"station"` // a station's id, or AllStations
}

// Operator is whoever acts: a person, a machine with a token, or the console.
type Operator struct {
	ID       string // user or token id; "system" for the console itself
	Username string
	Name     string
	Machine  bool
	Grants   []Grant
	Covers   []Cover // stations covered at this moment
	Address  string  // where the request came from
}

// System acts where no person does: timers, supervision, intake.
func System() Operator { return Operator{ID: "system", Username: "system", Name: "Guardroom"} }

// May returns nil when o may do p at station, else a *ForbiddenError. It is the
// first statement of each use case. For what belongs to no station, such as
// users, station is AllStations.
func (o Operator) May(p Permission, station string) error {
	for _, g := range o.Grants {
		if (g.Station == AllStations || g.Station == station) && slices.Contains(grants[g.Role], p) {
			return nil
		}
	}
	if o.covered(p, station) {
		return nil
	}
	return &ForbiddenError{Permission: p, Station: station}
}

// Stations says where o may do p: everywhere, or at the listed stations.
func (o Operator) Stations(p Permission) (all bool, ids []string) {
	for _, g := range o.Grants {
		if !slices.Contains(grants[g.Role], p) {
			continue
		}
		if g.Station == AllStations {
			return true, nil
		}
		if !slices.Contains(ids, g.Station) {
			ids = append(ids, g.Station)
		}
	}
	for _, c := range o.Covers {
		if slices.Contains(officer, p) && !slices.Contains(ids, c.Station) {
			ids = append(ids, c.Station)
		}
	}
	slices.Sort(ids)
	return false, ids
}

// Scope says which stations a list that o asks for may hold: the one named, or
// with none named all where o may do p. Nil stations are all stations.
func (o Operator) Scope(p Permission, station string) (stations []string, err error) {
	if station != "" {
		return []string{station}, o.May(p, station)
	}
	all, some := o.Stations(p)
	switch {
	case all:
		return nil, nil
	case len(some) == 0:
		return nil, o.May(p, AllStations)
	}
	return some, nil
}

// ForbiddenError says which right is missing where.
type ForbiddenError struct {
	Permission Permission
	Station    string
}

func (e *ForbiddenError) Error() string {
	return "needs " + string(e.Permission) + " at station " + e.Station
}

// Forbidden marks the error for the API.
func (e *ForbiddenError) Forbidden() (permission, station string) {
	return string(e.Permission), e.Station
}
