package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"guardroom/gateway"
)

// gatewayUnderTest is a gateway program with a data folder of its own.
type gatewayUnderTest struct {
	*program
	id        string
	addresses gateway.Addresses
}

// gatewayData is the data folder that a gateway of this run will have.
func (b *bench) gatewayData(id string) string { return filepath.Join(b.folder, "gateway-"+id) }

// startGateway adds a gateway to a console and runs its program on the panels.
func (b *bench) startGateway(ctx context.Context, c *consoleUnderTest, id string, panels []*panel) (*gatewayUnderTest, error) {
	credential, err := c.addGateway(ctx, id)
	if err != nil {
		return nil, err
	}
	file := b.gatewayData(id)
	if err := os.WriteFile(file+".credential", []byte(credential), 0o600); err != nil {
		return nil, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "id: %s\nstation: %s\nbroker: tcp://%s\ncredential_file: %s.credential\ndata: %s\nmetrics: 127.0.0.1:0\ndevices:\n",
		id, station, c.addresses.MQTT, file, file)
	for _, p := range panels {
		fmt.Fprintf(&text, "  - {id: %s, profile: %s, address: \"tcp://%s\", name: %s, params: {%s}}\n", p.id, p.profile, p.address(), p.id, p.params)
	}
	if err := os.WriteFile(file+".yaml", []byte(text.String()), 0o600); err != nil {
		return nil, err
	}
	g := &gatewayUnderTest{id: id}
	g.program, err = b.start(ctx, "gateway", &g.addresses, "-config", file+".yaml")
	return g, err
}

func (g *gatewayUnderTest) metric(ctx context.Context, name string) (float64, error) {
	return metric(ctx, "http://"+g.addresses.Metrics+"/metrics", "guardroom_gateway_"+name)
}

// devicesUp waits until all panels answer.
func (g *gatewayUnderTest) devicesUp(ctx context.Context, panels []*panel) error {
	for _, p := range panels {
		for {
			if err := g.check(); err != nil {
				return err
			}
			up, err := g.metric(ctx, fmt.Sprintf("device_up{device=%q}", p.id))
			if err != nil {
				return err
			}
			if up == 1 {
				break
			}
			if err := pause(ctx, tryAgain); err != nil {
				return fmt.Errorf("device %s does not come up: %w", p.id, err)
			}
		}
	}
	return nil
}
