//! What a team lives through, by REST alone: somebody without an account is
//! invited, works in a project of the team with a client that others wrote, and
//! is taken out.

use std::{path::Path, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{
    Answer, Door, Engine, McpClient, Project, Rest, Stack, installed_client, mcp_orch, wait_until,
    wait_within,
};

/// The longest that access outlives its end.
const LIMIT: Duration = Duration::from_secs(5);

async fn done(person: &Rest, method: Method, path: &str, body: Value) -> Value {
    let answer = person.request(method.clone(), path).json(&body).send().await;
    let answer = answer.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    assert!(status.is_success(), "{method} {path} answered {status}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::Null)
}

async fn status(person: &Rest, path: &str) -> StatusCode {
    let answer = person.request(Method::GET, path).send().await;
    answer.expect("an answer").status()
}

/// As somebody copies it out of the file of Claude Desktop.
fn claude_desktop() -> Value {
    json!({"mcpServers": {"sample": {
        "command": mcp_orch(),
        "args": ["sample-server"],
        "env": {"SAMPLE_TOKEN": "ghp_0123456789abcdefghijklmnopqrstuvwxyz"},
    }}})
}

/// One call with the Python SDK.
async fn python_calls(endpoint: &str, key: &str, tool: &str, arguments: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/python/call_1.py");
    let output = tokio::process::Command::new(installed_client("python-1/bin/python"))
        .arg(script)
        .args([&format!("{endpoint}/mcp"), key, tool, &arguments.to_string()])
        .kill_on_drop(true)
        .output()
        .await
        .expect("the client starts");
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).expect("the client prints JSON")
}

/// Types of a feed, oldest first.
async fn feed(person: &Rest, path: &str) -> Vec<String> {
    let feed = person.get(path).await.expect("a feed");
    let items = feed["data"].as_array().expect("a list").iter().rev();
    items
        .map(|item| item["type"].as_str().expect("a type").to_owned())
        .collect()
}

async fn a_person_comes_in_works_and_is_taken_out(engine: Engine) {
    let stack = Stack::start(engine).await;
    let kim = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user");
    let team = done(&kim, Method::POST, "/teams", json!({"name": "Core"})).await;
    assert_eq!((&team["slug"], &team["role"]), (&json!("core"), &json!("owner")));
    let invitation = json!({"email": "Lee@example.com", "role": "developer"});
    let invited = done(&kim, Method::POST, "/teams/core/invitations", invitation).await;
    let token = invited["token"].as_str().expect("a token");

    // Whoever was invited has no account yet.
    let lee = Rest::sign_up(stack.web_url(), "lee@example.com")
        .await
        .expect("a second user");
    let mine = lee.get("/invitations").await.expect("a list");
    assert_eq!(mine["data"][0]["place_name"], "Core");
    assert_eq!(status(&lee, "/teams/core").await, StatusCode::NOT_FOUND);
    done(
        &lee,
        Method::POST,
        &format!("/invitations/{token}/accept"),
        json!({}),
    )
    .await;
    assert_eq!(lee.get("/teams/core").await.expect("seen")["role"], "developer");

    // Both make a project; one of them becomes the team's.
    done(&lee, Method::POST, "/projects", json!({"name": "Attic"})).await;
    let acme = done(&kim, Method::POST, "/projects", json!({"name": "Acme"})).await;
    assert_eq!(status(&lee, "/projects/acme").await, StatusCode::NOT_FOUND);
    let grant = json!({"role": "developer"});
    done(&kim, Method::PUT, "/projects/acme/teams/core", grant).await;
    assert_eq!(
        lee.get("/projects/acme").await.expect("seen")["role"],
        "developer"
    );
    assert_eq!(status(&kim, "/projects/attic").await, StatusCode::NOT_FOUND);
    let members = kim.get("/projects/acme/members").await.expect("a list");
    let lees = |members: &Value| {
        let members = members["data"].as_array().expect("a list").clone();
        members
            .into_iter()
            .find(|member| member["email"] == "lee@example.com")
    };
    let member = lees(&members).expect("Lee is in it");
    assert_eq!(
        (&member["invited_as"], &member["role"], &member["own_role"]),
        (&json!("team_member"), &json!("developer"), &Value::Null)
    );

    // A configuration that somebody had already becomes a server of the project.
    let preview = done(
        &kim,
        Method::POST,
        "/projects/acme/servers/import?dry_run=true",
        claude_desktop(),
    )
    .await;
    assert_eq!(
        preview["servers"][0]["definition"]["secrets"],
        json!(["SAMPLE_TOKEN"])
    );
    assert_eq!(
        status(&kim, "/projects/acme/servers/sample").await,
        StatusCode::NOT_FOUND
    );
    done(
        &kim,
        Method::POST,
        "/projects/acme/servers/import",
        claude_desktop(),
    )
    .await;
    let server = lee.get("/projects/acme/servers/sample").await.expect("seen");
    assert!(
        !server.to_string().contains("ghp_"),
        "nobody reads a secret back: {server}"
    );

    // A key of Lee's, and a client.
    let key = done(
        &lee,
        Method::POST,
        "/projects/acme/api-keys",
        json!({"name": "Lee's"}),
    )
    .await;
    let key = key["key"].as_str().expect("a key");
    let project = Project {
        slug: "acme".to_owned(),
        mcp_url: acme["mcp_url"].as_str().expect("an address").to_owned(),
        key: key.to_owned(),
    };
    let endpoint = stack.endpoint(&project);
    let session = wait_until("the gateway knows the key", async || {
        McpClient::connect(&endpoint, key, Door::StreamableHttp)
            .await
            .ok()
    })
    .await;
    wait_until("the gateway has listed the server", async || {
        let listed = session.request("tools/list", json!({})).await.ok()?;
        let tools = listed.result().ok()?;
        tools.to_string().contains("sample__echo").then_some(())
    })
    .await;
    let seen = python_calls(&endpoint, key, "sample__echo", &json!({"text": "안녕"})).await;
    assert_eq!(seen["is_error"], json!(false));
    assert!(seen["text"].to_string().contains("안녕"), "{seen}");

    // It is in the log, with whose key it was; what was done is in the feeds.
    let calls = kim.ended_tool_calls(&project, 1).await;
    assert_eq!(
        (
            &calls[0]["tool_name"],
            &calls[0]["server_name"],
            &calls[0]["status"]
        ),
        (&json!("echo"), &json!("sample"), &json!("success"))
    );
    assert_eq!(calls[0]["client"]["name"], "mcp");
    assert_eq!(calls[0]["principal"]["user_id"], member["user_id"]);
    assert_eq!(
        feed(&kim, "/projects/acme/activities").await,
        [
            "project_created",
            "team_granted",
            "server_created",
            "api_key_created"
        ]
    );
    assert_eq!(
        feed(&lee, "/teams/core/activities").await,
        [
            "team_created",
            "invitation_created",
            "invitation_accepted",
            "team_granted"
        ]
    );

    // Lee is taken out: what was Lee's by the team is gone at once, the key and
    // the sessions that it opened within seconds.
    let lee_id = member["user_id"].as_str().expect("an id");
    done(
        &kim,
        Method::DELETE,
        &format!("/teams/core/members/{lee_id}"),
        json!({}),
    )
    .await;
    wait_within(
        LIMIT,
        "the session that stands is refused",
        async || match session
            .call("sample__echo", json!({"text": "still there?"}))
            .await
        {
            Ok(Answer::Result(_)) => None,
            _ => Some(()),
        },
    )
    .await;
    for door in Door::ALL {
        let client = McpClient::connect(&endpoint, key, door).await;
        let answer = match client {
            Ok(client) => client.request("tools/list", json!({})).await,
            Err(error) => Err(error),
        };
        assert!(answer.is_err(), "{door:?} is open: {answer:?}");
    }
    for path in ["/projects/acme", "/projects/acme/tool-calls", "/teams/core"] {
        assert_eq!(status(&lee, path).await, StatusCode::NOT_FOUND, "{path}");
    }
    let by_key = Rest::new(stack.web_url()).request(Method::GET, "/projects/acme");
    let by_key = by_key.bearer_auth(key).send().await.expect("an answer");
    assert_eq!(by_key.status(), StatusCode::UNAUTHORIZED);
    let members = kim.get("/projects/acme/members").await.expect("a list");
    assert_eq!(lees(&members), None);
    // What is Lee's own stays, and so does what Lee did.
    assert_eq!(status(&lee, "/projects/attic").await, StatusCode::OK);
    let calls = kim.tool_calls(&project).await.expect("a list");
    assert!(
        calls
            .iter()
            .any(|call| call["principal"]["user_id"] == member["user_id"])
    );

    // An account that is deactivated is out with every session.
    let path = format!("/admin/users/{lee_id}");
    done(&kim, Method::PATCH, &path, json!({"is_active": false})).await;
    assert_eq!(status(&lee, "/me").await, StatusCode::UNAUTHORIZED);
    stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_comes_in_works_and_is_taken_out_on_sqlite() {
    Box::pin(a_person_comes_in_works_and_is_taken_out(Engine::Sqlite)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_comes_in_works_and_is_taken_out_on_postgres() {
    Box::pin(a_person_comes_in_works_and_is_taken_out(Engine::Postgres)).await;
}
