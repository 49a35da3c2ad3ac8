// Searches the Debian package catalogue that `layer dev --sample` loads.
//
//	go run ./search_packages "small fast web server"
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/turbopuffer/turbopuffer-go/v2"
	"github.com/turbopuffer/turbopuffer-go/v2/option"

	"layer/examples/feature"
)

var shown = turbopuffer.IncludeAttributesParam{
	StringArray: []string{"section", "installed_size", "description"},
}

func show(title string, rows []turbopuffer.Row) {
	fmt.Printf("\n%s\n", title)
	for _, row := range rows {
		summary, _, _ := strings.Cut(row["description"].(string), "\n")
		fmt.Printf("  %-30s %-12s %s\n", row["id"], row["section"], summary)
	}
}

func limit(total int64) turbopuffer.LimitParam { return turbopuffer.LimitParam{Total: total} }

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}

// floats is a vector as the answer of a query has it.
func floats(value any) (vector []float32) {
	for _, component := range value.([]any) {
		vector = append(vector, float32(component.(float64)))
	}
	return vector
}

func main() {
	ctx := context.Background()
	words := cmp.Or(strings.Join(os.Args[1:], " "), "small fast web server")
	client := turbopuffer.NewClient(
		option.WithAPIKey(os.Getenv("TURBOPUFFER_API_KEY")),
		option.WithBaseURL(cmp.Or(os.Getenv("TURBOPUFFER_BASE_URL"), "http://127.0.0.1:8080")),
	)
	packages := client.Namespace("debian-packages")
	query := func(params turbopuffer.NamespaceQueryParams) []turbopuffer.Row {
		return must(packages.Query(ctx, params)).Rows
	}
	byText := turbopuffer.NewRankByTextBM25("description", words)
	byVector := turbopuffer.NewRankByAnn("vector", feature.Hash(words))

	show(fmt.Sprintf("By text: %q", words), query(turbopuffer.NamespaceQueryParams{
		RankBy: byText, Limit: limit(5), IncludeAttributes: shown,
	}))

	show("By vector, from the same words", query(turbopuffer.NamespaceQueryParams{
		RankBy: byVector, Limit: limit(5), IncludeAttributes: shown,
	}))

	first := query(turbopuffer.NamespaceQueryParams{
		RankBy: byText, Limit: limit(1),
		IncludeAttributes: turbopuffer.IncludeAttributesParam{StringArray: []string{"vector"}},
	})[0]
	show(fmt.Sprintf("More like %s", first["id"]), query(turbopuffer.NamespaceQueryParams{
		RankBy:  turbopuffer.NewRankByAnn("vector", floats(first["vector"])),
		Filters: turbopuffer.NewFilterNotEq("id", first["id"]),
		Limit:   limit(5), IncludeAttributes: shown,
	}))

	show("The largest web servers, by filter", query(turbopuffer.NamespaceQueryParams{
		RankBy: turbopuffer.NewRankByAttribute("installed_size", turbopuffer.RankByAttributeOrderDesc),
		Filters: turbopuffer.NewFilterAnd([]turbopuffer.Filter{
			turbopuffer.NewFilterIn("section", []string{"web", "httpd"}),
			turbopuffer.NewFilterContainsAllTokens("description", "server"),
		}),
		Limit: limit(5), IncludeAttributes: shown,
	}))

	// The weights of the lists came after this version of the SDK, so they go into the request as they are.
	fused := must(packages.MultiQuery(ctx, turbopuffer.NamespaceMultiQueryParams{
		Queries: []turbopuffer.NamespaceMultiQueryParamsQuery{
			{RankBy: byText, Limit: limit(20), IncludeAttributes: shown},
			{RankBy: byVector, Limit: limit(20), IncludeAttributes: shown},
		},
	}, option.WithJSONSet("rerank_by", []any{"RRF", map[string]any{"weights": []int{2, 1}}}),
		option.WithJSONSet("limit", 5)))
	show("Hybrid: text and vector, fused by reciprocal rank", fused.Results[0].Rows)
}
