//! What is sent, ready to send: the specification after validation.

use std::collections::BTreeSet;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, StatusCode, Uri};

use super::error::LoadError;
use super::tally::End;
use crate::domain::load::{LoadSpec, RequestSpec};
use crate::domain::plan::{MAX_RATE, MAX_SECONDS, Stage};

/// The longest time-out: no answer is worth more waiting, and a drain takes as long.
const MAX_TIMEOUT_SECONDS: u64 = 3_600;
/// More threads than this are no help on any host that one service is tested on.
const MAX_WORKERS: u16 = 256;

/// Where connections go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) port: u16,
}

/// A body as it was read.
pub(super) enum Body {
    /// To its end; empty where the target expects nothing of it.
    Whole(Vec<u8>),
    /// Longer than any body is read.
    TooLong,
}

/// One kind of request.
#[derive(Debug)]
pub(super) struct Target {
    /// Index into [`Targets::hosts`].
    pub(super) host: usize,
    method: Method,
    path: Uri,
    headers: HeaderMap,
    body: Bytes,
    expect_status: Vec<StatusCode>,
    expect_body: Option<String>,
}

/// All kinds of request, in the order of the specification, and the hosts they go to.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) hosts: Vec<Host>,
    pub(super) requests: Vec<Target>,
}

impl Target {
    /// A fresh copy to send; `content-length` is added on the way out.
    pub(super) fn request(&self) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.path.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }

    /// Whether the answer's body has to be kept for [`Target::judge`].
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

impl Targets {
    /// Checks all of the specification and prepares its requests.
    pub(super) fn new(spec: &LoadSpec) -> Result<Self, LoadError> {
        if spec.requests.is_empty() {
            return Err(refuse("requests", "is empty: name at least one request"));
        }
        let mut targets = Self { hosts: Vec::new(), requests: Vec::new() };
        let mut names = BTreeSet::new();
        for (index, request) in spec.requests.iter().enumerate() {
            let place = format!("requests[{index}]");
            if request.name.is_empty() || !names.insert(&request.name) {
                return Err(refuse(format!("{place}.name"), "is empty or taken: each request has a name of its own"));
            }
            targets.add(&place, request)?;
        }
        check_stages(spec)?;
        check_means(spec, targets.hosts.len())?;
        Ok(targets)
    }

    fn add(&mut self, place: &str, request: &RequestSpec) -> Result<(), LoadError> {
        if request.weight == 0 {
            return Err(refuse(format!("{place}.weight"), "is 0: use at least 1, or leave the request out"));
        }
        let method = request.method.parse::<Method>().ok().filter(|method| *method != Method::CONNECT);
        let method = method
            .ok_or_else(|| refuse(format!("{place}.method"), format!("is `{}`, no method to load", request.method)))?;
        let (host, path, authority) =
            read_url(&request.url).map_err(|reason| refuse(format!("{place}.url"), reason))?;
        let expect_status = request.expect_status.iter().map(|&code| {
            StatusCode::from_u16(code)
                .map_err(|_| refuse(format!("{place}.expect_status"), format!("has {code}, which is no HTTP status")))
        });
        let expect_status = expect_status.collect::<Result<_, _>>()?;
        let position = self.hosts.iter().position(|known| *known == host).unwrap_or_else(|| {
            self.hosts.push(host);
            self.hosts.len() - 1
        });
        self.requests.push(Target {
            host: position,
            method,
            path,
            headers: read_headers(place, request, authority)?,
            body: Bytes::from(request.body.clone().unwrap_or_default()),
            expect_status,
            expect_body: request.expect_body.clone(),
        });
        Ok(())
    }
}

fn refuse(place: impl Into<String>, reason: impl Into<String>) -> LoadError {
    LoadError::Spec { place: place.into(), reason: reason.into() }
}

