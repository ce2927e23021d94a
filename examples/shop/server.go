package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

const (
	pageSize = 10
	// requestPatience ends a request whose database is stuck, before the client gives up on it.
	requestPatience = 5 * time.Second
	// bodyLimit is far above any honest request, and small enough to read into memory.
	bodyLimit = 64 << 10
)

// Server answers the shop's requests.
type Server struct {
	store *Store
	index *Index
}

// handler answers one request with a value to be sent as JSON, or an error.
type handler func(ctx context.Context, r *http.Request) (status int, value any, err error)

// clientError is a request that can't be served as it is; its text is for the client.
type clientError struct {
	status int
	text   string
}

func (e clientError) Error() string { return e.text }

// NewServer wires the routes. An endpoint's name in metrics is its pattern, never a path with
// numbers in it, so that the number of series stays what it is here.
func NewServer(store *Store, index *Index, metrics *Metrics) http.Handler {
	s := &Server{store: store, index: index}
	mux := http.NewServeMux()
	route := func(method, endpoint string, h handler) {
		mux.Handle(method+" "+endpoint, metrics.Observe(method, endpoint, answer(h)))
	}
	route("GET", "/products", s.listProducts)
	route("GET", "/products/{id}", s.showProduct)
	route("GET", "/search", s.search)
	route("POST", "/cart", s.addToCart)
	route("POST", "/checkout", s.checkout)
	mux.HandleFunc("GET /healthz", s.health)
	mux.Handle("GET /metrics", metrics.Handler())
	return mux
}

// answer sends what a handler returns.
func answer(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestPatience)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, bodyLimit)
		status, value, err := h(ctx, r)
		if err != nil {
			var mistake clientError
			if errors.As(err, &mistake) {
				status = mistake.status
			} else {
				status = http.StatusInternalServerError
				slog.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
				err = errors.New("internal error")
			}
			value = map[string]string{"error": err.Error()}
		}
		body, err := json.Marshal(value)
		if err != nil {
			status, body = http.StatusInternalServerError, []byte(`{"error":"internal error"}`)
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		w.Write(body)
	}
}

// listProducts: GET /products?page=N, ten to a page.
func (s *Server) listProducts(ctx context.Context, r *http.Request) (int, any, error) {
	page := 1
	if text := r.URL.Query().Get("page"); text != "" {
		number, err := strconv.Atoi(text)
		if err != nil || number < 1 || number > 1_000_000 {
			return 0, nil, clientError{http.StatusBadRequest, "page is a number from 1"}
		}
		page = number
	}
	products, err := s.store.Page(ctx, (page-1)*pageSize, pageSize)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, map[string]any{"page": page, "products": products}, nil
}

// showProduct: GET /products/{id}.
func (s *Server) showProduct(ctx context.Context, r *http.Request) (int, any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, nil, clientError{http.StatusBadRequest, "a product's id is a number"}
	}
	product, err := s.store.Product(ctx, id)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, product, nil
}

// search: GET /search?q=WORDS, the ten nearest products, misspelt words included.
func (s *Server) search(_ context.Context, r *http.Request) (int, any, error) {
	query := r.URL.Query().Get("q")
	if query == "" || len(query) > 100 {
		return 0, nil, clientError{http.StatusBadRequest, "q is what to search for, up to 100 characters"}
	}
	return http.StatusOK, map[string]any{"query": query, "found": s.index.Search(query)}, nil
}

// addToCart: POST /cart {"product": ID, "quantity": N, "cart": ID}; without "cart" a new one is made.
func (s *Server) addToCart(ctx context.Context, r *http.Request) (int, any, error) {
	var request struct {
		Cart int64 `json:"cart"`
		Item
	}
	if err := read(r, &request); err != nil {
		return 0, nil, err
	}
	if err := request.Item.check(); err != nil {
		return 0, nil, err
	}
	cart, err := s.store.AddToCart(ctx, request.Cart, request.Item)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string]int64{"cart": cart}, nil
}

// checkout: POST /checkout {"cart": ID} orders what is in a cart, {"items": [...]} orders at once.
func (s *Server) checkout(ctx context.Context, r *http.Request) (int, any, error) {
	var request struct {
		Cart  int64  `json:"cart"`
		Items []Item `json:"items"`
	}
	if err := read(r, &request); err != nil {
		return 0, nil, err
	}
	if (request.Cart == 0) == (len(request.Items) == 0) || len(request.Items) > 50 {
		return 0, nil, clientError{http.StatusBadRequest, "give either a cart or up to 50 items"}
	}
	for _, item := range request.Items {
		if err := item.check(); err != nil {
			return 0, nil, err
		}
	}
	order, err := s.store.Checkout(ctx, request.Cart, request.Items)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, order, nil
}

// health: GET /healthz, 200 while the database answers.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if err := s.store.Ping(ctx); err != nil {
		http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
		return
	}
	w.Write([]byte("ok\n"))
}

func (i Item) check() error {
	if i.Product < 1 || i.Quantity < 1 || i.Quantity > 1000 {
		return clientError{http.StatusBadRequest, "an item is a product and a quantity from 1 to 1000"}
	}
	return nil
}

func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return clientError{http.StatusBadRequest, "the body is not the JSON expected: " + err.Error()}
	}
	return nil
}
