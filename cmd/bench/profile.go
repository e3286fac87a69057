package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"syscall"

	"guardroom/cmd/bench/bare"
	"guardroom/console"
	"guardroom/console/store/pgbox"
	"guardroom/gateway"
)

// child runs a program's own package inside this one, under the profiler when a
// folder is given; and the bare pipeline, which has no program.
func child(args []string) error {
	if len(args) == 0 {
		return errors.New("which program?")
	}
	name := args[0]
	f := flag.NewFlagSet("child", flag.ContinueOnError)
	config := f.String("config", "", "configuration file, or the data folder of bare")
	folder := f.String("profile", "", "folder for profiles")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	write, err := profiled(*folder, name)
	if err != nil {
		return err
	}
	switch name {
	case "console":
		err = childConsole(ctx, *config)
	case "gateway":
		err = childGateway(ctx, *config)
	case "cameras":
		err = childCameras(ctx, *config)
	case "video":
		err = childVideo(ctx, *config)
	case "work":
		err = childWork(ctx)
	case "bare":
		err = childBare(ctx, *config)
	default:
		return fmt.Errorf("there is no program %q", name)
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, write())
}

// profiled begins a CPU profile; write ends it and adds the heap's.
func profiled(folder, name string) (write func() error, err error) {
	if folder == "" {
		return func() error { return nil }, nil
	}
	base := filepath.Join(folder, fmt.Sprintf("%s-%d", name, os.Getpid()))
	processor, err := os.Create(base + ".cpu.pprof")
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(processor); err != nil {
		return nil, err
	}
	return func() error {
		pprof.StopCPUProfile()
		heap, err := os.Create(base + ".heap.pprof")
		if err != nil {
			return err
		}
		runtime.GC()
		return errors.Join(pprof.WriteHeapProfile(heap), heap.Close(), processor.Close())
	}, nil
}

func childConsole(ctx context.Context, path string) error {
	c, err := console.Load(path)
	if err != nil {
		return err
	}
	return console.Run(ctx, c, console.Options{Build: "bench", Web: http.NotFoundHandler(), Out: os.Stderr, Ready: console.Announce(os.Stdout)})
}

func childGateway(ctx context.Context, path string) error {
	c, err := gateway.Load(path)
	if err != nil {
		return err
	}
	return gateway.Run(ctx, c, gateway.Options{
		Software: "bench", Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
		Ready: func(a gateway.Addresses) { announce(a) },
	})
}

// childBare runs the bare pipeline on a private PostgreSQL like the console's.
func childBare(ctx context.Context, folder string) error {
	box, err := pgbox.Open(ctx, folder, pgbox.Options{})
	if err != nil {
		return err
	}
	p, err := bare.Start(ctx, box.DSN(), 2)
	if err == nil {
		announce(bareAddresses{MQTT: p.MQTT, HTTP: p.HTTP})
		<-ctx.Done()
	}
	return errors.Join(err, box.Close())
}

func announce(addresses any) {
	line, err := json.Marshal(addresses)
	if err == nil { // strings only
		fmt.Printf("READY %s\n", line)
	}
}
