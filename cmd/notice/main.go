// Command notice prints NOTICE: every third-party module and package that the
// programs and the screens are shipped with, and its licence.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

var programs = []string{"./cmd/console", "./cmd/gateway", "./cmd/simulators", "./cmd/demo"}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run() error {
	modules, err := goModules()
	if err != nil {
		return err
	}
	packages, err := webPackages("console/web/package-lock.json")
	if err != nil {
		return err
	}
	fmt.Println("Guardroom\nCopyright the Guardroom authors\n\nLicensed under the Apache License, Version 2.0 (see LICENSE).")
	fmt.Println("\nThe source of every module and package is to be had under its name from the Go module proxy and the npm registry; that\nof the EPL-2.0 and MPL-2.0 ones is used unchanged.")
	fmt.Println("\nThe programs contain the Go runtime and standard library (BSD-3-Clause, the Go authors) and these Go modules:")
	fmt.Println()
	for _, m := range modules {
		fmt.Println("  " + m)
	}
	fmt.Println("\nThe screens contain these npm packages:")
	fmt.Println()
	for _, p := range packages {
		fmt.Println("  " + p)
	}
	return nil
}

// goModules lists the modules that the programs link, as "path version licence".
func goModules() ([]string, error) {
	args := append([]string{"list", "-deps", "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}`}, programs...)
	var problems bytes.Buffer
	list := exec.CommandContext(context.Background(), "go", args...)
	list.Stderr = &problems
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, problems.String())
	}
	var lines []string
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		licence, err := licenceOf(fields[2])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", fields[0], err)
		}
		lines = append(lines, fmt.Sprintf("%s %s  %s", fields[0], fields[1], licence))
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}

// marks are sentences that only one licence holds, the more special one first.
var marks = []struct{ text, licence string }{
	{"Eclipse Public License - v 2.0", "EPL-2.0"},
	{"Mozilla Public License Version 2.0", "MPL-2.0"},
	{"Mozilla Public License, version 2.0", "MPL-2.0"},
	{"Apache License", "Apache-2.0"},
	{"Redistribution and use in source and binary forms", "BSD"},
	{"Permission to use, copy, modify, and/or distribute", "ISC"},
	{"Permission to use, copy, modify, and distribute", "ISC"},
	{"Permission is hereby granted, free of charge", "MIT"},
	{"CC0 1.0 Universal", "CC0-1.0"},
	{"This is free and unencumbered software", "Unlicense"},
}

func licenceOf(dir string) (string, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		return "", err
	}
	for _, file := range files {
		name := strings.ToUpper(filepath.Base(file))
		if !strings.HasPrefix(name, "LICEN") && !strings.HasPrefix(name, "COPYING") && !strings.HasPrefix(name, "UNLICENSE") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue // a folder of licences
		}
		flat := strings.Join(strings.Fields(string(text)), " ")
		for _, m := range marks {
			if strings.Contains(flat, m.text) {
				return m.licence, nil
			}
		}
	}
	return "", fmt.Errorf("no known licence in %s", filepath.Base(dir))
}

// webPackages lists what npm installs for production.
func webPackages(lock string) ([]string, error) {
	data, err := os.ReadFile(lock)
	if err != nil {
		return nil, err
	}
	var tree struct {
		Packages map[string]struct {
			Version, License string
			Dev, Optional    bool
			DevOptional      bool
		}
	}
	if err := json.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("%s: %w", lock, err)
	}
	var lines []string
	for path, p := range tree.Packages {
		if path == "" || p.Dev || p.DevOptional || p.Optional {
			continue
		}
		name := path[strings.LastIndex(path, "node_modules/")+len("node_modules/"):]
		if p.License == "" {
			return nil, fmt.Errorf("%s: package %s names no licence", lock, name)
		}
		lines = append(lines, fmt.Sprintf("%s %s  %s", name, p.Version, p.License))
	}
	slices.Sort(lines)
	return slices.Compact(lines), nil
}
