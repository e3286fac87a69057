package console_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"guardroom/console/api"
	"guardroom/console/auth"
	"guardroom/devices"
)

// ruleBody is a rule that holds.
var ruleBody = object{"pattern": "count", "match": object{"kinds": []string{"access.denied"}}, "count": 3, "within": 300, "by": "point",
	"outcome": object{"do": "alarm", "priority": 3, "text": "refused"}}

// aDemand is a place that somebody is wanted for.
var aDemand = object{"post": "none", "date": "2030-01-01", "shift": "D", "from": "00:00", "to": "00:00", "headcount": 1, "min_rank": "", "required": []string{}, "source": ""}

// routes is every route of the API, the right that it needs, and what somebody
// with that right gets. "" is any signed-in user, "open" nobody at all.
var routes = []struct {
	method, path string
	needs        auth.Permission
	want         int
	body         any
}{
	{"GET", "/about", "open", 200, nil},
	{"POST", "/session", "open", 401, object{"username": "nobody", "password": "x"}},
	{"GET", "/session", "", 200, nil},
	{"POST", "/session/password", "", 422, object{"current": password, "new": "short"}},
	{"GET", "/live", auth.AlarmsRead, 200, nil},
	{"GET", "/stations", "", 200, nil},
	{"POST", "/stations", auth.StationsManage, 422, object{"id": "x y", "name": "X", "time_zone": "UTC"}},
	{"PATCH", "/stations/{id}", auth.StationsManage, 422, object{"time_zone": "Mars/Olympus"}},
	{"GET", "/sites/search", auth.SitesRead, 200, nil},
	{"GET", "/sites/{station}", auth.SitesRead, 200, nil},
	{"GET", "/sites/{station}/export", auth.SitesRead, 200, nil},
	{"POST", "/sites/{station}/import", auth.SitesEdit, 422, "not a ZIP"},
	{"PUT", "/sites/{station}/points", auth.SitesEdit, 422, object{"points": []object{{"point": "elsewhere/d.p", "place": ""}}}},
	{"PUT", "/sites/{station}/cameras/{id}", auth.SitesEdit, 422, object{"version": 0, "name": "  "}},
	{"DELETE", "/sites/{station}/cameras/{id}", auth.SitesEdit, 404, nil},
	{"POST", "/sites/{station}/drawings", auth.SitesEdit, 422, "neither"},
	{"GET", "/sites/{station}/drawings/{hash}", auth.SitesRead, 404, nil},
	{"POST", "/places", auth.SitesEdit, 422, object{"station": "hq", "kind": "level", "name": "Nowhere"}},
	{"PATCH", "/places/{id}", auth.SitesEdit, 404, object{"version": 1}},
	{"DELETE", "/places/{id}", auth.SitesEdit, 404, nil},
	{"GET", "/plans/{level}", auth.SitesRead, 404, nil},
	{"PUT", "/plans/{level}", auth.SitesEdit, 404, object{"version": 0, "width": 1, "height": 1, "areas": []object{}, "points": []object{}, "cameras": []object{}, "labels": []object{}}},
	{"GET", "/plans/{level}/versions", auth.SitesRead, 404, nil},
	{"GET", "/plans/{level}/versions/{version}", auth.SitesRead, 404, nil},
	{"POST", "/plans/{level}/restore", auth.SitesEdit, 404, object{"version": 1, "restore": 1}},
	{"GET", "/gateways", auth.DevicesRead, 200, nil},
	{"POST", "/gateways", auth.GatewaysManage, 422, object{"id": "a/b", "station": "hq"}},
	{"POST", "/gateways/{id}/credential", auth.GatewaysManage, 404, object{}},
	{"GET", "/gateways/{id}/config", auth.DevicesConfigure, 404, nil},
	{"GET", "/gateways/{id}/configs", auth.DevicesConfigure, 404, nil},
	{"GET", "/gateways/{id}/configs/{version}", auth.DevicesConfigure, 404, nil},
	{"POST", "/gateways/{id}/config", auth.DevicesConfigure, 404, object{"version": 0, "text": "devices: []"}},
	{"DELETE", "/gateways/{id}", auth.GatewaysManage, 404, nil},
	{"GET", "/devices", auth.DevicesRead, 200, nil},
	{"GET", "/devices/{gateway}/{device}", auth.DevicesRead, 200, nil},
	{"GET", "/points", auth.DevicesRead, 200, nil},
	{"GET", "/points/{id}", auth.DevicesRead, 200, nil},
	{"GET", "/points/{id}/{local}", auth.DevicesRead, 200, nil},
	{"PATCH", "/points/{id}", auth.DevicesConfigure, 200, object{"priorities": object{"door.forced": 1}}},
	{"PATCH", "/points/{id}/{local}", auth.DevicesConfigure, 422, object{"priorities": object{"fire.alarm": 3}}},
	{"POST", "/points/{id}/commands", auth.DoorsCommand, 202, object{"verb": "unlock"}},
	{"POST", "/points/{id}/{local}/commands", auth.DoorsCommand, 202, object{"verb": "lock"}},
	{"GET", "/doors", auth.DevicesRead, 200, nil},
	{"GET", "/doors/{gateway}/{local}", auth.DevicesRead, 200, nil},
	{"PATCH", "/doors/{gateway}/{local}", auth.DoorsConfigure, 422, object{"version": 0, "cameras": []string{"no id"}}},
	{"POST", "/doors/{gateway}/{local}/sign", auth.DoorsConfigure, 422, object{"version": 0, "why": "so"}},
	{"POST", "/doors/{gateway}/{local}/revoke", auth.DoorsConfigure, 409, object{"version": 7, "why": "an escape route now"}},
	{"GET", "/doors/{gateway}/{local}/passages", auth.SignalsRead, 200, nil},
	{"POST", "/doors/{gateway}/{local}/commands", auth.DoorsCommand, 202, object{"verb": "lock"}},
	{"GET", "/door-policy/{station}", auth.DevicesRead, 200, nil},
	{"PUT", "/door-policy/{station}", auth.DoorsConfigure, 422, object{"two_verbs": []string{"explode"}, "two_release": false, "two_postures": false, "call_alarm": 60, "reason_within": 300, "version": 0}},
	{"GET", "/lockdowns", auth.SitesRead, 200, nil},
	{"POST", "/lockdowns", auth.LockdownCommand, 201, object{"station": "hq", "dry_run": true}},
	{"GET", "/lockdowns/{id}", auth.SitesRead, 404, nil},
	{"POST", "/lockdowns/{id}/reason", auth.LockdownCommand, 404, object{"reason": "because"}},
	{"POST", "/lockdowns/{id}/release", auth.LockdownCommand, 404, object{}},
	{"POST", "/lockdowns/{id}/again", auth.LockdownCommand, 404, object{}},
	{"POST", "/lockdowns/{id}/hold-again", auth.LockdownCommand, 404, object{}},
	{"POST", "/lockdowns/{id}/dismiss", auth.LockdownCommand, 404, object{"reason": "seen"}},
	{"GET", "/posture-definitions/{station}", auth.SitesRead, 200, nil},
	{"PUT", "/posture-definitions/{station}", auth.PosturesEdit, 422, object{"version": 0, "postures": []object{{"id": "A b", "title": "x", "colour": "blue", "description": "", "set": []object{}, "clear": []object{}}}}},
	{"GET", "/postures", auth.SitesRead, 200, nil},
	{"POST", "/postures", auth.PosturesSet, 422, object{"station": "hq", "posture": "none"}},
	{"POST", "/postures/{id}/clear", auth.PosturesSet, 404, object{}},
	{"POST", "/postures/{id}/steps/{step}", auth.PosturesSet, 404, nil},
	{"GET", "/approvals", auth.SitesRead, 200, nil},
	{"GET", "/approvals/{id}", auth.SitesRead, 404, nil},
	{"POST", "/approvals/{id}/confirm", auth.SitesRead, 404, object{}},
	{"POST", "/approvals/{id}/decline", auth.SitesRead, 404, nil},
	{"GET", "/calls", auth.AlarmsRead, 200, nil},
	{"POST", "/calls/{id}/answer", auth.DoorsCommand, 404, object{}},
	{"POST", "/calls/{id}/open", auth.DoorsCommand, 404, nil},
	{"POST", "/calls/{id}/end", auth.DoorsCommand, 404, nil},
	{"GET", "/people", auth.PeopleRead, 200, nil},
	{"GET", "/people/{id}", auth.PeopleRead, 404, nil},
	{"GET", "/people/{id}/photo", auth.PeopleRead, 404, nil},
	{"GET", "/people-imports", auth.PeopleImport, 200, nil},
	{"POST", "/people-imports", auth.PeopleImport, 422, "no form"},
	{"GET", "/rosters/{station}", auth.RostersRead, 200, nil},
	{"POST", "/rosters/{station}/officers", auth.RostersPlan, 200, object{"items": []object{}}},
	{"POST", "/rosters/{station}/posts", auth.RostersPlan, 200, object{"items": []object{}}},
	{"POST", "/rosters/{station}/shift-types", auth.RostersPlan, 200, object{"items": []object{}}},
	{"POST", "/rosters/{station}/rules", auth.RostersPlan, 200, object{"items": []object{}}},
	{"POST", "/rosters/{station}/holidays", auth.RostersPlan, 200, object{"items": []object{}}},
	{"PUT", "/rosters/{station}/calendar", auth.RostersPlan, 409, object{"version": 7, "item": object{"week_start": 1, "night_from": "23:00", "night_to": "06:00", "night_least": 180, "firearm": "", "lead": 0, "grace": 15, "check_grace": 5, "alarms": false, "swaps_approved": false}}},
	{"POST", "/rosters/{station}/pack", auth.RostersPlan, 422, object{"pack": "none"}},
	{"DELETE", "/rosters/{station}/register/{kind}/{item}", auth.RostersPlan, 404, nil},
	{"GET", "/roster-rules", "", 200, nil},
	{"GET", "/rosters/{station}/roster", auth.RostersRead, 200, nil},
	{"GET", "/rosters/{station}/roster/table", auth.RostersRead, 200, nil},
	{"GET", "/rosters/{station}/roster/findings", auth.RostersPlan, 200, nil},
	{"POST", "/rosters/{station}/roster", auth.RostersAmend, 422, object{"publication": 0, "why": "x", "changes": []object{}}},
	{"GET", "/rosters/{station}/publications", auth.RostersRead, 200, nil},
	{"GET", "/rosters/{station}/drafts", auth.RostersPlan, 200, nil},
	{"POST", "/rosters/{station}/drafts", auth.RostersPlan, 422, object{"name": "x", "from": "2030-01-02", "until": "2030-01-01"}},
	{"GET", "/rosters/{station}/drafts/{draft}", auth.RostersPlan, 404, nil},
	{"GET", "/rosters/{station}/drafts/{draft}/table", auth.RostersPlan, 404, nil},
	{"GET", "/rosters/{station}/drafts/{draft}/findings", auth.RostersPlan, 404, nil},
	{"DELETE", "/rosters/{station}/drafts/{draft}", auth.RostersPlan, 404, nil},
	{"GET", "/rosters/{station}/drafts/{draft}/edits", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/drafts/{draft}/edits", auth.RostersPlan, 422, object{"cells": []object{}}},
	{"POST", "/rosters/{station}/drafts/{draft}/undo", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/drafts/{draft}/redo", auth.RostersPlan, 404, nil},
	{"PUT", "/rosters/{station}/drafts/{draft}/demands", auth.RostersPlan, 404, object{"version": 0, "demands": []object{}}},
	{"POST", "/rosters/{station}/drafts/{draft}/approvals", auth.RostersApprove, 404, object{"violations": []string{"x"}, "reason": "x"}},
	{"GET", "/rosters/{station}/drafts/{draft}/fixes", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/drafts/{draft}/who", auth.RostersPlan, 404, aDemand},
	{"POST", "/rosters/{station}/drafts/{draft}/why", auth.RostersPlan, 404, aDemand},
	{"POST", "/rosters/{station}/drafts/{draft}/rebase", auth.RostersPlan, 404, nil},
	{"GET", "/rosters/{station}/drafts/{draft}/publication", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/drafts/{draft}/publication", auth.RostersPublish, 404, object{"version": 0, "number": 1}},
	{"POST", "/rosters/{station}/drafts/{draft}/planning", auth.RostersPlan, 404, object{"seconds": 1}},
	{"GET", "/rosters/{station}/drafts/{draft}/planning", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/drafts/{draft}/planning/stop", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/drafts/{draft}/planning/keep", auth.RostersPlan, 404, nil},
	{"DELETE", "/rosters/{station}/drafts/{draft}/planning", auth.RostersPlan, 404, nil},
	{"GET", "/rosters/{station}/drafts/{draft}/conflicts", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/reliefs", auth.RostersAmend, 422, object{}},
	{"POST", "/rosters/{station}/import", auth.RostersPlan, 200, object{"what": "officers", "file": "bmFtZQo=", "dry_run": true}},
	{"DELETE", "/rosters/{station}/imports/{import}", auth.RostersPlan, 404, nil},
	{"GET", "/rosters/{station}/export", auth.RostersPlan, 200, nil},
	{"GET", "/rosters/{station}/absences", auth.RostersRead, 200, nil},
	{"POST", "/rosters/{station}/leave", auth.RostersPlan, 422, object{"version": 0, "item": object{"id": "", "officer": "nobody", "kind": "annual", "from": "2030-01-01", "until": "2030-01-02", "decision": "requested", "note": ""}}},
	{"POST", "/rosters/{station}/requests", auth.RostersPlan, 422, object{"version": 0, "item": object{"id": "", "officer": "nobody", "wish": "free", "from": "2030-01-01", "until": "2030-01-02", "shifts": []string{}, "posts": []string{}, "weight": 0, "decision": "requested", "note": ""}}},
	{"GET", "/rosters/{station}/accounts", auth.RostersPlan, 200, nil},
	{"GET", "/rosters/{station}/mine", auth.RostersRead, 200, nil},
	{"GET", "/rosters/{station}/detail", auth.RostersRead, 200, nil},
	{"PUT", "/rosters/{station}/detail", auth.RostersAmend, 409, object{"date": "2030-01-01", "version": 7, "text": "x"}},
	{"GET", "/rosters/{station}/detail/export", auth.RostersRead, 200, nil},
	{"GET", "/rosters/{station}/statistics", auth.RostersPlan, 200, nil},
	{"GET", "/rosters/{station}/statistics/export", auth.RostersPlan, 200, nil},
	{"GET", "/rosters/{station}/swaps", auth.RostersRead, 200, nil},
	{"POST", "/rosters/{station}/swaps", auth.RostersAmend, 422, object{"gives": object{"officer": "a", "date": "2030-01-01"}, "wants": object{"officer": "b", "date": "2030-01-01"}}},
	{"POST", "/rosters/{station}/swaps/{id}", auth.RostersRead, 404, object{"version": 1, "do": "accept"}},
	{"GET", "/rosters/{station}/recalls", auth.RostersRead, 200, nil},
	{"POST", "/rosters/{station}/recalls", auth.RostersAmend, 422, object{"officers": []string{}, "date": "2030-01-01", "shift": "D", "minutes": 5}},
	{"POST", "/rosters/{station}/recalls/{id}", auth.RostersRead, 404, object{"version": 1, "do": "accept"}},
	{"GET", "/rosters/{station}/templates", auth.RostersPlan, 200, nil},
	{"DELETE", "/rosters/{station}/templates/{id}", auth.RostersPlan, 404, nil},
	{"POST", "/rosters/{station}/drafts/{draft}/templates", auth.RostersPlan, 404, object{"name": "week", "from": "2030-01-01", "until": "2030-01-07"}},
	{"POST", "/rosters/{station}/drafts/{draft}/templates/{id}", auth.RostersPlan, 404, object{"from": "2030-01-01", "until": "2030-01-07"}},
	{"POST", "/rosters/{station}/drafts/{draft}/copy", auth.RostersPlan, 404, object{"from": "2030-01-01", "until": "2030-01-07", "to": "2030-01-08", "last": "2030-01-14"}},
	{"GET", "/rosters/{station}/mine/calendar", auth.RostersRead, 409, nil}, // nobody's account belongs to an officer here
	{"POST", "/rosters/{station}/mine/calendar", auth.RostersRead, 409, nil},
	{"DELETE", "/rosters/{station}/mine/calendar", auth.RostersRead, 409, nil},
	{"GET", "/calendars/{station}/{token}", "open", 404, nil},
	{"GET", "/duty/{station}", auth.RostersRead, 200, nil},
	{"POST", "/duty/{station}/attendance", auth.DutyWrite, 404, object{"officer": "nobody", "date": "2030-01-01", "shift": "D", "version": 0, "do": "arrive"}},
	{"GET", "/duty/{station}/hours", auth.RostersRead, 200, nil},
	{"POST", "/duty/{station}/calls", auth.DutyWrite, 404, object{"post": "none"}},
	{"GET", "/commands", auth.DevicesRead, 200, nil},
	{"GET", "/commands/{id}", auth.DevicesRead, 404, nil},
	{"GET", "/alarms", auth.AlarmsRead, 200, nil},
	{"GET", "/alarms/{id}", auth.AlarmsRead, 404, nil},
	{"POST", "/alarms/{id}/acknowledge", auth.AlarmsAcknowledge, 404, object{"version": 1}},
	{"POST", "/alarms/acknowledge", auth.AlarmsAcknowledge, 200, object{"alarms": []object{{"id": "unknown", "version": 1}}}},
	{"POST", "/alarms/{id}/respond", auth.AlarmsHandle, 404, object{"version": 1}},
	{"POST", "/alarms/{id}/take", auth.AlarmsHandle, 404, object{"version": 1, "take_over": true}},
	{"POST", "/alarms/{id}/give-back", auth.AlarmsHandle, 404, object{"version": 1}},
	{"POST", "/alarms/{id}/close", auth.AlarmsHandle, 404, object{"version": 1, "disposition": "real"}},
	{"POST", "/alarms/{id}/shelve", auth.AlarmsShelve, 404, object{"version": 1, "reason": "x"}},
	{"GET", "/shelf", auth.AlarmsRead, 200, nil},
	{"POST", "/shelf", auth.AlarmsShelve, 404, object{"point": "g1/none.x", "mode": "shelved", "reason": "x"}},
	{"DELETE", "/shelf/{id}", auth.AlarmsShelve, 404, nil},
	{"POST", "/shelf/{id}/confirm", auth.AlarmsShelve, 404, nil},
	{"GET", "/suppression-rules", auth.AlarmsRead, 200, nil},
	{"POST", "/suppression-rules", auth.AlarmsRationalise, 422, object{"station": "hq", "name": "x", "enabled": true, "when": "area_disarmed"}},
	{"PATCH", "/suppression-rules/{id}", auth.AlarmsRationalise, 404, object{"version": 1, "name": "x", "enabled": true, "when": "panel_on_test"}},
	{"DELETE", "/suppression-rules/{id}", auth.AlarmsRationalise, 404, nil},
	{"GET", "/alarm-policy", auth.AlarmsRead, 422, nil},
	{"PUT", "/alarm-policy/shifts", auth.WatchManage, 422, object{"station": "hq", "version": 0, "shifts": []string{"25:00"}}},
	{"PUT", "/alarm-policy/handling", auth.AlarmsRationalise, 422, object{"station": "hq", "version": 0, "handling": object{"longest_minutes": 0, "close_needed": []int{}, "finish_minutes": []int{0, 0, 0, 0}}}},
	{"GET", "/rationale", auth.AlarmsRead, 200, nil},
	{"POST", "/rationale", auth.AlarmsRationalise, 422, object{"station": "hq", "items": []object{{"point": "g1/door-1.nowhere", "kind": "", "version": 0}}}},
	{"GET", "/rationale/of", auth.AlarmsRead, 200, nil},
	{"GET", "/rationale/changes", auth.AlarmsRead, 200, nil},
	{"GET", "/rationale/file", auth.AlarmsRead, 200, nil},
	{"POST", "/rationale/file", auth.AlarmsRationalise, 422, object{"station": "hq", "file": "YSxi", "dry_run": true}},
	{"GET", "/door-times", auth.AlarmsRead, 200, nil},
	{"POST", "/door-times", auth.AlarmsRationalise, 422, object{"station": "hq", "items": []object{{"point": "g1/door-1.leaf", "class": "inside", "held_after": 1, "warn": 0, "hours": []object{}, "version": 0}}}},
	{"GET", "/rules", auth.AlarmsRead, 200, nil},
	{"POST", "/rules", auth.AlarmsRationalise, 422, object{"station": "hq", "name": "", "rule": ruleBody}},
	{"POST", "/rules/try", auth.AlarmsRationalise, 202, object{"station": "hq", "rule": ruleBody, "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}},
	{"GET", "/rules/try/{id}", auth.AlarmsRationalise, 404, nil},
	{"DELETE", "/rules/try/{id}", auth.AlarmsRationalise, 404, nil},
	{"GET", "/rules/{id}", auth.AlarmsRead, 404, nil},
	{"PATCH", "/rules/{id}", auth.AlarmsRationalise, 404, object{"version": 1}},
	{"DELETE", "/rules/{id}", auth.AlarmsRationalise, 404, nil},
	{"GET", "/rules/{id}/hits", auth.AlarmsRead, 404, nil},
	{"GET", "/figures", auth.FiguresRead, 200, nil},
	{"GET", "/figures/month", auth.FiguresRead, 200, nil},
	{"GET", "/figures/file", auth.FiguresRead, 200, nil},
	{"GET", "/flood-settings", auth.AlarmsRead, 200, nil},
	{"POST", "/flood-settings", auth.AlarmsRationalise, 422, object{"station": "hq", "begin": 1, "end": 5, "minutes": 10, "version": 0}},
	{"GET", "/fire/zones", auth.SitesRead, 200, nil},
	{"POST", "/fire/zones", auth.SitesEdit, 422, object{"station": "hq", "panel": "g1/fire-1", "number": 1, "name": " "}},
	{"PATCH", "/fire/zones/{id}", auth.SitesEdit, 404, object{"version": 1, "number": 1, "name": "Kitchen"}},
	{"DELETE", "/fire/zones/{id}", auth.SitesEdit, 404, nil},
	{"GET", "/fire/panels", auth.SitesRead, 200, nil},
	{"GET", "/fire/settings", auth.SitesRead, 200, nil},
	{"PUT", "/fire/settings", auth.WatchManage, 422, object{"station": "hq", "version": 0, "investigate_seconds": 1, "watch_minutes": 60, "assembly": []string{}, "contacts": []object{}}},
	{"GET", "/fire/investigations", auth.AlarmsRead, 200, nil},
	{"GET", "/fire/investigations/{id}", auth.AlarmsRead, 404, nil},
	{"POST", "/fire/investigations/{id}/assign", auth.WardensWrite, 404, object{"version": 1, "name": "Patrol 2"}},
	{"POST", "/fire/investigations/{id}/extend", auth.WatchSupervise, 404, object{"version": 1, "reason": "stairs"}},
	{"POST", "/fire/investigations/{id}/decide", auth.WardensWrite, 404, object{"version": 1, "outcome": "real"}},
	{"GET", "/fire/sheet/{id}", auth.AlarmsRead, 404, nil},
	{"GET", "/fire/evacuations", auth.AlarmsRead, 200, nil},
	{"POST", "/fire/evacuations", auth.WardensWrite, 422, object{"station": "hq", "building_name": " "}},
	{"GET", "/fire/evacuations/{id}", auth.AlarmsRead, 404, nil},
	{"POST", "/fire/evacuations/{id}/floors/{row}", auth.WardensWrite, 404, object{"version": 1, "state": "swept"}},
	{"POST", "/fire/evacuations/{id}/people", auth.WardensWrite, 404, object{"kind": "missing", "name": "A. N. Other"}},
	{"POST", "/fire/evacuations/{id}/people/{row}", auth.WardensWrite, 404, object{"version": 1, "kind": "missing", "name": "A. N. Other"}},
	{"POST", "/fire/evacuations/{id}/assembly", auth.WardensWrite, 404, object{"name": "Lawn"}},
	{"POST", "/fire/evacuations/{id}/assembly/{row}", auth.WardensWrite, 404, object{"version": 1, "count": 3}},
	{"POST", "/fire/evacuations/{id}/service", auth.WardensWrite, 404, object{"version": 1, "step": "called"}},
	{"POST", "/fire/evacuations/{id}/log", auth.WardensWrite, 404, object{"text": "all quiet"}},
	{"POST", "/fire/evacuations/{id}/close", auth.WardensWrite, 404, object{"version": 1, "summary": "done"}},
	{"GET", "/impairments", auth.SitesRead, 200, nil},
	{"POST", "/impairments", auth.AlarmsRemove, 422, object{"point": "g1/fire-1.L1D1", "mode": "test", "reason": "works", "until": "2001-01-01T00:00:00Z"}},
	{"GET", "/impairments/{id}", auth.SitesRead, 404, nil},
	{"POST", "/impairments/{id}/prolong", auth.AlarmsRemove, 404, object{"version": 1, "until": "2031-01-01T00:00:00Z", "reason": "works"}},
	{"POST", "/impairments/{id}/end", auth.AlarmsRemove, 404, object{"version": 1}},
	{"POST", "/impairments/{id}/again", auth.AlarmsRemove, 404, object{"version": 1}},
	{"POST", "/impairments/{id}/round", auth.WardensWrite, 404, object{}},
	{"GET", "/impairments.csv", auth.SitesRead, 200, nil},
	{"GET", "/signals", auth.SignalsRead, 200, nil},
	{"GET", "/dead-letters", auth.SignalsRead, 200, nil},
	{"GET", "/gaps", auth.SignalsRead, 200, nil},
	{"GET", "/users", auth.UsersManage, 200, nil},
	{"POST", "/users", auth.UsersManage, 422, object{"username": "x y", "name": "X", "roles": []object{{"role": "officer", "station": "hq"}}}},
	{"GET", "/users/{id}", auth.UsersManage, 404, nil},
	{"PATCH", "/users/{id}", auth.UsersManage, 404, object{"version": 1}},
	{"POST", "/users/{id}/password", auth.UsersManage, 404, nil},
	{"GET", "/tokens", auth.TokensManage, 200, nil},
	{"POST", "/tokens", auth.TokensManage, 422, object{"name": "", "roles": []object{{"role": "officer", "station": "hq"}}}},
	{"DELETE", "/tokens/{id}", auth.TokensManage, 404, nil},
	{"GET", "/audit", auth.AuditRead, 200, nil},
	{"GET", "/audit.csv", auth.AuditRead, 200, nil},
	{"GET", "/audit/verify", auth.AuditRead, 200, nil},
	{"GET", "/replay", auth.SignalsRead, 200, nil},
	{"GET", "/replay/range", auth.SignalsRead, 200, nil},
	{"GET", "/replay/events", auth.SignalsRead, 422, nil},
	{"GET", "/search", auth.SignalsRead, 200, nil},
	{"GET", "/search/point", auth.SignalsRead, 200, nil},
	{"GET", "/search/person", auth.AuditRead, 422, nil},
	{"GET", "/search.csv", auth.SignalsRead, 200, nil},
	{"GET", "/retention", auth.AuditRead, 200, nil},
	{"PUT", "/retention", auth.StationsManage, 422, object{"journal_days": 3, "dead_letter_days": 90, "version": 0}},
	{"GET", "/retention/holds", auth.AuditRead, 200, nil},
	{"POST", "/retention/holds", auth.StationsManage, 422, object{"station": "hq", "from": "2030-06-02T00:00:00Z", "until": "2030-06-01T00:00:00Z", "reason": "x"}},
	{"POST", "/retention/holds/{id}/release", auth.StationsManage, 404, object{"reason": "x"}},
	{"POST", "/session/change", "", 401, object{"username": strings.Repeat("x", 65), "password": "x"}},
	{"GET", "/watch", auth.AlarmsRead, 200, nil},
	{"POST", "/watch/alive", auth.AlarmsRead, 204, object{"key": true}},
	{"GET", "/watch/settings", auth.AlarmsRead, 200, nil},
	{"PATCH", "/watch/keeping", auth.WatchManage, 422, object{"station": "hq", "version": 0, "keeping": object{"prompt": true, "idle_minutes": 0, "answer_minutes": 2, "staffed": false, "pack_minutes": 60}}},
	{"PATCH", "/watch/escalation", auth.WatchManage, 422, object{"station": "hq", "version": 0, "escalation": object{"7": []object{}}}},
	{"GET", "/covers", auth.AlarmsRead, 200, nil},
	{"GET", "/covers/stations", auth.CoverGrant, 200, nil},
	{"POST", "/covers", auth.CoverGrant, 422, object{"station": "hq", "by_station": "hq", "from": "2030-06-01T00:00:00Z", "until": "2030-06-02T00:00:00Z", "reason": "x"}},
	{"DELETE", "/covers/{id}", auth.CoverGrant, 404, nil},
	{"GET", "/handover", auth.AlarmsRead, 200, nil},
	{"GET", "/handovers", auth.AlarmsRead, 200, nil},
	{"POST", "/handovers", auth.AlarmsHandle, 201, object{"station": "hq"}},
	{"GET", "/handovers/{id}", auth.AlarmsRead, 404, nil},
	{"POST", "/handovers/{id}/take", auth.AlarmsHandle, 404, object{}},
	{"GET", "/fallback", auth.AlarmsRead, 200, nil},
	{"GET", "/fallback/page", auth.AlarmsRead, 422, nil},
	{"POST", "/fallback", auth.WatchSupervise, 200, object{"station": "hq"}},
	{"GET", "/contacts", auth.AlarmsRead, 200, nil},
	{"POST", "/contacts", auth.WatchManage, 422, object{"station": "hq", "name": ""}},
	{"PATCH", "/contacts/{id}", auth.WatchManage, 404, object{"version": 1, "name": "X"}},
	{"DELETE", "/contacts/{id}", auth.WatchManage, 404, nil},
	{"POST", "/contacts/{id}/test", auth.WatchManage, 404, nil},
	{"POST", "/contacts/import", auth.WatchManage, 200, object{"station": "hq", "table": "colour\nred"}},
	{"GET", "/duty-chiefs", auth.AlarmsRead, 200, nil},
	{"POST", "/duty-chiefs", auth.WatchManage, 422, object{"station": "hq", "contact": "x", "from": "2030-06-02T00:00:00Z", "until": "2030-06-01T00:00:00Z"}},
	{"DELETE", "/duty-chiefs/{id}", auth.WatchManage, 404, nil},
	{"GET", "/deliveries", auth.AlarmsRead, 200, nil},
	{"POST", "/deliveries/{id}/again", auth.WatchSupervise, 404, nil},
	{"GET", "/cameras", auth.CamerasWatch, 200, nil},
	{"GET", "/cameras/{id}", auth.CamerasWatch, 404, nil},
	{"GET", "/cameras/{id}/settings", auth.CamerasConfigure, 404, nil},
	{"PUT", "/cameras/{id}/settings", auth.CamerasConfigure, 404, object{"points": []string{}, "restricted": false, "allow": []string{}, "deny": []string{}, "retention_hours": 0, "always": false, "alarm_preset": "", "version": 0}},
	{"GET", "/cameras/{id}/timeline", auth.CamerasPlay, 404, nil},
	{"GET", "/cameras/{id}/people", auth.CamerasConfigure, 404, nil},
	{"GET", "/cameras/{id}/presets", auth.CamerasWatch, 404, nil},
	{"POST", "/cameras/{id}/ptz", auth.CamerasMove, 404, object{"action": "stop"}},
	{"GET", "/cameras/{id}/bookmarks", auth.CamerasPlay, 404, nil},
	{"POST", "/cameras/{id}/bookmarks", auth.CamerasPlay, 404, object{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:01:00Z"}},
	{"DELETE", "/cameras/{id}/bookmarks/{bookmark}", auth.CamerasPlay, 404, nil},
	{"GET", "/cameras/{id}/exports", auth.CamerasExport, 404, nil},
	{"POST", "/cameras/{id}/exports", auth.CamerasExport, 404, object{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:01:00Z", "why": "for a reason"}},
	{"GET", "/cameras/{id}/exports/{export}", auth.CamerasExport, 404, nil},
	{"GET", "/cameras/{id}/exports/{export}/file", auth.CamerasExport, 404, nil},
	{"POST", "/cameras/{id}/whep", auth.CamerasWatch, 404, "v=0"},
	{"PATCH", "/cameras/{id}/whep/{session}", auth.CamerasWatch, 404, "a=mid:0"},
	{"DELETE", "/cameras/{id}/whep/{session}", auth.CamerasWatch, 404, nil},
	{"PUT", "/cameras/{id}/whep/{session}/stream", auth.CamerasWatch, 404, object{"stream": "sub"}},
	{"POST", "/cameras/{id}/whip", "open", 401, "v=0"}, // a gateway's token is no user's
	{"DELETE", "/cameras/{id}/whip/{session}", "open", 401, nil},
	{"PUT", "/cameras/{id}/uploads/{transfer}", "open", 401, "moof"},
	{"GET", "/cameras/{id}/recording", auth.CamerasPlay, 404, nil},
	{"GET", "/cameras/{id}/snapshot", auth.CamerasWatch, 404, nil},
	{"GET", "/alarms/{id}/cameras", auth.CamerasWatch, 404, nil},
	{"GET", "/walls", auth.CamerasWatch, 200, nil},
	{"POST", "/walls", auth.CamerasWatch, 422, object{"station": "hq", "name": " ", "tiles": 4, "cameras": []object{}}},
	{"PUT", "/walls/{id}", auth.CamerasWatch, 404, object{"name": "x", "tiles": 4, "cameras": []object{}, "version": 1}},
	{"DELETE", "/walls/{id}", auth.CamerasWatch, 404, nil},
	{"DELETE", "/sessions", "", 204, nil},
	{"DELETE", "/session", "", 401, nil}, // the route before it has ended the session
}

// address fills a path in: what concerns doors, a door.
func address(path string) string {
	gateway, device := "g1", "door-1"
	path = strings.Replace(path, "/doors/{gateway}/{local}", "/doors/g1/door-1.lock", 1)
	path = strings.Replace(path, "{step}", "0", 1)
	for from, to := range map[string]string{
		"/points/{id}/{local}": "/points/g1/door-1.lock", "/points/{id}": "/points/g1%2Fdoor-1.lock",
		"{gateway}": gateway, "{device}": device, "/stations/{id}": "/stations/hq",
	} {
		if strings.HasPrefix(path, "/points/{id}/{local}") && from == "/points/{id}" {
			continue
		}
		path = strings.Replace(path, from, to, 1)
	}
	nobody := "0197f000-0000-7000-8000-000000000000"
	path = strings.NewReplacer("{station}", "hq", "{level}", nobody, "{version}", "1", "{hash}", strings.Repeat("0", 64), "{row}", "l0", "{id}", nobody,
		"{session}", nobody, "{bookmark}", nobody, "{export}", nobody, "{transfer}", nobody, "{token}", nobody).Replace(path)
	if strings.HasPrefix(path, "/places/") || strings.HasPrefix(path, "/fire/zones/") || strings.Contains(path, "/cameras/") {
		path += "?version=1" // what is to be removed was seen
	}
	for end, query := range map[string]string{
		"/register/{kind}/{item}": "?version=0", "/roster": "?from=2030-01-01&until=2030-01-31", "/roster/table": "?from=2030-01-01&until=2030-01-31", "/roster/findings": "?from=2030-01-01&until=2030-01-31", "/absences": "?from=2030-01-01&until=2030-01-31", "/templates/" + nobody: "?version=1",
		"/fixes": "?key=x", "hq/export": "?what=officers&format=csv",
	} {
		if strings.HasPrefix(path, "/rosters/") && strings.HasSuffix(path, end) {
			path += query
		}
	}
	if strings.HasSuffix(path, "/hours") || strings.HasSuffix(path, "/statistics") || strings.HasSuffix(path, "/statistics/export") {
		path += "?from=2030-01-01&until=2030-01-31"
	}
	if strings.HasSuffix(path, "/detail") || strings.HasSuffix(path, "/detail/export") {
		path += "?date=2030-01-01"
	}
	path = strings.NewReplacer("{kind}", "officer", "{item}", "nobody", "{draft}", nobody).Replace(path)
	if slices.Contains([]string{"/watch/settings", "/handover", "/handovers", "/fire/settings", "/contacts", "/duty-chiefs", "/people-imports"}, path) {
		path += "?station=hq"
	}
	if asked, ok := map[string]string{
		"/replay": "?station=hq", "/replay/range": "?station=hq", "/replay/events": "?station=hq", "/search": "?q=door", "/search/point": "?point=g1/door-1.leaf",
		"/search.csv": "?view=text&q=door",
		"/rationale":  "?station=hq", "/rationale/changes": "?station=hq", "/rationale/file": "?station=hq", "/door-times": "?station=hq",
		"/rationale/of": "?point=g1/door-1.leaf&kind=door.forced", "/flood-settings": "?station=hq", "/figures": "?station=hq",
		"/figures/month": "?station=hq&month=2026-01", "/figures/file": "?station=hq&month=2026-01",
	}[path]; ok {
		path += asked
	}
	return path
}

func TestEveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Roles()...)
	g := h.gateway("s1")
	eventually(t, "the gateway is online", func() bool { return h.desks.Stations.StateOf("g1") == "online" })
	stranger := h.nobody()
	for _, r := range routes {
		want := 401
		if r.needs == "open" {
			want = r.want
		}
		if r.path == "/live" && want == 200 {
			continue
		}
		if status, body := stranger.do(r.method, address(r.path), r.body, "Idempotency-Key", "k"); status != want {
			t.Errorf("nobody: %s %s: %d %v, want %d", r.method, r.path, status, body, want)
		}
	}
	for _, role := range auth.Roles() {
		b := h.signIn(role)
		for i, r := range routes {
			if r.needs == "open" {
				continue
			}
			want := 403
			if r.needs == "" || slices.Contains(role.Permissions(), r.needs) {
				want = r.want
			}
			if (r.path == "/audit/verify" || r.path == "/retention") && want == 200 && role != auth.Admin {
				want = 403 // what is of all stations takes the right everywhere
			}
			if r.path == "/live" && want == 200 {
				await(t, b.watch("/live", ""), "snapshot", nil)
				continue
			}
			status, body := b.do(r.method, address(r.path), r.body, "Idempotency-Key", fmt.Sprint("k", i))
			if status != want {
				t.Errorf("%s: %s %s: %d %v, want %d", role, r.method, r.path, status, body, want)
			}
			if status == 403 && (body["code"] != "forbidden" || body["params"].(object)["permission"] == nil) {
				t.Errorf("%s: %s %s: %v does not say which right is missing", role, r.method, r.path, body)
			}
			if status == 202 && strings.HasSuffix(r.path, "/commands") {
				c := g.next()
				g.answer(c, devices.Confirmed, "", "done")
			}
		}
	}
}

func TestTheTableOfRoutesIsWhole(t *testing.T) {
	t.Parallel()
	doc, err := api.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var read struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	for path, methods := range read.Paths {
		for method := range methods {
			found := false
			for _, r := range routes {
				found = found || strings.EqualFold(r.method, method) && "/api/v1"+r.path == path
			}
			if !found {
				t.Errorf("%s %s is not in the table of routes: say which right it needs", method, path)
			}
		}
	}
}

func TestAnotherStationIsOutOfReach(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Admin)
	officer := h.signIn(auth.Officer)
	for _, path := range []string{"/alarms", "/gateways", "/devices", "/points", "/signals", "/commands", "/dead-letters", "/gaps", "/live"} {
		if status, body := officer.do("GET", path+"?station=branch", nil); status != 403 {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
	_, list := officer.do("GET", "/stations", nil)
	if items := list["items"].([]any); len(items) != 1 || items[0].(object)["id"] != "hq" {
		t.Errorf("stations %v", list)
	}
	// A machine's token reaches as far as its roles, and ends with its removal.
	admin := h.signIn(auth.Admin)
	_, made := admin.do("POST", "/tokens", object{"name": "wall", "roles": []object{{"role": "division", "station": "branch"}}})
	machine := h.nobody()
	bearer := "Bearer " + made["token"].(string)
	if status, _ := machine.do("GET", "/alarms?station=branch", nil, "Authorization", bearer); status != 200 {
		t.Errorf("token at its station: %d", status)
	}
	if status, _ := machine.do("GET", "/alarms?station=hq", nil, "Authorization", bearer); status != 403 {
		t.Errorf("token at another station: %d", status)
	}
	if status, _ := admin.do("DELETE", "/tokens/"+made["token_info"].(object)["id"].(string), nil); status != 204 {
		t.Errorf("remove token: %d", status)
	}
	if status, _ := machine.do("GET", "/alarms?station=branch", nil, "Authorization", bearer); status != 401 {
		t.Errorf("removed token: %d", status)
	}
}

func TestRequestsFromOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Admin)
	b := h.signIn(auth.Admin)
	station := object{"id": "x", "name": "X", "time_zone": "UTC"}
	for _, tc := range []struct {
		name   string
		header []string
		want   int
	}{
		{"cross-site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"same-site", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"other origin", []string{"Origin", "https://evil.example"}, 403},
		{"null origin", []string{"Origin", "null"}, 403},
		{"a form", []string{"Sec-Fetch-Site", "same-origin", "Content-Type", "application/x-www-form-urlencoded"}, 415},
		{"own page", []string{"Sec-Fetch-Site", "same-origin"}, 201},
	} {
		if status, body := b.do("POST", "/stations", station, tc.header...); status != tc.want {
			t.Errorf("%s: %d %v, want %d", tc.name, status, body, tc.want)
		}
	}
	if status, _ := b.do("GET", "/stations", nil, "Sec-Fetch-Site", "cross-site"); status != 200 {
		t.Errorf("reading from elsewhere changes nothing, yet: %d", status)
	}
	if status, body := h.nobody().do("POST", "/session", object{"username": "boss", "password": password}, "Sec-Fetch-Site", "cross-site"); status != 403 {
		t.Errorf("signing in from elsewhere: %d %v", status, body)
	}
}

func TestBadRequestsAreRefusedInWords(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Admin)
	b := h.signIn(auth.Admin)
	for _, tc := range []struct {
		name, method, path string
		body               any
		want               int
		code               string
	}{
		{"not JSON", "POST", "/stations", "{", 400, "invalid"},
		{"unknown field", "POST", "/stations", object{"id": "a", "name": "A", "time_zone": "UTC", "color": 1}, 422, "invalid"},
		{"wrong type", "POST", "/stations", object{"id": 1, "name": "A", "time_zone": "UTC"}, 422, "invalid"},
		{"too large", "POST", "/stations", `{"id":"` + strings.Repeat("x", 2<<20) + `"}`, 413, "invalid"},
		{"limit", "GET", "/alarms?limit=100000", nil, 422, "invalid"},
		{"instant", "GET", "/alarms?from=yesterday", nil, 422, "invalid"},
		{"state", "GET", "/alarms?state=sideways", nil, 422, "invalid"},
		{"no such address", "GET", "/nope", nil, 404, "not_found"},
		{"method", "PUT", "/stations", object{}, 405, "not_found"},
		{"station twice", "POST", "/stations", object{"id": "hq", "name": "A", "time_zone": "UTC"}, 409, "conflict"},
		{"gateway twice", "POST", "/gateways", object{"id": "g1", "station": "hq"}, 409, "conflict"},
		{"user twice", "POST", "/users", object{"username": "BOSS", "name": "A", "roles": []object{}}, 409, "conflict"},
		{"stale user", "PATCH", "/users/" + h.ids[auth.Admin], object{"version": 77, "name": "x"}, 409, "stale"},
		{"NUL", "POST", "/stations", `{"id":"a","name":"A\u0000B","time_zone":"UTC"}`, 422, "invalid"},
	} {
		status, body := b.do(tc.method, tc.path, tc.body)
		if status != tc.want || body["code"] != tc.code || body["title"] == "" || body["params"] == nil {
			t.Errorf("%s: %d %v, want %d %s", tc.name, status, body, tc.want, tc.code)
		}
		if strings.Contains(fmt.Sprint(body), password) {
			t.Errorf("%s: the answer holds the password", tc.name)
		}
	}
	answer, err := b.client.Get(h.at.HTTP + "/api/v1/stations")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := answer.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestSignInOverHTTP(t *testing.T) {
	t.Parallel()
	h := start(t, auth.Officer, auth.Admin)
	b := h.nobody()
	for i := range 3 {
		if status, body := b.do("POST", "/session", object{"username": "officer", "password": "wrong"}); status != 401 || body["code"] != "unauthenticated" {
			t.Fatalf("try %d: %d %v", i, status, body)
		}
	}
	status, body := b.do("POST", "/session", object{"username": "officer", "password": password})
	if status != 429 || body["code"] != "too_many_attempts" || body["params"].(object)["retry_after"] == nil {
		t.Errorf("at once after three failures: %d %v", status, body)
	}
	eventually(t, "the right password gets in", func() bool {
		status, _ := b.do("POST", "/session", object{"username": "officer", "password": password})
		return status == 200
	})
	// Somebody with a one-time password may do nothing but change it.
	admin := h.signIn(auth.Admin)
	_, made := admin.do("POST", "/users", object{"username": "new", "name": "New", "roles": []object{{"role": "officer", "station": "hq"}}})
	once, _ := made["one_time_password"].(string)
	n := h.nobody()
	if status, body := n.do("POST", "/session", object{"username": "new", "password": once}); status != 200 || body["user"].(object)["must_change_password"] != true {
		t.Fatalf("%d %v", status, body)
	}
	for _, path := range []string{"/alarms", "/live", "/users"} {
		if status, body := n.do("GET", path, nil); status != 403 || body["code"] != "password_change_required" {
			t.Errorf("%s: %d %v", path, status, body)
		}
	}
	if status, body := n.do("POST", "/session/password", object{"current": once, "new": "another long password"}); status != 204 {
		t.Fatalf("%d %v", status, body)
	}
	if status, _ := n.do("GET", "/alarms", nil); status != 200 {
		t.Errorf("after the change: %d", status)
	}
}
