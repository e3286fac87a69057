package main

import (
	"context"
	"fmt"

	"guardroom/console"
	"guardroom/console/auth"
	"guardroom/console/notify"
)

// contacts are whom the stations of the demo may reach. Nothing leaves the
// machine: e-mail is left in the folder outbox of the demo's data.
func contacts(station string) []notify.Contact {
	return []notify.Contact{
		{Station: station, Name: "Duty chief, week A", Function: "Duty chief", Phone: "+000 100 01", Email: "chief-a@example.org", Role: notify.ForDutyChief},
		{Station: station, Name: "Duty chief, week B", Function: "Duty chief", Phone: "+000 100 02", Email: "chief-b@example.org", Role: notify.ForDutyChief},
		{Station: station, Name: "Shift supervisor", Function: "Supervisor", Phone: "+000 100 10", Radio: "Sierra 1", Email: "supervisor@example.org", Role: notify.ForSupervisor},
		{Station: station, Name: "Response team", Function: "Officers on patrol", Post: "Gate A", Phone: "+000 100 20", Radio: "Papa 1", Email: "response@example.org", Role: notify.ForDelivery},
		{Station: station, Name: "Host country fire service", Function: "Fire service", Phone: "+000 112"},
		{Station: station, Name: "Medical service", Function: "Clinic", Post: "Block M, level 0", Phone: "+000 100 30"},
		{Station: station, Name: "Building management", Function: "Plant and lifts", Phone: "+000 100 40"},
	}
}

// watch gives each station its contacts, once.
func (h *house) watch(ctx context.Context, d console.Desks) error {
	by := auth.Program()
	by.Grants = append(by.Grants, auth.Grant{Role: auth.Chief, Station: auth.AllStations})
	for _, station := range d.Stations.Stations(by) {
		known, err := d.Notify.Contacts(ctx, by, station.ID)
		if err != nil {
			return fmt.Errorf("contacts of the demo: %w", err)
		}
		if len(known) > 0 {
			continue
		}
		for i, c := range contacts(station.ID) {
			c.Position = i + 1
			if _, err := d.Notify.SaveContact(ctx, by, c); err != nil {
				return fmt.Errorf("contacts of the demo: %w", err)
			}
		}
	}
	return nil
}
