use uuid::Uuid;

use super::{Statement, postgres, sqlite};
use crate::{
    filter::{Range, ToolCallFilter},
    query::{Condition, Expression, Field, Operator, Pattern, Value},
    words::{Part, Phrase, Search},
};

/// The condition of the index of calls that failed, in its own words.
pub(super) const OF_FAILED_CALLS: &str = " AND status IN ('error', 'timeout', 'cancelled')";

/// The condition of the index of calls that run, in its own words.
pub(super) const OF_RUNNING_CALLS: &str = " AND status = 'running'";

/// `WHERE`, over rows of calls.
pub(super) fn push_filter(statement: &mut Statement, filter: &ToolCallFilter, range: Range) {
    if !statement.is_postgres() && statement.words.is_looked_up() && !searches(filter).is_empty() {
        sqlite::push_range_of_few(statement, filter.project_id, range);
    } else {
        push_range(statement, filter.project_id, range);
    }
    push_days(statement, range);
    // Few calls fail, and have an index of their own.
    if filter.terms.iter().any(is_of_failed_calls) {
        statement.push(OF_FAILED_CALLS);
    }
    push_terms(statement, filter);
}

/// `WHERE`, over anything that a project has at a time.
pub(super) fn push_range(statement: &mut Statement, project_id: Uuid, range: Range) {
    statement.push(" WHERE project_id = ").bind(project_id);
    if let Some(from) = range.from {
        statement.push(" AND started_at >= ").bind(from.as_micros());
    }
    if let Some(to) = range.to {
        statement.push(" AND started_at < ").bind(to.as_micros());
    }
}

/// Has only those parts of PostgreSQL's tables read that a range can be in.
pub(super) fn push_days(statement: &mut Statement, range: Range) {
    if statement.is_postgres() {
        postgres::push_days(statement, range);
    }
}

/// `id` is one of these, each of which is looked up.
pub(super) fn push_each(statement: &mut Statement, ids: Vec<Uuid>) {
    if statement.is_postgres() {
        postgres::push_each(statement, ids);
    } else {
        statement.push("id IN ").push_ids(ids);
    }
}

/// Whether the index of calls that failed knows all that a filter asks.
pub(super) fn is_in_index_of_failed_calls(filter: &ToolCallFilter) -> bool {
    filter.terms.iter().any(is_of_failed_calls)
        && filter.is_only_about(&[Field::Status, Field::Kind, Field::Code])
}

/// Whether only calls that failed can have it.
fn is_of_failed_calls(term: &Expression) -> bool {
    let Expression::Field(condition) = term else {
        return false;
    };
    match (condition.field, &condition.value) {
        (Field::Code | Field::Kind | Field::Error, _) => true,
        (Field::Status, Value::Word(word)) => {
            condition.operator == Operator::Is && matches!(*word, "error" | "timeout" | "cancelled")
        }
        _ => false,
    }
}

/// The conditions of a filter without project and time.
pub(super) fn push_terms(statement: &mut Statement, filter: &ToolCallFilter) {
    for term in &filter.terms {
        statement.push(" AND ");
        push_expression(statement, term);
    }
}

fn push_expression(statement: &mut Statement, expression: &Expression) {
    if let Some(search) = search(expression) {
        return push_search(statement, &search);
    }
    match expression {
        Expression::All(terms) => push_joined(statement, terms, " AND "),
        Expression::Any(terms) => push_joined(statement, terms, " OR "),
        Expression::Not(inner) => {
            // What is not known is not so.
            statement.push("NOT COALESCE(");
            push_expression(statement, inner);
            statement.push(", FALSE)");
        }
        // There is no word in it.
        Expression::Text(_) => {
            statement.push("FALSE");
        }
        Expression::Field(condition) => push_condition(statement, condition),
    }
}

/// What every call of a filter must have in its words.
pub(super) fn searches(filter: &ToolCallFilter) -> Vec<Search> {
    filter.terms.iter().filter_map(search).collect()
}

/// What a filter asks of words, wherever in it.
pub(super) fn all_searches(filter: &ToolCallFilter) -> Vec<Search> {
    let mut found = Vec::new();
    for term in &filter.terms {
        collect_searches(term, &mut found);
    }
    found
}

