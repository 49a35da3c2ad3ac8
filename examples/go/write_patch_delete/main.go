// The life of a few documents: write, query, patch, delete.
//
//	go run ./write_patch_delete
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/turbopuffer/turbopuffer-go/v2"
	"github.com/turbopuffer/turbopuffer-go/v2/option"
)

type row = turbopuffer.RowParam

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// values of one attribute, row by row.
func values(answer *turbopuffer.NamespaceQueryResponse, attribute string) (list []any) {
	for _, row := range answer.Rows {
		list = append(list, row[attribute])
	}
	return list
}

func main() {
	ctx := context.Background()
	client := turbopuffer.NewClient(
		option.WithAPIKey(os.Getenv("TURBOPUFFER_API_KEY")),
		option.WithBaseURL(cmp.Or(os.Getenv("TURBOPUFFER_BASE_URL"), "http://127.0.0.1:8080")),
	)
	notes := client.Namespace("example-notes-go")
	var failed *turbopuffer.Error
	_, err := notes.DeleteAll(ctx, turbopuffer.NamespaceDeleteAllParams{})
	if err != nil && !(errors.As(err, &failed) && failed.StatusCode == http.StatusNotFound) {
		log.Fatal(err)
	}

	written := must(notes.Write(ctx, turbopuffer.NamespaceWriteParams{
		UpsertRows: []row{
			{"id": 1, "vector": []float32{0.1, 0.9}, "text": "a walrus on the ice", "tags": []string{"sea"}},
			{"id": 2, "vector": []float32{0.8, 0.2}, "text": "a fox in the snow", "tags": []string{"land"}},
			{"id": 3, "vector": []float32{0.7, 0.3}, "text": "an arctic fox asleep", "tags": []string{"land"}},
		},
		Schema: map[string]turbopuffer.AttributeSchemaConfigParam{
			"text": {Type: "string", FullTextSearch: &turbopuffer.FullTextSearchConfigParam{}},
			"tags": {Type: "[]string"},
		},
		DistanceMetric: turbopuffer.DistanceMetricCosineDistance,
	}))
	fmt.Println("written:", written.RowsUpserted)

	found := must(notes.Query(ctx, turbopuffer.NamespaceQueryParams{
		RankBy:            turbopuffer.NewRankByTextBM25("text", "fox"),
		Limit:             turbopuffer.LimitParam{Total: 10},
		IncludeAttributes: turbopuffer.IncludeAttributesParam{StringArray: []string{"text"}},
	}))
	fmt.Printf("about foxes: %q\n", values(found, "text"))

	patched := must(notes.Write(ctx, turbopuffer.NamespaceWriteParams{
		PatchRows: []row{{"id": 2, "tags": []string{"land", "red"}}},
	}))
	fmt.Println("patched:", patched.RowsPatched)

	found = must(notes.Query(ctx, turbopuffer.NamespaceQueryParams{
		RankBy:            turbopuffer.NewRankByAttribute("id", turbopuffer.RankByAttributeOrderAsc),
		Filters:           turbopuffer.NewFilterContains("tags", "red"),
		Limit:             turbopuffer.LimitParam{Total: 10},
		IncludeAttributes: turbopuffer.IncludeAttributesParam{StringArray: []string{"tags"}},
	}))
	fmt.Printf("red ones: %v %q\n", values(found, "id"), values(found, "tags"))

	deleted := must(notes.Write(ctx, turbopuffer.NamespaceWriteParams{Deletes: []any{1, 2}}))
	fmt.Println("deleted:", deleted.RowsDeleted)

	left := must(notes.Query(ctx, turbopuffer.NamespaceQueryParams{
		RankBy: turbopuffer.NewRankByAttribute("id", turbopuffer.RankByAttributeOrderAsc),
		Limit:  turbopuffer.LimitParam{Total: 10},
	}))
	fmt.Println("left:", values(left, "id"))

	schema := must(notes.Schema(ctx, turbopuffer.NamespaceSchemaParams{}))
	fmt.Println("the text attribute is searched with:", (*schema)["text"].FullTextSearch.Tokenizer)

	must(notes.DeleteAll(ctx, turbopuffer.NamespaceDeleteAllParams{}))
	_, err = notes.Schema(ctx, turbopuffer.NamespaceSchemaParams{})
	fmt.Println("gone:", errors.As(err, &failed) && failed.StatusCode == http.StatusNotFound)
}
