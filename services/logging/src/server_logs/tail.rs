use std::time::Duration;

use async_stream::try_stream;
use database::keyset::{Key, Place};
use futures::Stream;
use service_error::ServiceError;
use tokio::sync::watch;
use uuid::Uuid;

use super::ServerLogRow;
use crate::store::Store;

/// Lines in one message.
const PAGE: u32 = 500;

/// Commits in that time come in one message.
const GATHER: Duration = Duration::from_millis(100);

/// How long until it looks again although nobody said that something was
/// committed: another process may write into the same database.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The lines of a project or of one of its servers as they come, and where to go
/// on behind each message. It reads the store at the pace of its reader, so
/// nothing piles up for a slow one.
///
/// In the order of the time at which they were written: what comes out of a
/// backlog, behind newer lines, is in the list alone.
pub(crate) fn follow(
    store: Store,
    project_id: Uuid,
    server_id: Option<Uuid>,
    after: Option<Key>,
    mut committed: watch::Receiver<u64>,
) -> impl Stream<Item = Result<(Vec<ServerLogRow>, Key), ServiceError>> {
    try_stream! {
        committed.mark_unchanged();
        let mut after = if let Some(after) = after {
            after
        } else {
            let newest = store.list_server_logs(project_id, server_id, Place::Newest, 1).await?;
            newest.first().map_or(Key { at: i64::MIN, id: Uuid::nil() }, ServerLogRow::key)
        };
        yield (Vec::new(), after);
        loop {
            let rows = store.list_server_logs(project_id, server_id, Place::NewerThan(after), PAGE).await?;
            let is_full = rows.len() == PAGE as usize;
            if let Some(last) = rows.last() {
                after = last.key();
                yield (rows, after);
            }
            if is_full {
                continue;
            }
            tokio::time::sleep(GATHER).await;
            if let Ok(Err(_)) = tokio::time::timeout(LOOK_AGAIN, committed.changed()).await {
                // Nobody in this process writes any more.
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use database::database_test;
    use futures::StreamExt as _;
    use proto::logging::{ServerLog, record::Record as Kind};

    use super::*;
    use crate::{
        fixtures::{Gateway, PROJECT, SERVER, record},
        store::MIGRATIONS,
    };

    fn line(number: u128) -> ServerLog {
        ServerLog {
            id: Uuid::from_u128(number).to_string(),
            project_id: PROJECT.to_string(),
            server_id: SERVER.to_string(),
            line: number.to_string(),
            at_us: number as i64,
            ..ServerLog::default()
        }
    }

    async fn next(
        lines: &mut (impl Stream<Item = Result<(Vec<ServerLogRow>, Key), ServiceError>> + Unpin),
    ) -> (Vec<String>, Key) {
        let (rows, after) = lines.next().await.unwrap().unwrap();
        (rows.into_iter().map(|row| row.line).collect(), after)
    }

    database_test! {
        &MIGRATIONS;

        async fn lines_come_as_they_are_stored_and_a_cursor_goes_on(database: Database) {
            let mut gateway = Gateway::over(database);
            gateway.send(vec![record(Kind::ServerLog(line(1)))]).await;
            let committed = gateway.ingest.committed();
            let mut lines = Box::pin(follow(gateway.store.clone(), PROJECT, Some(SERVER), None, committed.clone()));
            let (old, _) = next(&mut lines).await;
            assert!(old.is_empty(), "from now on");
            gateway.send(vec![record(Kind::ServerLog(line(2)))]).await;
            let (new, after) = next(&mut lines).await;
            assert_eq!(new, ["2"]);
            drop(lines);
            let many = (3..=702).map(|number| record(Kind::ServerLog(line(number))));
            gateway.send(many.collect()).await;
            let mut lines = Box::pin(follow(gateway.store.clone(), PROJECT, None, Some(after), committed));
            next(&mut lines).await;
            let mut seen = next(&mut lines).await.0;
            seen.extend(next(&mut lines).await.0);
            let expected: Vec<String> = (3..=702).map(|number| number.to_string()).collect();
            assert_eq!(seen, expected);
        }
    }
}
