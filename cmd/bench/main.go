// Command bench prints what Guardroom does on this machine, beside the marks it
// is held to and beside a bare pipeline that runs on the same cores in the same
// minute. It starts the real programs, and removes everything it made.
//
//	main.go     what is measured, in which order
//	figure.go   one figure, and the table
//	machine.go  processors, memory, load
//	program.go  child programs; profile.go runs them under a profiler instead
//	console.go  a console under test, gateway.go a gateway under test
//	fleet.go    make-believe gateways: what they say; load.go how fast
//	watch.go    live streams and the age of what they show
//	panels.go   make-believe Modbus devices; tap.go when they are asked
//
//	intake.go   saturated intake            due.go      due to screen
//	register.go register to screen          polling.go  200 devices
//	drain.go    a backlog, and alarms       readers.go  500 screens
//	past.go     looking back into 10,000,000 signals; pastdata.go makes them up
//	video.go    cameras to viewers: videocamera.go, videoserver.go, videoplayer.go
//	videooverload.go  the same with far too little processor time
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// measurements in the order in which they run: those that need a quiet machine
// most come first.
var measurements = []measurement{
	{"intake", "saturated intake, one signal a message and in batches, beside the bare pipeline", intake},
	{"due", "due instant to live stream at 2,000 alarm signals a second, beside the bare pipeline", dueToScreen},
	{"readers", "500 live readers at 200 alarm updates a second", readers},
	{"register", "Modbus register to live stream, beyond the poll interval", registerToScreen},
	{"polling", "200 Modbus devices polled each second", polling},
	{"drain", "a gateway drains a backlog while new alarms overtake it", drain},
	{"journal", "looking back into a journal of 10,000,000 signals; only when named: it takes minutes", thePast},
	{"video", "live pictures: first picture, cost and delay of 50 viewers, 64 cameras; only when named", liveVideo},
	{"overload", "live pictures on a machine that has no time for them; only when named", overloaded},
}

// alone are those that need none of the programs, and that run only when named.
var alone = map[string]bool{"journal": true, "video": true, "overload": true}

type measurement struct {
	name, about string
	run         func(ctx context.Context, b *bench) error
}

// bench is one run of the program.
type bench struct {
	o       options
	folder  string // everything that is made lies in it
	figures []figure

	console  *consoleUnderTest // shared by intake, due and readers
	fleet    *fleet
	pipeline *barePipeline // nil until it is needed
}

