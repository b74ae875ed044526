use http::{HeaderMap, StatusCode, header};

use super::refusal::Refusal;
use crate::message::ErrorCode;

/// What the client takes as an answer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Takes {
    pub(super) json: bool,
    pub(super) events: bool,
    /// Whether it names events first. What it takes has no order by itself (RFC
    /// 9110, section 12.5.1), and so the choice is ours.
    pub(super) events_first: bool,
}

impl Takes {
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let mut takes = Self {
            json: false,
            events: false,
            events_first: false,
        };
        let mut is_said = false;
        for value in headers.get_all(header::ACCEPT) {
            is_said = true;
            for kind in value.to_str().unwrap_or_default().split(',') {
                let kind = kind.split(';').next().unwrap_or_default().trim();
                let is_any_of = |names: [&str; 2]| names.iter().any(|name| kind.eq_ignore_ascii_case(name));
                if kind == "*/*" {
                    (takes.json, takes.events) = (true, true);
                } else if is_any_of(["application/json", "application/*"]) {
                    takes.json = true;
                } else if is_any_of(["text/event-stream", "text/*"]) {
                    takes.events = true;
                    takes.events_first |= !takes.json;
                }
            }
        }
        if !is_said {
            // Says nothing, takes anything (RFC 9110, section 12.5.1).
            return Ok(Self {
                json: true,
                events: true,
                events_first: false,
            });
        }
        if takes.json || takes.events {
            Ok(takes)
        } else {
            Err(Self::nothing_we_have())
        }
    }

    pub(super) fn nothing_we_have() -> Refusal {
        Refusal::new(
            StatusCode::NOT_ACCEPTABLE,
            ErrorCode::InvalidRequest,
            "send Accept: application/json, text/event-stream",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(accept: &str) -> Option<(bool, bool)> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, accept.parse().expect("a value"));
        Takes::of(&headers).ok().map(|takes| (takes.json, takes.events))
    }

    #[test]
    fn what_a_client_takes_is_read_from_its_accept() {
        assert_eq!(takes("application/json, text/event-stream"), Some((true, true)));
        assert_eq!(takes("Application/JSON;q=0.9"), Some((true, false)));
        assert_eq!(takes("text/event-stream"), Some((false, true)));
        assert_eq!(takes("*/*"), Some((true, true)));
        assert_eq!(takes("text/html"), None);
    }
}
