use database::database_test;
use domain::ToolCallStatus;
use proto::logging as wire;

use super::*;
use crate::{
    fixtures::{Gateway, finished, of_project, records},
    store::{MAX_COUNTED, MIGRATIONS},
};

database_test! {
    &MIGRATIONS;

    async fn all_calls_are_counted_where_the_newest_are_timed(database: Database) {
        let mut gateway = Gateway::over(database);
        let count = u128::from(MAX_COUNTED) + 50;
        let calls: Vec<_> = (1..=count)
            .map(|id| {
                let status = if id <= 20 { ToolCallStatus::Error } else { ToolCallStatus::Success };
                let mut call = finished(id, id as i64, status);
                if id <= 30 {
                    call.client.as_mut().unwrap().r#type = "cline".to_owned();
                }
                call
            })
            .collect();
        gateway.send(records(calls)).await;
        let (filter, _) = ToolCallFilter::from_wire(Some(of_project())).unwrap();
        let order = BreakdownOrder::Calls;

        let by_client = break_down(&gateway.store, &filter, Dimension::Client, order, 0, None).await.unwrap();
        let counts = by_client.rows.iter().map(|row| (row.value.as_str(), row.calls, row.failed));
        assert_eq!(counts.collect::<Vec<_>>(), [("cursor", MAX_COUNTED + 20, 0), ("cline", 30, 20)]);
        assert!(!by_client.is_partial);
        // The oldest ones are not among those that were timed.
        assert!(by_client.rows[0].p95_duration_us.is_some() && by_client.rows[1].p95_duration_us.is_none());

        // No rollup knows who called for how long.
        let q = "duration:>0ms".to_owned();
        let (filter, _) = ToolCallFilter::from_wire(Some(wire::ToolCallFilter { q, ..of_project() })).unwrap();
        let by_client = break_down(&gateway.store, &filter, Dimension::Client, order, 0, None).await.unwrap();
        assert!(by_client.is_partial);
        assert_eq!(by_client.rows.len(), 1);
    }
}
