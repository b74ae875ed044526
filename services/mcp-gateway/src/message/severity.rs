use std::str::FromStr;

use super::object_fields;

/// How much a `notifications/message` matters (RFC 5424, section 6.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Severity {
    Debug,
    Info,
    Notice,
    Warning,
    Error,
    Critical,
    Alert,
    Emergency,
}

impl Severity {
    const ALL: [Self; 8] = [
        Self::Debug,
        Self::Info,
        Self::Notice,
        Self::Warning,
        Self::Error,
        Self::Critical,
        Self::Alert,
        Self::Emergency,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
            Self::Alert => "alert",
            Self::Emergency => "emergency",
        }
    }

    /// All of them in one line, for sentences.
    pub(crate) fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// Of the params of a `notifications/message`. One that says nothing known
    /// matters as much as most do.
    pub(crate) fn of_params(params: Option<&str>) -> Self {
        params
            .and_then(|params| object_fields(params, ["level"])?.string(0))
            .and_then(|level| level.parse().ok())
            .unwrap_or(Self::Info)
    }

    /// Of a whole message, as the gateway writes them, if it is a
    /// `notifications/message`.
    pub(crate) fn of_message(message: &str) -> Option<Self> {
        const START: &str = r#"{"jsonrpc":"2.0","method":"notifications/message""#;
        message
            .starts_with(START)
            .then(|| Self::of_params(object_fields(message, ["params"]).and_then(|fields| fields.get(0))))
    }
}

impl FromStr for Severity {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL
            .into_iter()
            .find(|severity| severity.as_str() == text)
            .ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::notification;

    #[test]
    fn what_is_logged_is_told_from_what_is_not() {
        let of = |method, params| Severity::of_message(&notification(method, Some(params)));
        assert_eq!(
            of("notifications/message", r#"{"level":"error"}"#),
            Some(Severity::Error)
        );
        assert_eq!(
            of("notifications/message", r#"{"level":"?"}"#),
            Some(Severity::Info)
        );
        assert_eq!(of("notifications/progress", r#"{"level":"error"}"#), None);
        assert!(Severity::Debug < Severity::Emergency);
    }
}
