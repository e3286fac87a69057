package profiles

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// param is one thing that a site says of its device.
type param struct {
	line     int
	name     string
	kind     string // integer, text, choice, boolean, list
	fallback any    // nil: must be given
	example  any    // stands for a required parameter when the profile is checked
	min, max int64
	of       []string
	fields   []param // of a list's entries
	maxItems int
}

func (r *reader) params(n *node) []param {
	var out []param
	for _, name := range n.names() {
		out = append(out, r.param(name, n.get(name)))
	}
	return out
}

func (r *reader) param(name string, n *node) param {
	p := param{
		line: n.line, name: name, kind: n.get("type").text(),
		min: r.integer(n.get("min"), math.MinInt32), max: r.integer(n.get("max"), math.MaxUint32),
		maxItems: int(r.integer(n.get("max_items"), 256)),
	}
	for _, item := range n.get("of").items() {
		p.of = append(p.of, item.text())
	}
	for _, field := range n.get("fields").names() {
		p.fields = append(p.fields, r.param(field, n.get("fields").get(field)))
	}
	if p.kind == "choice" && len(p.of) == 0 {
		r.fault(n.line, "parameter %q: a choice needs of: [...]", clip(name))
	}
	p.fallback = r.paramValue(p, n.get("default"))
	p.example = r.paramValue(p, n.get("example"))
	return p
}

// paramValue checks a default or an example by the parameter's own rule.
func (r *reader) paramValue(p param, n *node) any {
	if n == nil {
		return nil
	}
	v, err := p.check(n.plain())
	if err != nil {
		r.fault(n.line, "parameter %q: %v", clip(p.name), err)
		return nil
	}
	return v
}

// check returns v in the form that formulas use, or says why it cannot be.
func (p param) check(v any) (any, error) {
	switch p.kind {
	case "integer":
		i, ok := whole(v)
		if !ok {
			return nil, fmt.Errorf("%v is not a whole number", v)
		}
		if i < p.min || i > p.max {
			return nil, fmt.Errorf("%d is not within %d and %d", i, p.min, p.max)
		}
		return i, nil
	case "boolean":
		if b, ok := v.(bool); ok {
			return b, nil
		}
		return nil, fmt.Errorf("%v is neither true nor false", v)
	case "text":
		return checkText(v)
	case "choice":
		s := fmt.Sprint(v)
		if !slices.Contains(p.of, s) {
			return nil, fmt.Errorf("%q is not one of %s", clip(s), strings.Join(p.of, ", "))
		}
		return s, nil
	case "list":
		return p.checkList(v)
	}
	return nil, fmt.Errorf("unknown type %q", clip(p.kind))
}

func checkText(v any) (any, error) {
	switch v.(type) {
	case string, int, int64, uint64:
	default:
		return nil, fmt.Errorf("%v is not text", v)
	}
	s := fmt.Sprint(v)
	if len(s) > 200 || strings.ContainsFunc(s, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return nil, fmt.Errorf("%q is longer than 200 bytes or holds control characters", clip(s))
	}
	return s, nil
}

func (p param) checkList(v any) (any, error) {
	items, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%v is not a list", v)
	}
	if len(items) > p.maxItems {
		return nil, fmt.Errorf("%d entries; at most %d are allowed", len(items), p.maxItems)
	}
	out := make([]any, len(items))
	for i, item := range items {
		given, ok := item.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("entry %d is not a mapping", i+1)
		}
		record, err := resolve(p.fields, given)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", i+1, err)
		}
		out[i] = map[string]any(record)
	}
	return out, nil
}

// resolve checks given against params and fills in the defaults. It names every
// fault, not the first.
func resolve(params []param, given map[string]any) (scope, error) {
	s := make(scope, len(params))
	var wrong []string
	for _, p := range params {
		v, ok := given[p.name]
		switch {
		case !ok && p.fallback == nil:
			wrong = append(wrong, fmt.Sprintf("%q must be given", p.name))
			continue
		case !ok:
			s[p.name] = p.fallback
			continue
		}
		checked, err := p.check(v)
		if err != nil {
			wrong = append(wrong, fmt.Sprintf("%q: %v", p.name, err))
			continue
		}
		s[p.name] = checked
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.ContainsFunc(params, func(p param) bool { return p.name == name }) {
			wrong = append(wrong, fmt.Sprintf("unknown parameter %q (known: %s)", clip(name), paramNames(params)))
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s", strings.Join(wrong, "; "))
	}
	return s, nil
}

func paramNames(params []param) string {
	if len(params) == 0 {
		return "none"
	}
	names := make([]string, len(params))
	for i, p := range params {
		names[i] = p.name
	}
	return strings.Join(names, ", ")
}

func whole(v any) (int64, bool) {
	switch i := v.(type) {
	case int:
		return int64(i), true
	case int64:
		return i, true
	case uint64:
		return int64(i), i <= math.MaxInt64
	case uint32:
		return int64(i), true
	case float64:
		return int64(i), i == math.Trunc(i) && math.Abs(i) < 1<<53
	}
	return 0, false
}
