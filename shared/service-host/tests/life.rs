//! A host from its start to its end, as services and their callers see it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, response::IntoResponse as _, routing::get};
use domain::Clock;
use futures::FutureExt as _;
use service_host::{Front, Host, HostConfig, Listener, OnFailure, RequestId, http_client};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    sync::Notify,
};

const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

fn host_with(config: HostConfig) -> Host {
    Host::new(config, Clock::system()).expect("a host")
}

fn host() -> Host {
    host_with(HostConfig::default())
}

/// Serves the router and answers its URL.
fn serve(host: &mut Host, router: Router) -> String {
    let listener = Listener::bind(ANY_PORT).expect("a free port");
    let url = format!("http://{}", listener.local_addr());
    host.serve_http("test", listener, router).expect("it serves");
    url
}

#[expect(clippy::disallowed_methods, reason = "a client of the host, not a part of it")]
fn spawn<F>(future: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(future)
}

async fn get_response(url: String) -> reqwest::Result<reqwest::Response> {
    http_client().build()?.get(url).send().await
}

async fn get_text(url: String) -> (u16, String) {
    let response = get_response(url).await.expect("an answer");
    (response.status().as_u16(), response.text().await.expect("a text"))
}

#[tokio::test]
async fn readiness_waits_for_every_part_and_says_which_is_missing() {
    let mut host = host();
    let url = serve(&mut host, Router::new());
    let (store, feed) = (host.readiness("store"), host.readiness("feed"));
    let readyz = || get_text(format!("{url}/readyz"));

    assert_eq!(
        readyz().await,
        (503, "feed: starting\nstore: starting\n".to_owned())
    );
    store.ready();
    assert_eq!(readyz().await, (503, "feed: starting\n".to_owned()));
    feed.ready();
    assert_eq!(readyz().await, (200, "ready\n".to_owned()));
    store.not_ready("disk full");
    assert_eq!(readyz().await, (503, "store: disk full\n".to_owned()));
    let (_, metrics) = get_text(format!("{url}/metrics")).await;
    for (part, is_ready) in [("store", '0'), ("feed", '1')] {
        let line = metrics
            .lines()
            .find(|line| line.starts_with("mcporch_ready") && line.contains(&format!("part=\"{part}\"")));
        assert!(line.is_some_and(|line| line.ends_with(is_ready)), "{metrics}");
    }
    assert_eq!(get_text(format!("{url}/livez")).await.0, 200);
}

