package site

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// scenarioJSON is a script as the control API tells of it.
type scenarioJSON struct {
	Name    string    `json:"name"`
	Title   string    `json:"title"`
	Steps   int       `json:"steps"`
	Seconds float64   `json:"seconds"` // that it takes
	Running bool      `json:"running"`
	Done    int       `json:"done"` // steps of the last run
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Error   string    `json:"error,omitempty"`
}

// run is a script being told; its fields belong to Site.mu.
type run struct {
	done           int
	started, ended time.Time
	err            error
	stop           context.CancelFunc
	finished       chan struct{}
}

func (r *run) running() bool { return r.ended.IsZero() }

func (s *Site) scripts() []scenarioJSON {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := []scenarioJSON{}
	for _, name := range slices.Sorted(maps.Keys(s.sc.Scripts)) {
		script := s.sc.Scripts[name]
		one := scenarioJSON{Name: name, Title: script.Title, Steps: len(script.Steps)}
		for _, step := range script.Steps {
			one.Seconds += step.After.Seconds()
		}
		if r := s.runs[name]; r != nil {
			r.show(&one)
		}
		list = append(list, one)
	}
	for i := range s.o.Stories {
		one := scenarioJSON{Name: s.o.Stories[i].Name, Title: s.o.Stories[i].Title, Steps: 1}
		if r := s.runs[one.Name]; r != nil {
			r.show(&one)
		}
		list = append(list, one)
	}
	return list
}

func (r *run) show(one *scenarioJSON) {
	one.Running, one.Done, one.Started, one.Ended = r.running(), r.done, r.started, r.ended
	if r.err != nil {
		one.Error = r.err.Error()
	}
}

func (s *Site) script(w http.ResponseWriter, r *http.Request) (string, bool) {
	name := r.PathValue("name")
	names := slices.Sorted(maps.Keys(s.sc.Scripts))
	for i := range s.o.Stories {
		names = append(names, s.o.Stories[i].Name)
	}
	ok := slices.Contains(names, name)
	if !ok {
		refuse(w, http.StatusNotFound, "no scenario %q; there are %s", clip(name), strings.Join(names, ", "))
	}
	return name, ok
}

func (s *Site) story(name string) *Story {
	for i := range s.o.Stories {
		if s.o.Stories[i].Name == name {
			return &s.o.Stories[i]
		}
	}
	return nil
}

func (s *Site) runScript(w http.ResponseWriter, r *http.Request) {
	name, ok := s.script(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runs[name] != nil && s.runs[name].running() {
		refuse(w, http.StatusConflict, "scenario %s is running", name)
		return
	}
	if s.ctx.Err() != nil {
		refuse(w, http.StatusServiceUnavailable, "the simulators are closing")
		return
	}
	ctx, stop := context.WithCancel(s.ctx)
	told := &run{started: time.Now(), stop: stop, finished: make(chan struct{})}
	s.runs[name] = told
	steps := 1
	if story := s.story(name); story != nil {
		s.work.Go(func() { s.act(ctx, story, told) })
	} else {
		script := s.sc.Scripts[name]
		steps = len(script.Steps)
		s.work.Go(func() { s.tell(ctx, script, told) })
	}
	answer(w, http.StatusAccepted, map[string]any{"name": name, "steps": steps, "progress": "/sim/v1/scenarios"})
}

func (s *Site) stopScript(w http.ResponseWriter, r *http.Request) {
	name, ok := s.script(w, r)
	if !ok {
		return
	}
	s.mu.Lock()
	told := s.runs[name]
	s.mu.Unlock()
	if told != nil {
		told.stop()
		<-told.finished
	}
	answer(w, http.StatusOK, map[string]any{"name": name, "running": false})
}

func (s *Site) stopAll() {
	s.mu.Lock()
	all := slices.Collect(maps.Values(s.runs))
	s.mu.Unlock()
	for _, told := range all {
		told.stop()
		<-told.finished
	}
}

// tell does the steps of a script one after the other. A step that fails is
// told, and the next one follows all the same.
func (s *Site) tell(ctx context.Context, script Script, told *run) {
	defer close(told.finished)
	defer told.stop()
	var err error
	for i, step := range script.Steps {
		if !pause(ctx, step.After) {
			break
		}
		d := s.find(step.Device)
		var failed error
		if step.Fault != "" {
			failed = d.live.SetFault(step.Fault)
		} else {
			failed = d.live.Set(step.Point, step.State)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("step %d: %w", i+1, failed))
		}
		s.mu.Lock()
		told.done, told.err = i+1, err
		s.mu.Unlock()
	}
	s.mu.Lock()
	told.ended = time.Now()
	s.mu.Unlock()
}

// curtain is how long a story may take to end.
const curtain = 10 * time.Second

// act lets a story happen until it is stopped.
func (s *Site) act(ctx context.Context, story *Story, told *run) {
	defer close(told.finished)
	defer told.stop()
	err := story.Begin(ctx)
	s.mu.Lock()
	told.done, told.err = 1, err
	s.mu.Unlock()
	if err == nil {
		<-ctx.Done()
		ending, done := context.WithTimeout(context.WithoutCancel(ctx), curtain)
		err = story.End(ending)
		done()
	}
	s.mu.Lock()
	told.ended, told.err = time.Now(), err
	s.mu.Unlock()
}

// pause reports false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	wait := time.NewTimer(d)
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wait.C:
		return true
	}
}
