use database::database_test;
use domain::ToolCallStatus;

use super::*;
use crate::{
    fixtures::{Gateway, finished, of_project, records, running},
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
