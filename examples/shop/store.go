package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"net/http"
	"sort"
	"time"

	"github.com/lib/pq"
)

// connections bounds the pool. All are opened before the first request and kept: a connection made
// during a measurement would be measured with it.
const connections = 8

//go:embed schema.sql
var schema string

// Product is an article as it is sent.
type Product struct {
	ID          int64   `json:"id"`
	Name        string  `json:"name"`
	Description string  `json:"description"`
	PriceCents  int64   `json:"price_cents"`
	Stock       int64   `json:"stock"`
	Rating      float64 `json:"rating"`
	Reviews     int64   `json:"reviews"`
}

// Item is so many of a product.
type Item struct {
	Product  int64 `json:"product"`
	Quantity int64 `json:"quantity"`
}

// Order is a checkout that went through.
type Order struct {
	ID         int64 `json:"order"`
	TotalCents int64 `json:"total_cents"`
}

var errNoProduct = clientError{http.StatusNotFound, "no such product"}

// Store is the shop's database.
type Store struct {
	pool *sql.DB

	// Prepared once: lib/pq else asks the server twice for every query with arguments.
	page, product, stock, reviews *sql.Stmt
	newCart, addToCart            *sql.Stmt
	takeCart, takeStock           *sql.Stmt
	newOrder, newOrderItem        *sql.Stmt
	reserve                       *sql.Stmt
}

