package sites

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// An SVG is read into a tree of what is allowed and written anew from that tree.
// Nothing of the text that was sent is kept: no script, no handler, no address
// outside the file, no entity, no processing instruction.

const svgSpace = "http://www.w3.org/2000/svg"

// Limits of an SVG.
const (
	maxElements = 60_000
	maxDepth    = 64
	maxDrawn    = 200_000 // elements, when each use is counted as what it repeats
	maxValue    = 2 << 20 // bytes of one attribute: the path of a whole floor
)

// shapes and the rest of what may stand in a drawing.
var allowedElements = words(`svg g defs symbol use title desc path rect circle ellipse line polyline polygon
	text tspan clipPath mask pattern marker linearGradient radialGradient stop style`)

// allowedAttributes may stand at every element. Their values are checked besides.
var allowedAttributes = words(`id class style transform x y x1 y1 x2 y2 cx cy r rx ry fx fy dx dy d points width height
	viewBox preserveAspectRatio href offset gradientUnits gradientTransform spreadMethod patternUnits patternContentUnits
	patternTransform clipPathUnits maskUnits maskContentUnits markerUnits markerWidth markerHeight refX refY orient
	rotate textLength lengthAdjust pathLength ` + styleProperties)

// silent are what drawing programs add for themselves: nobody needs to hear that
// it was left out.
var silent = words(`metadata namedview`)

type node struct {
	name     string
	attrs    []attr
	children []child
	size     int // elements, itself included, uses not counted as what they repeat
}

type attr struct{ name, value string }

type child struct {
	element *node
	text    string
}

// svgReader collects what it meets on the way.
type svgReader struct {
	decoder  *xml.Decoder
	elements int
	left     map[string]bool
	ids      map[string]*node
	uses     []*node
}

func readSVG(data []byte) (Picture, error) {
	if !utf8.Valid(data) {
		return Picture{}, invalid("drawing", "is neither a PNG nor an SVG in UTF-8")
	}
	r := &svgReader{decoder: xml.NewDecoder(bytes.NewReader(data)), left: map[string]bool{}, ids: map[string]*node{}}
	r.decoder.Strict = true
	r.decoder.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.EqualFold(charset, "utf-8") || strings.EqualFold(charset, "us-ascii") {
			return in, nil
		}
		return nil, errors.New("an SVG must be in UTF-8")
	}
	root, err := r.root()
	if err != nil {
		return Picture{}, err
	}
	if err := r.checkUses(); err != nil {
		return Picture{}, err
	}
	width, height, err := r.frame(root)
	if err != nil {
		return Picture{}, err
	}
	var out bytes.Buffer
	write(&out, root, true)
	return Picture{Kind: "svg", Width: width, Height: height, Data: out.Bytes(), LeftOut: slices.Sorted(maps.Keys(r.left))}, nil
}

// root finds the svg element and reads it; the file must end behind it.
func (r *svgReader) root() (*node, error) {
	var root *node
	for {
		token, err := r.decoder.Token()
		if errors.Is(err, io.EOF) && root != nil {
			return root, nil
		}
		if err != nil {
			return nil, r.broken(err)
		}
		switch token := token.(type) {
		case xml.Directive:
			if bytes.Contains(token, []byte("[")) || bytes.Contains(bytes.ToUpper(token), []byte("ENTITY")) {
				return nil, invalid("drawing", "declares entities, which no plan needs")
			}
		case xml.StartElement:
			if root != nil || token.Name.Local != "svg" || token.Name.Space != svgSpace && token.Name.Space != "" {
				return nil, invalid("drawing", "is neither a PNG nor an SVG: its first element is %.40q", token.Name.Local)
			}
			if root, err = r.element(token, 1); err != nil {
				return nil, err
			}
		}
	}
}

func (r *svgReader) broken(err error) error {
	line, _ := r.decoder.InputPos()
	if errors.Is(err, io.EOF) {
		return invalid("drawing", "is neither a PNG nor an SVG: it holds no svg element")
	}
	return invalid("drawing", "is a broken SVG: line %d: %v", line, err)
}

