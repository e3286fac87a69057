package console

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"guardroom/devices"
)

// Config is console.yaml. Every field has a default; an unknown key is an error.
type Config struct {
	Data         string          `yaml:"data"`          // folder of everything that is kept; default "data"
	HTTP         HTTPConfig      `yaml:"http"`          // screens and API
	Database     string          `yaml:"database"`      // PostgreSQL address; empty: a private one in the data folder
	DatabaseFile string          `yaml:"database_file"` // the same, in a file
	MQTT         MQTTConfig      `yaml:"mqtt"`          // the embedded broker
	Broker       *BrokerConfig   `yaml:"broker"`        // somebody else's broker instead
	Stations     []StationConfig `yaml:"stations"`      // made at the first start
	Supervision  Supervision     `yaml:"supervision"`
	Notify       NotifyConfig    `yaml:"notify"`   // e-mail and webhooks
	Fallback     FallbackConfig  `yaml:"fallback"` // packs for the day the console is down
	Video        VideoConfig     `yaml:"video"`    // live pictures
	Cameras      []CameraConfig  `yaml:"cameras"`  // those that the console reaches itself
	Log          LogConfig       `yaml:"log"`
	Metrics      MetricsConfig   `yaml:"metrics"`

	file string
}

// HTTPConfig says where screens and API are served.
type HTTPConfig struct {
	Listen   string     `yaml:"listen"` // default 127.0.0.1:8080
	TLS      *TLSConfig `yaml:"tls"`
	Insecure bool       `yaml:"insecure"` // plain HTTP beyond this machine, behind somebody else's TLS
	Origins  []string   `yaml:"origins"`  // further origins that may send changes
	Proxies  []string   `yaml:"proxies"`  // addresses or networks whose X-Forwarded-For is believed
}

// MQTTConfig says where gateways connect to.
type MQTTConfig struct {
	Listen string     `yaml:"listen"` // default 127.0.0.1:1883
	TLS    *TLSConfig `yaml:"tls"`
}

// UnmarshalYAML takes the short form too: "http: 127.0.0.1:8080".
func (c *HTTPConfig) UnmarshalYAML(decode func(any) error) error {
	type plain HTTPConfig
	return shortOr(decode, &c.Listen, (*plain)(c))
}

// UnmarshalYAML takes the short form too: "mqtt: 127.0.0.1:1883".
func (c *MQTTConfig) UnmarshalYAML(decode func(any) error) error {
	type plain MQTTConfig
	return shortOr(decode, &c.Listen, (*plain)(c))
}

// UnmarshalYAML takes the short form too: "broker: ssl://broker.example:8883".
func (c *BrokerConfig) UnmarshalYAML(decode func(any) error) error {
	type plain BrokerConfig
	c.URLs = make([]string, 1)
	if err := shortOr(decode, &c.URLs[0], (*plain)(c)); err != nil {
		return err
	}
	if len(c.URLs) == 1 && c.URLs[0] == "" {
		c.URLs = nil
	}
	return nil
}

// shortOr reads a single word into short, anything else into whole.
func shortOr(decode func(any) error, short *string, whole any) error {
	var word string
	if err := decode(&word); err == nil {
		*short = word
		return nil
	}
	return decode(whole)
}

// TLSConfig names certificate files. With client_ca a gateway may show a
// certificate whose common name is its id, instead of a credential.
type TLSConfig struct {
	Cert     string `yaml:"cert"`
	Key      string `yaml:"key"`
	ClientCA string `yaml:"client_ca"`
}

// BrokerConfig is somebody else's MQTT broker.
type BrokerConfig struct {
	URLs         []string `yaml:"urls"`
	ClientID     string   `yaml:"client_id"` // default guardroom-console
	Username     string   `yaml:"username"`
	Password     string   `yaml:"password"` // only as ${NAME}
	PasswordFile string   `yaml:"password_file"`
	CA           string   `yaml:"ca"`
	Cert         string   `yaml:"cert"`
	Key          string   `yaml:"key"`
}

// StationConfig is a station that the first start makes.
type StationConfig struct {
	ID       string `yaml:"id"`
	Name     string `yaml:"name"`
	TimeZone string `yaml:"time_zone"`
}

