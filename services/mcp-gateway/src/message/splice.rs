use std::ops::Range;

use memchr::{memchr, memchr_iter};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Where the values of some members of an object stand in its text.
#[derive(Debug)]
pub(crate) struct Fields<'a, const N: usize> {
    text: &'a str,
    values: [Option<&'a str>; N],
}

/// Changes to a text, made all at once, so that all between them stays as it was.
#[derive(Debug)]
pub(crate) struct Splice<'a> {
    text: &'a str,
    changes: Vec<(Range<usize>, String)>,
}

/// Finds members of an object by name. Absent when the text is no object, or
/// has one of them twice: what was authorised must be what the server reads. The text
/// is JSON: of another one it may seem that it is an object.
pub(crate) fn object_fields<'a, const N: usize>(text: &'a str, names: [&str; N]) -> Option<Fields<'a, N>> {
    struct Members<'n, const N: usize>([&'n str; N]);

    impl<'de, const N: usize> Visitor<'de> for Members<'_, N> {
        type Value = Option<[Option<&'de str>; N]>;

        fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut values = [None; N];
            let mut once = true;
            while let Some(Key(key)) = map.next_key()? {
                if let Some(place) = self.0.iter().position(|name| *name == key) {
                    let value: &'de RawValue = map.next_value()?;
                    once &= values[place].replace(value.get()).is_none();
                } else {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            Ok(once.then_some(values))
        }
    }

    if text.starts_with('{') && !may_have_any(text, &names) {
        let values = [None; N];
        return Some(Fields { text, values });
    }
    let values = serde_json::Deserializer::from_str(text)
        .deserialize_map(Members(names))
        .ok()??;
    Some(Fields { text, values })
}

/// Whether one of these names may be that of a member, here or deeper. Most texts have
/// none of those that are looked for, which is seen much faster than where they are.
fn may_have_any(text: &str, names: &[&str]) -> bool {
    let text = text.as_bytes();
    let is_behind_quote = |name: &str| {
        let mut letters = memchr_iter(name.as_bytes()[0], text);
        letters.any(|at| at > 0 && text[at - 1] == b'"' && text[at..].starts_with(name.as_bytes()))
    };
    // With an escape, a name can be written in many ways.
    memchr(b'\\', text).is_some() || names.iter().any(|name| is_behind_quote(name))
}

impl<'a, const N: usize> Fields<'a, N> {
    /// The text of the value of the member with that place in the list of names.
    pub(crate) const fn get(&self, place: usize) -> Option<&'a str> {
        self.values[place]
    }

    /// The value, where it is a string.
    pub(crate) fn string(&self, place: usize) -> Option<String> {
        serde_json::from_str(self.values[place]?).ok()
    }

    /// A change of the text that the members were found in.
    pub(crate) const fn splice(&self) -> Splice<'a> {
        Splice {
            text: self.text,
            changes: Vec::new(),
        }
    }
}

impl<'a> Splice<'a> {
    /// Replaces a part, which is a slice of the text itself.
    #[must_use]
    pub(crate) fn replace(mut self, part: &'a str, with: String) -> Self {
        let start = part.as_ptr() as usize - self.text.as_ptr() as usize;
        self.changes.push((start..start + part.len(), with));
        self
    }

    /// Adds a member at the front of the object that the text is, behind those
    /// that were added before.
    #[must_use]
    pub(crate) fn add_member(mut self, name: &str, value: &str) -> Self {
        if let Some(brace) = self.text.find('{') {
            let place = brace + 1..brace + 1;
            let is_empty = self.text[place.start..].trim_start().starts_with('}');
            let is_first = !self.changes.iter().any(|(range, _)| *range == place);
            let name = serde_json::Value::from(name);
            let member = match (is_empty, is_first) {
                (false, _) => format!("{name}:{value},"),
                (true, true) => format!("{name}:{value}"),
                (true, false) => format!(",{name}:{value}"),
            };
            self.changes.push((place, member));
        }
        self
    }

    /// The changed text.
    pub(crate) fn finish(mut self) -> String {
        self.changes.sort_by_key(|(range, _)| range.start);
        let mut out = String::with_capacity(self.text.len() + 64);
        let mut at = 0;
        for (range, with) in &self.changes {
            out.push_str(&self.text[at..range.start]);
            out.push_str(with);
            at = range.end;
        }
        out.push_str(&self.text[at..]);
        out
    }
}

/// A name, whatever escapes it is written with.
pub(super) struct Key<'a>(pub(super) std::borrow::Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;

        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(text.into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'de>, E> {
                Ok(Key(text.to_owned().into()))
            }
        }

        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_changed_stays_byte_for_byte() {
        let text = r#"{ "x" : 1e400, "name":"a", "_meta": {"k": [ 1 ], "progressToken": "t"} }"#;
        let fields = object_fields(text, ["name", "_meta"]).expect("an object");
        let meta = object_fields(fields.get(1).expect("there"), ["progressToken"]).expect("an object");
        let changed = fields
            .splice()
            .replace(meta.get(0).expect("there"), "7".to_owned())
            .replace(fields.get(0).expect("there"), "\"b\"".to_owned())
            .finish();
        assert_eq!(
            changed,
            r#"{ "x" : 1e400, "name":"b", "_meta": {"k": [ 1 ], "progressToken": 7} }"#
        );
    }

    #[test]
    fn a_name_that_is_there_twice_is_ambiguous() {
        assert!(object_fields(r#"{"name":"a","n\u0061me":"b"}"#, ["name"]).is_none());
        assert!(object_fields(r#"{"other":1,"other":2,"name":"a"}"#, ["name"]).is_some());
        assert!(object_fields("[1]", ["name"]).is_none());
        assert!(object_fields("\"name\"", ["other"]).is_none());
    }

    #[test]
    fn a_name_is_found_however_it_is_written() {
        for text in [
            r#"{"name":7}"#,
            r#"{"n\u0061me":7}"#,
            r#" { "x":{}, "\u006eame" : 7 }"#,
        ] {
            let fields = object_fields(text, ["other", "name"]).expect("an object");
            assert_eq!((fields.get(0), fields.get(1)), (None, Some("7")), "{text}");
        }
        for text in [
            "{}",
            r#"{"names":7}"#,
            r#"{"deeper":{"name":7}}"#,
            r#"{"x":"name\\"}"#,
        ] {
            let fields = object_fields(text, ["name"]).expect("an object");
            assert_eq!(fields.get(0), None, "{text}");
        }
    }

    #[test]
    fn members_are_added_to_empty_and_to_filled_objects() {
        for (text, expected) in [
            ("{}", r#"{"a":1,"c":3}"#),
            (r#" { "b":2}"#, r#" {"a":1,"c":3, "b":2}"#),
        ] {
            let fields = object_fields(text, ["a"]).expect("an object");
            let added = fields.splice().add_member("a", "1").add_member("c", "3");
            assert_eq!(added.finish(), expected);
        }
    }
}
