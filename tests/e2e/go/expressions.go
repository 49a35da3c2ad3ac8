package main

import (
	"reflect"

	tpuf "github.com/turbopuffer/turbopuffer-go/v2"
)

// The constructors of the SDK by the word that stands for them on the wire.

var comparisons = map[string]func(attribute string, operand any) tpuf.Filter{
	"Eq":          func(a string, v any) tpuf.Filter { return tpuf.NewFilterEq(a, v) },
	"NotEq":       func(a string, v any) tpuf.Filter { return tpuf.NewFilterNotEq(a, v) },
	"Contains":    func(a string, v any) tpuf.Filter { return tpuf.NewFilterContains(a, v) },
	"NotContains": func(a string, v any) tpuf.Filter { return tpuf.NewFilterNotContains(a, v) },
	"Lt":          func(a string, v any) tpuf.Filter { return tpuf.NewFilterLt(a, v) },
	"Lte":         func(a string, v any) tpuf.Filter { return tpuf.NewFilterLte(a, v) },
	"Gt":          func(a string, v any) tpuf.Filter { return tpuf.NewFilterGt(a, v) },
	"Gte":         func(a string, v any) tpuf.Filter { return tpuf.NewFilterGte(a, v) },
	"AnyLt":       func(a string, v any) tpuf.Filter { return tpuf.NewFilterAnyLt(a, v) },
	"AnyLte":      func(a string, v any) tpuf.Filter { return tpuf.NewFilterAnyLte(a, v) },
	"AnyGt":       func(a string, v any) tpuf.Filter { return tpuf.NewFilterAnyGt(a, v) },
	"AnyGte":      func(a string, v any) tpuf.Filter { return tpuf.NewFilterAnyGte(a, v) },
}

var listFilters = map[string]func(attribute string, operands []any) tpuf.Filter{
	"In":             func(a string, v []any) tpuf.Filter { return tpuf.NewFilterIn(a, v) },
	"NotIn":          func(a string, v []any) tpuf.Filter { return tpuf.NewFilterNotIn(a, v) },
	"ContainsAny":    func(a string, v []any) tpuf.Filter { return tpuf.NewFilterContainsAny(a, v) },
	"NotContainsAny": func(a string, v []any) tpuf.Filter { return tpuf.NewFilterNotContainsAny(a, v) },
}

var patternFilters = map[string]func(attribute, pattern string) tpuf.Filter{
	"Glob":                  func(a, v string) tpuf.Filter { return tpuf.NewFilterGlob(a, v) },
	"NotGlob":               func(a, v string) tpuf.Filter { return tpuf.NewFilterNotGlob(a, v) },
	"IGlob":                 func(a, v string) tpuf.Filter { return tpuf.NewFilterIGlob(a, v) },
	"NotIGlob":              func(a, v string) tpuf.Filter { return tpuf.NewFilterNotIGlob(a, v) },
	"Regex":                 func(a, v string) tpuf.Filter { return tpuf.NewFilterRegex(a, v) },
	"ContainsAllTokens":     func(a, v string) tpuf.Filter { return tpuf.NewFilterContainsAllTokens(a, v) },
	"ContainsAnyToken":      func(a, v string) tpuf.Filter { return tpuf.NewFilterContainsAnyToken(a, v) },
	"ContainsTokenSequence": func(a, v string) tpuf.Filter { return tpuf.NewFilterContainsTokenSequence(a, v) },
}

var tokenListFilters = map[string]func(attribute string, tokens []string) tpuf.Filter{
	"ContainsAllTokens":     func(a string, v []string) tpuf.Filter { return tpuf.NewFilterContainsAllTokensArray(a, v) },
	"ContainsAnyToken":      func(a string, v []string) tpuf.Filter { return tpuf.NewFilterContainsAnyTokenArray(a, v) },
	"ContainsTokenSequence": func(a string, v []string) tpuf.Filter { return tpuf.NewFilterContainsTokenSequenceArray(a, v) },
}

// as fills one of the SDK's params structs from an object.
func as[T any](value any) (typed T, err error) {
	err = fill(reflect.ValueOf(&typed).Elem(), value)
	return typed, err
}

// word is the string that stands at that place of an expression.
func word(list []any, at int) string {
	if at >= len(list) {
		return ""
	}
	text, _ := list[at].(string)
	return text
}

func each[T any](value any, one func(any) (T, error)) ([]T, error) {
	list, ok := value.([]any)
	typed := make([]T, len(list))
	for i, item := range list {
		var err error
		if typed[i], err = one(item); err != nil {
			return nil, err
		}
	}
	return typed, orUntyped(ok)
}

