//! What an activity says of a change of a server. Values of the environment,
//! headers, arguments and queries are secrets as often as not: that they
//! changed is said, and not to what.

use std::collections::{BTreeMap, BTreeSet};

use domain::ActivityType;
use serde_json::Value;

use super::{Server, Transport, switches::ToolSwitches};
use crate::{activities::Deed, secrets::SecretChanges};

pub(super) fn created(server: &Server, secrets: &SecretChanges) -> Deed {
    let deed = of(ActivityType::ServerCreated, server);
    with_secrets(with_fields(deed, None, server), &[], secrets)
}

pub(super) fn changed(before: &Server, after: &Server, secrets: &SecretChanges) -> Deed {
    let is_only_secrets = before.name == after.name
        && before.definition == after.definition
        && before.is_enabled == after.is_enabled;
    let kind = if is_only_secrets {
        ActivityType::SecretsChanged
    } else {
        ActivityType::ServerUpdated
    };
    let deed = with_fields(of(kind, after), Some(before), after);
    let names: Vec<&str> = before.secrets.iter().map(|secret| secret.name.as_str()).collect();
    with_secrets(deed, &names, secrets)
}

pub(super) fn deleted(server: &Server) -> Deed {
    of(ActivityType::ServerDeleted, server)
}

/// Of the tools whose switch is another than it was.
pub(super) fn switched(server: &Server, disabled: &BTreeSet<String>, switches: &ToolSwitches) -> Deed {
    let mut deed = of(ActivityType::ToolsSwitched, server);
    for tool in switches.keys() {
        let is_on = |disabled: &BTreeSet<String>| !disabled.contains(tool);
        deed = deed.change(
            format!("tools.{tool}"),
            is_on(&server.disabled_tools),
            is_on(disabled),
        );
    }
    deed
}

fn of(kind: ActivityType, server: &Server) -> Deed {
    Deed::in_project(kind, server.project_id).to(server.id.uuid(), server.name.as_str())
}

fn with_fields(mut deed: Deed, before: Option<&Server>, after: &Server) -> Deed {
    let (old, new) = (before.map(open_fields).unwrap_or_default(), open_fields(after));
    for name in names(&old, &new) {
        deed = deed.change(*name, old.get(name), new.get(name));
    }
    let (old, new) = (
        before.map(closed_fields).unwrap_or_default(),
        closed_fields(after),
    );
    for name in names(&old, &new) {
        if old.get(name) != new.get(name) {
            deed = deed.masked(name.clone(), old.contains_key(name), new.contains_key(name));
        }
    }
    deed
}

fn names<'a, K: Ord, V>(old: &'a BTreeMap<K, V>, new: &'a BTreeMap<K, V>) -> BTreeSet<&'a K> {
    old.keys().chain(new.keys()).collect()
}

fn open_fields(server: &Server) -> BTreeMap<&'static str, Value> {
    let definition = &server.definition;
    let mut fields = BTreeMap::from([
        ("name", server.name.as_str().into()),
        ("is_enabled", server.is_enabled.into()),
        ("transport", definition.transport.as_str().into()),
        ("timeout_ms", definition.limits.timeout_ms().into()),
        ("init_timeout_ms", definition.limits.init_timeout_ms().into()),
        ("max_in_flight", definition.limits.max_in_flight().into()),
        ("isolation", definition.isolation.as_str().into()),
    ]);
    match &definition.transport {
        Transport::Stdio(stdio) => {
            fields.insert("command", stdio.command().into());
            fields.extend(stdio.cwd().map(|cwd| ("cwd", cwd.into())));
        }
        Transport::StreamableHttp(http) | Transport::Sse(http) => {
            fields.insert("url", http.url_without_query().into());
        }
    }
    fields
}

fn closed_fields(server: &Server) -> BTreeMap<String, String> {
    let named = |kind: &str, values: &BTreeMap<String, String>| -> BTreeMap<String, String> {
        let field = |(name, value): (&String, &String)| (format!("{kind}.{name}"), value.clone());
        values.iter().map(field).collect()
    };
    match &server.definition.transport {
        Transport::Stdio(stdio) => {
            let mut fields = named("env", stdio.env());
            if !stdio.args().is_empty() {
                fields.insert("args".to_owned(), format!("{:?}", stdio.args()));
            }
            fields
        }
        Transport::StreamableHttp(http) | Transport::Sse(http) => {
            let mut fields = named("headers", http.headers());
            if let Some((_, query)) = http.url().split_once('?') {
                fields.insert("url.query".to_owned(), query.to_owned());
            }
            fields
        }
    }
}

fn with_secrets(mut deed: Deed, before: &[&str], changes: &SecretChanges) -> Deed {
    for (name, value) in changes {
        let was_set = before.contains(&name.as_str());
        if was_set || value.is_some() {
            deed = deed.masked(format!("secrets.{name}"), was_set, value.is_some());
        }
    }
    deed
}
