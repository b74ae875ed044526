use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{Caller, Ended, HOUR_US, Tool, floor};
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

    type Key<'row> = ([Uuid; 2], i64, [&'row str; 4]);

    fn key(&self) -> Self::Key<'_> {
        (
            [self.project_id, self.server_id],
            self.at,
            [&self.server_name, &self.tool_name, &self.status, &self.error_kind],
        )
    }

    fn add(&mut self, other: &Self) {
        self.callers = Callers::merge(&self.callers, &other.callers);
    }
}

impl ToolCallersRow {
    /// Counts ended calls of callers that have numbers.
    pub(crate) fn count<'a>(
        calls: impl Iterator<Item = &'a ToolCallRow>,
        numbers: &[(Caller, u32)],
    ) -> Vec<Self> {
        let numbers: HashMap<_, _> = numbers
            .iter()
            .map(|(caller, number)| (caller.key(), *number))
            .collect();
        let mut rows: BTreeMap<_, Callers> = BTreeMap::new();
        for call in calls {
            let Some(number) = numbers.get(&Caller::key_of(call)) else {
                continue;
            };
            let at = floor(call.started_at, HOUR_US);
            let callers = rows
                .entry((call.project_id, at, Tool::of(call), Ended::of(call)))
                .or_default();
            callers.add(*number, 1);
        }
        let rows = rows.into_iter();
        rows.map(|((project_id, at, tool, ended), callers)| Self {
            project_id,
            at,
            server_id: tool.server_id,
            server_name: tool.server_name.to_owned(),
            tool_name: tool.name.to_owned(),
            status: ended.status.to_owned(),
            error_kind: ended.error_kind.to_owned(),
            callers: callers.pack(),
        })
        .collect()
    }
}
