//! What somebody may have meant who wrote a name that nobody knows.

use service_error::{FieldError, ServiceError};

/// Refuses names that are not among the known ones; absent when all are.
///
/// `kind` says of what: "field", "parameter".
pub(crate) fn refuse_unknown<'a>(
    kind: &str,
    names: impl Iterator<Item = &'a str>,
    known: &[&str],
) -> Option<ServiceError> {
    let mut fields: Vec<FieldError> = Vec::new();
    for name in names {
        if known.contains(&name) || fields.iter().any(|field| field.field == name) {
            continue;
        }
        let shown: String = name.chars().take(64).collect();
        let message = unknown_name(kind, name, known);
        fields.push(FieldError {
            field: shown,
            message,
        });
    }
    let first = fields.first()?;
    let mut error = ServiceError::invalid(first.field.clone(), first.message.clone());
    error.reason = format!("unknown_{kind}");
    error.message.clone_from(&first.message);
    error.fields = fields;
    Some(error)
}

/// Says that nothing is called that, and what may be meant.
pub(crate) fn unknown_name(kind: &str, name: &str, known: &[&str]) -> String {
    let shown: String = name.chars().take(64).collect();
    match nearest(name, known) {
        Some(meant) => format!("there is no {kind} {shown:?}; did you mean {meant:?}?"),
        None if known.is_empty() => format!("there is no {kind} {shown:?}; none is taken here"),
        None => format!("there is no {kind} {shown:?}; there are {}", known.join(", ")),
    }
}

/// Reads a word of a closed set.
pub(crate) fn parse_word<E>(field: &str, word: &str) -> Result<E, ServiceError>
where
    E: std::str::FromStr<Err = domain::UnknownWord>,
{
    word.parse().map_err(|unknown: domain::UnknownWord| {
        let shown: String = word.chars().take(64).collect();
        let message = match nearest(word, unknown.known) {
            Some(meant) => format!("{shown:?} is none of its words; did you mean {meant:?}?"),
            None => format!("{shown:?} is none of {}", unknown.known.join(", ")),
        };
        ServiceError::invalid(field, message)
    })
}

/// The known name that a few slips of the keyboard turn into this one.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    // Comparing costs the product of both lengths.
    if name.len() > 64 {
        return None;
    }
    let slips = (name.chars().count() / 3).max(1);
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(&name.to_lowercase(), known), *known))
        .filter(|(distance, _)| *distance <= slips)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_strangers_are_not() {
        let known = ["status", "min_duration_ms", "max_duration_ms"];
        assert_eq!(nearest("stauts", &known), Some("status"));
        assert_eq!(nearest("Status", &known), Some("status"));
        assert_eq!(nearest("min_duration", &known), Some("min_duration_ms"));
        assert_eq!(nearest("colour", &known), None);
        assert_eq!(nearest(&"x".repeat(1_000), &known), None);
    }

    #[test]
    fn every_unknown_name_is_told() {
        let error = refuse_unknown("field", ["naem", "name", "colour"].into_iter(), &["name"]).expect("two");
        assert_eq!(error.reason, "unknown_field");
        assert_eq!(error.message, r#"there is no field "naem"; did you mean "name"?"#);
        assert_eq!(error.fields.len(), 2);
        assert!(refuse_unknown("field", ["name"].into_iter(), &["name"]).is_none());
    }
}
