//! Servers that others wrote behind the gateway, called by the Inspector's CLI,
//! and each call a row.

use std::path::Path;

use serde_json::{Value, json};
use tests::{Engine, ListeningProgram, Project, Rest, ServerDefinition, Stack, installed_client};

const SERVERS: &str = "typescript/node_modules/.bin";

/// A call, and a text that is in its result.
struct Call {
    tool: &'static str,
    arguments: Vec<String>,
    expected: &'static str,
}

fn call(tool: &'static str, arguments: &[&str], expected: &'static str) -> Call {
    Call {
        tool,
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        expected,
    }
}

/// Runs one call of the Inspector's CLI and gives what it prints.
async fn inspect(address: &str, key: &str, home: &Path, call: &Call) -> Value {
    let mut command = tokio::process::Command::new(installed_client(&format!("{SERVERS}/mcp-inspector")));
    command
        .args(["--cli", address, "--method", "tools/call"])
        .args(["--header", &format!("Authorization: Bearer {key}")])
        // A server in Python takes its time on a machine that is busy.
        .args(["--connect-timeout", "120000"])
        .args(["--tool-name", call.tool]);
    for argument in &call.arguments {
        command.args(["--tool-arg", argument]);
    }
    let output = command
        .env("HOME", home)
        .kill_on_drop(true)
        .output()
        .await
        .expect("the Inspector starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    serde_json::from_str(&printed).unwrap_or_else(|_| {
        panic!(
            "the Inspector printed {printed}\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

/// Calls the tools of one server over both doors that the Inspector knows, and
/// finds each call in the log.
async fn serves_the_inspector(definition: ServerDefinition, name: &str, calls: &[Call]) {
    let stack = Stack::start(Engine::Sqlite).await;
    let (owner, project) = project_with(&stack, definition).await;
    let endpoint = format!("{}/servers/{name}", stack.endpoint(&project));
    for door in ["mcp", "sse"] {
        for call in calls {
            let address = format!("{endpoint}/{door}");
            let printed = inspect(&address, &project.key, stack.folder(), call).await;
            assert!(
                printed.to_string().contains(call.expected) && printed["isError"] != json!(true),
                "{} over {door}: {printed}",
                call.tool
            );
        }
    }
    let rows = owner.ended_tool_calls(&project, 2 * calls.len()).await;
    assert_eq!(rows.len(), 2 * calls.len(), "each call is one row");
    for row in &rows {
        assert_eq!(row["status"], "success", "{row}");
        assert_eq!(row["server_name"], name, "{row}");
    }
    stack.stop().await;
}

async fn project_with(stack: &Stack, definition: ServerDefinition) -> (Rest, Project) {
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let project = owner
        .project("Acme", &[definition])
        .await
        .expect("a project is made");
    (owner, project)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_filesystem_server_reads_and_writes() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("note.txt");
    let path = format!("path={}", path.display());
    let program = installed_client(&format!("{SERVERS}/mcp-server-filesystem"));
    let root = folder.path().to_str().expect("the folder is UTF-8");
    let calls = [
        call(
            "write_file",
            &[&path, "content=from a test"],
            "Successfully wrote",
        ),
        call("read_text_file", &[&path], "from a test"),
    ];
    serves_the_inspector(
        ServerDefinition::stdio("files", &program, &[root]),
        "files",
        &calls,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_memory_server_remembers() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("memory.jsonl").display().to_string();
    let program = installed_client(&format!("{SERVERS}/mcp-server-memory"));
    let definition =
        ServerDefinition::stdio("memory", &program, &[]).with("env", json!({"MEMORY_FILE_PATH": file}));
    let entity = r#"entities=[{"name":"Kim","entityType":"person","observations":["tests"]}]"#;
    let calls = [
        call("create_entities", &[entity], "content"),
        call("read_graph", &[], "Kim"),
    ];
    serves_the_inspector(definition, "memory", &calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_time_server_knows_the_time() {
    let definition = ServerDefinition::stdio("time", &installed_client("python-2/bin/mcp-server-time"), &[]);
    let calls = [call("get_current_time", &["timezone=Asia/Seoul"], "Asia/Seoul")];
    serves_the_inspector(definition, "time", &calls).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_git_server_reads_a_repository() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = tokio::process::Command::new("git")
        .args(["init", "--quiet"])
        .arg(folder.path())
        .status()
        .await
        .expect("git runs");
    assert!(made.success());
    let definition = ServerDefinition::stdio("git", &installed_client("python-2/bin/mcp-server-git"), &[]);
    let repository = format!("repo_path={}", folder.path().display());
    let calls = [call("git_status", &[&repository], "No commits yet")];
    serves_the_inspector(definition, "git", &calls).await;
}

/// `server-everything` over each of its own HTTP transports.
async fn everything_over(mode: &str, transport: &str, path: &str) {
    let server = ListeningProgram::everything(mode).await;
    let url = format!("http://127.0.0.1:{}/{path}", server.port);
    let calls = [call("echo", &["message=hello"], "Echo: hello")];
    serves_the_inspector(
        ServerDefinition::http("everything", transport, &url),
        "everything",
        &calls,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_everything_server_is_reached_over_streamable_http() {
    everything_over("streamableHttp", "streamable_http", "mcp").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_everything_server_is_reached_over_sse() {
    everything_over("sse", "sse", "sse").await;
}
