use proptest::prelude::*;

use super::*;

fn redacted(json: &str) -> String {
    Redactor::default().json(json, usize::MAX)
}

#[test]
fn values_under_names_that_promise_a_secret_are_replaced_whatever_they_are() {
    let json = r#"{"user":"kim","password" : "hunter2","API_KEY":[1,{"a":"]"}],"secretNote":{"x":"}"},"pin":1234,"n":[{"auth_token":"x"}]}"#;
    assert_eq!(
        redacted(json),
        r#"{"user":"kim","password" : "[redacted]","API_KEY":"[redacted]","secretNote":"[redacted]","pin":"[redacted]","n":[{"auth_token":"[redacted]"}]}"#
    );
}

#[test]
fn what_tells_nothing_stays() {
    let json =
        r#"{"password":null,"hasSecret":true,"token":"","maxTokens":5,"progressToken":"p","tokens":[1,2]}"#;
    assert_eq!(redacted(json), json);
}

#[test]
fn known_shapes_of_tokens_are_found_in_any_string() {
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    let ghp = format!("ghp_{}", "a1B2".repeat(9));
    let own = format!("mcporch_{}", "Zz9".repeat(19));
    for secret in [
        jwt,
        &ghp,
        &own,
        "AKIAIOSFODNN7EXAMPLE",
        "Bearer abcdef0123456789abcdef",
    ] {
        let json = format!(r#"{{"text":"see \n{secret}, and {secret}"}}"#);
        assert_eq!(
            redacted(&json),
            r#"{"text":"see \n[redacted], and [redacted]"}"#,
            "{secret}"
        );
    }
    let key = r#"["-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nrest"]"#;
    assert_eq!(redacted(key), r#"["[redacted]\nrest"]"#);
    assert_eq!(
        redacted(r#"["-----BEGIN PRIVATE KEY-----\nMIIE"]"#),
        r#"["[redacted]"]"#
    );
}

#[test]
fn json_in_a_string_is_looked_into() {
    let inner = r#"{"user":"kim","password":"hunter2","note":"\n"}"#;
    let clean = r#"{"user":"kim","password":"[redacted]","note":"\n"}"#;
    let within =
        |inner: &str| serde_json::json!({ "content": [{ "type": "text", "text": inner }] }).to_string();
    assert_eq!(redacted(&within(inner)), within(clean));
    assert_eq!(
        redacted(&within(&format!("\n [{inner}]"))),
        within(&format!("\n [{clean}]"))
    );
    assert_eq!(redacted(&within(&within(inner))), within(&within(clean)), "twice");
    for other in [r#"{"a": 1}"#, "[not json: \"password\": 1", "{", "\n"] {
        assert_eq!(redacted(&within(other)), within(other), "stays as it was written");
    }
}

#[test]
fn ordinary_words_are_no_secrets() {
    let json = r#"{"a":"the bearer of news","b":"task-force","c":"sk-short","d":"AKIA","e":"-----BEGIN CERTIFICATE-----"}"#;
    assert_eq!(redacted(json), json);
}

#[test]
fn only_as_much_is_made_as_is_kept() {
    let json = format!(r#"["{}"]"#, r#"x","y"#.repeat(100_000));
    assert!(Redactor::default().json(&json, 1_000).len() < 1_100);
}

#[test]
fn the_secrets_of_servers_are_hidden_wherever_they_stand() {
    let redactor = Redactor::new(["Basic dXNlcjpwYXNz", "12345678", "two\nli\"nes of it", "short"]);
    for (json, expected) in [
        (
            r#"{"a":"is dXNlcjpwYXNz!","Basic dXNlcjpwYXNz":1}"#,
            r#"{"a":"is [redacted]!","[redacted]":1}"#,
        ),
        (
            r#"[12345678,112345678,12345678.5,"x12345678",{"n": 12345678}]"#,
            r#"["[redacted]",112345678,12345678.5,"x[redacted]",{"n": "[redacted]"}]"#,
        ),
        (r#"["two\nli\"nes of it, short"]"#, r#"["[redacted], short"]"#),
    ] {
        assert_eq!(redactor.json(json, usize::MAX), expected);
    }
    assert_eq!(redactor.text("got 12345678"), "got [redacted]");
    assert!(!format!("{redactor:?}").contains("1234"));
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        ".{0,20}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map("(password|token|name|.{0,6})", inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

fn secrets_left(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Array(items) => items.iter().any(secrets_left),
        serde_json::Value::Object(map) => map.iter().any(|(name, value)| {
            let is_kept =
                matches!(value.as_str(), Some(REDACTED | "")) || value.is_null() || value.is_boolean();
            (name == "password" && !is_kept) || secrets_left(value)
        }),
        _ => false,
    }
}

proptest! {
    #[test]
    fn redacted_json_is_json_without_the_secret(value in json()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).expect("is JSON")] {
            let out = redacted(&text);
            let read: serde_json::Value = serde_json::from_str(&out).expect("stays JSON");
            prop_assert!(!secrets_left(&read), "{}", out);
        }
    }

    #[test]
    fn json_with_a_secret_of_a_server_stays_json_without_it(value in json(), secret in "[!-~][ -~]{4,18}[!-~]") {
        let redactor = Redactor::new([secret.as_str()]);
        let text = serde_json::json!([value, secret, { secret.clone(): secret }]).to_string();
        let out = redactor.json(&text, usize::MAX);
        let read: serde_json::Value = serde_json::from_str(&out).expect("stays JSON");
        prop_assert!(!read[1].as_str().expect("a string").contains(&secret), "{}", out);
    }

    #[test]
    fn no_text_panics(text in ".{0,80}", enough in 0_usize..100) {
        let _ = Redactor::default().json(&text, enough);
        let _ = Redactor::default().text(&text);
    }
}
