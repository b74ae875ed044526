use std::ops::Range;

use super::{Condition, Expression, Field, MAX_BYTES, Operator, Pattern, QueryError, Value, field::Kind};

/// Brackets and negations within each other.
const MAX_DEPTH: usize = 32;

/// Words and conditions in one query.
const MAX_TERMS: usize = 100;

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    terms: usize,
}

/// A word or a quoted text.
struct Token {
    text: String,
    is_quoted: bool,
    span: Range<usize>,
}

type Parsed<T> = Result<T, QueryError>;

pub(super) fn parse(text: &str) -> Parsed<Option<Expression>> {
    if text.len() > MAX_BYTES {
        return Err(error(
            "too_long",
            0..0,
            format!("the query is longer than {MAX_BYTES} bytes"),
        ));
    }
    if let Some(at) = text.find('\0') {
        return Err(error(
            "invalid_character",
            at..at + 1,
            "there is a NUL character in the query",
        ));
    }
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        terms: 0,
    };
    parser.skip_space();
    if parser.is_at_end() {
        return Ok(None);
    }
    let expression = parser.any()?;
    if !parser.is_at_end() {
        let at = parser.at;
        return Err(error(
            "unexpected_bracket",
            at..at + 1,
            "this bracket closes nothing",
        ));
    }
    Ok(Some(expression))
}

fn error(code: &'static str, span: Range<usize>, message: impl Into<String>) -> QueryError {
    QueryError {
        code,
        message: message.into(),
        span,
    }
}

/// Ends a word that is not quoted.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')' | '"')
}

