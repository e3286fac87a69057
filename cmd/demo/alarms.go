package main

import (
	"context"
	"fmt"

	"guardroom/console"
	"guardroom/console/alarms"
	"guardroom/console/auth"
)

// suppression makes the rule by which a panel on test is quiet but for fire,
// once.
func (h *house) suppression(ctx context.Context, d console.Desks) error {
	by := auth.Operator{ID: "program", Username: "program", Name: "console program", Grants: []auth.Grant{{Role: auth.Chief, Station: auth.AllStations}}}
	for _, where := range h.console().Stations {
		rules, err := d.Alarms.Rules(ctx, by, where.ID)
		if err != nil {
			return fmt.Errorf("suppression rules of %s: %w", where.ID, err)
		}
		if len(rules) > 1 { // beside the one that is built in
			continue
		}
		rule := alarms.SuppressionRule{Station: where.ID, Name: "Fire panel on test", Enabled: true, When: alarms.PanelOnTest}
		if _, err := d.Alarms.AddRule(ctx, by, rule); err != nil {
			return fmt.Errorf("suppression rule of %s: %w", where.ID, err)
		}
	}
	return nil
}
