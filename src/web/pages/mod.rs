//! Pages for people: rendered here, readable without scripts, with every foreign text escaped by its template.

mod facts;
mod job;
mod queue;
mod run;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::error::Refusal;
use crate::database::DatabaseError;

pub(super) use job::{job, stored_report};
pub(super) use queue::queue;
pub(super) use run::run;

/// Pages of what still moves ask for themselves again after so many seconds.
const REFRESH_SECONDS: u32 = 10;
/// Part of their addresses' content changes with the binary only.
const KEPT: &str = "max-age=600";

/// A page that says why there is none.
pub(super) struct PageRefusal(pub(super) Refusal);

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    status: StatusCode,
    message: &'a str,
    refresh: Option<u32>,
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        let Refusal { status, message, .. } = self.0;
        let page = RefusalPage { status, message: &message, refresh: None };
        // A template that can't be rendered still leaves its words.
        let text = page.render().map_or_else(|_| message.clone().into_response(), |page| Html(page).into_response());
        (status, text).into_response()
    }
}

impl From<Refusal> for PageRefusal {
    fn from(refusal: Refusal) -> Self {
        Self(refusal)
    }
}

impl From<DatabaseError> for PageRefusal {
    fn from(error: DatabaseError) -> Self {
        Self(error.into())
    }
}

/// What handlers of pages return.
type Page = Result<Html<String>, PageRefusal>;

fn rendered(page: &impl Template) -> Page {
    page.render().map(Html).map_err(|error| Refusal::internal(&error).into())
}

/// `GET /static/style.css`.
pub(super) async fn style() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, KEPT)];
    (headers, include_str!("../static/style.css"))
}

/// `GET /static/icon.svg`.
pub(super) async fn icon() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, KEPT)];
    (headers, include_str!("../static/icon.svg"))
}
