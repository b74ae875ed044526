use std::collections::BTreeMap;

use uuid::Uuid;

use super::{DAY_US, HOUR_US, MINUTE_US, floor};
use crate::{
    row::{Counter, row},
    tally::Tally,
    tool_call::ToolCallRow,
};

row! {
    /// Ended calls of one caller.
    #[derive(sqlx::FromRow)]
    pub(crate) struct CallerRow in "caller_rollups" {
        project_id: Uuid,
        step_us: i64,
        at: i64,
        session_id: Uuid,
        client_type: String,
        client_name: String,
        user_id: Uuid,
        api_key_id: Uuid,
        status: String,
        error_kind: String,
        calls: i64,
        /// Of an hour: when in it they began.
        minutes: Vec<u8>,
    }
}

impl Counter for CallerRow {
    const KEY_COLUMNS: usize = 10;

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.minutes = Tally::merge(&self.minutes, &other.minutes);
    }
}

impl CallerRow {
    /// Counts ended calls.
    pub(crate) fn count<'a>(calls: impl Iterator<Item = &'a ToolCallRow>) -> Vec<Self> {
        let mut rows: BTreeMap<_, (i64, Tally)> = BTreeMap::new();
        for call in calls {
            let caller = (
                call.session_id.unwrap_or_default(),
                (call.client_type.as_str(), call.client_name.as_str()),
                call.user_id.unwrap_or_default(),
                call.api_key_id.unwrap_or_default(),
            );
            let ended = (
                call.status.as_str(),
                call.error_kind.as_deref().unwrap_or_default(),
            );
            for step_us in [DAY_US, HOUR_US] {
                let at = floor(call.started_at, step_us);
                let (calls, minutes) = rows
                    .entry((call.project_id, step_us, at, caller, ended))
                    .or_default();
                *calls += 1;
                if step_us == HOUR_US {
                    let minute = (call.started_at - at) / MINUTE_US;
                    minutes.add(minute as u16, 1);
                }
            }
        }
        let rows = rows.into_iter();
        rows.map(
            |((project_id, step_us, at, caller, ended), (calls, minutes))| Self {
                project_id,
                step_us,
                at,
                session_id: caller.0,
                client_type: caller.1.0.to_owned(),
                client_name: caller.1.1.to_owned(),
                user_id: caller.2,
                api_key_id: caller.3,
                status: ended.0.to_owned(),
                error_kind: ended.1.to_owned(),
                calls,
                minutes: minutes.pack(),
            },
        )
        .collect()
    }
}