// Supervision says how patient the console is.
type Supervision struct {
	GatewayLost     time.Duration `yaml:"gateway_lost"`     // of silence; default 30s
	GatewayGrace    time.Duration `yaml:"gateway_grace"`    // of a broken connection before the alarm; default 15s
	CommandDeadline time.Duration `yaml:"command_deadline"` // default 10s
	SignalsMissing  time.Duration `yaml:"signals_missing"`  // default 60s
}

// LogConfig says what is logged on standard error.
type LogConfig struct {
	Level  string `yaml:"level"`  // debug, info, warn, error; default info
	Format string `yaml:"format"` // text, json; default text
}

// MetricsConfig says where Prometheus reads.
type MetricsConfig struct {
	Disabled bool `yaml:"disabled"`
}

// ConfigError is everything that is wrong with a configuration.
type ConfigError []string

func (e ConfigError) Error() string { return strings.Join(e, "\n") }

// Load reads a configuration file. Errors name the file, the line and what to do.
func Load(path string) (Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	return parse(path, data)
}

// Default is the configuration of an empty file.
func Default() Config {
	c, err := parse("", nil)
	if err != nil {
		panic(err) // the defaults are ours
	}
	return c
}

func parse(path string, data []byte) (c Config, err error) {
	defer func() { // a YAML library that stumbles is a bad file, not the end of the console
		if found := recover(); found != nil {
			c, err = Config{}, ConfigError{fmt.Sprintf("%s: cannot be read as YAML", path)}
		}
	}()
	c.file = path
	if len(data) > 1<<20 {
		return Config{}, ConfigError{fmt.Sprintf("%s: %d bytes are no configuration", path, len(data))}
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return Config{}, ConfigError{fmt.Sprintf("%s: %s", path, plainYAML(err))}
	}
	if len(tree.Docs) > 1 {
		return Config{}, ConfigError{fmt.Sprintf("%s: more than one document", path)}
	}
	if len(bytes.TrimSpace(data)) > 0 && len(tree.Docs) == 1 && tree.Docs[0].Body != nil {
		if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&c); err != nil {
			return Config{}, ConfigError{fmt.Sprintf("%s: %s", path, plainYAML(err))}
		}
	}
	p := problems{path: path, tree: tree}
	p.secrets(&c)
	p.expand(reflect.ValueOf(&c).Elem(), "$")
	c.fill()
	p.check(&c)
	if len(p.found) > 0 {
		return Config{}, p.found
	}
	return c, nil
}

// plainYAML is the library's message in one line: "[3:1] unknown field "x"".
func plainYAML(err error) string {
	line, _, _ := strings.Cut(yaml.FormatError(err, false, false), "\n")
	if at := regexp.MustCompile(`^\[(\d+):\d+\] `).FindStringSubmatch(line); at != nil {
		return "line " + at[1] + ": " + strings.TrimPrefix(line, at[0])
	}
	return line
}

func (c *Config) fill() {
	set := func(to *string, value string) {
		if *to == "" {
			*to = value
		}
	}
	set(&c.Data, "data")
	set(&c.HTTP.Listen, "127.0.0.1:8080")
	set(&c.MQTT.Listen, "127.0.0.1:1883")
	set(&c.Video.Listen, "127.0.0.1:8189")
	set(&c.Log.Level, "info")
	set(&c.Log.Format, "text")
	if c.Broker != nil {
		set(&c.Broker.ClientID, "guardroom-console")
	}
	duration := func(to *time.Duration, value time.Duration) {
		if *to == 0 {
			*to = value
		}
	}
	duration(&c.Supervision.GatewayLost, 30*time.Second)
	duration(&c.Supervision.GatewayGrace, 15*time.Second)
	duration(&c.Supervision.CommandDeadline, 10*time.Second)
	duration(&c.Supervision.SignalsMissing, 60*time.Second)
}

// problems collects what is wrong, each with its line.
type problems struct {
	path  string
	tree  *ast.File
	found ConfigError
}

func (p *problems) add(at, format string, args ...any) {
	place := p.path
	if line := p.line(at); line > 0 {
		place += fmt.Sprintf(": line %d", line)
	}
	key := strings.TrimPrefix(strings.TrimPrefix(at, "$"), ".")
	p.found = append(p.found, fmt.Sprintf("%s: %s: %s", place, key, fmt.Sprintf(format, args...)))
}

