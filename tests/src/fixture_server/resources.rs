use serde_json::{Value, json};

use super::{
    exchange::{Failure, Outcome},
    tools::RED_DOT_PNG,
};

pub(super) fn list() -> Value {
    json!([
        {"uri": "test://static-text", "name": "static-text", "description": "A text", "mimeType": "text/plain"},
        {"uri": "test://static-binary", "name": "static-binary", "description": "A picture", "mimeType": "image/png"},
        {"uri": "test://watched-resource", "name": "watched", "description": "Changes when told to", "mimeType": "text/plain"},
    ])
}

pub(super) fn templates() -> Value {
    json!([{
        "uriTemplate": "test://template/{id}/data",
        "name": "template",
        "description": "A resource for each id",
        "mimeType": "application/json",
    }])
}

pub(super) fn read(uri: &Value) -> Outcome {
    let text = |text: &str| json!({"contents": [{"uri": uri, "mimeType": "text/plain", "text": text}]});
    match uri.as_str().unwrap_or_default() {
        "test://static-text" => Ok(text("This is the content of the static text resource.")),
        "test://watched-resource" => Ok(text("Watched.")),
        "test://static-binary" => {
            Ok(json!({"contents": [{"uri": uri, "mimeType": "image/png", "blob": RED_DOT_PNG}]}))
        }
        other => {
            let id = other
                .strip_prefix("test://template/")
                .and_then(|rest| rest.strip_suffix("/data"))
                .ok_or_else(|| Failure::Error {
                    code: -32002,
                    message: "no such resource".to_owned(),
                    data: json!({"uri": uri}),
                })?;
            let data = json!({"id": id, "templateTest": true, "data": format!("Data for ID: {id}")});
            Ok(json!({"contents": [{"uri": uri, "mimeType": "application/json", "text": data.to_string()}]}))
        }
    }
}
