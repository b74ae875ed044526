use std::fmt::{self, Display, Formatter};

use super::{Condition, Expression, Operator, Pattern, Value};

/// As it would be typed: reads back as the same.
impl Display for Expression {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::All(terms) => joined(out, terms, " ", |term| matches!(term, Self::Any(_))),
            Self::Any(terms) => joined(out, terms, " OR ", |_| false),
            Self::Not(inner) => {
                out.write_str("-")?;
                in_brackets(out, inner, matches!(**inner, Self::All(_) | Self::Any(_)))
            }
            Self::Text(pattern) => write_text(out, pattern, true),
            Self::Field(condition) => condition.fmt(out),
        }
    }
}

impl Display for Condition {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(self.field.name())?;
        if !self.path.is_empty() {
            write!(out, ".{}", self.path)?;
        }
        out.write_str(":")?;
        if self.operator != Operator::Is {
            out.write_str(self.operator.as_str())?;
        }
        match &self.value {
            Value::Present => out.write_str("*"),
            Value::Word(word) => out.write_str(word),
            Value::Pattern(pattern) => write_text(out, pattern, false),
            Value::Id(id) => id.fmt(out),
            Value::Name(name) => write_text(out, &Pattern::exact(name.as_str()), false),
            Value::Micros(micros) => write_duration(out, *micros),
            Value::Number(number) => number.fmt(out),
        }
    }
}

/// In the largest unit that it is a whole number of.
fn write_duration(out: &mut Formatter<'_>, micros: i64) -> fmt::Result {
    let units = [
        (3_600_000_000, "h"),
        (60_000_000, "m"),
        (1_000_000, "s"),
        (1_000, "ms"),
    ];
    let fits = units.iter().find(|(us, _)| micros % us == 0 && micros != 0);
    let (us, unit) = fits.unwrap_or(&(1, "us"));
    write!(out, "{}{unit}", micros / us)
}

fn joined(
    out: &mut Formatter<'_>,
    terms: &[Expression],
    between: &str,
    needs_brackets: fn(&Expression) -> bool,
) -> fmt::Result {
    for (index, term) in terms.iter().enumerate() {
        if index > 0 {
            out.write_str(between)?;
        }
        in_brackets(out, term, needs_brackets(term))?;
    }
    Ok(())
}

fn in_brackets(out: &mut Formatter<'_>, term: &Expression, are_needed: bool) -> fmt::Result {
    if are_needed {
        write!(out, "({term})")
    } else {
        term.fmt(out)
    }
}

fn write_text(out: &mut Formatter<'_>, pattern: &Pattern, is_term: bool) -> fmt::Result {
    let Some(text) = pattern.as_exact() else {
        return out.write_str(&pattern.parts.join("*"));
    };
    let is_special =
        |character: char| character.is_whitespace() || matches!(character, '(' | ')' | '"' | '*' | '<' | '>');
    let is_keyword = matches!(text, "OR" | "AND" | "NOT");
    let is_read_otherwise = is_term && (text.starts_with('-') || text.contains(':') || is_keyword);
    if text.is_empty() || text.contains(is_special) || is_read_otherwise {
        return write!(out, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    }
    out.write_str(text)
}
