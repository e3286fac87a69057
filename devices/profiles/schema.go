package profiles

import (
	"bytes"
	_ "embed" // for the schema
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
)

//go:embed schema.json
var schemaFile []byte

// Schema returns the JSON Schema (draft 2020-12) of a profile.
func Schema() []byte { return bytes.Clone(schemaFile) }

var compiledSchema = sync.OnceValue(func() *jsonschema.Schema {
	const name = "profile.json"
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaFile))
	if err == nil {
		c := jsonschema.NewCompiler()
		if err = c.AddResource(name, document); err == nil {
			var s *jsonschema.Schema
			if s, err = c.Compile(name); err == nil {
				return s
			}
		}
	}
	panic("profiles: schema.json: " + err.Error()) // embedded: a test would have seen it
})

// checkSchema holds the tree against the schema; every fault has its line.
func checkSchema(file string, root *node) Errors {
	err := compiledSchema().Validate(root.plain())
	if err == nil {
		return nil
	}
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return Errors{{File: file, Reason: clip(err.Error())}}
	}
	var faults Errors
	collect(file, root, invalid, &faults)
	return faults
}

// collect walks to the leaves of a validation error: they say what is wrong,
// the branches only that something is.
func collect(file string, root *node, e *jsonschema.ValidationError, out *Errors) {
	for _, cause := range e.Causes {
		collect(file, root, cause, out)
	}
	if len(e.Causes) > 0 || len(*out) >= maxFaults {
		return
	}
	at := root.find(e.InstanceLocation)
	place := strings.Join(e.InstanceLocation, ".")
	if place != "" {
		place += ": "
	}
	if extra, ok := e.ErrorKind.(*kind.AdditionalProperties); ok {
		for _, key := range extra.Properties {
			line := at.line
			if n := at.get(key); n != nil {
				line = n.line
			}
			*out = append(*out, Fault{File: file, Line: line, Reason: fmt.Sprintf("%sunknown key %q", clip(place), clip(key))})
		}
		return
	}
	reason := e.BasicOutput().Error.String()
	*out = append(*out, Fault{File: file, Line: at.line, Reason: clip(place) + strings.ReplaceAll(reason, "\n", " ")})
}
