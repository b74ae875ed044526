use std::borrow::Cow;

use domain::{PathPart, PayloadPath, Selector};

use super::{REDACTED, string_end, value_end};

/// The values that a project never keeps, by where they stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Paths(Vec<PayloadPath>);

/// How much of a path led here: the path, and the part that comes next.
type State = (usize, usize);

/// An object or an array that is open.
struct Frame {
    states: Vec<State>,
    /// Of the element that comes next; absent in an object.
    index: Option<usize>,
}

/// What stands in a container.
enum Step<'a> {
    Member(&'a str),
    Element(usize),
}

impl Paths {
    pub(crate) const fn new(paths: Vec<PayloadPath>) -> Self {
        Self(paths)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text of a side of a call (`arguments`, `result`) without what the
    /// paths name. Like [`Redactor::json`] it wants JSON, goes over it once
    /// whatever its depth, and leaves all else as it was.
    ///
    /// [`Redactor::json`]: super::Redactor::json
    pub(crate) fn mask<'a>(&self, side: &str, json: &'a str) -> Cow<'a, str> {
        let beginning: Vec<State> = (0..self.0.len()).map(|path| (path, 0)).collect();
        let states = self.step(&beginning, &Step::Member(side));
        if states.is_empty() {
            return json.into();
        }
        let mut walk = Walk {
            paths: self,
            json,
            at: 0,
            copied: 0,
            out: String::new(),
            open: Vec::new(),
        };
        walk.run(states);
        walk.finish()
    }

    fn step(&self, states: &[State], step: &Step<'_>) -> Vec<State> {
        let mut next = Vec::new();
        for &(path, at) in states {
            let Some(part) = self.0[path].parts().get(at) else {
                continue;
            };
            let PathPart {
                is_descendant,
                selector,
            } = part;
            if *is_descendant {
                next.push((path, at));
            }
            let is_meant = match (selector, step) {
                (Selector::Every, _) => true,
                (Selector::Name(wanted), Step::Member(name)) => wanted == name,
                (Selector::Index(wanted), Step::Element(index)) => wanted == index,
                (Selector::Name(_), Step::Element(_)) | (Selector::Index(_), Step::Member(_)) => false,
            };
            if is_meant {
                next.push((path, at + 1));
            }
        }
        next.sort_unstable();
        next.dedup();
        next
    }

    fn is_reached(&self, states: &[State]) -> bool {
        states.iter().any(|(path, at)| *at == self.0[*path].parts().len())
    }
}

struct Walk<'p, 'a> {
    paths: &'p Paths,
    json: &'a str,
    at: usize,
    /// Up to where the text is in `out`.
    copied: usize,
    out: String,
    open: Vec<Frame>,
}

impl<'a> Walk<'_, 'a> {
    fn run(&mut self, states: Vec<State>) {
        self.skip_space();
        self.value(states);
        while self.at < self.json.len() {
            match self.json.as_bytes()[self.at] {
                b'}' | b']' => {
                    self.open.pop();
                    self.at += 1;
                }
                b',' => {
                    self.at += 1;
                    if let Some(index) = self.open.last_mut().and_then(|frame| frame.index.as_mut()) {
                        *index += 1;
                    }
                }
                byte if byte.is_ascii_whitespace() => self.at += 1,
                _ => {
                    let Some(frame) = self.open.last() else { return };
                    let states = if let Some(index) = frame.index {
                        self.paths.step(&frame.states, &Step::Element(index))
                    } else {
                        let end = string_end(self.json, self.at).min(self.json.len());
                        let name = unquoted(&self.json[self.at..end]);
                        let states = self.paths.step(&frame.states, &Step::Member(&name));
                        self.at = end;
                        self.skip_space();
                        // Over the colon; any other character has no more bytes than fit.
                        self.at = self.json.ceil_char_boundary(self.at + 1);
                        states
                    };
                    self.skip_space();
                    self.value(states);
                }
            }
        }
    }

    /// Takes the value that begins here: masks it, goes into it, or goes over it.
    fn value(&mut self, states: Vec<State>) {
        let bytes = self.json.as_bytes();
        let Some(first) = bytes.get(self.at) else { return };
        let is_reached = self.paths.is_reached(&states);
        let goes_in = !is_reached && !states.is_empty() && matches!(first, b'{' | b'[');
        if goes_in {
            self.open.push(Frame {
                states,
                index: (*first == b'[').then_some(0),
            });
            self.at += 1;
            return;
        }
        // What is no value is gone over as well: this must come to an end.
        let end = value_end(self.json, self.at).max(self.at + 1);
        let end = self.json.ceil_char_boundary(end.min(self.json.len()));
        if is_reached {
            self.out.push_str(&self.json[self.copied..self.at]);
            self.out.push('"');
            self.out.push_str(REDACTED);
            self.out.push('"');
            self.copied = end;
        }
        self.at = end;
    }

    fn skip_space(&mut self) {
        let rest = &self.json.as_bytes()[self.at..];
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }

    fn finish(mut self) -> Cow<'a, str> {
        if self.copied == 0 {
            return self.json.into();
        }
        self.out.push_str(&self.json[self.copied..]);
        self.out.into()
    }
}

