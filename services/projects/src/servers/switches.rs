//! Tools that are switched off for every client of a project.

pub(crate) mod store;

use std::collections::{BTreeMap, BTreeSet};

use service_error::{Code, ServiceError};

/// What the specification of MCP lets a name have (2025-11-25, tools), and
/// room for what servers do all the same.
const MAX_NAME_BYTES: usize = 256;

/// It bounds a project's snapshot.
pub(super) const MAX_DISABLED: usize = 1_000;

/// Whether each of these tools is on.
pub(crate) type ToolSwitches = BTreeMap<String, bool>;

pub(crate) fn parse(
    switches: impl IntoIterator<Item = (String, bool)>,
) -> Result<ToolSwitches, ServiceError> {
    let mut parsed = ToolSwitches::new();
    for (tool, is_enabled) in switches {
        if tool.is_empty() || tool.len() > MAX_NAME_BYTES || tool.chars().any(char::is_control) {
            return Err(ServiceError::invalid(
                "tool",
                format!("a tool's name is 1 to {MAX_NAME_BYTES} bytes without control characters"),
            ));
        }
        if parsed.insert(tool.clone(), is_enabled).is_some() {
            return Err(ServiceError::invalid("tool", format!("{tool} is named twice")));
        }
    }
    if parsed.is_empty() {
        return Err(ServiceError::invalid("tools", "name one tool or more"));
    }
    Ok(parsed)
}

/// What is off after the switches.
pub(super) fn apply(
    disabled: &BTreeSet<String>,
    switches: &ToolSwitches,
) -> Result<BTreeSet<String>, ServiceError> {
    let mut after = disabled.clone();
    for (tool, is_enabled) in switches {
        if *is_enabled {
            after.remove(tool);
        } else {
            after.insert(tool.clone());
        }
    }
    if after.len() > MAX_DISABLED && after.len() > disabled.len() {
        return Err(ServiceError::new(
            Code::Refused,
            "too_many_disabled_tools",
            format!("at most {MAX_DISABLED} tools of a server can be off; switch the server itself off"),
        ));
    }
    Ok(after)
}
