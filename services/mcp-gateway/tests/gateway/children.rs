use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
};

use serde_json::json;

use crate::stack::{Stack, stdio, until};

fn is_alive(pid: &str) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(") ").unwrap().1.starts_with('Z'))
}

/// The pids of a tree that a server made below itself, one of them in a session
/// of its own.
async fn tree(stack: &Stack) -> Vec<String> {
    let mut client = stack.client();
    client.initialize().await;
    let answer = client.call("scripted__fork", json!({})).await;
    let pids = answer["result"]["content"][0]["text"].as_str().unwrap();
    let pids: Vec<_> = pids.split(' ').map(str::to_owned).collect();
    assert!(
        pids.len() == 2 && pids.iter().all(|pid| is_alive(pid)),
        "{pids:?}"
    );
    pids
}

async fn gone(pids: &[String]) {
    until("the whole tree is gone", async || {
        (!pids.iter().any(|pid| is_alive(pid))).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_tree_of_a_server_ends_when_it_is_deleted() {
    let stack = Stack::start().await;
    let pids = tree(&stack).await;
    stack.project.change(|project| project.servers.clear());
    gone(&pids).await;
    until("the pid file is gone", async || {
        std::fs::read_dir(stack.folder.path().join("children"))
            .unwrap()
            .next()
            .is_none()
            .then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_tree_of_a_server_ends_with_the_gateway() {
    let mut stack = Stack::start().await;
    let pids = tree(&stack).await;
    stack
        .gateway
        .take()
        .unwrap()
        .shut_down()
        .await
        .expect("in good order");
    gone(&pids).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_tree_ends_when_the_other_end_of_its_input_is_gone() {
    // What the system does to the pipe of a gateway that was killed with SIGKILL.
    let mut child = Command::new(env!("CARGO_BIN_EXE_stdio-child"))
        .args([
            "sh",
            "-c",
            "trap '' TERM; (setsid sleep 1000 & echo $!); sleep 1000 & echo $!; wait",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let pids = [lines.next().unwrap().unwrap(), lines.next().unwrap().unwrap()];
    assert!(pids.iter().all(|pid| is_alive(pid)));
    drop(child.stdin.take());
    gone(&pids).await;
    let status = tokio::task::spawn_blocking(move || child.wait())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(status.code(), Some(128 + 9), "it does not listen to SIGTERM");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_sees_nothing_of_the_gateways_environment() {
    let stack = Stack::start_with(|server, _| {
        stdio(server).env.insert("OWN".to_owned(), "yes".to_owned());
    })
    .await;
    let mut client = stack.client();
    client.initialize().await;
    let answer = client.call("scripted__environment", json!({})).await;
    let environment = answer["result"]["content"][0]["text"].as_str().unwrap();
    let environment: serde_json::Map<String, serde_json::Value> = serde_json::from_str(environment).unwrap();
    assert_eq!(environment["OWN"], "yes");
    // There in every run of a test; not inherited, and set by no shim around Python.
    let is_ours =
        |name: &str| name.starts_with("CARGO") || name.starts_with("NEXTEST") || name.starts_with("MCPORCH");
    assert!(std::env::vars().any(|(name, _)| is_ours(&name)));
    assert!(!environment.keys().any(|name| is_ours(name)), "{environment:?}");
}
