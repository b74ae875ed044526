//! Bytes that nobody meant, at everything that reads bytes from outside. What
//! must hold of each reader stands beside it, in its `fuzzing.rs`.

use tests::Fuzzer;

/// Of each target: a minute or so.
const INPUTS: u64 = 500_000;

#[test]
fn json_rpc_messages_are_read_and_written_again() {
    let words = &[
        "\"jsonrpc\":\"2.0\",",
        "\"id\":1,",
        "\"method\":\"x\",",
        "\"params\":{",
        "\"name\":",
        "\"_meta\":",
        "null",
        "\\u0000",
        "\\ud83d",
        "\\ude00",
        "\\\"",
        "[[[[[[[[",
        "é",
        "\u{2028}",
    ];
    Fuzzer::new("envelope", words).run(INPUTS, mcp_gateway::fuzzing::envelope);
}

#[test]
fn event_streams_are_read_however_chunks_fall() {
    let words = &[
        "data:", "data", "event: ", "id: ", "retry: 5", "\r\n", "\n\n", "\u{feff}", ": c", "é",
    ];
    Fuzzer::new("event_stream", words).run(INPUTS, mcp_gateway::fuzzing::event_stream);
}

#[test]
fn lines_of_stdio_are_cut_however_chunks_fall() {
    let words = &["\r\n", "\n\n", "\r\r\n", "0123456789abcdef", "한"];
    Fuzzer::new("lines", words).run(INPUTS, mcp_gateway::fuzzing::lines);
}

#[test]
fn headers_that_pass_say_what_the_body_says() {
    let words = &[
        "mcp-method: ",
        "mcp-name: ",
        "mcp-protocol-version: ",
        "mcp-param-region: ",
        "mcp-param-count: ",
        "mcp-param-dry: ",
        "=?base64?",
        "?=",
        "\"name\":",
        "\"uri\":",
        "\"arguments\":{",
        "\"region\":",
        "\"deep\":{",
        "tools/call",
        "true",
        "42.0",
        "null",
        "é",
    ];
    Fuzzer::new("headers", words).run(INPUTS, mcp_gateway::fuzzing::headers);
}

#[test]
fn queries_are_read_and_printed_again() {
    let words = &[
        "status:",
        "tool:",
        "arguments.",
        "duration:>",
        "code:",
        "user:",
        "server:",
        " OR ",
        " AND ",
        "NOT ",
        "..",
        "1ms",
        "\\\"",
        "*",
        "\u{3000}",
        "이슈",
        "😀",
    ];
    Fuzzer::new("query", words).run(INPUTS, logging::fuzzing::query);
}
