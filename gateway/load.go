package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"guardroom/devices"
	"guardroom/devices/modbus"
	"guardroom/devices/profiles"
)

// Load reads a configuration. The error is Faults: everything that is wrong,
// with file and line. "${NAME}" stands for a variable of the environment.
func Load(path string) (Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return Parse(path, text)
}

// Parse is Load of a text. Relative paths in it are relative to the file's folder.
func Parse(file string, text []byte) (Config, error) {
	l := &loader{tree: tree{file: file}, folder: filepath.Dir(file)}
	l.config.folder = l.folder
	root := l.parse(text)
	if root != nil {
		l.root(root)
	}
	if len(l.faults) > 0 {
		slices.SortStableFunc(l.faults, func(a, b Fault) int { return a.Line - b.Line })
		return Config{}, l.faults
	}
	sum := sha256.Sum256(text)
	l.config.Hash = hex.EncodeToString(sum[:])
	return l.config, nil
}

// loader fills a Config and goes on after each fault.
type loader struct {
	tree
	folder   string
	sent     bool // by the console: see ParseSent
	config   Config
	compiled map[string]*profiles.Compiled // by profile and params: devices of one kind share it
}

func (l *loader) root(n *node) {
	l.only(n, "the configuration", "id", "station", "console_url", "broker", "credential", "credential_file", "tls", "read_only",
		"managed", "try_for", "demo", "data", "profiles", "metrics", "supervision", "spool", "field_broker", "devices", "cameras", "recorder", "card_key", "card_key_file")
	c := &l.config
	c.ID = l.id(n, "id", devices.ValidID)
	c.Station = l.id(n, "station", devices.ValidID)
	c.ConsoleURL = l.text(n.get("console_url"), "console_url")
	c.Brokers = l.brokers(n.get("broker"))
	if len(c.Brokers) == 0 && c.ConsoleURL != "" {
		c.Brokers = l.brokerOf(n.get("console_url"), c.ConsoleURL)
	} else if n.get("broker") == nil {
		l.fault(n.line, "broker is missing: the address of the console's MQTT broker, such as ssl://console.example:8883")
	}
	c.Credential = l.secret(n, "credential")
	c.ReadOnly, c.Managed, c.Demo = l.flag(n, "read_only"), l.flag(n, "managed"), l.flag(n, "demo")
	c.TryFor = l.duration(n, "try_for", time.Minute)
	c.Data = l.path(n.get("data"), "data")
	if c.Data == "" {
		c.Data = filepath.Join(l.folder, "gateway-data")
	}
	for _, dir := range l.texts(n.get("profiles"), "profiles") {
		c.Profiles = append(c.Profiles, l.relative(dir))
	}
	c.Metrics = l.listen(n.get("metrics"), "metrics")
	l.tls(n.get("tls"))
	l.supervision(n.get("supervision"))
	l.spool(n.get("spool"))
	l.fieldBroker(n.get("field_broker"))
	l.devices(n.get("devices"))
	l.recorder(n.get("recorder"))
	l.cameras(n.get("cameras"))
	l.cards(n)
}

// cards gives the drivers the key with which card numbers are hashed before
// anything of them leaves; without one only their last digits do.
func (l *loader) cards(n *node) {
	secret := l.secret(n, "card_key")
	if !secret.Given() {
		return
	}
	line := at(n, "card_key_file")
	word, err := secret.Reveal()
	if err != nil {
		return // told already
	}
	key, err := hex.DecodeString(word)
	if err != nil || len(key) < devices.MinCardKey {
		l.fault(line, "card_key: it must be at least %d bytes in hexadecimal; the console keeps it in cards.key of its data folder", devices.MinCardKey)
		return
	}
	l.config.cardKey = key
	l.config.hashCards()
}

var variable = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// text is a word with its variables put in.
func (l *loader) text(n *node, name string) string {
	if n == nil || n.kind == nothing {
		return ""
	}
	if n.kind != aWord {
		l.fault(n.at(), "%s is %s; it must be a word", name, n.kind)
		return ""
	}
	return variable.ReplaceAllStringFunc(fmt.Sprint(n.word), func(found string) string {
		if l.sent {
			l.fault(n.at(), "%s: a sent configuration reads no environment", name)
			return ""
		}
		value, set := os.LookupEnv(found[2 : len(found)-1])
		if !set {
			l.fault(n.at(), "%s: the environment has no variable %s", name, found[2:len(found)-1])
		}
		return value
	})
}

