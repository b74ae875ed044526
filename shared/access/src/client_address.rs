use std::net::IpAddr;

use http::HeaderMap;

use crate::Network;

/// Where a request comes from that a peer sent. Each proxy adds to the right of
/// `X-Forwarded-For` whom it was asked by; what stands left of the first that is
/// none of ours, anybody may have written.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[Network]) -> IpAddr {
    let is_trusted = |address: &IpAddr| trusted.iter().any(|proxy| proxy.contains(address));
    let mut address = peer.to_canonical();
    // Most come themselves, and are not asked for whom.
    if !is_trusted(&address) {
        return address;
    }
    let forwarded = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(",");
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
        let trusted: Vec<Network> = trusted
            .iter()
            .map(|proxy| proxy.parse().expect("a network"))
            .collect();
        client_address(peer.parse().expect("an address"), &headers, &trusted).to_string()
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
