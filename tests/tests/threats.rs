//! Threats that no other test closes, and the list of all of them:
//! `docs/security.md` names the tests of each.

use std::path::{Path, PathBuf};

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use service_host::http_client;
use tests::{Door, Engine, McpClient, Project, Rest, ServerDefinition, Stack, fixture_server};

async fn owner_of(stack: &Stack, servers: &[ServerDefinition]) -> (Rest, Project) {
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user");
    let project = owner.project("Acme", servers).await.expect("a project");
    (owner, project)
}

async fn read(request: RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Takes somebody new into a project.
async fn join(stack: &Stack, owner: &Rest, role: &str) -> Rest {
    let email = format!("{role}@example.com");
    let person = Rest::sign_up(stack.web_url(), &email).await.expect("signed up");
    let body = json!({"email": email, "role": role});
    let invited = owner
        .create("/projects/acme/invitations", &body)
        .await
        .expect("invited");
    let token = invited["token"].as_str().expect("a token");
    let (status, _) = read(person.request(Method::POST, &format!("/invitations/{token}/accept"))).await;
    assert_eq!(status, 200);
    person
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_of_another_is_unknown() {
    let stack = Stack::start(Engine::Sqlite).await;
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
    let (owner, project) = owner_of(&stack, &[server]).await;
    let other = owner.project("Other", &[]).await.expect("a second project");
    let made = owner
        .create("/projects/acme/api-keys", &json!({"name": "second"}))
        .await;
    let second = made.expect("a key")["key"].as_str().expect("its text").to_owned();
    let endpoint = stack.endpoint(&project);
    let http = http_client().no_proxy().build().expect("a client");
    let hello = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let post = |key: &str| {
        http.post(format!("{endpoint}/mcp"))
            .bearer_auth(key)
            .header("accept", "application/json, text/event-stream")
    };
    let opened = post(&project.key).json(&hello).send().await.expect("an answer");
    let session = opened.headers()["mcp-session-id"]
        .to_str()
        .expect("ASCII")
        .to_owned();
    let ping = json!({"jsonrpc": "2.0", "id": 2, "method": "ping"});
    let with = |key: &str| post(key).header("mcp-session-id", &session).json(&ping);
    assert_eq!(read(with(&project.key)).await.0, 200);
    assert_eq!(read(with(&other.key)).await.0, 403, "a key of another project");
    tests::wait_until("the gateway knows the second key", async || {
        (read(post(&second).json(&ping)).await.0 != 401).then_some(())
    })
    .await;
    assert_eq!(read(with(&second)).await.0, 404, "another key of the project");
    let end = |key: &str| {
        http.delete(format!("{endpoint}/mcp"))
            .bearer_auth(key)
            .header("mcp-session-id", &session)
    };
    assert_eq!(read(end(&second)).await.0, 404);
    assert_eq!(read(with(&project.key)).await.0, 200, "it stands");

    // The same of sessions of browsers.
    let lee = Rest::sign_up(stack.web_url(), "lee@example.com")
        .await
        .expect("signed up");
    let own = owner.get("/me/sessions").await.expect("a list");
    let id = own["data"][0]["id"].as_str().expect("an id");
    let (status, _) = read(lee.request(Method::DELETE, &format!("/me/sessions/{id}"))).await;
    assert_eq!(status, 404);
    assert!(owner.get("/me").await.is_ok(), "it stands");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_developer_runs_no_program_by_any_way() {
    let stack = Stack::start(Engine::Sqlite).await;
    let server =
        ServerDefinition::stdio("fixture", &fixture_server(), &[]).with("secrets", json!({"TOKEN": "x"}));
    let (owner, _) = owner_of(&stack, &[server]).await;
    let developer = join(&stack, &owner, "developer").await;
    let marker = stack.folder().join("it-ran");
    let command = json!(["-c", format!("touch {}", marker.display())]);
    let program = json!({"name": "sh", "transport": "stdio", "command": "/bin/sh", "args": command});
    let over_http = json!({"name": "http", "transport": "streamable_http", "url": "http://127.0.0.1:9/mcp"});
    let made = read(
        developer
            .request(Method::POST, "/projects/acme/servers")
            .json(&over_http),
    )
    .await;
    assert_eq!(made.0, 201);
    for (method, path, body) in [
        (Method::POST, "/servers", program.clone()),
        (Method::POST, "/servers/test", program),
        (
            Method::PATCH,
            "/servers/http",
            json!({"transport": "stdio", "command": "/bin/sh", "args": command}),
        ),
        (
            Method::PATCH,
            "/servers/fixture",
            json!({"command": "/bin/sh", "args": command}),
        ),
        (
            Method::PATCH,
            "/servers/fixture",
            json!({"env": {"NODE_OPTIONS": "--require=/tmp/x"}}),
        ),
        (
            Method::PATCH,
            "/servers/fixture",
            json!({"secrets": {"NODE_OPTIONS": "--require=/tmp/x"}}),
        ),
        (Method::DELETE, "/servers/fixture", json!({})),
    ] {
        let path = format!("/projects/acme{path}");
        let (status, problem) = read(developer.request(method.clone(), &path).json(&body)).await;
        assert_eq!(status, 403, "{method} {path} {body}: {problem}");
    }
    let file = json!({"mcpServers": {"imported": {"command": "/bin/sh", "args": command}}});
    for query in ["?dry_run=true", ""] {
        let path = format!("/projects/acme/servers/import{query}");
        let (status, import) = read(developer.request(Method::POST, &path).json(&file)).await;
        assert_eq!(status, 200, "{import}");
        let imported = &import["servers"][0];
        assert_eq!(
            imported["refusal"]["code"], "stdio_servers_not_allowed",
            "{import}"
        );
        assert_eq!(imported["server_id"], Value::Null);
    }
    let servers = owner.get("/projects/acme/servers").await.expect("a list");
    let names: Vec<_> = servers["data"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|server| &server["name"])
        .collect();
    assert!(
        names.len() == 2 && !names.contains(&&json!("imported")),
        "{names:?}"
    );
    assert!(!marker.exists(), "a program of a developer ran");
    stack.stop().await;
}

/// A search tells of what it finds, though nobody shows it.
#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_payloads_does_not_search_them() {
    let stack = Stack::start(Engine::Sqlite).await;
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
    let (owner, project) = owner_of(&stack, &[server]).await;
    let reporter = join(&stack, &owner, "reporter").await;
    let client = McpClient::connect(&stack.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");
    for tool in ["fixture__echo", "fixture__fail"] {
        let answer = client.call(tool, json!({"text": "quarterly"})).await;
        answer.expect("an answer");
    }
    owner.ended_tool_calls(&project, 2).await;
    let found = async |person: &Rest, q: &str| {
        let path = format!("/projects/acme/tool-calls?last=1h&q={q}");
        let list = person.get(&path).await.expect("a list");
        list["data"].as_array().expect("a list").len()
    };
    assert_eq!(found(&owner, "quarterly").await, 2);
    assert_eq!(found(&owner, "arguments.text:quart*").await, 2);
    assert_eq!(found(&reporter, "quarterly").await, 0);
    assert_eq!(found(&reporter, "-quarterly").await, 2);
    // What they see they may search.
    assert_eq!(found(&reporter, "echo").await, 1);
    assert_eq!(found(&reporter, "status:error").await, 1);
    for figures in [
        "",
        "/summary",
        "/histogram",
        "/timeseries",
        "/facets",
        "/breakdown",
        "/export",
        "/stream",
    ] {
        for q in [
            "arguments:quarterly",
            "arguments.text:q*",
            "-result:quarterly",
            "(tool:x OR result:q*)",
        ] {
            let q = q.replace(' ', "%20");
            // What is to come has no range.
            let range = if figures == "/stream" { "" } else { "last=1h&" };
            let path = format!("/projects/acme/tool-calls{figures}?{range}q={q}");
            let request = reporter.request(Method::GET, &path);
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), 403, "{path}");
        }
    }
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_fields_are_refused_by_every_route_that_takes_a_body() {
    let stack = Stack::start(Engine::Sqlite).await;
    let (owner, _) = owner_of(&stack, &[]).await;
    let document: Value = serde_json::from_str(&http_gateway::openapi_document()).expect("JSON");
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            if operation.get("requestBody").is_none() {
                continue;
            }
            let path = path.trim_start_matches("/api/v1").replace(['{', '}'], "");
            let method: Method = method.to_uppercase().parse().expect("a method");
            let body = json!({"granted_by": "me"});
            let (status, problem) = read(owner.request(method.clone(), &path).json(&body)).await;
            assert_eq!(status, 400, "{method} {path}: {problem}");
            assert!(
                problem.to_string().contains("granted_by"),
                "{method} {path}: {problem}"
            );
            tried += 1;
        }
    }
    assert!(tried > 20, "only {tried} routes were tried");
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_name_holds_what_steers_a_log_or_a_terminal() {
    let stack = Stack::start(Engine::Sqlite).await;
    let (owner, _) = owner_of(&stack, &[]).await;
    for evil in [
        "a\nlevel=error forged",
        "a\rb",
        "\u{1b}[2J",
        "a\u{0}b",
        "\u{9b}31m",
    ] {
        for (path, body) in [
            (
                "/auth/sign-up",
                json!({"email": "lee@example.com", "password": Rest::PASSWORD, "name": evil}),
            ),
            (
                "/auth/sign-up",
                json!({"email": evil, "password": Rest::PASSWORD, "name": "Lee"}),
            ),
            ("/teams", json!({"name": evil, "slug": "core"})),
            ("/projects", json!({"name": evil, "slug": "second"})),
            ("/projects/acme/api-keys", json!({"name": evil})),
            (
                "/projects/acme/servers",
                json!({"name": evil, "transport": "stdio", "command": "true"}),
            ),
        ] {
            let (status, problem) = read(owner.request(Method::POST, path).json(&body)).await;
            assert!(
                status == 400 || status == 422,
                "{path} {body}: {status} {problem}"
            );
        }
    }
    stack.stop().await;
}

/// The command line of every process of this machine can be read by everybody
/// on it.
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_stands_in_the_arguments_of_a_process() {
    let secret = "planted-in-no-command-line-7Yq2";
    let stack = Stack::start(Engine::Sqlite).await;
    let server =
        ServerDefinition::stdio("fixture", &fixture_server(), &[]).with("secrets", json!({"TOKEN": secret}));
    let (_, project) = owner_of(&stack, &[server]).await;
    let client = McpClient::connect(&stack.endpoint(&project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds");
    let answer = client.call("fixture__echo", json!({})).await.expect("an answer");
    assert!(answer.is_success());
    let mut seen = 0;
    for process in std::fs::read_dir("/proc").expect("there is /proc").flatten() {
        // One that ends meanwhile has none.
        let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line);
        seen += usize::from(line.contains("fixture_server"));
        for planted in [secret, &project.key] {
            assert!(!line.contains(planted), "{planted} in {line}");
        }
    }
    assert!(seen > 0, "the server runs meanwhile");
    stack.stop().await;
}

/// A pattern of somebody must not cost more than the text is long.
#[test]
fn no_engine_for_patterns_that_backtracks_is_built_in() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    assert!(lock.contains("name = \"tokio\""));
    for engine in [
        "fancy-regex",
        "pcre2",
        "onig",
        "regress",
        "grok",
        "boa_engine",
        "rquickjs",
    ] {
        assert!(!lock.contains(&format!("name = \"{engine}\"")), "{engine}");
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests lies in the workspace")
        .to_owned()
}

/// All of a folder's sources, one after the other.
fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "node_modules") {
                sources(&path, text);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&std::fs::read_to_string(&path).expect("sources are UTF-8"));
        }
    }
}

#[test]
fn every_test_that_the_list_of_threats_names_is_there() {
    let list = std::fs::read_to_string(root().join("docs/security.md")).expect("docs/security.md is there");
    let mut text = String::new();
    for folder in ["services", "shared", "tests"] {
        sources(&root().join(folder), &mut text);
    }
    let mut named = 0;
    for line in list.lines().filter(|line| line.starts_with("| ")).skip(1) {
        let (threat, tests) = line
            .trim_matches(['|', ' '])
            .split_once(" | ")
            .expect("two columns");
        let tests: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test closes: {threat}");
        for test in tests {
            let is_there = if test.ends_with(".spec.ts") {
                root().join("tests/browser/specs").join(test).exists()
            } else {
                text.contains(&format!("fn {test}("))
            };
            assert!(is_there, "{threat}: there is no test {test}");
            named += 1;
        }
    }
    assert!(named > 40, "only {named} tests are named");
}
