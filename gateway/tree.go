package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// A Fault is one thing wrong with a configuration, and where.
type Fault struct {
	File   string
	Line   int // 0 when it has no place
	Reason string
}

// Faults is everything wrong with a configuration.
type Faults []Fault

func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, one := range f {
		lines[i] = fmt.Sprintf("%s:%d: %s", one.File, one.Line, one.Reason)
		if one.Line == 0 {
			lines[i] = fmt.Sprintf("%s: %s", one.File, one.Reason)
		}
	}
	return strings.Join(lines, "\n")
}

// node is a value of the file with its line: a scalar, a list or a mapping.
type node struct {
	line int
	key  int // line of its key
	word any
	list []*node
	keys []string
	dict map[string]*node
	kind string // "a word", "a list", "a mapping", "nothing"
}

const (
	aWord    = "a word"
	aList    = "a list"
	aMapping = "a mapping"
	nothing  = "nothing"

	maxConfigBytes = 4 << 20
	maxConfigDepth = 16
)

// tree builds nodes and collects what cannot be one.
type tree struct {
	file   string
	faults Faults
}

func (t *tree) fault(line int, format string, args ...any) {
	t.faults = append(t.faults, Fault{t.file, line, fmt.Sprintf(format, args...)})
}

// parse reads the one document of a configuration.
func (t *tree) parse(text []byte) (root *node) {
	defer func() {
		if p := recover(); p != nil {
			t.fault(0, "the file cannot be read as YAML") // the library has panicked on malformed text before
			root = nil
		}
	}()
	if len(text) > maxConfigBytes {
		t.fault(0, "%d bytes are too many", len(text))
		return nil
	}
	parsed, err := parser.ParseBytes(text, 0)
	if err != nil {
		var e yaml.Error
		if errors.As(err, &e) && e.GetToken() != nil {
			t.fault(e.GetToken().Position.Line, "not YAML: %s", e.GetMessage())
		} else {
			t.fault(0, "not YAML: %v", err)
		}
		return nil
	}
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			t.fault(lineOf(doc.Body), "a second document; a configuration is one")
			break
		}
		root = t.build(doc.Body, 0)
	}
	if root == nil {
		t.fault(1, "the file is empty")
	} else if root.kind != aMapping {
		t.fault(root.line, "a configuration is a mapping of keys to values")
		root = nil
	}
	return root
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

func (t *tree) build(n ast.Node, depth int) *node {
	out := &node{line: lineOf(n), kind: nothing}
	if depth > maxConfigDepth {
		t.fault(out.line, "nested more than %d deep", maxConfigDepth)
		return out
	}
	word := func(v any) *node { out.kind, out.word = aWord, v; return out }
	switch v := n.(type) {
	case nil, *ast.NullNode:
		return out
	case *ast.BoolNode:
		return word(v.Value)
	case *ast.IntegerNode:
		return word(v.Value)
	case *ast.FloatNode:
		return word(v.Value)
	case *ast.StringNode:
		return word(v.Value)
	case *ast.LiteralNode:
		return word(v.Value.Value)
	case *ast.SequenceNode:
		out.kind = aList
		for _, item := range v.Values {
			out.list = append(out.list, t.build(item, depth+1))
		}
		return out
	case *ast.MappingNode:
		return t.mapping(out, v.Values, depth)
	case *ast.MappingValueNode:
		return t.mapping(out, []*ast.MappingValueNode{v}, depth)
	}
	t.fault(out.line, "anchors, aliases and tags have no place in a configuration")
	return out
}

func (t *tree) mapping(out *node, values []*ast.MappingValueNode, depth int) *node {
	out.kind, out.dict = aMapping, map[string]*node{}
	for _, pair := range values {
		key := pair.Key.GetToken().Value
		line := lineOf(pair.Key)
		if _, twice := out.dict[key]; twice {
			t.fault(line, "%q stands here twice", key)
			continue
		}
		value := t.build(pair.Value, depth+1)
		value.key = line
		out.keys = append(out.keys, key)
		out.dict[key] = value
	}
	if len(values) > 0 {
		out.line = lineOf(values[0].Key)
	}
	return out
}

func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	return n.dict[key]
}

// at is the line to name for a fault of n.
func (n *node) at() int {
	if n == nil {
		return 0
	}
	if n.key != 0 {
		return n.key
	}
	return n.line
}

// plain is the value without its lines.
func (n *node) plain() any {
	switch n.kind {
	case aList:
		list := make([]any, len(n.list))
		for i, item := range n.list {
			list[i] = item.plain()
		}
		return list
	case aMapping:
		dict := make(map[string]any, len(n.dict))
		for key, value := range n.dict {
			dict[key] = value.plain()
		}
		return dict
	}
	return n.word
}

// only names the keys of a mapping that are not known.
func (t *tree) only(n *node, where string, known ...string) {
	if n == nil {
		return
	}
	if n.kind != aMapping {
		t.fault(n.at(), "%s is %s; it must be a mapping", where, n.kind)
		return
	}
	for _, key := range n.keys {
		if !slices.Contains(known, key) {
			t.fault(n.dict[key].at(), "unknown key %q in %s (known: %s)", clip(key), where, strings.Join(known, ", "))
		}
	}
}

func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
