use std::time::{Duration, Instant};

use anyhow::ensure;
use tests::{Project, Rest};

/// What the call log has of a project.
#[derive(Debug)]
pub struct Rows<'a> {
    owner: &'a Rest,
    project: &'a Project,
}

impl<'a> Rows<'a> {
    /// As a member of the project sees them.
    pub const fn of(owner: &'a Rest, project: &'a Project) -> Self {
        Self { owner, project }
    }

    /// Calls that have ended.
    pub async fn count(&self) -> anyhow::Result<u64> {
        self.owner.count_ended(self.project).await
    }

    /// The count when no more come.
    pub async fn at_rest(&self) -> anyhow::Result<u64> {
        let mut before = self.count().await?;
        loop {
            tokio::time::sleep(Duration::from_millis(600)).await;
            let now = self.count().await?;
            if now == before {
                return Ok(now);
            }
            before = now;
        }
    }

    /// Waits until there are so many, and no more. Gives how long that took.
    pub async fn reach(&self, wanted: u64) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        loop {
            let count = self.count().await?;
            ensure!(count <= wanted, "{count} rows of {wanted} calls");
            if count == wanted {
                return Ok(begin.elapsed());
            }
            ensure!(
                begin.elapsed() < Duration::from_mins(5),
                "{} of {wanted} rows are missing",
                wanted - count
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}
