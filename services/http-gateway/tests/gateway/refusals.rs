use domain::Permission;
use reqwest::{Method, RequestBuilder};
use serde_json::json;

use crate::{
    backends::CALL,
    stack::{self, Stack, answer},
};

const JSON: &str = "application/json";

#[tokio::test]
async fn every_refusal_is_a_problem_that_names_its_request() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let get = |path: &str| stack.get(path).bearer_auth(&person);
    let post = |body: &'static str, kind: &str| {
        stack
            .request(Method::POST, "/api/v1/projects")
            .bearer_auth(&person)
            .header("content-type", kind)
            .body(body)
    };
    let too_large = format!(r#"{{"name": "{}"}}"#, "x".repeat(3 * 1024 * 1024));
    let cases: Vec<(RequestBuilder, u16, &str)> = vec![
        (get("/api/v1/nothing"), 404, "no_such_route"),
        (get("/api"), 404, "no_such_route"),
        (
            stack.request(Method::PUT, "/api/v1/me"),
            405,
            "method_not_allowed",
        ),
        (
            stack.request(Method::POST, "/projects/acme"),
            405,
            "method_not_allowed",
        ),
        (get("/api/v1/projects/other"), 404, "not_found"),
        (get("/api/v1/projects/other/tool-calls"), 404, "not_found"),
        (get("/api/v1/projects/acme/servers/none"), 404, "not_found"),
        (get("/api/v1/projects/acme/tool-calls/1"), 404, "not_found"),
        (get("/api/v1/projects/%ff"), 400, "malformed_path"),
        (get("/api/v1/projects?limt=5"), 400, "unknown_parameter"),
        (get("/api/v1/projects/acme?fields=full"), 400, "unknown_parameter"),
        (
            stack.request(Method::DELETE, "/api/v1/projects/acme/servers/sample?force=true"),
            400,
            "unknown_parameter",
        ),
        (get("/api/v1/projects?limit=501"), 400, "invalid_argument"),
        (
            get("/api/v1/projects/acme/tool-calls?last=soon"),
            400,
            "invalid_argument",
        ),
        (
            get("/api/v1/projects/acme/tool-calls?from=today"),
            400,
            "invalid_argument",
        ),
        (
            get("/api/v1/projects/acme/tool-calls?status=sucess"),
            400,
            "invalid_argument",
        ),
        (
            get("/api/v1/projects/acme/tool-calls?fields=most"),
            400,
            "invalid_argument",
        ),
        (
            get("/api/v1/projects/acme/tool-calls?server=none"),
            400,
            "invalid_argument",
        ),
        (
            get("/api/v1/projects/acme/tool-calls?session=1"),
            400,
            "invalid_argument",
        ),
        (post(r#"{"naem": "x"}"#, JSON), 400, "unknown_field"),
        (post(r#"{"name": 7}"#, JSON), 400, "invalid_argument"),
        (post(r#"{"name": "#, JSON), 400, "malformed_json"),
        (post(r#"["name"]"#, JSON), 400, "malformed_json"),
        (
            post(r#"{"name": "x"}"#, "text/plain"),
            415,
            "unsupported_media_type",
        ),
        (post(r#"{"name": "Acme"}"#, JSON), 409, "slug_taken"),
        (
            stack
                .request(Method::POST, "/api/v1/projects")
                .bearer_auth(&person)
                .header("content-type", JSON)
                .body(too_large),
            413,
            "body_too_large",
        ),
        (stack.get("/assets/none.js"), 404, "no_such_file"),
    ];
    for (request, status, code) in cases {
        answer(request).await.refused(status, code);
    }
}

#[tokio::test]
async fn a_refusal_says_what_would_be_right() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let body = json!({"name": "x", "descripton": "y"});
    let problem = answer(stack.post("/api/v1/projects", &body).bearer_auth(&person))
        .await
        .refused(400, "unknown_field");
    let hint = r#"there is no field "descripton"; did you mean "description"?"#;
    assert_eq!(problem["detail"], hint);
    assert_eq!(
        problem["errors"],
        json!([{"pointer": "/descripton", "detail": hint}])
    );
    assert_eq!(problem["instance"], "/api/v1/projects");

    let refused = answer(
        stack
            .request(Method::PUT, "/api/v1/projects")
            .bearer_auth(&person),
    )
    .await;
    refused.refused(405, "method_not_allowed");
    assert!(refused.header("allow").contains("POST"));
}

#[tokio::test]
async fn who_has_no_place_in_a_project_cannot_tell_it_from_none() {
    let stack = stack::start().await;
    let stranger = stack.world.person(&[]);
    let key_of_another = stack.world.key(&[]);
    for credential in [&stranger, &key_of_another] {
        for path in [
            "",
            "/servers",
            "/api-keys",
            "/tool-calls",
            "/sessions",
            "/server-logs",
        ] {
            let seen = |project: &str| {
                answer(
                    stack
                        .get(&format!("/api/v1/projects/{project}{path}"))
                        .bearer_auth(credential),
                )
            };
            let (foreign, none) = (seen("acme").await, seen("none").await);
            let (foreign, none) = (foreign.refused(404, "not_found"), none.refused(404, "not_found"));
            assert_eq!(foreign["detail"], none["detail"]);
        }
    }
}

#[tokio::test]
async fn services_that_are_away_answer_503_at_once() {
    let stack = stack::start_with(|config| {
        config.logging_url = stack::closed_port();
        config.gateway_url = stack::closed_port();
    })
    .await;
    let person = stack.world.person(Permission::ALL);
    for path in [
        "tool-calls",
        &format!("tool-calls/{CALL}"),
        "tool-calls/stream",
        "tool-calls/summary",
        "sessions",
        "server-logs",
        "servers/sample/status",
        "servers/sample/tools",
    ] {
        away(&stack, &format!("/api/v1/projects/acme/{path}"), &person).await;
    }
    let stack = stack::start_with(|config| config.projects_url = stack::closed_port()).await;
    away(&stack, "/api/v1/me", &person).await;
    away(&stack, "/api/v1/projects/acme/tool-calls", &person).await;
}

async fn away(stack: &Stack, path: &str, person: &str) {
    let refused = answer(stack.get(path).bearer_auth(person)).await;
    let problem = refused.refused(503, "unavailable");
    assert_eq!(refused.header("retry-after"), "2");
    assert!(!problem["detail"].to_string().contains("os error"), "{problem}");
}
