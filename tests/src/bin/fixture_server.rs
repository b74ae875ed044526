//! A stdio MCP server for tests that keeps a ledger: each `tools/call` that it
//! receives becomes a line in the file named by `LEDGER`, before it is answered.
//!
//! Tools: `echo` answers its arguments, `sleep` answers after `ms`, `fail` answers
//! with `isError`, `refuse` with a JSON-RPC error, `crash` ends the process.

use std::{
    fs::OpenOptions,
    io::{BufRead as _, Write as _},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a program of its own, configured by its environment alone"
    )]
    let ledger = std::env::var("LEDGER").ok();
    let ledger = ledger
        .map(|path| OpenOptions::new().create(true).append(true).open(path))
        .transpose()?;
    let ledger = Arc::new(Mutex::new(ledger));
    for line in std::io::stdin().lock().lines() {
        let Ok(message) = serde_json::from_str::<Value>(&line?) else {
            continue;
        };
        let ledger = Arc::clone(&ledger);
        // One thread a message, so that calls overlap as they do in real servers.
        thread::spawn(move || answer(&message, &ledger));
    }
    Ok(())
}

fn answer(message: &Value, ledger: &Mutex<Option<std::fs::File>>) {
    let Some(id) = message.get("id").filter(|_| message.get("method").is_some()) else {
        return;
    };
    let params = &message["params"];
    let outcome = match message["method"].as_str().unwrap_or_default() {
        "initialize" => Ok(json!({
            "protocolVersion": params["protocolVersion"],
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "fixture", "version": "1"},
        })),
        "ping" => Ok(json!({})),
        "tools/list" => Ok(json!({"tools": tools()})),
        "tools/call" => call(params, ledger),
        method => Err(json!({"code": -32601, "message": format!("no method {method}")})),
    };
    let answer = match outcome {
        Ok(result) => json!({"jsonrpc": "2.0", "id": id, "result": result}),
        Err(error) => json!({"jsonrpc": "2.0", "id": id, "error": error}),
    };
    // One write a line: answers of several threads must not mix.
    let _ = std::io::stdout()
        .lock()
        .write_all(format!("{answer}\n").as_bytes());
    let _ = std::io::stdout().lock().flush();
}

fn tools() -> Vec<Value> {
    ["echo", "sleep", "fail", "refuse", "crash"]
        .map(|name| json!({"name": name, "inputSchema": {"type": "object"}}))
        .to_vec()
}

fn call(params: &Value, ledger: &Mutex<Option<std::fs::File>>) -> Result<Value, Value> {
    let arguments = &params["arguments"];
    if let Ok(mut ledger) = ledger.lock()
        && let Some(file) = ledger.as_mut()
    {
        let line = json!({"tool": params["name"], "arguments": arguments});
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
    let text = |text: String| json!({"content": [{"type": "text", "text": text}]});
    match params["name"].as_str().unwrap_or_default() {
        "echo" => Ok(text(arguments.to_string())),
        "sleep" => {
            thread::sleep(Duration::from_millis(arguments["ms"].as_u64().unwrap_or(0)));
            Ok(text("slept".to_owned()))
        }
        "fail" => {
            let mut result = text("it did not work".to_owned());
            result["isError"] = json!(true);
            Ok(result)
        }
        "refuse" => Err(json!({"code": -32602, "message": "never with these arguments"})),
        "crash" => std::process::exit(3),
        name => Err(json!({"code": -32602, "message": format!("no tool {name}")})),
    }
}