#[tokio::test]
async fn a_request_in_flight_finishes_while_new_connections_are_refused() {
    let mut host = host();
    let (entered, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let router = Router::new().route(
        "/slow",
        get({
            let (entered, release) = (entered.clone(), release.clone());
            move || async move {
                entered.notify_one();
                release.notified().await;
                "done"
            }
        }),
    );
    let url = serve(&mut host, router);
    let shutdown = host.shutdown();
    let in_flight = spawn(get_text(format!("{url}/slow")));
    entered.notified().await;

    let ended = spawn(host.shut_down());
    shutdown.soft().await;
    let address = url.trim_start_matches("http://").to_owned();
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    release.notify_one();

    assert_eq!(in_flight.await.expect("no panic"), (200, "done".to_owned()));
    ended.await.expect("no panic").expect("an orderly stop");
}

#[tokio::test]
async fn a_request_that_was_on_its_way_when_the_stop_began_is_answered() {
    let mut host = host();
    let url = serve(&mut host, Router::new().route("/", get(async || "done")));
    let address = url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.expect("connected");

    let mut ended = Box::pin(host.shut_down());
    assert!(ended.as_mut().now_or_never().is_none(), "the stop has begun");
    let request = format!("GET / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let (ended, read) = tokio::join!(ended, connection.read_to_string(&mut answer));
    read.expect("an answer");
    ended.expect("an orderly stop");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test]
async fn what_does_not_finish_within_the_grace_is_cut_and_told() {
    let mut host = host_with(HostConfig {
        shutdown_grace_ms: 50,
        ..HostConfig::default()
    });
    let entered = Arc::new(Notify::new());
    let router = Router::new().route(
        "/never",
        get({
            let entered = entered.clone();
            move || async move {
                entered.notify_one();
                std::future::pending::<&str>().await
            }
        }),
    );
    let url = serve(&mut host, router);
    let in_flight = spawn(get_response(format!("{url}/never")));
    entered.notified().await;

    let error = host.shut_down().await.expect_err("work was cut");
    assert!(error.to_string().contains("stopped hard"), "{error}");
    assert!(in_flight.await.expect("no panic").is_err());
}

#[tokio::test]
async fn the_soft_stop_lets_a_task_finish_its_work() {
    let host = host();
    let shutdown = host.shutdown();
    let (sender, receiver) = tokio::sync::oneshot::channel();
    host.tasks().spawn("tidy", OnFailure::Log, async move {
        shutdown.soft().await;
        tokio::task::yield_now().await;
        let _ = sender.send("tidied");
        Ok(())
    });
    host.shut_down().await.expect("an orderly stop");
    assert_eq!(receiver.await, Ok("tidied"));
}

#[tokio::test]
async fn endings_come_after_all_work_and_the_last_one_first() {
    let mut host = host();
    let (sender, mut receiver) = tokio::sync::mpsc::channel(3);
    for name in ["opened first", "opened second"] {
        let sender = sender.clone();
        host.at_the_end(async move { sender.send(name).await.expect("room for three") });
    }
    let shutdown = host.shutdown();
    host.tasks().spawn("work", OnFailure::Log, async move {
        shutdown.soft().await;
        tokio::task::yield_now().await;
        Ok(sender.send("work").await?)
    });
    host.shut_down().await.expect("an orderly stop");
    let mut order = Vec::new();
    while let Some(name) = receiver.recv().await {
        order.push(name);
    }
    assert_eq!(order, ["work", "opened second", "opened first"]);
}

#[tokio::test]
async fn a_task_that_fails_stops_the_host_only_where_its_policy_says_so() {
    let host = host();
    host.tasks()
        .spawn("optional", OnFailure::Log, async { panic!("never mind") });
    host.tasks().spawn("feed", OnFailure::StopHost, async {
        anyhow::bail!("the feed broke")
    });
    host.stop_asked().await;
    let error = host.shut_down().await.expect_err("a failed stop");
    assert_eq!(format!("{error:#}"), "the task \"feed\" failed: the feed broke");
}

#[tokio::test]
async fn a_task_that_panics_stops_the_host_with_the_words_of_the_panic() {
    let host = host();
    host.tasks().spawn("feed", OnFailure::StopHost, async {
        panic!("index {} is out of range", 7)
    });
    host.stop_asked().await;
    let error = host.shut_down().await.expect_err("a failed stop");
    assert!(format!("{error:#}").contains("panicked: index 7"), "{error:#}");
}

#[tokio::test]
async fn a_taken_port_is_told_with_what_to_do() {
    let first = Listener::bind(ANY_PORT).expect("a free port");
    let error = Listener::bind(first.local_addr()).expect_err("taken");
    let sentence = error.to_string();
    assert!(
        sentence.contains(&format!(
            "port {} on 127.0.0.1 is taken",
            first.local_addr().port()
        )),
        "{sentence}"
    );
    assert!(sentence.contains("choose another port"), "{sentence}");
}

#[tokio::test]
async fn a_panic_of_a_handler_is_a_500_with_a_request_id_and_the_next_request_is_served() {
    let mut host = host();
    let router = Router::new()
        .route("/panic", get(|| async { panic!("secret details") as &str }))
        .route("/fine", get(|| async { "fine" }));
    let url = serve(&mut host, router);

    let response = get_response(format!("{url}/panic")).await.expect("an answer");
    assert_eq!(response.status().as_u16(), 500);
    assert!(response.headers().contains_key("x-request-id"));
    let text = response.text().await.expect("a text");
    assert!(text.contains("\"code\":\"internal\""), "{text}");
    assert!(!text.contains("secret details"), "{text}");
    assert_eq!(get_text(format!("{url}/fine")).await, (200, "fine".to_owned()));
}

#[tokio::test]
async fn a_plain_request_id_is_kept_and_any_other_is_replaced() {
    let mut host = host();
    let current = || async { RequestId::current().expect("within a request").to_string() };
    let url = serve(&mut host, Router::new().route("/id", get(current)));
    let ask = async |id: &str| {
        let request = http_client()
            .build()
            .expect("a client")
            .get(format!("{url}/id"))
            .header("x-request-id", id);
        let response = request.send().await.expect("an answer");
        let header = response.headers()["x-request-id"]
            .to_str()
            .expect("plain")
            .to_owned();
        assert_eq!(response.text().await.expect("a text"), header);
        header
    };
    assert_eq!(ask("abc-123").await, "abc-123");
    assert_ne!(ask("abc 123\"}").await, "abc 123\"}");
    assert_ne!(ask(&"a".repeat(65)).await, "a".repeat(65));
}

#[tokio::test]
async fn a_stream_is_passed_on_piece_by_piece() {
    let mut host = host();
    let next = Arc::new(Notify::new());
    let router = Router::new().route(
        "/stream",
        get({
            let next = next.clone();
            move || async move {
                let pieces = async_stream::stream! {
                    yield Ok::<_, std::io::Error>(bytes::Bytes::from_static(b"one"));
                    next.notified().await;
                    yield Ok(bytes::Bytes::from_static(b"two"));
                };
                axum::body::Body::from_stream(pieces).into_response()
            }
        }),
    );
    let url = serve(&mut host, router);
    let mut response = get_response(format!("{url}/stream")).await.expect("a head");
    // The second piece is only made after the first one has been seen.
    assert_eq!(
        response.chunk().await.expect("a piece").as_deref(),
        Some(&b"one"[..])
    );
    next.notify_one();
    assert_eq!(
        response.chunk().await.expect("a piece").as_deref(),
        Some(&b"two"[..])
    );
}

#[tokio::test]
async fn a_connection_that_sends_no_request_is_closed() {
    let mut host = host_with(HostConfig {
        header_read_timeout_ms: 50,
        ..HostConfig::default()
    });
    let url = serve(&mut host, Router::new());
    let address = url.trim_start_matches("http://");
    // Nothing at all; the start of the HTTP/2 preface; half a head.
    for beginning in ["", "PRI * HT", "GET / HTTP/1.1\r\nhost: x\r\n"] {
        let mut stream = TcpStream::connect(address).await.expect("it accepts");
        stream
            .write_all(beginning.as_bytes())
            .await
            .expect("it takes bytes");
        let mut rest = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(10), stream.read_to_end(&mut rest)).await;
        assert!(read.is_ok(), "{beginning:?} was left open");
    }
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let mut host = host_with(HostConfig {
        max_header_bytes: 8 * 1024,
        ..HostConfig::default()
    });
    let url = serve(&mut host, Router::new().route("/", get(|| async { "fine" })));
    let request = http_client()
        .build()
        .expect("a client")
        .get(&url)
        .header("x-large", "x".repeat(20_000));
    let status = request.send().await.expect("an answer").status();
    assert_eq!(status.as_u16(), 431);
}

#[tokio::test]
async fn requests_are_counted_by_route_and_not_by_path() {
    let mut host = host();
    let url = serve(
        &mut host,
        Router::new().route("/things/{id}", get(|| async { "thing" })),
    );
    for id in 0..3 {
        get_text(format!("{url}/things/{id}")).await;
    }
    let (_, text) = get_text(format!("{url}/metrics")).await;
    let count = text
        .lines()
        .find(|line| line.starts_with("http_server_request_duration_seconds_count"))
        .expect("requests are counted");
    assert!(
        count.contains("http_route=\"/things/{id}\"") && count.ends_with(" 3"),
        "{count}"
    );
}

/// Says to whom it speaks, where there is something.
struct Echo;

impl Front for Echo {
    fn route(&self, path: &str) -> &'static str {
        if path.starts_with("/things/") {
            "/things/{id}"
        } else {
            "unmatched"
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: http::Request<hyper::body::Incoming>,
        peer: SocketAddr,
    ) -> axum::response::Response {
        match request.uri().path() {
            "/panic" => panic!("secret details"),
            path => format!("{path} {} {}", peer.ip(), RequestId::current().is_some()).into_response(),
        }
    }
}

#[tokio::test]
async fn a_front_is_asked_for_all_but_what_the_host_itself_answers() {
    let mut host = host();
    let listener = Listener::bind(ANY_PORT).expect("a free port");
    let url = format!("http://{}", listener.local_addr());
    host.serve_front("front", listener, Arc::new(Echo))
        .expect("it serves");
    for id in 0..3 {
        let (status, text) = get_text(format!("{url}/things/{id}")).await;
        assert_eq!((status, text), (200, format!("/things/{id} 127.0.0.1 true")));
    }
    assert_eq!(
        get_text(format!("{url}/livez")).await,
        (200, "alive\n".to_owned())
    );
    assert_eq!(
        get_text(format!("{url}/livez/x")).await.1,
        "/livez/x 127.0.0.1 true"
    );
    let response = get_response(format!("{url}/panic")).await.expect("an answer");
    assert_eq!(response.status().as_u16(), 500);
    assert!(response.headers().contains_key("x-request-id"));
    let (_, text) = get_text(format!("{url}/metrics")).await;
    let counted = |route: &str, count: &str| {
        text.lines().any(|line| {
            line.starts_with("http_server_request_duration_seconds_count")
                && line.contains(&format!("http_route=\"{route}\""))
                && line.ends_with(count)
        })
    };
    assert!(
        counted("/things/{id}", " 3") && counted("unmatched", " 1"),
        "{text}"
    );
}
