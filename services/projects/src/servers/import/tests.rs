use database::database_test;
use secrecy::ExposeSecret as _;

use super::*;
use crate::{MIGRATIONS, servers::Transport, test_project::TestProject};

const CLAUDE: &str = r#"{"mcpServers": {
    "github": {"command": "npx", "args": ["-y", "server-github"], "env": {"GITHUB_TOKEN": "canary", "DEBUG": 1}},
    "docs": {"type": "http", "url": "https://docs.example.com/mcp", "headers": {"Authorization": "Bearer canary"}}
}}"#;

fn names(imported: &[Imported]) -> Vec<(&str, &str)> {
    let verdict = |one: &Imported| match (&one.server, &one.read, &one.refusal) {
        (Some(_), _, _) => "added",
        (None, Some(_), _) => "would be added",
        (None, None, Some(_)) => "refused",
        (None, None, None) => "nothing",
    };
    imported
        .iter()
        .map(|one| (one.name.as_str(), verdict(one)))
        .collect()
}

fn one(configuration: &str) -> Entry {
    let mut entries = read(configuration).expect("a configuration");
    assert_eq!(entries.len(), 1);
    entries.remove(0)
}

fn transport(configuration: &str) -> String {
    match one(configuration).read {
        Ok(new) => match new.definition.transport {
            Transport::Stdio(stdio) => format!("stdio {} {:?}", stdio.command(), stdio.args()),
            Transport::StreamableHttp(http) => format!("streamable_http {}", http.url()),
            Transport::Sse(http) => format!("sse {}", http.url()),
        },
        Err(error) => error.reason,
    }
}

#[test]
fn configurations_of_every_client_are_read() {
    for (configuration, expected) in [
        (
            r#"{"mcpServers": {"a": {"command": "npx", "args": ["x"]}}}"#,
            r#"stdio npx ["x"]"#,
        ),
        (
            r#"{"servers": {"a": {"type": "stdio", "command": "npx"}}, "inputs": []}"#,
            "stdio npx []",
        ),
        (
            r#"{"mcp": {"servers": {"a": {"type": "http", "url": "https://e.com/mcp"}}}}"#,
            "streamable_http https://e.com/mcp",
        ),
        (
            r#"{"mcpServers": {"a": {"serverUrl": "https://e.com/sse"}}}"#,
            "sse https://e.com/sse",
        ),
        (
            r#"{"mcpServers": {"a": {"url": "https://e.com/mcp", "type": "streamableHttp", "autoApprove": []}}}"#,
            "streamable_http https://e.com/mcp",
        ),
        (
            r#"{"mcpServers": {"a": {"url": "https://e.com/x", "type": "sse"}}}"#,
            "sse https://e.com/x",
        ),
        (
            r#"{"mcpServers": {"a": {"command": "npx", "url": "https://e.com"}}}"#,
            "invalid_argument",
        ),
        (r#"{"mcpServers": {"a": {}}}"#, "invalid_argument"),
        (r#"{"mcpServers": {"a": []}}"#, "invalid_argument"),
        (
            r#"{"mcpServers": {"a/b": {"command": "npx"}}}"#,
            "invalid_argument",
        ),
    ] {
        assert_eq!(transport(configuration), expected, "{configuration}");
    }
}

#[test]
fn what_holds_no_servers_is_refused_without_repeating_it() {
    for configuration in [
        "",
        "canary",
        "[]",
        "{}",
        r#"{"mcpServers": []}"#,
        r#"{"x": "canary"}"#,
    ] {
        let refusal = read(configuration).err().expect("refused");
        assert_eq!(refusal.fields[0].field, "configuration");
        assert!(!refusal.message.contains("canary"), "{}", refusal.message);
    }
    assert!(
        read(r#"{"mcpServers": {"a": {"command": "x"}, "A": {"command": "x"}}}"#).is_err(),
        "one name twice"
    );
}

#[test]
fn secrets_are_told_from_values_and_what_is_lost_is_said() {
    let entry = one(
        r#"{"servers": {"a": {"command": "npx", "disabled": true, "timeout": 90, "envFile": ".env",
            "env": {"API_KEY": "canary", "MODE": "fast", "HOME_TOKEN": "${input:token}"}}}}"#,
    );
    let new = entry.read.expect("a server");
    assert!(!new.is_enabled);
    assert_eq!(new.definition.limits.timeout_ms(), 90_000);
    let secrets: Vec<_> = new.secrets.keys().map(String::as_str).collect();
    assert_eq!(secrets, ["API_KEY", "HOME_TOKEN"]);
    let value = new.secrets["API_KEY"].as_ref().expect("set");
    assert_eq!(value.expose_secret(), "canary");
    let notes = entry.notes.join("\n");
    assert!(
        notes.contains("envFile") && notes.contains("HOME_TOKEN holds a placeholder"),
        "{notes}"
    );
}

database_test! {
    &MIGRATIONS;

    async fn a_preview_adds_nothing_and_an_import_what_it_showed(database: Database) {
        let home = TestProject::new(database).await;
        let (servers, owner) = (home.servers(), home.granted(&home.owner).await);
        let preview = servers.import(&owner, CLAUDE, true).await.expect("a preview");
        assert_eq!(names(&preview), [("docs", "would be added"), ("github", "would be added")]);
        assert_eq!(servers.list(&owner, 0, "").await.expect("a page").items, []);
        let imported = servers.import(&owner, CLAUDE, false).await.expect("imported");
        assert_eq!(names(&imported), [("docs", "added"), ("github", "added")]);
        let github = servers.get(&owner, "github").await.expect("added");
        assert_eq!(github.secrets[0].name, "GITHUB_TOKEN");
        assert!(!format!("{github:?}").contains("canary"));
        for is_preview in [true, false] {
            let again = servers.import(&owner, CLAUDE, is_preview).await.expect("answered");
            assert_eq!(names(&again), [("docs", "refused"), ("github", "refused")]);
            assert_eq!(again[0].refusal.as_ref().expect("refused").reason, "server_name_taken");
        }
    }

    async fn a_developer_imports_no_programs(database: Database) {
        let home = TestProject::new(database).await;
        let (servers, developer) = (home.servers(), home.granted(&home.developer).await);
        for is_preview in [true, false] {
            let imported = servers.import(&developer, CLAUDE, is_preview).await.expect("answered");
            assert_eq!(imported[1].refusal.as_ref().expect("refused").reason, "stdio_servers_not_allowed");
        }
        let listed = servers.list(&developer, 0, "").await.expect("a page").items;
        assert_eq!(listed.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["docs"]);
    }

    async fn names_that_stand_for_addresses_are_taken_by_nobody(database: Database) {
        let home = TestProject::new(database).await;
        let (servers, owner) = (home.servers(), home.granted(&home.owner).await);
        for name in ["test", "Import"] {
            let configuration = format!(r#"{{"mcpServers": {{"{name}": {{"command": "npx"}}}}}}"#);
            let imported = servers.import(&owner, &configuration, false).await.expect("answered");
            assert_eq!(imported[0].refusal.as_ref().expect("refused").reason, "server_name_reserved");
        }
    }
}
