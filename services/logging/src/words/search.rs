use super::{LEAF, Part, Phrase, WordList, Words, cut, cut_json, cut_leaves, is_hangul};

/// The texts of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Texts<'call> {
    pub(crate) tool_name: &'call str,
    pub(crate) exposed_name: &'call str,
    pub(crate) error_message: &'call str,
    pub(crate) arguments_json: Option<&'call str>,
    pub(crate) result_json: Option<&'call str>,
}

/// Words in a row, and where they have to stand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Search {
    pub(crate) part: Part,
    pub(crate) phrase: Phrase,
}

impl Words {
    /// What a call is found by.
    pub(crate) fn of(texts: Texts) -> Self {
        let mut words = Self::default();
        cut(texts.tool_name, &mut words.tool);
        if texts.exposed_name != texts.tool_name {
            cut(texts.exposed_name, &mut words.tool);
        }
        if let Some(json) = texts.arguments_json {
            cut_json(json, &mut words.arguments);
            cut_leaves(json, &mut words.arguments);
        }
        if let Some(json) = texts.result_json {
            cut_json(json, &mut words.result);
        }
        cut(texts.error_message, &mut words.error);
        words
    }
}

impl Search {
    /// Whether it is not enough that a call has its words.
    pub(crate) fn is_of_several_words(&self) -> bool {
        self.phrase.words.len() > 1
    }

    /// Whether the words stand there, as the index would find them.
    pub(crate) fn finds(&self, words: &Words) -> bool {
        let parts = match self.part {
            Part::Anywhere => [&words.tool, &words.arguments, &words.result, &words.error].to_vec(),
            Part::Arguments => vec![&words.arguments],
            Part::Result => vec![&words.result],
            Part::Error => vec![&words.error],
        };
        let wanted = &self.phrase.words;
        let is_there = |found: &[&str]| {
            let mut pairs = found.iter().zip(wanted);
            let last = pairs.next_back();
            let is_last = |(found, wanted): (&&str, &String)| {
                found == wanted || self.phrase.is_open && found.starts_with(wanted.as_str())
            };
            last.is_some_and(is_last) && pairs.all(|(found, wanted)| found == wanted)
        };
        let stand_in = |words: &WordList| {
            let words: Vec<&str> = words.iter().collect();
            words.windows(wanted.len()).any(is_there)
        };
        parts.into_iter().any(stand_in)
    }

    /// `false` only where the words are surely not there: far quicker than to cut
    /// the texts.
    pub(crate) fn may_find(&self, texts: Texts) -> bool {
        let arguments = texts.arguments_json.unwrap_or_default();
        let result = texts.result_json.unwrap_or_default();
        let all = [
            texts.tool_name,
            texts.exposed_name,
            arguments,
            result,
            texts.error_message,
        ];
        let parts = match self.part {
            Part::Anywhere => &all[..],
            Part::Arguments => &all[2..3],
            Part::Result => &all[3..4],
            Part::Error => &all[4..],
        };
        let Some(word) = self.phrase.words.iter().max_by_key(|word| word.len()) else {
            return false;
        };
        let is_plain = |character: char| character.is_ascii() || is_hangul(character);
        if word.starts_with(LEAF) || !word.chars().all(is_plain) {
            return true;
        }
        // Escapes hide letters, and two signs beyond ASCII have lower cases in it.
        let may_hide = |text: &str| text.contains("\\u") || text.contains(['\u{0130}', '\u{212A}']);
        parts
            .iter()
            .any(|text| text.to_ascii_lowercase().contains(word.as_str()) || may_hide(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts<'call>(arguments: &'call str, error_message: &'call str) -> Texts<'call> {
        Texts {
            tool_name: "search_issues",
            exposed_name: "search_issues",
            error_message,
            arguments_json: Some(arguments),
            result_json: None,
        }
    }

    fn search(part: Part, words: &[&str], is_open: bool) -> Search {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        Search {
            part,
            phrase: Phrase { words, is_open },
        }
    }

    #[test]
    fn words_are_found_in_a_row_and_in_their_part() {
        let texts = texts(r#"{"a":"one two three"}"#, "Gone");
        let words = Words::of(texts);
        for (part, phrase, is_open, is_there) in [
            (Part::Anywhere, &["one", "two"][..], false, true),
            (Part::Anywhere, &["one", "three"], false, false),
            (Part::Anywhere, &["one", "tw"], false, false),
            (Part::Anywhere, &["one", "tw"], true, true),
            (Part::Anywhere, &["on", "two"], true, false),
            (Part::Anywhere, &["issues"], false, true),
            (Part::Arguments, &["gone"], false, false),
            (Part::Error, &["gone"], false, true),
            (Part::Result, &["one"], false, false),
        ] {
            let search = search(part, phrase, is_open);
            assert_eq!(search.finds(&words), is_there, "{search:?}");
            assert!(search.may_find(texts) || !is_there);
        }
    }

    proptest! {
        #[test]
        fn what_is_found_may_be_found(text in "[ -~À-žK가-힣\\\\]{0,40}", escaped in "\\\\u[0-9a-f]{4}") {
            let json = serde_json::json!({ "text": text, "more": escaped }).to_string().replace("\\\\u", "\\u");
            let texts = texts(&json, &text);
            for word in Words::of(texts).arguments.iter() {
                prop_assert!(search(Part::Arguments, &[word], false).may_find(texts), "{word} in {json}");
            }
        }
    }
}
