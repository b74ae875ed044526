use std::{collections::BTreeMap, fmt};

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use service_error::ServiceError;
use url::Url;

use super::MAX_BYTES;

const MAX_URL_BYTES: usize = 2_048;
const MAX_HEADERS: usize = 64;

/// What the connection says of itself (RFC 9110, section 7.6.1), what the
/// protocol sets, and what would name somebody else as the caller.
const REFUSED_HEADERS: [&str; 22] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "last-event-id",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-real-ip",
];
const REFUSED_PREFIXES: [&str; 4] = ["mcp-", "x-forwarded-", "x-mcporch-", "sec-"];

/// Where a server is reached, and what it is sent with every request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Http {
    /// Absolute, of `http` or `https`, without user information and fragment.
    url: Url,
    /// By names in lower case.
    headers: BTreeMap<String, String>,
}

impl Http {
    pub(crate) fn parse(
        url: &str,
        headers: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ServiceError> {
        let mut parsed = BTreeMap::new();
        for (name, value) in headers {
            let name = parse_header_name("headers", &name)?;
            check_header_value("headers", &value)?;
            if parsed.insert(name.clone(), value).is_some() {
                return Err(ServiceError::invalid("headers", format!("{name} is named twice")));
            }
        }
        if parsed.len() > MAX_HEADERS {
            return Err(ServiceError::invalid("headers", format!("at most {MAX_HEADERS}")));
        }
        let http = Self {
            url: parse_url(url)?,
            headers: parsed,
        };
        if http.size_bytes() > MAX_BYTES {
            return Err(ServiceError::invalid(
                "definition",
                format!("url and headers together are at most {MAX_BYTES} bytes"),
            ));
        }
        Ok(http)
    }

    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// The address without what may be a secret in it.
    pub(crate) fn url_without_query(&self) -> String {
        let mut url = self.url.clone();
        if url.query().is_some() {
            url.set_query(Some("***"));
        }
        url.into()
    }

    pub(crate) fn headers(&self) -> &BTreeMap<String, String> {
        &self.headers
    }

    /// Whether both lead to the same host by the same port and scheme.
    pub(crate) fn has_origin_of(&self, other: &Self) -> bool {
        self.url.origin() == other.url.origin()
    }

    fn size_bytes(&self) -> usize {
        let headers = self.headers.iter();
        self.url.as_str().len()
            + headers
                .map(|(name, value)| name.len() + value.len())
                .sum::<usize>()
    }
}

/// Values of headers, and queries, are secrets as often as not.
impl fmt::Debug for Http {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Http")
            .field("url", &self.url_without_query())
            .finish_non_exhaustive()
    }
}

fn parse_url(text: &str) -> Result<Url, ServiceError> {
    let refuse = |problem: &str| Err(ServiceError::invalid("url", problem));
    let text = text.trim();
    if text.len() > MAX_URL_BYTES {
        return refuse("expected at most 2048 bytes");
    }
    let Ok(url) = Url::parse(text) else {
        return refuse("expected an absolute address, such as https://example.com/mcp");
    };
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return refuse("expected an address that starts with https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refuse(
            "a user name or password does not belong here: send it as a header, among the secrets",
        );
    }
    if url.fragment().is_some() {
        return refuse("a fragment (#...) never reaches a server; leave it out");
    }
    Ok(url)
}

/// The name in lower case, as HTTP compares it.
pub(super) fn parse_header_name(field: &str, name: &str) -> Result<String, ServiceError> {
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        ServiceError::invalid(
            field,
            "a header's name is letters, digits and hyphens, such as X-Api-Key",
        )
    })?;
    let name = parsed.as_str();
    let is_refused =
        REFUSED_HEADERS.contains(&name) || REFUSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    if is_refused {
        return Err(ServiceError::invalid(
            field,
            format!("{name} is set by the gateway or by the connection, and cannot be set here"),
        ));
    }
    Ok(name.to_owned())
}

pub(super) fn check_header_value(field: &str, value: &str) -> Result<(), ServiceError> {
    let is_trimmed = value.trim_matches([' ', '\t']).len() == value.len();
    if HeaderValue::from_str(value).is_err() || !value.is_ascii() || !is_trimmed {
        return Err(ServiceError::invalid(
            field,
            "a header's value is visible ASCII without space at its ends and without line breaks",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(url: &str, headers: &[(&str, &str)]) -> Result<Http, String> {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Http::parse(url, headers).map_err(|error| error.fields[0].field.clone())
    }

    #[test]
    fn what_is_no_address_of_a_server_is_refused() {
        for url in [
            "",
            "/mcp",
            "example.com/mcp",
            "ftp://example.com/",
            "file:///etc/passwd",
            "https://",
            "https://kim:pass@example.com/mcp",
            "https://kim@example.com/mcp",
            "https://example.com/mcp#part",
            "http://[::1/mcp",
            &format!("https://example.com/{}", "x".repeat(MAX_URL_BYTES)),
        ] {
            assert_eq!(http(url, &[]), Err("url".to_owned()), "{url}");
        }
    }

    #[test]
    fn headers_that_would_lie_for_the_gateway_are_refused() {
        for (name, value) in [
            ("", "x"),
            ("a b", "x"),
            ("X-Key:", "x"),
            ("Host", "x"),
            ("CONNECTION", "close"),
            ("Transfer-Encoding", "chunked"),
            ("Content-Length", "0"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("Mcp-Session-Id", "x"),
            ("Proxy-Authorization", "x"),
            ("X-Key", "a\r\nHost: evil"),
            ("X-Key", "a\nb"),
            ("X-Key", " a"),
            ("X-Key", "깃"),
        ] {
            assert_eq!(
                http("https://example.com", &[(name, value)]),
                Err("headers".to_owned()),
                "{name}: {value:?}"
            );
        }
        assert_eq!(
            http("https://example.com", &[("X-Key", "a"), ("x-key", "b")]),
            Err("headers".to_owned())
        );
    }

    #[test]
    fn what_servers_ask_for_is_taken() {
        let taken = http("HTTPS://Example.com:443/mcp?v=1", &[("X-Api-Key", "a b=c")]).expect("a server");
        assert_eq!(taken.url(), "https://example.com/mcp?v=1");
        assert_eq!(taken.headers()["x-api-key"], "a b=c");
        let local = http("http://[::1]:8080/mcp", &[]).expect("who may dial it, the gateway knows");
        assert!(!local.has_origin_of(&taken));
        assert!(taken.has_origin_of(&http("https://example.com/other", &[]).expect("a server")));
        assert!(!taken.has_origin_of(&http("http://example.com/mcp", &[]).expect("a server")));
    }

    #[test]
    fn debug_shows_neither_values_nor_queries() {
        let taken = http(
            "https://example.com/mcp?key=canary",
            &[("Authorization", "canary")],
        )
        .expect("a server");
        assert!(!format!("{taken:?}").contains("canary"));
        assert_eq!(taken.url_without_query(), "https://example.com/mcp?***");
    }
}
