//! The web UI in a real browser, against the stack: `tests/browser` holds what
//! the browser does.

use std::path::Path;

use tests::{Engine, Rest, ServerDefinition, Stack, environment, mcp_orch};

/// Unless `MCPORCH_ARCHIVED_CALLS` says another number.
const ARCHIVED_CALLS: u64 = 100_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_web_ui_does_its_main_job_in_a_browser() {
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("sample", &mcp_orch(), &["sample-server"]);
    let project = owner
        .project("Acme Platform", &[server])
        .await
        .expect("a project is made");

    // More than anybody scrolls through by hand.
    let archive = owner
        .project("Archive", &[])
        .await
        .expect("a project is made for the archive");
    let found = owner.get(&format!("/projects/{}", archive.slug)).await;
    let found = found.expect("the project is there");
    let archive_id = found["id"].as_str().expect("a project has an id");
    let wanted = environment("MCPORCH_ARCHIVED_CALLS").map(|count| count.parse().expect("a number"));
    let archived_calls = wanted.unwrap_or(ARCHIVED_CALLS);
    stack.record_calls(archive_id, archived_calls).await;

    let me = owner.get("/me").await.expect("the user is signed in");
    let user_id = me["user"]["id"].as_str().expect("a user has an id");

    let output = tokio::process::Command::new("npx")
        .args(["--no-install", "playwright", "test"])
        // Another config measures instead of testing.
        .args(
            environment("MCPORCH_BROWSER_CONFIG")
                .iter()
                .flat_map(|config| ["--config", config.as_str()]),
        )
        // Parts of the names of specs, to run these alone.
        .args(
            environment("MCPORCH_TEST_SPECS")
                .iter()
                .flat_map(|specs| specs.split(' ')),
        )
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("browser"))
        .env("MCPORCH_WEB_URL", stack.web_url())
        .env("MCPORCH_SIGN_IN_LINK", stack.sign_in_link(user_id).await)
        .env("MCPORCH_MCP_URL", format!("{}/mcp", stack.endpoint(&project)))
        .env("MCPORCH_API_KEY", &project.key)
        .env("MCPORCH_BINARY", mcp_orch())
        .env("MCPORCH_ARCHIVE", &archive.slug)
        .env("MCPORCH_ARCHIVED_CALLS", archived_calls.to_string())
        .kill_on_drop(true)
        .output()
        .await
        .expect("npx starts: run ./test browser");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the browser tests failed");
    stack.stop().await;
}
