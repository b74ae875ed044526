use serde_json::value::RawValue;

use crate::message::{Revision, object_fields, object_members, object_of};

/// The result was no object, and the client's revision takes none else.
pub(crate) const STRUCTURED_CONTENT: &str = "structured_content";

/// The client's revision does not know a kind of content: it got its text.
pub(crate) const CONTENT_TYPE: &str = "content_type";

/// A request of a modern server as legacy clients know it.
pub(crate) fn question_to_legacy(method: &str, params: Option<&str>) -> String {
    let params = params.unwrap_or("{}");
    let fields = object_fields(params, ["mode", "elicitationId"]);
    match fields {
        // The id is gone from the modern revisions, and required by 2025-11-25.
        Some(fields)
            if method == "elicitation/create"
                && fields.get(0) == Some("\"url\"")
                && fields.get(1).is_none() =>
        {
            let mut id = [0; 16];
            let _ = getrandom::fill(&mut id);
            let id = data_encoding::HEXLOWER.encode(&id);
            fields
                .splice()
                .add_member("elicitationId", &format!("\"{id}\""))
                .finish()
        }
        _ => params.to_owned(),
    }
}

/// A result without what the schema of the client's revision refuses. All else
/// stays: what a client does not know it skips.
pub(crate) fn result_to_legacy(
    method: &str,
    revision: Revision,
    result: Box<RawValue>,
    downgrades: &mut Vec<&'static str>,
) -> Box<RawValue> {
    let changed = match method {
        "tools/call" => call_result(revision, result.get(), downgrades),
        "tools/list" => tool_list(revision, result.get()),
        _ => None,
    };
    changed
        .and_then(|changed| RawValue::from_string(changed).ok())
        .unwrap_or(result)
}

/// An error under the code that the client's revision has for it.
pub(crate) fn error_to_legacy(method: &str, error: Box<RawValue>) -> Box<RawValue> {
    let fields = object_fields(error.get(), ["code", "data"]);
    let changed = match fields {
        // 2026-07-28, server features, resources, "error handling".
        Some(fields) if method == "resources/read" && fields.get(0) == Some("-32602") => {
            let names_resource = fields
                .get(1)
                .and_then(|data| object_fields(data, ["uri"])?.get(0))
                .is_some();
            let code = fields.get(0).unwrap_or_default();
            names_resource.then(|| fields.splice().replace(code, "-32002".to_owned()).finish())
        }
        _ => None,
    };
    changed
        .and_then(|changed| RawValue::from_string(changed).ok())
        .unwrap_or(error)
}

fn call_result(revision: Revision, result: &str, downgrades: &mut Vec<&'static str>) -> Option<String> {
    // From then on all kinds of content are known; before, nobody looks at the other.
    if revision < Revision::V2025_06_18 {
        let fields = object_fields(result, ["content"])?;
        let content = fields.get(0)?;
        let known = known_content(revision, content)?;
        downgrades.push(CONTENT_TYPE);
        return Some(fields.splice().replace(content, known).finish());
    }
    let structured = object_fields(result, ["structuredContent"])?.get(0)?;
    if structured.starts_with('{') {
        return None;
    }
    downgrades.push(STRUCTURED_CONTENT);
    without(result, "structuredContent")
}

/// Content with the kinds that an older revision does not know as text; none where
/// nothing has to change.
fn known_content(revision: Revision, content: &str) -> Option<String> {
    let blocks: Vec<&RawValue> = serde_json::from_str(content).ok()?;
    let mut is_changed = false;
    let blocks: Vec<_> = blocks
        .into_iter()
        .map(|block| {
            let fields = object_fields(block.get(), ["type", "uri", "mimeType", "name"]);
            let words = fields.and_then(|fields| {
                let text = |place| fields.string(place).unwrap_or_default();
                match fields.string(0)?.as_str() {
                    "resource_link" => Some(format!("{} ({})", text(1), text(3))),
                    "audio" if revision < Revision::V2025_03_26 => Some(format!("(audio, {})", text(2))),
                    _ => None,
                }
            });
            match words {
                Some(words) => {
                    is_changed = true;
                    serde_json::json!({ "type": "text", "text": words }).to_string()
                }
                None => block.get().to_owned(),
            }
        })
        .collect();
    is_changed.then(|| format!("[{}]", blocks.join(",")))
}

