package stations

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/live"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// stationStore keeps stations. Each writing method writes the entry too.
type stationStore interface {
	Stations(ctx context.Context) ([]Station, error)
	AddStation(ctx context.Context, s Station, e audit.Entry) error // ErrExists
	SaveStation(ctx context.Context, s Station, e audit.Entry) error
}

// gatewayStore keeps gateways.
type gatewayStore interface {
	Gateways(ctx context.Context) ([]Record, error)
	Gateway(ctx context.Context, id string) (Record, error)        // ErrNotFound
	AddGateway(ctx context.Context, r Record, e audit.Entry) error // ErrExists
	SetCredential(ctx context.Context, id, hash string, e audit.Entry) error
	RemoveGateway(ctx context.Context, id string, e audit.Entry) error
	// SaveState keeps what supervision knows; it is no change that the record tells of.
	SaveState(ctx context.Context, r Record) error
}

// pointStore keeps what gateways said of their points, and what people set.
type pointStore interface {
	// SaveBirth replaces the gateway's birth and its points; overrides stay, and
	// points that are gone are marked so.
	SaveBirth(ctx context.Context, r Record, e audit.Entry) error
	Overrides(ctx context.Context) (map[devices.PointID]Override, error)
	SaveOverride(ctx context.Context, id devices.PointID, o Override, e audit.Entry) error
}

// raiser turns what the console itself finds out into signals.
type raiser interface {
	Raise(ctx context.Context, station string, s devices.Signal) error
}

// Options of a Desk.
type Options struct {
	Stations stationStore
	Gateways gatewayStore
	Points   pointStore
	Configs  configStore
	// SendConfig holds a configuration out to a gateway; version 0 takes it away.
	SendConfig func(station, gateway string, m link.ConfigMessage) error
	Raiser     raiser
	Hub        *live.Hub
	// Drop cuts the connection of a gateway whose credential no longer holds; may be nil.
	Drop func(gateway string)
	// Online is told when a gateway has introduced itself; may be nil.
	Online func(station, gateway string)
	// Waiting reports whether a message of the gateway waits for the console: its
	// silence is ours then. May be nil.
	Waiting func(gateway string) bool
	// LostAfter is how long a gateway may be silent; default 30 s.
	LostAfter time.Duration
	// Grace is how long a connection may be broken, which shows at once, before
	// that is an alarm; default none.
	Grace time.Duration
	Log   *slog.Logger
	Now   func() time.Time // time.Now outside tests
}

// Desk is the register of stations, gateways, devices and points.
type Desk struct {
	o       Options
	started time.Time
	wake    chan struct{}

	mu       sync.Mutex
	stations map[string]Station
	gateways map[string]*gateway
	override map[devices.PointID]Override
	expected map[string][]chan link.AppliedMessage // gateway -> who waits for its answer
	ignored  map[string]uint64                     // why a message was not used -> how often
	changes  uint64                                // counts what was changed here, so that an older read of the store undoes nothing
}

