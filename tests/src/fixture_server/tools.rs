mod asking;
mod definitions;

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};

use super::{
    Change, FixtureServer,
    exchange::{Exchange, Failure, Outcome},
};

pub(super) use definitions::list;

/// One red pixel.
pub(super) const RED_DOT_PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";

/// A sound of no length.
const SILENCE_WAV: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

pub(super) async fn call(server: &FixtureServer, exchange: &Exchange) -> Outcome {
    let name = exchange.params["name"].as_str().unwrap_or_default();
    let arguments = &exchange.params["arguments"];
    server.ledger.called(name, arguments);
    match name {
        "echo" | "json_schema_2020_12_tool" | "test_header_mirror" => Ok(text(&arguments.to_string())),
        "structured" => {
            let mut result = text(&arguments.to_string());
            result["structuredContent"] = json!({"echo": arguments});
            result["_meta"] = json!({"example.com/kept": true});
            Ok(result)
        }
        "count" => Ok(text(&server.count.fetch_add(1, Ordering::Relaxed).to_string())),
        "sleep" => {
            let watch = server.ledger.watch(arguments);
            tokio::time::sleep(milliseconds(&arguments["ms"])).await;
            watch.ended();
            Ok(text("slept"))
        }
        "steps" => {
            let watch = server.ledger.watch(arguments);
            let steps = arguments["steps"].as_u64().unwrap_or(3);
            for step in 1..=steps {
                tokio::time::sleep(milliseconds(&arguments["ms"])).await;
                exchange.progress(step, steps).await;
            }
            watch.ended();
            Ok(text(&format!("took {steps} steps")))
        }
        "fail" | "test_error_handling" => {
            let mut result = text("This tool intentionally returns an error for testing");
            result["isError"] = json!(true);
            Ok(result)
        }
        "refuse" => Err(Failure::error(-32602, "never with these arguments")),
        "crash" => std::process::exit(3),
        "who" => {
            let era = if exchange.is_modern() { "modern" } else { "legacy" };
            let declared = ["elicitation", "sampling", "roots"].map(|name| exchange.declares(name));
            Ok(text(&json!({"era": era, "declares": declared}).to_string()))
        }
        "trigger_resource_update" => {
            let uri = arguments["uri"].as_str().unwrap_or("test://watched-resource");
            Ok(changed(server, Change::Resource(uri.to_owned())))
        }
        "test_trigger_tool_change" => {
            server.tool_changes.fetch_add(1, Ordering::Relaxed);
            Ok(changed(server, Change::Tools))
        }
        "test_trigger_prompt_change" => Ok(changed(server, Change::Prompts)),
        "test_simple_text" => Ok(text("This is a simple text response for testing.")),
        "test_image_content" => Ok(content(&[picture()])),
        "test_audio_content" => Ok(content(&[
            json!({"type": "audio", "data": SILENCE_WAV, "mimeType": "audio/wav"}),
        ])),
        "test_embedded_resource" => Ok(content(&[resource(
            "test://embedded-resource",
            "text/plain",
            "This is an embedded resource content.",
        )])),
        "test_multiple_content_types" => Ok(content(&[
            json!({"type": "text", "text": "Multiple content types test:"}),
            picture(),
            resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            ),
        ])),
        "test_tool_with_logging" | "test_logging_tool" => {
            for line in [
                "Tool execution started",
                "Tool processing data",
                "Tool execution completed",
            ] {
                exchange.log(line).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(text("Tool with logging executed successfully"))
        }
        "test_tool_with_progress" | "test_streaming_elicitation" => {
            for done in [0, 50, 100] {
                exchange.progress(done, 100).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            Ok(text(&exchange.progress_token().to_string()))
        }
        _ => asking::call(name, exchange).await,
    }
}

/// A result of one text.
fn text(text: &str) -> Value {
    content(&[json!({"type": "text", "text": text})])
}

fn content(blocks: &[Value]) -> Value {
    json!({"content": blocks})
}

fn picture() -> Value {
    json!({"type": "image", "data": RED_DOT_PNG, "mimeType": "image/png"})
}

fn resource(uri: &str, mime_type: &str, text: &str) -> Value {
    json!({"type": "resource", "resource": {"uri": uri, "mimeType": mime_type, "text": text}})
}

fn changed(server: &FixtureServer, change: Change) -> Value {
    // Nobody may be listening.
    let _ = server.changes.send(change);
    text("told")
}

fn milliseconds(value: &Value) -> Duration {
    Duration::from_millis(value.as_u64().unwrap_or(0))
}
