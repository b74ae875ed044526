use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use domain::ServerId;

use super::{ExposedName, exposed_name};
use crate::message::{ParamHeader, object_fields};

/// Tools whose callers mirror arguments into headers, as of the newest lists
/// that were seen.
#[derive(Debug, Default)]
pub(crate) struct Annotated(Mutex<HashMap<ServerId, HashMap<String, Vec<ParamHeader>>>>);

impl Annotated {
    /// Notes what tools say of their arguments. One that cannot be followed has
    /// none.
    pub(crate) fn note<'a>(&self, server: ServerId, tools: impl Iterator<Item = &'a str>) {
        let mut all = self.lock();
        let known = all.entry(server).or_default();
        for tool in tools {
            let Some(fields) = object_fields(tool, ["name", "inputSchema"]) else {
                continue;
            };
            let headers = fields
                .get(1)
                .and_then(|schema| ParamHeader::of_schema(schema).ok())
                .unwrap_or_default();
            match fields.string(0) {
                Some(name) if headers.is_empty() => {
                    known.remove(&name);
                }
                Some(name) => {
                    known.insert(name, headers);
                }
                None => {}
            }
        }
    }

    /// Of a tool by its own name.
    pub(crate) fn of_tool(&self, server: ServerId, tool: &str) -> Vec<ParamHeader> {
        let all = self.lock();
        let headers = all.get(&server).and_then(|tools| tools.get(tool));
        headers.cloned().unwrap_or_default()
    }

    /// Of a tool by its name on the project's endpoint.
    pub(crate) fn of_exposed(
        &self,
        server: ServerId,
        prefix: &str,
        exposed: ExposedName<'_>,
        whole: &str,
    ) -> Vec<ParamHeader> {
        match exposed {
            ExposedName::Plain(tool) => self.of_tool(server, tool),
            ExposedName::Shortened(_) => {
                let all = self.lock();
                let tools = all.get(&server).into_iter().flatten();
                let found = tools
                    .filter(|(name, _)| exposed_name(prefix, name) == whole)
                    .map(|(_, headers)| headers.clone());
                found.last().unwrap_or_default()
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ServerId, HashMap<String, Vec<ParamHeader>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
