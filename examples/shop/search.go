package main

import "strings"

const (
	// resultLimit is how many products a search returns.
	resultLimit = 10
	// wordLimit bounds a word, and with it the work and memory of comparing two.
	wordLimit = 24
)

// Index finds products by words that may be misspelt. It compares the words searched for with every
// product's, so a search takes milliseconds; what it takes depends on the query alone.
type Index struct {
	entries []entry
	// turn is held by the one search that runs: searching is all processor time, and several at once
	// would leave none to the other endpoints.
	turn chan struct{}
}

type entry struct {
	id    int64
	name  string
	words [][]byte
}

// Found is a product and how far it is from what was searched: 0 is exact.
type Found struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Distance int    `json:"distance"`
}

// NewIndex prepares the products for searching.
func NewIndex(products []Product) *Index {
	index := &Index{turn: make(chan struct{}, 1)}
	for _, p := range products {
		index.entries = append(index.entries, entry{id: p.ID, name: p.Name, words: words(p.Name + " " + p.Description)})
	}
	return index
}

// Search returns the products nearest to the query, nearest first, by id where equal.
func (x *Index) Search(query string) []Found {
	wanted := words(query)
	x.turn <- struct{}{}
	defer func() { <-x.turn }()
	best := make([]Found, 0, resultLimit+1)
	for i := range x.entries {
		e := &x.entries[i]
		total := 0
		for _, word := range wanted {
			total += nearest(word, e.words)
		}
		best = keep(best, Found{e.id, e.name, total})
	}
	return best
}

// nearest returns the distance of a word to the nearest of the others.
func nearest(word []byte, others [][]byte) int {
	least := wordLimit
	for _, other := range others {
		if d := distance(word, other); d < least {
			least = d
		}
	}
	return least
}

// keep inserts a product into the sorted list of the best.
func keep(best []Found, f Found) []Found {
	if len(best) == resultLimit && f.Distance >= best[len(best)-1].Distance {
		return best
	}
	best = append(best, f)
	for i := len(best) - 1; i > 0 && best[i].Distance < best[i-1].Distance; i-- {
		best[i], best[i-1] = best[i-1], best[i]
	}
	if len(best) > resultLimit {
		best = best[:resultLimit]
	}
	return best
}

// words splits text into words in lower case, none longer than wordLimit.
func words(text string) [][]byte {
	var all [][]byte
	for _, field := range strings.Fields(strings.ToLower(text)) {
		if len(field) > wordLimit {
			field = field[:wordLimit]
		}
		all = append(all, []byte(field))
	}
	return all
}

// distance is Levenshtein's: how many letters to insert, remove or change to get from a to b.
func distance(a, b []byte) int {
	var row [wordLimit + 1]int
	for j := range b {
		row[j+1] = j + 1
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
