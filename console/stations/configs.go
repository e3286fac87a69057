package stations

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/gateway/link"
)

// GatewayConfig is a configuration that was sent to a gateway, and what became of it.
type GatewayConfig struct {
	Gateway    string             `json:"gateway"`
	Station    string             `json:"station"`
	Version    int64              `json:"version"` // 0: none was ever sent
	Text       string             `json:"text"`
	State      string             `json:"state" enum:",sent,trying,applied,refused,reverted"`
	Faults     []link.ConfigFault `json:"faults"`
	By         string             `json:"by"`
	ByName     string             `json:"by_name"`
	At         time.Time          `json:"at"`
	AnsweredAt *time.Time         `json:"answered_at"`
	// Managed says whether the gateway lets the console send it configurations.
	Managed bool `json:"managed"`
	// Good is the newest version that was found to work: the gateway runs with it, but
	// while it tries another. 0: with its own file.
	Good int64 `json:"good"`
	// Hash is of what the gateway last said it runs with, of the file or of the text sent.
	Hash string `json:"hash"`
}

// GatewayConfigLine is a configuration in the history of a gateway, without its text.
type GatewayConfigLine struct {
	Version    int64      `json:"version"`
	State      string     `json:"state" enum:"sent,trying,applied,refused,reverted"`
	Faults     int        `json:"faults"` // how many
	By         string     `json:"by"`
	ByName     string     `json:"by_name"`
	At         time.Time  `json:"at"`
	AnsweredAt *time.Time `json:"answered_at"`
}

// ConfigSent is the state of a configuration that the gateway has not answered.
const ConfigSent = "sent"

// standing are the states of a configuration that a gateway is to have.
var standing = []string{ConfigSent, link.ConfigTrying, link.ConfigInForce}

// configStore keeps configurations.
type configStore interface {
	// AddConfig writes c as the next version after seen; a *StaleError when seen is
	// not the last.
	AddConfig(ctx context.Context, c GatewayConfig, seen int64, e audit.Entry) (GatewayConfig, error)
	// AnswerConfig notes what became of a version, and reports whether that is news.
	AnswerConfig(ctx context.Context, gateway string, m link.AppliedMessage, e audit.Entry) (bool, error)
	// LastConfig returns the newest with one of the states, or any; ErrNotFound for none.
	LastConfig(ctx context.Context, gateway string, states ...string) (GatewayConfig, error)
	// ConfigAt returns one version; ErrNotFound when it is not kept.
	ConfigAt(ctx context.Context, gateway string, version int64) (GatewayConfig, error)
	// ConfigLines returns what is kept, newest first.
	ConfigLines(ctx context.Context, gateway string) ([]GatewayConfigLine, error)
}

// longestConfig is the longest text of a configuration, in bytes.
const longestConfig = 256 << 10

// answerWithin is how long whoever sends a configuration waits for the gateway's
// first word; what comes later is read with Config.
const answerWithin = 10 * time.Second

// StaleError says that somebody has sent another configuration since.
type StaleError struct{ Now int64 }

func (e *StaleError) Error() string {
	return fmt.Sprintf("somebody has sent another configuration since: it is at version %d now", e.Now)
}

// Stale gives the version as it is now.
func (e *StaleError) Stale() int64 { return e.Now }

// ConditionError says why something cannot be done as things stand.
type ConditionError struct{ Reason, Text string }

func (e *ConditionError) Error() string { return e.Text }

// Conflict gives the code and its facts; the API recognises the error by this method.
func (e *ConditionError) Conflict() (code string, params map[string]any) {
	return "condition", map[string]any{"reason": e.Reason}
}

// ConfigError says that the gateway cannot use a configuration: where and why.
type ConfigError struct{ Faults []link.ConfigFault }

func (e *ConfigError) Error() string {
	if len(e.Faults) == 0 {
		return "text: the gateway cannot use it"
	}
	return fmt.Sprintf("text: line %d: %s", e.Faults[0].Line, e.Faults[0].Reason)
}

// InvalidField names the field; the API recognises the error by this method.
func (e *ConfigError) InvalidField() string { return "text" }

