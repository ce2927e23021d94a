//! One kind of HTTP request, ready to send, and what its answer must be.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};

use super::error::{LoadError, refuse};
use super::tally::End;
use crate::domain::load::RequestSpec;

/// A body as it was read.
pub(super) enum Body {
    /// To its end; empty where the request expects nothing of it.
    Whole(Vec<u8>),
    /// Longer than any body is read.
    TooLong,
}

/// One kind of HTTP request.
#[derive(Debug)]
pub(super) struct HttpCall {
    method: Method,
    path: Uri,
    headers: HeaderMap,
    body: Bytes,
    expect_status: Vec<StatusCode>,
    expect_body: Option<String>,
}

impl HttpCall {
    /// Checks a request; `path` and `authority` are those of its URL.
    pub(super) fn new(
        place: &str,
        request: &RequestSpec,
        path: Uri,
        authority: HeaderValue,
    ) -> Result<Self, LoadError> {
        let method = request.method.parse::<Method>().ok().filter(|method| *method != Method::CONNECT);
        let method = method
            .ok_or_else(|| refuse(format!("{place}.method"), format!("is `{}`, no method to load", request.method)))?;
        let expect_status = request.expect_status.iter().map(|&code| {
            StatusCode::from_u16(code)
                .map_err(|_| refuse(format!("{place}.expect_status"), format!("has {code}, which is no HTTP status")))
        });
        Ok(Self {
            method,
            path,
            headers: read_headers(place, request, authority)?,
            body: Bytes::from(request.body.clone().unwrap_or_default()),
            expect_status: expect_status.collect::<Result<_, _>>()?,
            expect_body: request.expect_body.clone(),
        })
    }

    /// A fresh copy to send; `content-length` is added on the way out.
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Whether the answer's body has to be kept for [`HttpCall::judge`].
    pub(super) fn wants_body(&self) -> bool {
        self.expect_body.is_some()
    }

    /// What kind of end an answer is.
    pub(super) fn judge(&self, status: StatusCode, body: &Body) -> End {
        let as_expected = if self.expect_status.is_empty() {
            status.is_success() || status.is_redirection()
        } else {
            self.expect_status.contains(&status)
        };
        match (as_expected, body, &self.expect_body) {
            (false, _, _) => End::HttpError,
            (true, Body::TooLong, _) => End::WrongAnswer,
            (true, Body::Whole(body), Some(text)) if !String::from_utf8_lossy(body).contains(text) => End::WrongAnswer,
            (true, Body::Whole(_), _) => End::Ok,
        }
    }
}

fn read_headers(place: &str, request: &RequestSpec, authority: HeaderValue) -> Result<HeaderMap, LoadError> {
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, authority);
    for (name, value) in &request.headers {
        let place = || format!("{place}.headers.{name}");
        let name: HeaderName = name.parse().map_err(|_| refuse(place(), "is no header name"))?;
        if name == header::CONTENT_LENGTH || name == header::TRANSFER_ENCODING {
            return Err(refuse(place(), "is added from the body: leave it out"));
        }
        let value = value.parse::<HeaderValue>().map_err(|_| refuse(place(), "has a value that no header may have"))?;
        if name == header::HOST {
            headers.insert(name, value);
        } else {
            headers.append(name, value);
        }
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::super::target::tests::request;
    use super::*;

    #[test]
    fn answers_are_judged_by_status_first_and_body_second() {
        let call = |request: &RequestSpec| {
            HttpCall::new("requests[0]", request, Uri::from_static("/"), HeaderValue::from_static("h")).unwrap()
        };
        let plain = request("b", "http://h/");
        let strict =
            call(&RequestSpec { expect_status: vec![404], expect_body: Some("sold".to_owned()), ..plain.clone() });
        let plain = call(&plain);
        let whole = |text: &str| Body::Whole(text.as_bytes().to_vec());
        assert_eq!(strict.judge(StatusCode::NOT_FOUND, &whole("all sold out")), End::Ok);
        assert_eq!(strict.judge(StatusCode::NOT_FOUND, &whole("in stock")), End::WrongAnswer);
        assert_eq!(strict.judge(StatusCode::OK, &whole("sold")), End::HttpError);
        assert_eq!(plain.judge(StatusCode::FOUND, &whole("")), End::Ok);
        assert_eq!(plain.judge(StatusCode::NOT_FOUND, &whole("")), End::HttpError);
        assert_eq!(plain.judge(StatusCode::OK, &Body::TooLong), End::WrongAnswer);
        assert_eq!(plain.judge(StatusCode::INTERNAL_SERVER_ERROR, &Body::TooLong), End::HttpError);
    }
}
