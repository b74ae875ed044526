//! What bad input gets at every door: a refusal that says what to do; never a
//! 5xx, never a hang, and the door stays open for the next one.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service_host::http_client;
use tests::{Door, Engine, McpClient, Project, Rest, ServerDefinition, Stack, mcp_orch};

struct House {
    stack: Stack,
    owner: Rest,
    project: Project,
    other: Project,
    http: reqwest::Client,
}

impl House {
    async fn build() -> Self {
        let stack = Stack::start(Engine::Sqlite).await;
        let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
            .await
            .expect("the first user signs up");
        let server = ServerDefinition::stdio("sample", &mcp_orch(), &["sample-server"]);
        let project = owner.project("Acme", &[server]).await.expect("a project is made");
        let other = owner
            .project("Other", &[])
            .await
            .expect("a second project is made");
        let http = http_client().no_proxy().build().expect("a client");
        Self {
            stack,
            owner,
            project,
            other,
            http,
        }
    }

    /// Every address that takes messages from a client.
    fn doors(&self) -> Vec<(Method, String)> {
        let endpoint = self.stack.endpoint(&self.project);
        ["", "/servers/sample"]
            .iter()
            .flat_map(|server| {
                [
                    (Method::POST, format!("{endpoint}{server}/mcp")),
                    (Method::GET, format!("{endpoint}{server}/mcp")),
                    (Method::DELETE, format!("{endpoint}{server}/mcp")),
                    (Method::GET, format!("{endpoint}{server}/sse")),
                    (
                        Method::POST,
                        format!("{endpoint}{server}/messages?session_id=nobody"),
                    ),
                ]
            })
            .collect()
    }

    async fn send(
        &self,
        method: &Method,
        address: &str,
        key: Option<&str>,
        body: &[u8],
    ) -> (StatusCode, String) {
        let mut request = self
            .http
            .request(method.clone(), address)
            .header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
            .body(body.to_vec());
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let response = request.send().await.expect("the door answers");
        let status = response.status();
        // An SSE stream that was opened has no end to wait for.
        let text = if status.is_success() {
            String::new()
        } else {
            response.text().await.expect("with a body")
        };
        (status, text)
    }
}

