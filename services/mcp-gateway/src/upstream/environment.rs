use std::{collections::BTreeMap, ffi::OsString};

/// What a server inherits of the gateway's environment. All else stays here,
/// for it may hold secrets of ours.
const INHERITED: [&str; 5] = ["PATH", "HOME", "LANG", "TMPDIR", "TZ"];

/// The whole environment of a server: a few inherited variables, and its own.
pub(super) fn environment(own: &BTreeMap<String, String>) -> BTreeMap<OsString, OsString> {
    let inherited = INHERITED
        .into_iter()
        // No configuration is read here: what is passed on is the system's.
        .filter_map(|name| Some((name.into(), std::env::var_os(name)?)));
    let own = own.iter().map(|(name, value)| (name.into(), value.into()));
    inherited.chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_sees_its_own_variables_and_few_of_ours() {
        let own = BTreeMap::from([
            ("TOKEN".to_owned(), "t".to_owned()),
            ("PATH".to_owned(), "/own".to_owned()),
        ]);
        let environment = environment(&own);
        assert_eq!(environment.get(&OsString::from("TOKEN")), Some(&"t".into()));
        assert_eq!(environment.get(&OsString::from("PATH")), Some(&"/own".into()));
        assert!(
            environment
                .keys()
                .all(|name| name == "TOKEN" || INHERITED.iter().any(|known| name == known)),
            "{:?}",
            environment.keys()
        );
    }
}
