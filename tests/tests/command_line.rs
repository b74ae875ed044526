//! `mcp-orch logs`, `stats`, `connect` and `stdio` as people use them, against
//! services that run.

use std::process::{Output, Stdio};

use serde_json::{Value, json};
use tests::{
    Certificates, Door, McpClient, Processes, Project, Rest, ServerDefinition, TlsProxy, fixture_server,
    mcp_orch,
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

struct User {
    processes: Processes,
    owner: Rest,
    project: Project,
    client: McpClient,
}

impl User {
    async fn start() -> Self {
        let processes = Processes::start().await;
        let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
            .await
            .expect("the first user signs up");
        let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
        let project = owner.project("Acme", &[server]).await.expect("a project is made");
        let client = McpClient::connect(&processes.endpoint(&project), &project.key, Door::StreamableHttp)
            .await
            .expect("the handshake succeeds");
        Self {
            processes,
            owner,
            project,
            client,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(mcp_orch());
        command
            .args(arguments)
            .env("MCPORCH_URL", self.processes.web_url())
            .env("MCPORCH_PROJECT", &self.project.slug)
            .env("MCPORCH_KEY", &self.project.key)
            .current_dir(self.processes.folder())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().await.expect("the binary starts")
    }

    /// What a command that works writes.
    async fn read(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments).await;
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {problem}");
        String::from_utf8(output.stdout).expect("it writes UTF-8")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_are_searched_shown_followed_exported_and_counted() {
    let user = User::start().await;
    let call = async |tool: &str, arguments: Value| {
        user.client
            .call(&format!("fixture__{tool}"), arguments)
            .await
            .expect("it is answered");
    };
    call("echo", json!({"note": "나무 tree"})).await;
    call("echo", json!({"note": "stone"})).await;
    call("fail", json!({})).await;
    let calls = user.owner.ended_tool_calls(&user.project, 3).await;

    let all = user.read(&["logs"]).await;
    assert_eq!(all.lines().count(), 3, "{all}");
    assert!(!all.contains('\u{1b}'), "no colours where nobody sees them");
    let failed = user.read(&["logs", "status:error"]).await;
    assert!(failed.lines().count() == 1 && failed.contains("fail"), "{failed}");
    let found = user.read(&["logs", "--json", "arguments.note:stone"]).await;
    let found: Value = serde_json::from_str(&found).expect("one line of JSON");
    assert_eq!(found["tool_name"], "echo");

    let tree = user.read(&["logs", "--json", "나무"]).await;
    let tree: Value = serde_json::from_str(&tree).expect("one line of JSON");
    let shown = user
        .read(&["logs", "show", tree["id"].as_str().expect("an id")])
        .await;
    assert!(shown.contains("나무 tree"), "{shown}");

    let export = user.read(&["logs", "export", "--full"]).await;
    assert_eq!(export.lines().count(), 3);
    assert!(export.contains("stone"));
    let csv = user
        .read(&["logs", "export", "--format", "csv", "tool:echo"])
        .await;
    assert_eq!(csv.lines().count(), 3, "a head and two rows: {csv}");

    let stats = user.read(&["stats"]).await;
    assert!(stats.starts_with("3 calls"), "{stats}");
    assert!(
        stats.contains("fixture/echo") && stats.contains("fixture/fail"),
        "{stats}"
    );
    assert_eq!(calls.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn new_calls_are_followed_over_a_restart_of_what_serves_them() {
    let mut user = User::start().await;
    let mut follower = user
        .command(&["logs", "--follow", "--json", "tool:echo"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary starts");
    let mut lines = BufReader::new(follower.stdout.take().expect("it is piped")).lines();
    // Only what comes behind the first look is followed, so it calls until then.
    let mut number = 0;
    let mut seen_after = async |client: &McpClient| {
        loop {
            number += 1;
            let arguments = json!({"number": number});
            client
                .call("fixture__echo", arguments)
                .await
                .expect("it is answered");
            let line = tokio::time::timeout(std::time::Duration::from_secs(1), lines.next_line());
            if let Ok(line) = line.await {
                let line = line.expect("it writes UTF-8").expect("it goes on");
                let call: Value = serde_json::from_str(&line).expect("a call in each line");
                assert_eq!(call["tool_name"], "echo");
                return;
            }
        }
    };
    seen_after(&user.client).await;
    user.processes.kill(tests::Service::HttpGateway).await;
    user.processes.restart(tests::Service::HttpGateway).await;
    seen_after(&user.client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_program_is_told_of_the_project_ready_to_paste() {
    let user = User::start().await;
    let codex = user.read(&["connect", "codex"]).await;
    assert_eq!(
        codex,
        format!(
            "[mcp_servers.acme]\nurl = \"{}\"\nhttp_headers = {{ Authorization = \"Bearer {}\" }}\n",
            user.project.mcp_url, user.project.key
        )
    );
    let vscode = user.read(&["connect", "vscode"]).await;
    let vscode: Value = serde_json::from_str(&vscode).expect("a file and nothing else");
    assert_eq!(vscode["servers"]["acme"]["url"], user.project.mcp_url);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stdio_bridge_goes_on_when_the_gateway_has_forgotten_its_session() {
    let mut user = User::start().await;
    let mut bridge = user
        .command(&["stdio"])
        .env("MCPORCH_CALL_URL", &user.project.mcp_url)
        .env("MCPORCH_CALL_KEY", &user.project.key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = bridge.stdin.take().expect("it is piped");
    let mut lines = BufReader::new(bridge.stdout.take().expect("it is piped")).lines();
    let mut ask = async |message: Value| {
        let line = format!("{message}\n");
        stdin.write_all(line.as_bytes()).await.expect("it reads");
        let Some(id) = message.get("id") else {
            return Value::Null;
        };
        loop {
            let line = lines.next_line().await.expect("it writes UTF-8");
            let said: Value = serde_json::from_str(&line.expect("it goes on")).expect("JSON on each line");
            if said.get("id") == Some(id) {
                return said;
            }
        }
    };
    let request = |id: u32, method: &str, params: Value| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params});
    let early = ask(request(0, "server/discover", json!({}))).await;
    assert_eq!(early["error"]["code"], -32_601, "{early}");
    let client = json!({"name": "test", "version": "1"});
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
    let begun = ask(request(1, "initialize", hello)).await;
    assert_eq!(begun["result"]["protocolVersion"], "2025-11-25", "{begun}");
    ask(json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
    let call = |id| {
        request(
            id,
            "tools/call",
            json!({"name": "fixture__echo", "arguments": {"text": "나무"}}),
        )
    };
    let echoed = ask(call(2)).await;
    assert!(echoed["result"].to_string().contains("나무"), "{echoed}");

    user.processes.kill(tests::Service::McpGateway).await;
    let refused = ask(call(3)).await;
    assert!(
        refused["error"]["message"]
            .to_string()
            .contains("does not answer"),
        "{refused}"
    );
    user.processes.restart(tests::Service::McpGateway).await;
    let (endpoint, key) = (user.processes.endpoint(&user.project), &user.project.key);
    tests::wait_until("the gateway knows the project again", async || {
        McpClient::connect(&endpoint, key, Door::StreamableHttp)
            .await
            .ok()
    })
    .await;
    let echoed = ask(call(4)).await;
    assert!(echoed.to_string().contains("나무"), "{echoed}");
    drop(stdin);
    assert!(bridge.wait().await.expect("it ends").success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_behind_a_proxy_is_reached_over_tls() {
    let user = User::start().await;
    let certificates = Certificates::issue();
    let web = TlsProxy::before(&user.processes.web_url(), &certificates).await;
    let mcp = TlsProxy::before(&user.processes.mcp_url(), &certificates).await;
    let endpoint = format!("{}/projects/{}/mcp", mcp.url(), user.project.slug);
    let command = |arguments: &[&str]| {
        let mut command = user.command(arguments);
        command
            .env("MCPORCH_URL", web.url())
            .env("MCPORCH_CALL_URL", &endpoint)
            .env("MCPORCH_CALL_KEY", &user.project.key);
        command
    };
    let read = async |arguments: &[&str]| {
        let trusting = command(arguments)
            .env("SSL_CERT_FILE", certificates.authority())
            .output()
            .await
            .expect("the binary starts");
        let problem = String::from_utf8_lossy(&trusting.stderr).into_owned();
        assert!(trusting.status.success(), "{arguments:?}: {problem}");
        String::from_utf8(trusting.stdout).expect("it writes UTF-8")
    };
    let echoed = read(&["call", "fixture__echo", "text=나무"]).await;
    assert!(echoed.contains("나무"), "{echoed}");
    user.owner.ended_tool_calls(&user.project, 1).await;
    assert_eq!(read(&["logs"]).await.lines().count(), 1);
    assert!(read(&["stats"]).await.contains("echo"));

    let mut bridge = command(&["stdio"])
        .env("SSL_CERT_FILE", certificates.authority())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut stdin = bridge.stdin.take().expect("it is piped");
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    stdin
        .write_all(format!("{hello}\n").as_bytes())
        .await
        .expect("it reads");
    let mut lines = BufReader::new(bridge.stdout.take().expect("it is piped")).lines();
    let begun = lines.next_line().await.expect("it writes UTF-8");
    assert!(begun.is_some_and(|line| line.contains("serverInfo")));
    drop(stdin);
    assert!(bridge.wait().await.expect("it ends").success());

    // Without it, nobody vouches for the certificate.
    for arguments in [&["call"][..], &["logs"], &["stats"]] {
        let strange = command(arguments).output().await.expect("the binary starts");
        let problem = String::from_utf8_lossy(&strange.stderr).into_owned();
        assert_eq!(strange.status.code(), Some(1), "{arguments:?}");
        assert!(problem.contains("no TLS: invalid peer certificate"), "{problem}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_done_is_told_with_its_place() {
    let user = User::start().await;
    let refused = async |arguments: &[&str]| {
        let output = user.run(arguments).await;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let problem = refused(&["logs", "status:error", "colour:red"]).await;
    assert!(problem.contains("^^^^^^"), "the place is underlined: {problem}");
    let problem = refused(&["logs", "--key", "mcporch_wrong"]).await;
    assert!(
        !problem.trim().is_empty() && !problem.contains("mcporch_wrong"),
        "{problem}"
    );
    let problem = refused(&["stats", "--url", "http://127.0.0.1:1"]).await;
    assert!(
        problem.contains("does not answer: nobody takes the connection"),
        "{problem}"
    );
    let problem = refused(&["stats", "--url", "127.0.0.1:8080"]).await;
    assert!(problem.contains("http:// or https://"), "{problem}");
    let problem = refused(&["connect", "vscod"]).await;
    assert!(problem.contains(r#"did you mean "vscode"?"#), "{problem}");
}
