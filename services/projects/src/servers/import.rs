//! Servers out of the configuration that people have already: `mcpServers` of
//! Claude, Cursor, Cline and Windsurf, `servers` of VS Code.

mod entry;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use service_error::ServiceError;

use super::{NewServer, Server, Servers, definition, rights, store};
use crate::access::Granted;

/// With the limit of servers in a project it bounds what one call does.
const MAX_ENTRIES: usize = super::MAX_SERVERS;

/// What became of one server of a configuration, or would.
#[derive(Debug)]
pub(crate) struct Imported {
    /// As the configuration names it.
    pub(crate) name: String,
    /// What was read, where it could be.
    pub(crate) read: Option<NewServer>,
    /// The server; absent in a preview, and where it was refused.
    pub(crate) server: Option<Server>,
    /// Why it was, or would be, refused.
    pub(crate) refusal: Option<ServiceError>,
    /// What was left out of it, and what there is to do.
    pub(crate) notes: Vec<String>,
}

/// A server of a configuration.
struct Entry {
    name: String,
    read: Result<NewServer, ServiceError>,
    notes: Vec<String>,
}

impl Servers {
    /// Adds what a configuration has, each server for itself: one that is
    /// refused does not take the others along. A preview adds nothing.
    pub(crate) async fn import(
        &self,
        granted: &Granted,
        configuration: &str,
        is_preview: bool,
    ) -> Result<Vec<Imported>, ServiceError> {
        granted.caller.person()?;
        let entries = read(configuration)?;
        let mut taken = store::names_now(&self.database, granted.project.id).await?;
        let mut imported = Vec::with_capacity(entries.len());
        for entry in entries {
            let mut outcome = Imported {
                name: entry.name,
                read: None,
                server: None,
                refusal: None,
                notes: entry.notes,
            };
            match entry.read.and_then(|new| check(granted, &taken, new)) {
                Ok(new) if is_preview => {
                    taken.push(super::name_key(new.name.as_str()));
                    outcome.read = Some(new);
                }
                Ok(new) => {
                    taken.push(super::name_key(new.name.as_str()));
                    match self.create(granted, new).await {
                        Ok(server) => outcome.server = Some(server),
                        Err(error) => outcome.refusal = Some(error),
                    }
                }
                Err(error) => outcome.refusal = Some(error),
            }
            imported.push(outcome);
        }
        Ok(imported)
    }
}

/// Whether it could be added.
fn check(granted: &Granted, taken: &[String], new: NewServer) -> Result<NewServer, ServiceError> {
    rights::may_define(granted, &new.definition.transport)?;
    definition::check_secrets(&new.definition.transport, &super::after(&[], &new.secrets))?;
    super::check_name(&new.name, taken)?;
    if taken.len() >= super::MAX_SERVERS {
        return Err(super::too_many());
    }
    Ok(new)
}

/// Finds the servers in a configuration, in its order.
fn read(configuration: &str) -> Result<Vec<Entry>, ServiceError> {
    let refuse = |message: String| ServiceError::invalid("configuration", message);
    let root: Value = serde_json::from_str(configuration).map_err(|error| {
        // Where it is wrong, and never what stands there.
        refuse(format!(
            "it is no JSON: it goes wrong at line {}, column {}; comments and commas before a closing bracket \
             are taken by editors, and not by JSON",
            error.line(),
            error.column()
        ))
    })?;
    let servers = find(&root).ok_or_else(|| {
        refuse(
            "there are no servers in it: expected {\"mcpServers\": {…}} of Claude, Cursor, Cline or Windsurf, or \
             {\"servers\": {…}} of VS Code"
                .to_owned(),
        )
    })?;
    if servers.len() > MAX_ENTRIES {
        return Err(refuse(format!("at most {MAX_ENTRIES} servers at once")));
    }
    let mut names = BTreeSet::new();
    for name in servers.keys() {
        if !names.insert(super::name_key(name)) {
            return Err(refuse(format!("{name:?} is named twice in it")));
        }
    }
    Ok(servers
        .iter()
        .map(|(name, value)| entry::read(name, value))
        .collect())
}

/// By the name that each client has for it; VS Code's settings nest it.
fn find(root: &Value) -> Option<&Map<String, Value>> {
    let root = root.as_object()?;
    for object in [Some(root), root.get("mcp").and_then(Value::as_object)]
        .into_iter()
        .flatten()
    {
        for name in ["mcpServers", "servers"] {
            if let Some(servers) = object.get(name).and_then(Value::as_object) {
                return Some(servers);
            }
        }
    }
    None
}