fn collect_searches(expression: &Expression, found: &mut Vec<Search>) {
    match expression {
        Expression::All(terms) | Expression::Any(terms) => {
            for term in terms {
                collect_searches(term, found);
            }
        }
        Expression::Not(inner) => collect_searches(inner, found),
        Expression::Text(_) | Expression::Field(_) => {
            found.extend(search(expression).filter(|search| !found.contains(search)));
        }
    }
}

/// The filter without what [`searches`] has of it.
pub(super) fn without_words(filter: &ToolCallFilter) -> ToolCallFilter {
    let mut others = filter.clone();
    others.terms.retain(|term| search(term).is_none());
    others
}

/// The filter without the terms that have words anywhere in them.
pub(super) fn without_any_words(filter: &ToolCallFilter) -> ToolCallFilter {
    let mut others = filter.clone();
    others.terms.retain(|term| {
        let mut found = Vec::new();
        collect_searches(term, &mut found);
        found.is_empty()
    });
    others
}

/// What an expression looks for in words, if it does.
pub(super) fn search(term: &Expression) -> Option<Search> {
    let (part, phrase) = match term {
        Expression::Text(pattern) => (Part::Anywhere, Phrase::new(pattern)?),
        Expression::Field(condition) => {
            let pattern = match &condition.value {
                Value::Pattern(pattern) => Some(pattern),
                _ => None,
            };
            match condition.field {
                Field::Error => (Part::Error, Phrase::new(pattern?)?),
                Field::Result => (Part::Result, Phrase::new(pattern?)?),
                Field::Arguments if condition.path.is_empty() => (Part::Arguments, Phrase::new(pattern?)?),
                Field::Arguments => (Part::Arguments, Phrase::of_leaf(&condition.path, pattern)),
                _ => return None,
            }
        }
        Expression::All(_) | Expression::Any(_) | Expression::Not(_) => return None,
    };
    Some(Search { part, phrase })
}

fn push_joined(statement: &mut Statement, terms: &[Expression], between: &str) {
    statement.push("(");
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            statement.push(between);
        }
        push_expression(statement, term);
    }
    statement.push(")");
}

fn push_condition(statement: &mut Statement, condition: &Condition) {
    let operator = condition.operator;
    match condition.field {
        Field::Status => push_value(statement, "status", operator, &condition.value),
        Field::Kind => push_value(statement, "error_kind", operator, &condition.value),
        Field::Door => push_value(statement, "door", operator, &condition.value),
        Field::Tool => push_value(statement, "tool_name", operator, &condition.value),
        Field::Server => match condition.value {
            Value::Id(_) => push_value(statement, "server_id", operator, &condition.value),
            _ => push_value(statement, "server_name", operator, &condition.value),
        },
        Field::Client => {
            statement.push("(");
            push_value(statement, "client_type", operator, &condition.value);
            statement.push(" OR ");
            push_value(statement, "client_name", operator, &condition.value);
            statement.push(")");
        }
        Field::User => push_value(statement, "user_id", operator, &condition.value),
        Field::Key => push_value(statement, "api_key_id", operator, &condition.value),
        Field::Session => push_value(statement, "session_id", operator, &condition.value),
        Field::Id => push_value(statement, "id", operator, &condition.value),
        Field::Duration => push_value(statement, "duration_us", operator, &condition.value),
        Field::Code => push_value(statement, "error_code", operator, &condition.value),
        Field::Revision => push_value(statement, "client_revision", operator, &condition.value),
        Field::Trace => push_value(statement, "trace_id", operator, &condition.value),
        Field::Ip => push_value(statement, "ip_address", operator, &condition.value),
        Field::Request => push_request_id(statement, &condition.value),
        Field::Error => push_text(statement, "error_message", &condition.value),
        Field::Result => push_text(statement, "result_size", &condition.value),
        Field::Arguments => push_text(statement, "arguments_size", &condition.value),
    }
}