/// The name of a member; one that cannot be read is nobody's.
fn unquoted(quoted: &str) -> Cow<'_, str> {
    let plain = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match plain {
        Some(plain) if !plain.contains('\\') => plain.into(),
        _ => serde_json::from_str::<String>(quoted).unwrap_or_default().into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn paths(texts: &[&str]) -> Paths {
        let parse = |text: &&str| PayloadPath::parse(text).expect("a path");
        Paths::new(texts.iter().map(parse).collect())
    }

    fn masked(path: &str, json: &str) -> String {
        paths(&[path]).mask("arguments", json).into_owned()
    }

    #[test]
    fn only_what_a_path_names_is_masked() {
        for (path, json, expected) in [
            (
                "$.arguments.a",
                r#"{"a": 1, "b": 1}"#,
                r#"{"a": "[redacted]", "b": 1}"#,
            ),
            ("$.arguments.a", r#"{"b": {"a": 1}}"#, r#"{"b": {"a": 1}}"#),
            ("$.arguments", r#" {"a": 1} "#, r#" "[redacted]" "#),
            ("$.result.a", r#"{"a": 1}"#, r#"{"a": 1}"#),
            (
                "$..a",
                r#"[{"a":[1,{"a":2}]},{"c":{"a":null}}]"#,
                r#"[{"a":"[redacted]"},{"c":{"a":"[redacted]"}}]"#,
            ),
            (
                "$.arguments[1].x",
                r#"[{"x":1},{"x":{"y":[2]}},{"x":3}]"#,
                r#"[{"x":1},{"x":"[redacted]"},{"x":3}]"#,
            ),
            (
                "$.arguments.*[*]",
                r#"{"a":[1,"}"],"b":2}"#,
                r#"{"a":["[redacted]","[redacted]"],"b":2}"#,
            ),
            (
                "$.arguments['a.b']",
                r#"{"a.b" : "x\"y"}"#,
                r#"{"a.b" : "[redacted]"}"#,
            ),
            ("$.arguments.a", r#"{"\u0061":1}"#, r#"{"\u0061":"[redacted]"}"#),
            (
                "$..a..b",
                r#"{"b":1,"a":{"c":[{"b":2}]}}"#,
                r#"{"b":1,"a":{"c":[{"b":"[redacted]"}]}}"#,
            ),
            (
                "$.arguments.주소",
                r#"{"주소":"서울","x":"한"}"#,
                r#"{"주소":"[redacted]","x":"한"}"#,
            ),
        ] {
            assert_eq!(masked(path, json), expected, "{path} {json}");
        }
    }

    #[test]
    fn depth_takes_neither_the_stack_nor_time() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(masked("$..a..b..c", &deep), deep);
    }

    /// Says where a path leads in another way: by trying each part on each node.
    fn mask_value(value: &mut Value, parts: &[PathPart]) {
        let Some((part, rest)) = parts.split_first() else {
            *value = json!(REDACTED);
            return;
        };
        let children: Vec<(bool, &mut Value)> = match value {
            Value::Object(members) => members
                .iter_mut()
                .map(|(name, value)| {
                    let is_meant = match &part.selector {
                        Selector::Name(wanted) => wanted == name,
                        Selector::Every => true,
                        Selector::Index(_) => false,
                    };
                    (is_meant, value)
                })
                .collect(),
            Value::Array(elements) => elements
                .iter_mut()
                .enumerate()
                .map(|(at, value)| {
                    (
                        matches!(part.selector, Selector::Every) || part.selector == Selector::Index(at),
                        value,
                    )
                })
                .collect(),
            _ => return,
        };
        for (is_meant, child) in children {
            if part.is_descendant {
                mask_value(child, parts);
            }
            if is_meant {
                mask_value(child, rest);
            }
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<i32>().prop_map(Value::from),
            "[ab,:\"\\\\}\\]한]{0,4}".prop_map(Value::from)
        ];
        leaf.prop_recursive(4, 40, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[abc]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn the_one_walk_finds_what_a_search_of_the_tree_finds(
            value in any_json(),
            path in "\\$(\\.arguments|\\.\\.[abc*])(\\.\\.?[abc*]|\\[[01*]\\]){0,3}",
        ) {
            let parsed = PayloadPath::parse(&path).expect("a path");
            let text = value.to_string();
            let mut call = json!({ "arguments": value });
            mask_value(&mut call, parsed.parts());
            let found = Paths::new(vec![parsed]).mask("arguments", &text).into_owned();
            prop_assert_eq!(serde_json::from_str::<Value>(&found).expect("JSON"), call["arguments"].clone());
        }

        #[test]
        fn what_is_no_json_does_no_harm(text in "\\PC{0,30}|[\\[\\]{}\",:a\\\\]{0,30}") {
            let _ = paths(&["$..a", "$.arguments[0].*"]).mask("arguments", &text);
        }
    }
}
