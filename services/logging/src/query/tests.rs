use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::*;

const CASES: &str = include_str!("../../../../tests/query-language/cases.json");

#[derive(Deserialize)]
struct Case {
    query: String,
    tree: Option<Json>,
    printed: Option<String>,
    error: Option<CaseError>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct CaseError {
    code: String,
    start: u32,
    end: u32,
}

#[test]
fn every_case_reads_as_it_stands_in_the_file() {
    let cases: Vec<Case> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() > 60);
    for case in cases {
        let (tree, printed, error) = match parse(&case.query) {
            Ok(expression) => (
                Some(json!(expression)),
                Some(expression.map_or_else(String::new, |expression| expression.to_string())),
                None,
            ),
            Err(error) => {
                let span = error.span.unwrap();
                let (code, start, end) = (error.reason, span.start, span.end);
                (None, None, Some(CaseError { code, start, end }))
            }
        };
        let expected = case.error.is_none().then(|| case.tree.unwrap_or(Json::Null));
        assert_eq!(tree, expected, "{}", case.query);
        assert_eq!(printed, case.printed, "{}", case.query);
        assert_eq!(error, case.error, "{}", case.query);
    }
}

fn any_text() -> impl Strategy<Value = String> {
    "\\PC{0,12}a\\PC{0,6}"
}

fn any_word() -> impl Strategy<Value = String> {
    "[a-z가-힣][a-z0-9가-힣_./\\\\-]{0,8}"
}

fn any_pattern() -> impl Strategy<Value = Pattern> {
    prop_oneof![
        any_text().prop_map(Pattern::exact),
        any_word().prop_map(|word| Pattern {
            parts: vec![word, String::new()]
        }),
    ]
}

fn condition(field: Field, operator: Operator, value: Value) -> Expression {
    Expression::Field(Condition {
        field,
        path: String::new(),
        operator,
        value,
    })
}

fn any_leaf() -> impl Strategy<Value = Expression> {
    let operator = prop::sample::select(vec![
        Operator::Below,
        Operator::AtMost,
        Operator::Above,
        Operator::AtLeast,
    ]);
    let word = prop::sample::select(domain::ToolCallStatus::WORDS);
    let by_pattern = prop::sample::select(vec![Field::Tool, Field::Client, Field::Error, Field::Result]);
    prop_oneof![
        any_pattern().prop_map(Expression::Text),
        word.prop_map(|word| condition(Field::Status, Operator::Is, Value::Word(word))),
        (by_pattern, any_pattern()).prop_map(|(field, pattern)| condition(
            field,
            Operator::Is,
            Value::Pattern(pattern)
        )),
        any_text().prop_map(|name| condition(Field::User, Operator::Is, Value::Name(name))),
        any::<u128>().prop_map(|id| condition(Field::Server, Operator::Is, Value::Id(Uuid::from_u128(id)))),
        any::<i64>().prop_map(|code| condition(Field::Code, Operator::Is, Value::Number(code))),
        Just(condition(Field::Kind, Operator::Is, Value::Present)),
        (operator, 0..i64::MAX).prop_map(|(operator, us)| condition(
            Field::Duration,
            operator,
            Value::Micros(us)
        )),
        (any_word(), any_pattern()).prop_map(|(path, pattern)| Expression::Field(Condition {
            field: Field::Arguments,
            path: path.replace(['.', '\\'], "_"),
            operator: Operator::Is,
            value: Value::Pattern(pattern),
        })),
    ]
}

fn any_expression() -> impl Strategy<Value = Expression> {
    any_leaf().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expression::all),
            prop::collection::vec(inner.clone(), 1..4).prop_map(Expression::any),
            inner.prop_map(|inner| Expression::Not(Box::new(inner))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_as_the_same(expression in any_expression()) {
        let printed = expression.to_string();
        prop_assert_eq!(parse(&printed).unwrap(), Some(expression), "{}", printed);
    }

    #[test]
    fn no_text_makes_the_parser_fall_over(text in "\\PC{0,200}") {
        spans_lie_in_the_text(&text)?;
    }

    #[test]
    fn no_soup_of_its_own_signs_makes_the_parser_fall_over(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "(", ")", "\"", "-", "OR", "AND", "NOT", ":", "*", " ", "status:", "duration:>", "a", "1ms", "..", "\\",
                "arguments.", "이슈", "\u{1F600}", "code:", "\u{3000}",
            ]),
            0..60,
        ),
    ) {
        spans_lie_in_the_text(&parts.concat())?;
    }
}

fn spans_lie_in_the_text(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(Some(expression)) => {
            let again = parse(&expression.to_string());
            prop_assert_eq!(again.unwrap(), Some(expression));
        }
        Ok(None) => {}
        Err(error) => {
            let span = error.span.unwrap();
            prop_assert!(span.start <= span.end && span.end as usize <= text.encode_utf16().count());
        }
    }
    Ok(())
}

#[test]
fn brackets_and_minuses_without_end_are_refused_and_overflow_nothing() {
    for sign in ["(", "-", "NOT ", "a OR (", "tool:("] {
        let text: String = sign.repeat(4_096 / sign.len());
        assert!(parse(&text).is_err(), "{sign}");
    }
    assert_eq!(parse(&"a ".repeat(101)).unwrap_err().reason, "too_many_terms");
    assert_eq!(parse(&"a".repeat(4_097)).unwrap_err().reason, "too_long");
}
