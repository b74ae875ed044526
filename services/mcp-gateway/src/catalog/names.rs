use std::collections::HashMap;

use domain::ServerId;
use sha2::{Digest as _, Sha256};

/// Between a server's part and a tool's part. The server's part never contains
/// it, so the first one always divides them.
const SEPARATOR: &str = "__";

/// What clients take as the name of a tool: longer ones are refused by the
/// model providers.
const MAX_NAME_BYTES: usize = 64;

/// The most that a server's part takes, so that at least 34 stay for the tool.
const MAX_PREFIX_BYTES: usize = 28;

/// Marks a part that was shortened; the hash of the whole follows.
const MARK: &str = "-x";

/// 60 bits in base32. A project holds a few hundred names.
const HASH_CHARS: usize = 12;

const MARKED_BYTES: usize = MARK.len() + HASH_CHARS;

/// Which server a name on the project's endpoint belongs to.
#[derive(Debug, Default, Clone)]
pub(crate) struct Names {
    servers: HashMap<String, ServerId>,
    prefixes: HashMap<ServerId, String>,
}

/// A name that a client sent, divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExposedName<'a> {
    /// The tool's own name.
    Plain(&'a str),
    /// A shortened one: to be looked up among the names of the server's list.
    Shortened(&'a str),
}

impl Names {
    /// Gives each server of a project its part. Two servers never get the same:
    /// where even the hashes meet, the later server's is hashed once more.
    pub(crate) fn new<'a>(servers: impl IntoIterator<Item = (ServerId, &'a str)>) -> Self {
        let mut servers: Vec<_> = servers.into_iter().collect();
        // By age, so that a new server never changes the names of an old one.
        servers.sort_by_key(|(id, _)| *id);
        let mut names = Self::default();
        for (id, name) in servers {
            let mut prefix = part(name, MAX_PREFIX_BYTES, is_plain_prefix(name));
            let mut salted = name.to_owned();
            while names.servers.contains_key(&prefix) {
                salted.push('\0');
                prefix = part(&salted, MAX_PREFIX_BYTES, false);
            }
            names.servers.insert(prefix.clone(), id);
            names.prefixes.insert(id, prefix);
        }
        names
    }

    /// The server's part of the names of its tools.
    pub(crate) fn prefix(&self, server: ServerId) -> Option<&str> {
        self.prefixes.get(&server).map(String::as_str)
    }

    /// The server with that part.
    pub(super) fn server(&self, prefix: &str) -> Option<ServerId> {
        self.servers.get(prefix).copied()
    }

    /// Divides a name that a client sent. Absent when it is of no server here.
    pub(crate) fn resolve<'a>(&self, name: &'a str) -> Option<(ServerId, ExposedName<'a>)> {
        let (prefix, rest) = name.split_once(SEPARATOR)?;
        let server = self.servers.get(prefix)?;
        let exposed = if is_marked(rest) {
            ExposedName::Shortened(rest)
        } else {
            ExposedName::Plain(rest)
        };
        Some((*server, exposed))
    }
}

/// How a tool of a server is called on the project's endpoint.
pub(crate) fn exposed_name(prefix: &str, tool: &str) -> String {
    let room = MAX_NAME_BYTES - prefix.len() - SEPARATOR.len();
    let is_plain = !tool.is_empty() && tool.len() <= room && is_charset(tool) && !is_marked(tool);
    format!("{prefix}{SEPARATOR}{}", part(tool, room, is_plain))
}

/// The text itself, or its start with the hash of the whole behind it.
fn part(text: &str, room: usize, is_plain: bool) -> String {
    if is_plain {
        return text.to_owned();
    }
    let mut part: String = text
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '-'
            }
        })
        .take(room - MARKED_BYTES)
        .collect();
    part.push_str(MARK);
    let hash = data_encoding::BASE32_NOPAD.encode(&Sha256::digest(text.as_bytes()));
    part.push_str(&hash[..HASH_CHARS].to_ascii_lowercase());
    part
}

