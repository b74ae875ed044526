use std::collections::BTreeMap;

use uuid::Uuid;

use super::{DAY_US, HOUR_US, MINUTE_US, floor};
use crate::{
    row::{Counter, row},
    tally::Tally,
    tool_call::ToolCallRow,
};

row! {
    /// Who calls. Ids are all zeros where there is none.
    #[derive(Eq, Hash, PartialOrd, Ord, sqlx::FromRow)]
    pub(crate) struct Caller in "callers" {
        project_id: Uuid,
        session_id: Uuid,
        client_type: String,
        client_name: String,
        user_id: Uuid,
        api_key_id: Uuid,
    }
}

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
        self.minutes = <Tally>::merge(&self.minutes, &other.minutes);
    }
}

impl Caller {
    pub(crate) fn of(call: &ToolCallRow) -> Self {
        Self {
            project_id: call.project_id,
            session_id: call.session_id.unwrap_or_default(),
            client_type: call.client_type.clone(),
            client_name: call.client_name.clone(),
            user_id: call.user_id.unwrap_or_default(),
            api_key_id: call.api_key_id.unwrap_or_default(),
        }
    }
}

impl CallerRow {
    /// Counts ended calls.
    pub(crate) fn count<'a>(calls: impl Iterator<Item = &'a ToolCallRow>) -> Vec<Self> {
        let mut rows: BTreeMap<_, (i64, Tally)> = BTreeMap::new();
        for call in calls {
            let caller = Caller::of(call);
            let ended = (
                call.status.as_str(),
                call.error_kind.as_deref().unwrap_or_default(),
            );
            for step_us in [DAY_US, HOUR_US] {
                let at = floor(call.started_at, step_us);
                let (calls, minutes) = rows.entry((step_us, at, caller.clone(), ended)).or_default();
                *calls += 1;
                if step_us == HOUR_US {
                    let minute = (call.started_at - at) / MINUTE_US;
                    minutes.add(minute as u32, 1);
                }
            }
        }
        let rows = rows.into_iter();
        rows.map(|((step_us, at, caller, ended), (calls, minutes))| Self {
            project_id: caller.project_id,
            step_us,
            at,
            session_id: caller.session_id,
            client_type: caller.client_type,
            client_name: caller.client_name,
            user_id: caller.user_id,
            api_key_id: caller.api_key_id,
            status: ended.0.to_owned(),
            error_kind: ended.1.to_owned(),
            calls,
            minutes: minutes.pack(),
        })
        .collect()
    }
}
