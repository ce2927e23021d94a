package main

import (
	"math/rand"
	"strings"
)

const (
	productCount = 9000
	// initialStock does not run out under any load of the demo.
	initialStock = 1_000_000_000
	// catalogueSeed makes the catalogue the same at every start, on every machine.
	catalogueSeed = 20240501
)

var (
	qualities = strings.Fields("compact sturdy folding classic modern portable quiet heavy light vintage smart simple")
	materials = strings.Fields("walnut bamboo steel copper ceramic leather canvas marble cotton birch granite linen")
	purposes  = strings.Fields("kitchen garden office travel bedroom studio camping workshop balcony nursery hallway outdoor")
	articles  = strings.Fields("lamp table kettle basket mirror stool drawer bottle blanket clock shelf planter")
	praises   = strings.Fields("reliable crafted finished washable durable friendly recycled balanced polished seasonal handmade")
)

type rows struct {
	products, stock, reviews [][]any
}

// catalogue returns the rows that a new shop starts with.
func catalogue() rows {
	random := rand.New(rand.NewSource(catalogueSeed))
	pick := func(words []string) string { return words[random.Intn(len(words))] }
	var r rows
	for id := int64(1); id <= productCount; id++ {
		name := strings.Join([]string{pick(qualities), pick(materials), pick(purposes), pick(articles)}, " ")
		description := strings.Join([]string{pick(praises), pick(purposes)}, " ")
		r.products = append(r.products, []any{id, name, description, 199 + random.Int63n(30_000)})
		r.stock = append(r.stock, []any{id, initialStock})
		for n := 4 + random.Intn(9); n > 0; n-- {
			r.reviews = append(r.reviews, []any{id, 1 + random.Intn(5)})
		}
	}
	return r
}