impl Parser<'_> {
    /// Terms joined by `OR`.
    fn any(&mut self) -> Parsed<Expression> {
        let mut alternatives = vec![self.all()?];
        while self.take_keyword("OR") {
            alternatives.push(self.all()?);
        }
        Ok(Expression::any(alternatives))
    }

    /// Terms beside each other.
    fn all(&mut self) -> Parsed<Expression> {
        let mut terms = vec![self.negated()?];
        loop {
            self.skip_space();
            if self.is_at_end() || self.peek() == Some(')') || self.is_keyword("OR") {
                return Ok(Expression::all(terms));
            }
            self.take_keyword("AND");
            terms.push(self.negated()?);
        }
    }

    fn negated(&mut self) -> Parsed<Expression> {
        self.skip_space();
        let start = self.at;
        let is_minus = self.peek() == Some('-');
        if is_minus {
            self.at += 1;
            if self.peek().is_none_or(|next| next.is_whitespace() || next == ')') {
                return Err(error(
                    "missing_term",
                    start..self.at,
                    "there is nothing behind this minus",
                ));
            }
        } else if !self.take_keyword("NOT") {
            return self.term();
        }
        self.nested(start, |parser| Ok(Expression::Not(Box::new(parser.negated()?))))
    }

    fn term(&mut self) -> Parsed<Expression> {
        let start = self.at;
        match self.peek() {
            None => Err(error("missing_term", start..start, "something is missing here")),
            Some(')') => Err(error(
                "missing_term",
                start..start + 1,
                "something is missing before this bracket",
            )),
            Some('(') => {
                self.at += 1;
                let inner = self.nested(start, Self::any)?;
                self.close_bracket(start)?;
                Ok(inner)
            }
            Some('"') => {
                let text = self.quoted()?;
                self.count_term(&text.span)?;
                let pattern = Pattern::exact(text.text);
                searchable(&pattern, &text.span)?;
                Ok(Expression::Text(pattern))
            }
            Some(_) => self.word_or_field(),
        }
    }

    fn word_or_field(&mut self) -> Parsed<Expression> {
        let start = self.at;
        for keyword in ["OR", "AND"] {
            if self.is_keyword(keyword) {
                return Err(error(
                    "missing_term",
                    start..start + keyword.len(),
                    format!("something is missing before {keyword}; quote it to search the word"),
                ));
            }
        }
        let rest = &self.text[start..];
        let end = rest.find(ends_word).unwrap_or(rest.len());
        if let Some(colon) = rest[..end].find(':') {
            self.at = start + colon + 1;
            return self.field(start..start + colon);
        }
        let word = self.word();
        self.count_term(&word.span)?;
        let pattern = Pattern::with_wildcards(&word.text);
        searchable(&pattern, &word.span)?;
        Ok(Expression::Text(pattern))
    }

    /// What stands behind a name and its colon.
    fn field(&mut self, name: Range<usize>) -> Parsed<Expression> {
        let text = &self.text[name.clone()];
        let (root, path) = text.split_once('.').unwrap_or((text, ""));
        let Some(field) = Field::named(root) else {
            let known: Vec<&str> = Field::NAMES.iter().map(|(name, _)| *name).collect();
            return Err(error(
                "unknown_field",
                name,
                format!(
                    "there is no field {root:?}; there are {}. To search the text, put it in quotes",
                    known.join(", ")
                ),
            ));
        };
        let is_path = root.len() < text.len();
        if is_path && field != Field::Arguments {
            return Err(error(
                "unknown_field",
                name,
                format!("only arguments have parts; {root} has none"),
            ));
        }
        if is_path && path.split('.').any(str::is_empty) {
            return Err(error("unknown_field", name, "expected a name behind each dot"));
        }
        let path = path.to_owned();
        if self.peek() != Some('(') {
            return self.condition(field, &path);
        }
        let start = self.at;
        self.at += 1;
        let mut alternatives = Vec::new();
        loop {
            self.skip_space();
            alternatives.push(self.condition(field, &path)?);
            self.skip_space();
            if !self.take_keyword("OR") {
                break;
            }
        }
        if !self.is_at_end() && self.peek() != Some(')') {
            let at = self.at;
            return Err(error(
                "missing_or",
                at..at,
                "expected OR between the values, or a bracket",
            ));
        }
        self.close_bracket(start)?;
        Ok(Expression::any(alternatives))
    }

    fn condition(&mut self, field: Field, path: &str) -> Parsed<Expression> {
        let start = self.at;
        let kind = field.kind();
        let operator = self.operator();
        if operator != Operator::Is && !kind.is_ordered() {
            return Err(error(
                "not_ordered",
                start..self.at,
                format!("{} cannot be compared by {}", field.name(), operator.as_str()),
            ));
        }
        let value = match self.peek() {
            Some('"') => self.quoted()?,
            Some(next) if !ends_word(next) => self.word(),
            _ => {
                return Err(error(
                    "missing_value",
                    start..self.at,
                    format!("expected a value behind {}:", field.name()),
                ));
            }
        };
        self.count_term(&value.span)?;
        let condition = |operator, value| {
            Expression::Field(Condition {
                field,
                path: path.to_owned(),
                operator,
                value,
            })
        };
        if kind.is_ordered()
            && operator == Operator::Is
            && let Some((from, to)) = value.text.split_once("..")
        {
            self.count_term(&value.span)?;
            let edge = |text| {
                let edge = read(kind, text, false, value.span.clone())?;
                comparable(&edge, &value.span)?;
                Ok(edge)
            };
            return Ok(Expression::all(vec![
                condition(Operator::AtLeast, edge(from)?),
                condition(Operator::AtMost, edge(to)?),
            ]));
        }
        let span = value.span.clone();
        let read = read(kind, &value.text, value.is_quoted, value.span)?;
        if let Value::Micros(_) = read
            && operator == Operator::Is
        {
            return Err(error(
                "missing_operator",
                span,
                format!(
                    "say how it compares: duration:>{0}, duration:<{0} or a range with ..",
                    value.text
                ),
            ));
        }
        if let (Kind::Text, Value::Pattern(pattern)) = (kind, &read) {
            if path.is_empty() {
                searchable(pattern, &span)?;
            } else {
                ends_open(pattern, &span)?;
            }
        }
        if operator != Operator::Is {
            comparable(&read, &span)?;
        }
        Ok(condition(operator, read))
    }

    fn operator(&mut self) -> Operator {
        let operators = [
            (">=", Operator::AtLeast),
            ("<=", Operator::AtMost),
            (">", Operator::Above),
            ("<", Operator::Below),
        ];
        for (sign, operator) in operators {
            if self.text[self.at..].starts_with(sign) {
                self.at += sign.len();
                return operator;
            }
        }
        Operator::Is
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        let rest = &self.text[start..];
        self.at += rest.find(ends_word).unwrap_or(rest.len());
        Token {
            text: self.text[start..self.at].to_owned(),
            is_quoted: false,
            span: start..self.at,
        }
    }

    /// Text in quotes, in which `\"` and `\\` stand for themselves.
    fn quoted(&mut self) -> Parsed<Token> {
        let start = self.at;
        let mut text = String::new();
        let mut characters = self.text[start..].char_indices().skip(1);
        while let Some((offset, character)) = characters.next() {
            match character {
                '"' => {
                    self.at = start + offset + 1;
                    return Ok(Token {
                        text,
                        is_quoted: true,
                        span: start..self.at,
                    });
                }
                '\\' => match characters.next() {
                    Some((_, escaped @ ('"' | '\\'))) => text.push(escaped),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => {}
                },
                other => text.push(other),
            }
        }
        Err(error(
            "unclosed_quote",
            start..self.text.len(),
            "this quote is not closed",
        ))
    }

    fn close_bracket(&mut self, opened: usize) -> Parsed<()> {
        self.skip_space();
        if self.peek() != Some(')') {
            return Err(error(
                "unclosed_bracket",
                opened..opened + 1,
                "this bracket is not closed",
            ));
        }
        self.at += 1;
        Ok(())
    }

    fn nested<T>(&mut self, start: usize, inner: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return Err(error(
                "too_deep",
                start..self.at,
                format!("more than {MAX_DEPTH} levels"),
            ));
        }
        self.depth += 1;
        let parsed = inner(self);
        self.depth -= 1;
        parsed
    }

    fn count_term(&mut self, span: &Range<usize>) -> Parsed<()> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(error(
                "too_many_terms",
                span.clone(),
                format!("more than {MAX_TERMS} terms"),
            ));
        }
        Ok(())
    }

    /// Whether a word stands here that joins or negates.
    fn is_keyword(&self, keyword: &str) -> bool {
        self.text[self.at..]
            .strip_prefix(keyword)
            .is_some_and(|rest| rest.chars().next().is_none_or(ends_word))
    }

    fn take_keyword(&mut self, keyword: &str) -> bool {
        self.skip_space();
        let is_here = self.is_keyword(keyword);
        if is_here {
            self.at += keyword.len();
            self.skip_space();
        }
        is_here
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    const fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }
}

