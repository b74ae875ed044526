//! The web UI in a real browser, against the stack: `tests/browser` holds what
//! the browser does.

use std::path::Path;

use tests::{Engine, Rest, ServerDefinition, Stack, environment, mcp_orch};

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

    let me = owner.get("/me").await.expect("the user is signed in");
    let user_id = me["user"]["id"].as_str().expect("a user has an id");

    let output = tokio::process::Command::new("npx")
        .args(["--no-install", "playwright", "test"])
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
        .kill_on_drop(true)
        .output()
        .await
        .expect("npx starts: run ./test browser");
    println!("{}", String::from_utf8_lossy(&output.stdout));
    eprintln!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "the browser tests failed");
    stack.stop().await;
}
