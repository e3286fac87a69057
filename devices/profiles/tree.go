package profiles

import (
	"errors"
	"fmt"
	"math"
	"sort"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a profile file. A profile is some hundred lines; what is larger was
// not written by a person.
const (
	maxFileBytes = 1 << 20
	maxTreeDepth = 24
	maxTreeNodes = 50_000
)

// A Fault is one thing that is wrong with a profile, and where.
type Fault struct {
	File   string
	Line   int // 1 is the first; 0 when the fault has no place
	Reason string
}

func (f Fault) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.File, f.Reason)
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason)
}

// Errors is every fault of a profile in the order of the file.
type Errors []Fault

func (e Errors) Error() string {
	lines := make([]string, len(e))
	for i, f := range e {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// sorted puts faults in the order of the file and drops what is said twice.
func (e Errors) sorted() Errors {
	sort.SliceStable(e, func(i, j int) bool { return e[i].Line < e[j].Line })
	var out Errors
	for _, f := range e {
		if len(out) == 0 || out[len(out)-1] != f {
			out = append(out, f)
		}
	}
	return out
}

// node is one value of a YAML file that remembers its line and, for a mapping,
// the order of its keys.
type node struct {
	line   int
	scalar any // nil, bool, int64, float64 or string when the node is a scalar
	list   []*node
	keys   []string
	dict   map[string]*node
	isList bool
}

// get returns the value of key, or nil. It may be called on nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	return n.dict[key]
}

// text returns a scalar as the person wrote it, "" for nil.
func (n *node) text() string {
	if n == nil || n.scalar == nil {
		return ""
	}
	return fmt.Sprint(n.scalar)
}

// items returns the elements of a list; a lone value counts as a list of one.
func (n *node) items() []*node {
	switch {
	case n == nil:
		return nil
	case n.isList:
		return n.list
	}
	return []*node{n}
}

// plain is the value as JSON Schema sees it.
func (n *node) plain() any {
	switch {
	case n == nil:
		return nil
	case n.isList:
		out := make([]any, len(n.list))
		for i, item := range n.list {
			out[i] = item.plain()
		}
		return out
	case n.dict != nil:
		out := make(map[string]any, len(n.dict))
		for key, value := range n.dict {
			out[key] = value.plain()
		}
		return out
	}
	return n.scalar
}

// find walks to the value at a JSON Schema instance location, as far as it goes.
func (n *node) find(path []string) *node {
	for _, step := range path {
		next := n.dict[step]
		if n.isList {
			var i int
			if _, err := fmt.Sscan(step, &i); err == nil && i >= 0 && i < len(n.list) {
				next = n.list[i]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// readTree reads one YAML document. Anchors, aliases, tags and merge keys are
// refused: a profile needs none, and they make a small file large.
func readTree(file string, data []byte) (root *node, faults Errors) {
	if len(data) > maxFileBytes {
		return nil, Errors{{File: file, Reason: fmt.Sprintf("%d bytes; a profile has at most %d", len(data), maxFileBytes)}}
	}
	// The YAML library has panicked on malformed text before; a bad file must
	// never stop a gateway.
	defer func() {
		if p := recover(); p != nil {
			root, faults = nil, Errors{{File: file, Reason: "not readable as YAML"}}
		}
	}()
	parsed, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, Errors{syntaxFault(file, err)}
	}
	b := treeBuilder{file: file}
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if root != nil {
			b.refuse(doc.Body, "a second document in the file; a profile is one")
			break
		}
		root = b.build(doc.Body, 0)
	}
	if root == nil && len(b.faults) == 0 {
		b.faults = append(b.faults, Fault{File: file, Line: 1, Reason: "the file is empty"})
	}
	return root, b.faults
}

func syntaxFault(file string, err error) Fault {
	var e yaml.Error
	if errors.As(err, &e) && e.GetToken() != nil && e.GetToken().Position != nil {
		return Fault{File: file, Line: e.GetToken().Position.Line, Reason: "not YAML: " + e.GetMessage()}
	}
	return Fault{File: file, Reason: "not YAML: " + clip(err.Error())}
}

type treeBuilder struct {
	file   string
	nodes  int
	faults Errors
}

func (b *treeBuilder) refuse(n ast.Node, reason string) *node {
	line := lineOf(n)
	b.faults = append(b.faults, Fault{File: b.file, Line: line, Reason: reason})
	return &node{line: line}
}

func lineOf(n ast.Node) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return 0
	}
	return n.GetToken().Position.Line
}

func (b *treeBuilder) build(n ast.Node, depth int) *node {
	b.nodes++
	switch {
	case depth > maxTreeDepth:
		return b.refuse(n, fmt.Sprintf("nested more than %d deep", maxTreeDepth))
	case b.nodes > maxTreeNodes:
		if b.nodes == maxTreeNodes+1 {
			return b.refuse(n, fmt.Sprintf("more than %d values", maxTreeNodes))
		}
		return &node{line: lineOf(n)}
	}
	at := lineOf(n)
	switch v := n.(type) {
	case *ast.NullNode:
		return &node{line: at}
	case *ast.BoolNode:
		return &node{line: at, scalar: v.Value}
	case *ast.IntegerNode:
		return b.integer(v)
	case *ast.FloatNode:
		return &node{line: at, scalar: v.Value}
	case *ast.StringNode:
		return &node{line: at, scalar: v.Value}
	case *ast.LiteralNode:
		return &node{line: at, scalar: v.Value.Value}
	case *ast.SequenceNode:
		out := &node{line: at, isList: true}
		for _, item := range v.Values {
			out.list = append(out.list, b.build(item, depth+1))
		}
		return out
	case *ast.MappingNode:
		return b.mapping(at, v.Values, depth)
	case *ast.MappingValueNode:
		return b.mapping(at, []*ast.MappingValueNode{v}, depth)
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode, *ast.TagNode:
		return b.refuse(n, "anchors, aliases, merge keys and tags are not allowed in a profile")
	}
	return b.refuse(n, "not a value that a profile can hold")
}

func (b *treeBuilder) integer(v *ast.IntegerNode) *node {
	switch i := v.Value.(type) {
	case int64:
		return &node{line: lineOf(v), scalar: i}
	case uint64:
		if i <= math.MaxInt64 {
			return &node{line: lineOf(v), scalar: int64(i)}
		}
	}
	return b.refuse(v, fmt.Sprintf("%s is not a number that a profile can hold", clip(v.String())))
}

func (b *treeBuilder) mapping(at int, values []*ast.MappingValueNode, depth int) *node {
	out := &node{line: at, dict: make(map[string]*node, len(values))}
	if len(values) > 0 {
		out.line = lineOf(values[0].Key)
	}
	for _, pair := range values {
		var key string
		switch k := pair.Key.(type) {
		case *ast.StringNode:
			key = k.Value
		case *ast.IntegerNode, *ast.BoolNode, *ast.FloatNode:
			key = k.GetToken().Value // as written: 0x71 stays 0x71
		default:
			b.refuse(pair.Key, "a key must be a plain word or number")
			continue
		}
		if _, twice := out.dict[key]; twice {
			b.refuse(pair.Key, fmt.Sprintf("%q stands here twice", clip(key)))
			continue
		}
		value := b.build(pair.Value, depth+1)
		if value.scalar != nil || value.line == 0 {
			value.line = lineOf(pair.Key)
		}
		out.keys = append(out.keys, key)
		out.dict[key] = value
	}
	return out
}

// clip keeps a hostile value from filling a log line.
func clip(s string) string {
	if len(s) > 80 {
		return s[:80] + "…"
	}
	return s
}
