use std::collections::HashSet;

use database::database_test;
use domain::ToolCallStatus;
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use proto::{convert::FromWire as _, logging as wire};
use service_error::Code;

use super::*;
use crate::{
    fixtures::{self, Gateway, PROJECT, SERVER, SESSION, finished, of_project, records, running},
    store::MIGRATIONS,
    words::{WordList, cut},
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

    async fn each_query_finds_its_calls(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<ToolCall> = (1..=6).map(|id| finished(id, id as i64 * 10, ToolCallStatus::Success)).collect();
        calls[0].tool_name = "write_file".to_owned();
        calls[0].exposed_name = "files__write_file".to_owned();
        calls[0].server_name = "files".to_owned();
        calls[0].duration_us = Some(600_000);
        calls[1].arguments = Some(fixtures::payload(r#"{"repo":{"owner":"ACME Inc"},"labels":["bug","ui"],"path":"a\\b"}"#));
        calls[1].session_id = None;
        calls[2] = finished(3, 30, ToolCallStatus::Error);
        calls[2].error_message = "Connection refused by peer".to_owned();
        calls[2].error_code = Some(-32_602);
        calls[3].result = Some(fixtures::payload(r#"{"content":[{"type":"text","text":"{\"title\":\"이슈를\\n검색\"}"}]}"#));
        calls[3].client.as_mut().unwrap().r#type = "claude".to_owned();
        calls[3].client.as_mut().unwrap().name = "Claude Code".to_owned();
        calls[4] = running(5, 50);
        calls[5].principal.as_mut().unwrap().user_id = Some(Uuid::from_u128(44).to_string());
        calls[5].request_id = "\"abc\"".to_owned();
        calls[5].tool_name = "100%_sure".to_owned();
        gateway.send(records(calls)).await;
        // An end replaces the words of the beginning.
        let mut ended = finished(5, 50, ToolCallStatus::Timeout);
        ended.arguments = Some(fixtures::payload(r#"{"q":"replaced"}"#));
        gateway.send(records([ended])).await;

        let all: &[i64] = &[60, 50, 40, 30, 20, 10];
        let cases: [(&str, &[i64]); 45] = [
            ("", all),
            ("status:error", &[30]),
            ("status:(error OR timeout)", &[50, 30]),
            ("-status:success", &[50, 30]),
            ("kind:*", &[30]),
            ("-kind:*", &[60, 50, 40, 20, 10]),
            ("-kind:tool_error", &[60, 50, 40, 20, 10]),
            ("-kind:denied", all),
            ("tool:write_file", &[10]),
            ("tool:w*_file", &[10]),
            ("tool:W*", &[]),
            ("tool:100%_*", &[60]),
            ("tool:100_*", &[]),
            ("server:files", &[10]),
            ("server:fi*", &[10]),
            ("server:00000000-0000-0000-0000-000000000002", all),
            ("client:claude", &[40]),
            ("client:Claude*", &[40]),
            ("user:kim@example.com", &[60]),
            ("-user:KIM@example.com", &[50, 40, 30, 20, 10]),
            ("key:*", &[]),
            ("session:*", &[60, 50, 40, 30, 10]),
            ("-session:00000000-0000-0000-0000-000000000003", &[20]),
            ("duration:>500ms", &[10]),
            ("duration:1ms..2ms", &[60, 50, 40, 30, 20]),
            ("code:-32602", &[30]),
            ("code:<0", &[30]),
            ("request:abc", &[60]),
            ("error:refused", &[30]),
            ("error:\"connection refused\"", &[30]),
            ("error:\"refused connection\"", &[]),
            ("error:refus*", &[30]),
            ("error:*", &[30]),
            ("REFUSED", &[30]),
            ("refuse", &[]),
            ("이슈", &[40]),
            ("검색", &[40]),
            ("bug", &[60, 40, 30, 20, 10]),
            ("replaced", &[50]),
            ("result:bug", &[]),
            ("arguments.repo.owner:\"acme inc\"", &[20]),
            ("arguments.repo.owner:acme*", &[20]),
            ("arguments.labels:ui -arguments.labels:bug", &[]),
            ("arguments.repo.owner:*", &[20]),
            ("(tool:write_file OR error:peer) -\"no such thing\"", &[30, 10]),
        ];
        for is_indexed in [false, true] {
            for (q, expected) in cases {
                let filter = wire::ToolCallFilter {
                    q: q.to_owned(),
                    users: vec![wire::NamedId { name: "kim@example.com".to_owned(), id: Uuid::from_u128(44).to_string() }],
                    ..of_project()
                };
                let (found, _) = fixtures::list(&gateway.store, filter.clone(), "", 50).await;
                assert_eq!(times(&found), expected, "{q}, indexed: {is_indexed}");
                let (parsed, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
                let summary = crate::summary::summarize(&gateway.store, &parsed).await.unwrap();
                assert_eq!(summary.total, expected.len() as u64, "the same calls are summed up: {q}");
            }
            crate::indexing::everything(&gateway.store).await;
        }
    }

    async fn what_is_written_as_a_word_finds_its_call(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut runner = TestRunner::deterministic();
        for id in 1..=40_u128 {
            // A backslash before a letter may be the escape of a text within a text.
            let text = "\\PC{1,40}".new_tree(&mut runner).unwrap().current().replace('\\', "/");
            let mut call = finished(id, id as i64, ToolCallStatus::Success);
            let json = serde_json::json!({ "text": text, "deep": { "list": [text] } }).to_string();
            call.arguments = Some(fixtures::payload(&json));
            gateway.send_and_index(records([call])).await;
            let quoted = text.replace('"', "\\\"");
            let mut queries = vec![format!("arguments.deep.list:\"{quoted}\"")];
            let mut words = WordList::default();
            cut(&text, &mut words);
            queries.extend(words.iter().map(|word| format!("arguments:\"{word}\"")));
            for q in queries {
                let filter = wire::ToolCallFilter { q: q.clone(), ..of_project() };
                let (found, _) = fixtures::list(&gateway.store, filter, "", 50).await;
                assert!(times(&found).contains(&(id as i64)), "{q} in {json}");
            }
        }
    }

    async fn frequent_words_are_found_as_rare_ones_are(database: Database) {
        let mut gateway = Gateway::over(database);
        // Every fifth call fails, and the older half has a word of its own.
        let call = |id: u128| {
            let status = if id.is_multiple_of(5) { ToolCallStatus::Error } else { ToolCallStatus::Success };
            let mut call = finished(id, (id / 3) as i64, status);
            let half = if id <= 500 { "older" } else { "newer" };
            let json = format!(r#"{{"text":"이슈를 find the {half} Number{}","rare":"r{}"}}"#, id % 50, id % 200);
            call.arguments = Some(fixtures::payload(&json));
            call
        };
        // Some wait for the index.
        gateway.send_and_index(records((1..=900).map(call))).await;
        gateway.send(records((901..=1_000).map(call))).await;
        for (q, expected) in [
            ("이슈", 1_000),
            ("numb*", 1_000),
            ("older", 500),
            ("old* status:error", 100),
            ("\"find the\" status:error", 200),
            ("arguments:find -find", 0),
            ("-older", 500),
            ("status:error (older OR \"the newer\")", 200),
            ("\"the find\"", 0),
            ("find number7", 20),
            ("result:이슈", 0),
            ("arguments:이슈 number7", 20),
            ("r77", 5),
            ("arguments.rare:r77 find", 5),
            ("arguments.rare:r7*", 55),
        ] {
            let filter = wire::ToolCallFilter { q: q.to_owned(), ..of_project() };
            let mut seen = Vec::new();
            let mut cursor = String::new();
            loop {
                let (found, page) = fixtures::list(&gateway.store, filter.clone(), &cursor, 90).await;
                seen.extend(found.iter().map(|call| call.id.clone()));
                if !page.has_older {
                    break;
                }
                cursor = page.older;
            }
            let unique: HashSet<&String> = seen.iter().collect();
            assert_eq!((seen.len(), unique.len()), (expected, expected), "{q}");
            let (parsed, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
            let summary = crate::summary::summarize(&gateway.store, &parsed).await.unwrap();
            assert_eq!(summary.total, expected as u64, "the same calls are summed up: {q}");
        }
    }

    async fn the_oldest_come_first_where_that_is_asked_for(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records((1..=7).map(|id| finished(id, (id / 2) as i64, ToolCallStatus::Success)))).await;
        let (filter, scope) = ToolCallFilter::from_wire(Some(of_project())).unwrap();
        let look = async |cursor: String| {
            let request = page::PageRequest { limit: 3, cursor };
            list(&gateway.store, &filter, scope, Some(request), true, false).await.unwrap()
        };
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let (calls, page) = look(cursor.clone()).await;
            assert_eq!(page.has_older, !seen.is_empty());
            if calls.is_empty() {
                break;
            }
            seen.extend(times(&calls));
            cursor = page.newer;
        }
        assert_eq!(seen, [0, 1, 1, 2, 2, 3, 3]);
        let request = page::PageRequest { limit: 3, cursor };
        assert!(list(&gateway.store, &filter, scope, Some(request), false, false).await.is_err(), "another order");
    }

    async fn an_export_has_every_call_once(database: Database) {
        use futures::TryStreamExt as _;

        let mut gateway = Gateway::over(database);
        gateway.send(records((1..=1_203).map(|id| finished(id, (id / 3) as i64, ToolCallStatus::Success)))).await;
        for (is_oldest_first, with_payloads) in [(false, false), (true, true)] {
            let (filter, _) = ToolCallFilter::from_wire(Some(of_project())).unwrap();
            let parts: Vec<_> =
                crate::export::all(gateway.store.clone(), filter, is_oldest_first, with_payloads).try_collect().await.unwrap();
            let calls: Vec<ToolCall> = parts.into_iter().flat_map(|part| part.tool_calls).collect();
            let ids: HashSet<&str> = calls.iter().map(|call| call.id.as_str()).collect();
            assert_eq!((calls.len(), ids.len()), (1_203, 1_203));
            let is_in_order = times(&calls).is_sorted_by(|one, next| if is_oldest_first { one <= next } else { one >= next });
            assert!(is_in_order);
            assert_eq!(calls[0].arguments.as_ref().unwrap().json.is_empty(), !with_payloads);
        }
    }

    async fn a_name_that_nobody_has_is_told_with_its_place(database: Database) {
        let _ = Gateway::over(database);
        let filter = wire::ToolCallFilter { q: "status:error user:nobody".to_owned(), ..of_project() };
        let refused = ToolCallFilter::from_wire(Some(filter)).unwrap_err();
        assert_eq!(refused.reason, "unknown_name");
        assert_eq!(refused.span.map(|span| (span.start, span.end)), Some((18, 24)));
    }

    async fn payloads_come_when_they_are_asked_for(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records([finished(1, 1, ToolCallStatus::Success)])).await;
        let (filter, scope) = ToolCallFilter::from_wire(Some(of_project())).unwrap();
        let (calls, _) = list(&gateway.store, &filter, scope, None, false, false).await.unwrap();
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
            let refused = list(&gateway.store, &filter, scope, Some(request), false, false).await.unwrap_err();
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
