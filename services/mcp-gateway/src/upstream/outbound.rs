//! Where the gateway goes: which addresses a definition may lead it to.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use ipnet::IpNet;

/// What the deployment allows beyond the public internet over TLS.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outbound {
    networks: Vec<IpNet>,
    hosts: Vec<String>,
}

/// Why a server is not connected to. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Forbidden {
    #[error(
        "{host} leads to {kind} address, where this deployment does not let servers be; \
         its operator can allow it in the gateway's setting outbound.allow"
    )]
    Address { host: String, kind: &'static str },
    #[error(
        "{0} is not reached over TLS; use https, or have the operator allow it in the gateway's setting outbound.allow"
    )]
    Plain(String),
}

impl Outbound {
    /// Reads entries: networks such as `10.0.0.0/8`, addresses, and host names.
    /// The error is the entry that is none of them.
    pub(crate) fn new(allow: &[String]) -> Result<Self, String> {
        let mut outbound = Self::default();
        for entry in allow {
            if let Ok(network) = entry.parse::<IpNet>() {
                outbound.networks.push(network.trunc());
            } else if let Ok(address) = entry.parse::<IpAddr>() {
                outbound.networks.push(address.into());
            } else if is_host_name(entry) {
                outbound.hosts.push(entry.to_ascii_lowercase());
            } else {
                return Err(entry.clone());
            }
        }
        Ok(outbound)
    }

    /// Those of the addresses of a host that may be dialled.
    pub(crate) fn permitted(
        &self,
        host: &str,
        is_tls: bool,
        addresses: impl IntoIterator<Item = SocketAddr>,
    ) -> Result<Vec<SocketAddr>, Forbidden> {
        let is_allowed_host = self
            .hosts
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(host));
        let mut permitted = Vec::new();
        let mut forbidden = None;
        for address in addresses {
            let ip = address.ip().to_canonical();
            let is_allowed = is_allowed_host || self.networks.iter().any(|network| network.contains(&ip));
            match special(ip) {
                _ if is_allowed => permitted.push(address),
                Some(kind) => {
                    forbidden = Some(Forbidden::Address {
                        host: host.to_owned(),
                        kind,
                    });
                }
                None if is_tls => permitted.push(address),
                None => forbidden = Some(Forbidden::Plain(host.to_owned())),
            }
        }
        match (permitted.is_empty(), forbidden) {
            (true, Some(forbidden)) => Err(forbidden),
            _ => Ok(permitted),
        }
    }
}

fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.split('.').all(is_label)
}

/// What is special about an address that is no public one of a single host
/// (IANA special-purpose address registries, RFC 6890).
fn special(ip: IpAddr) -> Option<&'static str> {
    match ip.to_canonical() {
        IpAddr::V4(ip) => special_v4(ip),
        IpAddr::V6(ip) => special_v6(ip),
    }
}

#[expect(clippy::unnested_or_patterns, reason = "a network each")]
fn special_v4(ip: Ipv4Addr) -> Option<&'static str> {
    match ip.octets() {
        [127, ..] => Some("a loopback"),
        [169, 254, ..] => Some("a link-local"),
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Some("a private"),
        [224..=239, ..] => Some("a multicast"),
        [0, ..]
        | [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18..=19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [240..=255, ..] => Some("a reserved"),
        _ => None,
    }
}

#[expect(clippy::unnested_or_patterns, reason = "a network each")]
fn special_v6(ip: Ipv6Addr) -> Option<&'static str> {
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        special_v4(Ipv4Addr::new(a, b, c, d))
    };
    match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Some("a loopback"),
        [0xfe80..=0xfeff, ..] => Some("a link-local"),
        [0xfc00..=0xfdff, ..] => Some("a private"),
        [0xff00..=0xffff, ..] => Some("a multicast"),
        // What translates to an IPv4 address is as that one is (RFC 6052, RFC 3056).
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => v4(high, low),
        [0x2001, 0..=0x1ff, ..] | [0x2001, 0xdb8, ..] | [0x3fff, 0..=0xfff, ..] => Some("a reserved"),
        [0x2000..=0x3fff, ..] => None,
        _ => Some("a reserved"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(outbound: &Outbound, host: &str, ip: &str, is_tls: bool) -> bool {
        let address = SocketAddr::new(ip.parse().expect("an address"), 443);
        outbound.permitted(host, is_tls, [address]).is_ok()
    }

    #[test]
    fn only_public_addresses_are_dialled_unless_the_deployment_says_more() {
        let strict = Outbound::default();
        for ip in [
            "127.0.0.1",
            "127.9.9.9",
            "0.0.0.0",
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "100.100.100.200",
            "224.0.0.1",
            "255.255.255.255",
            "198.18.0.1",
            "192.0.0.192",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::7f00:1",
            "fe80::1",
            "fec0::1",
            "fd00:ec2::254",
            "ff02::1",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001::1",
            "100::1",
        ] {
            assert!(!check(&strict, "a.example", ip, true), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "172.32.0.1",
            "100.128.0.1",
            "2606:4700::1111",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
        ] {
            assert!(check(&strict, "a.example", ip, true), "{ip}");
            assert!(!check(&strict, "a.example", ip, false), "{ip} without TLS");
        }
    }

    #[test]
    fn a_deployment_allows_networks_addresses_and_hosts() {
        let allow = ["10.1.0.0/16", "127.0.0.1", "::1/128", "MCP.internal"].map(str::to_owned);
        let outbound = Outbound::new(&allow).expect("good");
        assert!(check(&outbound, "x", "10.1.2.3", false));
        assert!(check(&outbound, "x", "::ffff:10.1.2.3", false));
        assert!(!check(&outbound, "x", "10.2.0.1", true));
        assert!(check(&outbound, "x", "127.0.0.1", false));
        assert!(!check(&outbound, "x", "127.0.0.2", true));
        assert!(check(&outbound, "x", "::1", false));
        assert!(check(&outbound, "mcp.INTERNAL", "192.168.0.9", false));
        assert!(!check(&outbound, "not.mcp.internal", "192.168.0.9", true));
        for entry in ["", "*", "http://x", "10.0.0.0/99", "a..b", "a b"] {
            assert_eq!(Outbound::new(&[entry.to_owned()]).err().as_deref(), Some(entry));
        }
    }

    #[test]
    fn of_many_addresses_those_that_are_permitted_are_dialled() {
        let addresses: Vec<SocketAddr> = ["10.0.0.1:443", "1.1.1.1:443"]
            .map(|address| address.parse().expect("an address"))
            .into();
        let permitted = Outbound::default().permitted("a.example", true, addresses.clone());
        assert_eq!(permitted, Ok(vec![addresses[1]]));
    }
}
