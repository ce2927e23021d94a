//! The requests of a load: names, weights, methods, URLs, headers, bodies; gRPC calls by `grpc`.

use std::collections::{BTreeMap, BTreeSet};

use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;

use super::raw::RawRequest;
use super::shape::Entries;
use super::source::Source;
use super::value::bounded;
use super::{grpc, name};
use crate::domain::load::RequestSpec;

/// Headers that follow from the URL, the body and the connection; a second one of them breaks the request.
const OWN_HEADERS: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];

pub(super) fn check_all(
    calls: &grpc::Checker<'_>,
    raw: Spanned<Vec<RawRequest>>,
) -> Result<Vec<RequestSpec>, ConfigError> {
    let source = calls.source;
    if raw.value.is_empty() {
        let problem = Problem::Value("expected at least one request".to_owned());
        return Err(source.error(raw.referenced, problem));
    }
    let mut names = BTreeSet::new();
    let mut requests = Vec::with_capacity(raw.value.len());
    for request in raw.value {
        if !names.insert(request.name.value.clone()) {
            let problem = Problem::DuplicateName { kind: "request", name: shortened(&request.name.value) };
            return Err(source.error(request.name.referenced, problem));
        }
        requests.push(check(calls, request)?);
    }
    Ok(requests)
}

fn check(calls: &grpc::Checker<'_>, raw: RawRequest) -> Result<RequestSpec, ConfigError> {
    let source = calls.source;
    if raw.grpc.is_some() {
        grpc::check_rest(source, &raw)?;
    }
    Ok(RequestSpec {
        name: name::REQUEST.check(source, &raw.name)?,
        weight: bounded(source, "weight", raw.weight, 1, 1, 1_000_000)?,
        method: method(source, raw.method)?,
        url: match check_url(&raw.url.value) {
            Ok(()) => raw.url.value,
            Err(reason) => return Err(source.error(raw.url.referenced, Problem::Value(reason))),
        },
        grpc: raw.grpc.map(|call| calls.check(&call)).transpose()?,
        headers: headers(source, raw.headers)?,
        body: body(source, raw.body, raw.body_file)?,
        expect_status: raw
            .expect_status
            .into_iter()
            .map(|status| bounded(source, "expect_status", Some(status), 0, 100, 599))
            .collect::<Result<_, _>>()?,
        expect_body: raw.expect_body.map(|text| text.value),
    })
}

fn method(source: &Source, method: Option<Spanned<String>>) -> Result<String, ConfigError> {
    let Some(method) = method else { return Ok("GET".to_owned()) };
    let length = method.value.len();
    if (1..=20).contains(&length) && method.value.bytes().all(|b| b.is_ascii_uppercase() || b == b'-') {
        return Ok(method.value);
    }
    let message = format!("`{}` is no HTTP method: expected capitals, such as `GET`", shortened(&method.value));
    Err(source.error(method.referenced, Problem::Value(message)))
}

/// Refuses what is not `http://HOST[:PORT][/...]`, and says why.
pub(super) fn check_url(url: &str) -> Result<(), String> {
    let wrong = |why: &str| Err(format!("`{}` {why}; expected `http://HOST:PORT/PATH`", shortened(url)));
    let Some(rest) = url.strip_prefix("http://") else {
        return wrong(if url.starts_with("https://") {
            "asks for TLS, which inside a stack is not spoken"
        } else {
            "is no URL"
        });
    };
    if !url.bytes().all(|b| b.is_ascii_graphic()) {
        return wrong("has spaces or other characters that must be percent-encoded");
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if is_authority(authority, false) { Ok(()) } else { wrong("has no sound host and port") }
}

/// Whether a text is `HOST:PORT`, or `HOST` alone where the port may be left out.
pub(super) fn is_authority(text: &str, port_required: bool) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (text, None),
    };
    let sound = match port {
        Some(port) => port.parse::<u16>().is_ok_and(|number| number > 0),
        None => !port_required,
    };
    name::SERVICE.fits(host) && sound
}

fn headers(source: &Source, raw: Entries<Spanned<String>>) -> Result<BTreeMap<String, String>, ConfigError> {
    let mut headers = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for (name, value) in raw.0 {
        let error = |location, message| Err(source.error(location, Problem::Value(message)));
        let lower = name.value.to_ascii_lowercase();
        if !is_token(&name.value) {
            return error(name.referenced, format!("`{}` is no name of a header", shortened(&name.value)));
        }
        if OWN_HEADERS.contains(&lower.as_str()) {
            return error(name.referenced, format!("the header `{lower}` is set by the load generator itself"));
        }
        if !value.value.bytes().all(|b| b.is_ascii_graphic() || b == b' ' || b == b'\t') {
            return error(value.referenced, "a header's value is printable ASCII on one line".to_owned());
        }
        if !seen.insert(lower) {
            let problem = Problem::DuplicateName { kind: "header", name: name.value };
            return Err(source.error(name.referenced, problem));
        }
        headers.insert(name.value, value.value);
    }
    Ok(headers)
}

/// The characters that HTTP allows in a header's name.
fn is_token(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

fn body(
    source: &Source,
    body: Option<Spanned<String>>,
    file: Option<Spanned<String>>,
) -> Result<Option<String>, ConfigError> {
    match (body, file) {
        (Some(_), Some(file)) => Err(source.error(file.referenced, Problem::ExactlyOne("`body` and `body_file`"))),
        (None, Some(file)) => source.read_named(&file.value, file.referenced).map(|file| Some(file.text)),
        (body, None) => Ok(body.map(|body| body.value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_http_urls_with_a_host_are_sent_to() {
        for url in ["http://shop:8080/products?page=1", "http://shop", "http://shop.internal/"] {
            assert_eq!(check_url(url), Ok(()), "{url}");
        }
        for url in [
            "shop:8080/x",
            "https://shop/",
            "http://",
            "http:///x",
            "http://shop:0/",
            "http://shop:99999/",
            "http://user@shop/",
            "http://shop/a b",
            "http://shop/é",
            "http://sh\nop/",
        ] {
            assert!(check_url(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_tcp_address_needs_its_port() {
        assert!(is_authority("db:5432", true));
        for text in ["db", "db:", ":5432", "db:0", "-x:80"] {
            assert!(!is_authority(text, true), "{text}");
        }
    }
}
