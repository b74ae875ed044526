use database::{
    database_test,
    testing::{Engine, TestDatabase},
};
use domain::ToolCallStatus;
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use proto::logging as wire;

use super::*;
use crate::{
    fixtures::{self, Gateway, finished, of_project, payload, records},
    query::Expression,
    store::MIGRATIONS,
    words::{Texts, Words},
};

/// Few words, so that they meet in calls and in queries.
const WORDS: [&str; 7] = ["ab", "abc", "b", "이슈", "이슈를", "索", "x1"];

fn texts() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&WORDS[..]), 0..5).prop_map(|words| words.join(" "))
}

fn queries() -> impl Strategy<Value = String> {
    let word = prop::sample::select(&WORDS[..]);
    let asked = (
        prop::sample::select(&["", "arguments:", "result:", "error:", "arguments.text:"][..]),
        prop::collection::vec(word, 1..3),
        any::<bool>(),
    );
    let asked = asked.prop_map(|(field, words, is_open)| {
        let open = if is_open && words.len() == 1 { "*" } else { "" };
        match words.as_slice() {
            [word] => format!("{field}{word}{open}"),
            words => format!("{field}\"{}\"", words.join(" ")),
        }
    });
    let asked = prop_oneof![3 => asked, 1 => Just("status:error".to_owned())];
    (prop::collection::vec(asked, 1..4), 0..4_u8).prop_map(|(asked, how)| match how {
        0 => asked.join(" OR "),
        1 => format!("-({})", asked.join(" ")),
        2 => asked.join(" -"),
        _ => asked.join(" "),
    })
}

/// Whether a call is one of those that a query asks for, by reading it.
fn is_meant(expression: &Expression, call: &wire::ToolCall) -> bool {
    match expression {
        Expression::All(terms) => terms.iter().all(|term| is_meant(term, call)),
        Expression::Any(terms) => terms.iter().any(|term| is_meant(term, call)),
        Expression::Not(inner) => !is_meant(inner, call),
        Expression::Text(_) | Expression::Field(_) => match condition::search(expression) {
            None => call.error_kind != 0,
            Some(search) => search.finds(&Words::of(Texts {
                tool_name: &call.tool_name,
                exposed_name: &call.exposed_name,
                error_message: &call.error_message,
                arguments_json: call.arguments.as_ref().map(|payload| payload.json.as_str()),
                result_json: call.result.as_ref().map(|payload| payload.json.as_str()),
            })),
        },
    }
}

database_test! {
    &MIGRATIONS;

    async fn what_is_found_is_what_reading_finds(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut runner = TestRunner::deterministic();
        let mut draw = |strategy: BoxedStrategy<String>| strategy.new_tree(&mut runner).unwrap().current();
        let mut call = |id: u128| {
            let is_failed = id.is_multiple_of(3);
            let status = if is_failed { ToolCallStatus::Error } else { ToolCallStatus::Success };
            wire::ToolCall {
                arguments: Some(payload(&serde_json::json!({ "text": draw(texts().boxed()) }).to_string())),
                result: Some(payload(&serde_json::json!([draw(texts().boxed()), draw(texts().boxed())]).to_string())),
                error_message: if is_failed { draw(texts().boxed()) } else { String::new() },
                ..finished(id, (id / 2) as i64, status)
            }
        };
        let calls: Vec<wire::ToolCall> = (1..=450).map(&mut call).collect();
        let (indexed, waiting) = calls.split_at(400);
        for calls in indexed.chunks(150) {
            gateway.send_and_index(records(calls.to_vec())).await;
        }
        gateway.send(records(waiting.to_vec())).await;
        for _ in 0..120 {
            let q = draw(queries().boxed());
            let filter = wire::ToolCallFilter { q: q.clone(), ..of_project() };
            let (parsed, _) = ToolCallFilter::from_wire(Some(filter.clone())).unwrap();
            let is_meant = |call: &&wire::ToolCall| parsed.terms.iter().all(|term| is_meant(term, call));
            let mut expected: Vec<(i64, String)> =
                calls.iter().filter(is_meant).map(|call| (call.started_at_us, call.id.clone())).collect();
            expected.sort_unstable();
            expected.reverse();
            let (found, _) = fixtures::list(&gateway.store, filter, "", 500).await;
            let found: Vec<(i64, String)> = found.into_iter().map(|call| (call.started_at_us, call.id)).collect();
            assert_eq!(found, expected, "{q}");
        }
    }
}

#[tokio::test]
async fn sqlite_looks_up_what_was_found() {
    let home = TestDatabase::create(Engine::Sqlite).await;
    let store = Store::open(home.url()).await.unwrap();
    let filter = wire::ToolCallFilter {
        q: "gone server:github".to_owned(),
        from_us: Some(1),
        ..of_project()
    };
    let (filter, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
    let begin = |select: &str, words: WordLookup| {
        let mut statement = Statement::new(&store.database, &format!("EXPLAIN QUERY PLAN SELECT {select}"));
        statement.words = words;
        statement
    };
    let looked_up = || WordLookup::LookedUp(FoundWords::default());
    let mut page = begin("*", looked_up());
    sqlite::push_page(&mut page, &filter, Place::Newest, 50);
    let mut figures = begin("COUNT(*) FROM tool_calls", looked_up());
    condition::push_filter(&mut figures, &filter, filter.range);
    let mut tail = begin("* FROM commits CROSS JOIN tool_calls", WordLookup::default());
    condition::push_filter(&mut tail, &filter, Range::default());
    tail.push(" AND tool_calls.change = commits.change");
    for (statement, index) in [
        (page, "sqlite_autoindex_tool_calls_1 (id=?)"),
        (figures, "sqlite_autoindex_tool_calls_1 (id=?)"),
        (tail, "tool_calls_by_change (project_id=? AND change=?)"),
    ] {
        let plan: Vec<(i64, i64, i64, String)> = statement.fetch_all(&store.database).await.unwrap();
        let steps: Vec<String> = plan.into_iter().map(|step| step.3).collect();
        let of_calls = |step: &&String| step.starts_with("SEARCH tool_calls ");
        let of_calls: Vec<&String> = steps.iter().filter(of_calls).collect();
        assert!(
            !of_calls.is_empty() && of_calls.iter().all(|step| step.ends_with(index)),
            "{steps:?}"
        );
    }
    store.close().await;
    home.remove().await;
}
