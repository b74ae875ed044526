use domain::Permission;
use proto::{convert::FromWire as _, projects::server_definition::Transport};
use reqwest::Method;
use serde_json::json;

use crate::{
    backends::{SERVER, USER, lock},
    stack::{self, answer},
};

#[tokio::test]
async fn a_project_says_where_its_clients_connect() {
    let stack =
        stack::start_with(|config| config.mcp_public_url = "https://mcp.example.com/".to_owned()).await;
    let person = stack.world.person(Permission::ALL);
    let list = answer(stack.get("/api/v1/projects").bearer_auth(&person))
        .await
        .done();
    assert_eq!(
        list["data"][0]["mcp_url"],
        "https://mcp.example.com/projects/acme/mcp"
    );
    assert_eq!(list["data"][0]["role"], "owner");
    assert_eq!(list["data"][0]["created_at"], "2026-11-22T12:00:00.000000Z");
    assert_eq!(
        list["page"],
        json!({"older": null, "newer": "c1", "has_older": false})
    );
    assert!(list["meta"]["took_ms"].is_u64());
}

#[tokio::test]
async fn a_new_key_is_shown_once() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let body = json!({"name": "CI", "expires_at": "2026-12-24T00:00:00+09:00"});
    let created = answer(
        stack
            .post("/api/v1/projects/acme/api-keys", &body)
            .bearer_auth(&person),
    )
    .await;
    assert_eq!(created.status, 201);
    let created = created.json();
    assert!(
        created["key"]
            .as_str()
            .is_some_and(|key| key.starts_with("mcporch_"))
    );
    assert_eq!(created["name"], "CI");
    assert_eq!(created["expires_at"], "2026-12-23T15:00:00.000000Z");

    let revoke = |id: &str| {
        stack
            .request(Method::DELETE, &format!("/api/v1/projects/acme/api-keys/{id}"))
            .bearer_auth(&person)
    };
    let revoked = answer(revoke(USER)).await.done();
    assert_eq!(revoked["revoked_at"], "2026-11-22T12:00:00.000000Z");
    answer(revoke("1")).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_server_is_flat_and_its_defaults_are_left_to_the_projects_service() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let body = json!({"name": "x", "transport": "stdio", "command": "npx", "args": ["-y", "a"], "isolation": "session"});
    let create = |body: &serde_json::Value| {
        stack
            .post("/api/v1/projects/acme/servers", body)
            .bearer_auth(&person)
    };
    let created = answer(create(&body)).await;
    assert_eq!(created.status, 201);
    let created = created.json();
    assert_eq!(created["command"], "npx");
    assert_eq!(created["args"], json!(["-y", "a"]));
    assert_eq!(created["transport"], "stdio");
    assert_eq!(created["isolation"], "session");
    // What this backend got, and gives back: zero stands for the default.
    assert_eq!(created["timeout_ms"], 0);

    for (field, value) in [
        ("timeout_ms", json!(0)),
        ("timeout_ms", json!(-1)),
        ("isolation", json!("sesion")),
        ("transport", json!("carrier-pigeon")),
    ] {
        let mut body = body.clone();
        body[field] = value;
        let problem = answer(create(&body)).await.refused(400, "invalid_argument");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let patch = |body: &serde_json::Value| {
        stack
            .patch("/api/v1/projects/acme/servers/sample", body)
            .bearer_auth(&person)
    };
    let asked = || lock(&stack.world.asked.server_update).take().expect("an update");

    answer(patch(&json!({"is_enabled": false}))).await.done();
    let update = asked();
    assert_eq!(update.is_enabled, Some(false));
    assert_eq!(
        update.definition, None,
        "a switch needs no right to change the program"
    );
    assert_eq!(update.server, SERVER, "a name may change meanwhile");

    answer(patch(&json!({"timeout_ms": 5_000, "cwd": null})))
        .await
        .done();
    let definition = asked().definition.expect("a definition");
    assert_eq!(
        (definition.timeout_ms, definition.init_timeout_ms),
        (5_000, 30_000)
    );
    let Some(Transport::Stdio(stdio)) = definition.transport else {
        panic!("no transport");
    };
    assert_eq!(stdio.cwd, None);
    assert_eq!(stdio.args, ["--verbose"]);
    assert_eq!(stdio.env["LOG"], "info");

    answer(patch(&json!({"args": []}))).await.done();
    let definition = asked().definition.expect("a definition");
    let Some(Transport::Stdio(stdio)) = definition.transport else {
        panic!("no transport");
    };
    assert_eq!((stdio.args.len(), stdio.cwd.as_deref()), (0, Some("/srv")));
}