fn request(method: &str, params: &Value) -> Vec<u8> {
    json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        .to_string()
        .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_mcp_door_opens_without_a_key_of_its_project() {
    let house = House::build().await;
    let mut tampered = house.project.key.clone();
    let last = tampered.pop().expect("a key has characters");
    tampered.push(if last == 'a' { 'b' } else { 'a' });
    for (method, address) in house.doors() {
        for key in [None, Some("nonsense"), Some(tampered.as_str()), Some("mcporch_")] {
            let (status, text) = house
                .send(&method, &address, key, &request("ping", &json!({})))
                .await;
            assert_eq!(
                status,
                StatusCode::UNAUTHORIZED,
                "{method} {address} with {key:?}: {text}"
            );
        }
        let (status, text) = house
            .send(
                &method,
                &address,
                Some(&house.other.key),
                &request("ping", &json!({})),
            )
            .await;
        assert_eq!(
            status,
            StatusCode::FORBIDDEN,
            "{method} {address} with another project's key: {text}"
        );
    }
    let response = house
        .http
        .post(&house.doors()[0].1)
        .send()
        .await
        .expect("the door answers");
    let challenge = response
        .headers()
        .get("www-authenticate")
        .expect("401 says how to authenticate");
    assert!(
        challenge
            .to_str()
            .is_ok_and(|challenge| challenge.starts_with("Bearer")),
        "{challenge:?}"
    );
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_message_is_refused_as_json_rpc_says() {
    let house = House::build().await;
    let endpoint = house.stack.endpoint(&house.project);
    let key = Some(house.project.key.as_str());
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let malformed: Vec<(&str, Vec<u8>, i64)> = vec![
        ("nothing", Vec::new(), -32700),
        ("no JSON", b"{\"jsonrpc\": ".to_vec(), -32700),
        (
            "no UTF-8",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\"}".to_vec(),
            -32700,
        ),
        ("depth", deep.into_bytes(), -32700),
        ("a number", b"1".to_vec(), -32600),
        ("no version", b"{\"id\":1,\"method\":\"ping\"}".to_vec(), -32600),
        (
            "two methods",
            b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"x\"}".to_vec(),
            -32600,
        ),
        (
            "an id that is none",
            b"{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}".to_vec(),
            -32600,
        ),
    ];
    for server in ["", "/servers/sample"] {
        for (what, body, code) in &malformed {
            let (status, text) = house
                .send(&Method::POST, &format!("{endpoint}{server}/mcp"), key, body)
                .await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{what}: {text}");
            let answer: Value =
                serde_json::from_str(&text).unwrap_or_else(|_| panic!("{what}: no JSON: {text}"));
            assert_eq!(answer["error"]["code"], json!(code), "{what}: {text}");
        }
    }
    let client = McpClient::connect(&endpoint, &house.project.key, Door::StreamableHttp)
        .await
        .expect("still open");
    assert!(
        client
            .call("sample__echo", json!({"text": "x"}))
            .await
            .expect("it is answered")
            .is_success()
    );
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_body_a_foreign_session_and_a_wrong_method_are_refused() {
    let house = House::build().await;
    let endpoint = house.stack.endpoint(&house.project);
    let key = Some(house.project.key.as_str());
    let huge = request("ping", &json!({"text": "x".repeat(5 * 1024 * 1024)}));
    let (status, text) = house
        .send(&Method::POST, &format!("{endpoint}/mcp"), key, &huge)
        .await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE, "{text}");

    let messages = format!("{endpoint}/messages?session_id=nobody");
    let (status, text) = house
        .send(&Method::POST, &messages, key, &request("ping", &json!({})))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{text}");
    let (status, text) = house
        .send(
            &Method::POST,
            &format!("{endpoint}/mcp"),
            key,
            &request("tools/list", &json!({})),
        )
        .await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "a session is missing: {text}");
    for (method, path) in [
        (Method::PUT, "mcp"),
        (Method::POST, "sse"),
        (Method::GET, "messages"),
    ] {
        let (status, text) = house.send(&method, &format!("{endpoint}/{path}"), key, b"").await;
        assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}: {text}");
    }
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_refuses_with_problem_details() {
    let house = House::build().await;
    let project = format!("/projects/{}", house.project.slug);
    let stranger = Rest::new(house.stack.web_url());
    let refused = [
        (stranger.request(Method::GET, &project), StatusCode::UNAUTHORIZED),
        (
            stranger.request(Method::GET, &project).bearer_auth("nonsense"),
            StatusCode::UNAUTHORIZED,
        ),
        (
            stranger
                .request(Method::GET, &project)
                .bearer_auth(&house.other.key),
            StatusCode::FORBIDDEN,
        ),
        (
            house.owner.request(Method::GET, "/projects/not-there"),
            StatusCode::NOT_FOUND,
        ),
        (
            house.owner.request(Method::GET, "/nothing"),
            StatusCode::NOT_FOUND,
        ),
        (
            house.owner.request(Method::PUT, &project),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (
            house
                .owner
                .request(Method::GET, &format!("{project}/tool-calls?last=soon")),
            StatusCode::BAD_REQUEST,
        ),
        (
            house
                .owner
                .request(Method::GET, &format!("{project}/tool-calls?statsu=error")),
            StatusCode::BAD_REQUEST,
        ),
        (
            house
                .owner
                .request(Method::GET, &format!("{project}/tool-calls?cursor=x")),
            StatusCode::BAD_REQUEST,
        ),
        (
            house
                .owner
                .request(Method::GET, &format!("{project}/tool-calls/not-an-id")),
            StatusCode::NOT_FOUND,
        ),
        (
            house.owner.request(Method::POST, "/projects").body("{"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            house
                .owner
                .request(Method::POST, "/projects")
                .header("content-type", "application/json")
                .body("{"),
            StatusCode::BAD_REQUEST,
        ),
        (
            house
                .owner
                .request(Method::POST, "/projects")
                .json(&json!({"name": ""})),
            StatusCode::BAD_REQUEST,
        ),
        (
            house
                .owner
                .request(Method::POST, "/projects")
                .json(&json!({"nme": "x"})),
            StatusCode::BAD_REQUEST,
        ),
        (
            house
                .owner
                .request(Method::POST, "/projects")
                .json(&json!({"name": "x".repeat(5 * 1024 * 1024)})),
            StatusCode::PAYLOAD_TOO_LARGE,
        ),
    ];
    for (request, expected) in refused {
        let asked = format!("{request:?}");
        let asked = asked.chars().take(200).collect::<String>();
        let response = request.send().await.expect("the door answers");
        let status = response.status();
        let content_type = response.headers().get("content-type").cloned();
        let text = response.text().await.expect("with a body");
        assert_eq!(status, expected, "{asked}: {text}");
        assert_eq!(
            content_type.expect("a content type"),
            "application/problem+json",
            "{asked}: {text}"
        );
        let problem: Value = serde_json::from_str(&text).expect("a problem is JSON");
        assert_eq!(problem["status"], json!(expected.as_u16()));
        assert!(
            problem["code"].is_string() && problem["request_id"].is_string(),
            "{asked}: {text}"
        );
    }
    house.stack.stop().await;
}