/// Tools without the schemas of results that are no objects.
fn tool_list(revision: Revision, result: &str) -> Option<String> {
    if revision < Revision::V2025_06_18 || !result.contains("outputSchema") {
        return None;
    }
    let fields = object_fields(result, ["tools"])?;
    let list = fields.get(0)?;
    let tools: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    let mut is_changed = false;
    let tools: Vec<_> = tools
        .into_iter()
        .map(|tool| {
            let schema = object_fields(tool.get(), ["outputSchema"]).and_then(|fields| fields.get(0));
            let is_object = schema.is_none_or(|schema| {
                object_fields(schema, ["type"]).is_some_and(|fields| fields.get(0) == Some("\"object\""))
            });
            match without(tool.get(), "outputSchema") {
                Some(changed) if !is_object => {
                    is_changed = true;
                    changed
                }
                _ => tool.get().to_owned(),
            }
        })
        .collect();
    is_changed.then(|| {
        fields
            .splice()
            .replace(list, format!("[{}]", tools.join(",")))
            .finish()
    })
}

fn without(object: &str, name: &str) -> Option<String> {
    let members = object_members(object)?;
    let kept = members.iter().filter(|(member, _)| member != name);
    Some(object_of(kept.map(|(name, value)| (&**name, *value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitted(method: &str, revision: Revision, result: &str) -> (String, Vec<&'static str>) {
        let mut downgrades = Vec::new();
        let result = RawValue::from_string(result.to_owned()).expect("JSON");
        let result = result_to_legacy(method, revision, result, &mut downgrades);
        (result.get().to_owned(), downgrades)
    }

    #[test]
    fn only_what_the_older_schema_refuses_is_changed() {
        let call = r#"{"content":[{"type":"resource_link","uri":"a:1","name":"A"},{"type":"text","text":"x"}],"structuredContent":[1],"new":true}"#;
        assert_eq!(
            fitted("tools/call", Revision::V2025_11_25, call),
            (
                r#"{"content":[{"type":"resource_link","uri":"a:1","name":"A"},{"type":"text","text":"x"}],"new":true}"#
                    .to_owned(),
                vec![STRUCTURED_CONTENT]
            )
        );
        let (older, downgrades) = fitted("tools/call", Revision::V2024_11_05, call);
        assert!(
            older.contains(r#"{"text":"a:1 (A)","type":"text"}"#) && older.contains("structuredContent"),
            "{older}"
        );
        assert_eq!(downgrades, [CONTENT_TYPE]);
        let plain = r#"{ "content":[], "structuredContent":{"a":1} }"#;
        assert_eq!(
            fitted("tools/call", Revision::V2025_06_18, plain),
            (plain.to_owned(), vec![])
        );

        let tools = r#"{"tools":[{"name":"a","outputSchema":{"type":"array"}},{"name":"b","outputSchema":{"type":"object"}}]}"#;
        assert_eq!(
            fitted("tools/list", Revision::V2025_11_25, tools).0,
            r#"{"tools":[{"name":"a"},{"name":"b","outputSchema":{"type":"object"}}]}"#
        );
    }

    #[test]
    fn a_resource_that_is_not_there_has_its_old_code() {
        let error = |text: &str| {
            let error = RawValue::from_string(text.to_owned()).expect("JSON");
            error_to_legacy("resources/read", error).get().to_owned()
        };
        assert_eq!(
            error(r#"{"code":-32602,"message":"m","data":{"uri":"x:1"}}"#),
            r#"{"code":-32002,"message":"m","data":{"uri":"x:1"}}"#
        );
        let other = r#"{"code":-32602,"message":"m"}"#;
        assert_eq!(error(other), other);
    }
}
