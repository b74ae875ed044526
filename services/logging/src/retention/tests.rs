use database::{Database, database_test};
use domain::{Clock, LogLevel, ServerLogId, ServerLogKind, ToolCallId, ToolCallStatus};
use proto::{
    convert::FromWire as _,
    logging::{ClientSession, ServerLog, ToolCall, record::Record as Kind},
    projects::Retention,
};

use super::*;
use crate::{
    fixtures::{self, Gateway, PROJECT, finished, record, records},
    store::{MIGRATIONS, Statement},
};

const NOW: i64 = 1_764_000_000_000_000;

/// A call of that many days ago.
fn call(project_id: Uuid, days: i64) -> ToolCall {
    let at = Timestamp::from_micros(days_ago(Timestamp::from_micros(NOW), days));
    let id = ToolCallId::new(&Clock::manual(at));
    ToolCall {
        id: id.to_string(),
        project_id: project_id.to_string(),
        ..finished(1, at.as_micros(), ToolCallStatus::Success)
    }
}

fn log(project_id: Uuid) -> ServerLog {
    ServerLog {
        id: ServerLogId::new(&Clock::system()).to_string(),
        project_id: project_id.to_string(),
        server_id: fixtures::SERVER.to_string(),
        server_name: "github".to_owned(),
        level: LogLevel::Info.to_wire(),
        kind: ServerLogKind::Stderr.to_wire(),
        line: "listening".to_owned(),
        at_us: NOW,
        ..ServerLog::default()
    }
}

fn read(project_id: Uuid, retention: Retention) -> Option<RetentionRow> {
    RetentionRow::from_wire(&ProjectRetention {
        project_id: project_id.to_string(),
        retention: Some(retention),
    })
}

