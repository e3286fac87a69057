// Package console puts the console together: database, broker, desks, HTTP.
//
//	config.go   console.yaml
//	console.go  starting and stopping, in order
//	wire.go     what gateways send, and to whom it goes; the two kinds of broker
//	first.go    what the first start makes
//	metrics.go  figures for Prometheus
//	backup.go   backup and restore
//	tools.go    what the program does beside a running console
package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"
	_ "time/tzdata" // stations keep their time zones on machines without a zone database

	"guardroom/console/alarms"
	"guardroom/console/api"
	"guardroom/console/audit"
	"guardroom/console/auth"
	"guardroom/console/cameras"
	"guardroom/console/commands"
	"guardroom/console/correlation"
	"guardroom/console/doors"
	"guardroom/console/duty"
	"guardroom/console/figures"
	"guardroom/console/fire"
	"guardroom/console/impairments"
	"guardroom/console/intake"
	"guardroom/console/jobs"
	"guardroom/console/live"
	"guardroom/console/notify"
	"guardroom/console/people"
	"guardroom/console/rationale"
	"guardroom/console/replay"
	"guardroom/console/rosters"
	"guardroom/console/sites"
	"guardroom/console/stations"
	"guardroom/console/store"
	"guardroom/console/store/pgbox"
	"guardroom/console/video"
	"guardroom/console/watch"
	"guardroom/devices"
	"guardroom/gateway/link"
)

// Options of Run beside the configuration.
type Options struct {
	Build string
	Demo  bool         // demo accounts exist, stations carry the mark
	Web   http.Handler // the screens
	Log   *slog.Logger
	Out   io.Writer // where the first start prints the one-time password; default standard output
	// Setup runs when the desks are there and before anything listens; may be nil.
	Setup func(ctx context.Context, d Desks) error
	// Ready is told the addresses when everything listens; may be nil.
	Ready func(Addresses)
}

// Desks are for Setup.
type Desks struct {
	Auth      *auth.Desk
	Rationale *rationale.Desk
	Rules     *correlation.Desk
	Stations  *stations.Desk
	Alarms    *alarms.Desk
	Doors     *doors.Desk
	People    *people.Desk
	Sites     *sites.Desk
	Fire      *fire.Desk
	Notify    *notify.Desk
	Watch     *watch.Desk
	Cameras   *cameras.Desk
	Rosters   *rosters.Desk
	Duty      *duty.Desk
}

// Addresses say where the console is.
type Addresses struct {
	HTTP     string `json:"http"`     // URL of screens and API
	MQTT     string `json:"mqtt"`     // host:port of the embedded broker; empty with somebody else's
	Video    int    `json:"video"`    // UDP and TCP port of live pictures
	Data     string `json:"data"`     // folder
	Database string `json:"database"` // private, external
	PID      int    `json:"pid"`
}

// Announce writes addresses as the READY line to out and to run.json in the
// data folder, for programs that wait for the console.
func Announce(out io.Writer) func(Addresses) {
	return func(a Addresses) {
		data, err := json.Marshal(a)
		if err != nil { // strings and a number
			return
		}
		if err := os.WriteFile(filepath.Join(a.Data, "run.json"), append(data, '\n'), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, "console: run.json:", err)
		}
		fmt.Fprintf(out, "READY %s\n", data)
	}
}

// house is a running console.
type house struct {
	c   Config
	o   Options
	log *slog.Logger

	box          *pgbox.Box // nil with a database of the user's own
	db           *store.DB
	hub          *live.Hub
	intake       *intake.Intake
	auth         *auth.Desk
	stations     *stations.Desk
	commands     *commands.Desk
	alarms       *alarms.Desk
	sites        *sites.Desk
	notify       *notify.Desk
	watch        *watch.Desk
	fire         *fire.Desk
	impairments  *impairments.Desk
	doors        *doors.Desk
	people       *people.Desk
	rosters      *rosters.Desk
	duty         *duty.Desk
	rationale    *rationale.Desk
	held         *rationale.Held
	rules        *correlation.Desk
	ruleWorker   *correlation.Worker
	figures      *figures.Desk
	figureWorker *figures.Worker
	video        *video.Server
	cameras      *cameras.Desk
	wire         *wire
	server       *http.Server
	listener     net.Listener

	work   sync.WaitGroup
	failed chan error // something that must run has stopped

	timers jobs.Handlers[*store.Tx] // what falls due, by kind: set while the desks are opened
}

