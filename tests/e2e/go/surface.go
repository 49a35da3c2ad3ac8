package main

import (
	"reflect"
	"strings"

	"github.com/turbopuffer/turbopuffer-go/v2"
)

// Surface is what the SDK offers a caller: the parameters of each method, and the fields of the types in them.
type Surface struct {
	Methods map[string][]string `json:"methods"`
	Nested  []string            `json:"nested"`
}

func surface() Surface {
	found := Surface{Methods: map[string][]string{}}
	nested := map[string]bool{}
	for _, owner := range []any{&turbopuffer.Namespace{}, &turbopuffer.Client{}} {
		kind := reflect.TypeOf(owner)
		for i := range kind.NumMethod() {
			method := kind.Method(i)
			if method.Type.NumIn() < 3 || method.Type.In(2).Kind() != reflect.Struct {
				continue // what asks the service for nothing, or for any path
			}
			found.Methods[method.Name] = parameters(method.Type.In(2), nested)
		}
	}
	for name := range nested {
		found.Nested = append(found.Nested, name)
	}
	return found
}

// parameters lists the names on the wire of a method's parameters, and adds those below them to nested.
func parameters(params reflect.Type, nested map[string]bool) []string {
	names := []string{}
	for i := range params.NumField() {
		field := params.Field(i)
		switch name := wireName(field); {
		case name != "":
			names = append(names, name)
			collect(field.Type, nested)
		case field.Name == "Schema": // the body itself
			names = append(names, "schema")
			collect(field.Type, nested)
		case strings.HasSuffix(field.Name, "Patch"): // the body itself, too
			names = append(names, parameters(field.Type, nested)...)
		}
	}
	return names
}

func wireName(field reflect.StructField) string {
	tag := field.Tag.Get("query")
	if tag == "" {
		tag = field.Tag.Get("json")
	}
	return strings.TrimPrefix(strings.Split(tag, ",")[0], "-")
}

func collect(kind reflect.Type, nested map[string]bool) {
	switch kind.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		collect(kind.Elem(), nested)
	case reflect.Struct:
		for i := range kind.NumField() {
			field := kind.Field(i)
			if name := wireName(field); name != "" {
				nested[name] = true
			}
			if field.Tag.Get("json") != "" {
				collect(field.Type, nested)
			}
		}
	}
}
