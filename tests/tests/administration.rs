//! `mcp-orch admin` and `mcp-orch import` as whoever runs a deployment uses them,
//! while it runs.

use std::{
    fs,
    process::{Output, Stdio},
};

use serde_json::{Value, json};
use tests::{
    Door, McpClient, Processes, Rest, ServerDefinition, Service, fixture_server, mcp_orch, wait_until,
};
use tokio::{io::AsyncWriteExt as _, process::Command};

/// Whoever runs it.
struct Operator(Processes);

impl Operator {
    async fn start() -> (Self, Rest) {
        let processes = Processes::start().await;
        let owner = Rest::sign_up(&processes.web_url(), "kim@example.com")
            .await
            .expect("the first user signs up");
        (Self(processes), owner)
    }

    fn data(&self) -> std::path::PathBuf {
        self.0.folder().join("data")
    }

    async fn run(&self, arguments: &[&str], stdin: &str) -> Output {
        let mut child = Command::new(mcp_orch())
            .args(arguments)
            .arg("--data")
            .arg(self.data())
            .args(["--projects-url", &self.0.projects_url()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the binary starts");
        let mut input = child.stdin.take().expect("it is piped");
        // A command that reads nothing has closed it already.
        let _unread = input.write_all(stdin.as_bytes()).await;
        drop(input);
        child.wait_with_output().await.expect("it ends")
    }

    /// What a command that works writes.
    async fn read(&self, arguments: &[&str], stdin: &str) -> String {
        let output = self.run(arguments, stdin).await;
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {problem}");
        String::from_utf8(output.stdout).expect("it writes UTF-8")
    }

    /// What one that does not work complains of.
    async fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments, "").await;
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).expect("it writes UTF-8")
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_made_promoted_shut_out_and_let_in_again() {
    let (operator, _) = Operator::start().await;
    let web = operator.0.web_url();
    let made = [
        "admin",
        "create-user",
        "lee@example.com",
        "--name",
        "Lee",
        "--password-stdin",
    ];
    let line = operator.read(&made, "correct horse battery\n").await;
    assert!(line.starts_with("lee@example.com  Lee  active"), "{line}");
    assert!(!line.contains("correct horse"), "who gave it knows it");
    let lee = Rest::sign_in(&web, "lee@example.com", "correct horse battery")
        .await
        .expect("an answer");
    let lee = lee.expect("it is the password");

    let refusal = operator.refused(&made).await;
    assert!(refusal.contains("no password on stdin"), "{refusal}");
    let refusal = operator
        .refused(&["admin", "create-user", "lee@example.com"])
        .await;
    assert!(
        refusal.contains("there is an account with this address"),
        "{refusal}"
    );
    let refusal = operator.refused(&["admin", "demote", "kim@example.com"]).await;
    assert!(refusal.contains("without an administrator"), "{refusal}");

    let line = operator.read(&["admin", "promote", "lee@example.com"], "").await;
    assert!(line.contains("administrator"), "{line}");
    let me = lee.get("/me").await.expect("signed in");
    assert_eq!(me["user"]["is_admin"], true);
    let all = operator.read(&["admin", "users"], "").await;
    assert_eq!(all.lines().count(), 2, "{all}");
    assert_eq!(
        operator
            .read(&["admin", "users", "LEE"], "")
            .await
            .lines()
            .count(),
        1
    );

    operator
        .read(&["admin", "deactivate", "lee@example.com"], "")
        .await;
    lee.get("/me").await.expect_err("out at once");
    operator.read(&["admin", "activate", "lee@example.com"], "").await;
    let reset = operator
        .read(&["admin", "reset-password", "lee@example.com"], "")
        .await;
    let (_, password) = reset.trim().rsplit_once("password: ").expect("one was made");
    let old = Rest::sign_in(&web, "lee@example.com", "correct horse battery")
        .await
        .expect("an answer");
    assert!(old.is_none(), "the old password");
    let new = Rest::sign_in(&web, "lee@example.com", password)
        .await
        .expect("an answer");
    assert!(new.is_some(), "the new password");

    let activities = new
        .expect("signed in")
        .get("/admin/activities?limit=50")
        .await
        .expect("an administrator");
    let by_operator: Vec<&Value> = activities["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter(|activity| activity["actor"]["name"] == "operator")
        .map(|activity| &activity["type"])
        .collect();
    for kind in ["user_created", "user_updated", "password_changed"] {
        assert!(by_operator.contains(&&json!(kind)), "{kind}: {by_operator:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_of_secrets_is_rotated_while_calls_go_on() {
    let (mut operator, owner) = Operator::start().await;
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[])
        .with("secrets", json!({"CANARY": "a secret that stays"}));
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let client = McpClient::connect(&operator.0.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");
    let calls = async |client: &McpClient| {
        client
            .call("fixture__echo", json!({"n": 1}))
            .await
            .expect("it is answered");
    };
    calls(&client).await;
    let file = operator.data().join("secrets-key");
    let old = fs::read_to_string(&file).expect("a key");

    let said = operator.read(&["admin", "rotate-key"], "").await;
    assert!(
        said.contains("1 data keys sealed anew") && said.contains("kept for older copies"),
        "{said}"
    );
    let both = fs::read_to_string(&file).expect("keys");
    assert!(
        both.lines().count() == 2 && both.ends_with(&old),
        "the old key opens"
    );
    calls(&client).await;
    let said = operator
        .read(&["admin", "rotate-key", "--to-current", "--forget-old"], "")
        .await;
    assert!(
        said.contains("0 data keys sealed anew") && !said.contains("kept"),
        "{said}"
    );
    let new = fs::read_to_string(&file).expect("a key");
    assert!(new.lines().count() == 1 && new != old);

    // The secret still opens for a service and a gateway that never had the old key.
    operator.0.kill(Service::McpGateway).await;
    operator.0.kill(Service::Projects).await;
    operator.0.restart(Service::Projects).await;
    operator.0.restart(Service::McpGateway).await;
    let endpoint = operator.0.endpoint(&project);
    let client = wait_until("the gateway serves the project again", async || {
        McpClient::connect(&endpoint, &project.key, Door::StreamableHttp)
            .await
            .ok()
    })
    .await;
    calls(&client).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configuration_of_a_client_is_looked_at_and_then_added() {
    let (operator, owner) = Operator::start().await;
    let project = owner.project("Acme", &[]).await.expect("a project is made");
    let file = operator.0.folder().join("mcp.json");
    let configuration = json!({"mcpServers": {
        "github": {"command": "npx", "args": ["-y", "server-github"], "env": {"GITHUB_TOKEN": "canary"}},
        "docs": {"type": "http", "url": "https://mcp.example.com/mcp"},
    }});
    fs::write(&file, configuration.to_string()).expect("written");
    let file = file.to_str().expect("plain");
    let import =
        |more: &[&'static str]| [&["import", file, "--project", project.slug.as_str()][..], more].concat();
    let names = async || -> Vec<Value> {
        let servers = owner
            .get(&format!("/projects/{}/servers", project.slug))
            .await
            .expect("a list");
        let servers = servers["data"].as_array().expect("rows");
        servers.iter().map(|server| server["name"].clone()).collect()
    };

    let preview = operator.read(&import(&["--dry-run"]), "").await;
    assert!(
        preview.contains("npx -y server-github") && preview.contains("secret: GITHUB_TOKEN"),
        "{preview}"
    );
    assert!(
        preview.contains("https://mcp.example.com/mcp") && !preview.contains("canary"),
        "{preview}"
    );
    let refusal = operator.refused(&import(&[])).await;
    assert!(refusal.contains("add --yes"), "{refusal}");
    assert!(names().await.is_empty(), "nothing was added yet");

    let added = operator.read(&import(&["--yes"]), "").await;
    assert!(
        added.contains("added: github") && added.contains("added: docs"),
        "{added}"
    );
    assert_eq!(names().await.len(), 2);
    let again = operator.run(&import(&["--yes"]), "").await;
    assert!(!again.status.success(), "the names are taken");
    assert!(
        String::from_utf8_lossy(&again.stdout).contains("already"),
        "{again:?}"
    );

    let refusal = operator
        .refused(&import(&["--yes", "--as", "nobody@example.com"]))
        .await;
    assert!(refusal.contains("no account nobody@example.com"), "{refusal}");
    let refusal = operator
        .refused(&["import", file, "--project", "none", "--yes"])
        .await;
    assert!(refusal.contains("no such project"), "{refusal}");
    let sessions = owner.get("/me/sessions").await.expect("a list");
    assert_eq!(
        sessions["data"].as_array().expect("rows").len(),
        1,
        "the command left no session behind"
    );
}
