//! The head of a gRPC call: where it goes, what it says of itself, and how long it may take.

use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD};
use hyper::header::{CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, TE, USER_AGENT};
use hyper::{Method, Request, Uri, Version};

/// Base64 as people write it, with padding or without.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// The content type of gRPC; others begin with it and name the encoding of the message.
pub(super) const GRPC: &str = "application/grpc";
const TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");
/// More digits than gRPC allows a time-out.
const MAX_TIMEOUT_DIGITS: u64 = 100_000_000;

/// All that the calls of one kind have in common.
#[derive(Debug)]
pub(super) struct Head {
    uri: Uri,
    headers: HeaderMap,
}

impl Head {
    /// Of a call of `PACKAGE.SERVICE/METHOD` at `HOST:PORT`.
    pub(super) fn new(authority: &str, method: &str) -> Result<Self, String> {
        let sound = method.split_once('/').is_some_and(|(service, name)| is_name(service) && is_identifier(name));
        if !sound {
            return Err(format!("is `{method}`; expected `PACKAGE.SERVICE/METHOD`"));
        }
        let uri = format!("http://{authority}/{method}").parse().map_err(|error| format!("is `{method}`: {error}"))?;
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(GRPC)),
            (TE, HeaderValue::from_static("trailers")),
            (USER_AGENT, HeaderValue::from_static("loadmark")),
        ];
        Ok(Self { uri, headers: headers.into_iter().collect() })
    }

    /// Adds a key of the metadata; the value of one that ends with `-bin` is base64.
    pub(super) fn add(&mut self, key: &str, value: &str) -> Result<(), String> {
        let name: HeaderName = key.parse().map_err(|_| "is no key of metadata".to_owned())?;
        if key.starts_with("grpc-") || [CONTENT_TYPE, TE, HOST].contains(&name) {
            return Err("belongs to gRPC itself: leave it out".to_owned());
        }
        let value = if key.ends_with("-bin") {
            let bytes = LENIENT
                .decode(value)
                .map_err(|error| format!("ends with `-bin`, and its value is no base64: {error}"))?;
            STANDARD_NO_PAD.encode(bytes)
        } else {
            value.to_owned()
        };
        let value = value.parse().map_err(|_| "has a value that no metadata may have".to_owned())?;
        self.headers.insert(name, value);
        Ok(())
    }

    /// A fresh copy to send, with so much time left.
    pub(super) fn request(&self, left_ns: u64) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = self.headers.clone();
        request.headers_mut().insert(TIMEOUT, timeout_value(left_ns));
        request
    }
}

fn is_name(text: &str) -> bool {
    text.split('.').all(is_identifier)
}

fn is_identifier(text: &str) -> bool {
    let mut bytes = text.bytes();
    let first = bytes.next().is_some_and(|b| b.is_ascii_alphabetic() || b == b'_');
    first && bytes.all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// Rounded up, so that the service does not give up before us.
fn timeout_value(left_ns: u64) -> HeaderValue {
    let micros = left_ns.div_ceil(1_000).max(1);
    let text = if micros < MAX_TIMEOUT_DIGITS { format!("{micros}u") } else { format!("{}m", micros.div_ceil(1_000)) };
    let mut value = HeaderValue::try_from(text).expect("digits and a letter are a header's value");
    // Each differs from the last: to remember them would drive the others out of the compression's table.
    value.set_sensitive(true);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_a_service_and_a_name() {
        assert_eq!(Head::new("h:1", "shop.v1.Inventory/Reserve").unwrap().uri, "http://h:1/shop.v1.Inventory/Reserve");
        for method in
            ["", "Reserve", "/shop.Inventory/Reserve", "shop.Inventory/", "shop..I/R", "a/b/c", "a/b?c", "1/b"]
        {
            assert!(Head::new("h:1", method).unwrap_err().contains("PACKAGE.SERVICE/METHOD"), "{method}");
        }
    }

    #[test]
    fn metadata_is_sent_as_given_and_what_belongs_to_grpc_is_refused() {
        let mut head = Head::new("h:1", "a/b").unwrap();
        for (key, value) in [("x-tenant", "demo"), ("trace-bin", "AQI="), ("other-bin", "AQI"), ("user-agent", "mine")]
        {
            head.add(key, value).unwrap();
        }
        let request = head.request(1);
        let seen = |key: &str| request.headers()[key].to_str().unwrap().to_owned();
        assert_eq!(
            (seen("x-tenant"), seen("trace-bin"), seen("other-bin")),
            ("demo".into(), "AQI".into(), "AQI".into())
        );
        assert_eq!(
            (seen("user-agent"), seen("te"), seen("content-type")),
            ("mine".into(), "trailers".into(), GRPC.into())
        );
        for (key, value) in [("grpc-timeout", "1S"), ("te", "x"), ("a b", "x"), ("k", "\n"), ("k-bin", "*")] {
            assert!(head.add(key, value).is_err(), "{key}");
        }
    }

    #[test]
    fn timeouts_have_at_most_eight_digits_and_are_never_zero() {
        for (ns, text) in [(0, "1u"), (1_001, "2u"), (2_000_000_000, "2000000u"), (3_600_000_000_000, "3600000m")] {
            assert_eq!(timeout_value(ns), text);
        }
    }
}
