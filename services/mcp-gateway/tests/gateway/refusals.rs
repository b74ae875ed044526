use std::time::Duration;

use domain::{Clock, Timestamp};
use mcp_gateway::{Config, Listeners};
use proto::{
    logging::{ErrorKind, ToolCallStatus},
    projects::Permission,
};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use service_host::{Host, HostConfig, Listener, http_client};

use crate::{
    client::{Client, SseClient},
    stack::{Stack, until},
};

const DOORS: [(Method, &str); 6] = [
    (Method::POST, "/projects/demo/mcp"),
    (Method::GET, "/projects/demo/mcp"),
    (Method::DELETE, "/projects/demo/mcp"),
    (Method::GET, "/projects/demo/sse"),
    (Method::POST, "/projects/demo/messages?session_id=x"),
    (Method::POST, "/projects/demo/servers/scripted/mcp"),
];

async fn refused(request: RequestBuilder, status: StatusCode) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status);
    let body: Value = response.json().await.unwrap();
    assert!(
        body["error"]["message"]
            .as_str()
            .is_some_and(|words| words.len() > 20),
        "says what to do: {body}"
    );
    body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_knows_no_projects_yet_refuses_nobody_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let bind = || Listener::bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listeners = Listeners {
        mcp: bind(),
        grpc: bind(),
    };
    let address = listeners.mcp.local_addr();
    // Bound, so that nobody else is there, and never accepted from.
    let nobody = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let config = Config {
        projects_url: format!("http://{}", nobody.local_addr().unwrap()),
        spool_dir: folder.path().join("spool"),
        service_secret: Some(access::ServiceSecret::generate()),
        ..Config::default()
    };
    let mut host = Host::new(HostConfig::default(), Clock::system()).unwrap();
    mcp_gateway::start(config, listeners, &mut host).await.unwrap();
    let http = http_client().build().expect("a client");
    // Each waits for a while.
    let all = DOORS.map(|(method, path)| {
        let request = http.request(method, format!("http://{address}{path}"));
        request.bearer_auth(access::ApiKey::generate().expose()).send()
    });
    for response in futures::future::join_all(all).await {
        let response = response.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("retry-after"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_asks_for_a_living_key_of_its_project() {
    let stack = Stack::start().await;
    let past = Clock::system().now() - Duration::from_secs(1);
    let expired = stack.project.add_key_until(
        &[Permission::ReadProject],
        Some(Timestamp::from_micros(past.as_micros())),
    );
    let living = stack
        .project
        .add_key(&[Permission::ReadProject, Permission::CallTools]);
    until("the keys are known", async || {
        let client = Client::new(stack.url("/projects/demo"), living.clone());
        let answer = client.post(&json!({})).await;
        (answer.status() == StatusCode::BAD_REQUEST).then_some(())
    })
    .await;
    let http = http_client().build().expect("a client");
    let stranger = access::ApiKey::generate();
    for (method, path) in DOORS {
        let request = || http.request(method.clone(), stack.url(path));
        refused(request(), StatusCode::UNAUTHORIZED).await;
        for key in [
            "nonsense",
            &expired,
            stranger.expose(),
            &living[..living.len() - 1],
        ] {
            let response = request().bearer_auth(key).send().await.unwrap();
            assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
            assert!(response.headers().contains_key("www-authenticate"));
        }
        let elsewhere = stack.url(&path.replace("/demo", "/another"));
        refused(
            http.request(method.clone(), elsewhere).bearer_auth(&living),
            StatusCode::FORBIDDEN,
        )
        .await;
        refused(
            request().bearer_auth(&living).header("host", "evil.example"),
            StatusCode::FORBIDDEN,
        )
        .await;
        refused(
            request()
                .bearer_auth(&living)
                .header("origin", "https://evil.example"),
            StatusCode::FORBIDDEN,
        )
        .await;
    }
    refused(
        http.post(stack.url("/projects/demo/servers/nothing/mcp"))
            .bearer_auth(&living),
        StatusCode::NOT_FOUND,
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_may_only_look_calls_no_tool_and_the_try_is_recorded() {
    let stack = Stack::start().await;
    let mut client = Client::new(
        stack.url("/projects/demo"),
        stack.project.add_key(&[Permission::ReadProject]),
    );
    until("the key is known", async || {
        (client.post(&json!({})).await.status() == StatusCode::BAD_REQUEST).then_some(())
    })
    .await;
    client.initialize().await;
    assert!(client.ask("tools/list", json!({})).await["result"]["tools"].is_array());
    let call =
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "scripted__echo" } });
    assert_eq!(client.post(&call).await.status(), StatusCode::FORBIDDEN);
    let calls = stack.logging.calls(1).await;
    assert_eq!(
        (calls[0].status(), calls[0].error_kind()),
        (ToolCallStatus::Error, ErrorKind::Denied)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_input_is_refused_on_every_door_which_stays_usable() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let mut sse = SseClient::open(stack.client()).await;
    let messages = format!("{}{}", stack.url(""), sse.endpoint);
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"a":{}1{}}}}}"#,
        "[".repeat(100),
        "]".repeat(100)
    );
    let bodies = [
        ("", -32700),
        ("{", -32700),
        ("nonsense", -32700),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}{"#, -32700),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":"\ud800"}}"#,
            -32700,
        ),
        (deep.as_str(), -32700),
        ("[]", -32600),
        ("null", -32600),
        (r#"{"id":1,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#,
            -32600,
        ),
    ];
    for (body, code) in bodies {
        for request in [
            client.request(Method::POST, "/mcp"),
            client.http.post(&messages).bearer_auth(&sse.client.key),
        ] {
            let request = request
                .header("content-type", "application/json")
                .body(body.to_owned());
            let answer = refused(request, StatusCode::BAD_REQUEST).await;
            assert_eq!(answer["error"]["code"], code, "{body}");
        }
    }
    for request in [
        client.request(Method::POST, "/mcp"),
        client.http.post(&messages).bearer_auth(&sse.client.key),
    ] {
        let huge = request
            .try_clone()
            .unwrap()
            .header("content-type", "application/json")
            .body("[".repeat(5_000_000));
        refused(huge, StatusCode::PAYLOAD_TOO_LARGE).await;
        let endless = futures::stream::iter((0..1_000).map(|_| Ok::<_, std::io::Error>(vec![b' '; 10_000])));
        let endless = request
            .try_clone()
            .unwrap()
            .header("content-type", "application/json")
            .body(reqwest::Body::wrap_stream(endless));
        // The refusal may come before the body is sent to its end.
        if let Ok(response) = endless.send().await {
            assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        }
        refused(
            request.header("content-type", "text/plain").body("{}"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        )
        .await;
    }
    let twice = client.ask("tools/call", json!({})).await;
    assert_eq!(twice["error"]["code"], -32602);
    assert_eq!(client.ask("ping", json!({})).await["result"], json!({}));
    assert_eq!(sse.ask(1, "ping", json!({})).await["result"], json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_sessions_and_answers_that_are_not_there_are_told_apart() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    client.initialize().await;
    let ping = json!({ "jsonrpc": "2.0", "id": 1, "method": "ping" });
    refused(
        client.request(Method::PUT, "/mcp"),
        StatusCode::METHOD_NOT_ALLOWED,
    )
    .await;
    refused(
        client.request(Method::POST, "/sse"),
        StatusCode::METHOD_NOT_ALLOWED,
    )
    .await;
    refused(
        client.request(Method::GET, "/messages"),
        StatusCode::METHOD_NOT_ALLOWED,
    )
    .await;
    refused(client.request(Method::GET, "/nothing"), StatusCode::NOT_FOUND).await;
    let session = client.session.take().unwrap();
    let post = || client.request(Method::POST, "/mcp").json(&ping);
    refused(post(), StatusCode::BAD_REQUEST).await;
    refused(post().header("mcp-session-id", "unknown"), StatusCode::NOT_FOUND).await;
    refused(
        client
            .request(Method::POST, "/messages?session_id=unknown")
            .json(&ping),
        StatusCode::NOT_FOUND,
    )
    .await;
    refused(
        client.request(Method::POST, "/messages").json(&ping),
        StatusCode::BAD_REQUEST,
    )
    .await;
    let plain = client
        .http
        .post(stack.url("/projects/demo/mcp"))
        .bearer_auth(&client.key);
    refused(
        plain.header("accept", "text/html").json(&ping),
        StatusCode::NOT_ACCEPTABLE,
    )
    .await;

    // The session of another key, and of another address.
    let stranger = stack.client();
    for method in [Method::POST, Method::GET, Method::DELETE] {
        let theirs = stranger
            .request(method.clone(), "/mcp")
            .header("mcp-session-id", &session)
            .json(&ping);
        refused(theirs, StatusCode::NOT_FOUND).await;
        let elsewhere = client
            .request(method, "/servers/scripted/mcp")
            .header("mcp-session-id", &session)
            .json(&ping);
        refused(elsewhere, StatusCode::NOT_FOUND).await;
    }
    let own = post().header("mcp-session-id", &session).send().await.unwrap();
    assert_eq!(own.status(), StatusCode::OK);
}