// configurable finds a gateway that by may configure, or look at.
func (d *Desk) configurable(by auth.Operator, p auth.Permission, id string) (Record, error) {
	if all, some := by.Stations(p); !all && len(some) == 0 {
		return Record{}, by.May(p, auth.AllStations)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.gateways[id]
	if g == nil {
		return Record{}, fmt.Errorf("gateway %.64s: %w", id, ErrNotFound)
	}
	return g.record, by.May(p, g.record.Station)
}

// Config returns the newest configuration that was sent to a gateway.
func (d *Desk) Config(ctx context.Context, by auth.Operator, id string) (GatewayConfig, error) {
	r, err := d.configurable(by, auth.DevicesConfigure, id)
	if err != nil {
		return GatewayConfig{}, err
	}
	c, err := d.o.Configs.LastConfig(ctx, id)
	if errors.Is(err, ErrNotFound) {
		c, err = GatewayConfig{Gateway: id, Station: r.Station, Faults: []link.ConfigFault{}}, nil
	}
	if err != nil {
		return GatewayConfig{}, err
	}
	return d.standingOf(ctx, r, c)
}

// standingOf says beside a configuration what the gateway goes by.
func (d *Desk) standingOf(ctx context.Context, r Record, c GatewayConfig) (GatewayConfig, error) {
	if r.Birth != nil {
		c.Managed, c.Hash = r.Birth.Managed, r.Birth.Config
	}
	good, err := d.o.Configs.LastConfig(ctx, c.Gateway, link.ConfigInForce)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return GatewayConfig{}, err
	}
	c.Good = good.Version
	return c, nil
}

// ConfigAt returns one of the configurations that were sent to a gateway.
func (d *Desk) ConfigAt(ctx context.Context, by auth.Operator, id string, version int64) (GatewayConfig, error) {
	r, err := d.configurable(by, auth.DevicesConfigure, id)
	if err != nil {
		return GatewayConfig{}, err
	}
	c, err := d.o.Configs.ConfigAt(ctx, id, version)
	if err != nil {
		return GatewayConfig{}, fmt.Errorf("version %d of the configuration of gateway %s: %w", version, id, err)
	}
	return d.standingOf(ctx, r, c)
}

// ConfigLines returns the configurations that were sent to a gateway and are kept,
// newest first: a few dozen, and the one that works.
func (d *Desk) ConfigLines(ctx context.Context, by auth.Operator, id string) ([]GatewayConfigLine, error) {
	if _, err := d.configurable(by, auth.DevicesConfigure, id); err != nil {
		return nil, err
	}
	return d.o.Configs.ConfigLines(ctx, id)
}

// Configure sends a configuration to a gateway that is managed: its devices, and
// how it supervises them. The gateway tries it, and goes back to the last good one
// when it does not work. What it cannot read it refuses, with line and reason: a
// *ConfigError. seen is the version that the sender has seen; 0 for none.
func (d *Desk) Configure(ctx context.Context, by auth.Operator, id string, seen int64, text string) (GatewayConfig, error) {
	r, err := d.configurable(by, auth.DevicesConfigure, id)
	if err != nil {
		return GatewayConfig{}, err
	}
	switch {
	case strings.TrimSpace(text) == "":
		return GatewayConfig{}, &InvalidError{Field: "text", Reason: "is empty"}
	case len(text) > longestConfig:
		return GatewayConfig{}, &InvalidError{Field: "text", Reason: fmt.Sprintf("is longer than %d KiB", longestConfig>>10)}
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return GatewayConfig{}, &InvalidError{Field: "text", Reason: "is no plain text in UTF-8"}
	case r.Birth == nil || !r.Birth.Managed:
		return GatewayConfig{}, &ConditionError{Reason: "not_managed", Text: "this gateway goes by its own file: set managed: true there to let the console configure it"}
	case d.StateOf(id) != Online:
		return GatewayConfig{}, &ConditionError{Reason: "offline", Text: "the gateway is not connected: it could not say whether it can use the configuration"}
	}
	told, forget := d.expect(id)
	defer forget()
	c, err := d.o.Configs.AddConfig(ctx, GatewayConfig{
		Gateway: id, Station: r.Station, Text: text, State: ConfigSent, Faults: []link.ConfigFault{}, By: by.ID, ByName: by.Name, At: d.o.Now().UTC(),
	}, seen, audit.By(by, r.Station, "gateway.configure", "gateway:"+id, map[string]string{"bytes": fmt.Sprint(len(text))}))
	if err != nil {
		return GatewayConfig{}, fmt.Errorf("configure gateway %s: %w", id, err)
	}
	c.Managed = true
	if err := d.send(c); err != nil {
		d.o.Log.Warn("stations: a configuration was not sent; it is when the gateway is back", "gateway", id, "err", err)
		return c, nil
	}
	limit := time.NewTimer(answerWithin)
	defer limit.Stop()
	for {
		select {
		case <-ctx.Done():
			return c, nil
		case <-limit.C:
			return c, nil
		case m := <-told:
			if m.Version != uint64(c.Version) { //nolint:gosec // counts from 1
				continue
			}
			if c.State, c.Faults = m.State, append(c.Faults, m.Faults...); m.State == link.ConfigRefused {
				return c, &ConfigError{m.Faults}
			}
			return c, nil
		}
	}
}

