package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// document renders the OpenAPI document.
func (s *Server) document() ([]byte, error) {
	plain, err := json.Marshal(s.api.OpenAPI())
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := json.Indent(&b, plain, "", "  "); err != nil {
		return nil, err
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// nullableReferences marks fields that are a pointer to a struct as "it or
// null", which huma does for scalars only.
func nullableReferences(schemas huma.Registry) {
	for name, schema := range schemas.Map() {
		t := schemas.TypeFromRef("#/components/schemas/" + name)
		if t == nil || schema.Properties == nil {
			continue
		}
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			continue
		}
		markNullable(schema, t)
	}
}

func markNullable(schema *huma.Schema, t reflect.Type) {
	for i := range t.NumField() {
		field := t.Field(i)
		key, rest, _ := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous && key == "" && field.Type.Kind() == reflect.Struct {
			markNullable(schema, field.Type)
			continue
		}
		property := schema.Properties[key]
		if property == nil || property.Ref == "" || field.Type.Kind() != reflect.Pointer || strings.Contains(rest, "omit") {
			continue
		}
		schema.Properties[key] = &huma.Schema{AnyOf: []*huma.Schema{{Ref: property.Ref}, {Type: "null"}}}
	}
}
