use std::time::Duration;

use domain::Permission;
use reqwest::Response;
use serde_json::Value;

use crate::{
    backends::logging::sample_call,
    stack::{self, Stack, answer},
};

const STREAM: &str = "/api/v1/projects/acme/tool-calls/stream";

/// One event as it came over the wire.
#[derive(Debug, Default, PartialEq)]
struct Event {
    name: String,
    id: String,
    data: String,
}

struct Events {
    response: Response,
    unread: String,
}

impl Events {
    async fn open(stack: &Stack, path: &str, credential: &str, last_event_id: Option<&str>) -> Self {
        let mut request = stack.get(path).bearer_auth(credential);
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.expect("the gateway answers");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"));
        let mut events = Self {
            response,
            unread: String::new(),
        };
        assert_eq!(
            events.block().await.as_deref(),
            Some("retry: 2000\n: live"),
            "the tail is there before any call"
        );
        events
    }

    /// The next block of lines; absent at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.unread = rest;
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(10), self.response.chunk())
                .await
                .expect("an event within 10 s")
                .expect("a whole stream")?;
            self.unread
                .push_str(std::str::from_utf8(&chunk).expect("events are UTF-8"));
        }
    }

    async fn next(&mut self) -> Event {
        let block = self.block().await.expect("an event");
        let mut event = Event::default();
        for line in block.lines() {
            match line.split_once(": ") {
                Some(("event", value)) => value.clone_into(&mut event.name),
                Some(("id", value)) => value.clone_into(&mut event.id),
                Some(("data", value)) => value.clone_into(&mut event.data),
                _ => panic!("unexpected line {line:?}"),
            }
        }
        event
    }

    async fn next_call(&mut self) -> (String, String) {
        let event = self.next().await;
        assert_eq!(event.name, "call");
        let call: Value = serde_json::from_str(&event.data).expect("JSON");
        assert_eq!(call["payloads"], "left_out");
        (call["tool_name"].as_str().expect("a name").to_owned(), event.id)
    }
}

/// Calls of these tools arrive, in one message.
fn tell(stack: &Stack, tools: &[&str]) {
    stack.world.told.send_modify(|told| {
        told.extend(tools.iter().map(|tool| {
            let mut call = sample_call();
            (*tool).clone_into(&mut call.tool_name);
            call
        }));
    });
}

fn pair(name: &str, id: &str) -> (String, String) {
    (name.to_owned(), id.to_owned())
}

#[tokio::test]
async fn a_tail_tells_calls_as_they_arrive_and_resumes_without_a_gap() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    tell(&stack, &["before"]);
    let mut events = Events::open(&stack, STREAM, &person, None).await;
    tell(&stack, &["first"]);
    assert_eq!(events.next_call().await, pair("first", "2"));
    tell(&stack, &["second", "third"]);
    // A reader that breaks off between the two gets both again.
    assert_eq!(events.next_call().await, pair("second", ""));
    assert_eq!(events.next_call().await, pair("third", "4"));
    drop(events);

    tell(&stack, &["missed"]);
    let mut resumed = Events::open(&stack, STREAM, &person, Some("4")).await;
    assert_eq!(resumed.next_call().await, pair("missed", "5"));

    // The page that a reader has seen says where its tail begins; what the
    // browser saw last counts more.
    let from_page = format!("{STREAM}?cursor=3");
    let mut events = Events::open(&stack, &from_page, &person, None).await;
    assert_eq!(events.next_call().await.0, "third");
    let mut events = Events::open(&stack, &from_page, &person, Some("4")).await;
    assert_eq!(events.next_call().await.0, "missed");
}

#[tokio::test]
async fn an_open_tail_does_not_hold_up_the_end() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let mut events = Events::open(&stack, STREAM, &person, None).await;
    // Without an end of its own the tail would be cut off after the grace, and
    // that would be an error.
    let (stopped, ended) = tokio::join!(stack.host.shut_down(), events.block());
    stopped.expect("in good order");
    assert_eq!(ended, None);
}

#[tokio::test]
async fn a_silent_tail_says_that_it_lives_and_ends_for_somebody_who_lost_access() {
    let stack = stack::start_with(|config| config.live_heartbeat_ms = 100).await;
    let person = stack.world.person(Permission::ALL);
    let mut events = Events::open(&stack, STREAM, &person, None).await;
    assert_eq!(events.block().await.as_deref(), Some(": heartbeat"));
    stack.world.revoke(&person);
    // Those that were on their way already.
    while let Some(block) = events.block().await {
        assert_eq!(block, ": heartbeat");
    }
}

#[tokio::test]
async fn there_are_no_more_tails_than_there_are_places() {
    let stack = stack::start_with(|config| config.max_live_tails = 1).await;
    let person = stack.world.person(Permission::ALL);
    let events = Events::open(&stack, STREAM, &person, None).await;
    let refused = answer(stack.get(STREAM).bearer_auth(&person)).await;
    refused.refused(503, "too_many_live_tails");
    assert_eq!(refused.header("retry-after"), "2");
    drop(events);
    // The place is free as soon as the gateway notices.
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        let response = stack
            .get(STREAM)
            .bearer_auth(&person)
            .send()
            .await
            .expect("an answer");
        if response.status() == 200 {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "the place was never free");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn lines_of_servers_are_followed_from_a_cursor() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let path = "/api/v1/projects/acme/server-logs/stream?server=sample";
    let mut events = Events::open(&stack, path, &person, Some("7")).await;
    let event = events.next().await;
    assert_eq!((event.name.as_str(), event.id.as_str()), ("line", "7+1"));
    let line: Value = serde_json::from_str(&event.data).expect("a line is JSON");
    assert_eq!(
        (line["line"].as_str(), line["kind"].as_str()),
        (Some("ready"), Some("stderr"))
    );
    let stranger = stack.world.person(&[]);
    answer(stack.get(path).bearer_auth(&stranger))
        .await
        .refused(404, "not_found");
}

#[tokio::test]
async fn who_lost_access_reads_no_further_however_seldom_a_heartbeat_is() {
    let stack = stack::start_with(|config| config.live_heartbeat_ms = 60_000).await;
    let person = stack.world.person(Permission::ALL);
    let mut events = Events::open(&stack, STREAM, &person, None).await;
    stack.world.revoke(&person);
    let end = tokio::time::timeout(Duration::from_secs(30), events.block()).await;
    assert_eq!(end, Ok(None));
}
