package api

import (
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// distinctNames names the types of the document as huma does, and puts the name
// of its package before that of a type whose name another package has already.
func distinctNames() func(t reflect.Type, hint string) string {
	taken := map[string]reflect.Type{}
	return func(t reflect.Type, hint string) string {
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		name := huma.DefaultSchemaNamer(t, hint)
		if other, there := taken[name]; there && other != t {
			name = capital(path.Base(t.PkgPath())) + name
		}
		taken[name] = t
		return name
	}
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}