// Open reads the register.
func Open(ctx context.Context, o Options) (*Desk, error) {
	if o.LostAfter == 0 {
		o.LostAfter = 30 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &Desk{
		o: o, started: o.Now(), wake: make(chan struct{}, 1),
		stations: map[string]Station{}, gateways: map[string]*gateway{},
		override: map[devices.PointID]Override{}, ignored: map[string]uint64{}, expected: map[string][]chan link.AppliedMessage{},
	}
	if err := d.Refresh(ctx); err != nil {
		return nil, err
	}
	return d, nil
}

// Refresh reads anew what another program may have changed: stations, gateways
// and overrides.
func (d *Desk) Refresh(ctx context.Context) error {
	d.mu.Lock()
	changes := d.changes
	d.mu.Unlock()
	stations, err := d.o.Stations.Stations(ctx)
	if err != nil {
		return fmt.Errorf("read stations: %w", err)
	}
	records, err := d.o.Gateways.Gateways(ctx)
	if err != nil {
		return fmt.Errorf("read gateways: %w", err)
	}
	overrides, err := d.o.Points.Overrides(ctx)
	if err != nil {
		return fmt.Errorf("read points: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changes != changes { // what was read may be older; the next one will do
		return nil
	}
	d.stations = map[string]Station{}
	for _, s := range stations {
		d.stations[s.ID] = s
	}
	d.override = overrides
	kept := map[string]bool{}
	for _, r := range records {
		kept[r.ID] = true
		d.learn(r)
	}
	for id, g := range d.gateways {
		if !kept[id] {
			d.forget(g)
		}
	}
	return nil
}

// Stations lists the stations at which by may see anything.
func (d *Desk) Stations(by auth.Operator) []Station {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := []Station{}
	for _, s := range d.stations {
		if by.May(auth.DevicesRead, s.ID) == nil || by.May(auth.StationsManage, s.ID) == nil {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Station) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// A StationName is all that is told of a station to somebody who may not see it.
type StationName struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Covering lists the stations whose officers may be asked to cover another: every
// one, by id and name only, for those who may grant that anywhere.
func (d *Desk) Covering(by auth.Operator) ([]StationName, error) {
	if _, err := by.Scope(auth.CoverGrant, ""); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]StationName, 0, len(d.stations))
	for _, s := range d.stations {
		list = append(list, StationName{ID: s.ID, Name: s.Name})
	}
	slices.SortFunc(list, func(a, b StationName) int { return cmp.Compare(a.ID, b.ID) })
	return list, nil
}

// Station returns a station's facts, for those who have permission elsewhere.
func (d *Desk) Station(id string) (Station, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s, ok := d.stations[id]
	return s, ok
}

// GatewayStation returns the station of a gateway; known is false when there is
// no such gateway.
func (d *Desk) GatewayStation(id string) (station string, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.gateways[id]; g != nil {
		return g.record.Station, true
	}
	return "", false
}

// AddStation makes a station.
func (d *Desk) AddStation(ctx context.Context, by auth.Operator, s Station) (Station, error) {
	if err := by.May(auth.StationsManage, auth.AllStations); err != nil {
		return Station{}, err
	}
	s.Name = strings.TrimSpace(s.Name)
	if s.WorkingWeek == nil {
		s.WorkingWeek = usualWeek()
	}
	if err := s.validate(); err != nil {
		return Station{}, err
	}
	e := audit.By(by, s.ID, "station.create", "station:"+s.ID, map[string]string{"name": s.Name, "time_zone": s.TimeZone})
	if err := d.o.Stations.AddStation(ctx, s, e); err != nil {
		return Station{}, fmt.Errorf("add station %s: %w", s.ID, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stations[s.ID] = s
	d.changes++
	return s, nil
}

// StationChange is what may be changed of a station; nil leaves it.
type StationChange struct {
	Name, TimeZone *string
	FireCommands   *bool
	SecurityLevel  *int
	WorkingWeek    *[]int
}

// ChangeStation saves a change.
func (d *Desk) ChangeStation(ctx context.Context, by auth.Operator, id string, c StationChange) (Station, error) {
	if err := by.May(auth.StationsManage, id); err != nil {
		return Station{}, err
	}
	s, ok := d.Station(id)
	if !ok {
		return Station{}, fmt.Errorf("station %.64s: %w", id, ErrNotFound)
	}
	params := map[string]string{}
	if c.Name != nil {
		s.Name = strings.TrimSpace(*c.Name)
		params["name"] = s.Name
	}
	if c.TimeZone != nil {
		s.TimeZone = *c.TimeZone
		params["time_zone"] = s.TimeZone
	}
	if c.FireCommands != nil {
		s.FireCommands = *c.FireCommands
		params["fire_commands"] = fmt.Sprint(s.FireCommands)
	}
	if c.SecurityLevel != nil {
		s.SecurityLevel = *c.SecurityLevel
		params["security_level"] = fmt.Sprint(s.SecurityLevel)
	}
	if c.WorkingWeek != nil {
		s.WorkingWeek = append([]int{}, *c.WorkingWeek...)
		params["working_week"] = fmt.Sprint(s.WorkingWeek)
	}
	if err := s.validate(); err != nil {
		return Station{}, err
	}
	if err := d.o.Stations.SaveStation(ctx, s, audit.By(by, id, "station.change", "station:"+id, params)); err != nil {
		return Station{}, fmt.Errorf("change station %s: %w", id, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.stations[id] = s
	d.changes++
	return s, nil
}

// NewCredential makes a gateway's credential: 256 random bits, so that a plain
// SHA-256 of it may be kept.
func NewCredential() (credential, hash string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	credential = base64.RawURLEncoding.EncodeToString(b[:])
	return credential, hashCredential(credential)
}

func hashCredential(credential string) string {
	sum := sha256.Sum256([]byte(credential))
	return hex.EncodeToString(sum[:])
}

// AddGateway makes a gateway and returns its credential, which is never shown again.
func (d *Desk) AddGateway(ctx context.Context, by auth.Operator, id, station, name string, demo bool) (Gateway, string, error) {
	if err := by.May(auth.GatewaysManage, station); err != nil {
		return Gateway{}, "", err
	}
	if !devices.ValidID(id) {
		return Gateway{}, "", &InvalidError{Field: "id", Reason: "letters, digits, and . _ - after the first; at most 64"}
	}
	if id == devices.ConsoleGateway {
		return Gateway{}, "", &InvalidError{Field: "id", Reason: "is the name under which the console speaks of itself"}
	}
	if _, ok := d.Station(station); !ok {
		return Gateway{}, "", &InvalidError{Field: "station", Reason: fmt.Sprintf("there is no station %.64q", station)}
	}
	if strings.TrimSpace(name) == "" {
		name = id
	}
	if err := checkName(name); err != nil {
		return Gateway{}, "", err
	}
	credential, hash := NewCredential()
	now := d.o.Now().UTC()
	r := Record{ID: id, Station: station, Name: strings.TrimSpace(name), CredentialHash: hash, Demo: demo, CreatedAt: now, State: NeverSeen, Since: now}
	e := audit.By(by, station, "gateway.create", "gateway:"+id, map[string]string{"name": r.Name})
	if err := d.o.Gateways.AddGateway(ctx, r, e); err != nil {
		return Gateway{}, "", fmt.Errorf("add gateway %s: %w", id, err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	g := d.learn(r)
	d.changes++
	d.tell(g)
	return g.view(), credential, nil
}

// RotateCredential gives the gateway a new credential; the old one, and the
// connection made with it, end at once.
func (d *Desk) RotateCredential(ctx context.Context, by auth.Operator, id string) (string, error) {
	station, err := d.manages(by, id)
	if err != nil {
		return "", err
	}
	credential, hash := NewCredential()
	e := audit.By(by, station, "gateway.credential", "gateway:"+id, nil)
	if err := d.o.Gateways.SetCredential(ctx, id, hash, e); err != nil {
		return "", fmt.Errorf("rotate credential of gateway %s: %w", id, err)
	}
	d.mu.Lock()
	d.changes++
	if g := d.gateways[id]; g != nil {
		g.record.CredentialHash = hash
	}
	d.mu.Unlock()
	if d.o.Drop != nil {
		d.o.Drop(id)
	}
	return credential, nil
}

// RemoveGateway forgets a gateway and cuts its connection; what it said stays in
// the journal.
func (d *Desk) RemoveGateway(ctx context.Context, by auth.Operator, id string) error {
	station, err := d.manages(by, id)
	if err != nil {
		return err
	}
	if err := d.o.Gateways.RemoveGateway(ctx, id, audit.By(by, station, "gateway.remove", "gateway:"+id, nil)); err != nil {
		return fmt.Errorf("remove gateway %s: %w", id, err)
	}
	d.mu.Lock()
	d.changes++
	away := false
	if g := d.gateways[id]; g != nil {
		away = g.state != Online
		d.forget(g)
	}
	d.mu.Unlock()
	if d.o.Drop != nil {
		d.o.Drop(id)
	}
	if away { // what it was lost for is over, and what stood under its loss stands for itself
		now := d.o.Now().UTC()
		err := d.o.Raiser.Raise(ctx, station, devices.Signal{
			Point: devices.MakePointID(id, devices.GatewayDevice, devices.LinkPoint), Kind: devices.GatewayLost,
			Occurred: now, Observed: now, Clock: devices.Synced, Text: "the gateway was removed",
		})
		if err != nil {
			d.o.Log.Warn("stations: the loss of a removed gateway was not ended", "gateway", id, "err", err)
		}
	}
	return nil
}

func (d *Desk) manages(by auth.Operator, id string) (station string, err error) {
	d.mu.Lock()
	g := d.gateways[id]
	d.mu.Unlock()
	if g == nil {
		if err := by.May(auth.GatewaysManage, auth.AllStations); err != nil {
			return "", err
		}
		return "", fmt.Errorf("gateway %.64s: %w", id, ErrNotFound)
	}
	return g.record.Station, by.May(auth.GatewaysManage, g.record.Station)
}

// Authenticate checks a gateway's credential against the store, and against
// memory while the store is away. It returns the gateway's station.
func (d *Desk) Authenticate(ctx context.Context, id string, credential []byte) (station string, err error) {
	r, err := d.known(ctx, id)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(credential)
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(r.CredentialHash)) != 1 || r.CredentialHash == "" {
		return "", ErrRefused
	}
	return r.Station, nil
}

// Certified is Authenticate for a gateway that showed a verified certificate.
func (d *Desk) Certified(ctx context.Context, id string) (station string, err error) {
	r, err := d.known(ctx, id)
	return r.Station, err
}

func (d *Desk) known(ctx context.Context, id string) (Record, error) {
	if !devices.ValidID(id) {
		return Record{}, ErrRefused
	}
	r, err := d.o.Gateways.Gateway(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Record{}, ErrRefused
	case err != nil:
		d.mu.Lock()
		defer d.mu.Unlock()
		g := d.gateways[id]
		if g == nil {
			return Record{}, fmt.Errorf("look up gateway %s: %w", id, err)
		}
		return g.record, nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.gateways[id]; g == nil {
		d.learn(r)
		d.changes++
	} else {
		g.record.CredentialHash = r.CredentialHash
	}
	return r, nil
}

// Figures are for the metrics page.
type Figures struct {
	ByState map[State]int
	Ignored map[string]uint64
}

// Figures returns the figures as they are now.
func (d *Desk) Figures() Figures {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := Figures{ByState: map[State]int{NeverSeen: 0, Online: 0, Lost: 0, Offline: 0}, Ignored: maps.Clone(d.ignored)}
	for _, g := range d.gateways {
		f.ByState[g.state]++
	}
	return f
}

func encode(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil { // only a float that is no number could do it, and JSON brings none
		return json.RawMessage("null")
	}
	return data
}

// StateOf is how the gateway is seen now; NeverSeen when there is none.
func (d *Desk) StateOf(gatewayID string) State {
	d.mu.Lock()
	defer d.mu.Unlock()
	if g := d.gateways[gatewayID]; g != nil {
		return g.state
	}
	return NeverSeen
}