/// Splits a URL into where to connect, what to ask for, and the `host` header.
pub(super) fn read_url(url: &str) -> Result<(Host, Uri, HeaderValue), String> {
    let expected = "expected `http://HOST:PORT/PATH`";
    let uri: Uri = url.parse().map_err(|error| format!("is `{url}`: {error}; {expected}"))?;
    if uri.scheme_str() != Some("http") {
        return Err(format!("is `{url}`, which does not begin with `http://`; {expected}"));
    }
    let authority =
        uri.authority().filter(|authority| !authority.as_str().contains('@') && !authority.host().is_empty());
    let authority = authority.ok_or_else(|| format!("is `{url}`, whose host is missing or has a user; {expected}"))?;
    let port = match &authority.as_str()[authority.host().len()..] {
        "" => Some(80),
        port => port.trim_start_matches(':').parse().ok().filter(|port| *port > 0),
    };
    let port = port.ok_or_else(|| format!("is `{url}`, whose port is not 1 to 65535; {expected}"))?;
    let name = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
    let header = HeaderValue::from_str(authority.as_str()).map_err(|error| format!("is `{url}`: {error}"))?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let path = path.parse().map_err(|error| format!("is `{url}`: {error}"))?;
    Ok((Host { name, port }, path, header))
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

fn check_stages(spec: &LoadSpec) -> Result<(), LoadError> {
    if spec.stages.is_empty() || spec.stages.len() > usize::from(u16::MAX) {
        return Err(refuse("stages", format!("has {} stages: give 1 to {}", spec.stages.len(), u16::MAX)));
    }
    let stages = spec.stages.iter().enumerate().map(|(index, stage)| (format!("stages[{index}]"), stage));
    let warm_up = spec.warm_up.iter().map(|stage| ("warm_up".to_owned(), stage));
    for (place, Stage { rate, seconds }) in stages.chain(warm_up) {
        if !(1..=MAX_RATE).contains(rate) {
            return Err(refuse(format!("{place}.rate"), format!("is {rate}: give 1 to {MAX_RATE} requests a second")));
        }
        if !(1..=MAX_SECONDS).contains(seconds) {
            return Err(refuse(format!("{place}.seconds"), format!("is {seconds}: give 1 to {MAX_SECONDS}")));
        }
    }
    Ok(())
}

/// Each worker needs a connection to each host, and room for one waiting request.
fn check_means(spec: &LoadSpec, hosts: usize) -> Result<(), LoadError> {
    let workers = u32::from(spec.workers);
    if !(1..=MAX_WORKERS).contains(&spec.workers) {
        return Err(refuse("workers", format!("is {workers}: give 1 to {MAX_WORKERS} threads")));
    }
    let least = workers.saturating_mul(u32::try_from(hosts).unwrap_or(u32::MAX));
    if spec.connections < least {
        let reason = format!("is {}: {workers} workers and {hosts} hosts need {least} or more", spec.connections);
        return Err(refuse("connections", reason));
    }
    if spec.queue < workers {
        return Err(refuse("queue", format!("is {}: {workers} workers need {workers} or more", spec.queue)));
    }
    if spec.timeout.0.is_zero() || spec.timeout.0.as_secs() > MAX_TIMEOUT_SECONDS {
        return Err(refuse("timeout", format!("is {}: give more than 0 and at most 1h", spec.timeout)));
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::load::Arrivals;
    use crate::domain::units::Span;

    /// A GET of weight 1 that expects nothing in particular.
    pub(in crate::load) fn request(name: &str, url: &str) -> RequestSpec {
        serde_json::from_value(serde_json::json!({ "name": name, "url": url })).unwrap()
    }

    /// One worker, one connection, one stage of 10/s for a second.
    pub(in crate::load) fn spec(requests: Vec<RequestSpec>) -> LoadSpec {
        LoadSpec {
            requests,
            warm_up: None,
            stages: vec![Stage { rate: 10, seconds: 1 }],
            arrivals: Arrivals::Even,
            seed: 1,
            connections: 4,
            workers: 1,
            timeout: Span::seconds(1),
            queue: 16,
        }
    }

    fn refusal(change: impl FnOnce(&mut LoadSpec)) -> String {
        let mut spec = spec(vec![request("a", "http://h:1/"), request("b", "http://h:2/")]);
        change(&mut spec);
        Targets::new(&spec).unwrap_err().to_string()
    }

    #[test]
    fn urls_are_split_as_connections_and_the_host_header_need_them() {
        let cases = [
            ("http://shop:8080/buy?n=1", "shop", 8080, "/buy?n=1", "shop:8080"),
            ("http://shop", "shop", 80, "/", "shop"),
            ("http://[::1]:81/x", "::1", 81, "/x", "[::1]:81"),
        ];
        for (url, name, port, path, header) in cases {
            let (host, uri, value) = read_url(url).unwrap();
            assert_eq!((host.name.as_str(), host.port), (name, port));
            assert_eq!((uri.to_string().as_str(), value.to_str().unwrap()), (path, header));
        }
    }

    #[test]
    fn requests_to_one_host_share_it() {
        let urls = ["http://h:1/a", "http://g:1/", "http://h:1/b"];
        let requests = urls.iter().map(|url| request(url, url)).collect();
        let targets = Targets::new(&spec(requests)).unwrap();
        assert_eq!(targets.requests.iter().map(|target| target.host).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn every_impossible_specification_is_refused_with_its_place() {
        for url in ["https://h/", "h:1", "/x", "http://u:p@h/", "http://h:0/", "http://:1/", "http://h:99999/", ""] {
            let said = refusal(|spec| spec.requests[1].url = url.to_owned());
            assert!(said.contains("`requests[1].url`") && said.contains("http://HOST:PORT/PATH"), "{said}");
        }
        type Change = fn(&mut LoadSpec);
        let cases: [(&str, Change); 15] = [
            ("`requests` is empty", |spec| spec.requests.clear()),
            ("`requests[1].name`", |spec| spec.requests[1].name = "a".to_owned()),
            ("`requests[0].weight`", |spec| spec.requests[0].weight = 0),
            ("`requests[0].method`", |spec| spec.requests[0].method = "G T".to_owned()),
            ("`requests[0].method`", |spec| spec.requests[0].method = "CONNECT".to_owned()),
            ("`requests[0].expect_status`", |spec| spec.requests[0].expect_status = vec![1_000]),
            ("`requests[0].headers.a b`", |spec| drop(spec.requests[0].headers.insert("a b".into(), "1".into()))),
            ("`requests[0].headers.x`", |spec| drop(spec.requests[0].headers.insert("x".into(), "\n".into()))),
            ("leave it out", |spec| drop(spec.requests[0].headers.insert("Content-Length".into(), "1".into()))),
            ("`stages` has 0", |spec| spec.stages.clear()),
            ("`stages[0].rate`", |spec| spec.stages[0].rate = 0),
            ("`warm_up.seconds`", |spec| spec.warm_up = Some(Stage { rate: 1, seconds: 0 })),
            ("`connections` is 1: 1 workers and 2 hosts need 2", |spec| spec.connections = 1),
            ("`queue`", |spec| spec.queue = 0),
            ("`timeout`", |spec| spec.timeout = Span::seconds(0)),
        ];
        for (expected, change) in cases {
            let said = refusal(change);
            assert!(said.contains(expected), "{said}");
        }
    }

    #[test]
    fn answers_are_judged_by_status_first_and_body_second() {
        let strict =
            RequestSpec { expect_status: vec![404], expect_body: Some("sold".to_owned()), ..request("a", "http://h/") };
        let targets = Targets::new(&spec(vec![strict, request("b", "http://h/")])).unwrap();
        let [strict, plain] = &targets.requests[..] else { panic!("two requests") };
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