// line is where the value stands, or what it is part of.
func (p *problems) line(at string) int {
	for ; p.tree != nil && at != "" && at != "$"; at = at[:max(0, strings.LastIndexAny(at, ".["))] {
		where, err := yaml.PathString(at)
		if err != nil {
			continue
		}
		node, err := where.FilterFile(p.tree)
		if err == nil && node != nil && node.GetToken() != nil {
			return node.GetToken().Position.Line
		}
	}
	return 0
}

var reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// secrets refuses passwords that stand in the file in clear.
func (p *problems) secrets(c *Config) {
	const advice = "a secret does not belong in this file: write it into a file of its own and name it with %s, or give it as ${NAME} from the environment"
	bare := reference.ReplaceAllString(c.Database, "")
	if u, err := url.Parse(bare); err == nil && u.User != nil {
		if password, has := u.User.Password(); has && password != "" {
			p.add("$.database", advice, "database_file")
		}
	}
	if regexp.MustCompile(`(?i)(^|[\s?&])password=[^\s&]`).MatchString(bare) {
		p.add("$.database", advice, "database_file")
	}
	if c.Broker != nil && reference.ReplaceAllString(c.Broker.Password, "") != "" {
		p.add("$.broker.password", advice, "broker.password_file")
	}
}

// expand replaces ${NAME} in every string by the environment's value.
func (p *problems) expand(v reflect.Value, at string) {
	switch v.Kind() {
	case reflect.String:
		if !v.CanSet() {
			return
		}
		v.SetString(reference.ReplaceAllStringFunc(v.String(), func(found string) string {
			name := reference.FindStringSubmatch(found)[1]
			value, ok := os.LookupEnv(name)
			if !ok {
				p.add(at, "the environment has no %s", name)
			}
			return value
		}))
	case reflect.Pointer:
		if !v.IsNil() {
			p.expand(v.Elem(), at)
		}
	case reflect.Slice:
		for i := range v.Len() {
			p.expand(v.Index(i), fmt.Sprintf("%s[%d]", at, i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if key := v.Type().Field(i).Tag.Get("yaml"); key != "" {
				p.expand(v.Field(i), at+"."+key)
			}
		}
	}
}

func (p *problems) check(c *Config) {
	p.listen("$.http.listen", c.HTTP.Listen, c.HTTP.TLS != nil || c.HTTP.Insecure,
		"give http.tls {cert, key}, or set http.insecure: true when a proxy on the way speaks TLS")
	if c.Broker == nil {
		p.listen("$.mqtt.listen", c.MQTT.Listen, c.MQTT.TLS != nil,
			"give mqtt.tls {cert, key}: credentials and alarms of gateways never cross a network in clear")
	}
	p.pair("$.http.tls", c.HTTP.TLS)
	p.pair("$.mqtt.tls", c.MQTT.TLS)
	if c.Database != "" && c.DatabaseFile != "" {
		p.add("$.database_file", "database is given too: give one of them")
	}
	p.broker(c.Broker)
	for i, proxy := range c.HTTP.Proxies {
		if _, err := prefixOf(proxy); err != nil {
			p.add(fmt.Sprintf("$.http.proxies[%d]", i), "%q is neither an address nor a network", proxy)
		}
	}
	for i, origin := range c.HTTP.Origins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Path != "" {
			p.add(fmt.Sprintf("$.http.origins[%d]", i), "%q is no origin such as https://console.example", origin)
		}
	}
	p.stations(c.Stations)
	p.patience(c.Supervision)
	p.notify(c.Notify)
	p.video(c)
	switch c.Log.Level {
	case "debug", "info", "warn", "error":
	default:
		p.add("$.log.level", "%q is not debug, info, warn or error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		p.add("$.log.format", "%q is not text or json", c.Log.Format)
	}
}

func (p *problems) listen(at, address string, guarded bool, advice string) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		p.add(at, "%q is not host:port", address)
		return
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		p.add(at, "%q is no port", port)
	}
	if ip, err := netip.ParseAddr(host); (err != nil || !ip.IsLoopback()) && host != "localhost" && !guarded {
		p.add(at, "%s can be reached from other machines, but is not encrypted: listen on 127.0.0.1, or %s", address, advice)
	}
}

