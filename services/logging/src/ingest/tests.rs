use database::{Database, database_test};
use domain::{ClientType, Door, ErrorKind, LogLevel, ServerLogKind, SessionEnd, ToolCallStatus};
use proptest::{prelude::*, strategy::ValueTree as _};
use proto::{
    convert::FromWire,
    logging::{ServerLog, ToolCall, record::Record as Kind},
};

use super::*;
use crate::{
    fixtures::{self, Gateway, PROJECT, SERVER, SESSION, finished, of_project, record, records, running},
    store::MIGRATIONS,
};

mod poison;

/// Counts the rows of a table.
async fn count(store: &Store, table: &str) -> u64 {
    let statement = crate::store::Statement::new(&store.database, &format!("SELECT COUNT(*) FROM {table}"));
    let count: Option<(i64,)> = statement.fetch_optional(&store.database).await.unwrap();
    count.unwrap().0.unsigned_abs()
}

database_test! {
    &MIGRATIONS;

    async fn a_call_is_read_as_it_was_written(database: Database) {
        let mut gateway = Gateway::over(database);
        let intent = running(1, 10);
        gateway.send(records([intent.clone()])).await;
        let (calls, _) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        assert_eq!(calls, [intent]);

        let mut outcome = finished(1, 10, ToolCallStatus::Error);
        outcome.error_code = Some(-32_000);
        outcome.error_message = "no such repository".to_owned();
        outcome.stderr_excerpt = "panic!\n".to_owned();
        gateway.send(records([outcome.clone()])).await;
        let stored = crate::tool_calls::get(&gateway.store, PROJECT, Uuid::from_u128(1)).await.unwrap();
        assert_eq!(stored, outcome);
        let other = crate::tool_calls::get(&gateway.store, SERVER, Uuid::from_u128(1)).await;
        assert_eq!(other.unwrap_err().code, Code::NotFound, "not in another project");
    }

    async fn every_enum_value_is_written_and_read_back(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<ToolCall> = Vec::new();
        for status in ToolCallStatus::ALL {
            calls.push(finished(calls.len() as u128 + 1, 5, *status));
        }
        for kind in ErrorKind::ALL {
            let mut call = finished(calls.len() as u128 + 1, 5, ToolCallStatus::Error);
            call.error_kind = kind.to_wire();
            calls.push(call);
        }
        for door in Door::ALL {
            let mut call = finished(calls.len() as u128 + 1, 5, ToolCallStatus::Success);
            call.door = door.to_wire();
            calls.push(call);
        }
        for kind in ClientType::ALL {
            let mut call = finished(calls.len() as u128 + 1, 5, ToolCallStatus::Success);
            call.client.as_mut().unwrap().r#type = kind.as_str().to_owned();
            calls.push(call);
        }
        gateway.send(records(calls.clone())).await;
        let (mut stored, _) = fixtures::list(&gateway.store, of_project(), "", 100).await;
        stored.reverse();
        assert_eq!(stored, calls);
        for status in ToolCallStatus::ALL {
            let mut filter = of_project();
            filter.statuses = vec![status.to_wire()];
            let (found, _) = fixtures::list(&gateway.store, filter, "", 100).await;
            assert!(!found.is_empty() && found.iter().all(|call| call.status == status.to_wire()));
        }

        for (number, end) in SessionEnd::ALL.iter().enumerate() {
            let mut session = fixtures::session(5, Some((9, *end)));
            session.id = Uuid::from_u128(100 + number as u128).to_string();
            gateway.send(vec![record(Kind::Session(session.clone()))]).await;
            let id = Uuid::from_u128(100 + number as u128);
            let stored = gateway.store.find_session(PROJECT, id).await.unwrap().unwrap().into_wire();
            assert_eq!((stored.end, stored.total_calls), (session.end, 0));
        }
        let mut lines = Vec::new();
        for level in LogLevel::ALL {
            for kind in ServerLogKind::ALL {
                lines.push(ServerLog {
                    id: Uuid::from_u128(lines.len() as u128 + 1).to_string(),
                    project_id: PROJECT.to_string(),
                    server_id: SERVER.to_string(),
                    server_name: "github".to_owned(),
                    level: level.to_wire(),
                    kind: kind.to_wire(),
                    line: "started".to_owned(),
                    at_us: 7,
                    tool_call_id: None,
                });
            }
        }
        gateway.send(lines.iter().cloned().map(|line| record(Kind::ServerLog(line))).collect()).await;
        let place = database::keyset::Place::Newest;
        let stored = gateway.store.list_server_logs(PROJECT, Some(SERVER), place, 100).await.unwrap();
        let mut stored: Vec<ServerLog> = stored.into_iter().map(crate::server_logs::ServerLogRow::into_wire).collect();
        stored.reverse();
        assert_eq!(stored, lines);
    }

    async fn an_end_is_never_taken_back_whatever_comes_when(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(vec![record(Kind::Session(fixtures::session(1, None)))]).await;
        let first_end = finished(1, 10, ToolCallStatus::Success);
        gateway.send(records([first_end.clone()])).await;
        gateway.send(records([running(1, 10)])).await;
        let mut lost = finished(1, 10, ToolCallStatus::Error);
        lost.error_kind = ErrorKind::GatewayLost.to_wire();
        gateway.send(records([lost.clone(), running(1, 10)])).await;
        gateway.send(records([running(2, 11), first_end.clone(), running(3, 12), finished(3, 12, ToolCallStatus::Timeout)])).await;
        let (calls, _) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        assert_eq!(calls, [finished(3, 12, ToolCallStatus::Timeout), running(2, 11), first_end]);
        let (counters, rows) = fixtures::counts(&gateway.store).await;
        assert_eq!((counters, rows), ((3, 1, 1), (3, 1, 1)));
    }

    async fn batches_stored_together_are_as_if_they_came_one_by_one(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(vec![record(Kind::Session(fixtures::session(1, None)))]).await;
        gateway.send(records([running(1, 10)])).await;
        let first_end = finished(1, 10, ToolCallStatus::Success);
        let second_end = finished(2, 11, ToolCallStatus::Error);
        gateway.send_together(vec![
            records([running(2, 11), running(3, 12)]),
            records([second_end.clone(), first_end.clone()]),
            Vec::new(),
            records([finished(1, 10, ToolCallStatus::Timeout), running(2, 11)]),
        ]).await;
        let (calls, _) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        assert_eq!(calls, [running(3, 12), second_end, first_end]);
        let (counters, rows) = fixtures::counts(&gateway.store).await;
        assert_eq!((counters, rows), ((3, 1, 1), (3, 1, 1)));
        assert_eq!(gateway.store.holes().await.unwrap(), 0);
        assert_eq!(count(&gateway.store, "ingest_progress").await, 1);
    }

    async fn transactions_beside_each_other_are_as_if_they_came_one_by_one(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(vec![record(Kind::Session(fixtures::session(1, None)))]).await;
        for stored in [4_u128, 8, 12, 16, 20] {
            let begin = |number| running(stored - number, 10);
            let end = |number| finished(stored - number, 10, ToolCallStatus::Success);
            let mut prepared = Vec::new();
            for records in [
                records([begin(0), begin(1)]),
                records([end(0), begin(2)]),
                records([end(1), end(2), begin(3)]),
                records([end(3), begin(0)]),
            ] {
                let batch = gateway.batch(&records);
                prepared.push(gateway.ingest.prepare(batch).await.unwrap());
            }
            let stores = prepared.into_iter().map(|prepared| gateway.ingest.store(vec![prepared]));
            futures::future::try_join_all(stores).await.unwrap();
            let (counters, rows) = fixtures::counts(&gateway.store).await;
            let stored = stored as u64;
            assert_eq!((counters, rows), ((stored, stored, 0), (stored, stored, 0)));
            assert_eq!(gateway.store.holes().await.unwrap(), 0);
        }
    }

    async fn who_waits_too_long_for_the_one_before_lets_go_of_its_calls(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut neighbour = gateway.neighbour();
        let turns = gateway.ingest.turns.clone();
        let rest = turns.rest().await;
        let sent = gateway.send(records([running(1, 10)]));
        let sent_meanwhile = async {
            // It waits for the call above on PostgreSQL.
            neighbour.send(records([finished(1, 10, ToolCallStatus::Success)])).await;
            drop(rest);
        };
        futures::join!(sent, sent_meanwhile);
        let (calls, _) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        assert_eq!(calls, [finished(1, 10, ToolCallStatus::Success)]);
    }

    async fn a_hole_between_batches_that_are_stored_together_stays_one(database: Database) {
        let mut gateway = Gateway::over(database);
        let first = gateway.batch(&records([running(1, 1)]));
        let missing = gateway.batch(&records([running(2, 2)]));
        let last = gateway.batch(&records([running(3, 3)]));
        let mut prepared = Vec::new();
        for batch in [first, last] {
            prepared.push(gateway.ingest.prepare(batch).await.unwrap());
        }
        gateway.ingest.store(prepared).await.unwrap();
        assert_eq!(gateway.store.holes().await.unwrap(), 1);
        gateway.ingest.append(missing).await.unwrap();
        assert_eq!(gateway.store.holes().await.unwrap(), 0);
    }

    async fn a_call_whose_body_is_left_is_stored_again(database: Database) {
        let mut gateway = Gateway::over(database.clone());
        let mut call = finished(1, 10, ToolCallStatus::Success);
        call.result = Some(fixtures::payload("{\"a\":1}"));
        gateway.send(records([call.clone()])).await;
        database::on_database!(&database, |pool| {
            sqlx::query("DELETE FROM tool_calls").execute(pool).await.unwrap();
        });
        call.result = Some(fixtures::payload("{\"a\":2}"));
        gateway.send(records([call.clone(), finished(2, 11, ToolCallStatus::Error)])).await;
        let stored = crate::tool_calls::get(&gateway.store, PROJECT, Uuid::from_u128(1)).await.unwrap();
        assert_eq!(stored.result, call.result);
        assert_eq!(count(&gateway.store, "tool_calls").await, 2);
    }

    async fn counters_equal_the_rows_over_random_deliveries(database: Database) {
        // What one call sends, in the order of its spool.
        let mut gateway = Gateway::over(database);
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let mut spool = Vec::new();
        for id in 1..=40 {
            let ends = &ToolCallStatus::ALL[1..];
            let status = ends[id as usize % ends.len()];
            spool.push(running(id, id as i64));
            spool.push(finished(id, id as i64, status));
        }
        gateway.send(vec![record(Kind::Session(fixtures::session(1, None)))]).await;
        for _ in 0..60 {
            // Any part of it, in any order, any number of times.
            let picked = proptest::collection::vec(0..spool.len(), 1..12).new_tree(&mut runner).unwrap().current();
            gateway.send(records(picked.into_iter().map(|index| spool[index].clone()))).await;
            let (counters, rows) = fixtures::counts(&gateway.store).await;
            assert_eq!(counters, rows);
        }
        gateway.send(records(spool.clone())).await;
        let (calls, _) = fixtures::list(&gateway.store, of_project(), "", 100).await;
        let mut outcomes: Vec<ToolCall> = spool.into_iter().skip(1).step_by(2).collect();
        outcomes.reverse();
        assert_eq!(calls, outcomes);
    }

    async fn gateways_that_send_at_the_same_time_count_once(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(vec![record(Kind::Session(fixtures::session(1, None)))]).await;
        let mut sends = Vec::new();
        for _ in 0..8 {
            let mut neighbour = gateway.neighbour();
            sends.push(async move {
                for id in 1..=30 {
                    neighbour.send(records([running(id, 1), running(id + 1, 1)])).await;
                    neighbour.send(records([finished(id, 1, ToolCallStatus::Success)])).await;
                }
            });
        }
        futures::future::join_all(sends).await;
        let (counters, rows) = fixtures::counts(&gateway.store).await;
        assert_eq!((counters, rows), ((31, 30, 0), (31, 30, 0)));
    }

    async fn a_session_ends_once_and_is_seen_last_when_it_was(database: Database) {
        let mut gateway = Gateway::over(database);
        let versions = [
            fixtures::session(5, None),
            fixtures::session(20, Some((8, SessionEnd::GatewayLost))),
            fixtures::session(11, Some((11, SessionEnd::Expired))),
            fixtures::session(9, Some((9, SessionEnd::Deleted))),
            fixtures::session(7, None),
        ];
        let mut seen = Vec::new();
        // One at a time, all in one batch, and backwards.
        for order in [vec![0, 1, 2, 3, 4], vec![4, 3, 2, 1, 0], vec![3, 1, 2, 0, 4]] {
            for (batches, id) in [(true, 1), (false, 2)] {
                let id = Uuid::from_u128(seen.len() as u128 * 10 + id);
                let versions: Vec<Record> = order
                    .iter()
                    .map(|index| {
                        let mut session = versions[*index].clone();
                        session.id = id.to_string();
                        record(Kind::Session(session))
                    })
                    .collect();
                if batches {
                    for version in versions {
                        gateway.send(vec![version]).await;
                    }
                } else {
                    gateway.send(versions).await;
                }
                let stored = gateway.store.find_session(PROJECT, id).await.unwrap().unwrap().into_wire();
                seen.push((stored.last_seen_at_us, stored.ended_at_us, stored.end));
            }
        }
        assert_eq!(seen, [(20, Some(9), SessionEnd::Deleted.to_wire()); 6]);
    }

    async fn a_hole_in_the_numbers_is_seen_until_it_is_filled(database: Database) {
        let mut gateway = Gateway::over(database);
        let holes = async |store: &Store| store.holes().await.unwrap();
        let batches: Vec<AppendRequest> = (0..4).map(|id| gateway.batch(&records([running(id + 1, 1)]))).collect();
        for (index, expected) in [(0, 0), (0, 0), (2, 1), (3, 1), (2, 1), (1, 0), (0, 0)] {
            gateway.ingest.append(batches[index].clone()).await.unwrap();
            assert_eq!(holes(&gateway.store).await, expected);
        }
        let mut next_life = gateway.batch(&[]);
        next_life.epoch = 2;
        gateway.ingest.append(next_life).await.unwrap();
        assert_eq!(holes(&gateway.store).await, 1, "the next life began before its first record");
        assert_eq!(count(&gateway.store, "ingest_progress").await, 2);
    }

    async fn a_database_that_is_gone_leaves_the_records_with_the_gateway(database: Database) {
        let mut gateway = Gateway::over(database.clone());
        let batch = gateway.batch(&records([running(1, 1)]));
        database.close().await;
        let refused = gateway.ingest.append(batch).await.unwrap_err();
        assert_eq!((refused.code, refused.reason.as_str()), (Code::Unavailable, "not_stored"));
    }

    async fn a_request_that_makes_no_sense_is_refused(database: Database) {
        let mut gateway = Gateway::over(database);
        let batch = gateway.batch(&records([running(1, 1)]));
        for wrong in [
            AppendRequest { gateway_id: "x".to_owned(), ..batch.clone() },
            AppendRequest { first_seq: 0, ..batch.clone() },
            AppendRequest { first_seq: 9, ..batch.clone() },
            AppendRequest { epoch: u64::MAX, ..batch.clone() },
            AppendRequest { records: vec![Bytes::new(); MAX_RECORDS + 1], ..batch.clone() },
        ] {
            assert_eq!(gateway.ingest.append(wrong).await.unwrap_err().code, Code::InvalidArgument);
        }
        assert_eq!(count(&gateway.store, "tool_calls").await, 0);
        assert!(gateway.store.find_session(PROJECT, SESSION).await.unwrap().is_none());
    }
}
