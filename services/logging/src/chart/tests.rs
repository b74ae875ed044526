use database::database_test;
use domain::ToolCallStatus;
use proto::logging as wire;

use super::*;
use crate::{
    fixtures::{Gateway, finished, of_project, records, running},
    store::MIGRATIONS,
};

fn between(from: i64, to: i64) -> ToolCallFilter {
    let mut filter = of_project();
    (filter.from_us, filter.to_us) = (Some(from), Some(to));
    ToolCallFilter::from_wire(Some(filter)).unwrap().0
}

database_test! {
    &MIGRATIONS;

    async fn buckets_without_calls_are_zero_and_their_latency_is_none(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut calls = vec![
            finished(1, 90 * SECOND_US, ToolCallStatus::Success),
            finished(2, 100 * SECOND_US, ToolCallStatus::Error),
            running(3, 200 * SECOND_US),
        ];
        calls[0].duration_us = Some(100);
        gateway.send(records(calls)).await;
        let range = between(30 * SECOND_US, 270 * SECOND_US);
        let chart = draw(&gateway.store, &range, None, 60 * SECOND_US as u64).await.unwrap();
        assert_eq!(chart.starts_us, [0, 60, 120, 180, 240].map(|second| second * SECOND_US));
        let [series] = chart.series.as_slice() else { panic!("one series") };
        assert_eq!(series.calls, [0, 2, 0, 1, 0]);
        assert_eq!(series.failed, [0, 1, 0, 0, 0]);
        assert_eq!(series.p50_duration_us[0], -1);
        assert_eq!(series.p50_duration_us[3], -1, "a call that runs has no latency yet");
        assert!(series.p50_duration_us[1] >= 100);

        let by_status = draw(&gateway.store, &range, Some(Dimension::Status), 60 * SECOND_US as u64).await.unwrap();
        let mut names: Vec<&str> = by_status.series.iter().map(|series| series.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["error", "running", "success"]);
    }

    async fn a_chart_by_itself_has_as_many_buckets_as_a_screen_can_show(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records((1..=50).map(|id| finished(id, id as i64 * 17 * SECOND_US, ToolCallStatus::Success)))).await;
        for length in [60, 15 * 60, 30 * 60, 3_600, 6 * 3_600, 86_400, 7 * 86_400, 30 * 86_400, 365 * 86_400] {
            let chart = draw(&gateway.store, &between(0, length * SECOND_US), None, 0).await.unwrap();
            assert!((30..=241).contains(&chart.starts_us.len()), "{length} s: {}", chart.starts_us.len());
            let within = (1..=50).filter(|id| id * 17 < length).count() as u64;
            assert_eq!(chart.series[0].calls.iter().sum::<u64>(), within, "{length} s");
        }
        assert!(draw(&gateway.store, &between(0, 86_400 * SECOND_US), None, 1_000_000).await.is_err());
    }

    async fn of_many_values_the_most_frequent_have_a_series(database: Database) {
        let mut gateway = Gateway::over(database);
        let calls = (1..=60_u128).map(|id| {
            let mut call = finished(id, 1, ToolCallStatus::Success);
            call.tool_name = format!("tool{}", id % 20);
            call
        });
        gateway.send(records(calls)).await;
        let chart = draw(&gateway.store, &between(0, 60 * SECOND_US), Some(Dimension::Tool), 0).await.unwrap();
        assert_eq!(chart.series.len(), MAX_SERIES + 1);
        let total: u64 = chart.series.iter().flat_map(|series| series.calls.iter()).sum();
        assert_eq!(total, 60);
        assert_eq!(chart.series[MAX_SERIES].name, "");
    }
}

#[test]
fn a_range_without_an_end_has_no_chart() {
    let (filter, _) = ToolCallFilter::from_wire(Some(wire::ToolCallFilter {
        project_id: crate::fixtures::PROJECT.to_string(),
        ..wire::ToolCallFilter::default()
    }))
    .unwrap();
    assert!(filter.range.from.is_none());
}
