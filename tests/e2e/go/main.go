// Drives the official Go SDK through the table of scenarios: `driver URL KEY FRESH`, the table on standard input,
// the report on standard output. `driver surface` tells what the SDK offers instead.
//
// Every parameter goes through the SDK's own types (fill.go, expressions.go). One that they cannot express is sent
// with option.WithJSONSet, and reported under "untyped".
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/turbopuffer/turbopuffer-go/v2"
	"github.com/turbopuffer/turbopuffer-go/v2/option"
)

type Options struct {
	APIKey      *string           `json:"api_key"`
	Headers     map[string]string `json:"headers"`
	Query       map[string]string `json:"query"`
	MaxRetries  *int              `json:"max_retries"`
	Timeout     float64           `json:"timeout"` // seconds
	Compression *bool             `json:"compression"`
}

type Step struct {
	Method  string         `json:"method"`
	On      string         `json:"on"`
	Args    map[string]any `json:"args"`
	Client  Options        `json:"client"`
	Options Options        `json:"options"`
	Headers []string       `json:"headers"`
}

type Scenario struct {
	Steps  []Step  `json:"steps"`
	Client Options `json:"client"`
}

type Seen struct {
	Answer  any            `json:"answer,omitempty"`
	Headers map[string]any `json:"headers,omitempty"`
	Error   *Failure       `json:"error,omitempty"`
	Untyped []string       `json:"untyped,omitempty"`
}

type Failure struct {
	Status  *int   `json:"status"`
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Body    any    `json:"body"`
}

type Driver struct {
	url, key string
	client   turbopuffer.Client
}

func (o Options) list() (list []option.RequestOption) {
	if o.APIKey != nil {
		list = append(list, option.WithAPIKey(*o.APIKey))
	}
	for name, value := range o.Headers {
		list = append(list, option.WithHeader(name, value))
	}
	for name, value := range o.Query {
		list = append(list, option.WithQuery(name, value))
	}
	if o.MaxRetries != nil {
		list = append(list, option.WithMaxRetries(*o.MaxRetries))
	}
	if o.Timeout != 0 {
		list = append(list, option.WithRequestTimeout(time.Duration(o.Timeout*float64(time.Second))))
	}
	if o.Compression != nil {
		list = append(list, option.WithCompression(*o.Compression))
	}
	return list
}

// filled returns a parameter with the scenario's name and what earlier steps answered in it.
func filled(value any, name string, answers []Seen) any {
	switch value := value.(type) {
	case string:
		return strings.ReplaceAll(value, "{namespace}", name)
	case []any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = filled(item, name, answers)
		}
		return list
	case map[string]any:
		if path, ok := value["$answer"].(string); ok {
			return lookUp(path, answers)
		}
		object := map[string]any{}
		for key, item := range value {
			object[key] = filled(item, name, answers)
		}
		return object
	}
	return value
}

func lookUp(path string, answers []Seen) any {
	parts := strings.Split(path, ".")
	step, _ := strconv.Atoi(parts[0])
	found := answers[step].Answer
	for _, part := range parts[1:] {
		if list, ok := found.([]any); ok {
			at, _ := strconv.Atoi(part)
			found = list[at]
		} else {
			found = found.(map[string]any)[part]
		}
	}
	return found
}

func camel(method string) string {
	words := strings.Split(method, "_")
	for i, word := range words {
		words[i] = strings.ToUpper(word[:1]) + word[1:]
	}
	return strings.Join(words, "")
}

// setRaw puts a parameter into the body as it is. The body of UpdateSchema is the schema itself.
func setRaw(method, key string, value any) (options []option.RequestOption) {
	if method != "UpdateSchema" {
		return []option.RequestOption{option.WithJSONSet(key, value)}
	}
	for attribute, definition := range value.(map[string]any) {
		options = append(options, option.WithJSONSet(attribute, definition))
	}
	return options
}

// send calls the method on its owner, a *Client or a *Namespace, with parameters of the type that it takes.
func send(owner any, name string, args map[string]any, options []option.RequestOption) (any, []string, error) {
	method := reflect.ValueOf(owner).MethodByName(name)
	if !method.IsValid() {
		return nil, nil, fmt.Errorf("the SDK has no method %s", name)
	}
	params := reflect.New(method.Type().In(1)).Elem()
	var untyped []string
	for key, value := range args {
		if err := fillField(params, key, value); err != nil {
			untyped = append(untyped, key)
			options = append(options, setRaw(name, key, value)...)
		}
	}
	results := method.CallSlice([]reflect.Value{
		reflect.ValueOf(context.Background()), params, reflect.ValueOf(options),
	})
	err, _ := results[1].Interface().(error)
	return results[0].Interface(), untyped, err
}