func (r *svgReader) element(start xml.StartElement, depth int) (*node, error) {
	if r.elements++; r.elements > maxElements {
		return nil, invalid("drawing", "holds more than %d elements", maxElements)
	}
	if depth > maxDepth {
		return nil, invalid("drawing", "is nested more than %d deep", maxDepth)
	}
	n := &node{name: start.Name.Local, size: 1}
	if err := r.attributes(n, start.Attr); err != nil {
		return nil, err
	}
	var css strings.Builder
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return nil, r.broken(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			if n.name == "style" {
				n.children = []child{{text: cleanSheet(css.String(), r.leave)}}
			}
			return n, nil
		case xml.CharData:
			switch n.name {
			case "style":
				css.Write(token)
			case "text", "tspan", "title", "desc":
				n.children = append(n.children, child{text: string(token)})
			}
		case xml.StartElement:
			if !r.allowed(token.Name) || n.name == "style" || n.name == "title" || n.name == "desc" {
				if err := r.skip(token, depth+1); err != nil {
					return nil, err
				}
				continue
			}
			inner, err := r.element(token, depth+1)
			if err != nil {
				return nil, err
			}
			n.size += inner.size
			n.children = append(n.children, child{element: inner})
		}
	}
}

func (r *svgReader) allowed(name xml.Name) bool {
	return (name.Space == svgSpace || name.Space == "") && allowedElements[name.Local]
}

func (r *svgReader) leave(what string) {
	if len(r.left) < 50 && len(what) <= 60 {
		r.left[what] = true
	}
}

// skip walks over an element that may not be there, and everything in it.
func (r *svgReader) skip(start xml.StartElement, depth int) error {
	if !silent[start.Name.Local] {
		r.leave("<" + start.Name.Local + ">")
	}
	for {
		token, err := r.decoder.Token()
		if err != nil {
			return r.broken(err)
		}
		switch token := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if r.elements++; r.elements > maxElements || depth > maxDepth {
				return invalid("drawing", "holds more than %d elements, or is nested more than %d deep", maxElements, maxDepth)
			}
			if err := r.skip(token, depth+1); err != nil {
				return err
			}
		}
	}
}

func (r *svgReader) attributes(n *node, attrs []xml.Attr) error {
	seen := map[string]bool{}
	for _, a := range attrs {
		name := a.Name.Local
		foreign := a.Name.Space != "" && (a.Name.Space != "http://www.w3.org/1999/xlink" && a.Name.Space != "xlink" || name != "href")
		switch {
		case a.Name.Space == "xmlns" || name == "xmlns" || foreign:
			continue // the names of drawing programs' own
		case !allowedAttributes[name] || seen[name]:
			if !strings.HasPrefix(name, "data-") && !strings.HasPrefix(name, "aria-") && name != "version" {
				r.leave(name)
			}
			continue
		case len(a.Value) > maxValue:
			return invalid("drawing", "has an attribute %s of more than %d bytes", name, maxValue)
		}
		value, ok := cleanValue(name, a.Value)
		if name == "style" {
			value, ok = cleanStyle(a.Value, r.leave), true
		}
		if !ok {
			r.leave(name)
			continue
		}
		if value == "" {
			continue
		}
		seen[name] = true
		n.attrs = append(n.attrs, attr{name, value})
		if name == "id" && r.ids[value] == nil {
			r.ids[value] = n
		}
	}
	if n.name == "use" {
		r.uses = append(r.uses, n)
	}
	return nil
}

var (
	idForm     = regexp.MustCompile(`^[\p{L}_][\p{L}\p{N}_.:-]{0,127}$`)
	classForm  = regexp.MustCompile(`^[\p{L}\p{N}_ .:-]{0,300}$`)
	hrefForm   = regexp.MustCompile(`^#[\p{L}_][\p{L}\p{N}_.:-]{0,127}$`)
	numberForm = regexp.MustCompile(`^[-+0-9.eE,\s%a-zA-Z()/]*$`) // numbers, units, path letters, transform functions
)

// transforms are the functions of a transformation (SVG 1.1, 7.6), the only ones that a
// value of numbers may call.
var transforms = words(`matrix( translate( scale( rotate( skewX( skewY(`)