// OpenStore waits for the database, makes and fills its tables if they are absent, and opens all
// connections.
func OpenStore(ctx context.Context, url string) (*Store, error) {
	pool, err := sql.Open("postgres", url)
	if err != nil {
		return nil, fmt.Errorf("SHOP_DATABASE_URL: %w", err)
	}
	pool.SetMaxOpenConns(connections)
	pool.SetMaxIdleConns(connections)
	s := &Store{pool: pool}
	if err := s.open(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	for {
		err := s.pool.PingContext(ctx)
		if err == nil {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	if err := s.fill(ctx); err != nil {
		return fmt.Errorf("filling the database: %w", err)
	}
	for _, prepared := range []struct {
		statement **sql.Stmt
		text      string
	}{
		{&s.page, `SELECT id, name, description, price_cents FROM products ORDER BY id LIMIT $1 OFFSET $2`},
		{&s.product, `SELECT id, name, description, price_cents FROM products WHERE id = $1`},
		{&s.stock, `SELECT quantity FROM stock WHERE product = $1`},
		{&s.reviews, `SELECT count(*), coalesce(round(avg(stars), 2), 0) FROM reviews WHERE product = $1`},
		{&s.newCart, `WITH cart AS (INSERT INTO carts DEFAULT VALUES RETURNING id)
			INSERT INTO cart_items (cart, product, quantity) SELECT cart.id, $1, $2 FROM cart RETURNING cart`},
		{&s.addToCart, `INSERT INTO cart_items (cart, product, quantity) VALUES ($1, $2, $3)
			ON CONFLICT (cart, product) DO UPDATE SET quantity = cart_items.quantity + excluded.quantity
			RETURNING cart`},
		{&s.takeCart, `DELETE FROM cart_items WHERE cart = $1 RETURNING product, quantity`},
		{&s.takeStock, `UPDATE stock SET quantity = stock.quantity - $2 FROM products
			WHERE stock.product = $1 AND products.id = $1 AND stock.quantity >= $2 RETURNING price_cents`},
		{&s.newOrder, `INSERT INTO orders (total_cents) VALUES ($1) RETURNING id`},
		{&s.newOrderItem, `INSERT INTO order_items (order_id, product, quantity) VALUES ($1, $2, $3)`},
		{&s.reserve, `WITH taken AS (UPDATE stock SET quantity = quantity - $2
				WHERE product = $1 AND quantity >= $2 RETURNING product, quantity),
			reservation AS (INSERT INTO reservations (product, quantity) SELECT product, $2 FROM taken RETURNING id)
			SELECT reservation.id, taken.quantity FROM reservation, taken`},
	} {
		statement, err := s.pool.PrepareContext(ctx, prepared.text)
		if err != nil {
			return fmt.Errorf("preparing %q: %w", prepared.text, err)
		}
		*prepared.statement = statement
	}
	return s.connectAll(ctx)
}

// connectAll opens every connection of the pool by holding them all at once.
func (s *Store) connectAll(ctx context.Context) error {
	var held []*sql.Conn
	defer func() {
		for _, connection := range held {
			connection.Close()
		}
	}()
	for len(held) < connections {
		connection, err := s.pool.Conn(ctx)
		if err != nil {
			return err
		}
		held = append(held, connection)
	}
	return nil
}

// fill makes the tables and the catalogue, once, whoever starts first.
func (s *Store) fill(ctx context.Context) error {
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(7)`); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, schema); err != nil {
		return err
	}
	var filled bool
	if err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM products)`).Scan(&filled); err != nil {
		return err
	}
	if filled {
		return tx.Commit()
	}
	// The catalogue is whole in itself, so that nobody needs to look up its foreign keys row by row: half of the time.
	if _, err := tx.ExecContext(ctx, `SET LOCAL session_replication_role = replica`); err != nil {
		return err
	}
	rows := catalogue()
	for _, table := range []struct {
		name    string
		columns []string
		rows    [][]any
	}{
		{"products", []string{"id", "name", "description", "price_cents"}, rows.products},
		{"stock", []string{"product", "quantity"}, rows.stock},
		{"reviews", []string{"product", "stars"}, rows.reviews},
	} {
		copying, err := tx.PrepareContext(ctx, pq.CopyIn(table.name, table.columns...))
		if err != nil {
			return err
		}
		for _, row := range table.rows {
			if _, err := copying.ExecContext(ctx, row...); err != nil {
				return err
			}
		}
		if _, err := copying.ExecContext(ctx); err != nil {
			return err
		}
		if err := copying.Close(); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// The planner knows the tables before the first request, so that plans don't change under load.
	_, err = s.pool.ExecContext(ctx, `VACUUM ANALYZE`)
	return err
}

// Close ends all connections.
func (s *Store) Close() { s.pool.Close() }

// Pool is for the metrics about it.
func (s *Store) Pool() *sql.DB { return s.pool }

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.pool.PingContext(ctx) }

// Catalogue returns all products, without stock and reviews.
func (s *Store) Catalogue(ctx context.Context) ([]Product, error) {
	return s.products(s.pool.QueryContext(ctx, `SELECT id, name, description, price_cents FROM products ORDER BY id`))
}

// Page returns a page of products with their stock and reviews.
func (s *Store) Page(ctx context.Context, offset, limit int) ([]Product, error) {
	products, err := s.products(s.page.QueryContext(ctx, limit, offset))
	if err != nil {
		return nil, err
	}
	for i := range products {
		if err := s.complete(ctx, &products[i]); err != nil {
			return nil, err
		}
	}
	return products, nil
}

// Product returns one product with its stock and reviews.
func (s *Store) Product(ctx context.Context, id int64) (Product, error) {
	products, err := s.products(s.product.QueryContext(ctx, id))
	if err != nil {
		return Product{}, err
	}
	if len(products) == 0 {
		return Product{}, errNoProduct
	}
	return products[0], s.complete(ctx, &products[0])
}

// complete adds a product's stock and reviews.
func (s *Store) complete(ctx context.Context, p *Product) error {
	if err := s.stock.QueryRowContext(ctx, p.ID).Scan(&p.Stock); err != nil {
		return err
	}
	return s.reviews.QueryRowContext(ctx, p.ID).Scan(&p.Reviews, &p.Rating)
}

func (s *Store) products(rows *sql.Rows, err error) ([]Product, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	products := []Product{}
	for rows.Next() {
		var p Product
		if err := rows.Scan(&p.ID, &p.Name, &p.Description, &p.PriceCents); err != nil {
			return nil, err
		}
		products = append(products, p)
	}
	return products, rows.Err()
}

// AddToCart puts an item into a cart, a new one if the cart is 0, and returns the cart's id.
func (s *Store) AddToCart(ctx context.Context, cart int64, item Item) (int64, error) {
	var err error
	if cart == 0 {
		err = s.newCart.QueryRowContext(ctx, item.Product, item.Quantity).Scan(&cart)
	} else {
		err = s.addToCart.QueryRowContext(ctx, cart, item.Product, item.Quantity).Scan(&cart)
	}
	var refused *pq.Error
	if errors.As(err, &refused) && refused.Code.Name() == "foreign_key_violation" {
		return 0, clientError{http.StatusNotFound, "no such product or cart"}
	}
	return cart, err
}

// Checkout orders the items, or those of a cart if it isn't 0: all of them or none.
func (s *Store) Checkout(ctx context.Context, cart int64, items []Item) (Order, error) {
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return Order{}, err
	}
	defer tx.Rollback()

	if cart != 0 {
		if items, err = s.emptyCart(ctx, tx, cart); err != nil {
			return Order{}, err
		}
	}
	// In one order for all checkouts, or two of them could wait for each other.
	items = append([]Item(nil), items...)
	sort.Slice(items, func(a, b int) bool { return items[a].Product < items[b].Product })

	var order Order
	for _, item := range items {
		var price int64
		err := tx.StmtContext(ctx, s.takeStock).QueryRowContext(ctx, item.Product, item.Quantity).Scan(&price)
		if errors.Is(err, sql.ErrNoRows) {
			return Order{}, item.soldOut()
		}
		if err != nil {
			return Order{}, err
		}
		order.TotalCents += price * item.Quantity
	}
	if err := tx.StmtContext(ctx, s.newOrder).QueryRowContext(ctx, order.TotalCents).Scan(&order.ID); err != nil {
		return Order{}, err
	}
	for _, item := range items {
		if _, err := tx.StmtContext(ctx, s.newOrderItem).ExecContext(ctx, order.ID, item.Product, item.Quantity); err != nil {
			return Order{}, err
		}
	}
	return order, tx.Commit()
}

// Reserve takes an item out of the stock for somebody else's order, and returns the reservation's id and
// what is left.
func (s *Store) Reserve(ctx context.Context, item Item) (id, stock int64, err error) {
	err = s.reserve.QueryRowContext(ctx, item.Product, item.Quantity).Scan(&id, &stock)
	if errors.Is(err, sql.ErrNoRows) {
		err = item.soldOut()
	}
	return id, stock, err
}

func (i Item) soldOut() error {
	return clientError{http.StatusConflict, fmt.Sprintf("product %d is unknown or sold out", i.Product)}
}

func (s *Store) emptyCart(ctx context.Context, tx *sql.Tx, cart int64) ([]Item, error) {
	rows, err := tx.StmtContext(ctx, s.takeCart).QueryContext(ctx, cart)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var items []Item
	for rows.Next() {
		var item Item
		if err := rows.Scan(&item.Product, &item.Quantity); err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, clientError{http.StatusNotFound, "no such cart, or it is empty"}
	}
	return items, nil
}