#[tokio::test]
async fn a_server_says_how_its_own_connections_stand() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let status = answer(
        stack
            .get("/api/v1/projects/acme/servers/sample/status")
            .bearer_auth(&person),
    )
    .await
    .done();
    assert_eq!(status["state"], "starting");
    assert_eq!(status["upstreams"].as_array().map(Vec::len), Some(1));
    assert_eq!(status["upstreams"][0]["last_error"], json!(null));
}

#[tokio::test]
async fn tools_come_as_their_server_wrote_them() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let tools = answer(
        stack
            .get("/api/v1/projects/acme/servers/sample/tools")
            .bearer_auth(&person),
    )
    .await;
    assert!(
        tools
            .body
            .contains(r#""definition":{"name":"echo","inputSchema":{"type":"object","maximum":1.0}}"#),
        "{}",
        tools.body
    );
}

#[tokio::test]
async fn a_tool_is_called_in_the_callers_name_and_a_failure_is_told_as_the_outcome() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let key = stack.world.key(&[Permission::ReadProject, Permission::CallTools]);
    let call = |tool: &str, body: &serde_json::Value, credential: &str| {
        let path = format!("/api/v1/projects/acme/servers/sample/tools/{tool}/call");
        answer(stack.post(&path, body).bearer_auth(credential))
    };
    let asked = || lock(&stack.world.asked.call).take().expect("a call");

    let body = json!({"arguments": {"message": "hello"}});
    let done = call("a%2Fb%20c", &body, &person).await.done();
    assert_eq!(done["status"], "success");
    assert_eq!(done["error"], json!(null));
    assert_eq!(done["result"], json!({"content": []}));
    let request = asked();
    assert_eq!(request.tool_name, "a/b c");
    assert_eq!(request.arguments_json, r#"{"message":"hello"}"#);
    assert_eq!(request.server_id, "sample");
    assert_eq!(
        request.principal.and_then(|who| who.user_id).as_deref(),
        Some(USER)
    );

    let failed = call("fail", &json!({}), &key).await.done();
    assert_eq!(failed["status"], "error");
    assert_eq!(
        failed["error"],
        json!({"kind": "tool_error", "code": null, "message": "it failed"})
    );
    let request = asked();
    assert_eq!(request.arguments_json, "");
    assert_eq!(
        request.principal.and_then(|who| who.api_key_id).as_deref(),
        Some(USER)
    );

    let refused = call("refuse", &json!({}), &person).await.done();
    assert_eq!(refused["error"]["code"], -32_602);
    assert_eq!(refused["result"], json!(null), "an error is no result");
    let large = call("large", &json!({}), &person).await.done();
    assert_eq!(
        (&large["result"], &large["is_truncated"]),
        (&json!(null), &json!(true))
    );
    asked();

    call("echo", &json!({"arguments": [1]}), &person)
        .await
        .refused(400, "invalid_argument");
    let reader = stack.world.person(&[Permission::ReadProject]);
    call("echo", &body, &reader).await.refused(403, "role_too_low");
    assert!(lock(&stack.world.asked.call).is_none(), "the gateway was asked");
}

