use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Ended, STEPS_US, Tool, floor};
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

    type Key<'row> = ([Uuid; 2], [i64; 3], [&'row str; 4]);

    fn key(&self) -> Self::Key<'_> {
        (
            [self.project_id, self.server_id],
            [self.scope, self.step_us, self.at],
            [&self.server_name, &self.tool_name, &self.status, &self.error_kind],
        )
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.duration_us = self.duration_us.saturating_add(other.duration_us);
        self.latencies = <Tally>::merge(&self.latencies, &other.latencies);
    }
}

impl RollupRow {
    /// Counts ended calls.
    pub(crate) fn count<'a>(calls: impl Iterator<Item = &'a ToolCallRow>) -> Vec<Self> {
        // The texts of a call are compared once, not for each bucket that it counts in.
        let mut by_tool: BTreeMap<(Uuid, Tool, Ended), Buckets> = BTreeMap::new();
        let mut of_all: BTreeMap<(Uuid, Ended), Buckets> = BTreeMap::new();
        for call in calls {
            let (project_id, ended) = (call.project_id, Ended::of(call));
            by_tool
                .entry((project_id, Tool::of(call), ended))
                .or_default()
                .add(call);
            of_all.entry((project_id, ended)).or_default().add(call);
        }
        let by_tool = by_tool
            .into_iter()
            .flat_map(|((project_id, tool, ended), buckets)| buckets.rows(project_id, BY_TOOL, tool, ended));
        let of_all = of_all.into_iter().flat_map(|((project_id, ended), buckets)| {
            buckets.rows(project_id, OF_ALL, Tool::default(), ended)
        });
        by_tool.chain(of_all).collect()
    }
}

/// Counts, durations and latencies, by width and time.
#[derive(Default)]
struct Buckets(BTreeMap<(i64, i64), (i64, i64, Tally)>);

impl Buckets {
    fn add(&mut self, call: &ToolCallRow) {
        let latency = u32::from(call.duration_bucket.unwrap_or_default().unsigned_abs());
        for step_us in STEPS_US {
            let key = (step_us, floor(call.started_at, step_us));
            let (calls, duration_us, latencies) = self.0.entry(key).or_default();
            *calls += 1;
            *duration_us = duration_us.saturating_add(call.duration_us.unwrap_or_default());
            latencies.add(latency, 1);
        }
    }

    fn rows(
        self,
        project_id: Uuid,
        scope: i64,
        tool: Tool<'_>,
        ended: Ended<'_>,
    ) -> impl Iterator<Item = RollupRow> {
        let buckets = self.0.into_iter();
        buckets.map(
            move |((step_us, at), (calls, duration_us, latencies))| RollupRow {
                project_id,
                scope,
                step_us,
                at,
                server_id: tool.server_id,
                server_name: tool.server_name.to_owned(),
                tool_name: tool.name.to_owned(),
                status: ended.status.to_owned(),
                error_kind: ended.error_kind.to_owned(),
                calls,
                duration_us,
                latencies: latencies.pack(),
            },
        )
    }
}

/// Whether the filter tells tools apart.
pub(crate) fn needs_tools(filter: &ToolCallFilter) -> bool {
    !filter.is_only_about(&[Field::Status, Field::Kind])
}
