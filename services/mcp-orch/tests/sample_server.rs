//! The sample server, as a gateway talks to it: one JSON line each way.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use serde_json::{Value, json};

struct Server {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_mcp-orch"))
            .arg("sample-server")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let mut server = Self {
            stdin: child.stdin.take().expect("piped"),
            stdout: BufReader::new(child.stdout.take().expect("piped")),
            child,
        };
        let hello = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}});
        server.send(&json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}));
        assert_eq!(
            server.receive()["result"]["serverInfo"]["name"],
            "mcp-orch-sample"
        );
        server.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));
        server
    }

    fn send(&mut self, message: &Value) {
        writeln!(self.stdin, "{message}").expect("it reads");
    }

    fn receive(&mut self) -> Value {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("it writes");
        serde_json::from_str(&line).expect("one JSON value a line")
    }

    fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool, "arguments": arguments}}));
        self.receive()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn it_lists_six_tools_each_with_a_description_and_an_object_schema() {
    let mut server = Server::start();
    server.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}));
    let answer = server.receive();
    let tools = answer["result"]["tools"].as_array().expect("a list");
    let mut names: Vec<_> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["add", "echo", "fail", "large", "protocol_error", "slow"]);
    for tool in tools {
        assert!(tool["description"].is_string(), "{tool}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{tool}");
    }
}

#[test]
fn each_tool_goes_its_own_way() {
    let mut server = Server::start();
    let echo = server.call("echo", &json!({"text": "안녕 \u{1F600}\n"}));
    assert_eq!(echo["result"]["content"][0]["text"], "안녕 \u{1F600}\n");
    let add = server.call("add", &json!({"a": 2, "b": 0.5}));
    assert_eq!(add["result"]["content"][0]["text"], "2.5");
    let fail = server.call("fail", &json!({"message": "no luck"}));
    assert_eq!(fail["result"]["isError"], true);
    assert_eq!(fail["result"]["content"][0]["text"], "no luck");
    assert_eq!(server.call("protocol_error", &json!({}))["error"]["code"], -32603);
    let large = server.call("large", &json!({"size_bytes": 1_000_003}));
    let text = large["result"]["content"][0]["text"].as_str().expect("a text");
    assert_eq!(text.len(), 1_000_003);
}

#[test]
fn slow_tells_its_progress_when_it_is_asked_to() {
    let mut server = Server::start();
    let params =
        json!({"name": "slow", "arguments": {"seconds": 0.01, "steps": 3}, "_meta": {"progressToken": "p"}});
    server.send(&json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}));
    for step in 1..=3 {
        let progress = server.receive();
        assert_eq!(progress["method"], "notifications/progress", "{progress}");
        assert_eq!(progress["params"]["progress"].as_f64(), Some(f64::from(step)));
        assert_eq!(progress["params"]["progressToken"], "p");
    }
    assert_eq!(server.receive()["id"], 1);
}

#[test]
fn what_is_out_of_range_is_refused_before_it_costs_anything() {
    let mut server = Server::start();
    for (tool, arguments) in [
        ("slow", json!({"seconds": -1})),
        ("slow", json!({"seconds": 1e300})),
        ("large", json!({"size_bytes": 1_u64 << 40})),
        ("echo", json!({})),
    ] {
        let answer = server.call(tool, &arguments);
        let is_refused = answer["error"]["code"] == -32602 || answer["result"]["isError"] == true;
        assert!(is_refused, "{answer}");
    }
}
