use std::collections::BTreeMap;

use uuid::Uuid;

use super::{STEPS_US, floor};
use crate::{
    filter::ToolCallFilter,
    query::Field,
    row::{Counter, row},
    tally::Tally,
    tool_call::ToolCallRow,
};

/// For each tool.
pub(crate) const BY_TOOL: i64 = 0;

/// Of all tools together.
pub(crate) const OF_ALL: i64 = 1;

row! {
    /// Ended calls that are alike.
    #[derive(sqlx::FromRow)]
    pub(crate) struct RollupRow in "tool_call_rollups" {
        project_id: Uuid,
        scope: i64,
        step_us: i64,
        at: i64,
        server_id: Uuid,
        server_name: String,
        tool_name: String,
        status: String,
        error_kind: String,
        calls: i64,
        duration_us: i64,
        latencies: Vec<u8>,
    }
}

impl Counter for RollupRow {
    const KEY_COLUMNS: usize = 9;

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.duration_us = self.duration_us.saturating_add(other.duration_us);
        self.latencies = <Tally>::merge(&self.latencies, &other.latencies);
    }
}

impl RollupRow {
    /// Counts ended calls.
    pub(crate) fn count<'a>(calls: impl Iterator<Item = &'a ToolCallRow>) -> Vec<Self> {
        let mut rows: BTreeMap<_, (i64, i64, Tally)> = BTreeMap::new();
        for call in calls {
            let ended = (
                call.status.as_str(),
                call.error_kind.as_deref().unwrap_or_default(),
            );
            let server_id = call.server_id.unwrap_or_default();
            let tool = (server_id, call.server_name.as_str(), call.tool_name.as_str());
            let bucket = u32::from(call.duration_bucket.unwrap_or_default().unsigned_abs());
            for step_us in STEPS_US {
                let at = floor(call.started_at, step_us);
                for (scope, tool) in [(BY_TOOL, tool), (OF_ALL, (Uuid::nil(), "", ""))] {
                    let (calls, duration_us, latencies) = rows
                        .entry((call.project_id, scope, step_us, at, tool, ended))
                        .or_default();
                    *calls += 1;
                    *duration_us = duration_us.saturating_add(call.duration_us.unwrap_or_default());
                    latencies.add(bucket, 1);
                }
            }
        }
        let rows = rows.into_iter();
        rows.map(
            |((project_id, scope, step_us, at, tool, ended), (calls, duration_us, latencies))| Self {
                project_id,
                scope,
                step_us,
                at,
                server_id: tool.0,
                server_name: tool.1.to_owned(),
                tool_name: tool.2.to_owned(),
                status: ended.0.to_owned(),
                error_kind: ended.1.to_owned(),
                calls,
                duration_us,
                latencies: latencies.pack(),
            },
        )
        .collect()
    }
}

/// Whether the filter tells tools apart.
pub(crate) fn needs_tools(filter: &ToolCallFilter) -> bool {
    !filter.is_only_about(&[Field::Status, Field::Kind])
}
