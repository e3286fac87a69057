package gateway

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"guardroom/devices/profiles"
)

// Config is a gateway's configuration. Load reads it; secrets stay out of the
// file, in the environment or in files of their own.
type Config struct {
	ID         string
	Station    string
	ConsoleURL string
	Brokers    []string // "tcp://host:1883", tried in turn
	Credential Secret   // the password; the user name is ID
	TLS        TLSFiles
	ReadOnly   bool // look, never write to a device
	Managed    bool // the console may send configuration
	// TryFor is how long a configuration that the console sent has to reach it,
	// before the last good one counts again; 1 min.
	TryFor   time.Duration
	Demo     bool // everything this gateway says is simulated
	Data     string
	Profiles []string // folders searched before the shipped profiles
	Metrics  string   // address of the Prometheus page, empty for none

	Supervision Supervision
	SpoolBytes  int64
	FieldBroker *FieldBroker
	Devices     []DeviceConfig
	Cameras     []CameraConfig
	Recorder    RecorderConfig

	Hash string // of the file or of what the console sent, for birth

	folder  string // of the file: relative paths begin there
	cardKey []byte
}

// Supervision says when silence is a mark and when an alarm.
type Supervision struct {
	LostAfter, AlarmAfter             time.Duration // 10 s, 30 s
	SerialLostAfter, SerialAlarmAfter time.Duration // 30 s, 60 s
	LifeAfter                         time.Duration // 15 s
}

// FieldBroker is an embedded MQTT broker for the devices of the site.
type FieldBroker struct {
	Listen   string
	Username string // empty: no sign-in is asked for
	Password Secret
}

// DeviceConfig is one device of the site.
type DeviceConfig struct {
	ID, Profile, Address string
	Unit                 uint8
	Name, Location       string
	Params               map[string]any
	Points               map[string]PointConfig
	Username             string // at the device's MQTT broker
	Password             Secret

	Compiled *profiles.Compiled
	Line     string // the address in canonical form, what devices on one line share
	Serial   bool
}

// PointConfig is what a site says of one point.
type PointConfig struct {
	Name, Location string
	Priority       int // 1 to 4; 0 leaves the kind's own
}

// Secret is a word that is not to be shown, or the file that holds it.
type Secret struct {
	value string
	file  string
}

// SecretValue makes a secret of a word.
func SecretValue(word string) Secret { return Secret{value: word} }

// SecretFile makes a secret of what a file holds, read at each use.
func SecretFile(path string) Secret { return Secret{file: path} }

// Given reports whether there is one.
func (s Secret) Given() bool { return s.value != "" || s.file != "" }

// String hides it.
func (s Secret) String() string { return "(secret)" }

// GoString hides it.
func (s Secret) GoString() string { return s.String() }

// Reveal returns the word.
func (s Secret) Reveal() (string, error) {
	if s.file == "" {
		return s.value, nil
	}
	text, err := os.ReadFile(s.file)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	word := strings.TrimSpace(string(text))
	if word == "" {
		return "", fmt.Errorf("read secret: %s is empty", s.file)
	}
	return word, nil
}

// TLSFiles are the certificate files of the wire to the console.
type TLSFiles struct{ CA, Cert, Key string }

// config reads the files; nil when none is named.
func (f TLSFiles) config() (*tls.Config, error) {
	if f == (TLSFiles{}) {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.CA != "" {
		pem, err := os.ReadFile(f.CA)
		if err != nil {
			return nil, fmt.Errorf("tls ca: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls ca: %s holds no certificate", f.CA)
		}
	}
	if f.Cert != "" {
		pair, err := tls.LoadX509KeyPair(f.Cert, f.Key)
		if err != nil {
			return nil, fmt.Errorf("tls cert and key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
