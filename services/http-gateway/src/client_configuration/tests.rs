use serde_json::{Value, json};

use super::*;

const TARGET: Target = Target {
    name: "acme",
    url: "http://127.0.0.1:8090/projects/acme/mcp",
};

fn program(id: &str) -> &'static ClientProgram {
    let found = CLIENT_PROGRAMS.iter().find(|program| program.id == id);
    found.expect("a program of that name")
}

fn assert_text(id: &str, expected: &str) {
    assert_eq!(program(id).text(&TARGET), expected, "{id}");
}

#[test]
fn every_program_is_told_in_its_own_form() {
    assert_text(
        "claude-code",
        r#"claude mcp add --transport http acme http://127.0.0.1:8090/projects/acme/mcp \
  --header "Authorization: Bearer YOUR_API_KEY""#,
    );
    assert_text(
        "claude-desktop",
        r#"{
  "mcpServers": {
    "acme": {
      "command": "npx",
      "args": [
        "-y",
        "mcp-remote",
        "http://127.0.0.1:8090/projects/acme/mcp",
        "--transport",
        "http-only",
        "--header",
        "Authorization:${MCPORCH_AUTHORIZATION}",
        "--allow-http"
      ],
      "env": {
        "MCPORCH_AUTHORIZATION": "Bearer YOUR_API_KEY"
      }
    }
  }
}"#,
    );
    assert_text(
        "cursor",
        r#"{
  "mcpServers": {
    "acme": {
      "url": "http://127.0.0.1:8090/projects/acme/mcp",
      "headers": {
        "Authorization": "Bearer YOUR_API_KEY"
      }
    }
  }
}"#,
    );
    assert_text(
        "vscode",
        r#"{
  "servers": {
    "acme": {
      "type": "http",
      "url": "http://127.0.0.1:8090/projects/acme/mcp",
      "headers": {
        "Authorization": "Bearer YOUR_API_KEY"
      }
    }
  }
}"#,
    );
    assert_text(
        "windsurf",
        r#"{
  "mcpServers": {
    "acme": {
      "serverUrl": "http://127.0.0.1:8090/projects/acme/mcp",
      "headers": {
        "Authorization": "Bearer YOUR_API_KEY"
      }
    }
  }
}"#,
    );
    for (id, kind) in [("cline", "streamableHttp"), ("generic", "streamable-http")] {
        let expected = program("cursor").text(&TARGET).replace(
            "      \"url\"",
            &format!("      \"type\": \"{kind}\",\n      \"url\""),
        );
        assert_text(id, &expected);
    }
    assert_text(
        "codex",
        r#"[mcp_servers.acme]
url = "http://127.0.0.1:8090/projects/acme/mcp"
http_headers = { Authorization = "Bearer YOUR_API_KEY" }"#,
    );
    assert_eq!(
        CLIENT_PROGRAMS.len(),
        8,
        "a program without its text in this test"
    );
}

#[test]
fn every_text_has_one_place_for_the_key_and_what_is_json_is_read_as_json() {
    for program in CLIENT_PROGRAMS {
        let text = program.text(&TARGET);
        assert_eq!(text.matches(KEY_PLACEHOLDER).count(), 1, "{text}");
        assert!(text.contains(TARGET.url) && text.contains(TARGET.name), "{text}");
        if program.format == TextFormat::Json {
            serde_json::from_str::<Value>(&text).expect(program.id);
        }
    }
}

#[test]
fn without_tls_is_told_only_where_there_is_none() {
    let target = Target {
        name: "acme",
        url: "https://mcp.example.com/projects/acme/mcp",
    };
    assert!(!program("claude-desktop").text(&target).contains("--allow-http"));
}

#[test]
fn programs_that_know_an_address_are_told_by_it() {
    let linked = CLIENT_PROGRAMS
        .iter()
        .filter(|program| program.deeplink.is_some());
    assert_eq!(
        linked.map(|program| program.id).collect::<Vec<_>>(),
        ["cursor", "vscode"]
    );
    let headers = json!({"Authorization": "Bearer YOUR_API_KEY"});
    let cursor = program("cursor").deeplink(&TARGET).expect("an address");
    assert_eq!(
        cursor.template,
        "cursor://anysphere.cursor-deeplink/mcp/install?name=acme&config={configuration}"
    );
    assert_eq!(cursor.encoding, DeeplinkEncoding::Base64);
    let configuration: Value = serde_json::from_str(&cursor.configuration).expect("JSON");
    assert_eq!(configuration, json!({"url": TARGET.url, "headers": headers}));
    let vscode = program("vscode").deeplink(&TARGET).expect("an address");
    assert_eq!(vscode.template, "vscode:mcp/install?{configuration}");
    assert_eq!(vscode.encoding, DeeplinkEncoding::Percent);
    let configuration: Value = serde_json::from_str(&vscode.configuration).expect("JSON");
    assert_eq!(
        configuration,
        json!({"name": "acme", "type": "http", "url": TARGET.url, "headers": headers})
    );
}
