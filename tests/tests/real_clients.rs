//! Clients and servers that others wrote: the SDKs on one side of the gateway,
//! `@modelcontextprotocol/server-everything` on the other.

use std::path::Path;

use serde_json::{Value, json};
use tests::{Engine, Project, Rest, ServerDefinition, Stack, installed_client};

/// Calls that a client's walk makes: echo, sum, a failing echo, the long one,
/// and sixteen at once.
const CALLS_OF_A_WALK: usize = 20;

struct Client {
    name: &'static str,
    program: &'static str,
    script: &'static str,
}

const PYTHON_1: Client = Client {
    name: "Python SDK 1.x",
    program: "python-1/bin/python",
    script: "python/client_1.py",
};
const PYTHON_2: Client = Client {
    name: "Python SDK 2.x",
    program: "python-2/bin/python",
    script: "python/client_2.py",
};
const FASTMCP: Client = Client {
    name: "FastMCP",
    program: "python-fastmcp/bin/python",
    script: "python/client_fastmcp.py",
};
const TYPESCRIPT_1: Client = Client {
    name: "TypeScript SDK 1.x",
    program: "node",
    script: "typescript/client.mjs",
};
const TYPESCRIPT_2: Client = Client {
    name: "TypeScript SDK 2.x",
    program: "node",
    script: "typescript/client_2.mjs",
};

async fn everything_project(stack: &Stack) -> (Rest, Project) {
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let program = installed_client("typescript/node_modules/.bin/mcp-server-everything");
    let server = ServerDefinition::stdio("everything", &program, &[]);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    (owner, project)
}

/// Runs a client's walk at an endpoint and gives what it printed.
async fn walk(client: &Client, transport: &str, address: &str, key: &str, prefix: &str) -> Value {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(client.script);
    // Node finds packages beside the script: it runs from where they are installed.
    let (program, script) = if client.program == "node" {
        let copy = installed_client("typescript").join(sources.file_name().expect("a script has a name"));
        tokio::fs::copy(&sources, &copy)
            .await
            .expect("the script can be copied");
        ("node".into(), copy)
    } else {
        (installed_client(client.program), sources)
    };
    let output = tokio::process::Command::new(program)
        .arg(script)
        .args([transport, address, key, prefix])
        .kill_on_drop(true)
        .output()
        .await
        .expect("the client starts");
    assert!(
        output.status.success(),
        "{} over {transport} failed:\n{}",
        client.name,
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("the client prints JSON")
}

async fn walks_through_every_door(client: &Client) {
    let stack = Stack::start(Engine::Sqlite).await;
    let (owner, project) = everything_project(&stack).await;
    let endpoint = stack.endpoint(&project);
    let mut walks = 0;
    for (server, prefix) in [("", "everything__"), ("/servers/everything", "")] {
        for (transport, door) in [("http", "mcp"), ("sse", "sse")] {
            let address = format!("{endpoint}{server}/{door}");
            let seen = walk(client, transport, &address, &project.key, prefix).await;
            let told = format!("{} at {address}: {seen}", client.name);
            assert!(
                seen["tools"]
                    .as_array()
                    .is_some_and(|tools| tools.contains(&json!(format!("{prefix}echo")))),
                "{told}"
            );
            assert_eq!(seen["echo"], "Echo: 안녕", "{told}");
            assert!(
                seen["sum"].as_str().is_some_and(|sum| sum.contains("42")),
                "{told}"
            );
            assert_eq!(seen["is_error"], json!(true), "{told}");
            assert!(
                seen["progress"]
                    .as_array()
                    .is_some_and(|progress| !progress.is_empty()),
                "{told}"
            );
            let many: Vec<_> = (0..16).map(|number| format!("Echo: n{number}")).collect();
            assert_eq!(seen["many"], json!(many), "{told}");
            walks += 1;
        }
    }
    let calls = owner.ended_tool_calls(&project, walks * CALLS_OF_A_WALK).await;
    assert_eq!(calls.len(), walks * CALLS_OF_A_WALK, "each call is one row");
    let failed = calls.iter().filter(|call| call["status"] == "error").count();
    assert_eq!(failed, walks, "one call of each walk fails");
    assert!(
        calls
            .iter()
            .all(|call| call["status"] == "success" || call["error_kind"] == "tool_error")
    );
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_1_walks_through_every_door() {
    walks_through_every_door(&PYTHON_1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_2_walks_through_every_door() {
    walks_through_every_door(&PYTHON_2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn fastmcp_walks_through_every_door() {
    walks_through_every_door(&FASTMCP).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_sdk_1_walks_through_every_door() {
    walks_through_every_door(&TYPESCRIPT_1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_typescript_sdk_2_walks_through_every_door() {
    walks_through_every_door(&TYPESCRIPT_2).await;
}
