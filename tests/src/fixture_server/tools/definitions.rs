use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::super::FixtureServer;

/// Tools that take what they are given.
const PLAIN: [(&str, &str); 32] = [
    ("echo", "Answers its arguments"),
    ("count", "Answers how often it was called before"),
    ("sleep", "Answers after `ms` milliseconds"),
    (
        "steps",
        "Tells of progress `steps` times, every `ms` milliseconds",
    ),
    ("fail", "Answers with isError"),
    ("refuse", "Answers with a JSON-RPC error"),
    ("crash", "Ends the server"),
    ("who", "Answers what the server knows of its client"),
    ("trigger_resource_update", "Tells that `uri` has changed"),
    ("test_trigger_tool_change", "Tells that the tools have changed"),
    (
        "test_trigger_prompt_change",
        "Tells that the prompts have changed",
    ),
    ("test_simple_text", "Answers a text"),
    ("test_image_content", "Answers a picture"),
    ("test_audio_content", "Answers a sound"),
    ("test_embedded_resource", "Answers a resource"),
    (
        "test_multiple_content_types",
        "Answers a text, a picture and a resource",
    ),
    ("test_tool_with_logging", "Logs on its way"),
    ("test_logging_tool", "Logs where the client asks for it"),
    ("test_tool_with_progress", "Tells of progress"),
    ("test_streaming_elicitation", "Tells of progress"),
    ("test_error_handling", "Answers with isError"),
    ("test_elicitation_sep1034_defaults", "Asks with defaults"),
    ("test_elicitation_sep1330_enums", "Asks with choices"),
    ("test_missing_capability", "Needs a client that can sample"),
    ("test_input_required_result_elicitation", "Asks the user"),
    ("test_input_required_result_sampling", "Asks the model"),
    ("test_input_required_result_list_roots", "Asks for the roots"),
    (
        "test_input_required_result_request_state",
        "Asks the user, with state",
    ),
    (
        "test_input_required_result_tampered_state",
        "Asks the user, with state",
    ),
    (
        "test_input_required_result_multiple_inputs",
        "Asks three things at once",
    ),
    ("test_input_required_result_multi_round", "Asks twice"),
    (
        "test_input_required_result_capabilities",
        "Asks what the client can answer",
    ),
];

pub(crate) fn list(server: &FixtureServer) -> Vec<Value> {
    let mut tools: Vec<Value> = PLAIN
        .iter()
        .map(|(name, description)| {
            json!({"name": name, "description": description, "inputSchema": {"type": "object", "properties": {}}})
        })
        .collect();
    tools.push(json!({
        "name": "structured",
        "title": "Structured",
        "description": "Answers its arguments as structured content",
        "inputSchema": {"type": "object"},
        "outputSchema": {"type": "object", "properties": {"echo": {"type": "object"}}, "required": ["echo"]},
        "annotations": {"readOnlyHint": true},
        "_meta": {"example.com/kept": true},
    }));
    for (name, field) in [("test_sampling", "prompt"), ("test_elicitation", "message")] {
        tools.push(json!({
            "name": name,
            "description": "Asks the client",
            "inputSchema": {
                "type": "object",
                "properties": {field: {"type": "string", "description": "What to ask"}},
                "required": [field],
            },
        }));
    }
    tools.push(schema_of_2020_12());
    // Whoever lists anew after a change sees one.
    let changes = server.tool_changes.load(Ordering::Relaxed);
    if changes > 0 {
        tools.push(json!({
            "name": "changing",
            "description": format!("The tools have changed {changes} times"),
            "inputSchema": {"type": "object"},
        }));
    }
    tools.push(json!({
        "name": "test_header_mirror",
        "description": "Has arguments that are mirrored into headers",
        "inputSchema": {
            "type": "object",
            "properties": {
                "region": {"type": "string", "x-mcp-header": "Region"},
                "priority": {"type": "integer", "x-mcp-header": "Priority"},
                "verbose": {"type": "boolean", "x-mcp-header": "Verbose"},
                "query": {"type": "string"},
            },
        },
    }));
    tools
}

/// A schema with keywords that a proxy might lose.
fn schema_of_2020_12() -> Value {
    json!({
        "name": "json_schema_2020_12_tool",
        "description": "Has a schema with keywords of JSON Schema 2020-12",
        "inputSchema": {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
                },
            },
            "properties": {
                "name": {"type": "string"},
                "address": {"$ref": "#/$defs/address"},
                "contactMethod": {"type": "string", "enum": ["phone", "email"]},
                "phone": {"type": "string"},
                "email": {"type": "string"},
            },
            "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
            "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
            "then": {"required": ["phone"]},
            "else": {"required": ["email"]},
            "additionalProperties": false,
        },
    })
}
