//! Clients and servers that others wrote: the SDKs on both sides of the gateway,
//! over every transport and in both eras.

use std::path::Path;

use serde_json::{Value, json};
use tests::{
    Engine, ListeningProgram, Project, Rest, ServerDefinition, Stack, installed_client, mcp_orch, wait_until,
};

/// Calls that a client's walk makes: echo, sum, a failing echo, the long one,
/// sixteen at once, one that asks the user and one that asks the client's model.
const CALLS_OF_A_WALK: usize = 22;

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

/// The servers of the project: `server-everything` for the legacy revisions, and
/// one of the Python SDK 2.x that speaks the newest as well.
const SERVERS: [&str; 5] = [
    "everything",
    "everything-http",
    "everything-sse",
    "python",
    "python-http",
];

async fn project_of_all(stack: &Stack) -> (Rest, Project, Vec<ListeningProgram>) {
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let everything = installed_client("typescript/node_modules/.bin/mcp-server-everything");
    let python = installed_client("python-2/bin/python");
    let script = script("python/server_2.py").display().to_string();
    let listening = vec![
        ListeningProgram::everything("streamableHttp").await,
        ListeningProgram::everything("sse").await,
        ListeningProgram::start(|port| {
            let mut command = tokio::process::Command::new(&python);
            command.args([&script, &port.to_string()]);
            command
        })
        .await,
    ];
    let url = |number: usize, path: &str| format!("http://127.0.0.1:{}/{path}", listening[number].port);
    let definitions = [
        ServerDefinition::stdio(SERVERS[0], &everything, &[]),
        ServerDefinition::http(SERVERS[1], "streamable_http", &url(0, "mcp")),
        ServerDefinition::http(SERVERS[2], "sse", &url(1, "sse")),
        ServerDefinition::stdio(SERVERS[3], &python, &[&script, "stdio"]),
        ServerDefinition::http(SERVERS[4], "streamable_http", &url(2, "mcp")),
    ];
    let project = owner
        .project("Acme", &definitions)
        .await
        .expect("a project is made");
    (owner, project, listening)
}

fn script(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

/// Runs a client's walk at an endpoint and gives what it printed.
async fn walk(client: &Client, transport: &str, address: &str, key: &str, prefix: &str) -> Value {
    let sources = script(client.script);
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
        .env("MCPORCH_BRIDGE", mcp_orch())
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

/// What must be true of a walk, wherever it led.
fn assert_walked(seen: &Value, prefix: &str, told: &str) {
    let has = |member: &str, part: &str| seen[member].to_string().contains(part);
    assert!(has("tools", &format!("\"{prefix}echo\"")), "{told}");
    assert_eq!(seen["echo"], "Echo: 안녕", "{told}");
    assert!(has("sum", "42"), "{told}");
    assert_eq!(seen["is_error"], json!(true), "{told}");
    let progress = seen["progress"].as_array();
    assert!(progress.is_some_and(|progress| !progress.is_empty()), "{told}");
    let many: Vec<_> = (0..16).map(|number| format!("Echo: n{number}")).collect();
    assert_eq!(seen["many"], json!(many), "{told}");
    assert!(has("declined", "decline"), "{told}");
    assert!(has("sampled", "from the client's model"), "{told}");
    for member in ["resource", "prompt"] {
        assert!(
            seen[member].as_str().is_some_and(|text| !text.is_empty()),
            "{told}"
        );
    }
}

async fn walks_through_every_door(client: &Client) {
    let stack = Stack::start(Engine::Sqlite).await;
    let (owner, project, _listening) = project_of_all(&stack).await;
    let endpoint = stack.endpoint(&project);
    let of_servers = SERVERS.map(|server| (format!("/servers/{server}"), ""));
    let ends = [(String::new(), "everything__")].into_iter().chain(of_servers);
    let mut walks = 0;
    for (end, prefix) in ends {
        for (transport, door) in [("http", "mcp"), ("sse", "sse")] {
            let address = format!("{endpoint}{end}/{door}");
            let seen = walk(client, transport, &address, &project.key, prefix).await;
            assert_walked(&seen, prefix, &format!("{} at {address}: {seen}", client.name));
            println!(
                "{:<20} {transport:<5} {}",
                client.name,
                if end.is_empty() { "project" } else { &end }
            );
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

/// A client that speaks only over stdio, over `mcp-orch stdio`.
async fn walks_over_the_bridge(client: &Client) {
    let stack = Stack::start(Engine::Sqlite).await;
    let (owner, project, _listening) = project_of_all(&stack).await;
    let mut walks = 0;
    for (end, prefix) in [("", "everything__"), ("/servers/python-http", "")] {
        let address = format!("{}{end}/mcp", stack.endpoint(&project));
        let seen = walk(client, "stdio", &address, &project.key, prefix).await;
        assert_walked(&seen, prefix, &format!("{} over stdio: {seen}", client.name));
        walks += 1;
    }
    owner.ended_tool_calls(&project, walks * CALLS_OF_A_WALK).await;
    let path = format!("/projects/{}/sessions", project.slug);
    wait_until("no session is left behind", async || {
        let sessions = owner.get(&path).await.ok()?;
        let sessions = sessions["data"].as_array()?;
        let is_over = |session: &Value| session["end_reason"] == "deleted";
        (sessions.len() == walks && sessions.iter().all(is_over)).then_some(())
    })
    .await;
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_1_walks_over_the_stdio_bridge() {
    walks_over_the_bridge(&PYTHON_1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_2_walks_over_the_stdio_bridge() {
    walks_over_the_bridge(&PYTHON_2).await;
}