/// Every table that there is.
async fn tables(store: &Store) -> Vec<String> {
    let select = match &store.database {
        Database::Sqlite(_) => {
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        Database::Postgres(_) => {
            "SELECT CAST(table_name AS TEXT) FROM information_schema.tables WHERE table_schema = current_schema()"
        }
    };
    let found: Vec<(String,)> = Statement::new(&store.database, select)
        .fetch_all(&store.database)
        .await
        .unwrap();
    assert!(found.len() > 10, "{found:?}");
    found.into_iter().map(|(table,)| table).collect()
}

async fn count(store: &Store, table: &str) -> i64 {
    let statement = Statement::new(&store.database, &format!("SELECT COUNT(*) FROM {table}"));
    let counts: Vec<(i64,)> = statement.fetch_all(&store.database).await.unwrap();
    counts[0].0
}

database_test! {
    &MIGRATIONS;

    async fn each_project_keeps_its_own_time(database: Database) {
        let mut gateway = Gateway::over(database.clone());
        let other = Uuid::from_u128(99);
        let days = [0, 5, 20, 40, 100, 200];
        let calls: Vec<ToolCall> = days.iter().flat_map(|days| [call(PROJECT, *days), call(other, *days)]).collect();
        gateway.send_and_index(records(calls)).await;
        let mut session = fixtures::session(NOW, Some((NOW, domain::SessionEnd::Closed)));
        (session.last_seen_at_us, session.ended_at_us) = (1, Some(1));
        gateway.send(vec![record(Kind::Session(session))]).await;
        let store = &gateway.store;
        let shorter = Retention { tool_calls_days: 10, payloads_days: 3, server_logs_days: 1, sessions_days: 1 };
        store.set_retention(&[read(other, shorter).unwrap()]).await.unwrap();
        store.sweep(Timestamp::from_micros(NOW)).await.unwrap();

        // 0, 5, 20 and 40 of the one, 0 and 5 of the other.
        assert_eq!(count(store, "tool_calls").await, 6);
        // 0, 5 and 20; 0.
        assert_eq!(count(store, "tool_call_bodies").await, 4);
        assert_eq!(count(store, "client_sessions").await, 0);
        let q = proto::logging::ToolCallFilter { q: "bug".to_owned(), ..fixtures::of_project() };
        assert_eq!(fixtures::list(store, q, "", 50).await.0.len(), 3, "words go with the bodies");
        let all = crate::filter::ToolCallFilter::from_wire(Some(fixtures::of_project())).unwrap().0;
        assert_eq!(crate::summary::summarize(store, &all).await.unwrap().total, 4, "figures go with the calls");
        if let Database::Postgres(pool) = &database {
            let parts: i64 = sqlx::query_scalar(
                "SELECT COUNT(*) FROM pg_inherits WHERE inhparent = 'tool_calls'::regclass",
            )
            .fetch_one(pool)
            .await
            .unwrap();
            assert_eq!(parts, 5, "a part per day that is kept, and the rest");
        }
        // A day that comes back has its part again.
        gateway.send(records([call(PROJECT, 200)])).await;
        assert_eq!(count(&gateway.store, "tool_calls").await, 7);
    }

    async fn a_call_ends_whose_day_was_dropped_before_it_came(database: Database) {
        let mut gateway = Gateway::over(database.clone());
        let ended = call(PROJECT, 200);
        let begun = ToolCall {
            status: ToolCallStatus::Running.to_wire(),
            duration_us: None,
            ..ended.clone()
        };
        gateway.send(records([begun.clone()])).await;
        // Other processes sweep, and write: each has its own knowledge of days.
        Store::over(database.clone()).sweep(Timestamp::from_micros(NOW)).await.unwrap();
        assert_eq!(count(&gateway.store, "tool_calls").await, 0);
        gateway.send(records([begun])).await;
        let mut another = Gateway::over(database);
        another.send(records([ended])).await;
        let rows = fixtures::list(&another.store, fixtures::of_project(), "", 50).await.0;
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].status(), proto::logging::ToolCallStatus::Success);
        assert_eq!(count(&another.store, "dead_letters").await, 0);
    }

    async fn of_a_purged_project_nothing_stays_and_nothing_of_others_goes(database: Database) {
        let mut gateway = Gateway::over(database);
        let other = Uuid::from_u128(99);
        let days = [0, 1, 2, 80];
        let calls: Vec<ToolCall> = days.iter().flat_map(|days| [call(PROJECT, *days), call(other, *days)]).collect();
        gateway.send_and_index(records(calls)).await;
        let of_other = ClientSession {
            id: Uuid::from_u128(98).to_string(),
            project_id: other.to_string(),
            ..fixtures::session(NOW, None)
        };
        gateway.send(vec![
            record(Kind::Session(fixtures::session(NOW, None))),
            record(Kind::Session(of_other)),
            record(Kind::ServerLog(log(PROJECT))),
            record(Kind::ServerLog(log(other))),
        ]).await;
        let store = &gateway.store;
        let both = [RetentionRow::by_default(PROJECT), RetentionRow::by_default(other)];
        store.set_retention(&both).await.unwrap();
        let rollups = count(store, "tool_call_rollups").await;
        let of_callers = count(store, "caller_rollups").await;
        assert_eq!(store.projects().await.unwrap(), [PROJECT, other].into());

        store.purge_project(other).await.unwrap();
        assert_eq!(store.projects().await.unwrap(), [PROJECT].into());
        for (table, rows) in [
            ("tool_calls", 4),
            ("tool_call_bodies", 4),
            ("client_sessions", 1),
            ("server_logs", 1),
            ("retention", 1),
            ("tool_call_rollups", rollups / 2),
            ("caller_rollups", of_callers / 2),
        ] {
            assert_eq!(count(store, table).await, rows, "{table}");
        }
        let q = proto::logging::ToolCallFilter { q: "bug".to_owned(), ..fixtures::of_project() };
        assert_eq!(fixtures::list(store, q, "", 50).await.0.len(), 4, "words are those of bodies that stay");

        // A gateway was away meanwhile.
        gateway.send(records([call(other, 1)])).await;
        gateway.store.purge_project(other).await.unwrap();
        gateway.store.purge_project(PROJECT).await.unwrap();
        for table in tables(&gateway.store).await {
            let is_of_no_project = ["_sqlx_migrations", "commits", "commit_counter", "ingest_progress"].contains(&&*table);
            assert!(is_of_no_project || count(&gateway.store, &table).await == 0, "{table}");
        }
    }

    async fn what_gateways_sent_long_ago_is_forgotten_but_not_where_they_are(database: Database) {
        let mut gateway = Gateway::over(database);
        for epoch in [1, 2, 3] {
            let mut batch = gateway.batch(&[]);
            batch.epoch = epoch;
            gateway.ingest.append(batch).await.unwrap();
        }
        let store = &gateway.store;
        let now = Clock::system().now();
        let later = |days: i64| Timestamp::from_micros(days_ago(now, -days));
        store.sweep(later(80)).await.unwrap();
        assert_eq!(count(store, "ingest_progress").await, 3);
        store.sweep(later(100)).await.unwrap();
        assert_eq!(count(store, "ingest_progress").await, 1);
    }

    async fn what_was_set_is_read_back_and_nonsense_is_left_out(database: Database) {
        let store = Store::over(database);
        assert_eq!(store.retention(PROJECT).await.unwrap(), RetentionRow::by_default(PROJECT));
        let days = Retention { tool_calls_days: 7, payloads_days: 7, server_logs_days: 1, sessions_days: 3_650 };
        let row = read(PROJECT, days).unwrap();
        store.set_retention(std::slice::from_ref(&row)).await.unwrap();
        assert_eq!(store.retention(PROJECT).await.unwrap(), row);
        for wrong in [
            Retention { sessions_days: 0, ..days },
            Retention { sessions_days: 3_651, ..days },
        ] {
            assert_eq!(read(PROJECT, wrong), None);
        }
    }
}
