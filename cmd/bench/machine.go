package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// clockTick is how the kernel counts processor time in /proc: 1/100 s.
const clockTick = 10 * time.Millisecond

// machineFacts are what a figure cannot be read without.
type machineFacts struct {
	Cores      int    `json:"cores"`
	CPU        string `json:"cpu"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql"`
	Kernel     string `json:"kernel"`
}

func aboutMachine() machineFacts {
	m := machineFacts{Cores: runtime.NumCPU(), Go: runtime.Version(), CPU: "unknown processor", Kernel: "unknown", PostgreSQL: postgresVersion()}
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				m.CPU = strings.TrimSpace(value)
				break
			}
		}
	}
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = strings.TrimSpace(string(text))
	}
	return m
}

func (m machineFacts) String() string {
	return fmt.Sprintf("%d cores (%s), Linux %s, %s, %s.", m.Cores, m.CPU, m.Kernel, m.Go, m.PostgreSQL)
}

func postgresVersion() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // a constant pattern
	if path, err := exec.LookPath("postgres"); err == nil {
		found = append(found, path)
	}
	if len(found) == 0 {
		return "PostgreSQL of unknown version"
	}
	out, err := exec.Command(found[len(found)-1], "--version").Output() //nolint:gosec,noctx // it only prints its version
	if err != nil {
		return "PostgreSQL of unknown version"
	}
	return strings.TrimSpace(string(out))
}

func loadAverage() float64 {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	one, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(one, 64) // the kernel wrote it
	return load
}

// processTime is a line of /proc/<pid>/stat that is of use here.
type processTime struct {
	parent        int
	name          string
	own, children time.Duration // children: of those that ended
}

func readProcess(pid int) (processTime, bool) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return processTime{}, false
	}
	open, shut := bytes.IndexByte(stat, '('), bytes.LastIndexByte(stat, ')')
	if open < 0 || shut < open {
		return processTime{}, false
	}
	fields := strings.Fields(string(stat[shut+1:]))
	if len(fields) < 15 {
		return processTime{}, false
	}
	at := func(i int) int { n, _ := strconv.Atoi(fields[i]); return n }
	return processTime{
		parent: at(1), name: string(stat[open+1 : shut]),
		own: time.Duration(at(11)+at(12)) * clockTick, children: time.Duration(at(13)+at(14)) * clockTick,
	}, true
}

// cpu is the processor time that a process and its threads have used.
func cpu(pid int) time.Duration {
	p, _ := readProcess(pid)
	return p.own
}

// cpuBelow is the processor time of all descendants of a process, ended ones
// included: a console's PostgreSQL.
func cpuBelow(pid int) (total time.Duration) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0
	}
	all := map[int]processTime{}
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			if p, ok := readProcess(id); ok {
				all[id] = p
			}
		}
	}
	for id := range all {
		for up := all[id].parent; up > 1; up = all[up].parent {
			if up == pid {
				total += all[id].own + all[id].children
				break
			}
		}
	}
	return total
}

// memory is a line of /proc/<pid>/status in MiB: VmRSS is resident now, VmHWM
// the most it has ever been.
func memory(pid int, line string) float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for l := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(l, line+":"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// busy is the processor time that everything on the machine has used.
func busy() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var total time.Duration
	for i, field := range strings.Fields(line)[1:] {
		if i == 3 || i == 4 || i > 7 { // idle, waiting for a disk; guests are counted in user
			continue
		}
		n, _ := strconv.ParseInt(field, 10, 64)
		total += time.Duration(n) * clockTick
	}
	return total
}

// usage is what an interval cost, in cores.
type usage struct {
	took     time.Duration
	program  float64 // the process that is measured
	database float64 // its descendants
	bench    float64 // this program
	others   float64 // everything that this program did not start
	load     float64
}

// meter measures an interval; others is told of every process of the run.
type meter struct {
	pid           int
	helpers       []int // further processes of this run
	began         time.Time
	own, below    time.Duration
	self, machine time.Duration
	rest          time.Duration
}

func startMeter(pid int, helpers ...int) *meter {
	m := &meter{pid: pid, helpers: helpers}
	m.began, m.own, m.below, m.self, m.machine, m.rest = time.Now(), cpu(pid), cpuBelow(pid), cpu(os.Getpid()), busy(), m.restOf()
	return m
}

func (m *meter) restOf() (total time.Duration) {
	for _, pid := range m.helpers {
		total += cpu(pid) + cpuBelow(pid)
	}
	return total
}

func (m *meter) read() usage {
	took := time.Since(m.began)
	cores := func(d time.Duration) float64 { return d.Seconds() / took.Seconds() }
	u := usage{
		took: took, program: cores(cpu(m.pid) - m.own), database: cores(cpuBelow(m.pid) - m.below),
		bench: cores(cpu(os.Getpid()) - m.self), load: loadAverage(),
	}
	u.others = max(0, cores(busy()-m.machine)-u.program-u.database-u.bench-cores(m.restOf()-m.rest))
	return u
}
