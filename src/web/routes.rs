//! Every route, and what all answers carry.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};

use super::error::Refusal;
use super::state::App;
use super::{api, files, health, pages, webhook};

/// Nothing is loaded but our own style and icon; nothing runs, nothing frames us, and forms go nowhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// On every answer.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The routes as they are added, so that a test can hold the API's description against them.
pub(super) struct Table {
    router: Router<App>,
    /// Read by the test of the API's description.
    pub(super) listed: Vec<(&'static str, &'static str)>,
}

impl Table {
    fn new() -> Self {
        Self { router: Router::new(), listed: Vec::new() }
    }

    fn get<H: Handler<T, App>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("get", path, get(handler))
    }

    fn post<H: Handler<T, App>, T: 'static>(self, path: &'static str, handler: H) -> Self {
        self.route("post", path, post(handler))
    }

    fn route(mut self, method: &'static str, path: &'static str, handler: MethodRouter<App>) -> Self {
        self.listed.push((method, path));
        Self { router: self.router.route(path, handler), listed: self.listed }
    }
}

/// All routes.
pub(super) fn table() -> Table {
    Table::new()
        .post("/webhook/github", webhook::receive)
        .get("/-/healthy", health::healthy)
        .get("/-/ready", health::ready)
        .get("/metrics", health::metrics_text)
        .get("/", pages::queue)
        .get("/jobs/{id}", pages::job)
        .get("/runs/{id}", pages::run)
        .get("/runs/{id}/files/{*path}", files::file)
        .get("/static/style.css", pages::style)
        .get("/static/icon.svg", pages::icon)
        .get("/api/v1/openapi.json", api::description)
        .get("/api/v1/queue", api::queue)
        .get("/api/v1/jobs", api::jobs)
        .post("/api/v1/jobs", api::enqueue)
        .get("/api/v1/jobs/{id}", api::job)
        .get("/api/v1/jobs/{id}/report", api::report)
        .post("/api/v1/jobs/{id}/retry", api::retry)
        .post("/api/v1/jobs/{id}/cancel", api::cancel)
        .get("/api/v1/runs", api::runs)
        .get("/api/v1/runs/{id}", api::run)
}

/// What is served.
pub(super) fn router() -> Router<App> {
    table().router.fallback(nowhere).method_not_allowed_fallback(wrong_method).layer(middleware::from_fn(with_headers))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is shown is of this moment; only what never changes says otherwise.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

async fn nowhere(request: Request) -> Response {
    told(&request, Refusal::not_found("there is nothing at this address"))
}

async fn wrong_method(request: Request) -> Response {
    let message = "this address takes other methods; /api/v1/openapi.json lists those of the API";
    told(&request, Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", message))
}

/// A page for people, JSON for programs.
fn told(request: &Request, refusal: Refusal) -> Response {
    if request.uri().path().starts_with("/api/") {
        api::ApiRefusal(refusal).into_response()
    } else {
        pages::PageRefusal(refusal).into_response()
    }
}
