use std::collections::BTreeMap;

use uuid::Uuid;

use super::{DAY_US, Ended, HOUR_US, MINUTE_US, floor};
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

/// Ids of project, session, user and API key; type and name of the client.
pub(crate) type CallerKey<'caller> = ([Uuid; 4], [&'caller str; 2]);

/// Counts, and of hours their minutes, by width and time.
type Buckets = BTreeMap<(i64, i64), (i64, Tally)>;

impl Counter for CallerRow {
    const KEY_COLUMNS: usize = 10;

    type Key<'row> = ([Uuid; 4], [i64; 2], [&'row str; 4]);

    fn key(&self) -> Self::Key<'_> {
        (
            [self.project_id, self.session_id, self.user_id, self.api_key_id],
            [self.step_us, self.at],
            [
                &self.client_type,
                &self.client_name,
                &self.status,
                &self.error_kind,
            ],
        )
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.minutes = <Tally>::merge(&self.minutes, &other.minutes);
    }
}

impl Caller {
    pub(crate) fn key_of(call: &ToolCallRow) -> CallerKey<'_> {
        let session_id = call.session_id.unwrap_or_default();
        let user_id = call.user_id.unwrap_or_default();
        let api_key_id = call.api_key_id.unwrap_or_default();
        (
            [call.project_id, session_id, user_id, api_key_id],
            [&call.client_type, &call.client_name],
        )
    }

    pub(crate) fn key(&self) -> CallerKey<'_> {
        (
            [self.project_id, self.session_id, self.user_id, self.api_key_id],
            [&self.client_type, &self.client_name],
        )
    }
}

impl From<CallerKey<'_>> for Caller {
    fn from(key: CallerKey<'_>) -> Self {
        let ([project_id, session_id, user_id, api_key_id], [client_type, client_name]) = key;
        Self {
            project_id,
            session_id,
            client_type: client_type.to_owned(),
            client_name: client_name.to_owned(),
            user_id,
            api_key_id,
        }
    }
}

impl CallerRow {
    /// Counts ended calls.
    pub(crate) fn count<'a>(calls: impl Iterator<Item = &'a ToolCallRow>) -> Vec<Self> {
        let mut rows: BTreeMap<_, Buckets> = BTreeMap::new();
        for call in calls {
            let buckets = rows.entry((Caller::key_of(call), Ended::of(call))).or_default();
            for step_us in [DAY_US, HOUR_US] {
                let at = floor(call.started_at, step_us);
                let (calls, minutes) = buckets.entry((step_us, at)).or_default();
                *calls += 1;
                if step_us == HOUR_US {
                    let minute = (call.started_at - at) / MINUTE_US;
                    minutes.add(minute as u32, 1);
                }
            }
        }
        let rows = rows.into_iter().flat_map(|((caller, ended), buckets)| {
            let buckets = buckets.into_iter();
            buckets.map(move |((step_us, at), (calls, minutes))| {
                let caller = Caller::from(caller);
                Self {
                    project_id: caller.project_id,
                    step_us,
                    at,
                    session_id: caller.session_id,
                    client_type: caller.client_type,
                    client_name: caller.client_name,
                    user_id: caller.user_id,
                    api_key_id: caller.api_key_id,
                    status: ended.status.to_owned(),
                    error_kind: ended.error_kind.to_owned(),
                    calls,
                    minutes: minutes.pack(),
                }
            })
        });
        rows.collect()
    }
}
