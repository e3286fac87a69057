package profiles

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"guardroom/devices"
)

// Profile is one product's map as its file says it.
type Profile struct {
	Name      string // "fire/siemens-nk8237"
	Title     string // for a person
	Category  string // the first part of Name
	Source    string // where the facts come from
	Version   int
	Transport Transport

	doc *document
}

// Transport says how the product wants to be spoken to.
type Transport struct {
	Kind         string        // "modbus" or "mqtt"
	Unit         uint8         // default unit id
	Timeout      time.Duration // of one answer
	MinGap       time.Duration // between an answer and the next request
	ConnectPause time.Duration // between connecting and the first request
	MaxRegisters int           // in one read, at most 125
	MaxBits      int           // in one read, at most 2000
	// Supervision of this product; 0 means the gateway's default.
	LostAfter, AlarmAfter time.Duration
}

// Compiled is a profile with the parameters of one device.
type Compiled struct {
	Profile    *Profile
	Points     []devices.Point
	Reads      []Read
	Fast, Slow time.Duration
	LifeSign   *LifeSign   // nil: none
	DataChange *DataChange // nil: none

	points   []*point
	byID     map[string]int
	index    map[Table][]int // reads by table, sorted by address
	touched  [][]int         // points by read
	messages []message
	polls    []outgoing
	memory   *memory
	cards    func(number string) string // nil: the gateway has no key
}

// ErrUnknownProfile is wrapped by Find and Shipped.
var ErrUnknownProfile = errors.New("unknown profile")

//go:embed */*/*.yaml
var shipped embed.FS

// Names lists the shipped profiles, sorted.
func Names() []string {
	files, err := fs.Glob(shipped, "*/*/*.yaml")
	if err != nil {
		panic("profiles: " + err.Error()) // the pattern is constant
	}
	var names []string
	for _, file := range files {
		if name := shippedName(file); shippedFile(name) == file {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// shippedFile is where a shipped profile lies: its folder also holds its golden
// vectors. "fire/x" is fire/x/x.yaml.
func shippedFile(name string) string {
	return name + "/" + name[strings.LastIndexByte(name, '/')+1:] + ".yaml"
}

func shippedName(file string) string { return file[:strings.LastIndexByte(file, '/')] }

// Shipped returns a profile that comes with the program. An unknown name gives
// ErrUnknownProfile with the names that are known.
func Shipped(name string) (*Profile, error) {
	if !slices.Contains(Names(), name) {
		return nil, fmt.Errorf("%w %q (shipped: %s)", ErrUnknownProfile, clip(name), strings.Join(Names(), ", "))
	}
	if known, ok := parsed.Load(name); ok {
		p := *known.(*Profile)
		return &p, nil
	}
	data, err := shipped.ReadFile(shippedFile(name))
	if err != nil {
		return nil, fmt.Errorf("read shipped profile %s: %w", name, err)
	}
	p, err := Parse(shippedFile(name), data)
	if err != nil {
		return nil, err
	}
	own := *p
	parsed.Store(name, &own)
	return p, nil
}

// parsed keeps the shipped profiles by name: a gateway with two hundred devices
// of one make reads their profile once.
var parsed sync.Map

// Find looks for "<dir>/<name>.yaml" in dirs, then among the shipped profiles.
// A profile must call itself by the name under which it was found.
func Find(name string, dirs ...string) (*Profile, error) {
	if !filepath.IsLocal(name) || strings.Contains(name, `\`) {
		return nil, fmt.Errorf("%w %q: a name such as fire/siemens-nk8237 is wanted", ErrUnknownProfile, clip(name))
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, filepath.FromSlash(name)+".yaml")
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read profile %s: %w", name, err)
		}
		p, err := Parse(file, data)
		if err != nil {
			return nil, err
		}
		if p.Name != name {
			return nil, Errors{{File: file, Line: 1, Reason: fmt.Sprintf("the profile calls itself %q, but its file says %q", p.Name, name)}}
		}
		return p, nil
	}
	p, err := Shipped(name)
	if err != nil && len(dirs) > 0 && errors.Is(err, ErrUnknownProfile) {
		return nil, fmt.Errorf("%w; none in %s", err, strings.Join(dirs, ", "))
	}
	return p, err
}

// Parse reads a profile and compiles it once with its defaults and examples, so
// that what is wrong is known before a device is. The error is Errors: every
// fault with file, line and reason.
func Parse(file string, data []byte) (*Profile, error) {
	root, faults := readTree(file, data)
	if len(faults) > 0 {
		return nil, faults.sorted()
	}
	faults = checkSchema(file, root)
	p, more := readProfile(file, root)
	if p != nil && len(faults) == 0 && len(more) == 0 {
		more = p.trial()
	}
	// A line that breaks the schema is not told off twice.
	told := faults
	for _, f := range more {
		if !slices.ContainsFunc(told, func(have Fault) bool { return have.Line == f.Line }) {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		return nil, faults.sorted()
	}
	return p, nil
}

func readProfile(file string, root *node) (*Profile, Errors) {
	if root.dict == nil {
		return nil, nil // the schema says so
	}
	r := &reader{file: file}
	t, sup := root.get("transport"), root.get("supervision")
	p := &Profile{
		Name: root.get("profile").text(), Title: root.get("title").text(), Source: root.get("source").text(),
		Version: int(r.integer(root.get("version"), 0)),
		Transport: Transport{
			Kind: t.get("kind").text(), Unit: uint8(r.integer(t.get("unit"), 1)),
			Timeout:      r.duration(t.get("timeout"), time.Second, 10*time.Millisecond, time.Minute),
			MinGap:       r.duration(t.get("min_gap"), 0, 0, time.Minute),
			ConnectPause: r.duration(t.get("connect_pause"), 0, 0, time.Minute),
			MaxRegisters: int(r.integer(t.get("max_registers"), 125)),
			MaxBits:      int(r.integer(t.get("max_bits"), 2000)),
			LostAfter:    r.duration(sup.get("lost_after"), 0, time.Second, time.Hour),
			AlarmAfter:   r.duration(sup.get("alarm_after"), 0, time.Second, time.Hour),
		},
	}
	p.Category, _, _ = strings.Cut(p.Name, "/")
	p.doc = r.document(root)
	return p, r.faults
}

// trial compiles with defaults and examples and, for a Modbus profile, looks
// whether every state can be shown: see checkStates.
func (p *Profile) trial() Errors {
	usual, faults := p.doc.sample(p.doc.params)
	if len(faults) > 0 {
		return faults
	}
	// Once as it comes, and once with an entry in every list: what repeats over a
	// list that is empty by default must be right too.
	filled := maps.Clone(usual)
	for _, param := range p.doc.params {
		if items, isList := usual[param.name].([]any); isList && len(items) == 0 {
			record, wrong := p.doc.sample(param.fields)
			faults = append(faults, wrong...)
			filled[param.name] = []any{map[string]any(record)}
		}
	}
	for _, values := range []scope{usual, filled} {
		if len(faults) > 0 {
			break
		}
		c, wrong := p.compile(values)
		if faults = wrong; len(faults) == 0 {
			faults = c.checkStates()
		}
	}
	return faults
}

// sample gives every parameter its default or its example.
func (d *document) sample(params []param) (scope, Errors) {
	values := scope{}
	var faults Errors
	for _, param := range params {
		v := param.fallback
		if v == nil {
			v = param.example
		}
		if v == nil {
			faults = append(faults, Fault{
				File: d.file, Line: param.line, Reason: fmt.Sprintf("parameter %q needs a default or an example", param.name),
			})
		}
		values[param.name] = v
	}
	return values, faults
}
