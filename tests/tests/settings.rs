//! What a project's owners decide about what is kept of its calls, from REST to
//! the rows.

use reqwest::Method;
use serde_json::{Value, json};
use tests::{
    Door, Engine, McpClient, Processes, Project, Rest, ServerDefinition, Service, Stack, fixture_server,
    mcp_orch, wait_until,
};

async fn change(owner: &Rest, project: &Project, settings: Value) -> Value {
    let path = format!("/projects/{}/settings", project.slug);
    let answer = owner.request(Method::PATCH, &path).json(&settings).send().await;
    let answer = answer
        .expect("an answer")
        .error_for_status()
        .expect("it is taken");
    answer.json().await.expect("JSON")
}

/// Calls until a row is as it should be: a gateway hears of a change at once,
/// but not before the change is answered.
async fn calls_until(
    owner: &Rest,
    client: &McpClient,
    project: &Project,
    tool: &str,
    arguments: Value,
    is_so: impl Fn(&Value) -> bool,
) -> Value {
    wait_until("a row is as the settings say", async || {
        client.call(tool, arguments.clone()).await.ok()?;
        let calls = owner.whole_tool_calls(project).await.ok()?;
        let newest = calls.into_iter().find(|call| call["status"] != "running")?;
        is_so(&newest).then_some(newest)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_project_keeps_of_payloads_what_its_owners_say() {
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("signed up");
    let servers = [
        ServerDefinition::stdio("sample", &mcp_orch(), &["sample-server"]),
        ServerDefinition::stdio("fixture", &fixture_server(), &[]),
    ];
    let project = owner.project("Acme", &servers).await.expect("a project");
    let client = McpClient::connect(&stack.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");
    let arguments = json!({"text": "seen", "password": "hunter2"});

    let row = calls_until(
        &owner,
        &client,
        &project,
        "sample__echo",
        arguments.clone(),
        |_| true,
    )
    .await;
    assert_eq!(
        row["arguments"]["value"],
        json!({"text": "seen", "password": "[redacted]"})
    );

    change(&owner, &project, json!({"payloads": {"mode": "full"}})).await;
    let row = calls_until(
        &owner,
        &client,
        &project,
        "sample__echo",
        arguments.clone(),
        |row| row["arguments"]["value"] == arguments,
    )
    .await;
    assert_eq!(row["status"], "success");

    let paths = json!(["$.arguments.text", "$.result.content[*].text"]);
    change(&owner, &project, json!({"payloads": {"redacted_paths": paths}})).await;
    let row = calls_until(
        &owner,
        &client,
        &project,
        "sample__echo",
        arguments.clone(),
        |row| row["arguments"]["value"]["text"] == "[redacted]",
    )
    .await;
    assert_eq!(
        row["arguments"]["value"]["password"], "hunter2",
        "full is full but for the paths"
    );
    assert_eq!(row["result"]["value"]["content"][0]["text"], "[redacted]");

    let now = change(&owner, &project, json!({"payloads": {"mode": "metadata"}})).await;
    assert_eq!(
        now["payloads"]["redacted_paths"], paths,
        "what is not named stays"
    );
    let row = calls_until(
        &owner,
        &client,
        &project,
        "sample__echo",
        arguments.clone(),
        |row| row["arguments"]["value"].is_null(),
    )
    .await;
    for body in [&row["arguments"], &row["result"]] {
        assert!(body["value"].is_null() && body["text"] == "", "{row}");
        assert!(
            body["size_bytes"].as_u64().is_some_and(|bytes| bytes > 0),
            "{row}"
        );
        assert!(body["sha256"].is_string(), "{row}");
    }
    // An error says in words what its result says.
    let failed = calls_until(&owner, &client, &project, "fixture__fail", json!({}), |row| {
        row["status"] == "error"
    })
    .await;
    assert_eq!(failed["error_kind"], "tool_error");
    assert!(failed["error_message"].is_null(), "{failed}");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_changed_only_by_who_has_seen_them_and_may() {
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("signed up");
    let project = owner.project("Acme", &[]).await.expect("a project");
    let path = format!("/projects/{}/settings", project.slug);
    let read = owner.request(Method::GET, &path).send().await.expect("an answer");
    let tag = read.headers()["etag"].to_str().expect("a tag").to_owned();
    let patch = async |tag: &str, body: Value| {
        let request = owner
            .request(Method::PATCH, &path)
            .header("if-match", tag)
            .json(&body);
        request.send().await.expect("an answer")
    };
    let changed = patch(&tag, json!({"retention": {"payloads_days": 7}})).await;
    assert_eq!(changed.status(), 200);
    assert_ne!(changed.headers()["etag"], tag.as_str());
    assert_eq!(
        patch(&tag, json!({"retention": {"payloads_days": 8}}))
            .await
            .status(),
        412
    );
    let now = owner.get(&path).await.expect("the settings");
    assert_eq!(
        now["retention"],
        json!({"tool_calls_days": 90, "payloads_days": 7, "server_logs_days": 14, "sessions_days": 90})
    );
    for (body, field) in [
        (json!({"payloads": {"mode": "all"}}), "/payloads/mode"),
        (
            json!({"payloads": {"redacted_paths": ["email"]}}),
            "/payloads/redacted_paths/0",
        ),
        (
            json!({"retention": {"sessions_days": 0}}),
            "/retention/sessions_days",
        ),
    ] {
        let refused = patch("*", body).await;
        assert_eq!(refused.status(), 400);
        let problem: Value = refused.json().await.expect("a problem");
        assert_eq!(problem["errors"][0]["pointer"], field, "{problem}");
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_log_asks_projects_how_long_to_keep_what() {
    let mut processes = Processes::start().await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("signed up");
    let server = ServerDefinition::stdio("sample", &mcp_orch(), &["sample-server"]);
    let project = owner.project("Acme", &[server]).await.expect("a project");
    let days = json!({"retention": {"tool_calls_days": 400, "payloads_days": 3}});
    change(&owner, &project, days).await;
    // It asks when it starts, and then every ten minutes.
    processes.kill(Service::Logging).await;
    processes.restart(Service::Logging).await;
    let database = sqlx::PgPool::connect(processes.logging_database())
        .await
        .expect("the database is there");
    let kept: Vec<(i64, i64, i64)> = wait_until("the call log has heard of it", async || {
        let rows = sqlx::query_as("SELECT tool_calls_days, payloads_days, sessions_days FROM retention");
        rows.fetch_all(&database)
            .await
            .ok()
            .filter(|rows| !rows.is_empty())
    })
    .await;
    assert_eq!(kept, [(400, 3, 90)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_call_log_forgets_projects_that_are_gone_for_good() {
    let mut processes = Processes::start().await;
    let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("signed up");
    let server = || ServerDefinition::stdio("sample", &mcp_orch(), &["sample-server"]);
    for name in ["Gone", "Kept"] {
        let project = owner.project(name, &[server()]).await.expect("a project");
        let client = McpClient::connect(&processes.endpoint(&project), &project.key, Door::StreamableHttp)
            .await
            .expect("the handshake succeeds");
        let answer = client.call("sample__echo", json!({"text": "x"})).await;
        answer.expect("an answer");
        owner.ended_tool_calls(&project, 1).await;
    }
    let gone = owner
        .request(Method::DELETE, "/projects/gone?name=Gone")
        .send()
        .await;
    assert_eq!(gone.expect("an answer").status(), 200);
    // A week goes by.
    let projects = sqlx::PgPool::connect(processes.projects_database())
        .await
        .expect("the database is there");
    sqlx::query("UPDATE projects SET deleted_at_us = 1 WHERE slug = 'gone'")
        .execute(&projects)
        .await
        .expect("set back");
    // Both sweep when they start, and then every ten minutes.
    processes.kill(Service::Projects).await;
    processes.restart(Service::Projects).await;
    wait_until("it is gone for good", async || {
        let left: (i64,) = sqlx::query_as("SELECT COUNT(*) FROM projects")
            .fetch_one(&projects)
            .await
            .ok()?;
        (left.0 == 1).then_some(())
    })
    .await;
    processes.kill(Service::Logging).await;
    processes.restart(Service::Logging).await;
    let logging = sqlx::PgPool::connect(processes.logging_database())
        .await
        .expect("the database is there");
    wait_until("the call log has forgotten it", async || {
        let left: (i64, i64, i64) = sqlx::query_as(
            "SELECT (SELECT COUNT(*) FROM tool_calls), (SELECT COUNT(*) FROM tool_call_bodies),
             (SELECT COUNT(DISTINCT project_id) FROM tool_call_rollups)",
        )
        .fetch_one(&logging)
        .await
        .ok()?;
        (left == (1, 1, 1)).then_some(())
    })
    .await;
}
