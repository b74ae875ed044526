use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::value::RawValue;

use crate::message::{InvalidAnnotation, ParamHeader, encode_header_value, object_fields};

/// Which arguments of a server's tools go into headers as well, as its tools
/// were listed last (2026-07-28, Streamable HTTP, "custom headers").
#[derive(Debug, Default)]
pub(super) struct ToolHeaders(Mutex<HashMap<String, Arc<[ParamHeader]>>>);

/// A tool that must not be used, and why.
#[derive(Debug)]
pub(super) struct Rejected {
    pub(super) tool: String,
    pub(super) reason: InvalidAnnotation,
}

impl ToolHeaders {
    /// Notes a page of `tools/list`. Gives the page without tools whose
    /// annotations are malformed, where there are such.
    pub(super) fn note(&self, result: &str) -> Option<(String, Vec<Rejected>)> {
        if !result.contains("x-mcp-header") && self.lock().is_empty() {
            return None;
        }
        let fields = object_fields(result, ["tools"])?;
        let list = fields.get(0)?;
        let tools: Vec<&RawValue> = serde_json::from_str(list).ok()?;
        let mut kept = Vec::with_capacity(tools.len());
        let mut rejected = Vec::new();
        for tool in tools {
            let of_tool = object_fields(tool.get(), ["name", "inputSchema"]);
            let name = of_tool.as_ref().and_then(|fields| fields.string(0));
            let schema = of_tool.as_ref().and_then(|fields| fields.get(1)).unwrap_or("{}");
            match (name, ParamHeader::of_schema(schema)) {
                (Some(tool), Err(reason)) => {
                    self.lock().remove(&tool);
                    rejected.push(Rejected { tool, reason });
                    continue;
                }
                (Some(tool), Ok(headers)) if headers.is_empty() => {
                    self.lock().remove(&tool);
                }
                (Some(tool), Ok(headers)) => {
                    self.lock().insert(tool, headers.into());
                }
                (None, _) => {}
            }
            kept.push(tool.get());
        }
        if rejected.is_empty() {
            return None;
        }
        let kept = format!("[{}]", kept.join(","));
        Some((fields.splice().replace(list, kept).finish(), rejected))
    }

    /// Adds the headers of a call.
    pub(super) fn add(&self, tool: &str, arguments: &str, headers: &mut HeaderMap) {
        let Some(of_tool) = self.lock().get(tool).cloned() else {
            return;
        };
        for header in &*of_tool {
            if let (Some(value), Ok(name)) = (
                header.value(arguments),
                HeaderName::from_bytes(header.name.as_bytes()),
            ) {
                headers.insert(name, header_value(&value));
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<[ParamHeader]>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn header_value(text: &str) -> HeaderValue {
    HeaderValue::from_str(&encode_header_value(text)).expect("is encoded where a header could not hold it")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn arguments_are_mirrored_as_the_tool_was_listed_last() {
        let schema = json!({ "properties": { "region": { "type": "string", "x-mcp-header": "Region" } } });
        let page = json!({ "tools": [{ "name": "t", "inputSchema": schema }] }).to_string();
        let tools = ToolHeaders::default();
        assert!(tools.note(&page).is_none());
        let mut headers = HeaderMap::new();
        tools.add("t", r#"{"region":"東"}"#, &mut headers);
        assert_eq!(headers["mcp-param-region"], "=?base64?5p2x?=");
        let page = json!({ "tools": [{ "name": "t", "inputSchema": {} }] }).to_string();
        assert!(tools.note(&page).is_none());
        let mut headers = HeaderMap::new();
        tools.add("t", r#"{"region":"eu"}"#, &mut headers);
        assert!(headers.is_empty());
    }

    #[test]
    fn a_tool_with_a_malformed_annotation_is_left_out_and_others_stay() {
        let page = json!({ "tools": [
            { "name": "bad", "inputSchema": { "x-mcp-header": "A" } }, { "name": "good", "inputSchema": {} },
        ], "nextCursor": "2" });
        let (page, rejected) = ToolHeaders::default()
            .note(&page.to_string())
            .expect("one is bad");
        let page: Value = serde_json::from_str(&page).expect("JSON");
        assert_eq!(page["tools"], json!([{ "name": "good", "inputSchema": {} }]));
        assert_eq!(page["nextCursor"], "2");
        assert_eq!(rejected[0].tool, "bad");
    }
}
