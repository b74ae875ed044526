use domain::Permission;
use proto::convert::FromWire as _;
use serde_json::json;

use crate::{
    backends::{CALL, PROJECT, SERVER, lock},
    stack::{self, NOON, answer},
};

const CALLS: &str = "/api/v1/projects/acme/tool-calls";

#[tokio::test]
async fn filters_reach_the_logging_service_as_they_were_meant() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let session = CALL;
    let query = format!(
        "?status=error&status=timeout&error_kind=tool_error&tool=echo&server=sample&session={session}&client=cursor\
         &min_duration_ms=5&max_duration_ms=7&last=1h&limit=20&cursor=c1"
    );
    let list = answer(stack.get(&format!("{CALLS}{query}")).bearer_auth(&person))
        .await
        .done();
    assert_eq!(
        list["meta"]["from"], "2026-11-22T11:00:00.000000Z",
        "the range that was read"
    );
    assert_eq!(list["meta"]["to"], "2026-11-22T12:00:00.000000Z");
    assert_eq!(
        list["page"],
        json!({"older": "c1", "newer": "c2", "has_older": true})
    );

    let asked = lock(&stack.world.asked.list).take().expect("a list");
    let page = asked.page.expect("a page");
    assert_eq!((page.limit, page.cursor.as_str()), (20, "c1"));
    let filter = asked.filter.expect("a filter");
    assert_eq!(filter.project_id, PROJECT);
    assert_eq!(
        filter.statuses,
        [
            domain::ToolCallStatus::Error.to_wire(),
            domain::ToolCallStatus::Timeout.to_wire()
        ]
    );
    assert_eq!(filter.error_kinds, [domain::ErrorKind::ToolError.to_wire()]);
    assert_eq!(filter.tools, ["echo"]);
    assert_eq!(filter.server_ids, [SERVER]);
    assert_eq!(filter.session_ids, [session]);
    assert_eq!(filter.client_types, ["cursor"]);
    assert_eq!(
        (filter.min_duration_us, filter.max_duration_us),
        (Some(5_000), Some(7_000))
    );
    assert_eq!(filter.from_us, Some(NOON.as_micros() - 3_600_000_000));
    assert_eq!(filter.to_us, None, "calls that start meanwhile belong to it");
}

#[tokio::test]
async fn a_summary_is_of_a_closed_range() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let summary = answer(stack.get(&format!("{CALLS}/summary")).bearer_auth(&person))
        .await
        .done();
    assert_eq!(summary["success_rate"], 1.0);
    assert_eq!(summary["p50_duration_us"], json!(null));
    let asked = lock(&stack.world.asked.summary).take().expect("a summary");
    let filter = asked.filter.expect("a filter");
    assert_eq!(filter.to_us, Some(NOON.as_micros()));
    assert_eq!(filter.from_us, Some(NOON.as_micros() - 1_800_000_000));
}

#[tokio::test]
async fn payloads_are_for_those_who_may_read_them_and_who_ask() {
    let stack = stack::start().await;
    let owner = stack.world.person(Permission::ALL);
    let reporter = stack
        .world
        .person(&[Permission::ReadProject, Permission::ReadLogs]);
    let one = format!("{CALLS}/{CALL}");
    let full = format!("{CALLS}?fields=full");

    let call = answer(stack.get(&one).bearer_auth(&owner)).await.done();
    assert_eq!(call["payloads"], "included");
    assert_eq!(call["arguments"]["value"], json!({"message": "a secret"}));
    assert_eq!(call["arguments"]["sha256"], "07".repeat(32));
    let list = answer(stack.get(&full).bearer_auth(&owner)).await.done();
    assert_eq!(list["data"][0]["payloads"], "included");
    let list = answer(stack.get(CALLS).bearer_auth(&owner)).await.done();
    assert_eq!(list["data"][0]["payloads"], "left_out");
    assert_eq!(list["data"][0]["arguments"]["value"], json!(null));
    assert_eq!(list["data"][0]["arguments"]["size_bytes"], 22);

    for path in [one.as_str(), &full, CALLS] {
        let seen = answer(stack.get(path).bearer_auth(&reporter)).await;
        assert_eq!(seen.status, 200);
        assert!(
            seen.body.contains(r#""payloads":"not_permitted""#),
            "{}",
            seen.body
        );
        assert!(!seen.body.contains("a secret"), "{}", seen.body);
        assert!(
            !seen.body.contains("0707"),
            "a hash proves a guess: {}",
            seen.body
        );
    }
    let asked = lock(&stack.world.asked.list).take().expect("a list");
    assert!(!asked.include_payloads, "they need not even be read");
}

#[tokio::test]
async fn who_may_not_read_logs_reads_none() {
    let stack = stack::start().await;
    let key = stack.world.key(&[Permission::ReadProject, Permission::CallTools]);
    for path in [
        "tool-calls",
        "tool-calls/summary",
        "tool-calls/histogram",
        "tool-calls/timeseries",
        "tool-calls/facets",
        "tool-calls/breakdown",
        "tool-calls/export",
        &format!("tool-calls/{CALL}/payload/result"),
        "tool-calls/stream",
        "sessions",
        "server-logs",
        "server-logs/stream",
        &format!("tool-calls/{CALL}"),
        &format!("sessions/{CALL}"),
    ] {
        let path = format!("/api/v1/projects/acme/{path}");
        answer(stack.get(&path).bearer_auth(&key))
            .await
            .refused(403, "role_too_low");
    }
}

#[tokio::test]
async fn a_call_that_was_just_made_is_waited_for() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let new = domain::ToolCallId::new(&domain::Clock::manual(NOON));
    *lock(&stack.world.looks_in_vain) = 3;
    answer(stack.get(&format!("{CALLS}/{new}")).bearer_auth(&person))
        .await
        .done();
    assert_eq!(*lock(&stack.world.looks_in_vain), 0);

    // An old one that is not there is not looked for again.
    *lock(&stack.world.looks_in_vain) = 3;
    answer(stack.get(&format!("{CALLS}/{CALL}")).bearer_auth(&person))
        .await
        .refused(404, "not_found");
    assert_eq!(*lock(&stack.world.looks_in_vain), 2);
}