func (p *problems) pair(at string, t *TLSConfig) {
	switch {
	case t == nil:
	case t.Cert == "" || t.Key == "":
		p.add(at, "cert and key are both needed")
	default:
		if _, err := t.load(); err != nil {
			p.add(at, "%v", err)
		}
	}
}

func (p *problems) broker(b *BrokerConfig) {
	if b == nil {
		return
	}
	if len(b.URLs) == 0 {
		p.add("$.broker", "urls is missing: for example [\"ssl://broker.example:8883\"]")
	}
	for i, raw := range b.URLs {
		at := fmt.Sprintf("$.broker.urls[%d]", i)
		u, err := url.Parse(raw)
		switch {
		case err != nil || u.Host == "":
			p.add(at, "%q is no broker address", raw)
		case u.User != nil:
			p.add(at, "a secret does not belong in this file: use broker.username and broker.password_file")
		case u.Scheme == "tcp" || u.Scheme == "mqtt":
			if ip, err := netip.ParseAddr(u.Hostname()); (err != nil || !ip.IsLoopback()) && u.Hostname() != "localhost" {
				p.add(at, "%s leaves this machine without encryption: use ssl://", raw)
			}
		case u.Scheme != "ssl" && u.Scheme != "mqtts":
			p.add(at, "%q does not begin with ssl:// or tcp://", raw)
		}
	}
	if b.Password != "" && b.PasswordFile != "" {
		p.add("$.broker.password_file", "password is given too: give one of them")
	}
	if (b.Cert == "") != (b.Key == "") {
		p.add("$.broker", "cert and key are both needed")
	}
}

func (p *problems) stations(list []StationConfig) {
	seen := map[string]bool{}
	for i, s := range list {
		at := fmt.Sprintf("$.stations[%d]", i)
		if !devices.ValidID(s.ID) {
			p.add(at, "id %q: letters, digits, and . _ - after the first; at most 64", s.ID)
		}
		if seen[s.ID] {
			p.add(at, "station %q stands there twice", s.ID)
		}
		seen[s.ID] = true
		if s.Name == "" {
			p.add(at, "name is missing")
		}
		if _, err := time.LoadLocation(s.TimeZone); err != nil || s.TimeZone == "" || s.TimeZone == "Local" {
			p.add(at, "time_zone %q is not an IANA time zone such as Europe/Vienna", s.TimeZone)
		}
	}
}

func (p *problems) patience(s Supervision) {
	for _, one := range []struct {
		key         string
		value       time.Duration
		least, most time.Duration
	}{
		{"gateway_lost", s.GatewayLost, 15 * time.Second, 10 * time.Minute}, // a heartbeat comes every 10 s
		{"gateway_grace", s.GatewayGrace, time.Millisecond, 5 * time.Minute},
		{"command_deadline", s.CommandDeadline, time.Second, time.Minute},
		{"signals_missing", s.SignalsMissing, 5 * time.Second, time.Hour},
	} {
		if one.value < one.least || one.value > one.most {
			p.add("$.supervision."+one.key, "%s is not between %s and %s", one.value, one.least, one.most)
		}
	}
}

func prefixOf(s string) (netip.Prefix, error) {
	if prefix, err := netip.ParsePrefix(s); err == nil {
		return prefix, nil
	}
	address, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(address, address.BitLen()), nil
}

// load reads the certificate files.
func (t *TLSConfig) load() (*tls.Config, error) {
	if t == nil {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
	if err != nil {
		return nil, fmt.Errorf("certificate: %w", err)
	}
	c := &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	if t.ClientCA != "" {
		if c.ClientCAs, err = pool(t.ClientCA); err != nil {
			return nil, err
		}
		c.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return c, nil
}

func pool(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("certificate authority: %w", err)
	}
	p := x509.NewCertPool()
	if !p.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("certificate authority: %s holds no certificate in PEM", file)
	}
	return p, nil
}

// secret reads a secret's file without the line break at its end.
func secret(file string) (string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("read secret: %w", err)
	}
	text := strings.TrimRight(string(data), "\r\n")
	if text == "" {
		return "", errors.New("read secret: " + file + " is empty")
	}
	return text, nil
}

func (c Config) databaseFolder() string { return filepath.Join(c.Data, "pg") }
