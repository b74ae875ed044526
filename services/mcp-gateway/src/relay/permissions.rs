use std::{num::NonZeroU32, sync::Arc};

use domain::{ApiKeyId, Permission, ToolPattern};
use serde_json::value::RawValue;
use tokio::time::Instant;

use super::{Answer, Caller, Relay};
use crate::{
    catalog::{Kind, without_items},
    directory::{Key, Project, Server},
};

/// What a caller may do here.
#[derive(Debug, Clone)]
pub(crate) struct Permissions {
    read_project: bool,
    call_tools: bool,
    /// None: all tools.
    tools: Arc<[ToolPattern]>,
    rate_limit: Option<(ApiKeyId, NonZeroU32)>,
}

impl Permissions {
    /// Of a key as it is now.
    pub(crate) fn of_key(key: &Key) -> Self {
        Self {
            read_project: key.may(Permission::ReadProject),
            call_tools: key.may(Permission::CallTools),
            tools: key.tools.clone(),
            rate_limit: key.rate_limit_per_minute.map(|limit| (key.id, limit)),
        }
    }

    /// Of somebody about whom another service has asked already.
    pub(crate) fn all() -> Self {
        Self {
            read_project: true,
            call_tools: true,
            tools: [].into(),
            rate_limit: None,
        }
    }

    pub(super) const fn call_tools(&self) -> bool {
        self.call_tools
    }

    /// Whether a tool is among those that the key is for.
    pub(super) fn is_for(&self, server: &Server, tool: &str) -> bool {
        self.tools.is_empty()
            || self
                .tools
                .iter()
                .any(|pattern| pattern.matches(&server.name, tool))
    }

    /// Whether a tool is shown.
    pub(super) fn shows(&self, project: &Project, server: &Server, tool: &str) -> bool {
        !project.switches.is_off(server.id, tool) && self.is_for(server, tool)
    }

    /// Tells callers apart who are not shown the same.
    pub(super) fn view(&self, project: &Project) -> String {
        let mut view = data_encoding::HEXLOWER.encode(project.switches.digest());
        for pattern in &*self.tools {
            view.push(' ');
            view.push_str(pattern.as_str());
        }
        view
    }
}

impl Relay {
    /// Whether a request may be made at all. A call of a tool is asked about in
    /// its own place, where a refusal is recorded.
    pub(super) fn check_request(&self, caller: &Caller, method: &str) -> Result<(), Answer> {
        let permissions = &caller.permissions;
        self.check_rate(permissions)?;
        let (may, needed) = if Kind::of_method(method).is_some() {
            (permissions.read_project, "project:read")
        } else {
            // All else makes a server do something.
            (permissions.call_tools, "tools:call")
        };
        let denied = || {
            Answer::Denied(format!(
                "this key may not do {method}; use one with the scope {needed}"
            ))
        };
        if may { Ok(()) } else { Err(denied()) }
    }

    pub(crate) fn check_rate(&self, permissions: &Permissions) -> Result<(), Answer> {
        permissions.rate_limit.map_or(Ok(()), |(key, per_minute)| {
            let taken = self.rate_limits.take(key, per_minute, Instant::now().into_std());
            taken.map_err(Answer::RateLimited)
        })
    }

    /// A page of a server's own list without the tools that are not shown.
    pub(super) fn shown_page(caller: &Caller, server: &Server, page: Box<RawValue>) -> Box<RawValue> {
        let permissions = &caller.permissions;
        if permissions.tools.is_empty() && caller.project.switches.off(server.id).is_none() {
            return page;
        }
        let shows = |tool: &str| permissions.shows(&caller.project, server, tool);
        without_items(Kind::Tools, page, &shows)
    }
}
