package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/turbopuffer/turbopuffer-go/v2"
	"github.com/turbopuffer/turbopuffer-go/v2/packages/param"
)

var errUntyped = errors.New("the SDK's types cannot express this")

// numbers turns the numbers of a decoded JSON value into the Go types that a caller would use.
func numbers(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(value.String(), 10, 64); err == nil {
			return whole
		}
		if big, err := strconv.ParseUint(value.String(), 10, 64); err == nil {
			return big
		}
		fraction, _ := value.Float64()
		return fraction
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = numbers(item)
		}
		return list
	case map[string]any:
		object := map[string]any{}
		for key, item := range value {
			object[key] = numbers(item)
		}
		return object
	}
	return value
}

func number(value any) (float64, bool) {
	switch value := value.(type) {
	case int64:
		return float64(value), true
	case uint64:
		return float64(value), true
	case float64:
		return value, true
	}
	return 0, false
}

func vector(value any) ([]float32, error) {
	list, ok := value.([]any)
	components := make([]float32, len(list))
	for i, item := range list {
		component, isNumber := number(item)
		ok = ok && isNumber
		components[i] = float32(component)
	}
	if !ok {
		return nil, errUntyped
	}
	return components, nil
}

// fillField sets the field of a params struct that has this name on the wire.
func fillField(params reflect.Value, name string, value any) error {
	kind := params.Type()
	for i := range kind.NumField() {
		field := kind.Field(i)
		tag := field.Tag.Get("json")
		if query := field.Tag.Get("query"); query != "" {
			tag = query
		}
		switch {
		case tag == "" && field.Name == camel(name): // a body that is not wrapped in an object
			return fill(params.Field(i), value)
		case tag == "" && field.Name == "NamespaceMetadataPatch":
			return fillField(params.Field(i), name, value)
		case strings.Split(tag, ",")[0] == name:
			return fill(params.Field(i), value)
		}
	}
	return errUntyped
}

// fill sets a value of one of the SDK's types.
func fill(target reflect.Value, value any) error {
	var err error
	switch into := target.Addr().Interface().(type) {
	case *turbopuffer.Filter:
		*into, err = filter(value)
		return err
	case *turbopuffer.RankBy:
		*into, err = rankBy(value)
		return err
	case *turbopuffer.AggregateBy:
		*into, err = aggregateBy(value)
		return err
	case *turbopuffer.GroupBy:
		*into, err = groupBy(value)
		return err
	case *turbopuffer.RerankBy:
		*into, err = rerankBy(value)
		return err
	case *param.Opt[string]:
		return fillOpt(into, value)
	case *param.Opt[bool]:
		return fillOpt(into, value)
	case *param.Opt[int64]:
		return fillOpt(into, value)
	case *param.Opt[float64]:
		float, ok := number(value)
		*into = param.NewOpt(float)
		return orUntyped(ok)
	case *turbopuffer.IncludeAttributesParam:
		if all, ok := value.(bool); ok {
			into.Bool = turbopuffer.Bool(all)
			return nil
		}
		return fill(reflect.ValueOf(&into.StringArray).Elem(), value)
	case *turbopuffer.LimitParam:
		if total, ok := value.(int64); ok {
			into.Total = total
			return nil
		}
	case *turbopuffer.AttributeSchemaConfigParam:
		if kind, ok := value.(string); ok {
			into.Type = kind
			return nil
		}
	case *turbopuffer.EncryptionParam:
		return fillEncryption(into, value)
	case *turbopuffer.RowParam:
		return fillRow(into, value)
	}
	return fillByKind(target, value)
}

func orUntyped(ok bool) error {
	if !ok {
		return errUntyped
	}
	return nil
}

func fillOpt[T comparable](into *param.Opt[T], value any) error {
	typed, ok := value.(T)
	*into = param.NewOpt(typed)
	return orUntyped(ok)
}

func fillEncryption(into *turbopuffer.EncryptionParam, value any) error {
	object, _ := value.(map[string]any)
	switch object["mode"] {
	case "default":
		mode := turbopuffer.NewEncryptionDefaultParam()
		into.Default = &mode
		return nil
	case "customer-managed":
		name, ok := object["key_name"].(string)
		into.CustomerManaged = &turbopuffer.EncryptionCustomerManagedParam{KeyName: name}
		return orUntyped(ok && len(object) == 2)
	}
	return errUntyped
}

func fillRow(into *turbopuffer.RowParam, value any) error {
	object, ok := value.(map[string]any)
	*into = turbopuffer.RowParam{}
	for key, item := range object {
		(*into)[key] = item
		if floats, err := vector(item); key == "vector" && err == nil {
			(*into)[key] = floats
		}
	}
	return orUntyped(ok)
}

// fillByKind goes into structs, maps, lists and pointers.
func fillByKind(target reflect.Value, value any) error {
	switch target.Kind() {
	case reflect.Pointer:
		target.Set(reflect.New(target.Type().Elem()))
		if value == true {
			return nil // an option switched on with its defaults
		}
		return fill(target.Elem(), value)
	case reflect.Struct:
		object, ok := value.(map[string]any)
		for key, item := range object {
			if err := fillField(target, key, item); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
		return orUntyped(ok)
	case reflect.Map:
		object, ok := value.(map[string]any)
		target.Set(reflect.MakeMap(target.Type()))
		for key, item := range object {
			element := reflect.New(target.Type().Elem()).Elem()
			if err := fill(element, item); err != nil {
				return err
			}
			target.SetMapIndex(reflect.ValueOf(key), element)
		}
		return orUntyped(ok)
	case reflect.Slice:
		list, ok := value.([]any)
		target.Set(reflect.MakeSlice(target.Type(), len(list), len(list)))
		for i, item := range list {
			if err := fill(target.Index(i), item); err != nil {
				return err
			}
		}
		return orUntyped(ok)
	case reflect.Interface: // any
		if value != nil {
			target.Set(reflect.ValueOf(typedExpression(value)))
		}
		return nil
	}
	found := reflect.ValueOf(value)
	if !found.IsValid() || found.Kind() != target.Kind() {
		return errUntyped
	}
	target.Set(found.Convert(target.Type()))
	return nil
}

// plain is an answer as the service gave it.
func plain(answer reflect.Value) any {
	if raw, ok := answer.Interface().(interface{ RawJSON() string }); ok {
		var value any
		decoder := json.NewDecoder(strings.NewReader(raw.RawJSON()))
		decoder.UseNumber()
		if decoder.Decode(&value) != nil {
			return nil
		}
		return value
	}
	if answer.Kind() == reflect.Pointer {
		return plain(answer.Elem())
	}
	object := map[string]any{}
	for _, key := range answer.MapKeys() {
		object[key.String()] = plain(answer.MapIndex(key))
	}
	return object
}
