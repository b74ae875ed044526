//! The OpenAPI document against what is served: requests that a generator makes
//! of it, by three people, get no 5xx and nothing that the document does not say.

use std::path::Path;

use reqwest::Method;
use serde_json::json;
use tests::{Engine, Rest, ServerDefinition, Stack, fixture_server, installed_client};

/// Requests of each kind for each operation, the same on every machine. What the
/// generator knows of edges is asked by the owner alone, whom most is open to.
const EXAMPLES: &str = "3";
const SOME: &str = "examples,fuzzing";
const ALL: &str = "examples,coverage,fuzzing";

/// What ends the session that asks, or the membership; and streams, which have
/// no end to wait for.
const LEFT_OUT: [&str; 6] = [
    "sign_out",
    "delete_me",
    "leave_project",
    "leave_team",
    "stream_tool_calls",
    "stream_server_logs",
];

/// Lets the generator ask as somebody; gives its report where it found something.
async fn asked_as(stack: &Stack, person: &Rest, phases: &str) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let token = person.session_token().expect("signed in");
    let mut generator =
        tokio::process::Command::new(installed_client("python-schemathesis/bin/schemathesis"));
    generator
        .arg("--config-file")
        .arg(root.join("clients/schemathesis.toml"))
        .arg("run")
        .arg(root.join("../docs/openapi.json"))
        .args(["--url", stack.web_url()])
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--checks", "not_a_server_error,status_code_conformance"])
        .args(["--checks", "content_type_conformance,response_schema_conformance"])
        .args(["--phases", phases, "--max-examples", EXAMPLES, "--seed", "1"])
        .args(["--continue-on-failure", "--suppress-health-check", "all"])
        .args(["--warnings", "off", "--no-color", "--request-timeout", "30"]);
    for operation in LEFT_OUT {
        generator.args(["--exclude-operation-id", operation]);
    }
    let output = generator
        .current_dir(stack.folder())
        .kill_on_drop(true)
        .output()
        .await
        .expect("the generator starts");
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_that_the_document_allows_gets_what_it_does_not_say() {
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user");
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
    owner.project("Acme", &[server]).await.expect("a project");
    owner
        .create("/teams", &json!({"name": "Core"}))
        .await
        .expect("a team");
    let reporter = Rest::sign_up(stack.web_url(), "lee@example.com")
        .await
        .expect("a second user");
    let invitation = json!({"email": "lee@example.com", "role": "reporter"});
    for place in ["/projects/acme", "/teams/core"] {
        let invited = owner.create(&format!("{place}/invitations"), &invitation).await;
        let invited = invited.expect("invited");
        let token = invited["token"].as_str().expect("a token");
        let path = format!("/invitations/{token}/accept");
        let accepted = reporter.request(Method::POST, &path).send().await;
        assert_eq!(accepted.expect("an answer").status(), 200);
    }
    let stranger = Rest::sign_up(stack.web_url(), "sam@example.com")
        .await
        .expect("a third user");
    for (name, person, phases) in [
        ("stranger", stranger, SOME),
        ("reporter", reporter, SOME),
        ("owner", owner, ALL),
    ] {
        if let Err(report) = asked_as(&stack, &person, phases).await {
            panic!("as {name}:\n{report}");
        }
        // Else all that came behind would only have been refused.
        person.get("/me").await.expect("the session still lives");
    }
    stack.stop().await;
}
