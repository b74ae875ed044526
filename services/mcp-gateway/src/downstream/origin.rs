use std::{collections::HashSet, net::IpAddr};

use http::{HeaderMap, Uri, header};

use super::refusal::Refusal;

/// Names under which the gateway may be addressed: never empty, so that no page
/// of another site can speak with a gateway on its visitor's machine by a name
/// that it made resolve to it ("DNS rebinding").
#[derive(Debug)]
pub(crate) struct AllowedHosts {
    hosts: HashSet<String>,
    origins: HashSet<String>,
}

impl AllowedHosts {
    /// Loopback names, the address that is listened on, the public one, and
    /// what the configuration adds.
    pub(crate) fn new(
        listened_on: IpAddr,
        public_url: Option<&str>,
        hosts: &[String],
        origins: &[String],
    ) -> Self {
        let mut allowed: HashSet<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
        // "Any address" is no name that a client could use.
        if !listened_on.is_unspecified() {
            allowed.insert(listened_on.to_string());
        }
        let public = public_url.and_then(|url| url.parse::<Uri>().ok());
        allowed.extend(public.as_ref().and_then(Uri::host).map(bare));
        allowed.extend(hosts.iter().map(|host| bare(host)));
        Self {
            hosts: allowed,
            origins: origins
                .iter()
                .map(|origin| origin.trim_end_matches('/').to_lowercase())
                .collect(),
        }
    }

    /// Refuses a request that names another host, or that a browser sends for
    /// a page from elsewhere.
    pub(super) fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let named = headers.get(header::HOST);
        let is_known = match named.map(|host| host.to_str().unwrap_or_default()) {
            // HTTP/2 has it in the address.
            None => self.is_host_of(uri),
            Some(named) => {
                self.hosts.contains(without_port(named))
                    || named.parse::<Uri>().is_ok_and(|uri| self.is_host_of(&uri))
            }
        };
        if !is_known {
            return Err(Refusal::forbidden(
                "the gateway does not go by the name in Host; use its public URL, or add the name to allowed_hosts",
            ));
        }
        let mut origins = headers.get_all(header::ORIGIN).iter();
        if !origins.all(|origin| origin.to_str().is_ok_and(|origin| self.is_allowed_origin(origin))) {
            return Err(Refusal::forbidden(
                "pages of this Origin may not use the gateway; add it to allowed_origins if they should",
            ));
        }
        Ok(())
    }

    fn is_host_of(&self, uri: &Uri) -> bool {
        uri.host().is_some_and(|host| self.hosts.contains(&bare(host)))
    }

    fn is_allowed_origin(&self, origin: &str) -> bool {
        if self.origins.contains(&origin.to_lowercase()) {
            return true;
        }
        let uri = origin.parse::<Uri>().ok();
        uri.filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")))
            .is_some_and(|uri| self.is_host_of(&uri))
    }
}

/// The host of what most clients send in `Host`; of all else that text, which is no
/// host then.
fn without_port(named: &str) -> &str {
    match named.split_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => named,
    }
}

/// Without brackets, in lower case.
fn bare(host: &str) -> String {
    host.trim_start_matches('[').trim_end_matches(']').to_lowercase()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn is_allowed(host: &str, origin: Option<&str>) -> bool {
        let allowed = AllowedHosts::new(
            Ipv4Addr::UNSPECIFIED.into(),
            Some("https://mcp.example.com"),
            &["gateway".to_owned()],
            &["https://inspector.example.com/".to_owned()],
        );
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().expect("a value"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a value"));
        }
        allowed.check(&Uri::from_static("/"), &headers).is_ok()
    }

    #[test]
    fn only_the_gateways_own_names_are_taken() {
        for host in [
            "localhost:8090",
            "127.0.0.1:8090",
            "[::1]:8090",
            "MCP.example.com",
            "gateway:8090",
        ] {
            assert!(is_allowed(host, None), "{host}");
        }
        for host in [
            "evil.example",
            "0.0.0.0:8090",
            "",
            "localhost.evil.example",
            "a b",
        ] {
            assert!(!is_allowed(host, None), "{host}");
        }
    }

    #[test]
    fn pages_from_elsewhere_are_refused() {
        for origin in [
            "http://localhost:6274",
            "https://mcp.example.com",
            "https://inspector.example.com",
        ] {
            assert!(is_allowed("localhost", Some(origin)), "{origin}");
        }
        for origin in [
            "https://evil.example",
            "null",
            "file://",
            "http://localhost.evil.example",
            "",
        ] {
            assert!(!is_allowed("localhost", Some(origin)), "{origin}");
        }
    }
}