func (d *Desk) send(c GatewayConfig) error {
	return d.o.SendConfig(c.Station, c.Gateway, link.ConfigMessage{Version: uint64(c.Version), Text: c.Text, By: c.ByName, At: c.At}) //nolint:gosec // counts from 1
}

// expect has what a gateway answers told to a channel until forget.
func (d *Desk) expect(id string) (told chan link.AppliedMessage, forget func()) {
	told = make(chan link.AppliedMessage, 8)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.expected[id] = append(d.expected[id], told)
	return told, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.expected[id] = slices.DeleteFunc(d.expected[id], func(c chan link.AppliedMessage) bool { return c == told })
	}
}

// Configured takes in what a gateway says of the configuration that it was sent.
// One that failed is no longer held out to it: the one before is.
func (d *Desk) Configured(ctx context.Context, station, id string, m link.AppliedMessage) error {
	switch m.State {
	case link.ConfigTrying, link.ConfigInForce, link.ConfigRefused, link.ConfigReverted:
	default:
		return &InvalidError{Field: "state", Reason: fmt.Sprintf("%.40q is none of a configuration", m.State)}
	}
	if s, known := d.GatewayStation(id); !known || s != station {
		return fmt.Errorf("configuration of gateway %s at station %s: %w", id, station, ErrNotFound)
	}
	if m.Version == 0 {
		return nil // it goes by its own file
	}
	if len(m.Faults) > 100 {
		m.Faults = m.Faults[:100]
	}
	for i := range m.Faults {
		m.Faults[i].Reason, m.Faults[i].File = clip(m.Faults[i].Reason, 500), clip(m.Faults[i].File, 200)
	}
	news, err := d.o.Configs.AnswerConfig(ctx, id, m, audit.By(auth.System(), station, "gateway.configured", "gateway:"+id,
		map[string]string{"version": fmt.Sprint(m.Version), "state": m.State, "faults": fmt.Sprint(len(m.Faults))}))
	if err != nil {
		return fmt.Errorf("keep what became of a configuration of gateway %s: %w", id, err)
	}
	d.mu.Lock()
	for _, told := range d.expected[id] {
		select {
		case told <- m:
		default:
		}
	}
	d.mu.Unlock()
	if news && (m.State == link.ConfigRefused || m.State == link.ConfigReverted) {
		return d.Reconfigure(ctx, station, id)
	}
	return nil
}

// Reconfigure holds the configuration out to a gateway that it is to have; an
// embedded broker remembers nothing across a restart.
func (d *Desk) Reconfigure(ctx context.Context, station, id string) error {
	c, err := d.o.Configs.LastConfig(ctx, id, standing...)
	switch {
	case errors.Is(err, ErrNotFound):
		return d.o.SendConfig(station, id, link.ConfigMessage{}) // takes the retained one away
	case err != nil:
		return err
	}
	return d.send(c)
}
