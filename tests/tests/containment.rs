//! Servers that misbehave, and a gateway that is killed: what each takes with it.

use std::path::Path;

use serde_json::{Value, json};
use tests::{
    Door, McpClient, Processes, Project, Rest, ServerDefinition, Service, evil_server, fixture_server,
    nothing_went_wrong, wait_until,
};

/// What a server may make of the gateway's memory, in KiB. The largest message
/// of a server is 16 MiB, and a few of them may be under way.
const MEMORY_LIMIT_KIB: u64 = 384 * 1024;

async fn owner(processes: &Processes) -> Rest {
    Rest::sign_up(&processes.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up")
}

async fn connect(processes: &Processes, project: &Project) -> McpClient {
    McpClient::connect(&processes.endpoint(project), &project.key, Door::StreamableHttp)
        .await
        .expect("the handshake succeeds")
}

/// A field of `/proc/<pid>/status` in KiB.
fn memory_kib(pid: u32, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field))
        .expect("the field is there");
    line.trim_matches([':', '\t', ' ', 'k', 'B'])
        .parse()
        .expect("a number")
}

/// Processes whose command line holds `mark`, this one left out.
fn marked_processes(mark: &Path) -> Vec<String> {
    let mark = mark.to_str().expect("the folder is UTF-8");
    let entries = std::fs::read_dir("/proc").expect("there is /proc");
    entries
        .filter_map(|entry| {
            let command = std::fs::read(entry.ok()?.path().join("cmdline")).ok()?;
            let command = String::from_utf8_lossy(&command).replace('\0', " ");
            command.contains(mark).then_some(command)
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_misbehaves_harms_nobody_else() {
    let processes = Processes::start().await;
    let owner = owner(&processes).await;
    let evil = evil_server();
    let mark = processes.folder().join("evil");
    let mark = mark.to_str().expect("the folder is UTF-8");
    let of_evil = |name: &str, timeout_ms: u64| {
        ServerDefinition::stdio(name, &evil, &[name, mark]).with("timeout_ms", timeout_ms)
    };
    // Deaf to SIGTERM: what a shell ignores, its program ignores too.
    let deaf = format!("trap '' TERM; exec {} silent {mark}", evil.display());
    let project = owner
        .project(
            "Evil",
            &[
                ServerDefinition::stdio("good", &fixture_server(), &[]),
                of_evil("endless-line", 10_000),
                // Reading 1 GB takes its time.
                of_evil("stderr", 600_000),
                of_evil("silent", 1_000),
                of_evil("closed-stdout", 10_000),
                of_evil("daemons", 10_000),
                ServerDefinition::stdio("deaf", Path::new("sh"), &["-c", &deaf]).with("timeout_ms", 1_000),
            ],
        )
        .await
        .expect("a project is made");

    let mut sins = tokio::task::JoinSet::new();
    for name in [
        "endless-line",
        "stderr",
        "silent",
        "closed-stdout",
        "daemons",
        "deaf",
    ] {
        let client = connect(&processes, &project).await;
        sins.spawn(async move {
            let answer = client.call(&format!("{name}__sin"), json!({})).await;
            (name, answer.expect("every call is answered"))
        });
    }
    // Somebody else works all the while.
    let good = connect(&processes, &project).await;
    let mut outcomes = std::collections::BTreeMap::new();
    let mut good_calls = 0_u32;
    while !sins.is_empty() {
        let answer = good
            .call("good__echo", json!({"n": good_calls}))
            .await
            .expect("a good server's call is answered");
        assert!(answer.is_success(), "{answer:?}");
        good_calls += 1;
        while let Some(sin) = sins.try_join_next() {
            let (name, answer) = sin.expect("no caller panics");
            outcomes.insert(name, answer);
        }
    }
    for (name, answer) in &outcomes {
        let is_innocent = ["stderr", "daemons"].contains(name);
        assert_eq!(answer.is_success(), is_innocent, "{name}: {answer:?}");
    }

    let calls = owner.ended_tool_calls(&project, 6).await;
    let silent = calls
        .iter()
        .find(|call| call["exposed_name"] == "silent__sin")
        .expect("the call is a row");
    assert_eq!(silent["status"], "timeout", "{silent}");

    let mut processes = processes;
    let peak = memory_kib(processes.pid(Service::McpGateway), "VmHWM");
    println!("{good_calls} good calls meanwhile; the gateway took {peak} KiB at most");
    assert!(peak < MEMORY_LIMIT_KIB, "the gateway took {peak} KiB");

    // In good order, with servers that do not want to end.
    assert!(processes.stop(Service::McpGateway).await, "the gateway ends well");
    wait_until("no evil process is left", async || {
        marked_processes(Path::new(mark)).is_empty().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_child_outlives_a_gateway_that_is_killed() {
    let mut processes = Processes::start().await;
    let owner = owner(&processes).await;
    let fixture = fixture_server().display().to_string();
    let folder = processes.folder().join("children");
    std::fs::create_dir(&folder).expect("a folder can be made");
    // How launchers stand between a definition and its server.
    let definitions: Vec<ServerDefinition> = (0..30)
        .map(|number| {
            let name = format!("s{number}");
            let ledger = folder.join(&name).display().to_string();
            let run = format!("{fixture} --ledger {ledger}");
            let node = format!(
                "const {{spawn}} = require('child_process');
                 const child = spawn({fixture:?}, ['--ledger', {ledger:?}], {{stdio: 'inherit'}});
                 child.on('exit', code => process.exit(code));"
            );
            match number % 3 {
                0 => ServerDefinition::stdio(&name, Path::new("sh"), &["-c", &format!("{run}; true")]),
                1 => ServerDefinition::stdio(&name, Path::new("node"), &["-e", &node]),
                _ => ServerDefinition::stdio(
                    &name,
                    Path::new("sh"),
                    &["-c", &format!("setsid --wait {run}; true")],
                ),
            }
        })
        .collect();
    let project = owner
        .project("Chains", &definitions)
        .await
        .expect("a project is made");
    let client = connect(&processes, &project).await;
    let mut calls = tokio::task::JoinSet::new();
    for number in 0..30 {
        let client = client.clone();
        calls.spawn(async move { client.call(&format!("s{number}__echo"), json!({})).await });
    }
    while let Some(call) = calls.join_next().await {
        let answer = call.expect("no caller panics").expect("the call is answered");
        assert!(answer.is_success(), "{answer:?}");
    }
    let running = marked_processes(&folder);
    assert!(running.len() >= 60, "launchers and servers run: {running:?}");

    processes.kill(Service::McpGateway).await;
    wait_until("no child is left", async || {
        marked_processes(&folder).is_empty().then_some(())
    })
    .await;
    nothing_went_wrong(
        "kill -9 of the gateway with servers behind launchers",
        format!("{} processes", running.len()),
        &[("left", marked_processes(&folder).len())],
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_slow_server_cost_only_their_own_tools() {
    let processes = Processes::start().await;
    let owner = owner(&processes).await;
    let mut definitions: Vec<ServerDefinition> = (0..18)
        .map(|number| ServerDefinition::stdio(&format!("s{number:02}"), &fixture_server(), &[]))
        .collect();
    definitions.push(ServerDefinition::stdio("dead", Path::new("false"), &[]));
    // It would be waited for much longer than a list may take.
    definitions
        .push(ServerDefinition::stdio("slow", Path::new("sleep"), &["600"]).with("init_timeout_ms", 600_000));
    let project = owner
        .project("Many", &definitions)
        .await
        .expect("a project is made");
    let client = connect(&processes, &project).await;
    let listed = client
        .request("tools/list", json!({}))
        .await
        .expect("tools/list is answered")
        .result()
        .expect("with a result");
    let tools = listed["tools"].as_array().expect("tools are listed");
    let echoes: Vec<&Value> = tools
        .iter()
        .map(|tool| &tool["name"])
        .filter(|name| name.as_str().is_some_and(|name| name.ends_with("__echo")))
        .collect();
    let expected: Vec<Value> = (0..18)
        .map(|number| json!(format!("s{number:02}__echo")))
        .collect();
    assert_eq!(echoes, expected.iter().collect::<Vec<_>>());
    let told = listed["_meta"].to_string();
    assert!(
        told.contains("dead") && told.contains("slow"),
        "which are missing: {told}"
    );
}
