package main

import (
	"context"
	"math"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Metrics is what the shop tells Prometheus about itself:
//
//	http_request_duration_seconds{endpoint,method}    histogram, from the request's head read to the answer written
//	http_requests_total{endpoint,method,code}         counter, code is the status as a number
//	http_requests_in_flight                           gauge
//	grpc_server_handling_seconds{grpc_service,grpc_method}           histogram, the same for calls
//	grpc_server_handled_total{grpc_service,grpc_method,grpc_code}    counter, code is the status as a word
//	process_*, go_*, go_sql_*{db_name="shop"}         the official client's collectors
//
// The status is not a label of the histograms: 115 buckets for each would multiply the series.
// /healthz and /metrics are not counted: they are about the service, not of it.
type Metrics struct {
	registry *prometheus.Registry
	duration *prometheus.HistogramVec
	requests *prometheus.CounterVec
	inFlight prometheus.Gauge
	handling *prometheus.HistogramVec
	handled  *prometheus.CounterVec
}

// NewMetrics registers the shop's metrics.
func NewMetrics(store *Store) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "http_request_duration_seconds",
			Help:    "Time from a request's head being read to its answer being written.",
			Buckets: buckets(200*time.Microsecond, 10*time.Second, 115),
		}, []string{"endpoint", "method"}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "http_requests_total",
			Help: "Requests answered.",
		}, []string{"endpoint", "method", "code"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "http_requests_in_flight",
			Help: "Requests being served now.",
		}),
		handling: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "grpc_server_handling_seconds",
			Help:    "Time from a call's message being read to its answer being there.",
			Buckets: buckets(200*time.Microsecond, 10*time.Second, 115),
		}, []string{"grpc_service", "grpc_method"}),
		handled: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "grpc_server_handled_total",
			Help: "Calls answered.",
		}, []string{"grpc_service", "grpc_method", "grpc_code"}),
	}
	m.registry.MustRegister(m.duration, m.requests, m.inFlight, m.handling, m.handled,
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		collectors.NewDBStatsCollector(store.Pool(), "shop"),
	)
	return m
}

// buckets returns n bounds from lowest to highest, each less than 1.1 times the one before: a
// quantile read from the histogram is off by at most a tenth. Rounded to read well.
func buckets(lowest, highest time.Duration, n int) []float64 {
	bounds := prometheus.ExponentialBucketsRange(lowest.Seconds(), highest.Seconds(), n)
	for i, bound := range bounds {
		unit := math.Pow(10, 4-math.Floor(math.Log10(bound)))
		bounds[i] = math.Round(bound*unit) / unit
	}
	return bounds
}

// Observe measures an endpoint's requests. Its series are there from the start, at zero: a counter
// that appears with its first request hides that request from every difference.
func (m *Metrics) Observe(method, endpoint string, next http.Handler) http.Handler {
	duration := m.duration.WithLabelValues(endpoint, method)
	usual := http.StatusOK
	if method == "POST" {
		usual = http.StatusCreated
	}
	m.requests.WithLabelValues(endpoint, method, strconv.Itoa(usual))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		m.inFlight.Inc()
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		// Deferred, so that a handler that panics is counted too, as what the client then sees.
		ended := false
		defer func() {
			if !ended {
				seen.status = http.StatusInternalServerError
			}
			m.inFlight.Dec()
			duration.Observe(time.Since(began).Seconds())
			m.requests.WithLabelValues(endpoint, method, strconv.Itoa(seen.status)).Inc()
		}()
		next.ServeHTTP(seen, r)
		ended = true
	})
}

// ExpectRPCs makes the series of unary methods, at zero, for the same reason.
func (m *Metrics) ExpectRPCs(services map[string]grpc.ServiceInfo) {
	for service, info := range services {
		for _, method := range info.Methods {
			m.handling.WithLabelValues(service, method.Name)
			m.handled.WithLabelValues(service, method.Name, codes.OK.String())
		}
	}
}

// ObserveRPC measures unary calls; reflection streams, and is not counted.
func (m *Metrics) ObserveRPC(ctx context.Context, request any, call *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	service, method := path.Split(strings.TrimPrefix(call.FullMethod, "/"))
	service = strings.TrimSuffix(service, "/")
	began := time.Now()
	response, err := next(ctx, request)
	m.handling.WithLabelValues(service, method).Observe(time.Since(began).Seconds())
	m.handled.WithLabelValues(service, method, status.Code(err).String()).Inc()
	return response, err
}

// Handler serves /metrics. Not compressed: the time goes into the measured process for nothing,
// with Prometheus on the same machine.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
}

// statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
