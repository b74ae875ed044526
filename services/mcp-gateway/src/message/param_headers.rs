use data_encoding::BASE64;

use super::object_fields;

/// Marks a value that is Base64 of its UTF-8 (2026-07-28, Streamable HTTP,
/// "value encoding").
const PREFIX: &str = "=?base64?";
const SUFFIX: &str = "?=";

/// How deep annotated properties may lie.
const MAX_STEPS: usize = 32;

/// An argument of a tool that is mirrored into a header (2026-07-28, Streamable
/// HTTP, "custom headers from tool parameters").
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ParamHeader {
    /// The names of the properties that lead to the argument.
    path: Vec<String>,
    /// The header, in lower case.
    pub(crate) name: String,
}

/// Why the annotations of a tool cannot be followed: who meets such a tool
/// leaves it out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an x-mcp-header of the tool is invalid: {0}")]
pub(crate) struct InvalidAnnotation(&'static str);

impl ParamHeader {
    /// The annotations in the schema of a tool's arguments, a JSON text.
    pub(crate) fn of_schema(input_schema: &str) -> Result<Vec<Self>, InvalidAnnotation> {
        // Most tools have none, and need no look inside.
        if !input_schema.contains("x-mcp-header") {
            return Ok(Vec::new());
        }
        let schema: serde_json::Value =
            serde_json::from_str(input_schema).map_err(|_| InvalidAnnotation("the schema is no JSON"))?;
        let mut found = Vec::new();
        collect(&schema, &mut Vec::new(), &mut found)?;
        let mut names: Vec<_> = found.iter().map(|header| &header.name).collect();
        names.sort();
        if names.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(InvalidAnnotation("two properties have the same header"));
        }
        if count(&schema) > found.len() {
            return Err(InvalidAnnotation("it is not reached by `properties` alone"));
        }
        Ok(found)
    }

    /// What the header has to say for these arguments, a JSON text; none where
    /// they hold no value for it.
    pub(crate) fn value(&self, arguments: &str) -> Option<String> {
        let mut at = arguments;
        for step in &self.path {
            at = object_fields(at, [step.as_str()])?.get(0)?;
        }
        match at.as_bytes().first()? {
            b'"' => serde_json::from_str(at).ok(),
            b'n' | b'{' | b'[' => None,
            _ => Some(at.to_owned()),
        }
    }
}

/// Whether two values mean the same; numbers by their value ("server
/// validation").
pub(crate) fn is_same_value(header: &str, body: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
    header == body
        || number(header)
            .zip(number(body))
            .is_some_and(|(header, body)| header.total_cmp(&body).is_eq())
}

/// A value as it stands in a header.
pub(crate) fn encode_header_value(value: &str) -> String {
    let is_plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t'))
        && value.trim_matches([' ', '\t']).len() == value.len()
        && !(value.starts_with(PREFIX) && value.ends_with(SUFFIX));
    if is_plain {
        value.to_owned()
    } else {
        format!("{PREFIX}{}{SUFFIX}", BASE64.encode(value.as_bytes()))
    }
}

/// The value that a header says; none where it is encoded wrongly, or holds
/// what no header may.
pub(crate) fn decode_header_value(header: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(header).ok()?.trim_matches([' ', '\t']);
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\t')) {
        return None;
    }
    let encoded = text
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.strip_suffix(SUFFIX));
    match encoded {
        None => Some(text.to_owned()),
        Some(encoded) => String::from_utf8(BASE64.decode(encoded.as_bytes()).ok()?).ok(),
    }
}

fn collect(
    schema: &serde_json::Value,
    path: &mut Vec<String>,
    found: &mut Vec<ParamHeader>,
) -> Result<(), InvalidAnnotation> {
    if path.len() > MAX_STEPS {
        return Err(InvalidAnnotation("it lies too deep"));
    }
    if let Some(name) = schema.get("x-mcp-header") {
        let name = name.as_str().unwrap_or_default();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(InvalidAnnotation("its name is no header name"));
        }
        let kind = schema.get("type").and_then(serde_json::Value::as_str);
        if !matches!(kind, Some("string" | "integer" | "boolean")) || path.is_empty() {
            return Err(InvalidAnnotation(
                "only strings, integers and booleans go into headers",
            ));
        }
        found.push(ParamHeader {
            path: path.clone(),
            name: format!("mcp-param-{}", name.to_ascii_lowercase()),
        });
    }
    let properties = schema.get("properties").and_then(serde_json::Value::as_object);
    for (name, property) in properties.into_iter().flatten() {
        path.push(name.clone());
        collect(property, path, found)?;
        path.pop();
    }
    Ok(())
}

