// Command gateway speaks to the devices of a site and carries what they say to
// the console, and the console's commands back.
//
//	gateway -config gateway.yaml
//	gateway check -config gateway.yaml [-live] [-json] [-words READ=HEX …]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"guardroom/gateway"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, flag.ErrHelp):
	default:
		fmt.Fprintln(os.Stderr, "gateway:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out, log io.Writer) error {
	if len(args) > 0 && args[0] == "check" {
		return check(ctx, args[1:], out)
	}
	flags := flag.NewFlagSet("gateway", flag.ContinueOnError)
	path := flags.String("config", "gateway.yaml", "configuration file")
	verbose := flags.Bool("verbose", false, "log more")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no command: there is only check", flags.Arg(0))
	}
	config, err := gateway.Load(*path)
	if err != nil {
		return fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	level := slog.LevelInfo
	if *verbose {
		level = slog.LevelDebug
	}
	return gateway.Run(ctx, config, gateway.Options{
		Software: version(),
		Log:      slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: level})),
		Ready: func(a gateway.Addresses) {
			line, err := json.Marshal(a)
			if err == nil {
				fmt.Fprintf(out, "READY %s\n", line)
			}
		},
	})
}

// version is what the build knows of itself.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "guardroom"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "guardroom " + s.Value[:12]
		}
	}
	return "guardroom " + info.Main.Version
}
