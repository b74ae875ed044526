use std::collections::HashMap;

use database::database_test;
use domain::ToolCallStatus;
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use proto::{convert::FromWire as _, logging as wire};

use super::*;
use crate::{
    fixtures::{Gateway, finished, of_project, records, running},
    rollup::{self, Source},
    store::MIGRATIONS,
};

async fn summary(store: &Store, from_us: Option<i64>, to_us: Option<i64>) -> Summary {
    let mut filter = of_project();
    (filter.from_us, filter.to_us) = (from_us, to_us);
    let (filter, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
    summarize(store, &filter).await.unwrap()
}

database_test! {
    &MIGRATIONS;

    async fn an_empty_range_gives_zeros_and_no_rates(database: Database) {
        let gateway = Gateway::over(database);
        assert_eq!(summary(&gateway.store, None, None).await, Summary::default());
        let closed = summary(&gateway.store, Some(0), Some(60_000_000)).await;
        assert_eq!(closed, Summary { calls_per_minute: Some(0.0), ..Summary::default() });
    }

    async fn figures_of_rollups_equal_a_recount_of_the_calls(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut runner = TestRunner::deterministic();
        let minute = rollup::MINUTE_US;
        let any_call = (1_u128..400, 0_i64..60 * 60, 0_usize..5, 0_u64..4_000_000, 0_usize..4);
        let mut stored: HashMap<String, wire::ToolCall> = HashMap::new();
        for _ in 0..12 {
            let drawn = proptest::collection::vec(any_call.clone(), 1..60).new_tree(&mut runner).unwrap().current();
            let calls: Vec<wire::ToolCall> = drawn
                .into_iter()
                .map(|(id, minutes, status, duration_us, tool)| {
                    // The same call always began at the same time.
                    let started_at = (id as i64 * 7_919 % (60 * 60)) * minute / 3 + minutes % 7;
                    let mut call = finished(id, started_at, ToolCallStatus::ALL[status]);
                    call.tool_name = format!("tool{tool}");
                    call.duration_us = (status > 0).then_some(duration_us);
                    call
                })
                .collect();
            for call in &calls {
                let known = stored.entry(call.id.clone()).or_insert_with(|| call.clone());
                if known.status == ToolCallStatus::Running.to_wire() && call.status != known.status {
                    *known = call.clone();
                }
            }
            gateway.send(records(calls)).await;
            for (from, length) in [(0, 30 * 60 * minute), (13 * minute + 7, 3 * 60 * minute), (61, 24 * 60 * minute + 5)] {
                for q in ["", "tool:tool1", "-tool:tool2 status:(success OR error)", "kind:tool_error"] {
                    let filter = wire::ToolCallFilter {
                        q: q.to_owned(),
                        from_us: Some(from),
                        to_us: Some(from + length),
                        ..of_project()
                    };
                    let (filter, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
                    assert_ne!(rollup::source(&filter, Grouping::default()), Source::Calls);
                    let rolled_up = summarize(&gateway.store, &filter).await.unwrap();
                    let mut recount = filter.clone();
                    // What rollups do not know, and all calls are.
                    recount.terms.push(crate::query::parse("door:*").unwrap().unwrap());
                    assert_eq!(rollup::source(&recount, Grouping::default()), Source::Calls);
                    assert_eq!(rolled_up, summarize(&gateway.store, &recount).await.unwrap(), "{q} from {from}");
                    if q.is_empty() {
                        let within = |call: &&wire::ToolCall| (from..from + length).contains(&call.started_at_us);
                        assert_eq!(rolled_up.total, stored.values().filter(within).count() as u64);
                    }
                }
            }
        }
    }

    async fn the_range_before_stands_beside_it(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records((1..=9).map(|id| finished(id, id as i64 * 10, ToolCallStatus::Success)))).await;
        let mut filter = of_project();
        (filter.from_us, filter.to_us) = (Some(60), Some(90));
        let (parsed, _) = ToolCallFilter::from_wire(Some(filter)).unwrap();
        let compared = compare(&gateway.store, &parsed).await.unwrap();
        assert_eq!((compared.total, compared.previous.unwrap().total), (3, 3));
        let (open, _) = ToolCallFilter::from_wire(Some(of_project())).unwrap();
        assert!(compare(&gateway.store, &open).await.is_err());
    }

    async fn figures_are_those_of_the_calls(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<_> = (1..=100_u64)
            .map(|id| {
                let mut call = finished(u128::from(id), id as i64, ToolCallStatus::Success);
                call.duration_us = Some(id * 1_000);
                call
            })
            .collect();
        calls[0] = running(1, 1);
        calls[1].status = 3;
        calls[2].status = 4;
        calls[3].status = 5;
        calls[4].tool_name = "other".to_owned();
        calls[5].session_id = None;
        gateway.send(records(calls)).await;
        let summary = summary(&gateway.store, Some(0), Some(120_000_000)).await;
        assert_eq!((summary.total, summary.running, summary.success), (100, 1, 96));
        assert_eq!((summary.error, summary.timeout, summary.cancelled), (1, 1, 1));
        assert_eq!(summary.success_rate, Some(96.0 / 99.0));
        assert_eq!(summary.calls_per_minute, Some(50.0));
        assert_eq!((summary.unique_tools, summary.unique_sessions), (2, 1));
        assert_eq!(summary.avg_duration_us, Some(51_000));
        for (found, exact) in [
            (summary.p50_duration_us, 51_000.0),
            (summary.p90_duration_us, 91_000.0),
            (summary.p95_duration_us, 96_000.0),
            (summary.p99_duration_us, 100_000.0),
        ] {
            let found = found.unwrap() as f64;
            assert!((exact..exact * 1.11).contains(&found), "{found} for {exact}");
        }
    }
}
