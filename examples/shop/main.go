// Without a module, Go's defaults are those of 1.20, whose router knows no methods and patterns.
//go:debug httpmuxgo121=0

// Command shop is a small web shop: the service that Loadmark's demo puts under load.
//
// In: its database's address in SHOP_DATABASE_URL; HTTP requests on port 8080 (see server.go), gRPC
// calls on port 9090 (see rpc.go).
// Out: JSON and protobuf; metrics at /metrics (see metrics.go); logs on stderr.
//
// It is made to be measured: the catalogue comes from a fixed seed, nothing runs in the background,
// and it listens only when its database is filled and its connections are open.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	address    = ":8080"
	rpcAddress = ":9090"
	// databasePatience is how long a database may take to come up beside the service.
	databasePatience = 60 * time.Second
	// stopPatience leaves running requests time to end, and still stops well within two seconds.
	stopPatience = 1500 * time.Millisecond
)

func main() {
	var err error
	switch {
	case len(os.Args) == 1:
		err = serve()
	case len(os.Args) == 2 && os.Args[1] == "healthcheck":
		err = checkHealth()
	default:
		err = errors.New("usage: shop [healthcheck]")
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "shop:", err)
		os.Exit(1)
	}
}

// serve runs the shop until SIGTERM or SIGINT.
func serve() error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()

	url := os.Getenv("SHOP_DATABASE_URL")
	if url == "" {
		url = "postgres://shop@db/shop?sslmode=disable"
	}
	began := time.Now()
	starting, cancel := context.WithTimeout(ctx, databasePatience)
	defer cancel()
	store, err := OpenStore(starting, url)
	if err != nil {
		return err
	}
	defer store.Close()
	products, err := store.Catalogue(starting)
	if err != nil {
		return fmt.Errorf("reading the catalogue: %w", err)
	}

	metrics := NewMetrics(store)
	calls := NewRPCServer(store, metrics)
	server := &http.Server{
		Handler:           NewServer(store, NewIndex(products), metrics),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       2 * time.Minute,
	}
	// Calls first: who sees the shop healthy by HTTP may call it, too.
	rpcListener, err := net.Listen("tcp", rpcAddress)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	slog.Info("ready", "address", address, "calls", rpcAddress, "products", len(products), "after", time.Since(began).Round(time.Millisecond))

	ended := make(chan error, 2)
	go func() { ended <- calls.Serve(rpcListener) }()
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	slog.Info("stopping")
	patience, cancel := context.WithTimeout(context.Background(), stopPatience)
	defer cancel()
	context.AfterFunc(patience, calls.Stop)
	late := server.Shutdown(patience)
	calls.GracefulStop()
	if late != nil {
		return server.Close()
	}
	return nil
}

// checkHealth asks the shop in this container whether it is healthy: an image without curl needs it.
func checkHealth() error {
	client := http.Client{Timeout: 2 * time.Second}
	response, err := client.Get("http://127.0.0.1" + address + "/healthz")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("unhealthy: %s", response.Status)
	}
	return nil
}
