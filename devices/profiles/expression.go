package profiles

import (
	"fmt"
	"strconv"
	"strings"
)

// expression is a whole-number formula of a profile: "(loop - 1) * 600 + n".
// It knows + - * / (integer division, toward zero), brackets, names of
// parameters and repeat variables, and fields of list entries ("input.active").
// A name may also be written ${name}. The zero expression is absent.
type expression struct {
	text string
	line int
	root term
}

func (e expression) given() bool { return e.root != nil }

// term is one node of the parsed formula.
type term interface {
	eval(scope) (int64, error)
}

// scope gives the values of names: int64, bool, string, []any or map[string]any.
type scope map[string]any

// with returns a copy of s in which name stands for value.
func (s scope) with(name string, value any) scope {
	out := make(scope, len(s)+1)
	for k, v := range s {
		out[k] = v
	}
	out[name] = value
	return out
}

// lookup resolves "name" or "name.field".
func (s scope) lookup(path string) (any, error) {
	name, field, dotted := strings.Cut(path, ".")
	value, ok := s[name]
	if !ok {
		return nil, fmt.Errorf("nothing is called %q here", clip(name))
	}
	if !dotted {
		return value, nil
	}
	record, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%q has no fields", clip(name))
	}
	if value, ok = record[field]; !ok {
		return nil, fmt.Errorf("%q has no field %q", clip(name), clip(field))
	}
	return value, nil
}

// eval computes e. Addresses fit in 16 bits and masks in 32, so results beyond
// 2^40 are mistakes and are refused.
func (e expression) eval(s scope) (int64, error) {
	if e.root == nil {
		return 0, nil
	}
	v, err := e.root.eval(s)
	if err != nil {
		return 0, fmt.Errorf("%q: %w", clip(e.text), err)
	}
	return v, nil
}

type number int64

func (n number) eval(scope) (int64, error) { return int64(n), nil }

type variable string

func (v variable) eval(s scope) (int64, error) {
	value, err := s.lookup(string(v))
	if err != nil {
		return 0, err
	}
	switch i := value.(type) {
	case int64:
		return i, nil
	case bool:
		if i {
			return 1, nil
		}
		return 0, nil
	case []any:
		return int64(len(i)), nil
	}
	return 0, fmt.Errorf("%q is not a number", clip(string(v)))
}

type binary struct {
	op          byte
	left, right term
}

const maxResult = 1 << 40

func (b binary) eval(s scope) (int64, error) {
	l, err := b.left.eval(s)
	if err != nil {
		return 0, err
	}
	r, err := b.right.eval(s)
	if err != nil {
		return 0, err
	}
	if l > maxResult || l < -maxResult || r > maxResult || r < -maxResult {
		return 0, fmt.Errorf("a number beyond 2^40")
	}
	var v int64
	switch b.op {
	case '+':
		v = l + r
	case '-':
		v = l - r
	case '*':
		if l != 0 && (l*r)/l != r {
			return 0, fmt.Errorf("a number beyond 2^40")
		}
		v = l * r
	case '/':
		if r == 0 {
			return 0, fmt.Errorf("division by zero")
		}
		v = l / r
	}
	if v > maxResult || v < -maxResult {
		return 0, fmt.Errorf("a number beyond 2^40")
	}
	return v, nil
}

// parseExpression reads a formula; line is where it stands.
func parseExpression(text string, line int) (expression, error) {
	p := expressionParser{rest: text}
	if len(text) > 200 {
		return expression{}, fmt.Errorf("a formula of %d characters", len(text))
	}
	root, err := p.sum(0)
	if err == nil && p.peek() != 0 {
		err = fmt.Errorf("unexpected %q", clip(p.rest))
	}
	if err != nil {
		return expression{}, fmt.Errorf("%q is not a formula: %w", clip(text), err)
	}
	return expression{text: text, line: line, root: root}, nil
}

type expressionParser struct{ rest string }

func (p *expressionParser) peek() byte {
	p.rest = strings.TrimLeft(p.rest, " \t")
	if p.rest == "" {
		return 0
	}
	return p.rest[0]
}

func (p *expressionParser) sum(depth int) (term, error) {
	return p.chain(depth, "+-", p.product)
}

func (p *expressionParser) product(depth int) (term, error) {
	return p.chain(depth, "*/", p.atom)
}

