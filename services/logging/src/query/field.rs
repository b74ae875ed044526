use domain::{Door, ErrorKind, ToolCallStatus};
use serde::Serialize;
use uuid::Uuid;

use super::{Pattern, Value};

/// What a query can ask of a call by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Field {
    Status,
    Kind,
    Tool,
    Server,
    Client,
    User,
    Key,
    Session,
    Duration,
    Code,
    Door,
    Revision,
    Request,
    Trace,
    Id,
    Ip,
    Error,
    Arguments,
    Result,
}

/// What is asked of a field, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Words(&'static [&'static str]),
    Pattern,
    /// An id, or a pattern for the name.
    IdOrPattern,
    Id,
    /// An id, or a name that whoever asks can resolve.
    IdOrName,
    Duration,
    Number,
    Text,
}

impl Field {
    pub(super) const NAMES: &'static [(&'static str, Self)] = &[
        ("status", Self::Status),
        ("kind", Self::Kind),
        ("tool", Self::Tool),
        ("server", Self::Server),
        ("client", Self::Client),
        ("user", Self::User),
        ("key", Self::Key),
        ("session", Self::Session),
        ("duration", Self::Duration),
        ("code", Self::Code),
        ("door", Self::Door),
        ("revision", Self::Revision),
        ("request", Self::Request),
        ("trace", Self::Trace),
        ("id", Self::Id),
        ("ip", Self::Ip),
        ("error", Self::Error),
        ("arguments", Self::Arguments),
        ("result", Self::Result),
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        let known = Self::NAMES.iter().find(|(known, _)| *known == name);
        known.map(|(_, field)| *field)
    }

    pub(crate) fn name(self) -> &'static str {
        let known = Self::NAMES.iter().find(|(_, field)| *field == self);
        known.map_or("", |(name, _)| name)
    }

    pub(super) const fn kind(self) -> Kind {
        match self {
            Self::Status => Kind::Words(ToolCallStatus::WORDS),
            Self::Kind => Kind::Words(ErrorKind::WORDS),
            Self::Door => Kind::Words(Door::WORDS),
            Self::Tool | Self::Client | Self::Revision | Self::Request | Self::Trace | Self::Ip => {
                Kind::Pattern
            }
            Self::Server => Kind::IdOrPattern,
            Self::User | Self::Key => Kind::IdOrName,
            Self::Session | Self::Id => Kind::Id,
            Self::Duration => Kind::Duration,
            Self::Code => Kind::Number,
            Self::Error | Self::Arguments | Self::Result => Kind::Text,
        }
    }
}

impl Kind {
    /// Whether `<` and its like make sense.
    pub(super) const fn is_ordered(self) -> bool {
        matches!(self, Self::Duration | Self::Number)
    }

    /// Reads a value. The error is the code and what would be right.
    pub(super) fn read(self, text: &str, is_quoted: bool) -> Result<Value, (&'static str, String)> {
        if text == "*" && !is_quoted {
            return Ok(Value::Present);
        }
        let pattern = || {
            if is_quoted {
                Pattern::exact(text)
            } else {
                Pattern::with_wildcards(text)
            }
        };
        match self {
            Self::Words(words) => match words.iter().find(|word| word.eq_ignore_ascii_case(text)) {
                Some(word) => Ok(Value::Word(word)),
                None => Err((
                    "unknown_value",
                    format!("{text:?} is none of {}", words.join(", ")),
                )),
            },
            Self::Pattern | Self::Text => Ok(Value::Pattern(pattern())),
            Self::IdOrPattern => Ok(text.parse().map_or_else(|_| Value::Pattern(pattern()), Value::Id)),
            Self::IdOrName => Ok(text
                .parse()
                .map_or_else(|_| Value::Name(text.to_owned()), Value::Id)),
            Self::Id => text
                .parse::<Uuid>()
                .map(Value::Id)
                .map_err(|_| ("invalid_id", format!("{text:?} is no id: expected a UUID"))),
            Self::Duration => duration_us(text).map(Value::Micros).ok_or_else(|| {
                (
                    "invalid_duration",
                    format!(
                        "{text:?} is no duration: expected a number with us, ms, s, m or h, such as 500ms"
                    ),
                )
            }),
            Self::Number => text
                .parse()
                .map(Value::Number)
                .map_err(|_| ("invalid_number", format!("{text:?} is no whole number"))),
        }
    }
}

/// Reads `500ms` or `1.5s`, in microseconds.
fn duration_us(text: &str) -> Option<i64> {
    let end = text.find(|character: char| !character.is_ascii_digit() && character != '.')?;
    let (number, unit) = text.split_at(end);
    let unit_us = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let whole = whole.parse::<i64>().ok()?.checked_mul(unit_us)?;
    // What is less than a microsecond is left out.
    let digits = fraction.get(..fraction.len().min(9))?;
    let part = digits.parse::<i64>().ok()?;
    let scale = 10_i64.pow(digits.len() as u32);
    whole.checked_add(part.checked_mul(unit_us)? / scale)
}
