use std::{collections::HashMap, sync::Arc};

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Digest, Item, Kind, Stored, exposed_name, exposed_uri, looks_exposed};
use crate::{directory::Server, message::object_fields};

/// Under which the full name of a tool stands in its `_meta`.
const FULL_NAME: &str = "mcp-orchestrator/name";

/// What one server adds to the list of its project.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    pub(crate) server: &'a Arc<Server>,
    pub(crate) prefix: &'a str,
    pub(crate) stored: Stored,
}

/// The lists of many servers as one.
#[derive(Debug)]
pub(crate) struct Merged {
    /// As clients get it.
    pub(crate) result: Box<RawValue>,
    /// Of its items alone, not of what it lacks.
    pub(crate) digest: Digest,
}

/// Makes one list of many: servers in their order, items in their server's.
pub(super) fn merge(kind: Kind, parts: &[Part<'_>], shows: &dyn Fn(&Server, &str) -> bool) -> Merged {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    if matches!(kind, Kind::Resources | Kind::Templates) {
        for item in items(parts) {
            *counts.entry(&item.1.key).or_default() += 1;
        }
    }
    let shown: Vec<String> = items(parts)
        .filter_map(|(part, item)| match kind {
            Kind::Tools | Kind::Prompts => {
                let is_shown = kind != Kind::Tools || shows(part.server, &item.key);
                is_shown.then(|| renamed(&item.json, part.prefix))?
            }
            Kind::Resources | Kind::Templates => {
                let is_unique = counts.get(&*item.key) == Some(&1) && !looks_exposed(&item.key);
                if is_unique {
                    Some(item.json.clone())
                } else {
                    readdressed(kind, item, part.prefix)
                }
            }
        })
        .collect();
    let shown = shown.join(",");
    let digest = Sha256::digest(shown.as_bytes()).into();
    let result = RawValue::from_string(list_result(kind, &shown, parts));
    Merged {
        result: result.expect("is made of JSON"),
        digest,
    }
}

fn items<'a>(parts: &'a [Part<'a>]) -> impl Iterator<Item = (&'a Part<'a>, &'a Item)> {
    parts.iter().flat_map(|part| {
        let items = part.stored.list.iter().flat_map(|list| &list.items);
        items.map(move |item| (part, item))
    })
}

/// An item as the project's endpoint shows it. One without a name is left out.
/// A name that had to be shortened stands in full in `title` and `_meta`.
fn renamed(item: &str, prefix: &str) -> Option<String> {
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

/// A resource under an address of the gateway's, its own being another server's too.
fn readdressed(kind: Kind, item: &Item, prefix: &str) -> Option<String> {
    let fields = object_fields(&item.json, [kind.key()])?;
    let exposed = serde_json::Value::from(exposed_uri(prefix, &item.key)).to_string();
    Some(fields.splice().replace(fields.get(0)?, exposed).finish())
}

/// The result of a merged list. Says whose items it lacks, and whose are old,
/// and why.
fn list_result(kind: Kind, items: &str, parts: &[Part<'_>]) -> String {
    let told = |is_there: bool| {
        let told = parts.iter().filter(|part| part.stored.list.is_some() == is_there);
        let told = told.filter_map(|part| {
            let reason = part.stored.problem.as_deref()?;
            Some(serde_json::json!({ "server": part.server.name, "reason": reason }))
        });
        serde_json::Value::from(told.collect::<Vec<_>>())
    };
    let mut json = format!("{{\"{}\":[{items}]", kind.member());
    let told: Vec<_> = [("missing", told(false)), ("stale", told(true))]
        .into_iter()
        .filter(|(_, servers)| servers.as_array().is_some_and(|servers| !servers.is_empty()))
        .map(|(name, servers)| format!("\"mcp-orchestrator/{name}\":{servers}"))
        .collect();
    if !told.is_empty() {
        json.push_str(",\"_meta\":{");
        json.push_str(&told.join(","));
        json.push('}');
    }
    json.push('}');
    json
}

#[cfg(test)]
mod tests {
    use domain::{Clock, ProjectId, ServerId};
    use proto::projects::{ServerDefinition, StdioTransport, server_definition::Transport};

    use super::{super::List, *};

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

    fn server(name: &str) -> Arc<Server> {
        let clock = Clock::system();
        let server = proto::projects::Server {
            id: ServerId::new(&clock).to_string(),
            project_id: ProjectId::new(&clock).to_string(),
            name: name.to_owned(),
            definition: Some(ServerDefinition {
                transport: Some(Transport::Stdio(StdioTransport::default())),
                ..ServerDefinition::default()
            }),
            is_enabled: true,
            ..proto::projects::Server::default()
        };
        Arc::new(server.try_into().expect("a server"))
    }

    fn part<'a>(server: &'a Arc<Server>, kind: Kind, items: &[&str]) -> Part<'a> {
        let items = items.iter().filter_map(|item| Item::read(kind, item));
        Part {
            server,
            prefix: &server.name,
            stored: Stored {
                list: Some(Arc::new(List::new(items.collect()))),
                problem: None,
            },
        }
    }

    fn read(merged: &Merged) -> serde_json::Value {
        serde_json::from_str(merged.result.get()).expect("is JSON")
    }

    #[test]
    fn a_merged_list_says_what_it_lacks_and_what_is_old() {
        let [dead, old] = ["dead", "old"].map(server);
        let mut parts = [
            part(&dead, Kind::Tools, &[]),
            part(&old, Kind::Tools, &[r#"{"name":"a"}"#]),
        ];
        let whole = merge(Kind::Tools, &parts, &|_, _| true);
        assert_eq!(whole.result.get(), r#"{"tools":[{"name":"old__a"}]}"#);
        parts[0].stored = Stored {
            list: None,
            problem: Some("gone".to_owned()),
        };
        parts[1].stored.problem = Some("slow".to_owned());
        let merged = merge(Kind::Tools, &parts, &|_, _| true);
        assert_eq!(merged.digest, whole.digest, "its items are the same");
        let meta = &read(&merged)["_meta"];
        assert_eq!(
            meta["mcp-orchestrator/missing"],
            serde_json::json!([{ "server": "dead", "reason": "gone" }])
        );
        assert_eq!(meta["mcp-orchestrator/stale"][0]["server"], "old");
    }

    #[test]
    fn tools_that_are_not_shown_are_not_there() {
        let one = server("one");
        let parts = [part(&one, Kind::Tools, &[r#"{"name":"a"}"#, r#"{"name":"b"}"#])];
        let merged = merge(Kind::Tools, &parts, &|_, tool| tool != "a");
        assert_eq!(merged.result.get(), r#"{"tools":[{"name":"one__b"}]}"#);
    }

    #[test]
    fn resources_keep_their_addresses_where_no_other_server_has_the_same() {
        let [one, two] = ["one", "two"].map(server);
        let both = r#"{"uri":"file:///a","name":"a"}"#;
        let parts = [
            part(&one, Kind::Resources, &[both, r#"{"uri":"mem:1"}"#]),
            part(
                &two,
                Kind::Resources,
                &[both, r#"{"uri":"mcporch://server/one/x"}"#],
            ),
        ];
        let merged = read(&merge(Kind::Resources, &parts, &|_, _| true));
        let uris: Vec<_> = merged["resources"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|item| item["uri"].as_str().expect("a URI"))
            .collect();
        assert_eq!(
            uris,
            [
                "mcporch://server/one/file:///a",
                "mem:1",
                "mcporch://server/two/file:///a",
                "mcporch://server/two/mcporch://server/one/x",
            ]
        );
    }
}
