use std::fmt;

/// The longest id that is taken. The specification sets no limit; ids are kept
/// in tables and in the log, so there has to be one.
const MAX_ID_BYTES: usize = 256;

/// The id of a JSON-RPC request: a string or an integer, as its sender chose it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Id {
    /// The digits as they were written, so that no integer is too large.
    Integer(Box<str>),
    Text(Box<str>),
}

impl Id {
    /// Takes the text of a JSON value if it can be an id. `null` and fractions
    /// cannot.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_ID_BYTES {
            return None;
        }
        if text.starts_with('"') {
            return serde_json::from_str::<String>(text)
                .ok()
                .map(|text| Self::Text(text.into()));
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_integer.then(|| Self::Integer(text.into()))
    }

    /// The number, where it is one that the gateway itself gave out.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Integer(digits) => digits.parse().ok(),
            Self::Text(_) => None,
        }
    }
}

impl From<u64> for Id {
    fn from(number: u64) -> Self {
        Self::Integer(number.to_string().into())
    }
}

/// As JSON.
impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(digits) => formatter.write_str(digits),
            Self::Text(text) => serde_json::Value::from(&**text).fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id(text: &str) -> Option<Id> {
        Id::parse(text)
    }

    #[test]
    fn only_strings_and_integers_are_ids() {
        for text in ["null", "1.5", "1e3", "true", "[1]", "{}"] {
            assert_eq!(id(text), None, "{text}");
        }
        assert_eq!(id("7").and_then(|id| id.as_u64()), Some(7));
        assert_eq!(id("\"7\"").and_then(|id| id.as_u64()), None);
        assert_ne!(id("7"), id("\"7\""));
        assert_eq!(id("\"\\u0061\""), id("\"a\""));
    }

    proptest! {
        #[test]
        fn every_id_is_written_as_it_was_read(text in ".{0,40}", number: i128) {
            let written = id(&serde_json::Value::from(text).to_string()).expect("an id").to_string();
            prop_assert_eq!(id(&written).expect("an id").to_string(), written);
            prop_assert_eq!(id(&number.to_string()).expect("an id").to_string(), number.to_string());
        }
    }
}