/// Whether a server's name can be its part as it is: nothing in it that would
/// be taken for the separator, and not looking like a shortened one.
fn is_plain_prefix(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_PREFIX_BYTES
        && is_charset(name)
        && !name.contains(SEPARATOR)
        && !name.ends_with('_')
        && !is_marked(name)
}

fn is_charset(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn is_marked(text: &str) -> bool {
    text.len() >= MARKED_BYTES
        && text.is_char_boundary(text.len() - MARKED_BYTES)
        && text[text.len() - MARKED_BYTES..]
            .strip_prefix(MARK)
            .is_some_and(|hash| hash.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'2'..=b'7')))
}

#[cfg(test)]
mod tests {
    use domain::{Clock, ServerName};
    use proptest::prelude::*;

    use super::*;

    fn ids(count: usize) -> Vec<ServerId> {
        let clock = Clock::system();
        (0..count).map(|_| ServerId::new(&clock)).collect()
    }

    fn tool_back(names: &Names, exposed: &str, tools: &[String]) -> Option<(ServerId, String)> {
        let (server, name) = names.resolve(exposed)?;
        let prefix = names.prefix(server)?;
        let tool = match name {
            ExposedName::Plain(name) => name.to_owned(),
            ExposedName::Shortened(_) => tools
                .iter()
                .find(|tool| exposed_name(prefix, tool) == exposed)?
                .clone(),
        };
        Some((server, tool))
    }

    #[test]
    fn ordinary_names_stay_readable() {
        let [github, spaced, underscored] = ids(3).try_into().expect("three");
        let names = Names::new([(github, "github"), (spaced, "t one"), (underscored, "a_")]);
        let prefix = names.prefix(github).expect("named");
        assert_eq!(exposed_name(prefix, "create_issue"), "github__create_issue");
        assert_eq!(
            names.resolve("github____x"),
            Some((github, ExposedName::Plain("__x")))
        );
        assert!(names.prefix(spaced).expect("named").starts_with("t-one-x"));
        assert!(names.prefix(underscored).expect("named").starts_with("a--x"));
        assert_eq!(names.resolve("gitlab__x"), None);
        assert_eq!(names.resolve("github_x"), None);
    }

    #[test]
    fn a_name_that_looks_like_a_shortened_one_does_not_collide_with_it() {
        let [first, second] = ids(2).try_into().expect("two");
        let shortened = part("t one", MAX_PREFIX_BYTES, false);
        let names = Names::new([(first, "t one"), (second, shortened.as_str())]);
        assert_ne!(names.prefix(first), names.prefix(second));
    }

    fn server_name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z_-]{1,8}", "[A-Za-z0-9 ._가-힣-]{1,64}", ".{1,64}"]
            .prop_filter("a server name", |name| {
                ServerName::parse(name).is_ok_and(|parsed| parsed.as_str() == name)
            })
    }

    fn tool_name() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z_-]{0,12}", "[A-Za-z0-9_./ -]{0,100}", ".{0,80}"]
    }

    proptest! {
        #[test]
        fn every_tool_of_every_server_has_one_name_that_leads_back(
            servers in prop::collection::hash_set(server_name(), 1..8),
            tools in prop::collection::hash_set(tool_name(), 1..8),
        ) {
            let servers: Vec<_> = ids(servers.len()).into_iter().zip(servers).collect();
            let tools: Vec<_> = tools.into_iter().collect();
            let names = Names::new(servers.iter().map(|(id, name)| (*id, name.as_str())));
            let mut seen = std::collections::HashSet::new();
            for (server, _) in &servers {
                let prefix = names.prefix(*server).expect("named");
                for tool in &tools {
                    let exposed = exposed_name(prefix, tool);
                    prop_assert!(exposed.len() <= MAX_NAME_BYTES && is_charset(&exposed), "{}", exposed);
                    prop_assert_eq!(tool_back(&names, &exposed, &tools), Some((*server, tool.clone())));
                    prop_assert!(seen.insert(exposed), "two tools with one name");
                }
            }
        }
    }
}
