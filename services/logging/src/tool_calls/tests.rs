use std::collections::HashSet;

use database::database_test;
use domain::ToolCallStatus;
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use proto::{convert::FromWire as _, logging as wire};
use service_error::Code;

use super::*;
use crate::{
    fixtures::{self, Gateway, PROJECT, SERVER, SESSION, finished, of_project, records},
    store::MIGRATIONS,
};

type Change = fn(&mut wire::ToolCallFilter);

fn times(calls: &[ToolCall]) -> Vec<i64> {
    calls.iter().map(|call| call.started_at_us).collect()
}

database_test! {
    &MIGRATIONS;

    async fn paging_loses_and_repeats_nothing_while_calls_arrive(database: Database) {
        let mut gateway = Gateway::over(database);
        let store = gateway.store.clone();
        let mut runner = TestRunner::deterministic();
        let mut next_id = 1;
        // Several calls share a time, so that the id must tell them apart.
        let mut arrive = async |count: u128| {
            let ids: Vec<u128> = (next_id..next_id + count).collect();
            next_id += count;
            let calls = ids.iter().map(|id| finished(*id, (*id / 3) as i64, ToolCallStatus::Success));
            gateway.send(records(calls)).await;
            ids
        };
        let before: HashSet<String> =
            arrive(100).await.iter().map(|id| Uuid::from_u128(*id).to_string()).collect();
        let (first, first_page) = fixtures::list(&store, of_project(), "", 10).await;
        let mut seen: Vec<String> = first.iter().map(|call| call.id.clone()).collect();
        let mut older = first_page.older.clone();
        let mut has_older = first_page.has_older;
        let mut newer = first_page.newer;
        let mut arrived = HashSet::new();
        while has_older {
            let count = (0_u128..9).new_tree(&mut runner).unwrap().current();
            if count > 0 {
                arrived.extend(arrive(count).await.iter().map(|id| Uuid::from_u128(*id).to_string()));
            }
            let limit = (1_u32..12).new_tree(&mut runner).unwrap().current();
            let (calls, page) = fixtures::list(&store, of_project(), &older, limit).await;
            seen.extend(calls.iter().map(|call| call.id.clone()));
            (older, has_older) = (page.older, page.has_older);
        }
        assert_eq!(seen.len(), 100);
        assert_eq!(seen.iter().cloned().collect::<HashSet<_>>(), before);

        let mut polled = Vec::new();
        loop {
            let (calls, page) = fixtures::list(&store, of_project(), &newer, 7).await;
            newer = page.newer;
            assert!(times(&calls).is_sorted_by(|newer, older| newer >= older), "newest first");
            if calls.is_empty() {
                break;
            }
            polled.extend(calls.into_iter().map(|call| call.id));
        }
        assert_eq!(polled.len(), arrived.len());
        assert_eq!(polled.into_iter().collect::<HashSet<_>>(), arrived);
        arrive(2).await;
        assert_eq!(fixtures::list(&store, of_project(), &newer, 7).await.0.len(), 2, "an empty page can be polled from");
    }

    async fn each_filter_takes_its_calls(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<ToolCall> = (1..=6).map(|id| finished(id, id as i64 * 10, ToolCallStatus::Success)).collect();
        calls[0].tool_name = "write_file".to_owned();
        calls[1].server_id = Some(Uuid::from_u128(77).to_string());
        calls[2].session_id = None;
        calls[3].client.as_mut().unwrap().r#type = "cline".to_owned();
        calls[4].duration_us = Some(9_000);
        calls[5] = finished(6, 60, ToolCallStatus::Error);
        let mut foreign = finished(7, 70, ToolCallStatus::Success);
        foreign.project_id = Uuid::from_u128(99).to_string();
        calls.push(foreign);
        gateway.send(records(calls)).await;

        let cases: [(Change, &[i64]); 11] = [
            (|_| {}, &[60, 50, 40, 30, 20, 10]),
            (|filter| filter.from_us = Some(20), &[60, 50, 40, 30, 20]),
            (|filter| filter.to_us = Some(20), &[10]),
            (|filter| filter.tools = vec!["write_file".to_owned(), "'; DROP TABLE tool_calls; --".to_owned()], &[10]),
            (|filter| filter.server_ids = vec![Uuid::from_u128(77).to_string()], &[20]),
            (|filter| filter.session_ids = vec![SESSION.to_string()], &[60, 50, 40, 20, 10]),
            (|filter| filter.client_types = vec!["cline".to_owned()], &[40]),
            (|filter| filter.min_duration_us = Some(9_000), &[50]),
            (|filter| filter.max_duration_us = Some(1_001), &[10]),
            (|filter| filter.error_kinds = vec![domain::ErrorKind::ToolError.to_wire()], &[60]),
            (
                |filter| {
                    filter.statuses = vec![ToolCallStatus::Success.to_wire(), ToolCallStatus::Timeout.to_wire()];
                    filter.server_ids = vec![SERVER.to_string()];
                },
                &[50, 40, 30, 10],
            ),
        ];
        for (change, expected) in cases {
            let mut filter = of_project();
            change(&mut filter);
            let (found, page) = fixtures::list(&gateway.store, filter.clone(), "", 50).await;
            assert_eq!(times(&found), expected, "{filter:?}");
            assert!(!page.has_older);
            let (parsed, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
            let summary = crate::summary::summarize(&gateway.store, &parsed).await.unwrap();
            assert_eq!(summary.total, expected.len() as u64, "the same calls are summed up");
        }
    }

    async fn payloads_come_when_they_are_asked_for(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records([finished(1, 1, ToolCallStatus::Success)])).await;
        let (filter, scope) = ToolCallFilter::from_wire(Some(of_project())).unwrap();
        let (calls, _) = list(&gateway.store, &filter, scope, None, false).await.unwrap();
        let arguments = calls[0].arguments.as_ref().unwrap();
        assert_eq!((arguments.json.as_str(), arguments.size_bytes), ("", 11));
        let whole = get(&gateway.store, PROJECT, Uuid::from_u128(1)).await.unwrap();
        assert_eq!(whole.arguments.unwrap().json, r#"{"q":"bug"}"#);
    }

    async fn a_cursor_of_another_filter_is_refused(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records((1..=5).map(|id| finished(id, 1, ToolCallStatus::Success)))).await;
        let (_, page) = fixtures::list(&gateway.store, of_project(), "", 2).await;
        let mut other = of_project();
        other.tools = vec!["x".to_owned()];
        for (filter, cursor) in [(other.clone(), &page.older), (other, &page.newer), (of_project(), &"x".to_owned())] {
            let (filter, scope) = ToolCallFilter::from_wire(Some(filter)).unwrap();
            let request = page::PageRequest { limit: 2, cursor: cursor.clone() };
            let refused = list(&gateway.store, &filter, scope, Some(request), false).await.unwrap_err();
            assert_eq!((refused.code, refused.reason.as_str()), (Code::InvalidArgument, "cursor_mismatch"));
            assert!(tail::read_cursor(cursor, scope).is_err());
        }
        // A range that moves on is still the same list.
        let mut moved = of_project();
        moved.from_us = Some(0);
        assert_eq!(fixtures::list(&gateway.store, moved, &page.older, 10).await.0.len(), 3);
    }
}

#[test]
fn a_filter_that_makes_no_sense_is_refused() {
    let filter = of_project();
    for wrong in [
        wire::ToolCallFilter::default(),
        wire::ToolCallFilter {
            statuses: vec![0],
            ..filter.clone()
        },
        wire::ToolCallFilter {
            error_kinds: vec![99],
            ..filter.clone()
        },
        wire::ToolCallFilter {
            server_ids: vec!["x".to_owned()],
            ..filter.clone()
        },
        wire::ToolCallFilter {
            tools: vec!["\0".to_owned()],
            ..filter.clone()
        },
        wire::ToolCallFilter {
            tools: vec![String::new(); 201],
            ..filter.clone()
        },
        wire::ToolCallFilter {
            from_us: Some(2),
            to_us: Some(1),
            ..filter
        },
    ] {
        let refused = ToolCallFilter::from_wire(Some(wrong)).unwrap_err();
        assert_eq!(refused.code, Code::InvalidArgument);
        assert!(refused.fields[0].field.starts_with("filter."));
    }
}