type options struct {
	only    []string
	seconds time.Duration
	bin     string
	json    bool
	verbose bool
	profile string
	backlog int
	samples int
	rows    int
	journal string // folder of the journal, where it stays
	joins   int    // for the first picture
	cameras string // where the bench's cameras listen
	peer    string // WHEP endpoint of another server
	peerPID int
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "child" {
		if err := child(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, "bench child:", err)
			os.Exit(1)
		}
		return
	}
	o, err := parse(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	var only string
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.StringVar(&only, "only", "", "names of measurements, with commas; all of them without it")
	seconds := f.Int("seconds", 8, "how long each load lasts")
	f.StringVar(&o.bin, "bin", "./bin", "folder of the programs console and gateway")
	f.BoolVar(&o.json, "json", false, "print JSON")
	f.BoolVar(&o.verbose, "verbose", false, "show what the programs log")
	f.StringVar(&o.profile, "profile", "", "write CPU and heap profiles of console and gateway into this folder; the programs then run inside this one")
	f.IntVar(&o.backlog, "backlog", 1_000_000, "signals in the backlog that is drained")
	f.IntVar(&o.samples, "samples", 300, "registers toggled for register to screen, at least 200 for a figure to trust")
	f.IntVar(&o.rows, "rows", 10_000_000, "signals in the journal that is looked back into")
	f.StringVar(&o.journal, "journal", "", "folder of that journal, which then stays and is used again; made anew and removed without it")
	f.IntVar(&o.joins, "joins", 40, "times that a viewer of live video joins at a random instant")
	f.StringVar(&o.cameras, "cameras", "127.0.0.1:0", "address of the cameras of live video (RTSP): a peer pulls /0, /1, … there")
	f.StringVar(&o.peer, "peer", "", "measure the WHEP endpoint of another server too, such as http://127.0.0.1:8889/{camera}/whep")
	f.IntVar(&o.peerPID, "peer-pid", 0, "the peer's process")
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "bench [flags]: what Guardroom does on this machine, beside its marks")
		for _, m := range measurements {
			fmt.Fprintf(f.Output(), "  %-9s %s\n", m.name, m.about)
		}
		f.PrintDefaults()
	}
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag", f.Arg(0))
	}
	o.seconds = time.Duration(*seconds) * time.Second
	if o.seconds < time.Second || o.seconds > 10*time.Minute {
		return o, fmt.Errorf("a load of %s is not between one second and ten minutes", o.seconds)
	}
	if o.backlog < 1000 || o.samples < 10 {
		return o, fmt.Errorf("a backlog of %d and %d samples say nothing: 1,000 and 10 at least", o.backlog, o.samples)
	}
	if o.rows < 10_000 {
		return o, fmt.Errorf("a journal of %d rows says nothing: 10,000 at least", o.rows)
	}
	if o.peer != "" && (o.peerPID <= 0 || o.joins < 1) {
		return o, errors.New("a peer is measured by its process: -peer-pid")
	}
	for name := range strings.SplitSeq(only, ",") {
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		if !slices.ContainsFunc(measurements, func(m measurement) bool { return m.name == name }) {
			return o, fmt.Errorf("there is no measurement %q", name)
		}
		o.only = append(o.only, name)
	}
	return o, nil
}

func run(ctx context.Context, o options) (err error) {
	b := &bench{o: o}
	if b.o.bin, err = filepath.Abs(o.bin); err != nil {
		return err
	}
	for _, program := range []string{"console", "gateway"} {
		if o.profile != "" || len(o.only) > 0 && !slices.ContainsFunc(o.only, func(name string) bool { return !alone[name] }) {
			break // they run inside this program, or not at all
		}
		if _, err := os.Stat(filepath.Join(b.o.bin, program)); err != nil {
			return fmt.Errorf("%w: build the programs first with make build", err)
		}
	}
	if o.profile != "" {
		if b.o.profile, err = filepath.Abs(o.profile); err != nil {
			return err
		}
		if err := os.MkdirAll(b.o.profile, 0o750); err != nil {
			return err
		}
	}
	if b.folder, err = os.MkdirTemp("", "guardroom-bench-"); err != nil {
		return err
	}
	defer os.RemoveAll(b.folder)
	// The database's own account must be able to pass.
	if err := os.Chmod(b.folder, 0o711); err != nil { //nolint:gosec // nothing in it is secret beyond this run
		return err
	}
	defer b.close()
	var failed []error
	for _, m := range measurements {
		if !slices.Contains(o.only, m.name) && (len(o.only) > 0 || alone[m.name]) {
			continue
		}
		fmt.Fprintf(os.Stderr, "bench: %s: %s\n", m.name, m.about)
		if err := m.run(ctx, b); err != nil {
			err = fmt.Errorf("%s: %w", m.name, err)
			fmt.Fprintln(os.Stderr, "bench:", err)
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			return errors.Join(append(failed, context.Cause(ctx))...)
		}
	}
	b.close()
	if err := b.print(os.Stdout); err != nil {
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// close ends every program that is still there; it may be called twice.
func (b *bench) close() {
	if b.fleet != nil {
		b.fleet.close()
		b.fleet = nil
	}
	if b.console != nil {
		b.console.close()
		b.console = nil
	}
	if b.pipeline != nil {
		b.pipeline.close()
		b.pipeline = nil
	}
}