func filter(value any) (tpuf.Filter, error) {
	list, _ := value.([]any)
	switch {
	case len(list) == 2 && word(list, 0) == "Not":
		inner, err := filter(list[1])
		return tpuf.NewFilterNot(inner), err
	case len(list) == 2 && word(list, 0) == "And":
		inner, err := each(list[1], filter)
		return tpuf.NewFilterAnd(inner), err
	case len(list) == 2 && word(list, 0) == "Or":
		inner, err := each(list[1], filter)
		return tpuf.NewFilterOr(inner), err
	case len(list) == 3:
		return simpleFilter(word(list, 0), word(list, 1), list[2])
	case len(list) == 4:
		return filterWithParams(word(list, 0), word(list, 1), list[2], list[3])
	}
	return nil, errUntyped
}

func simpleFilter(attribute, operator string, operand any) (tpuf.Filter, error) {
	if build := comparisons[operator]; build != nil {
		if reference, ok := operand.(map[string]any); ok {
			name, isText := reference["$ref_new"].(string)
			return build(attribute, tpuf.NewExprRefNew(name)), orUntyped(isText)
		}
		return build(attribute, operand), nil
	}
	if build := listFilters[operator]; build != nil {
		if operands, ok := operand.([]any); ok {
			return build(attribute, operands), nil
		}
		return nil, errUntyped
	}
	if pattern, ok := operand.(string); ok && patternFilters[operator] != nil {
		return patternFilters[operator](attribute, pattern), nil
	}
	if build := tokenListFilters[operator]; build != nil {
		tokens, err := as[[]string](operand)
		return build(attribute, tokens), err
	}
	return nil, errUntyped
}

func filterWithParams(attribute, operator string, operand, params any) (tpuf.Filter, error) {
	text, isText := operand.(string)
	switch operator {
	case "Fuzzy":
		typed, err := as[tpuf.FuzzyParams](params)
		return tpuf.NewFilterFuzzy(attribute, text, typed), err
	case "ContainsAllTokens":
		typed, err := as[tpuf.ContainsAllTokensFilterParams](params)
		if isText || err != nil {
			return tpuf.NewFilterContainsAllTokensWithParams(attribute, text, typed), err
		}
		tokens, err := as[[]string](operand)
		return tpuf.NewFilterContainsAllTokensArrayWithParams(attribute, tokens, typed), err
	case "ContainsAnyToken":
		typed, err := as[tpuf.ContainsAnyTokenFilterParams](params)
		if isText || err != nil {
			return tpuf.NewFilterContainsAnyTokenWithParams(attribute, text, typed), err
		}
		tokens, err := as[[]string](operand)
		return tpuf.NewFilterContainsAnyTokenArrayWithParams(attribute, tokens, typed), err
	}
	return nil, errUntyped
}

func rankBy(value any) (tpuf.RankBy, error) {
	list, _ := value.([]any)
	if len(list) == 3 {
		switch word(list, 1) {
		case "ANN":
			return rankByVector(word(list, 0), list[2], false)
		case "kNN":
			return rankByVector(word(list, 0), list[2], true)
		case "SparseKNN":
			weights, err := as[map[string]float64](list[2])
			return tpuf.NewRankBySparseKnn(word(list, 0), weights), err
		}
	}
	if order, err := rankByAttribute(value); err == nil {
		return order, nil
	}
	if orders, err := each(value, rankByAttribute); err == nil && len(orders) > 0 {
		return tpuf.RankByAttributes(orders), nil
	}
	text, err := rankByText(value)
	if err != nil {
		return nil, err
	}
	return text.(tpuf.RankBy), nil
}

func rankByVector(attribute string, operand any, exact bool) (tpuf.RankBy, error) {
	if list, ok := operand.([]any); ok && word(list, 0) == "Embed" {
		expression, err := embed(list)
		if exact {
			return tpuf.NewRankByKnnExpr(attribute, expression), err
		}
		return tpuf.NewRankByAnnExpr(attribute, expression), err
	}
	components, err := vector(operand)
	if exact {
		return tpuf.NewRankByKnn(attribute, components), err
	}
	return tpuf.NewRankByAnn(attribute, components), err
}

func embed(list []any) (tpuf.Expr, error) {
	if len(list) == 2 {
		return tpuf.NewExprEmbed(word(list, 1)), nil
	}
	params, err := as[tpuf.EmbedParams](list[2])
	return tpuf.NewExprEmbedWithParams(word(list, 1), params), err
}

func rankByAttribute(value any) (order tpuf.RankByAttribute, err error) {
	list, _ := value.([]any)
	if direction := word(list, 1); len(list) == 2 && (direction == "asc" || direction == "desc") {
		return tpuf.NewRankByAttribute(word(list, 0), tpuf.RankByAttributeOrder(direction)), nil
	}
	return order, errUntyped
}

