package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	"shop/api"
)

// rpcServer answers what other services ask (see shop.proto).
type rpcServer struct {
	api.UnimplementedCatalogueServer
	api.UnimplementedInventoryServer
	store *Store
}

// NewRPCServer wires the gRPC methods, and reflection, by which a client learns of them.
func NewRPCServer(store *Store, metrics *Metrics) *grpc.Server {
	s := &rpcServer{store: store}
	server := grpc.NewServer(grpc.ChainUnaryInterceptor(metrics.ObserveRPC, answerRPC))
	api.RegisterCatalogueServer(server, s)
	api.RegisterInventoryServer(server, s)
	metrics.ExpectRPCs(server.GetServiceInfo())
	reflection.Register(server)
	return server
}

// answerRPC bounds a call's time, and turns errors into what a client may know of them.
func answerRPC(ctx context.Context, request any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, requestPatience)
	defer cancel()
	response, err := next(ctx, request)
	if err == nil {
		return response, nil
	}
	var mistake clientError
	if errors.As(err, &mistake) {
		return nil, status.Error(rpcCode(mistake.status), mistake.text)
	}
	slog.Error("call failed", "method", call.FullMethod, "error", err)
	return nil, status.Error(codes.Internal, "internal error")
}

// rpcCode is what a client's mistake is called in gRPC.
func rpcCode(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusNotFound:
		return codes.NotFound
	case http.StatusConflict:
		return codes.FailedPrecondition
	default:
		return codes.InvalidArgument
	}
}

// GetProduct: shop.v1.Catalogue/GetProduct.
func (s *rpcServer) GetProduct(ctx context.Context, request *api.GetProductRequest) (*api.Product, error) {
	p, err := s.store.Product(ctx, request.Id)
	if err != nil {
		return nil, err
	}
	return &api.Product{
		Id:          p.ID,
		Name:        p.Name,
		Description: p.Description,
		PriceCents:  p.PriceCents,
		Stock:       p.Stock,
		Rating:      p.Rating,
		Reviews:     p.Reviews,
	}, nil
}

// Reserve: shop.v1.Inventory/Reserve.
func (s *rpcServer) Reserve(ctx context.Context, request *api.ReserveRequest) (*api.Reservation, error) {
	item := Item{request.Product, request.Quantity}
	if err := item.check(); err != nil {
		return nil, err
	}
	reservation, stock, err := s.store.Reserve(ctx, item)
	if err != nil {
		return nil, err
	}
	return &api.Reservation{Id: reservation, Stock: stock}, nil
}
