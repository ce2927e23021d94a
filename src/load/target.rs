//! What is sent, ready to send: the specification after validation.

use std::collections::BTreeSet;

use hyper::Uri;
use hyper::header::HeaderValue;

use super::error::{LoadError, refuse};
use super::http::HttpCall;
use super::means::{check_means, check_stages};
use super::rpc::Rpc;
use crate::domain::load::{LoadSpec, RequestSpec};
use crate::domain::units::Span;

/// What is spoken on a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Protocol {
    /// One request at a time.
    Http1,
    /// Several calls at once.
    Grpc,
}

/// Where connections go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Host {
    pub(super) name: String,
    pub(super) port: u16,
    pub(super) protocol: Protocol,
}

/// What is sent, and what must come back.
#[derive(Debug)]
pub(super) enum Call {
    Http(HttpCall),
    Grpc(Rpc),
}

/// One kind of request.
#[derive(Debug)]
pub(super) struct Target {
    /// Index into [`Targets::hosts`]; the host speaks the call's protocol.
    pub(super) host: usize,
    /// From the intended send to the time-out, in nanoseconds.
    pub(super) limit_ns: u64,
    pub(super) call: Call,
}

/// All kinds of request, in the order of the specification, and the hosts they go to.
#[derive(Debug)]
pub(super) struct Targets {
    pub(super) hosts: Vec<Host>,
    pub(super) requests: Vec<Target>,
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
            targets.add(&place, request, spec.timeout)?;
        }
        check_stages(spec)?;
        check_means(spec, targets.hosts.len())?;
        Ok(targets)
    }

    fn add(&mut self, place: &str, request: &RequestSpec, timeout: Span) -> Result<(), LoadError> {
        if request.weight == 0 {
            return Err(refuse(format!("{place}.weight"), "is 0: use at least 1, or leave the request out"));
        }
        let (host, path, authority) =
            read_url(&request.url).map_err(|reason| refuse(format!("{place}.url"), reason))?;
        let (host, limit, call) = match &request.grpc {
            None => (host, timeout, Call::Http(HttpCall::new(place, request, path, authority)?)),
            Some(call) => {
                let rpc = Rpc::new(place, request, call, timeout)?;
                (Host { protocol: Protocol::Grpc, ..host }, call.deadline.unwrap_or(timeout), Call::Grpc(rpc))
            }
        };
        let position = self.hosts.iter().position(|known| *known == host).unwrap_or_else(|| {
            self.hosts.push(host);
            self.hosts.len() - 1
        });
        let limit_ns = u64::try_from(limit.0.as_nanos()).unwrap_or(u64::MAX);
        self.requests.push(Target { host: position, limit_ns, call });
        Ok(())
    }
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
    Ok((Host { name, port, protocol: Protocol::Http1 }, path, header))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::domain::load::Arrivals;
    use crate::domain::plan::Stage;

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
}