// chain reads operands joined by the operators of one rank, from left to right.
func (p *expressionParser) chain(depth int, ops string, operand func(int) (term, error)) (term, error) {
	left, err := operand(depth)
	for err == nil {
		op := p.peek()
		if op == 0 || !strings.ContainsRune(ops, rune(op)) {
			return left, nil
		}
		p.rest = p.rest[1:]
		var right term
		right, err = operand(depth)
		left = binary{op, left, right}
	}
	return nil, err
}

func (p *expressionParser) atom(depth int) (term, error) {
	if depth > 16 {
		return nil, fmt.Errorf("too many brackets")
	}
	c := p.peek()
	switch {
	case c == '(':
		return p.enclosed(1, ")", depth)
	case strings.HasPrefix(p.rest, "${"):
		return p.enclosed(2, "}", depth)
	case c == '-':
		p.rest = p.rest[1:]
		inner, err := p.atom(depth + 1)
		return binary{'-', number(0), inner}, err
	case isDigit(c):
		word := p.word()
		v, err := strconv.ParseInt(word, 0, 64)
		if err != nil || v > maxResult {
			return nil, fmt.Errorf("%q is not a number", clip(word))
		}
		return number(v), nil
	case isLetter(c):
		return variable(p.word()), nil
	case c == 0:
		return nil, fmt.Errorf("it ends too soon")
	}
	return nil, fmt.Errorf("unexpected %q", clip(p.rest))
}

func (p *expressionParser) enclosed(open int, closing string, depth int) (term, error) {
	p.rest = p.rest[open:]
	inner, err := p.sum(depth + 1)
	if err != nil {
		return nil, err
	}
	p.peek()
	rest, ok := strings.CutPrefix(p.rest, closing)
	if !ok {
		return nil, fmt.Errorf("%q is missing", closing)
	}
	p.rest = rest
	return inner, nil
}

func (p *expressionParser) word() string {
	end := 0
	for end < len(p.rest) && (isLetter(p.rest[end]) || isDigit(p.rest[end]) || p.rest[end] == '.') {
		end++
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// template is text with formulas in it: "L${loop}D${n}". A segment that is
// just a name gives the name's value, of whatever type.
type template struct {
	text  string
	line  int
	parts []part
}

type part struct {
	literal string
	expr    expression
}

func (t template) given() bool { return t.text != "" }

func parseTemplate(text string, line int) (template, error) {
	t := template{text: text, line: line}
	rest := text
	for rest != "" {
		before, after, found := strings.Cut(rest, "${")
		if before != "" {
			t.parts = append(t.parts, part{literal: before})
		}
		if !found {
			break
		}
		inner, behind, closed := strings.Cut(after, "}")
		if !closed {
			return t, fmt.Errorf("%q: } is missing", clip(text))
		}
		e, err := parseExpression(inner, line)
		if err != nil {
			return t, err
		}
		t.parts = append(t.parts, part{expr: e})
		rest = behind
	}
	return t, nil
}

// expand gives the text with its formulas computed.
func (t template) expand(s scope) (string, error) {
	var b strings.Builder
	for _, p := range t.parts {
		if !p.expr.given() {
			b.WriteString(p.literal)
			continue
		}
		v, err := p.value(s)
		if err != nil {
			return "", err
		}
		switch v.(type) {
		case []any, map[string]any:
			return "", fmt.Errorf("%q is not text", clip(p.expr.text))
		}
		fmt.Fprint(&b, v)
	}
	return b.String(), nil
}

// value gives the typed value of a template that is one single segment, so that
// a number in a message stays a number; otherwise its text.
func (t template) value(s scope) (any, error) {
	if len(t.parts) == 1 && t.parts[0].expr.given() {
		return t.parts[0].value(s)
	}
	return t.expand(s)
}

func (p part) value(s scope) (any, error) {
	if name, ok := p.expr.root.(variable); ok {
		return s.lookup(string(name))
	}
	return p.expr.eval(s)
}

// mentions reports whether t speaks of one of the names.
func mentions(t term, names map[string]bool) bool {
	switch v := t.(type) {
	case variable:
		name, _, _ := strings.Cut(string(v), ".")
		return names[name]
	case binary:
		return mentions(v.left, names) || mentions(v.right, names)
	}
	return false
}