/// How many annotations there are anywhere, also where none may be. A property
/// of that name is no annotation, and holds a schema.
fn count(schema: &serde_json::Value) -> usize {
    match schema {
        serde_json::Value::Object(members) => members
            .iter()
            .map(|(name, value)| usize::from(name == "x-mcp-header" && value.is_string()) + count(value))
            .sum(),
        serde_json::Value::Array(items) => items.iter().map(count).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(schema: &serde_json::Value) -> Result<Vec<ParamHeader>, InvalidAnnotation> {
        ParamHeader::of_schema(&schema.to_string())
    }

    #[test]
    fn annotated_arguments_are_found_with_their_values() {
        let schema = json!({ "type": "object", "properties": {
            "region": { "type": "string", "x-mcp-header": "Region" },
            "deep": { "type": "object", "properties": { "n": { "type": "integer", "x-mcp-header": "N" } } },
            "x-mcp-header": { "type": "string" },
        } });
        let headers = read(&schema).expect("valid");
        let value = |arguments: serde_json::Value| {
            headers
                .iter()
                .map(|header| (header.name.clone(), header.value(&arguments.to_string())))
                .collect::<std::collections::BTreeMap<_, _>>()
        };
        let full = value(json!({ "region": "e\"u", "deep": { "n": -7 } }));
        assert_eq!(full["mcp-param-region"].as_deref(), Some("e\"u"));
        assert_eq!(full["mcp-param-n"].as_deref(), Some("-7"));
        let empty = value(json!({ "region": null, "deep": {} }));
        assert!(empty.values().all(Option::is_none));
    }

    #[test]
    fn annotations_that_cannot_be_followed_are_refused() {
        for properties in [
            json!({ "a": { "type": "string", "x-mcp-header": "" } }),
            json!({ "a": { "type": "string", "x-mcp-header": "a b" } }),
            json!({ "a": { "type": "number", "x-mcp-header": "A" } }),
            json!({ "a": { "type": "string", "x-mcp-header": "A" }, "b": { "type": "string", "x-mcp-header": "a" } }),
            json!({ "a": { "type": "array", "items": { "type": "string", "x-mcp-header": "A" } } }),
            json!({ "a": { "anyOf": [{ "type": "string", "x-mcp-header": "A" }] } }),
        ] {
            let schema = json!({ "type": "object", "properties": properties });
            assert!(read(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn values_are_read_as_the_specification_writes_them() {
        for (value, header) in [
            ("us-west1", "us-west1"),
            ("Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="),
            (" padded ", "=?base64?IHBhZGRlZCA=?="),
            ("line1\nline2", "=?base64?bGluZTEKbGluZTI=?="),
            ("=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="),
        ] {
            assert_eq!(encode_header_value(value), header);
            assert_eq!(decode_header_value(header.as_bytes()).as_deref(), Some(value));
        }
        for wrong in ["=?base64?SGVsbG8?=", "=?base64?SGVs!!!bG8=?=", "caf\u{e9}"] {
            assert_eq!(decode_header_value(wrong.as_bytes()), None, "{wrong}");
        }
        assert_eq!(
            decode_header_value(b"=?base64?SGVsbG8=").as_deref(),
            Some("=?base64?SGVsbG8=")
        );
        assert!(is_same_value("42.0", "42") && !is_same_value("42", "43") && !is_same_value("x", "y"));
    }

    proptest! {
        #[test]
        fn every_value_survives_its_way_through_a_header(value in ".{0,80}") {
            let header = encode_header_value(&value);
            prop_assert!(http::HeaderValue::from_str(&header).is_ok());
            prop_assert_eq!(decode_header_value(header.as_bytes()), Some(value));
        }

        #[test]
        fn no_header_makes_the_reader_panic(header in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = decode_header_value(&header);
        }
    }
}