func rankByText(value any) (tpuf.RankByText, error) {
	list, _ := value.([]any)
	if word(list, 1) == "BM25" {
		return bm25(list)
	}
	switch {
	case len(list) == 2 && word(list, 0) == "Sum":
		inner, err := each(list[1], rankByText)
		return tpuf.NewRankByTextSum(inner), err
	case len(list) == 2 && word(list, 0) == "Max":
		inner, err := each(list[1], rankByText)
		return tpuf.NewRankByTextMax(inner), err
	case len(list) == 2 && word(list, 0) == "Attribute":
		return tpuf.NewRankByTextAttribute(word(list, 1)), nil
	case len(list) == 3 && word(list, 0) == "Product":
		return product(list)
	case len(list) == 3 && word(list, 0) == "Dist":
		inner, err := rankByText(list[1])
		return tpuf.NewRankByTextDist(inner, list[2]), err
	case len(list) == 3 && word(list, 0) == "Saturate":
		inner, err := rankByText(list[1])
		if err != nil {
			return nil, err
		}
		params, err := as[tpuf.SaturateParams](list[2])
		return tpuf.NewRankByTextSaturate(inner, params), err
	case len(list) == 3 && word(list, 0) == "Decay":
		inner, err := rankByText(list[1])
		if err != nil {
			return nil, err
		}
		params, err := as[tpuf.DecayParams](list[2])
		return tpuf.NewRankByTextDecay(inner, params), err
	}
	condition, err := filter(value)
	if err != nil {
		return nil, err
	}
	return condition.(tpuf.RankByText), nil
}

// product has its weight first in Go; the other order means the same.
func product(list []any) (tpuf.RankByText, error) {
	weight, ok := number(list[1])
	subquery := list[2]
	if !ok {
		weight, ok = number(list[2])
		subquery = list[1]
	}
	inner, err := rankByText(subquery)
	if !ok {
		return nil, errUntyped
	}
	return tpuf.NewRankByTextProduct(weight, inner), err
}

func bm25(list []any) (tpuf.RankByText, error) {
	attribute, text := word(list, 0), word(list, 2)
	_, isText := list[2].(string)
	var tokens []string
	var err error
	if !isText {
		if tokens, err = as[[]string](list[2]); err != nil {
			return nil, err
		}
	}
	if len(list) == 3 {
		if isText {
			return tpuf.NewRankByTextBM25(attribute, text), nil
		}
		return tpuf.NewRankByTextBM25Array(attribute, tokens), nil
	}
	params, err := as[tpuf.Bm25ClauseParams](list[3])
	if isText {
		return tpuf.NewRankByTextBM25WithParams(attribute, text, params), err
	}
	return tpuf.NewRankByTextBM25ArrayWithParams(attribute, tokens, params), err
}

func aggregateBy(value any) (tpuf.AggregateBy, error) {
	list, _ := value.([]any)
	switch {
	case len(list) == 1 && word(list, 0) == "Count":
		return tpuf.NewAggregateByCount(), nil
	case len(list) == 2 && word(list, 0) == "Sum":
		return tpuf.NewAggregateBySum(word(list, 1)), nil
	}
	return nil, errUntyped
}

func groupBy(value any) (tpuf.GroupBy, error) {
	if name, ok := value.(string); ok {
		return tpuf.NewGroupByAttr(name), nil
	}
	object, _ := value.(map[string]any)
	for label, function := range object {
		list, _ := function.([]any)
		if len(object) == 1 && len(list) == 2 && word(list, 0) == "ForEachUnique" {
			return tpuf.NewGroupByExpr(label, tpuf.NewGroupByFunctionForEachUnique(word(list, 1))), nil
		}
	}
	return nil, errUntyped
}

func rerankBy(value any) (tpuf.RerankBy, error) {
	list, _ := value.([]any)
	switch {
	case len(list) == 1 && word(list, 0) == "RRF":
		return tpuf.NewRerankByRrf(), nil
	case len(list) == 2 && word(list, 0) == "RRF":
		params, err := as[tpuf.RrfParams](list[1])
		return tpuf.NewRerankByRrfWithParams(params), err
	}
	return nil, errUntyped
}

// typedExpression makes what the SDK takes as `any`, such as the ranking of one of several queries, from its
// constructors where they have it.
func typedExpression(value any) any {
	if _, ok := value.([]any); !ok {
		return value
	}
	if ranking, err := rankBy(value); err == nil {
		return ranking
	}
	if aggregate, err := aggregateBy(value); err == nil {
		return aggregate
	}
	return value
}
