pub(crate) mod store;

use std::{collections::BTreeSet, net::IpAddr};

use domain::{Permission, Scope, ToolPattern};
use ipnet::IpNet;
use service_error::ServiceError;

const MAX_IP_RANGES: usize = 64;
const MAX_TOOLS: usize = 64;
const MAX_RATE_LIMIT_PER_MINUTE: u32 = 1_000_000;

/// What a key is limited to. Its creator's role limits it beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyLimits {
    /// Never none.
    pub(crate) scopes: BTreeSet<Scope>,
    /// None: it may be used from everywhere.
    pub(crate) ip_ranges: Vec<IpNet>,
    /// Requests; absent: as many as it likes.
    pub(crate) rate_limit_per_minute: Option<u32>,
    /// None: all tools.
    pub(crate) tools: Vec<ToolPattern>,
}

impl Default for KeyLimits {
    /// All that keys can have.
    fn default() -> Self {
        Self {
            scopes: Scope::ALL.iter().copied().collect(),
            ip_ranges: Vec::new(),
            rate_limit_per_minute: None,
            tools: Vec::new(),
        }
    }
}

impl KeyLimits {
    /// What a key with these limits may whose creator may that.
    pub(crate) fn permissions(&self, creator_may: impl Iterator<Item = Permission>) -> Vec<Permission> {
        creator_may
            .filter(|permission| {
                permission
                    .scope()
                    .is_some_and(|scope| self.scopes.contains(&scope))
            })
            .collect()
    }

    /// Whether it may be used from there. From an unknown address only where
    /// every address will do.
    pub(crate) fn allow_address(&self, address: Option<IpAddr>) -> bool {
        self.ip_ranges.is_empty()
            || address
                .map(|address| address.to_canonical())
                .is_some_and(|address| self.ip_ranges.iter().any(|range| range.contains(&address)))
    }
}

/// A range in CIDR notation, or one address.
pub(crate) fn parse_ip_ranges(texts: &[String]) -> Result<Vec<IpNet>, ServiceError> {
    if texts.len() > MAX_IP_RANGES {
        return Err(ServiceError::invalid(
            "ip_ranges",
            format!("at most {MAX_IP_RANGES}"),
        ));
    }
    let parse = |text: &String| {
        let text = text.trim();
        let one = || {
            text.parse::<IpAddr>()
                .ok()
                .map(|address| IpNet::from(address.to_canonical()))
        };
        text.parse::<IpNet>()
            .ok()
            .or_else(one)
            .map(|range| range.trunc())
            .ok_or_else(|| {
                ServiceError::invalid(
                    "ip_ranges",
                    "expected ranges such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7",
                )
            })
    };
    texts.iter().map(parse).collect()
}

pub(crate) fn parse_tools(texts: &[String]) -> Result<Vec<ToolPattern>, ServiceError> {
    if texts.len() > MAX_TOOLS {
        return Err(ServiceError::invalid("tools", format!("at most {MAX_TOOLS}")));
    }
    let parse = |text: &String| {
        ToolPattern::parse(text).map_err(|error| ServiceError::invalid("tools", error.to_string()))
    };
    texts.iter().map(parse).collect()
}

pub(crate) fn parse_rate_limit(per_minute: u32) -> Result<u32, ServiceError> {
    if (1..=MAX_RATE_LIMIT_PER_MINUTE).contains(&per_minute) {
        return Ok(per_minute);
    }
    Err(ServiceError::invalid(
        "rate_limit_per_minute",
        format!("expected 1 to {MAX_RATE_LIMIT_PER_MINUTE}; leave it out for no limit"),
    ))
}

#[cfg(test)]
mod tests {
    use domain::Role;

    use super::*;

    #[test]
    fn a_key_may_what_its_scopes_and_its_creators_role_both_allow() {
        use Permission as P;
        let all = KeyLimits::default();
        assert_eq!(
            all.permissions(Role::Owner.permissions()),
            [P::ReadProject, P::CallTools, P::ReadLogs, P::ReadPayloads]
        );
        assert_eq!(
            all.permissions(Role::Developer.permissions()),
            all.permissions(Role::Owner.permissions())
        );
        assert_eq!(
            all.permissions(Role::Reporter.permissions()),
            [P::ReadProject, P::ReadLogs]
        );
        let calls = KeyLimits {
            scopes: [Scope::ToolsCall].into(),
            ..KeyLimits::default()
        };
        assert_eq!(calls.permissions(Role::Owner.permissions()), [P::CallTools]);
        assert_eq!(calls.permissions(Role::Reporter.permissions()), []);
    }

    #[test]
    fn addresses_outside_of_the_ranges_are_refused() {
        let ranges = ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"].map(str::to_owned);
        let limits = KeyLimits {
            ip_ranges: parse_ip_ranges(&ranges).expect("ranges"),
            ..KeyLimits::default()
        };
        let allows = |address: &str| limits.allow_address(Some(address.parse().expect("an address")));
        for inside in ["10.1.2.3", "::ffff:10.1.2.3", "192.0.2.7", "2001:db8::1"] {
            assert!(allows(inside), "{inside}");
        }
        for outside in ["127.0.0.1", "192.0.2.8", "2001:db9::1", "::1"] {
            assert!(!allows(outside), "{outside}");
        }
        assert!(!limits.allow_address(None));
        assert!(KeyLimits::default().allow_address(None));
        for text in ["", "x", "10.0.0.0/33", "10.0.0/8", "*"] {
            assert!(parse_ip_ranges(&[text.to_owned()]).is_err(), "{text}");
        }
    }
}
