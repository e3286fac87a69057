package sites

import (
	"regexp"
	"strings"
)

// What CSS may say in a drawing: how lines, areas and letters look, and nothing
// that could fetch or run something.

const styleProperties = `fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin
	stroke-dasharray stroke-dashoffset stroke-miterlimit opacity color display visibility vector-effect paint-order
	clip-path clip-rule mask marker-start marker-mid marker-end stop-color stop-opacity
	font-family font-size font-weight font-style font-stretch text-anchor text-decoration letter-spacing word-spacing
	dominant-baseline alignment-baseline writing-mode overflow`

var (
	properties   = words(styleProperties)
	paints       = properties // the attributes of the same names take the same values
	paintForm    = regexp.MustCompile(`^[-#\p{L}\p{N}\s.,%+'"()!]{1,400}$`)
	referForm    = regexp.MustCompile(`(?i)url\(\s*['"]?#[\p{L}_][\p{L}\p{N}_.:-]{0,127}['"]?\s*\)`)
	functionForm = regexp.MustCompile(`[\p{L}\p{N}-]+\s*\(`)
	selectorForm = regexp.MustCompile(`^[\p{L}\p{N}_.#,\s>*-]{1,300}$`)
)

// functions that a value may call.
var functions = words(`rgb( rgba( hsl( hsla(`)

// cleanPaint takes colours, numbers and words, and references into the file
// itself; any other function is refused.
func cleanPaint(value string) (string, bool) {
	rest := referForm.ReplaceAllString(value, "none")
	if !paintForm.MatchString(rest) {
		return "", value == ""
	}
	for _, call := range functionForm.FindAllString(rest, -1) {
		if !functions[strings.ToLower(strings.ReplaceAll(call, " ", ""))] {
			return "", false
		}
	}
	return value, true
}

// cleanStyle rebuilds declarations from the properties that are allowed.
func cleanStyle(text string, leave func(string)) string {
	var kept []string
	for declaration := range strings.SplitSeq(uncomment(text), ";") {
		name, value, found := strings.Cut(declaration, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		if !found || name == "" || strings.HasPrefix(name, "-") || strings.HasPrefix(name, "--") {
			continue
		}
		value, ok := cleanPaint(value)
		if !ok {
			leave(name)
			continue
		}
		if properties[name] && value != "" {
			kept = append(kept, name+":"+value)
		}
	}
	return strings.Join(kept, ";")
}

// cleanSheet rebuilds the rules of a style element; at-rules are left out.
func cleanSheet(text string, leave func(string)) string {
	var out strings.Builder
	text = uncomment(text)
	for text != "" {
		selector, rest, found := strings.Cut(text, "{")
		if !found {
			break
		}
		block, after, closed := strings.Cut(rest, "}")
		if !closed {
			break
		}
		text = after
		selector = strings.TrimSpace(selector)
		if at := strings.LastIndex(selector, ";"); at >= 0 { // an at-rule without a block stands before it
			leave(strings.TrimSpace(selector[:min(at, 20)]))
			selector = strings.TrimSpace(selector[at+1:])
		}
		if !selectorForm.MatchString(selector) || strings.Contains(block, "{") {
			leave("style rule")
			continue
		}
		if kept := cleanStyle(block, leave); kept != "" {
			out.WriteString(selector + "{" + kept + "}")
		}
	}
	return out.String()
}

func uncomment(text string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "/*")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if _, text, found = strings.Cut(rest, "*/"); !found {
			return out.String()
		}
		out.WriteByte(' ')
	}
}
