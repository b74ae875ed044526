use std::net::{IpAddr, Ipv6Addr};

use access::CLIENT_ADDRESS_METADATA;
use tonic::metadata::MetadataMap;

/// Where a person's request comes from, as far as attempts are counted: an IPv4
/// address, or the /64 that one IPv6 customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(IpAddr);

/// What the HTTP gateway says; absent for callers without clients.
pub(crate) fn ip(metadata: &MetadataMap) -> Option<IpAddr> {
    let text = metadata.get(CLIENT_ADDRESS_METADATA)?.to_str().ok()?;
    text.parse().ok()
}

impl ClientAddress {
    pub(crate) fn new(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(IpAddr::V4(address)),
            IpAddr::V6(address) => {
                let network = u128::from(address) & !u128::from(u64::MAX);
                Self(IpAddr::V6(Ipv6Addr::from(network)))
            }
        }
    }
}
