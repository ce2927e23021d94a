//! Addresses of the manager and of GitHub's API: which may be used at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use reqwest::Url;
use serde_saphyr::Spanned;

use super::error::{ConfigError, Problem};
use super::excerpt::shortened;
use super::source::Source;

/// What may be wrong with an address.
#[derive(PartialEq, Eq, Debug)]
enum Refusal {
    /// It holds a password or token.
    Credentials,
    Because(&'static str),
}

use Refusal::{Because, Credentials};

/// The address of an API that gets our credentials: by TLS, or on this host. Without a slash at its end.
pub(super) fn of_api(source: &Source, key: &'static str, text: &Spanned<String>) -> Result<String, ConfigError> {
    told(source, key, text, api(&text.value), "`https://HOST/PATH`")
}

/// The address where people reach us. Without a slash at its end.
pub(super) fn of_ours(source: &Source, key: &'static str, text: &Spanned<String>) -> Result<String, ConfigError> {
    told(source, key, text, sound(&text.value).map(|_| ()), "`https://HOST/PATH` or `http://HOST/PATH`")
}

fn told(
    source: &Source,
    key: &'static str,
    text: &Spanned<String>,
    found: Result<(), Refusal>,
    expected: &str,
) -> Result<String, ConfigError> {
    match found {
        Ok(()) => Ok(text.value.trim_end_matches('/').to_owned()),
        Err(Credentials) => {
            let message = format!("`{key}` has a password or token in it; expected {expected}");
            Err(source.secret_error(text.referenced, Problem::Value(message)))
        }
        Err(Because(reason)) => {
            let message = format!("`{key}` {reason}: `{}`; expected {expected}", shortened(&text.value));
            Err(source.error(text.referenced, Problem::Value(message)))
        }
    }
}

fn api(text: &str) -> Result<(), Refusal> {
    let url = sound(text)?;
    if url.scheme() == "http" && !is_here(&url) {
        return Err(Because("would send our credentials without TLS"));
    }
    Ok(())
}

fn sound(text: &str) -> Result<Url, Refusal> {
    let Ok(url) = Url::parse(text) else { return Err(Because("is no URL")) };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Credentials);
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Because("is not of the web"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Because("has more than a path at its end"));
    }
    // Parsers forgive these; what is left of them is a surprise.
    if !text.bytes().all(|b| b.is_ascii_graphic()) || text.contains('\\') {
        return Err(Because("has characters that no URL has"));
    }
    if address(&url).is_some_and(is_nobodys) {
        return Err(Because("leads to an address that belongs to no server: link-local, multicast or unspecified"));
    }
    Ok(url)
}

/// The address that stands in a URL, as numbers in any notation.
fn address(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    // Numbers of IPv4 in IPv6 are the same address.
    bare.parse().ok().map(|address: IpAddr| address.to_canonical())
}

fn is_here(url: &Url) -> bool {
    url.host_str() == Some("localhost") || address(url).is_some_and(|address| address.is_loopback())
}

/// Link-local addresses are where clouds keep the credentials of their machines.
fn is_nobodys(address: IpAddr) -> bool {
    let of_v4 = |v4: Ipv4Addr| v4.is_link_local() || v4.is_broadcast();
    let of_v6 = |v6: Ipv6Addr| v6.is_unicast_link_local();
    let is_local = match address {
        IpAddr::V4(v4) => of_v4(v4),
        IpAddr::V6(v6) => of_v6(v6),
    };
    is_local || address.is_unspecified() || address.is_multicast()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apis_are_reached_by_tls_or_on_this_host() {
        for url in [
            "https://api.github.com",
            "https://github.example.com/api/v3/",
            "http://127.0.0.1:8080",
            "http://localhost:9/x",
            "http://[::1]:8080",
            "https://10.0.0.7",
        ] {
            assert_eq!(api(url), Ok(()), "{url}");
        }
        for url in ["http://api.github.com", "http://10.0.0.7", "http://localhost.example.com"] {
            assert_eq!(api(url), Err(Because("would send our credentials without TLS")), "{url}");
        }
    }

    #[test]
    fn what_is_of_no_server_is_refused() {
        let refused = [
            "",
            "shop",
            "file:///etc/passwd",
            "ftp://example.com",
            "javascript:alert(1)",
            "data:text/html,x",
            "http://169.254.169.254/latest",
            "https://169.254.169.254",
            "https://2852039166",
            "https://0xa9fea9fe",
            "https://[::ffff:169.254.169.254]",
            "https://[fe80::1]",
            "https://0.0.0.0",
            "https://[::]",
            "https://224.0.0.1",
            "https://example.com/?q",
            "https://example.com/#x",
            "https://exa\nmple.com",
            "https://example.com/a b",
            "https:\\\\example.com",
        ];
        for url in refused {
            assert!(matches!(sound(url), Err(Because(_))), "{url}");
        }
        for url in ["https://me:token@example.com", "https://token@example.com", "https://:token@example.com"] {
            assert_eq!(sound(url), Err(Credentials), "{url}");
        }
    }
}
