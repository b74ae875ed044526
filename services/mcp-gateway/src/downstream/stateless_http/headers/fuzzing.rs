use super::{
    HeaderMap, HeaderName, HeaderValue, ParamHeader, Request, check_params, check_revision, check_standard,
    is_same_value, object_fields,
};
use crate::{
    header_names::{METHOD, NAME, PROTOCOL_VERSION},
    message::{Message, decode_header_value, encode_header_value},
};

const REVISION: &str = "2026-07-28";

/// The annotated arguments of the tool that is called.
const SCHEMA: &str = r#"{"type":"object","properties":{
    "region":{"type":"string","x-mcp-header":"Region"},
    "count":{"type":"integer","x-mcp-header":"Count"},
    "deep":{"type":"object","properties":{"dry":{"type":"boolean","x-mcp-header":"Dry"}}}}}"#;

/// Takes lines of headers, an empty line, and a body. Headers that pass say
/// what the body says, and those that are made of a body pass.
pub(crate) fn fuzz_headers(bytes: &[u8]) {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((&b""[..], bytes), |end| (&bytes[..end], &bytes[end + 2..]));
    let Ok(Message::Request(request)) = Message::parse(body) else {
        return;
    };
    let annotated = ParamHeader::of_schema(SCHEMA).expect("a valid schema");
    let member = |name| request.params().and_then(|params| object_fields(params, [name]));
    let arguments = member("arguments")
        .and_then(|fields| fields.get(0))
        .unwrap_or("{}");
    let named = match request.method.as_str() {
        "tools/call" | "prompts/get" => member("name").and_then(|fields| fields.string(0)),
        "resources/read" => member("uri").and_then(|fields| fields.string(0)),
        _ => None,
    };

    let headers = headers_of(head);
    if check_revision(&headers, REVISION).is_ok() {
        assert_eq!(
            said(&headers, PROTOCOL_VERSION.as_str()),
            Some(REVISION.to_owned())
        );
    }
    if check_standard(&headers, &request).is_ok() {
        assert_eq!(said(&headers, METHOD.as_str()).as_ref(), Some(&request.method));
        if named.is_some() {
            assert_eq!(said(&headers, NAME.as_str()), named);
        }
    }
    if check_params(&headers, &annotated, arguments).is_ok() {
        for param in &annotated {
            let (header, value) = (said(&headers, &param.name), param.value(arguments));
            let same = header == value || header.zip(value).is_some_and(|(a, b)| is_same_value(&a, &b));
            assert!(same, "{} passed", param.name);
        }
    }
    what_is_made_of_a_body_passes(&request, named.as_deref(), &annotated, arguments);
}

fn what_is_made_of_a_body_passes(
    request: &Request,
    named: Option<&str>,
    annotated: &[ParamHeader],
    arguments: &str,
) {
    let is_token = |byte: u8| matches!(byte, b'!'..=b'~');
    if request.method.is_empty() || !request.method.bytes().all(is_token) {
        return;
    }
    let mut headers = HeaderMap::new();
    let mut insert = |name: &str, value: &str| {
        let name = HeaderName::try_from(name).expect("a name");
        headers.insert(name, HeaderValue::try_from(value).expect("encoded"));
    };
    insert(PROTOCOL_VERSION.as_str(), REVISION);
    insert(METHOD.as_str(), &request.method);
    if let Some(named) = named {
        insert(NAME.as_str(), &encode_header_value(named));
    }
    for param in annotated {
        if let Some(value) = param.value(arguments) {
            insert(&param.name, &encode_header_value(&value));
        }
    }
    assert!(check_revision(&headers, REVISION).is_ok());
    assert!(check_standard(&headers, request).is_ok());
    assert!(check_params(&headers, annotated, arguments).is_ok());
    for name in headers.keys().cloned().collect::<Vec<_>>() {
        let mut fewer = headers.clone();
        fewer.remove(&name);
        let passes = check_revision(&fewer, REVISION).is_ok()
            && check_standard(&fewer, request).is_ok()
            && check_params(&fewer, annotated, arguments).is_ok();
        assert!(!passes, "{name} was not missed");
        let mut twice = headers.clone();
        twice.append(&name, headers[&name].clone());
        let passes = check_revision(&twice, REVISION).is_ok()
            && check_standard(&twice, request).is_ok()
            && check_params(&twice, annotated, arguments).is_ok();
        assert!(!passes, "{name} was there twice");
    }
}

/// As whoever stands before the gateway reads it; none where it is ambiguous.
fn said(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    decode_header_value(value.as_bytes())
}

fn headers_of(head: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in head.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}