func (l *loader) texts(n *node, name string) []string {
	if n == nil || n.kind == nothing {
		return nil
	}
	if n.kind != aList {
		return []string{l.text(n, name)}
	}
	var out []string
	for _, item := range n.list {
		out = append(out, l.text(item, name))
	}
	return out
}

func (l *loader) id(parent *node, key string, valid func(string) bool) string {
	n := parent.get(key)
	if n == nil || n.kind == nothing {
		l.fault(parent.line, "%s is missing", key)
		return ""
	}
	id := l.text(n, key)
	if !valid(id) {
		l.fault(n.at(), "%s %q is not an id: letters, digits, '_' and '-', at most 64, beginning with a letter or digit", key, clip(id))
	}
	return id
}

func (l *loader) flag(parent *node, key string) bool {
	n := parent.get(key)
	if n == nil || n.kind == nothing {
		return false
	}
	b, ok := n.word.(bool)
	if !ok {
		l.fault(n.at(), "%s must be true or false", key)
	}
	return b
}

func (l *loader) whole(n *node, name string, from, to int64) int64 {
	if n == nil || n.kind == nothing {
		return 0
	}
	var i int64
	switch v := n.word.(type) {
	case int64:
		i = v
	case uint64:
		i = int64(min(v, 1<<62))
	default:
		l.fault(n.at(), "%s must be a whole number", name)
		return 0
	}
	if i < from || i > to {
		l.fault(n.at(), "%s %d is not from %d to %d", name, i, from, to)
		return 0
	}
	return i
}

func (l *loader) duration(parent *node, key string, standard time.Duration) time.Duration {
	n := parent.get(key)
	if n == nil || n.kind == nothing {
		return standard
	}
	d, err := time.ParseDuration(l.text(n, key))
	if err != nil || d < time.Second || d > time.Hour {
		l.fault(n.at(), "%s must be a time from 1s to 1h, such as 30s", key)
		return standard
	}
	return d
}

func (l *loader) relative(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(l.folder, path)
}

func (l *loader) path(n *node, name string) string { return l.relative(l.text(n, name)) }

func (l *loader) listen(n *node, name string) string {
	address := l.text(n, name)
	if address != "" {
		if _, _, err := net.SplitHostPort(address); err != nil {
			l.fault(n.at(), "%s %q is not host:port", name, clip(address))
		}
	}
	return address
}

// secret reads key or key_file. A secret in clear is refused with the way to do it.
func (l *loader) secret(parent *node, key string) Secret {
	word, file := parent.get(key), parent.get(key+"_file")
	switch {
	case word != nil && file != nil:
		l.fault(word.at(), "%s and %s_file stand together; one is enough", key, key)
	case file != nil && l.outside(l.text(file, key+"_file")):
		l.fault(file.at(), "%s_file: a sent configuration reads no file outside of the gateway's folder", key)
	case file != nil:
		s := Secret{file: l.path(file, key+"_file")}
		if _, err := s.Reveal(); err != nil {
			l.fault(file.at(), "%s_file: %v", key, err)
		}
		return s
	case word != nil && word.kind == aWord:
		if whole := variable.FindString(fmt.Sprint(word.word)); whole == "" || whole != fmt.Sprint(word.word) {
			l.fault(word.at(), "%s stands here in clear: put it in a file of its own (%s_file: /etc/guardroom/%s) or in the environment (%s: ${GUARDROOM_%s})",
				key, key, key, key, strings.ToUpper(key))
			return Secret{}
		}
		return Secret{value: l.text(word, key)}
	case word != nil && word.kind != nothing:
		l.fault(word.at(), "%s is %s; it must be ${NAME} of an environment variable", key, word.kind)
	}
	return Secret{}
}

func (l *loader) brokers(n *node) []string {
	var out []string
	for _, address := range l.texts(n, "broker") {
		if reason := badBroker(address); reason != "" {
			l.fault(n.at(), "broker %s", reason)
			continue
		}
		out = append(out, address)
	}
	return out
}

