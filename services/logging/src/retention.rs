//! How long what is kept, and the sweep that takes away what is older, or of
//! projects that are gone for good.

use std::time::Duration;

use access::ServiceIdentity;
use domain::{Clock, Timestamp};
use proto::projects::{
    ListPurgedProjectsRequest, ListRetentionRequest, ProjectRetention,
    settings_service_client::SettingsServiceClient, trash_service_client::TrashServiceClient,
};
use service_host::{Channel, Shutdown};
use tonic::service::interceptor::InterceptedService;
use uuid::Uuid;

use crate::{row::row, store::Store};

mod store;
#[cfg(test)]
mod tests;

const SWEEP_EVERY: Duration = Duration::from_mins(10);
const LONGEST_DAYS: u32 = 3_650;

type Connection = InterceptedService<Channel, ServiceIdentity>;

/// What the projects service is asked.
pub(crate) struct Projects {
    settings: SettingsServiceClient<Connection>,
    trash: TrashServiceClient<Connection>,
}

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

    /// Absent where it is nothing that a project can have: what is kept too long
    /// can be taken away later.
    fn from_wire(project: &ProjectRetention) -> Option<Self> {
        let retention = project.retention?;
        let days = |days: u32| (1..=LONGEST_DAYS).contains(&days).then_some(i64::from(days));
        Some(Self {
            project_id: project.project_id.parse().ok()?,
            tool_calls_days: days(retention.tool_calls_days)?,
            payloads_days: days(retention.payloads_days)?,
            server_logs_days: days(retention.server_logs_days)?,
            sessions_days: days(retention.sessions_days)?,
        })
    }
}

impl Projects {
    pub(crate) fn new(channel: Channel, identity: ServiceIdentity) -> Self {
        let connection = InterceptedService::new(channel, identity);
        Self {
            settings: SettingsServiceClient::new(connection.clone()),
            trash: TrashServiceClient::new(connection),
        }
    }
}

/// Sweeps until the process is to stop. A sweep that fails is tried again.
pub(crate) async fn run(
    store: Store,
    mut projects: Projects,
    clock: Clock,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    loop {
        if let Err(error) = learn(&store, &mut projects).await {
            tracing::warn!(%error, "projects cannot be asked how long to keep what, going by what is known");
        }
        if let Err(error) = store.sweep(clock.now()).await {
            tracing::warn!(%error, "old calls could not be taken away");
        }
        if let Err(error) = purge(&store, &mut projects).await {
            tracing::warn!(%error, "what is left of purged projects could not be taken away");
        }
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = shutdown.soft() => return Ok(()),
        }
    }
}

/// Asks the projects service what it has decided, page by page.
async fn learn(store: &Store, projects: &mut Projects) -> anyhow::Result<()> {
    let mut after_project_id = None;
    loop {
        let request = ListRetentionRequest { after_project_id };
        let page = projects.settings.list_retention(request).await?;
        let page = page.into_inner().projects;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after_project_id = Some(last.project_id.clone());
        let rows: Vec<_> = page.iter().filter_map(RetentionRow::from_wire).collect();
        store.set_retention(&rows).await?;
    }
}

/// Takes away what there is of projects that are gone for good. Only what the
/// projects service names is: that it does not know a project may mean that its
/// database is another one, or an old copy.
async fn purge(store: &Store, projects: &mut Projects) -> anyhow::Result<()> {
    let kept = store.projects().await?;
    let mut after_project_id = None;
    loop {
        let request = ListPurgedProjectsRequest { after_project_id };
        let page = projects.trash.list_purged_projects(request).await?;
        let page = page.into_inner().project_ids;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after_project_id = Some(last.clone());
        for id in page.iter().filter_map(|id| id.parse().ok()) {
            if kept.contains(&id) {
                store.purge_project(id).await?;
                tracing::info!(project_id = %id, "took away what was left of a purged project");
            }
        }
    }
}

/// That many days ago.
pub(crate) fn days_ago(now: Timestamp, days: i64) -> i64 {
    now.as_micros() - days * crate::rollup::DAY_US
}