// Run runs the console until ctx ends or something that it needs fails for good.
func Run(ctx context.Context, c Config, o Options) error {
	if o.Log == nil {
		o.Log = c.Logger(os.Stderr)
	}
	if o.Out == nil {
		o.Out = os.Stdout
	}
	h := &house{c: c, o: o, log: o.Log, failed: make(chan error, 8), timers: jobs.Handlers[*store.Tx]{}}
	ctx, cancel := context.WithCancel(ctx)
	defer h.close()
	defer cancel() // first: those who work see the end before the database goes
	if err := h.start(ctx); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		h.log.Info("console: stopping")
		return nil
	case err := <-h.failed:
		return err
	}
}

// Logger is the log that the configuration asks for.
func (c Config) Logger(to io.Writer) *slog.Logger {
	var level slog.Level
	if level.UnmarshalText([]byte(c.Log.Level)) != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

func (h *house) start(ctx context.Context) error {
	if err := os.MkdirAll(h.c.Data, 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	// The port first: a second console must not get as far as the database.
	var err error
	if h.listener, err = listen(ctx, h.c.HTTP.Listen, "http.listen"); err != nil {
		return err
	}
	if err := h.openStore(ctx); err != nil {
		return err
	}
	if err := h.openDesks(ctx); err != nil {
		return err
	}
	if err := h.first(ctx); err != nil {
		return err
	}
	if err := h.wire.open(ctx); err != nil {
		return err
	}
	if err := h.serve(); err != nil {
		return err
	}
	h.work.Go(func() { h.stations.Run(ctx) })
	h.work.Go(func() { h.commands.Run(ctx) })
	h.work.Go(func() { h.doors.Run(ctx) })
	h.work.Go(func() { h.refreshPolicies(ctx) })
	h.work.Go(func() { h.watch.Run(ctx) })
	h.work.Go(func() { h.notify.Run(ctx) })
	h.work.Go(func() { h.pruneDeliveries(ctx) })
	h.work.Go(func() { (&store.Digester{DB: h.db}).Run(ctx) })
	h.work.Go(func() { h.sites.Run(ctx) })
	h.runRationale(ctx)
	h.runRules(ctx)
	h.runFigures(ctx)
	h.work.Go(func() { h.fire.Run(ctx) })
	h.work.Go(func() { h.duty.Run(ctx) })
	h.work.Go(func() { h.impairments.Run(ctx) })
	h.work.Go(func() { h.cameras.Run(ctx) })
	if len(h.timers) > 0 {
		h.work.Go(func() { _ = h.db.RunTimers(ctx, h.timers) })
	}
	h.work.Go(func() { h.db.Listen(ctx, func(change int64) { h.hub.Committed(change, nil) }) })
	h.announce()
	return nil
}

func (h *house) openStore(ctx context.Context) error {
	dsn, err := h.c.dsn()
	if err != nil {
		return err
	}
	if dsn == "" {
		if h.box, err = pgbox.Open(ctx, h.c.databaseFolder(), pgbox.Options{Log: h.log}); err != nil {
			return fmt.Errorf("private database: %w", err)
		}
		dsn = h.box.DSN()
	}
	if h.db, err = store.Open(ctx, dsn, store.Options{Log: h.log}); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	return nil
}

// dsn is the address of the user's own database, or empty.
func (c Config) dsn() (string, error) {
	if c.DatabaseFile != "" {
		return secret(c.DatabaseFile)
	}
	return c.Database, nil
}

func (h *house) openDesks(ctx context.Context) error {
	if err := h.openAlarms(ctx); err != nil {
		return err
	}
	change, events, err := h.board(ctx)
	if err != nil {
		return err
	}
	h.hub = live.New(change, live.Options{Build: h.o.Build, Skipped: func() { h.reseed(ctx) }})
	h.hub.Seed(events...)
	h.db.OnCommit = h.hub.Committed

	h.wire = newWire(h)
	h.intake = intake.New(&store.Intake{DB: h.db}, intake.Options{
		HoleAge: h.c.Supervision.SignalsMissing, Log: h.log, Connected: h.wire.connected,
		Confirm: h.wire.confirm,
	})
	if h.auth, err = auth.NewDesk(auth.Options{Users: &store.Users{DB: h.db}, Sessions: &store.Sessions{DB: h.db}, Tokens: &store.Tokens{DB: h.db}, Covers: h.covers}); err != nil {
		return err
	}
	h.stations, err = stations.Open(ctx, stations.Options{
		Stations: &store.Stations{DB: h.db}, Gateways: &store.Gateways{DB: h.db}, Points: &store.Points{DB: h.db},
		Configs: &store.GatewayConfigs{DB: h.db}, SendConfig: h.wire.configure,
		Raiser: h.intake, Hub: h.hub, Drop: h.wire.drop, Online: h.wire.desired, Waiting: h.wire.waiting,
		LostAfter: h.c.Supervision.GatewayLost, Grace: h.c.Supervision.GatewayGrace, Log: h.log,
	})
	if err != nil {
		return err
	}
	if h.sites, err = sites.Open(ctx, sites.Options{Store: &store.Sites{DB: h.db}, Register: h.stations, Log: h.log}); err != nil {
		return err
	}
	h.openRationale()
	h.openRules()
	h.openFigures()
	h.openRosters()
	h.openDuty()
	if err := h.openWatch(ctx); err != nil {
		return err
	}
	h.commands, err = commands.Open(ctx, commands.Options{
		Store: &store.Commands{DB: h.db}, Lookup: h.target, Send: h.wire.send,
		Deadline: h.c.Supervision.CommandDeadline, Log: h.log,
		Guard: func(ctx context.Context, w commands.Wish) (code, text string, err error) {
			return h.doors.Guard(ctx, w)
		},
	})
	if err != nil {
		return err
	}
	if err := h.openDoors(ctx); err != nil {
		return err
	}
	if err := h.openFire(ctx); err != nil {
		return err
	}
	return h.openCameras(ctx)
}

// target translates what the register knows of a point for the command desk.
func (h *house) target(id devices.PointID) (commands.Target, error) {
	t, err := h.stations.Target(id)
	if err != nil {
		return commands.Target{}, err
	}
	target := commands.Target{
		Station: t.Station, Gateway: t.Gateway, Permission: stations.CommandPermission(t.Category), Verbs: t.Verbs, Demo: t.Demo,
		Fire: t.Category == "fire", StationAllows: t.FireCommands, Allowed: t.CommandsAllowed, ReadOnly: t.ReadOnly,
	}
	switch {
	case t.GatewayState != stations.Online:
		target.Offline = "the gateway is not connected; nothing was sent"
	case t.DeviceState == link.DeviceLost:
		target.Offline = "the gateway has lost the device; nothing was sent"
	}
	return target, nil
}

// board reads what the screens show of alarms and commands.
func (h *house) board(ctx context.Context) (int64, []live.Event, error) {
	change, events, err := store.Alarms{DB: h.db}.Board(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("read open alarms: %w", err)
	}
	unfinished, err := (&store.Commands{DB: h.db}).Unfinished(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("read unfinished commands: %w", err)
	}
	for _, c := range unfinished {
		events = append(events, c.Event())
	}
	shelved, err := store.Alarms{DB: h.db}.ShelfBoard(ctx)
	if err != nil {
		return 0, nil, err
	}
	events = append(events, shelved...)
	held, err := h.doorBoard(ctx)
	if err != nil {
		return 0, nil, err
	}
	events = append(events, held...)
	versions, err := (&store.Sites{DB: h.db}).Board(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("read sites: %w", err)
	}
	events = append(events, versions...)
	fires, err := h.fireBoard(ctx)
	if err != nil {
		return 0, nil, fmt.Errorf("read fire: %w", err)
	}
	events = append(events, fires...)
	if h.cameras != nil {
		events = append(events, h.cameras.Events()...)
	}
	rostered, err := h.rosterBoard(ctx)
	if err != nil {
		return 0, nil, err
	}
	events = append(events, rostered...)
	if h.watch != nil { // at the start it seeds the board itself
		kept, err := h.watch.Board(ctx)
		if err != nil {
			return 0, nil, fmt.Errorf("read the watch: %w", err)
		}
		events = append(events, kept...)
	}
	return change, events, nil
}

// reseed reads the board anew after a change of which nobody told, until it works.
func (h *house) reseed(ctx context.Context) {
	for ctx.Err() == nil {
		look, cancel := context.WithTimeout(ctx, 10*time.Second)
		change, events, err := h.board(look)
		cancel()
		if err == nil {
			h.hub.Reseed(change, append([]live.Topic{live.Alarm, live.Command, live.Shelf, live.Watch, live.Cover, live.Site, live.Investigation, live.Evacuation, live.Impairment, live.Camera}, append(rosterTopics, doorTopics...)...), events)
			return
		}
		h.log.Warn("console: the board could not be read anew; will try again", "err", err)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (h *house) serve() error {
	tlsConfig, err := h.c.HTTP.TLS.load()
	if err != nil {
		return fmt.Errorf("http.tls: %w", err)
	}
	prefixes := []netip.Prefix{}
	for _, proxy := range h.c.HTTP.Proxies {
		prefix, err := prefixOf(proxy)
		if err != nil {
			return fmt.Errorf("http.proxies: %w", err)
		}
		prefixes = append(prefixes, prefix)
	}
	options := api.Options{
		Watch: h.watch, Notify: h.notify,
		Fire: h.fire, Impairments: h.impairments,
		Auth: h.auth, Stations: h.stations, Commands: h.commands, Doors: h.doors, People: h.people, Rosters: h.rosters, Duty: h.duty, Sites: h.sites, Hub: h.hub,
		Rationale: h.rationale, Rules: h.rules, Figures: h.figures, Cameras: h.cameras,
		Alarms: h.alarms, Signals: &intake.Desk{Store: store.Signals{DB: h.db}}, Audit: &audit.Desk{Store: store.Audit{DB: h.db}}, Replay: &replay.Desk{Store: store.Replay{DB: h.db}},
		Build: h.o.Build, Demo: h.o.Demo, Ready: h.ready, Unavailable: store.Transient, Web: h.o.Web,
		Origins: h.c.HTTP.Origins, Proxies: prefixes, Log: h.log,
	}
	if h.o.Demo {
		options.Accounts = DemoAccounts()
	}
	if !h.c.Metrics.Disabled {
		options.Metrics = h.metrics()
	}
	handler, err := api.New(options)
	if err != nil {
		return err
	}
	h.server = &http.Server{
		Handler: handler, TLSConfig: tlsConfig, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second,
		WriteTimeout: 60 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		ErrorLog: slog.NewLogLogger(h.log.Handler(), slog.LevelDebug),
	}
	h.work.Go(func() {
		var err error
		if tlsConfig != nil {
			err = h.server.ServeTLS(h.listener, "", "")
		} else {
			err = h.server.Serve(h.listener)
		}
		if !errors.Is(err, http.ErrServerClosed) {
			h.fail(fmt.Errorf("http at %s stopped: %w", h.c.HTTP.Listen, err))
		}
	})
	return nil
}

func (h *house) fail(err error) {
	select {
	case h.failed <- err:
	default: // the first reason is enough
	}
}

// ready reports why the console cannot do its work now.
func (h *house) ready(ctx context.Context) error {
	if err := h.db.Ready(ctx); err != nil {
		return err
	}
	return h.wire.ready()
}

func (h *house) announce() {
	a := Addresses{HTTP: "http://" + h.listener.Addr().String(), MQTT: h.wire.address(), Video: h.video.Port(), Data: h.c.Data, Database: "external", PID: os.Getpid()}
	if h.c.HTTP.TLS != nil {
		a.HTTP = "https://" + h.listener.Addr().String()
	}
	if h.box != nil {
		a.Database = "private"
	}
	h.log.Info("console: ready", "http", a.HTTP, "mqtt", a.MQTT, "data", a.Data)
	if h.o.Ready != nil {
		h.o.Ready(a)
	}
}

// close stops everything in the order in which things need each other, within
// five seconds: nobody new, then what is under way, then the database.
func (h *house) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if h.hub != nil {
		h.hub.Close() // streams end, so that the server can
	}
	if h.server != nil {
		if err := h.server.Shutdown(ctx); err != nil {
			_ = h.server.Close()
		}
	} else if h.listener != nil {
		_ = h.listener.Close()
	}
	if h.wire != nil {
		h.wire.close()
	}
	if h.intake != nil {
		h.intake.Close()
	}
	if h.rosters != nil {
		h.rosters.Close()
	}
	h.work.Wait()
	if h.video != nil {
		if err := h.video.Close(); err != nil {
			h.log.Warn("console: video", "err", err)
		}
	}
	if h.db != nil {
		h.db.Close()
	}
	if h.box != nil {
		if err := h.box.Close(); err != nil {
			h.log.Warn("console: private database", "err", err)
		}
	}
}

// listen opens a port, or says in words why it cannot.
func listen(ctx context.Context, address, setting string) (net.Listener, error) {
	config := net.ListenConfig{Control: impatient}
	l, err := config.Listen(ctx, "tcp", address)
	if err == nil {
		return l, nil
	}
	return nil, explain(err, address, setting)
}

func explain(err error, address, setting string) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s: another program (or another console) already listens at %s: stop it, or choose another port with %s", setting, address, setting)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("%s: this user may not listen at %s: choose a port above 1023 with %s", setting, address, setting)
	}
	return fmt.Errorf("%s: listen at %s: %w", setting, address, err)
}