// badBroker says what is wrong with the address of a broker, without repeating
// a password that may stand in it.
func badBroker(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Hostname() == "" || u.Port() == "":
		return "is not an address such as tcp://host:1883 or ssl://host:8883"
	case u.User != nil:
		return "carries a user: the gateway's id is its user name, and credential_file its password"
	case !slices.Contains([]string{"tcp", "mqtt", "ssl", "tls", "mqtts"}, u.Scheme):
		return fmt.Sprintf("%q: scheme is not tcp or ssl", clip(address))
	case (u.Scheme == "tcp" || u.Scheme == "mqtt") && !loopback(u.Hostname()):
		return fmt.Sprintf("%q leaves this machine, and would carry credential and alarms in clear: use ssl://, and tls.ca for a certificate of your own", clip(address))
	}
	return ""
}

// brokerOf is the console's own broker when none is named.
func (l *loader) brokerOf(n *node, console string) []string {
	u, err := url.Parse(console)
	switch {
	case err != nil || u.Hostname() == "" || u.User != nil:
		l.fault(n.at(), "console_url %q is not an address such as https://console.example", clip(console))
	case u.Scheme == "https":
		return []string{"ssl://" + net.JoinHostPort(u.Hostname(), "8883")}
	case u.Scheme == "http" && !loopback(u.Hostname()):
		l.fault(n.at(), "console_url %q leaves this machine in clear: use https://, or name the broker as ssl://host:8883", clip(console))
	case u.Scheme == "http":
		return []string{"tcp://" + net.JoinHostPort(u.Hostname(), "1883")}
	default:
		l.fault(n.at(), "console_url %q: scheme is not http or https", clip(console))
	}
	return nil
}

func (l *loader) tls(n *node) {
	if n == nil || n.kind == nothing {
		return
	}
	l.only(n, "tls", "ca", "cert", "key")
	f := TLSFiles{l.path(n.get("ca"), "ca"), l.path(n.get("cert"), "cert"), l.path(n.get("key"), "key")}
	if (f.Cert == "") != (f.Key == "") {
		l.fault(n.at(), "tls: cert and key belong together")
	} else if _, err := f.config(); err != nil {
		l.fault(n.at(), "%v", err)
	}
	l.config.TLS = f
}

func (l *loader) supervision(n *node) {
	if n != nil && n.kind != nothing {
		l.only(n, "supervision", "lost_after", "alarm_after", "serial_lost_after", "serial_alarm_after", "life_after")
	}
	l.config.Supervision = Supervision{
		LostAfter:        l.duration(n, "lost_after", 10*time.Second),
		AlarmAfter:       l.duration(n, "alarm_after", 30*time.Second),
		SerialLostAfter:  l.duration(n, "serial_lost_after", 30*time.Second),
		SerialAlarmAfter: l.duration(n, "serial_alarm_after", 60*time.Second),
		LifeAfter:        l.duration(n, "life_after", 15*time.Second),
	}
}

func (l *loader) spool(n *node) {
	if n == nil || n.kind == nothing {
		return
	}
	l.only(n, "spool", "max_bytes")
	l.config.SpoolBytes = l.whole(n.get("max_bytes"), "spool max_bytes", 1<<20, 1<<42)
}

