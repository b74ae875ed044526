use std::collections::HashMap;

use database::keyset;
use domain::{ErrorKind, Timestamp, ToolCallStatus};
use prost::Message as _;
use proto::{convert::FromWire, logging as wire};
use service_error::{Code, ServiceError, Span};
use uuid::Uuid;

use crate::{
    query::{self, Condition, Expression, Field, Operator, Pattern, Value},
    record,
    rollup::DAY_US,
};

/// How many values one field may list.
const MAX_VALUES: usize = 200;

/// Which tool calls.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ToolCallFilter {
    pub(crate) project_id: Uuid,
    pub(crate) range: Range,
    /// Joined by AND; empty takes all.
    pub(crate) terms: Vec<Expression>,
}

/// From a time on, and before a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
}

/// What cursors belong to: the filter, and which of its orders. The range is no
/// part of that: one that ends now moves between two pages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    /// Newest first.
    pub(crate) list: keyset::Filter,
    /// Oldest first.
    pub(crate) oldest_first: keyset::Filter,
    /// By the position of the last change.
    pub(crate) changes: keyset::Filter,
}

impl Range {
    /// Both in microseconds.
    pub(crate) const fn between(from: i64, to: i64) -> Self {
        Self {
            from: Some(Timestamp::from_micros(from)),
            to: Some(Timestamp::from_micros(to)),
        }
    }

    /// Both ends, in microseconds, within all times that there are.
    pub(crate) fn bounds(self) -> (i64, i64) {
        const LAST: i64 = 100_000 * DAY_US;
        (
            self.from.map_or(-LAST, |from| from.as_micros().max(-LAST)),
            self.to.map_or(LAST, |to| to.as_micros().min(LAST)),
        )
    }

    /// The range of the same length before this one, where it has both ends.
    pub(crate) fn previous(self) -> Option<Self> {
        let (from, to) = (self.from?, self.to?);
        Some(Self {
            from: Some(from - to.since(from)),
            to: Some(from),
        })
    }
}

impl ToolCallFilter {
    /// Reads a filter, and what cursors made under it belong to.
    pub(crate) fn from_wire(filter: Option<wire::ToolCallFilter>) -> Result<(Self, Scope), ServiceError> {
        let mut filter = filter.unwrap_or_default();
        let range = Range {
            from: filter.from_us.take().map(Timestamp::from_micros),
            to: filter.to_us.take().map(Timestamp::from_micros),
        };
        if let (Some(from), Some(to)) = (range.from, range.to)
            && to < from
        {
            return Err(ServiceError::invalid(
                "filter.to_us",
                "expected a time after from_us",
            ));
        }
        // Who joins a project meanwhile makes no other filter of it.
        let users = names("filter.users", std::mem::take(&mut filter.users))?;
        let keys = names("filter.api_keys", std::mem::take(&mut filter.api_keys))?;
        let encoded = filter.encode_to_vec();
        let scope = Scope {
            list: keyset::Filter::of("tool_calls", &[&encoded]),
            oldest_first: keyset::Filter::of("tool_calls_oldest_first", &[&encoded]),
            changes: keyset::Filter::of("tool_call_changes", &[&encoded]),
        };
        let project_id = id("filter.project_id", &filter.project_id)?;
        let mut terms = typed_terms(&filter)?;
        if let Some(mut expression) = query::parse(&filter.q)? {
            resolve(&mut expression, &filter.q, &users, &keys)?;
            if filter.without_payloads {
                leave_payloads_out(&mut expression)?;
            }
            match expression {
                Expression::All(inner) => terms.extend(inner),
                other => terms.push(other),
            }
        }
        let parsed = Self {
            project_id,
            range,
            terms,
        };
        Ok((parsed, scope))
    }

    /// The same filter over another range.
    pub(crate) fn over(&self, range: Range) -> Self {
        Self {
            range,
            ..self.clone()
        }
    }

    /// The same filter without what it asks of one field.
    pub(crate) fn without(&self, fields: &[Field]) -> Self {
        let mut filter = self.clone();
        filter.terms.retain(|term| !term.is_only_about(fields));
        filter
    }

    /// The same filter with nothing but what it asks of some fields.
    pub(crate) fn only(&self, fields: &[Field]) -> Self {
        let mut filter = self.clone();
        filter.terms.retain(|term| term.is_only_about(fields));
        filter
    }

    /// Whether [`ToolCallFilter::without`] the field is another filter.
    pub(crate) fn names(&self, field: Field) -> bool {
        self.terms.iter().any(|term| term.is_only_about(&[field]))
    }

    /// Whether it asks of these fields only.
    pub(crate) fn is_only_about(&self, fields: &[Field]) -> bool {
        self.is_about_one_of(&[fields])
    }

    /// Whether each of its terms asks of one of these sets of fields only.
    pub(crate) fn is_about_one_of(&self, sets: &[&[Field]]) -> bool {
        let is_about_one = |term: &Expression| sets.iter().any(|fields| term.is_only_about(fields));
        self.terms.iter().all(is_about_one)
    }
}

impl Expression {
    fn is_only_about(&self, fields: &[Field]) -> bool {
        match self {
            Self::All(terms) | Self::Any(terms) => terms.iter().all(|term| term.is_only_about(fields)),
            Self::Not(inner) => inner.is_only_about(fields),
            Self::Text(_) => false,
            Self::Field(condition) => fields.contains(&condition.field),
        }
    }
}

