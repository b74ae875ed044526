use serde::Serialize;
use serde_json::{Value, json};

use crate::palette::Palette;

/// Lines of one check stand below each other.
const WIDTH: usize = 14;

/// How well it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Health {
    /// As it should be.
    Ok,
    /// It works, and somebody should look at it.
    Warning,
    /// It does not work.
    Failure,
}

/// What one check has shown.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    /// Which check, in the words of the documentation.
    check: &'static str,
    health: Health,
    looked_at: String,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    what_to_do: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, looked_at: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            check,
            health: Health::Ok,
            looked_at: looked_at.into(),
            found: found.into(),
            what_to_do: None,
        }
    }

    pub(super) fn warning(
        check: &'static str,
        looked_at: impl Into<String>,
        found: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        Self {
            health: Health::Warning,
            what_to_do: Some(what_to_do.into()),
            ..Self::ok(check, looked_at, found)
        }
    }

    pub(super) fn failure(
        check: &'static str,
        looked_at: impl Into<String>,
        found: impl Into<String>,
        what_to_do: impl Into<String>,
    ) -> Self {
        Self {
            health: Health::Failure,
            ..Self::warning(check, looked_at, found, what_to_do)
        }
    }

    fn lines(&self, palette: Palette) -> String {
        let (mark, colour) = match self.health {
            Health::Ok => ("✓", "32"),
            Health::Warning => ("!", "33"),
            Health::Failure => ("✗", "31"),
        };
        let name = format!("{:<WIDTH$}", self.check.replace('_', " "));
        let found = format!(
            "{} {name} {}: {}",
            palette.paint(colour, mark),
            self.looked_at,
            printable(&self.found),
        );
        match &self.what_to_do {
            None => found,
            Some(what_to_do) => format!("{found}\n{:>1$}→ {what_to_do}", "", WIDTH + 3),
        }
    }
}

/// How well the whole is: as its worst part.
pub(super) fn worst(findings: &[Finding]) -> Health {
    let has = |health| findings.iter().any(|finding| finding.health == health);
    match (has(Health::Failure), has(Health::Warning)) {
        (true, _) => Health::Failure,
        (false, true) => Health::Warning,
        (false, false) => Health::Ok,
    }
}

/// For people.
pub(super) fn text(findings: &[Finding], palette: Palette) -> String {
    let count = |health| findings.iter().filter(|finding| finding.health == health).count();
    let mut lines: Vec<_> = findings.iter().map(|finding| finding.lines(palette)).collect();
    lines.push(format!(
        "{} looked at: {} well, {} to look at, {} wrong",
        findings.len(),
        count(Health::Ok),
        count(Health::Warning),
        count(Health::Failure),
    ));
    lines.join("\n")
}

/// For programs.
pub(super) fn json(findings: &[Finding]) -> Value {
    json!({"health": worst(findings), "findings": findings})
}

/// What others said, on one line that does nothing to a terminal.
pub(super) fn printable(text: &str) -> String {
    let text = text.trim();
    let line: String = text
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(400)
        .collect();
    if line.len() < text.len() {
        format!("{line}…")
    } else {
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_is_the_health_of_the_whole() {
        let ok = || Finding::ok("clock", "clock", "right");
        let warning = || Finding::warning("spool", "spool", "80 % full", "look");
        let failure = || Finding::failure("web", "web", "silent", "start it");
        assert_eq!(worst(&[ok()]), Health::Ok);
        assert_eq!(worst(&[ok(), warning()]), Health::Warning);
        assert_eq!(worst(&[failure(), warning(), ok()]), Health::Failure);
    }

    #[test]
    fn a_finding_says_what_was_looked_at_and_what_to_do() {
        let finding = Finding::failure("data_folder", "/data", "not\u{1b}[2J there", "make it");
        assert_eq!(
            text(&[finding], Palette::Plain),
            "✗ data folder    /data: not [2J there\n                 → make it\n1 looked at: 0 well, 0 to look at, 1 wrong"
        );
    }
}
