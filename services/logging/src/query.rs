//! The language in which people ask for tool calls:
//! `status:error tool:search_* -client:cursor duration:>500ms "not found"`.
//!
//! `parser` reads it (one pass, errors with their place), `field` knows the
//! fields and what each may be asked for, `print` writes a query back. The
//! cases in `tests/query-language/cases.json` are those of every parser of it.

mod field;
#[cfg(feature = "fuzzing")]
mod fuzzing;
mod parser;
mod print;
#[cfg(test)]
mod tests;

use std::ops::Range;

use serde::Serialize;
use service_error::{ServiceError, Span};
use uuid::Uuid;

pub(crate) use field::Field;
#[cfg(feature = "fuzzing")]
pub(crate) use fuzzing::fuzz_query;

/// The longest query, in bytes.
pub(crate) const MAX_BYTES: usize = 4_096;

/// What a call must be.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    /// Words anywhere in the call: its tool, its error, its payloads.
    Text(Pattern),
    Field(Condition),
}

/// What one field must be.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Condition {
    pub(crate) field: Field,
    /// Behind `arguments.`; empty for every other field.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) path: String,
    pub(crate) operator: Operator,
    pub(crate) value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Operator {
    #[serde(rename = "=")]
    Is,
    #[serde(rename = "<")]
    Below,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">")]
    Above,
    #[serde(rename = ">=")]
    AtLeast,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Value {
    /// `*`: anything but nothing.
    Present,
    /// A word of a closed set.
    Word(&'static str),
    Pattern(Pattern),
    Id(Uuid),
    /// Of a user or a key; who asks knows its id.
    Name(String),
    Micros(i64),
    Number(i64),
}

/// Text, or parts of one with anything between them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Pattern {
    /// What stands between the `*`: never empty, one part where there is none.
    pub(crate) parts: Vec<String>,
}

/// Why a query cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct QueryError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// In bytes.
    pub(crate) span: Range<usize>,
}

/// Reads a query; none when it asks for nothing in particular.
pub(crate) fn parse(text: &str) -> Result<Option<Expression>, ServiceError> {
    parser::parse(text).map_err(|error| error.refuse(text))
}

impl Expression {
    /// Of one, it is that one; what is joined the same way is joined here.
    pub(crate) fn all(expressions: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(expressions.len());
        for expression in expressions {
            match expression {
                Self::All(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match <[Self; 1]>::try_from(flat) {
            Ok([only]) => only,
            Err(flat) => Self::All(flat),
        }
    }

    /// See [`Expression::all`].
    pub(crate) fn any(expressions: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(expressions.len());
        for expression in expressions {
            match expression {
                Self::Any(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        match <[Self; 1]>::try_from(flat) {
            Ok([only]) => only,
            Err(flat) => Self::Any(flat),
        }
    }
}

impl Operator {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Is => "=",
            Self::Below => "<",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::AtLeast => ">=",
        }
    }
}

impl Pattern {
    /// Text as it stands.
    pub(crate) fn exact(text: impl Into<String>) -> Self {
        Self {
            parts: vec![text.into()],
        }
    }

    /// Text in which `*` stands for anything.
    fn with_wildcards(text: &str) -> Self {
        Self {
            parts: text.split('*').map(str::to_owned).collect(),
        }
    }

    /// The text, where it has no wildcard.
    pub(crate) fn as_exact(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }
}

impl QueryError {
    fn refuse(self, text: &str) -> ServiceError {
        // As browsers count.
        let column = |byte: usize| text[..byte].encode_utf16().count() as u32;
        let span = Span {
            start: column(self.span.start),
            end: column(self.span.end),
        };
        let mut error = ServiceError::invalid("filter.q", self.message);
        self.code.clone_into(&mut error.reason);
        error.span = Some(span);
        error
    }
}