func (l *loader) fieldBroker(n *node) {
	if n == nil || n.kind == nothing {
		return
	}
	l.only(n, "field_broker", "listen", "username", "password", "password_file")
	b := &FieldBroker{Listen: l.listen(n.get("listen"), "listen"), Username: l.text(n.get("username"), "username"), Password: l.secret(n, "password")}
	if b.Listen == "" {
		l.fault(n.at(), "field_broker needs listen, such as 127.0.0.1:1884")
	}
	if (b.Username != "") != b.Password.Given() {
		l.fault(n.at(), "field_broker: username and password_file belong together")
	}
	if host, _, err := net.SplitHostPort(b.Listen); err == nil && b.Username == "" && !loopback(host) {
		l.fault(n.at(), "field_broker listens beyond this machine: it needs username and password_file")
	}
	l.config.FieldBroker = b
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (l *loader) devices(n *node) {
	if n == nil || n.kind == nothing {
		return
	}
	if n.kind != aList {
		l.fault(n.at(), "devices is %s; it must be a list", n.kind)
		return
	}
	seen := map[string]int{}
	for _, item := range n.list {
		d, ok := l.device(item)
		if before, twice := seen[d.ID]; twice && d.ID != "" {
			l.fault(item.at(), "device %s stands here twice, first in line %d", d.ID, before)
			ok = false
		}
		seen[d.ID] = item.at()
		if ok {
			l.config.Devices = append(l.config.Devices, d)
		}
	}
}

func (l *loader) device(n *node) (DeviceConfig, bool) {
	before := len(l.faults)
	l.only(n, "a device", "id", "profile", "address", "unit", "params", "name", "location", "points", "username", "password", "password_file")
	if n.kind != aMapping {
		return DeviceConfig{}, false
	}
	d := DeviceConfig{
		ID:       l.id(n, "id", devices.ValidDeviceID),
		Profile:  l.text(n.get("profile"), "profile"),
		Address:  l.text(n.get("address"), "address"),
		Name:     l.text(n.get("name"), "name"),
		Location: l.text(n.get("location"), "location"),
		Username: l.text(n.get("username"), "username"),
		Password: l.secret(n, "password"),
	}
	if d.ID == devices.GatewayDevice {
		l.fault(n.get("id").at(), "%q is the gateway itself; a device needs another id", d.ID)
	}
	p := l.profile(n, d)
	if p == nil {
		return d, false
	}
	d.Unit = p.Transport.Unit
	if u := n.get("unit"); u != nil {
		d.Unit = uint8(l.whole(u, "unit", 0, 255))
	}
	l.address(n, &d, p)
	if params := n.get("params"); params != nil && params.kind != nothing {
		given, ok := params.plain().(map[string]any)
		if !ok {
			l.fault(params.at(), "params is %s; it must be a mapping", params.kind)
		}
		d.Params = given
	}
	var err error
	if d.Compiled, err = l.compile(p, d.Params); err != nil {
		l.fault(at(n, "params"), "device %s: %v", d.ID, err)
		return d, false
	}
	l.points(n.get("points"), &d)
	return d, len(l.faults) == before
}

// compile compiles a profile once for all devices with the same params. What
// speaks MQTT remembers its device, so each has its own.
func (l *loader) compile(p *profiles.Profile, params map[string]any) (*profiles.Compiled, error) {
	key, err := json.Marshal(params)
	if err != nil || p.Transport.Kind == "mqtt" {
		return p.Compile(params)
	}
	name := p.Name + " " + string(key)
	if c := l.compiled[name]; c != nil {
		return c, nil
	}
	c, err := p.Compile(params)
	if err == nil {
		if l.compiled == nil {
			l.compiled = map[string]*profiles.Compiled{}
		}
		l.compiled[name] = c
	}
	return c, err
}

// at is the line of a key, or that of its mapping.
func at(n *node, key string) int {
	if child := n.get(key); child != nil {
		return child.at()
	}
	return n.at()
}

func (l *loader) profile(n *node, d DeviceConfig) *profiles.Profile {
	if d.Profile == "" {
		l.fault(at(n, "profile"), "device %s: profile is missing (known: %s)", d.ID, strings.Join(profiles.Names(), ", "))
		return nil
	}
	p, err := profiles.Find(d.Profile, l.config.Profiles...)
	var faults profiles.Errors
	switch {
	case errors.As(err, &faults):
		for _, f := range faults {
			l.faults = append(l.faults, Fault{f.File, f.Line, f.Reason})
		}
		l.fault(at(n, "profile"), "device %s: the profile %s cannot be used, see there", d.ID, clip(d.Profile))
		return nil
	case err != nil:
		l.fault(at(n, "profile"), "device %s: %v", d.ID, err)
		return nil
	}
	return p
}

func (l *loader) address(n *node, d *DeviceConfig, p *profiles.Profile) {
	line := at(n, "address")
	if d.Address == "" {
		l.fault(line, "device %s: address is missing", d.ID)
		return
	}
	if p.Transport.Kind == "mqtt" {
		d.Line = d.Address
		if reason := badBroker(d.Address); reason != "" {
			l.fault(line, "device %s: address %s", d.ID, reason)
		}
		return
	}
	canonical, err := modbus.Address(d.Address)
	if err != nil {
		l.fault(line, "device %s: %v", d.ID, err)
		return
	}
	d.Line, d.Serial = canonical, strings.HasPrefix(canonical, "rtu")
}