fn comparable(value: &Value, span: &Range<usize>) -> Parsed<()> {
    if *value == Value::Present {
        return Err(error(
            "missing_value",
            span.clone(),
            "expected a value that can be compared",
        ));
    }
    Ok(())
}

/// Text is found by its words, and by how a word begins.
fn searchable(pattern: &Pattern, span: &Range<usize>) -> Parsed<()> {
    ends_open(pattern, span)?;
    let has_word = pattern
        .parts
        .first()
        .is_some_and(|text| text.contains(char::is_alphanumeric));
    if !has_word {
        return Err(error(
            "no_word",
            span.clone(),
            "expected a letter or a digit: only words can be searched",
        ));
    }
    Ok(())
}

fn ends_open(pattern: &Pattern, span: &Range<usize>) -> Parsed<()> {
    match pattern.parts.as_slice() {
        [_] => Ok(()),
        [_, end] if end.is_empty() => Ok(()),
        _ => Err(error(
            "misplaced_wildcard",
            span.clone(),
            "in a text, a wildcard can stand only at the end of a word",
        )),
    }
}

fn read(kind: Kind, text: &str, is_quoted: bool, span: Range<usize>) -> Parsed<Value> {
    kind.read(text, is_quoted)
        .map_err(|(code, message)| error(code, span, message))
}
