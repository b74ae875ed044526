use std::{borrow::Cow, fmt::Write as _};

use serde::{
    Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// All members of an object in their order: names, and the texts of values.
/// Absent when the text is no object.
pub(crate) fn object_members(text: &str) -> Option<Vec<(Cow<'_, str>, &str)>> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(Cow<'de, str>, &'de str)>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(super::splice::Key(name)) = map.next_key()? {
                let value: &'de RawValue = map.next_value()?;
                members.push((name, value.get()));
            }
            Ok(members)
        }
    }

    serde_json::Deserializer::from_str(text)
        .deserialize_map(Members)
        .ok()
}

/// An object of members.
pub(crate) fn object_of<'a>(members: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::from("{");
    for (name, value) in members {
        if text.len() > 1 {
            text.push(',');
        }
        let _ = write!(text, "{}:{value}", serde_json::Value::from(name));
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn members_keep_their_order_and_their_text() {
        let text = r#" { "b\u0061" : 1e400, "a":[ 1 ] } "#;
        let members = object_members(text).expect("an object");
        assert_eq!(members, [("ba".into(), "1e400"), ("a".into(), "[ 1 ]")]);
        let again = object_of(members.iter().map(|(name, value)| (&**name, *value)));
        assert_eq!(again, r#"{"ba":1e400,"a":[ 1 ]}"#);
        assert_eq!(object_members("[]"), None);
    }

    proptest! {
        #[test]
        fn an_object_is_read_as_it_was_made(names in prop::collection::vec(".{0,8}", 0..5)) {
            let text = object_of(names.iter().map(|name| (name.as_str(), "1")));
            let read = object_members(&text).expect("an object");
            let read: Vec<_> = read.into_iter().map(|(name, _)| name.into_owned()).collect();
            prop_assert_eq!(read, names);
        }
    }
}