fn typed_terms(filter: &wire::ToolCallFilter) -> Result<Vec<Expression>, ServiceError> {
    let word = |word: &'static str| Value::Word(word);
    let text = |text: &String| Value::Pattern(Pattern::exact(text.as_str()));
    let statuses = words::<ToolCallStatus>("filter.statuses", &filter.statuses)?;
    let kinds = words::<ErrorKind>("filter.error_kinds", &filter.error_kinds)?;
    let mut terms = Vec::new();
    let mut any_of = |field, values: Vec<Value>| {
        if !values.is_empty() {
            let values = values.into_iter().map(|value| is(field, Operator::Is, value));
            terms.push(Expression::any(values.collect()));
        }
    };
    any_of(
        Field::Status,
        statuses.into_iter().map(|status| word(status.as_str())).collect(),
    );
    any_of(
        Field::Kind,
        kinds.into_iter().map(|kind| word(kind.as_str())).collect(),
    );
    any_of(
        Field::Tool,
        texts("filter.tools", &filter.tools)?.iter().map(text).collect(),
    );
    any_of(Field::Server, ids("filter.server_ids", &filter.server_ids)?);
    any_of(Field::Session, ids("filter.session_ids", &filter.session_ids)?);
    any_of(
        Field::Client,
        texts("filter.client_types", &filter.client_types)?
            .iter()
            .map(text)
            .collect(),
    );
    for (operator, limit) in [
        (Operator::AtLeast, filter.min_duration_us),
        (Operator::AtMost, filter.max_duration_us),
    ] {
        if let Some(limit) = limit {
            terms.push(is(
                Field::Duration,
                operator,
                Value::Micros(record::number(limit)),
            ));
        }
    }
    Ok(terms)
}

fn is(field: Field, operator: Operator, value: Value) -> Expression {
    Expression::Field(Condition {
        field,
        path: String::new(),
        operator,
        value,
    })
}

/// Who could search what they may not read would read it, guess by guess.
fn leave_payloads_out(expression: &mut Expression) -> Result<(), ServiceError> {
    match expression {
        Expression::All(terms) | Expression::Any(terms) => terms.iter_mut().try_for_each(leave_payloads_out),
        Expression::Not(inner) => leave_payloads_out(inner),
        Expression::Text(pattern) => {
            let of = |field| is(field, Operator::Is, Value::Pattern(pattern.clone()));
            *expression = Expression::any(vec![of(Field::Tool), of(Field::Error)]);
            Ok(())
        }
        Expression::Field(condition) => match condition.field {
            Field::Arguments | Field::Result => Err(ServiceError::new(
                Code::PermissionDenied,
                "payloads_not_readable",
                "you may not read arguments and results here, and so may not search them; ask an owner of the project",
            )),
            _ => Ok(()),
        },
    }
}

/// Puts ids in the place of names.
fn resolve(
    expression: &mut Expression,
    text: &str,
    users: &HashMap<String, Uuid>,
    keys: &HashMap<String, Uuid>,
) -> Result<(), ServiceError> {
    match expression {
        Expression::All(terms) | Expression::Any(terms) => terms
            .iter_mut()
            .try_for_each(|term| resolve(term, text, users, keys)),
        Expression::Not(inner) => resolve(inner, text, users, keys),
        Expression::Text(_) => Ok(()),
        Expression::Field(condition) => {
            let Value::Name(name) = &condition.value else {
                return Ok(());
            };
            let (what, known) = match condition.field {
                Field::User => ("user", users),
                _ => ("API key", keys),
            };
            let Some(id) = known.get(&name.to_lowercase()) else {
                let mut error = ServiceError::invalid(
                    "filter.q",
                    format!(
                        "there is no {what} {name:?} in this project; those that are gone go by their id"
                    ),
                );
                "unknown_name".clone_into(&mut error.reason);
                error.span = text.find(name.as_str()).map(|at| {
                    let start = text[..at].encode_utf16().count() as u32;
                    Span {
                        start,
                        end: start + name.encode_utf16().count() as u32,
                    }
                });
                return Err(error);
            };
            condition.value = Value::Id(*id);
            Ok(())
        }
    }
}

/// Reads an id of a request.
pub(crate) fn id(field: &'static str, text: &str) -> Result<Uuid, ServiceError> {
    record::id(field, text).map_err(|error| ServiceError::invalid(error.field, error.problem))
}

fn ids(field: &'static str, texts: &[String]) -> Result<Vec<Value>, ServiceError> {
    limited(field, texts.len())?;
    texts.iter().map(|text| id(field, text).map(Value::Id)).collect()
}

fn names(field: &'static str, named: Vec<wire::NamedId>) -> Result<HashMap<String, Uuid>, ServiceError> {
    named
        .into_iter()
        .map(|named| Ok((named.name.to_lowercase(), id(field, &named.id)?)))
        .collect()
}

fn texts<'a>(field: &'static str, texts: &'a [String]) -> Result<&'a [String], ServiceError> {
    limited(field, texts.len())?;
    if texts.iter().any(|text| text.contains('\0')) {
        return Err(ServiceError::invalid(
            field,
            "expected text without NUL characters",
        ));
    }
    Ok(texts)
}

fn words<E: FromWire>(field: &'static str, values: &[i32]) -> Result<Vec<E>, ServiceError> {
    limited(field, values.len())?;
    values
        .iter()
        .map(|value| {
            E::from_wire(*value)
                .ok_or_else(|| ServiceError::invalid(field, format!("{value} is no known value")))
        })
        .collect()
}

fn limited(field: &'static str, count: usize) -> Result<(), ServiceError> {
    if count > MAX_VALUES {
        return Err(ServiceError::invalid(
            field,
            format!("expected at most {MAX_VALUES} values"),
        ));
    }
    Ok(())
}
