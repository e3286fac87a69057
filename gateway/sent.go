package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"slices"

	"guardroom/devices"
)

// ParseSent reads a configuration that the console sent, over what the gateway's
// own file says. It names the devices, and may set the supervision; who the gateway
// is, where its console is and what it may do stand in its own file alone. It reads
// no environment and no file outside of the gateway's folder. The error is Faults,
// each with its line in text.
func ParseSent(own Config, name string, text []byte) (Config, error) {
	l := &loader{tree: tree{file: name}, folder: own.folder, config: own, sent: true}
	l.config.Devices = nil
	if root := l.parse(text); root != nil {
		l.only(root, "a sent configuration", "devices", "supervision")
		if s := root.get("supervision"); s != nil {
			l.supervision(s)
		}
		list := root.get("devices")
		l.devices(list)
		if len(l.config.Devices) == 0 && len(l.faults) == 0 {
			l.fault(at(root, "devices"), "devices is missing or empty: the gateway would see nothing")
		}
		l.config.hashCards()
	}
	if len(l.faults) > 0 {
		slices.SortStableFunc(l.faults, func(a, b Fault) int { return a.Line - b.Line })
		return Config{}, l.faults
	}
	sum := sha256.Sum256(text)
	l.config.Hash = hex.EncodeToString(sum[:])
	return l.config, nil
}

// outside reports whether a path of a sent configuration leaves the gateway's folder.
func (l *loader) outside(path string) bool { return l.sent && path != "" && !filepath.IsLocal(path) }

// hashCards gives the drivers the key with which card numbers are hashed before
// anything of them leaves.
func (c *Config) hashCards() {
	if len(c.cardKey) == 0 {
		return
	}
	key := c.cardKey
	for _, d := range c.Devices {
		d.Compiled.HashCards(func(number string) string { return devices.CardHash(key, number) })
	}
}
