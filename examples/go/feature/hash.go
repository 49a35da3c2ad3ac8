// Package feature makes vectors as `layer sample` makes them: each byte of a word's hash chooses a dimension and a
// sign. The catalogue also weighs words by how rare they are; a query of a few words does without.
package feature

import (
	"hash/fnv"
	"math"
	"regexp"
	"strings"
)

const dimensions = 128

var word = regexp.MustCompile(`[0-9A-Za-z\x{80}-\x{10ffff}]+`)

func lower(letter rune) rune {
	if 'A' <= letter && letter <= 'Z' {
		return letter + 'a' - 'A'
	}
	return letter
}

// Hash is the vector of a text.
func Hash(text string) []float32 {
	var sums [dimensions]float64
	for _, found := range word.FindAllString(text, -1) {
		sum := fnv.New64a()
		sum.Write([]byte(strings.Map(lower, found)))
		value := sum.Sum64()
		mixed := (value ^ value>>32) * 0x9e3779b97f4a7c15
		for range 8 {
			sign := -1.0
			if mixed&0x80 != 0 {
				sign = 1
			}
			sums[mixed&0xff%dimensions] += sign
			mixed >>= 8
		}
	}
	var square float64
	for _, x := range sums {
		square += x * x
	}
	vector := make([]float32, dimensions)
	if square == 0 {
		vector[0] = 1
		return vector
	}
	for i, x := range sums {
		vector[i] = float32(x / math.Sqrt(square))
	}
	return vector
}
