//! How long what is kept, and the sweep that takes away what is older.

use std::time::Duration;

use domain::{Clock, Timestamp};
use proto::logging as wire;
use service_error::ServiceError;
use service_host::Shutdown;
use uuid::Uuid;

use crate::{row::row, store::Store};

mod store;
#[cfg(test)]
mod tests;

const SWEEP_EVERY: Duration = Duration::from_mins(10);
const LONGEST_DAYS: u32 = 3_650;

row! {
    /// How many days to keep what of a project.
    #[derive(sqlx::FromRow)]
    pub(crate) struct RetentionRow in "retention" {
        project_id: Uuid,
        tool_calls_days: i64,
        payloads_days: i64,
        server_logs_days: i64,
        sessions_days: i64,
    }
}

impl RetentionRow {
    pub(crate) const fn by_default(project_id: Uuid) -> Self {
        Self {
            project_id,
            tool_calls_days: 90,
            payloads_days: 30,
            server_logs_days: 14,
            sessions_days: 90,
        }
    }

    pub(crate) fn from_wire(
        project_id: Uuid,
        retention: Option<wire::Retention>,
    ) -> Result<Self, ServiceError> {
        let retention = retention.unwrap_or_default();
        let days = |field: &'static str, days: u32| match days {
            1..=LONGEST_DAYS => Ok(i64::from(days)),
            _ => Err(ServiceError::invalid(
                format!("retention.{field}"),
                format!("expected 1 to {LONGEST_DAYS} days"),
            )),
        };
        let row = Self {
            project_id,
            tool_calls_days: days("tool_calls_days", retention.tool_calls_days)?,
            payloads_days: days("payloads_days", retention.payloads_days)?,
            server_logs_days: days("server_logs_days", retention.server_logs_days)?,
            sessions_days: days("sessions_days", retention.sessions_days)?,
        };
        if row.payloads_days > row.tool_calls_days {
            return Err(ServiceError::invalid(
                "retention.payloads_days",
                "must not be more than tool_calls_days: a payload goes with its call",
            ));
        }
        Ok(row)
    }

    pub(crate) fn into_wire(self) -> wire::Retention {
        let days = |days: i64| u32::try_from(days).unwrap_or(0);
        wire::Retention {
            tool_calls_days: days(self.tool_calls_days),
            payloads_days: days(self.payloads_days),
            server_logs_days: days(self.server_logs_days),
            sessions_days: days(self.sessions_days),
        }
    }
}

/// Sweeps until the process is to stop. A sweep that fails is tried again.
pub(crate) async fn run(store: Store, clock: Clock, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        if let Err(error) = store.sweep(clock.now()).await {
            tracing::warn!(%error, "old calls could not be taken away");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = shutdown.soft() => return Ok(()),
        }
    }
}

/// That many days ago.
pub(crate) fn days_ago(now: Timestamp, days: i64) -> i64 {
    now.as_micros() - days * crate::rollup::DAY_US
}
