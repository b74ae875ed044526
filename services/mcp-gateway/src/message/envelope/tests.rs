use proptest::prelude::*;

use super::*;

fn shape_of(text: &str) -> &'static str {
    match Incoming::parse(text.as_bytes()) {
        Ok(Incoming::Single(Message::Request(_))) => "request",
        Ok(Incoming::Single(Message::Notification(_))) => "notification",
        Ok(Incoming::Single(Message::Response(_))) => "response",
        Ok(Incoming::Batch(_)) => "batch",
        Err(ParseError::Json(_)) => "not json",
        Err(ParseError::Shape { .. }) => "no message",
    }
}

#[test]
fn messages_are_told_apart_by_their_members() {
    for (text, expected) in [
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, "request"),
        (
            r#"{"jsonrpc":"2.0","id":"a","method":"x","params":{}}"#,
            "request",
        ),
        (r#"{"jsonrpc":"2.0","method":"x","extra":[1]}"#, "notification"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "response"),
        (
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}"#,
            "response",
        ),
        (r#"[{"jsonrpc":"2.0","method":"x"}]"#, "batch"),
    ] {
        assert_eq!(shape_of(text), expected, "{text}");
    }
}

#[test]
fn what_is_no_message_is_refused() {
    for (text, expected) in [
        ("", "not json"),
        ("{", "not json"),
        ("nonsense", "not json"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping"} trailing"#, "not json"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"p","params":{"a":"\ud800"}}"#,
            "not json",
        ),
        ("[]", "no message"),
        ("42", "no message"),
        (r#"{"id":1,"method":"ping"}"#, "no message"),
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, "no message"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, "no message"),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, "no message"),
        (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, "no message"),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}"#,
            "no message",
        ),
        (r#"{"jsonrpc":"2.0","id":1,"result":1,"error":{}}"#, "no message"),
        (r#"{"jsonrpc":"2.0","id":1}"#, "no message"),
    ] {
        assert_eq!(shape_of(text), expected, "{text}");
    }
}

#[test]
fn a_member_that_is_there_twice_is_refused_however_it_is_spelled() {
    for text in [
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","\u006dethod":"tools/call"}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
    ] {
        assert_eq!(shape_of(text), "no message", "{text}");
    }
}

#[test]
fn params_are_carried_as_the_text_that_they_were() {
    let params = r#"{ "n": 1e400, "big": 123456789012345678901234567890, "x": "\u00e9" }"#;
    let text = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{params}}}"#);
    let Ok(Message::Request(request)) = Message::parse(text.as_bytes()) else {
        panic!("a request")
    };
    assert_eq!(request.params.expect("there").get(), params);
}

#[test]
fn the_id_of_a_broken_request_is_found_where_it_can_be() {
    let error = Message::parse(br#"{"jsonrpc":"2.0","id":"q","method":7}"#).expect_err("no method");
    assert!(
        matches!(error, ParseError::Shape { id: Some(ref id), .. } if id.to_string() == "\"q\""),
        "{error}"
    );
}

proptest! {
    #[test]
    fn no_input_panics(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Incoming::parse(&bytes);
    }

    #[test]
    fn no_text_made_of_json_parts_panics(parts in prop::collection::vec(
        prop::sample::select(vec!["{", "}", "[", "]", "\"jsonrpc\"", ":", "\"2.0\"", ",", "\"id\"", "1", "\"method\"", "\"", "\\u", "d800", "null"]), 0..30)) {
        let _ = Incoming::parse(parts.concat().as_bytes());
    }
}
