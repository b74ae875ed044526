use std::collections::HashMap;

use database::database_test;
use domain::ToolCallStatus;
use futures::{StreamExt as _, stream::BoxStream};
use proto::{convert::FromWire as _, logging as wire};

use super::*;
use crate::{
    fixtures::{self, Gateway, finished, of_project, records, running},
    store::MIGRATIONS,
};

type Tail = BoxStream<'static, Result<TailToolCallsResponse, ServiceError>>;

fn open(gateway: &Gateway, filter: wire::ToolCallFilter, cursor: &str) -> Tail {
    let (filter, scope) = ToolCallFilter::from_wire(Some(filter)).unwrap();
    let after = read_cursor(cursor, scope).unwrap();
    let committed = gateway.ingest.committed();
    follow(gateway.store.clone(), filter, scope, after, committed).boxed()
}

async fn next(tail: &mut Tail) -> TailToolCallsResponse {
    let message = tokio::time::timeout(Duration::from_secs(20), tail.next()).await;
    message
        .expect("a message in time")
        .expect("no end")
        .expect("no error")
}

/// The next calls as (number, status), and the cursor behind them.
async fn next_calls(tail: &mut Tail) -> (Vec<(u128, i32)>, String) {
    loop {
        let message = next(tail).await;
        assert_eq!(message.skipped, 0);
        if !message.tool_calls.is_empty() {
            let call = |call: &wire::ToolCall| (call.id.parse::<Uuid>().unwrap().as_u128(), call.status);
            return (message.tool_calls.iter().map(call).collect(), message.cursor);
        }
    }
}

const RUNNING: i32 = 1;
const SUCCESS: i32 = 2;

database_test! {
    &MIGRATIONS;

    async fn calls_come_as_they_start_and_as_they_end(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records([running(1, 1)])).await;
        let mut tail = open(&gateway, of_project(), "");
        let opening = next(&mut tail).await;
        assert!(opening.tool_calls.is_empty() && !opening.cursor.is_empty(), "from now on");

        gateway.send(records([running(2, 2)])).await;
        assert_eq!(next_calls(&mut tail).await.0, [(2, RUNNING)]);
        gateway.send(records([finished(1, 1, ToolCallStatus::Success), running(2, 2)])).await;
        assert_eq!(next_calls(&mut tail).await.0, [(1, SUCCESS)], "a repetition is no news");
        gateway.send(records([finished(2, 2, ToolCallStatus::Success)])).await;
        assert_eq!(next_calls(&mut tail).await.0, [(2, SUCCESS)]);
    }

    async fn a_tail_goes_on_behind_a_page(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records([running(1, 1), running(2, 2)])).await;
        let (_, page) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        gateway.send(records([finished(1, 1, ToolCallStatus::Success)])).await;
        let mut tail = open(&gateway, of_project(), &page.newer);
        assert_eq!(next_calls(&mut tail).await.0, [(1, SUCCESS)], "what ended in between");
    }

    async fn a_range_limits_what_is_taken_over_and_nothing_later(database: Database) {
        let mut gateway = Gateway::over(database);
        let (_, page) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        gateway.send(records([running(1, 10), running(2, 20)])).await;
        let mut filter = of_project();
        filter.from_us = Some(15);
        let mut tail = open(&gateway, filter, &page.newer);
        assert_eq!(next_calls(&mut tail).await.0, [(2, RUNNING)]);
        gateway.send(records([running(3, 3)])).await;
        assert_eq!(next_calls(&mut tail).await.0, [(3, RUNNING)]);
    }

    async fn no_gap_and_no_repeat_over_breaks_while_gateways_send(database: Database) {
        const GATEWAYS: u128 = 4;
        const CALLS: u128 = 60;
        let gateway = Gateway::over(database);
        let mut tail = open(&gateway, of_project(), "");
        let mut cursor = next(&mut tail).await.cursor;
        let mut sends = Vec::new();
        for number in 0..GATEWAYS {
            let mut neighbour = gateway.neighbour();
            sends.push(async move {
                for id in number * 1_000..number * 1_000 + CALLS {
                    neighbour.send(records([running(id, 1)])).await;
                    neighbour.send(records([finished(id, 1, ToolCallStatus::Success)])).await;
                }
            });
        }
        let read = async {
            let mut seen: HashMap<u128, Vec<i32>> = HashMap::new();
            let mut messages = 0;
            while seen.values().filter(|versions| versions.contains(&SUCCESS)).count() < (GATEWAYS * CALLS) as usize {
                let calls;
                (calls, cursor) = next_calls(&mut tail).await;
                for (id, status) in calls {
                    seen.entry(id).or_default().push(status);
                }
                messages += 1;
                if messages % 3 == 0 {
                    tail = open(&gateway, of_project(), &cursor);
                }
            }
            seen
        };
        let (seen, _) = futures::join!(read, futures::future::join_all(sends));
        for (id, versions) in seen {
            assert!(matches!(versions[..], [RUNNING, SUCCESS] | [SUCCESS]), "{id}: {versions:?}");
        }
    }

    async fn a_reader_that_is_far_behind_is_told_what_it_missed(database: Database) {
        const CALLS: u128 = 10_300;
        let mut gateway = Gateway::over(database);
        let (_, page) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        let ids: Vec<u128> = (1..=CALLS).collect();
        for ids in ids.chunks(2_000) {
            gateway.send(records(ids.iter().map(|id| running(*id, 1)))).await;
        }
        let mut tail = open(&gateway, of_project(), &page.newer);
        let (mut read, mut skipped) = (0, 0);
        while skipped == 0 {
            let message = next(&mut tail).await;
            read += message.tool_calls.len() as u128;
            skipped = u128::from(message.skipped);
        }
        assert_eq!((read, skipped), (10_000, CALLS - 10_000));
        gateway.send(records([running(CALLS + 1, 1)])).await;
        assert_eq!(next_calls(&mut tail).await.0, [(CALLS + 1, RUNNING)], "and goes on with the newest");
    }

    async fn only_the_calls_of_the_query_come(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut filter = of_project();
        filter.q = "replaced -status:running".to_owned();
        let mut tail = open(&gateway, filter, "");
        next(&mut tail).await;
        let mut found = finished(2, 2, ToolCallStatus::Success);
        found.arguments = Some(fixtures::payload(r#"{"q":"replaced"}"#));
        gateway.send(records([running(2, 2), finished(3, 3, ToolCallStatus::Success)])).await;
        gateway.send(records([found])).await;
        assert_eq!(next_calls(&mut tail).await.0, [(2, SUCCESS)]);
    }

    async fn only_the_calls_of_the_filter_come(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut filter = of_project();
        filter.statuses = vec![ToolCallStatus::Error.to_wire()];
        let mut tail = open(&gateway, filter, "");
        next(&mut tail).await;
        let mut foreign = finished(3, 3, ToolCallStatus::Error);
        foreign.project_id = Uuid::from_u128(99).to_string();
        gateway.send(records([running(1, 1), finished(2, 2, ToolCallStatus::Success), foreign])).await;
        gateway.send(records([finished(1, 1, ToolCallStatus::Error)])).await;
        assert_eq!(next_calls(&mut tail).await.0, [(1, ToolCallStatus::Error.to_wire())]);
    }
}
