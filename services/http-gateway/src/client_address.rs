use std::{
    convert::Infallible,
    fmt,
    net::{IpAddr, SocketAddr},
};

use access::CLIENT_ADDRESS_METADATA;
use axum::{
    extract::{ConnectInfo, FromRequestParts},
    http::{HeaderMap, request::Parts},
};
use ipnet::IpNet;

use crate::app::App;

/// Where a request comes from. Absent only where it came over no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ClientAddress(Option<IpAddr>);

impl FromRequestParts<App> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let address = peer.map(|ConnectInfo(peer)| resolve(peer.ip(), &parts.headers, &app.trusted_proxies));
        Ok(Self(address))
    }
}

impl ClientAddress {
    /// A request to the projects service that says whose it is: attempts to
    /// sign in are counted per address.
    pub(crate) fn request<T>(self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        if let Some(address) = self.0
            && let Ok(address) = address.to_string().parse()
        {
            request.metadata_mut().insert(CLIENT_ADDRESS_METADATA, address);
        }
        request
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(address) => address.fmt(formatter),
            None => Ok(()),
        }
    }
}

/// Each proxy adds to the right of `X-Forwarded-For` whom it was asked by. What
/// stands left of the first that is none of ours, anybody may have written.
fn resolve(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.contains(address));
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(",");
    let mut address = peer.to_canonical();
    let mut before = forwarded.rsplit(',').map(str::trim);
    while is_trusted(&address) {
        match before.next().map(str::parse::<IpAddr>) {
            Some(Ok(next)) => address = next.to_canonical(),
            Some(Err(_)) | None => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &str, trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", forwarded.parse().expect("a header"));
        let trusted: Vec<IpNet> = trusted
            .iter()
            .map(|proxy| proxy.parse().expect("a network"))
            .collect();
        resolve(peer.parse().expect("an address"), &headers, &trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        let proxies = ["10.0.0.0/8"];
        assert_eq!(seen("198.51.100.7", "203.0.113.9", &proxies), "198.51.100.7");
        assert_eq!(seen("10.0.0.1", "203.0.113.9", &[]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", "203.0.113.9", &proxies), "203.0.113.9");
        assert_eq!(seen("::ffff:10.0.0.1", "203.0.113.9", &proxies), "203.0.113.9");
        // The client wrote the first, our outer proxy the second, the inner one the third.
        assert_eq!(
            seen("10.0.0.1", "192.0.2.1, 203.0.113.9, 10.0.0.2", &proxies),
            "203.0.113.9"
        );
        assert_eq!(seen("10.0.0.1", "unknown", &proxies), "10.0.0.1");
    }
}
