use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::ServerId;

use super::exposed_name;
use crate::message::object_fields;

/// Under which the full name of a tool stands in its `_meta`.
const FULL_NAME: &str = "mcp-orchestrator/name";

/// What there are lists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Tools,
    Prompts,
    Resources,
    Templates,
}

/// What was seen in the lists of servers and is needed to find the way back:
/// names that had to be shortened, and addresses of resources.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    /// By server: the keys of its items, as of its newest list.
    seen: Mutex<HashMap<(ServerId, Kind), Vec<String>>>,
}

impl Kind {
    pub(crate) const fn method(self) -> &'static str {
        match self {
            Self::Tools => "tools/list",
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
        }
    }

    /// The member of the result that holds the items.
    pub(crate) const fn member(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }

    /// The capability of servers that have such lists.
    pub(crate) const fn capability(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Prompts => "prompts",
            Self::Resources | Self::Templates => "resources",
        }
    }

    /// The member of an item by which it is asked for.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Tools | Self::Prompts => "name",
            Self::Resources => "uri",
            Self::Templates => "uriTemplate",
        }
    }

    pub(crate) fn of_method(method: &str) -> Option<Self> {
        [Self::Tools, Self::Prompts, Self::Resources, Self::Templates]
            .into_iter()
            .find(|kind| kind.method() == method)
    }
}

impl Catalog {
    /// Notes what a server's list holds.
    pub(crate) fn note(&self, server: ServerId, kind: Kind, items: &[String]) {
        let keys = items
            .iter()
            .filter_map(|item| object_fields(item, [kind.key()])?.string(0));
        self.lock().insert((server, kind), keys.collect());
    }

    /// The item of a server whose exposed name that is.
    pub(crate) fn long_name(
        &self,
        server: ServerId,
        kind: Kind,
        prefix: &str,
        exposed: &str,
    ) -> Option<String> {
        let seen = self.lock();
        let keys = seen.get(&(server, kind))?;
        keys.iter()
            .find(|name| exposed_name(prefix, name) == exposed)
            .cloned()
    }

    /// Whether a server's list had a resource of that address, or a template
    /// that may mean it.
    pub(crate) fn has_resource(&self, server: ServerId, uri: &str) -> Option<Match> {
        let seen = self.lock();
        let of = |kind| seen.get(&(server, kind)).into_iter().flatten();
        if of(Kind::Resources).any(|known| known == uri) {
            return Some(Match::Exact);
        }
        let fits = |template: &String| {
            let literal = template.split('{').next().unwrap_or_default();
            !literal.is_empty() && uri.starts_with(literal)
        };
        let is_template = of(Kind::Templates).any(|template| template == uri || fits(template));
        is_template.then_some(Match::Template)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(ServerId, Kind), Vec<String>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How well a server fits an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Match {
    Exact,
    Template,
}

/// An item as the project's endpoint shows it. One without a name is left out.
/// A name that had to be shortened stands in full in `title` and `_meta`.
pub(crate) fn renamed(item: &str, prefix: &str) -> Option<String> {
    let fields = object_fields(item, ["name", "title", "_meta"])?;
    let (text, name) = (fields.get(0)?, fields.string(0)?);
    let exposed = exposed_name(prefix, &name);
    let is_shortened = !exposed.ends_with(&name) || name.is_empty();
    let quoted = serde_json::Value::from(name).to_string();
    let mut splice = fields.splice().replace(text, format!("\"{exposed}\""));
    if is_shortened {
        if fields.get(1).is_none() {
            splice = splice.add_member("title", &quoted);
        }
        match fields
            .get(2)
            .and_then(|meta| Some((meta, object_fields(meta, [])?)))
        {
            Some((meta, inner)) => {
                splice = splice.replace(meta, inner.splice().add_member(FULL_NAME, &quoted).finish());
            }
            None if fields.get(2).is_none() => {
                splice = splice.add_member("_meta", &format!("{{\"{FULL_NAME}\":{quoted}}}"));
            }
            // A `_meta` that is no object is the server's own affair.
            None => {}
        }
    }
    Some(splice.finish())
}

/// The result of a merged list. `missing` are the servers whose items it lacks,
/// with the reason.
pub(crate) fn list_result(kind: Kind, items: &[String], missing: &[(String, String)]) -> String {
    let mut json = format!("{{\"{}\":[{}]", kind.member(), items.join(","));
    if !missing.is_empty() {
        let missing: Vec<_> = missing
            .iter()
            .map(|(server, reason)| serde_json::json!({ "server": server, "reason": reason }))
            .collect();
        json.push_str(",\"_meta\":{\"mcp-orchestrator/missing\":");
        json.push_str(&serde_json::Value::from(missing).to_string());
        json.push('}');
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_keeps_all_but_its_name() {
        let item = r#"{"name":"echo","inputSchema":{"type":"object"},"x-unknown":[1.0]}"#;
        assert_eq!(
            renamed(item, "s").as_deref(),
            Some(r#"{"name":"s__echo","inputSchema":{"type":"object"},"x-unknown":[1.0]}"#)
        );
        assert_eq!(renamed(r#"{"title":"no name"}"#, "s"), None);
    }

    #[test]
    fn a_shortened_name_stands_in_full_beside_it() {
        let name = "a.very/long name ".repeat(6);
        for item in [
            serde_json::json!({ "name": name }),
            serde_json::json!({ "name": name, "_meta": {}, "title": "T" }),
        ] {
            let shown = renamed(&item.to_string(), "s").expect("has a name");
            let shown: serde_json::Value = serde_json::from_str(&shown).expect("stays JSON");
            assert_eq!(shown["_meta"]["mcp-orchestrator/name"], name);
            assert_eq!(shown["title"], *item.get("title").unwrap_or(&item["name"]));
            assert!(shown["name"].as_str().is_some_and(|name| name.len() <= 64));
        }
    }

    #[test]
    fn a_merged_list_says_what_it_lacks() {
        let json = list_result(
            Kind::Tools,
            &["{}".to_owned()],
            &[("dead".to_owned(), "gone".to_owned())],
        );
        let read: serde_json::Value = serde_json::from_str(&json).expect("is JSON");
        assert_eq!(read["_meta"]["mcp-orchestrator/missing"][0]["server"], "dead");
        assert_eq!(list_result(Kind::Prompts, &[], &[]), r#"{"prompts":[]}"#);
    }
}