#[tokio::test]
async fn a_server_over_http_is_told_apart_from_a_program() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let create = |body: &serde_json::Value| {
        stack
            .post("/api/v1/projects/acme/servers", body)
            .bearer_auth(&person)
    };
    let body = json!({"name": "x", "transport": "streamable_http", "url": "https://example.com/mcp",
        "headers": {"x-team": "a"}, "secrets": {"authorization": "Bearer canary"}});
    let created = answer(create(&body)).await;
    assert_eq!(created.status, 201);
    assert!(!created.body.contains("canary"), "{}", created.body);
    let created = created.json();
    assert_eq!(created["transport"], "streamable_http");
    assert_eq!(created["url"], "https://example.com/mcp");
    assert_eq!(created["headers"], json!({"x-team": "a"}));
    assert_eq!(
        (&created["command"], &created["args"]),
        (&json!(null), &json!([]))
    );

    for (field, value) in [("command", json!("npx")), ("args", json!([])), ("env", json!({}))] {
        let mut body = body.clone();
        body[field] = value;
        let problem = answer(create(&body)).await.refused(400, "invalid_argument");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
    let program = json!({"name": "x", "transport": "stdio", "command": "npx", "url": "https://example.com"});
    let problem = answer(create(&program)).await.refused(400, "invalid_argument");
    assert_eq!(problem["errors"][0]["pointer"], "/url");
}

#[tokio::test]
async fn a_patch_turns_a_program_into_an_address_and_renews_secrets_alone() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let patch = |body: &serde_json::Value| {
        stack
            .patch("/api/v1/projects/acme/servers/sample", body)
            .bearer_auth(&person)
    };
    let asked = || lock(&stack.world.asked.server_update).take().expect("an update");
    answer(patch(
        &json!({"transport": "sse", "url": "https://example.com/sse"}),
    ))
    .await
    .done();
    let definition = asked().definition.expect("a definition");
    assert!(
        matches!(definition.transport, Some(Transport::Sse(http)) if http.url == "https://example.com/sse")
    );
    assert_eq!(definition.timeout_ms, 60_000);

    answer(patch(&json!({"secrets": {"TOKEN": "x", "OLD": ""}})))
        .await
        .done();
    let update = asked();
    assert_eq!(
        update.definition, None,
        "who renews a secret need not be able to read the rest"
    );
    assert_eq!(
        (update.secrets["TOKEN"].as_str(), update.secrets["OLD"].as_str()),
        ("x", "")
    );
}

#[tokio::test]
async fn tools_are_switched_one_by_one_and_together() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let patch = |path: &str, body: &serde_json::Value| {
        let path = format!("/api/v1/projects/acme/servers/sample/tools{path}");
        answer(stack.patch(&path, body).bearer_auth(&person))
    };
    let one = patch("/a%2Fb", &json!({"is_enabled": false})).await.done();
    assert_eq!(one["disabled_tools"], json!(["a/b"]));
    let body = json!({"tools": [{"name": "a", "is_enabled": false}, {"name": "b", "is_enabled": true}]});
    assert_eq!(patch("", &body).await.done()["disabled_tools"], json!(["a"]));
    patch("/a", &json!({"enabled": false}))
        .await
        .refused(400, "unknown_field");
}

#[tokio::test]
async fn a_keys_limits_are_changed_apart_and_a_list_of_none_is_not_all() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let patch = |body: &serde_json::Value| {
        let path = format!("/api/v1/projects/acme/api-keys/{USER}");
        answer(stack.patch(&path, body).bearer_auth(&person))
    };
    let asked = || lock(&stack.world.asked.key_update).take().expect("an update");
    patch(&json!({"name": "b"})).await.done();
    let update = asked();
    assert_eq!(update.name.as_deref(), Some("b"));
    assert!(update.scopes.is_none() && update.ip_ranges.is_none() && update.tools.is_none());
    assert_eq!((update.rate_limit_per_minute, update.expires_at_us), (None, None));

    patch(&json!({"rate_limit_per_minute": null, "tools": null, "ip_ranges": [], "scopes": ["tools:call"]}))
        .await
        .done();
    let update = asked();
    assert_eq!(update.rate_limit_per_minute, Some(0));
    assert_eq!(update.tools.map(|tools| tools.values), Some(Vec::new()));
    assert_eq!(update.ip_ranges.map(|ranges| ranges.values), Some(Vec::new()));
    assert_eq!(
        update.scopes.map(|scopes| scopes.values),
        Some(vec![domain::Scope::ToolsCall.to_wire()])
    );

    for (field, value) in [
        ("scopes", json!([])),
        ("scopes", json!(["tools:cal"])),
        ("tools", json!([])),
        ("rate_limit_per_minute", json!(0)),
    ] {
        let problem = patch(&json!({field: value}))
            .await
            .refused(400, "invalid_argument");
        assert_eq!(problem["errors"][0]["pointer"], format!("/{field}"));
    }
}

