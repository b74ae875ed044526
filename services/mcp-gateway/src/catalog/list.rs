use std::{collections::HashMap, sync::OnceLock};

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};

use super::{Kind, exposed_name};
use crate::message::object_fields;

pub(crate) type Digest = [u8; 32];

/// Hexadecimal digits of the hash by which a definition is known again. 64 bits:
/// a tool has a few hundred versions in its life.
const VERSION_CHARS: usize = 16;

/// The items of one server, every page of them, as of its newest answer.
#[derive(Debug)]
pub(crate) struct List {
    pub(crate) items: Vec<Item>,
    pub(crate) digest: Digest,
    /// With the server's part of the names that they were made with.
    shortened: OnceLock<(String, HashMap<String, usize>)>,
}

/// One tool, prompt, resource or template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    /// By which it is asked for.
    pub(crate) key: String,
    /// In the server's own words.
    pub(crate) json: String,
}

/// One page of a list.
pub(crate) struct Page<'a> {
    pub(crate) items: Vec<&'a RawValue>,
    /// A JSON string; absent on the last page.
    pub(crate) next_cursor: Option<&'a str>,
}

impl List {
    pub(crate) fn new(items: Vec<Item>) -> Self {
        let mut hash = Sha256::new();
        for item in &items {
            hash.update((item.json.len() as u64).to_le_bytes());
            hash.update(item.json.as_bytes());
        }
        Self {
            items,
            digest: hash.finalize().into(),
            shortened: OnceLock::new(),
        }
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.items.iter().any(|item| item.key == key)
    }

    /// The item whose exposed name that is.
    pub(crate) fn long_name(&self, prefix: &str, exposed: &str) -> Option<&str> {
        let (of, names) = self.shortened.get_or_init(|| {
            let names = self.items.iter().enumerate();
            let names = names.map(|(place, item)| (exposed_name(prefix, &item.key), place));
            (prefix.to_owned(), names.collect())
        });
        if of == prefix {
            return names.get(exposed).map(|place| self.items[*place].key.as_str());
        }
        // The server got another part meanwhile.
        let mut keys = self.items.iter().map(|item| item.key.as_str());
        keys.find(|key| exposed_name(prefix, key) == exposed)
    }
}

impl Item {
    /// None of one without a key: nobody could ask for it.
    pub(crate) fn read(kind: Kind, json: &str) -> Option<Self> {
        let key = object_fields(json, [kind.key()])?.string(0)?;
        Some(Self {
            key,
            json: json.to_owned(),
        })
    }

    /// The hash of its definition.
    pub(crate) fn version(&self) -> String {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::digest(self.json.as_bytes()));
        hash[..VERSION_CHARS].to_owned()
    }
}

impl<'a> Page<'a> {
    /// Reads the result of a list method. The error says what is wrong with it.
    pub(crate) fn read(kind: Kind, result: &'a str) -> Result<Self, String> {
        let fields = object_fields(result, [kind.member(), "nextCursor"])
            .ok_or_else(|| format!("its answer to {} is no unambiguous object", kind.method()))?;
        let items = fields.get(0).and_then(|list| serde_json::from_str(list).ok());
        let items = items
            .ok_or_else(|| format!("its answer to {} has no list of {}", kind.method(), kind.member()))?;
        Ok(Self {
            items,
            next_cursor: fields.get(1).filter(|cursor| cursor.starts_with('"')),
        })
    }
}

/// A page without some of its items, all else as it was. A page that cannot be
/// read shows none.
pub(crate) fn without_items(kind: Kind, page: Box<RawValue>, shows: &dyn Fn(&str) -> bool) -> Box<RawValue> {
    let changed = {
        let fields = object_fields(page.get(), [kind.member()]);
        let list = fields.as_ref().and_then(|fields| fields.get(0));
        let Some((fields, list)) = fields.as_ref().zip(list) else {
            return page;
        };
        let items: Vec<&RawValue> = serde_json::from_str(list).unwrap_or_default();
        let shown = items.iter().map(|item| item.get()).filter(|item| {
            let key = object_fields(item, [kind.key()]).and_then(|fields| fields.string(0));
            key.is_some_and(|key| shows(&key))
        });
        let shown = format!("[{}]", shown.collect::<Vec<_>>().join(","));
        RawValue::from_string(fields.splice().replace(list, shown).finish())
    };
    changed.unwrap_or(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_known_again_by_its_items_and_their_order() {
        let list = |items: &[&str]| {
            let items = items.iter().filter_map(|item| Item::read(Kind::Tools, item));
            List::new(items.collect()).digest
        };
        let (a, b) = (r#"{"name":"a"}"#, r#"{"name":"b"}"#);
        assert_eq!(list(&[a, b]), list(&[a, r#"{"title":"no name"}"#, b]));
        assert_ne!(list(&[a, b]), list(&[b, a]));
        assert_ne!(list(&[a]), list(&[r#"{"name":"a","title":"A"}"#]));
    }

    #[test]
    fn a_shortened_name_leads_back_under_each_part_that_the_server_had() {
        let long = "a tool/".repeat(12);
        let item = Item::read(Kind::Tools, &serde_json::json!({ "name": long }).to_string());
        let list = List::new(vec![item.expect("has a name")]);
        for prefix in ["one", "two", "one"] {
            assert_eq!(
                list.long_name(prefix, &exposed_name(prefix, &long)),
                Some(long.as_str())
            );
        }
        assert_eq!(list.long_name("one", "one__x"), None);
    }

    #[test]
    fn what_is_not_shown_is_cut_out_of_a_page() {
        let page = r#"{"x":1e400,"tools":[{"name":"a"},{"name":"b"},7],"nextCursor":"2"}"#;
        let page = RawValue::from_string(page.to_owned()).expect("is JSON");
        let shown = without_items(Kind::Tools, page, &|tool| tool == "b");
        assert_eq!(
            shown.get(),
            r#"{"x":1e400,"tools":[{"name":"b"}],"nextCursor":"2"}"#
        );
    }

    #[test]
    fn a_page_without_its_list_is_told_by_what_it_lacks() {
        let page = Page::read(Kind::Tools, r#"{"tools":[{}],"nextCursor":"2"}"#).expect("a page");
        assert_eq!((page.items.len(), page.next_cursor), (1, Some("\"2\"")));
        for broken in ["[]", "{}", r#"{"tools":{}}"#, r#"{"tools":[],"tools":[]}"#] {
            assert!(Page::read(Kind::Tools, broken).is_err(), "{broken}");
        }
    }
}
