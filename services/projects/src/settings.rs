//! What a project's owners decide about what is kept of its calls.

pub(crate) mod rpc;
pub(crate) mod store;

use std::collections::BTreeSet;

use database::Database;
use domain::{ActivityType, PayloadMode, PayloadPath, ProjectId};
use service_error::ServiceError;

use crate::{access::Granted, activities::Deed, snapshot::Changes, version};

const MAX_PATHS: usize = 50;
const LONGEST_DAYS: u32 = 3_650;

/// The projects that are told at once.
const PAGE: u32 = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Counts up with each change.
    pub(crate) version: i64,
    pub(crate) payloads: PayloadSettings,
    pub(crate) reporters_read_payloads: bool,
    pub(crate) retention: Retention,
}

/// What is kept of arguments and results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PayloadSettings {
    pub(crate) mode: PayloadMode,
    pub(crate) redacted_paths: Vec<String>,
}

/// For how many days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "the unit belongs to the name")]
pub(crate) struct Retention {
    pub(crate) tool_calls_days: u32,
    pub(crate) payloads_days: u32,
    pub(crate) server_logs_days: u32,
    pub(crate) sessions_days: u32,
}

/// Changes; what is absent stays.
#[derive(Debug, Clone, Default)]
pub(crate) struct SettingsChange {
    /// What the caller has seen; absent: whatever it is.
    pub(crate) version: Option<i64>,
    pub(crate) mode: Option<PayloadMode>,
    pub(crate) redacted_paths: Option<Vec<String>>,
    pub(crate) reporters_read_payloads: Option<bool>,
    pub(crate) tool_calls_days: Option<u32>,
    pub(crate) payloads_days: Option<u32>,
    pub(crate) server_logs_days: Option<u32>,
    pub(crate) sessions_days: Option<u32>,
}

/// The rules about settings.
pub(crate) struct ProjectSettings {
    database: Database,
    changes: Changes,
}

impl ProjectSettings {
    pub(crate) const fn new(database: Database, changes: Changes) -> Self {
        Self { database, changes }
    }

    pub(crate) async fn get(&self, granted: &Granted) -> Result<Settings, ServiceError> {
        let found = store::find(&self.database, granted.project.id).await?;
        found.ok_or_else(|| ServiceError::not_found("project"))
    }

    pub(crate) async fn update(
        &self,
        granted: &Granted,
        change: SettingsChange,
    ) -> Result<Settings, ServiceError> {
        let project = &granted.project;
        let mut transaction = self.changes.begin().await?;
        let found = store::find_for_change(&mut transaction, project.id).await?;
        let before = found.ok_or_else(|| ServiceError::not_found("project"))?;
        version::check("project's settings", change.version, before.version)?;
        let mut after = change.applied_to(&before)?;
        if after == before {
            return Ok(before);
        }
        after.version += 1;
        store::update(&mut transaction, project.id, &after).await?;
        self.changes.record(&mut transaction, project.id).await?;
        let deed = Deed::in_project(ActivityType::ProjectSettingsChanged, project.id).named(&project.name);
        let deed = what_changed(deed, &before, &after);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(project_id = %project.id, "project settings changed");
        Ok(after)
    }

    /// Of the projects behind that one, by id.
    pub(crate) async fn retention(
        &self,
        after: Option<ProjectId>,
    ) -> Result<Vec<(ProjectId, Retention)>, ServiceError> {
        Ok(store::retention(&self.database, after, PAGE).await?)
    }
}

impl SettingsChange {
    fn applied_to(self, before: &Settings) -> Result<Settings, ServiceError> {
        let old = before.retention;
        let retention = Retention {
            tool_calls_days: days("tool_calls_days", self.tool_calls_days, old.tool_calls_days)?,
            payloads_days: days("payloads_days", self.payloads_days, old.payloads_days)?,
            server_logs_days: days("server_logs_days", self.server_logs_days, old.server_logs_days)?,
            sessions_days: days("sessions_days", self.sessions_days, old.sessions_days)?,
        };
        if retention.payloads_days > retention.tool_calls_days {
            return Err(ServiceError::invalid(
                "retention.payloads_days",
                "must not be more than tool_calls_days: a payload goes with its call",
            ));
        }
        let old = &before.payloads;
        let payloads = PayloadSettings {
            mode: self.mode.unwrap_or(old.mode),
            redacted_paths: match self.redacted_paths {
                Some(paths) => checked_paths(paths)?,
                None => old.redacted_paths.clone(),
            },
        };
        Ok(Settings {
            version: before.version,
            payloads,
            reporters_read_payloads: self
                .reporters_read_payloads
                .unwrap_or(before.reporters_read_payloads),
            retention,
        })
    }
}

fn days(field: &str, wanted: Option<u32>, old: u32) -> Result<u32, ServiceError> {
    match wanted.unwrap_or(old) {
        days @ 1..=LONGEST_DAYS => Ok(days),
        _ => Err(ServiceError::invalid(
            format!("retention.{field}"),
            format!("expected 1 to {LONGEST_DAYS} days"),
        )),
    }
}

/// Each once, in the order given.
fn checked_paths(paths: Vec<String>) -> Result<Vec<String>, ServiceError> {
    if paths.len() > MAX_PATHS {
        return Err(ServiceError::invalid(
            "payloads.redacted_paths",
            format!("at most {MAX_PATHS}"),
        ));
    }
    let mut known = BTreeSet::new();
    let mut checked = Vec::with_capacity(paths.len());
    for (index, path) in paths.into_iter().enumerate() {
        let path = path.trim().to_owned();
        PayloadPath::parse(&path).map_err(|error| {
            ServiceError::invalid(format!("payloads.redacted_paths.{index}"), error.to_string())
        })?;
        if known.insert(path.clone()) {
            checked.push(path);
        }
    }
    Ok(checked)
}

fn what_changed(deed: Deed, before: &Settings, after: &Settings) -> Deed {
    let (old, new) = (&before.retention, &after.retention);
    deed.change("payloads.mode", before.payloads.mode, after.payloads.mode)
        .change(
            "payloads.redacted_paths",
            &before.payloads.redacted_paths,
            &after.payloads.redacted_paths,
        )
        .change(
            "reporters_read_payloads",
            before.reporters_read_payloads,
            after.reporters_read_payloads,
        )
        .change(
            "retention.tool_calls_days",
            old.tool_calls_days,
            new.tool_calls_days,
        )
        .change("retention.payloads_days", old.payloads_days, new.payloads_days)
        .change(
            "retention.server_logs_days",
            old.server_logs_days,
            new.server_logs_days,
        )
        .change("retention.sessions_days", old.sessions_days, new.sessions_days)
}

#[cfg(test)]
mod tests;