#[tokio::test]
async fn a_server_is_started_anew_by_those_who_may_change_it() {
    let stack = stack::start().await;
    let restart = |person: &str| {
        let path = "/api/v1/projects/acme/servers/sample/restart";
        stack.request(Method::POST, path).bearer_auth(person)
    };
    let person = stack.world.person(Permission::ALL);
    let status = answer(restart(&person)).await.done();
    assert_eq!(status["state"], "starting");
    let asked = stack.world.asked.restart.lock().unwrap().clone().expect("asked");
    assert_eq!(asked.server_id, SERVER);
    let reader = stack.world.person(&[Permission::ReadProject]);
    answer(restart(&reader)).await.refused(403, "role_too_low");
}

#[tokio::test]
async fn a_definition_is_tried_and_who_may_run_programs_is_said() {
    let stack = stack::start().await;
    let body = json!({"name": "x", "transport": "stdio", "command": "npx", "secrets": {"TOKEN": "t"}});
    let test = |person: &str| {
        stack
            .post("/api/v1/projects/acme/servers/test", &body)
            .bearer_auth(person)
    };
    for (person, may_run_programs) in [
        (stack.world.person(Permission::ALL), true),
        (
            stack
                .world
                .person(&[Permission::ReadProject, Permission::WriteServers]),
            false,
        ),
    ] {
        let trial = answer(test(&person)).await.done();
        assert_eq!((&trial["is_ok"], &trial["error"]), (&json!(true), &json!(null)));
        assert_eq!(
            trial["tools"].as_array().map(Vec::len),
            Some(1),
            "what is no tool is left out"
        );
        let asked = stack
            .world
            .asked
            .server_test
            .lock()
            .unwrap()
            .clone()
            .expect("asked");
        assert_eq!(asked.may_run_programs, may_run_programs);
        assert_eq!(asked.definition.expect("sent along").secrets["TOKEN"], "t");
    }
    let reader = stack.world.person(&[Permission::ReadProject]);
    answer(test(&reader)).await.refused(403, "role_too_low");
}

#[tokio::test]
async fn who_says_what_they_saw_changes_nothing_else() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let address = format!("/api/v1/projects/acme/servers/{SERVER}");
    let seen = answer(stack.get(&address).bearer_auth(&person)).await;
    let tag = seen.header("etag").to_owned();
    let rename = |tag: &str| {
        let request = stack.patch(&address, &json!({"name": "renamed"}));
        request.bearer_auth(&person).header("if-match", tag)
    };
    let changed = answer(rename(&tag)).await;
    assert_ne!(changed.header("etag"), tag);
    assert_eq!(changed.done()["name"], "renamed");

    answer(rename("\"99\"")).await.refused(412, "changed_meanwhile");
    answer(rename("99")).await.refused(400, "malformed_if_match");
    // The service behind knows of a change that came in between.
    lock(&stack.world.servers)[0].version += 1;
    let newer = answer(stack.get(&address).bearer_auth(&person)).await;
    answer(rename(newer.header("etag")))
        .await
        .refused(412, "changed_meanwhile");
    let silent = stack.patch(&address, &json!({"name": "renamed"}));
    answer(silent.bearer_auth(&person))
        .await
        .refused(409, "changed_meanwhile");
}