fn push_value(statement: &mut Statement, column: &str, operator: Operator, value: &Value) {
    match value {
        Value::Present => push_present(statement, column),
        Value::Pattern(pattern) => push_pattern(statement, column, pattern),
        Value::Word(word) => push_comparison(statement, column, operator, (*word).to_owned()),
        Value::Id(id) => push_comparison(statement, column, operator, *id),
        Value::Micros(number) | Value::Number(number) => {
            push_comparison(statement, column, operator, *number);
        }
        // Names are resolved before; one that is not is nobody's.
        Value::Name(_) => {
            statement.push("FALSE");
        }
    }
}

fn push_comparison(
    statement: &mut Statement,
    column: &str,
    operator: Operator,
    value: impl Into<crate::row::Value>,
) {
    statement
        .push(column)
        .push(" ")
        .push(operator.as_str())
        .push(" ")
        .bind(value);
}

/// Columns of text are empty where there is nothing, all others NULL; rollups
/// are empty in the place of NULL, and have zeros in the place of no id.
fn push_present(statement: &mut Statement, column: &str) {
    match column {
        "session_id" | "user_id" | "api_key_id" => {
            statement.push(&format!("COALESCE({column}, ")).bind(Uuid::nil());
            statement.push(") <> ").bind(Uuid::nil());
        }
        "duration_us" | "error_code" | "id" | "server_id" | "arguments_size" | "result_size" => {
            statement.push(&format!("{column} IS NOT NULL"));
        }
        _ => {
            statement.push(&format!("COALESCE({column}, '') <> ''"));
        }
    }
}

fn push_pattern(statement: &mut Statement, column: &str, pattern: &Pattern) {
    match pattern.as_exact() {
        Some(text) => push_comparison(statement, column, Operator::Is, text.to_owned()),
        None if statement.is_postgres() => postgres::push_pattern(statement, column, &pattern.parts),
        None => sqlite::push_pattern(statement, column, &pattern.parts),
    }
}

/// It is stored as JSON: a text in quotes, a number without.
fn push_request_id(statement: &mut Statement, value: &Value) {
    let Value::Pattern(pattern) = value else {
        return push_present(statement, "request_id");
    };
    statement.push("(");
    push_pattern(statement, "request_id", pattern);
    if let Some(text) = pattern.as_exact() {
        let quoted = serde_json::Value::from(text).to_string();
        statement.push(" OR request_id = ").bind(quoted);
    }
    statement.push(")");
}

/// A text that is looked for by no word.
fn push_text(statement: &mut Statement, column: &str, value: &Value) {
    match value {
        Value::Pattern(_) => {
            statement.push("FALSE");
        }
        _ => push_present(statement, column),
    }
}

/// The calls were found before.
fn push_search(statement: &mut Statement, search: &Search) {
    let ids = statement.words.ids(search);
    if !statement.is_postgres() && !statement.words.is_looked_up() {
        sqlite::push_compared(statement, ids);
    } else {
        statement.push("id IN ").push_ids(ids);
    }
}

#[cfg(test)]
mod tests {
    use database::{
        keyset::Place,
        testing::{Engine, TestDatabase},
    };

    use super::*;
    use crate::{
        query,
        store::{Store, push_place},
    };

    #[tokio::test]
    async fn sqlite_sees_why_calls_failed_in_their_index() {
        let home = TestDatabase::create(Engine::Sqlite).await;
        let store = Store::open(home.url()).await.unwrap();
        for q in ["code:-32602", "code:>0", "kind:denied", "status:timeout"] {
            let filter = ToolCallFilter {
                project_id: Uuid::nil(),
                range: Range::between(1, 2),
                terms: query::parse(q).unwrap().into_iter().collect(),
            };
            let select = "EXPLAIN QUERY PLAN SELECT id FROM tool_calls";
            let mut statement = Statement::new(&store.database, select);
            push_filter(&mut statement, &filter, filter.range);
            push_place(&mut statement, Place::Newest, "started_at", 50);
            let plan: Vec<(i64, i64, i64, String)> = statement.fetch_all(&store.database).await.unwrap();
            let steps: Vec<String> = plan.into_iter().map(|step| step.3).collect();
            assert!(
                steps[0].starts_with("SEARCH tool_calls USING COVERING INDEX tool_calls_failed"),
                "{q}: {steps:?}"
            );
        }
        store.close().await;
        home.remove().await;
    }
}
