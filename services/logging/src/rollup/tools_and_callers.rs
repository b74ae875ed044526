use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{Caller, HOUR_US, floor};
use crate::{
    row::{Counter, row},
    tally::Tally,
    tool_call::ToolCallRow,
};

/// Calls by the number of who made them.
pub(crate) type Callers = Tally<4>;

row! {
    /// Who called a tool in an hour. Apart from the other counts of tools, which
    /// are read more often and would be read through these.
    #[derive(sqlx::FromRow)]
    pub(crate) struct ToolCallersRow in "tool_caller_rollups" {
        project_id: Uuid,
        at: i64,
        server_id: Uuid,
        server_name: String,
        tool_name: String,
        status: String,
        error_kind: String,
        callers: Vec<u8>,
    }
}

impl Counter for ToolCallersRow {
    const KEY_COLUMNS: usize = 7;

    fn add(&mut self, other: &Self) {
        self.callers = Callers::merge(&self.callers, &other.callers);
    }
}

impl ToolCallersRow {
    /// Counts ended calls of callers that have numbers.
    pub(crate) fn count<'a>(
        calls: impl Iterator<Item = &'a ToolCallRow>,
        numbers: &HashMap<Caller, u32>,
    ) -> Vec<Self> {
        let mut rows: BTreeMap<_, Callers> = BTreeMap::new();
        for call in calls {
            let Some(number) = numbers.get(&Caller::of(call)) else {
                continue;
            };
            let server_id = call.server_id.unwrap_or_default();
            let tool = (server_id, call.server_name.as_str(), call.tool_name.as_str());
            let ended = (
                call.status.as_str(),
                call.error_kind.as_deref().unwrap_or_default(),
            );
            let at = floor(call.started_at, HOUR_US);
            let callers = rows.entry((call.project_id, at, tool, ended)).or_default();
            callers.add(*number, 1);
        }
        let rows = rows.into_iter();
        rows.map(|((project_id, at, tool, ended), callers)| Self {
            project_id,
            at,
            server_id: tool.0,
            server_name: tool.1.to_owned(),
            tool_name: tool.2.to_owned(),
            status: ended.0.to_owned(),
            error_kind: ended.1.to_owned(),
            callers: callers.pack(),
        })
        .collect()
    }
}
