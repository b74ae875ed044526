use super::Names;
use domain::ServerId;

/// How the addresses begin that the gateway itself makes.
const OWN: &str = "mcporch://server/";

/// How a resource is addressed that cannot keep its own URI, because another
/// server has the same one. The server's own URI stands whole behind the
/// server's part, templates with their expressions too.
pub(crate) fn exposed_uri(prefix: &str, uri: &str) -> String {
    format!("{OWN}{prefix}/{uri}")
}

/// Whether a server's own URI looks like one of ours, and so cannot stay.
pub(crate) fn looks_exposed(uri: &str) -> bool {
    uri.starts_with(OWN)
}

/// Divides an address that the gateway made.
pub(crate) fn resolve_uri<'a>(names: &Names, uri: &'a str) -> Option<(ServerId, &'a str)> {
    let (prefix, own) = uri.strip_prefix(OWN)?.split_once('/')?;
    Some((names.server(prefix)?, own))
}

#[cfg(test)]
mod tests {
    use domain::Clock;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_address_leads_back(uri in ".{0,40}", name in "[a-zA-Z0-9 ._-]{1,40}") {
            let server = ServerId::new(&Clock::system());
            let names = Names::new([(server, name.as_str())]);
            let exposed = exposed_uri(names.prefix(server).expect("named"), &uri);
            prop_assert!(looks_exposed(&exposed));
            prop_assert_eq!(resolve_uri(&names, &exposed), Some((server, uri.as_str())));
        }
    }

    #[test]
    fn other_addresses_are_none_of_ours() {
        let names = Names::new([(ServerId::new(&Clock::system()), "a")]);
        for uri in ["file:///a", "mcporch://server/b/file:///a", "mcporch://server/a"] {
            assert_eq!(resolve_uri(&names, uri), None, "{uri}");
        }
    }
}
