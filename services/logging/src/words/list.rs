use std::fmt;

/// Words one behind another. Each by itself would cost more to keep than to cut.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct WordList {
    text: String,
    /// Where each word ends in the text.
    ends: Vec<usize>,
}

impl WordList {
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &str> {
        (0..self.ends.len()).map(|number| {
            let begin = number.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.text[begin..self.ends[number]]
        })
    }

    pub(super) fn push(&mut self, word: &str) {
        self.text.push_str(word);
        self.end_word();
    }

    /// Adds to the word that is not ended yet, in lower case.
    pub(super) fn push_ascii(&mut self, part: &str) {
        let begin = self.text.len();
        self.text.push_str(part);
        self.text[begin..].make_ascii_lowercase();
    }

    pub(super) fn push_character(&mut self, character: char) {
        self.text.push(character);
    }

    /// Ends the word, if one is begun.
    pub(super) fn end_word(&mut self) {
        if self.text.len() > self.ends.last().copied().unwrap_or_default() {
            self.ends.push(self.text.len());
        }
    }
}

impl<Word: AsRef<str>> FromIterator<Word> for WordList {
    fn from_iter<Words: IntoIterator<Item = Word>>(words: Words) -> Self {
        let mut list = Self::default();
        for word in words {
            list.push(word.as_ref());
        }
        list
    }
}

impl fmt::Debug for WordList {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.iter()).finish()
    }
}
