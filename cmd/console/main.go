// Command console is the control room's server: it takes in what gateways send,
// shows it, carries commands back and keeps the record.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"

	"guardroom/console"
	"guardroom/console/api"
	"guardroom/console/auth"
	"guardroom/console/web"
)

const usage = `console -config FILE                                       run the console
console gateway add --id ID --station ID [--name NAME]     add a gateway; prints its credential once
console token create --name NAME --role ROLE[@STATION]     make a machine token; prints it once
console user add --username U --name NAME --role ROLE[@STATION]  add a user; prints a one-time password
console backup FILE                                        write a whole backup, also beside a running console
console restore FILE [--force]                             put a backup into an empty database
console audit verify                                       check the record; exit 1 when it was tampered with
console openapi                                            print the description of the API

-config FILE goes with each of them (default console.yaml). --role may come more than once.
`

func main() {
	// Memory is cheaper here than an alarm's time: the collector runs half as often,
	// unless the environment says how often.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(200)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
	default:
		if !errors.Is(err, console.ErrTampered) { // the verdict is printed already
			fmt.Fprintln(os.Stderr, "console:", err)
		}
		stop()
		os.Exit(1)
	}
}

// flags are those of every verb; a verb that does not know one refuses it.
type flags struct {
	*flag.FlagSet
	config                      string
	id, station, name, username string
	roles                       grants
	force                       bool
}

func run(ctx context.Context, args []string) error {
	args = configLast(args)
	var words []string
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		words, args = append(words, args[0]), args[1:]
	}
	f := &flags{FlagSet: flag.NewFlagSet("console", flag.ContinueOnError)}
	f.Usage = func() { fmt.Fprint(os.Stderr, usage) }
	f.StringVar(&f.config, "config", "console.yaml", "configuration file")
	verb := strings.Join(words[:min(len(words), 2)], " ")
	switch verb {
	case "gateway add":
		f.StringVar(&f.id, "id", "", "")
		f.StringVar(&f.station, "station", "", "")
		f.StringVar(&f.name, "name", "", "")
	case "token create":
		f.StringVar(&f.name, "name", "", "")
		f.Var(&f.roles, "role", "")
	case "user add":
		f.StringVar(&f.username, "username", "", "")
		f.StringVar(&f.name, "name", "", "")
		f.Var(&f.roles, "role", "")
	}
	if len(words) > 0 && words[0] == "restore" {
		f.BoolVar(&f.force, "force", false, "")
	}
	// Flags may stand before and after a file's name.
	for {
		if err := f.Parse(args); err != nil {
			return err
		}
		if f.NArg() == 0 {
			break
		}
		words, args = append(words, f.Arg(0)), f.Args()[1:]
	}
	return f.do(ctx, words)
}

// configLast moves a leading -config FILE behind the words, where flags are read.
func configLast(args []string) []string {
	if len(args) == 0 {
		return args
	}
	name, _, joined := strings.Cut(strings.TrimLeft(args[0], "-"), "=")
	n := 2
	if joined {
		n = 1
	}
	if !strings.HasPrefix(args[0], "-") || name != "config" || len(args) <= n {
		return args
	}
	return append(slices.Clone(args[n:]), args[:n]...)
}

func (f *flags) do(ctx context.Context, words []string) error {
	verb := strings.Join(words, " ")
	if verb == "openapi" {
		doc, err := api.OpenAPI()
		if err != nil {
			return err
		}
		_, err = os.Stdout.Write(doc)
		return err
	}
	if verb == "help" {
		f.Usage()
		return nil
	}
	c, err := console.Load(f.config)
	if err != nil {
		return err
	}
	switch {
	case verb == "":
		return console.Run(ctx, c, console.Options{Build: build(), Web: web.Handler(), Out: os.Stdout, Ready: console.Announce(os.Stdout)})
	case verb == "gateway add":
		return once(console.AddGateway(ctx, c, f.id, f.station, f.name))
	case verb == "token create":
		return once(console.AddToken(ctx, c, f.name, f.roles))
	case verb == "user add":
		return once(console.AddUser(ctx, c, f.username, f.name, f.roles))
	case verb == "audit verify":
		return console.VerifyAudit(ctx, c, os.Stdout)
	case len(words) == 2 && words[0] == "backup":
		m, err := console.Backup(ctx, c, build(), words[1])
		if err == nil {
			fmt.Printf("Backup of %d entries, change %d, schema %d: %d bytes in %s, read back and whole.\n", m.Entries, m.Change, m.Schema, m.Bytes, words[1])
		}
		return err
	case len(words) == 2 && words[0] == "restore":
		m, err := console.Restore(ctx, c, words[1], f.force)
		if err == nil {
			fmt.Printf("Restored the backup of %s: change %d, its record is whole.\n", m.Made.Format("2006-01-02 15:04:05 UTC"), m.Change)
		}
		return err
	}
	f.Usage()
	return fmt.Errorf("%q is nothing that console does", verb)
}

// once prints a secret that is never shown again, alone on standard output, so
// that a script can take it.
func once(secret string, err error) error {
	if err == nil {
		fmt.Println(secret)
	}
	return err
}

// grants reads --role officer@hq; without a station the role holds at all.
type grants []auth.Grant

func (g *grants) String() string { return "" }

func (g *grants) Set(s string) error {
	role, station, found := strings.Cut(s, "@")
	if !found {
		station = auth.AllStations
	}
	if !auth.Role(role).Valid() {
		return fmt.Errorf("%q is not a role", role)
	}
	*g = append(*g, auth.Grant{Role: auth.Role(role), Station: station})
	return nil
}

// build is the version that the program was built from.
func build() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "devel"
}
