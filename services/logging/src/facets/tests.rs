use database::database_test;
use domain::ToolCallStatus;
use proto::logging as wire;

use super::*;
use crate::{
    fixtures::{Gateway, finished, of_project, records},
    store::MIGRATIONS,
};

async fn facets(gateway: &Gateway, q: &str) -> Vec<(i32, Vec<(String, u64)>)> {
    let filter = wire::ToolCallFilter {
        q: q.to_owned(),
        ..of_project()
    };
    let (filter, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
    let facets = count(&gateway.store, &filter, &Dimension::ALL, 0).await.unwrap();
    facets
        .into_iter()
        .map(|facet| {
            assert!(!facet.is_partial);
            let values = facet.values.into_iter().map(|value| (value.value, value.calls));
            (facet.dimension, values.collect())
        })
        .collect()
}

fn values(counted: &[(&str, u64)]) -> Vec<(String, u64)> {
    counted
        .iter()
        .map(|(value, calls)| ((*value).to_owned(), *calls))
        .collect()
}

database_test! {
    &MIGRATIONS;

    async fn a_field_is_counted_without_what_is_asked_of_it(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<_> = (1..=5).map(|id| finished(id, id as i64, ToolCallStatus::Success)).collect();
        calls[0] = finished(1, 1, ToolCallStatus::Error);
        calls[0].error_message = "no such repository".to_owned();
        calls[1].tool_name = "write_file".to_owned();
        calls[2].client.as_mut().unwrap().r#type = "cline".to_owned();
        calls[3].session_id = None;
        gateway.send(records(calls)).await;

        let all = facets(&gateway, "").await;
        let session = crate::fixtures::SESSION.to_string();
        let user = uuid::Uuid::from_u128(4).to_string();
        let expected = [
            values(&[("success", 4), ("error", 1)]),
            values(&[("tool_error", 1)]),
            values(&[("search_issues", 4), ("write_file", 1)]),
            values(&[("github", 5)]),
            values(&[("cursor", 4), ("cline", 1)]),
            values(&[(&user, 5)]),
            values(&[]),
            values(&[(&session, 4)]),
            values(&[("no such repository", 1)]),
        ];
        assert_eq!(all.iter().map(|(_, values)| values.clone()).collect::<Vec<_>>(), expected);

        let some = facets(&gateway, "status:error tool:search_issues").await;
        assert_eq!(some[0].1, values(&[("success", 3), ("error", 1)]), "without the status");
        assert_eq!(some[2].1, values(&[("search_issues", 1)]), "without the tool");
        assert_eq!(some[4].1, values(&[("cursor", 1)]), "with both");
        let some = facets(&gateway, "client:cline").await;
        assert_eq!(some[0].1, values(&[("success", 1)]));
        assert_eq!(some[4].1, values(&[("cursor", 4), ("cline", 1)]));
    }

    async fn counts_of_rollups_equal_a_recount_of_the_calls(database: Database) {
        const HOUR_US: i64 = rollup::HOUR_US;
        let mut gateway = Gateway::over(database);
        let id = |number: u128| uuid::Uuid::from_u128(number + 100).to_string();
        // Three batches, so that what is stored is added to; every third call
        // ends in the batch behind the one that says that it runs.
        for batch in 0..3 {
            let mut calls = Vec::new();
            for number in batch * 100..batch * 100 + 150 {
                let started_at_us = i64::try_from(number).unwrap() * 977_000_000 % (50 * HOUR_US) + 13;
                let is_running = number % 3 == 0 && number >= batch * 100 + 100;
                let status = if is_running { ToolCallStatus::Running } else { ToolCallStatus::ALL[(number % 4 + 1) as usize] };
                let mut call = finished(number + 1, started_at_us, status);
                call.session_id = (number % 5 > 0).then(|| id(number % 5));
                let client = call.client.as_mut().unwrap();
                client.r#type = ["cursor", "cline", "vscode"][(number % 3) as usize].to_owned();
                call.tool_name = ["write_file", "search_issues"][(number % 11 / 6) as usize].to_owned();
                client.name = ["cline", "x"][(number % 2) as usize].to_owned();
                call.principal = Some(wire::Principal {
                    user_id: (number % 4 > 0).then(|| id(number % 4)),
                    api_key_id: (number % 7 > 2).then(|| id(number % 7)),
                });
                calls.push(call);
            }
            gateway.send(records(calls)).await;
        }
        let of = [Dimension::Status, Dimension::ErrorKind, Dimension::Tool, Dimension::Server, Dimension::Client, Dimension::User, Dimension::ApiKey, Dimension::Session];
        let one = |field: &str| format!("{field}:{}", id(3));
        for q in [String::new(), "status:(error OR running)".into(), "-kind:*".into(), "client:cline".into(), one("user"), one("-session"), "-user:* key:*".into(), "tool:write_file".into(), "tool:search_* client:(cline OR cursor)".into(), one("server:git* -user"), "kind:* key:*".into()] {
            for (from, to) in [(0, 50 * HOUR_US), (7, 40 * 60_000_000), (HOUR_US / 2, 47 * HOUR_US + 61_000_000), (HOUR_US - 9, 2 * HOUR_US - 59_000_000)] {
                let filter = wire::ToolCallFilter { q: q.clone(), from_us: Some(from), to_us: Some(to), ..of_project() };
                let (filter, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
                let mut recount = filter.clone();
                // What rollups do not know, and all calls are.
                recount.terms.push(crate::query::parse("door:*").unwrap().unwrap());
                for dimension in of {
                    let grouping = Grouping { by: Some(dimension), ..Grouping::default() };
                    assert_ne!(rollup::source(&filter, grouping), Source::Calls);
                    assert_eq!(rollup::source(&recount, grouping), Source::Calls);
                }
                let counted = count(&gateway.store, &filter, &of, 0).await.unwrap();
                assert_eq!(counted, count(&gateway.store, &recount, &of, 0).await.unwrap(), "{q} from {from}");
                assert!(counted.iter().any(|facet| !facet.values.is_empty()));
            }
        }
    }

    async fn callers_of_calls_of_before_are_counted_by_the_migration(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<_> = (1..=9).map(|id| finished(id, id as i64 * 1_000_000_000, ToolCallStatus::Success)).collect();
        calls[0] = finished(1, 1, ToolCallStatus::Error);
        calls[1].tool_name = "write_file".to_owned();
        calls[2].client.as_mut().unwrap().r#type = "cline".to_owned();
        calls[3].session_id = None;
        gateway.send(records(calls)).await;
        let before = facets(&gateway, "tool:search_issues").await;
        assert_eq!(before[4].1, values(&[("cursor", 7), ("cline", 1)]));

        let migration = match &gateway.store.database {
            database::Database::Sqlite(_) => include_str!("../../../../migrations/logging/sqlite/0005_callers_of_tools.sql"),
            database::Database::Postgres(_) => include_str!("../../../../migrations/logging/postgres/0005_callers_of_tools.sql"),
        };
        // SQLite had another index of words then, which it is about too.
        let migration = migration.split("-- A block of the index of words").next().unwrap();
        database::on_database!(&gateway.store.database, |pool| {
            sqlx::raw_sql("DROP TABLE tool_caller_rollups; DROP TABLE callers").execute(pool).await.unwrap();
            sqlx::raw_sql(migration).execute(pool).await.unwrap();
        });
        assert_eq!(facets(&gateway, "tool:search_issues").await, before);
        gateway.send(records(vec![finished(10, 10_000_000_000, ToolCallStatus::Success)])).await;
        assert_eq!(facets(&gateway, "tool:search_issues").await[4].1, values(&[("cursor", 8), ("cline", 1)]));
    }

    async fn a_breakdown_has_the_figures_of_each_value(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<_> = (1..=6).map(|id| finished(id, id as i64 * 10, ToolCallStatus::Success)).collect();
        calls[4] = finished(5, 50, ToolCallStatus::Error);
        calls[5].tool_name = "write_file".to_owned();
        calls[5].duration_us = Some(500_000);
        gateway.send(records(calls)).await;
        let mut filter = of_project();
        (filter.from_us, filter.to_us) = (Some(30), Some(70));
        let (filter, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
        let previous = filter.range.previous();
        let rows = async |order| {
            crate::breakdown::break_down(&gateway.store, &filter, Dimension::Tool, order, 0, previous).await.unwrap().rows
        };
        let by_calls = rows(wire::BreakdownOrder::Calls).await;
        assert_eq!((by_calls[0].value.as_str(), by_calls[0].calls, by_calls[0].failed), ("search_issues", 3, 1));
        assert_eq!((by_calls[0].server_name.as_str(), by_calls[0].previous_calls), ("github", Some(2)));
        assert_eq!(by_calls[1].previous_calls, Some(0));
        let slowest = rows(wire::BreakdownOrder::P95Duration).await;
        assert_eq!(slowest[0].value, "write_file");
    }
}