#[tokio::test]
async fn a_query_travels_with_what_its_names_stand_for() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let path = format!("{CALLS}?q=user:me%20status:error&sort=oldest");
    answer(stack.get(&path).bearer_auth(&person)).await.done();
    let asked = lock(&stack.world.asked.list).take().expect("a list");
    assert_eq!(asked.order(), proto::logging::ToolCallOrder::OldestFirst);
    let filter = asked.filter.expect("a filter");
    assert_eq!(filter.q, "user:me status:error");
    assert_eq!(filter.users[0].name, "me");
    assert_eq!(filter.users.len(), 1, "no other name is asked for");
    let path = format!("{CALLS}?q=user:Lee@example.com");
    answer(stack.get(&path).bearer_auth(&person)).await.done();
    let asked = lock(&stack.world.asked.list).take().expect("a list");
    let users = asked.filter.expect("a filter").users;
    assert!(
        users
            .iter()
            .any(|user| user.name == "lee@example.com" && user.id == SERVER)
    );
    answer(stack.get(&format!("{CALLS}?sort=up")).bearer_auth(&person))
        .await
        .refused(400, "invalid_argument");
}

#[tokio::test]
async fn figures_over_time_are_columns() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let get = |path: &str| answer(stack.get(&format!("{CALLS}/{path}")).bearer_auth(&person));
    let histogram = get("histogram?step=5m").await.done();
    assert_eq!(histogram["step_ms"], 300_000);
    assert_eq!(histogram["t"], json!([60, 120]));
    assert_eq!(histogram["series"], json!({"success": [3, 0]}));
    let series = get("timeseries?metrics=calls,p95_duration_us").await.done();
    assert_eq!(
        series["series"],
        json!({"calls": [3, 0], "p95_duration_us": [10, null]})
    );
    assert_eq!(series["groups"], json!([]));
    let series = get("timeseries?metrics=calls&group_by=status").await.done();
    assert_eq!(series["series"], json!({}));
    assert_eq!(
        series["groups"],
        json!([{"value": "success", "series": {"calls": [3, 0]}}])
    );
    let facets = get("facets?field=tool&field=client").await.done();
    assert_eq!(
        facets["facets"]["tool"]["values"],
        json!([{"value": "echo", "calls": 7}])
    );
    assert_eq!(facets["facets"]["client"]["is_partial"], false);
    assert_eq!(get("breakdown").await.done()["data"][0]["calls"], 7);
    for wrong in [
        "histogram?step=x",
        "timeseries?metrics=x",
        "timeseries?group_by=x",
        "facets?field=x",
        "breakdown?by=x",
    ] {
        get(wrong).await.refused(400, "invalid_argument");
    }
}

#[tokio::test]
async fn an_export_is_lines_or_a_table_and_payloads_are_for_those_who_may_read_them() {
    let stack = stack::start().await;
    let owner = stack.world.person(Permission::ALL);
    let reporter = stack
        .world
        .person(&[Permission::ReadProject, Permission::ReadLogs]);
    let get = |path: &str, who: &str| answer(stack.get(&format!("{CALLS}/{path}")).bearer_auth(who));
    let lines = get("export?fields=full", &owner).await;
    assert_eq!(lines.headers["content-type"], "application/x-ndjson");
    assert_eq!(lines.body.lines().count(), 4);
    assert_eq!(lines.body.matches("a secret").count(), 4);
    let table = get("export?format=csv&fields=full", &owner).await;
    assert_eq!(table.body.lines().count(), 5);
    assert!(table.body.contains("\"\"a secret\"\""), "{}", table.body);
    for path in ["export?fields=full", "export?format=csv&fields=full"] {
        assert!(!get(path, &reporter).await.body.contains("a secret"));
    }
    let payload = get(&format!("{CALL}/payload/arguments"), &owner).await;
    assert_eq!(payload.headers["content-type"], "application/json");
    assert_eq!(payload.body, r#"{"message":"a secret"}"#);
    get(&format!("{CALL}/payload/arguments"), &reporter)
        .await
        .refused(403, "role_too_low");
    get(&format!("{CALL}/payload/other"), &owner)
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn sessions_and_server_logs_are_read_too() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let get = |path: &str| {
        let path = format!("/api/v1/projects/acme/{path}");
        answer(stack.get(&path).bearer_auth(&person))
    };
    let session = get(&format!("sessions/{CALL}")).await.done();
    assert_eq!(session["end_reason"], "closed");
    assert_eq!(session["capabilities"], json!({"roots": {}}));
    assert_eq!(session["live"], json!(null), "who is connected, the list says");
    let listed = get("sessions").await.done()["data"][0].clone();
    assert_eq!(listed["live"], json!({"in_flight": 2, "open_streams": 1}));
    let logs = get("server-logs?server=sample").await.done();
    assert_eq!(logs["data"][0]["server_id"], SERVER);
    assert_eq!(logs["data"][0]["kind"], "stderr");
}