func (d *Driver) call(scenario Options, step Step, name string, args map[string]any) (seen Seen, err error) {
	var response *http.Response
	// A client of its own for what is set per client, so that the later option wins as it does for a caller.
	client := turbopuffer.NewClient(append(append([]option.RequestOption{
		option.WithBaseURL(d.url), option.WithAPIKey(d.key), option.WithMaxRetries(0),
	}, scenario.list()...), step.Client.list()...)...)
	options := append(step.Options.list(), option.WithResponseInto(&response))
	namespace := client.Namespace(name + step.On)
	var answer any
	switch step.Method {
	case "all_namespaces":
		seen.Answer, err = d.allNamespaces(&client, args)
		return seen, err
	case "namespaces":
		answer, seen.Untyped, err = send(&client, "Namespaces", args, options)
	case "exists": // the SDK has no such method; this is what the others' does
		_, err = namespace.Schema(context.Background(), turbopuffer.NamespaceSchemaParams{}, options...)
		var failed *turbopuffer.Error
		if errors.As(err, &failed) && failed.StatusCode == http.StatusNotFound {
			return Seen{Answer: false}, nil
		}
		return Seen{Answer: true}, err
	default:
		answer, seen.Untyped, err = send(&namespace, camel(step.Method), args, options)
	}
	if err != nil {
		return seen, err
	}
	seen.Answer = plain(reflect.ValueOf(answer))
	seen.Headers = map[string]any{}
	for _, header := range step.Headers {
		seen.Headers[header] = nil
		if value := response.Header.Get(header); value != "" {
			seen.Headers[header] = value
		}
	}
	return seen, nil
}

func (d *Driver) allNamespaces(client *turbopuffer.Client, args map[string]any) (any, error) {
	var params turbopuffer.NamespacesParams
	for key, value := range args {
		if err := fillField(reflect.ValueOf(&params).Elem(), key, value); err != nil {
			return nil, err
		}
	}
	names := []any{}
	pages := client.NamespacesAutoPaging(context.Background(), params)
	for pages.Next() {
		names = append(names, pages.Current().ID)
	}
	return names, pages.Err()
}

func failure(err error) *Failure {
	failed := &Failure{Kind: fmt.Sprintf("%T", err), Message: err.Error()}
	var answered *turbopuffer.Error
	var network net.Error
	switch {
	case errors.As(err, &answered):
		failed.Status = &answered.StatusCode
		_, body, _ := strings.Cut(string(answered.DumpResponse(true)), "\r\n\r\n")
		if json.Unmarshal([]byte(body), &failed.Body) != nil {
			failed.Body = body
		}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		failed.Kind = "timeout"
	}
	return failed
}

func (d *Driver) play(name string, scenario Scenario) (seen []Seen) {
	for _, step := range scenario.Steps {
		args, _ := filled(step.Args, name, seen).(map[string]any)
		one, err := d.call(scenario.Client, step, name, numbers(args).(map[string]any))
		if err != nil {
			one.Error = failure(err)
		}
		seen = append(seen, one)
	}
	return seen
}

// fresh deletes what an earlier run left.
func (d *Driver) fresh() error {
	client := turbopuffer.NewClient(option.WithBaseURL(d.url), option.WithAPIKey(d.key))
	names, err := d.allNamespaces(&client, map[string]any{"prefix": "sdk_"})
	if err != nil {
		return err
	}
	for _, name := range names.([]any) {
		namespace := client.Namespace(name.(string))
		if _, err := namespace.DeleteAll(context.Background(), turbopuffer.NamespaceDeleteAllParams{}); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	log.SetFlags(0)
	if os.Args[1] == "surface" {
		if err := json.NewEncoder(os.Stdout).Encode(surface()); err != nil {
			log.Fatal(err)
		}
		return
	}
	driver := Driver{url: os.Args[1], key: os.Args[2]}
	if os.Args[3] == "fresh" {
		if err := driver.fresh(); err != nil {
			log.Fatal(err)
		}
	}
	decoder := json.NewDecoder(os.Stdin)
	decoder.UseNumber()
	var scenarios map[string]Scenario
	if err := decoder.Decode(&scenarios); err != nil {
		log.Fatal(err)
	}
	report := map[string][]Seen{}
	for name, scenario := range scenarios {
		report[name] = driver.play("sdk_"+name, scenario)
	}
	if err := json.NewEncoder(os.Stdout).Encode(report); err != nil {
		log.Fatal(err)
	}
}
