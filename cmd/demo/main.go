// Command demo is the whole house in one process on one machine: a make-believe
// duty station, its gateway and the console.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// settings of the demo: flags, or GUARDROOM_* in the environment.
type settings struct {
	http, mqtt, sim, video string
	data                   string
	database, broker       string
	verbose                bool
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := parse(os.Args[1:], os.Getenv, os.Stderr)
	if err == nil {
		err = run(ctx, s, os.Stdout, os.Stderr)
	}
	if err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "demo:", err)
		stop()
		os.Exit(1)
	}
}

func parse(args []string, env func(string) string, out io.Writer) (settings, error) {
	var s settings
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	f.SetOutput(out)
	setting := func(to *string, name, variable, value, help string) {
		if v := env(variable); v != "" {
			value = v
		}
		f.StringVar(to, name, value, help+" ("+variable+")")
	}
	setting(&s.http, "http", "GUARDROOM_HTTP", "127.0.0.1:8080", "screens and API")
	setting(&s.mqtt, "mqtt", "GUARDROOM_MQTT", "127.0.0.1:1883", "embedded MQTT broker")
	setting(&s.sim, "sim", "GUARDROOM_SIM", "127.0.0.1:8090", "testers' page and control API")
	setting(&s.video, "video", "GUARDROOM_VIDEO", "127.0.0.1:8189", "live pictures: one UDP and TCP port")
	setting(&s.data, "data", "GUARDROOM_DATA", "data/demo", "folder of everything that is kept")
	setting(&s.database, "database", "GUARDROOM_DATABASE", "", "PostgreSQL address; empty starts a private one")
	setting(&s.broker, "broker", "GUARDROOM_BROKER", "", "address of an MQTT broker of your own; empty uses the embedded one")
	f.BoolVar(&s.verbose, "verbose", false, "log everything")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("%q is not understood; -help lists the options", f.Arg(0))
	}
	var err error
	s.data, err = filepath.Abs(s.data)
	return s, err
}
