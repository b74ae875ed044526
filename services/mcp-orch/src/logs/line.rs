use std::fmt::Write as _;

use serde_json::Value;

use crate::palette::Palette;

/// One call in one line: time, status, tool, duration, client, and what it was
/// about.
pub(super) fn short(call: &Value, palette: Palette) -> String {
    let status = text(call, "/status");
    let mark = match status {
        "success" => "✓",
        "running" => "…",
        "cancelled" => "–",
        _ => "✗",
    };
    let status_text = palette.paint(colour(status), &format!("{mark} {status:<9}"));
    let server = text(call, "/server_name");
    let tool = text(call, "/tool_name");
    let name = if server.is_empty() {
        tool.to_owned()
    } else {
        format!("{server}/{tool}")
    };
    let about = match text(call, "/error_message") {
        "" => text(call, "/arguments_preview"),
        message => message,
    };
    let about: String = printable(about).chars().take(80).collect();
    let time = text(call, "/started_at");
    format!(
        "{} {status_text} {:<36} {:>8}  {:<10} {}",
        palette.paint("2", time.get(..23).unwrap_or(time)),
        printable(&name),
        duration(call),
        printable(text(call, "/client/type")),
        palette.paint(if about.is_empty() { "0" } else { "2" }, &about),
    )
}

/// One call with all that is known of it.
pub(super) fn whole(call: &Value, palette: Palette) -> String {
    let mut out = String::new();
    let status = text(call, "/status");
    let heading = format!("{} {}", text(call, "/server_name"), text(call, "/tool_name"));
    let _ = writeln!(
        out,
        "{}  {}  {}",
        palette.paint("1", printable(heading.trim()).as_str()),
        palette.paint(colour(status), status),
        duration(call),
    );
    let fields = [
        ("id", "/id"),
        ("started", "/started_at"),
        ("error", "/error_kind"),
        ("message", "/error_message"),
        ("queue", "/queue_us"),
        ("connect", "/connect_us"),
        ("upstream", "/upstream_us"),
        ("door", "/door"),
        ("revisions", "/client_revision"),
        ("client", "/client/name"),
        ("user", "/principal/user_id"),
        ("key", "/principal/api_key_id"),
        ("session", "/session_id"),
        ("trace", "/trace_id"),
        ("note", "/storage_note"),
    ];
    for (name, pointer) in fields {
        let value = match call.pointer(pointer) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let _ = writeln!(out, "{:<10} {}", palette.paint("2", name), printable(&value));
    }
    for part in ["arguments", "result"] {
        let payload = &call[part];
        let body = match (&payload["value"], &payload["text"]) {
            (Value::Null, Value::String(text)) => printable(text),
            (Value::Null, _) => continue,
            (value, _) => serde_json::to_string_pretty(value).unwrap_or_default(),
        };
        let _ = writeln!(out, "\n{}\n{body}", palette.paint("1", part));
    }
    let stderr = text(call, "/stderr_excerpt");
    if !stderr.is_empty() {
        let lines: Vec<String> = stderr.lines().map(printable).collect();
        let _ = writeln!(out, "\n{}\n{}", palette.paint("1", "stderr"), lines.join("\n"));
    }
    out
}

/// What came from outside must not steer the terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect()
}

pub(crate) fn duration_text(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} us"),
        1_000..10_000 => format!("{:.1} ms", micros as f64 / 1e3),
        10_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}

fn duration(call: &Value) -> String {
    call["duration_us"]
        .as_u64()
        .map_or_else(String::new, duration_text)
}

fn text<'a>(call: &'a Value, pointer: &str) -> &'a str {
    call.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn colour(status: &str) -> &'static str {
    match status {
        "success" => "32",
        "running" => "36",
        "cancelled" => "33",
        _ => "31",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_call_is_one_line_that_steers_no_terminal() {
        let call = json!({
            "started_at": "2026-11-22T14:32:06.456123Z", "status": "error", "server_name": "github",
            "tool_name": "search", "duration_us": 81_000, "client": {"type": "cursor"},
            "error_message": "no\n\u{1b}[31msuch",
        });
        let line = short(&call, Palette::Plain);
        assert!(
            line.starts_with("2026-11-22T14:32:06.456 ✗ error     github/search"),
            "{line}"
        );
        assert!(line.contains("81 ms  cursor     no  [31msuch"), "{line}");
        assert!(!line.contains(['\n', '\u{1b}']));
        assert!(short(&call, Palette::Colours).contains("\u{1b}[31m✗ error"));
    }

    #[test]
    fn all_that_is_known_is_shown() {
        let call = json!({
            "id": "x", "status": "success", "tool_name": "echo", "duration_us": 1_500,
            "arguments": {"value": {"a": 1}, "text": null}, "result": {"value": null, "text": "cut"},
            "stderr_excerpt": "one\ntwo",
        });
        let shown = whole(&call, Palette::Plain);
        for part in [
            "echo  success  1.5 ms",
            "id         x",
            "\"a\": 1",
            "result\ncut",
            "stderr\none\ntwo",
        ] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
    }
}