// cleanValue says whether a value may stand, by the attribute that it belongs to.
func cleanValue(name, value string) (string, bool) {
	value = strings.TrimSpace(value)
	switch name {
	case "id":
		return value, idForm.MatchString(value)
	case "class":
		return value, classForm.MatchString(value)
	case "href":
		return value, hrefForm.MatchString(value)
	}
	if paints[name] {
		return cleanPaint(value)
	}
	for _, call := range functionForm.FindAllString(value, -1) {
		if !transforms[strings.Join(strings.Fields(call), "")] {
			return "", false
		}
	}
	return value, numberForm.MatchString(value)
}

// checkUses refuses repetitions of repetitions, which grow without bound.
func (r *svgReader) checkUses() error {
	drawn := r.elements
	for _, use := range r.uses {
		for _, a := range use.attrs {
			if a.name != "href" {
				continue
			}
			target := r.ids[a.value[1:]]
			if target == nil {
				continue
			}
			if target.holds("use") {
				return invalid("drawing", "repeats %.60s, which repeats something itself: resolve the copies in the drawing program", a.value)
			}
			if drawn += target.size; drawn > maxDrawn {
				return invalid("drawing", "draws more than %d elements, its copies counted", maxDrawn)
			}
		}
	}
	return nil
}

func (n *node) holds(name string) bool {
	if n.name == name {
		return true
	}
	return slices.ContainsFunc(n.children, func(c child) bool { return c.element != nil && c.element.holds(name) })
}

// frame finds the size of the drawing, and gives it a view box when it has none,
// so that it can be drawn at every size.
func (r *svgReader) frame(root *node) (width, height float64, err error) {
	values := map[string]string{}
	root.attrs = slices.DeleteFunc(root.attrs, func(a attr) bool {
		values[a.name] = a.value
		return a.name == "width" || a.name == "height" || a.name == "viewBox" || a.name == "preserveAspectRatio"
	})
	width, height = length(values["width"]), length(values["height"])
	box := strings.FieldsFunc(values["viewBox"], func(c rune) bool { return c == ',' || c == ' ' || c == '\t' || c == '\n' || c == '\r' })
	view := [4]float64{0, 0, width, height}
	if len(box) == 4 {
		for i := range box {
			if view[i], err = strconv.ParseFloat(box[i], 64); err != nil || !within(view[i]) {
				return 0, 0, invalid("drawing", "has a view box that is not four numbers")
			}
		}
		width, height = view[2], view[3]
	}
	if !(width > 0 && height > 0 && width <= farthest && height <= farthest) {
		return 0, 0, invalid("drawing", "has no size: neither a view box nor a width and a height")
	}
	text := make([]string, 4)
	for i, v := range view {
		text[i] = number(v)
	}
	root.attrs = append(root.attrs, attr{"viewBox", strings.Join(text, " ")}, attr{"width", number(width)}, attr{"height", number(height)}, attr{"preserveAspectRatio", "none"})
	return width, height, nil
}

// length reads a width in pixels; other units by what CSS says of them.
func length(text string) float64 {
	units := map[string]float64{"px": 1, "pt": 4. / 3, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96, "": 1}
	number := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyz%")
	v, err := strconv.ParseFloat(number, 64)
	factor, known := units[text[len(number):]]
	if err != nil || !known || math.IsNaN(v) || v < 0 {
		return 0
	}
	return v * factor
}

func number(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func write(out *bytes.Buffer, n *node, root bool) {
	out.WriteByte('<')
	out.WriteString(n.name)
	if root {
		out.WriteString(` xmlns="` + svgSpace + `"`)
	}
	for _, a := range n.attrs {
		out.WriteString(" " + a.name + `="`)
		_ = xml.EscapeText(out, []byte(a.value)) // a bytes.Buffer takes everything
		out.WriteByte('"')
	}
	if len(n.children) == 0 {
		out.WriteString("/>")
		return
	}
	out.WriteByte('>')
	for _, c := range n.children {
		if c.element != nil {
			write(out, c.element, false)
		} else {
			_ = xml.EscapeText(out, []byte(c.text))
		}
	}
	out.WriteString("</" + n.name + ">")
}

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(text) {
		set[w] = true
	}
	return set
}
