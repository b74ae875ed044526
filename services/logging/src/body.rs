//! How the text of a payload is kept: deflated where that saves something.

use std::{cell::RefCell, io::Read as _};

use flate2::{Compress, Compression, FlushCompress, Status, bufread::DeflateDecoder};

/// The first byte of a body.
const AS_IT_IS: u8 = 0;
const DEFLATED: u8 = 1;

/// Below it, deflating saves nothing.
const WORTH_DEFLATING_BYTES: usize = 96;

/// The longest preview, in characters.
const PREVIEW_CHARACTERS: usize = 160;

/// A text as it is kept.
pub(crate) fn pack(text: &str) -> Vec<u8> {
    if text.len() >= WORTH_DEFLATING_BYTES
        && let Some(body) = deflate(text)
    {
        return body;
    }
    let mut body = Vec::with_capacity(text.len() + 1);
    body.push(AS_IT_IS);
    body.extend_from_slice(text.as_bytes());
    body
}

/// None where it is not shorter.
fn deflate(text: &str) -> Option<Vec<u8>> {
    thread_local! {
        /// Made once: to fill its tables costs more than most texts.
        static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(4), false));
    }
    let mut body = Vec::with_capacity(text.len());
    body.push(DEFLATED);
    let status = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        deflate.compress_vec(text.as_bytes(), &mut body, FlushCompress::Finish)
    });
    matches!(status, Ok(Status::StreamEnd)).then(|| {
        body.shrink_to_fit();
        body
    })
}

/// The text again. Of a body that is damaged, what can be read.
pub(crate) fn unpack(body: &[u8]) -> String {
    match body.split_first() {
        Some((&DEFLATED, deflated)) => {
            let mut text = Vec::new();
            if let Err(error) = DeflateDecoder::new(deflated).read_to_end(&mut text) {
                tracing::error!(%error, "a stored payload is damaged");
            }
            String::from_utf8_lossy(&text).into_owned()
        }
        Some((_, text)) => String::from_utf8_lossy(text).into_owned(),
        None => String::new(),
    }
}

/// The beginning of a JSON text in one line.
pub(crate) fn preview(json: &str) -> String {
    let mut preview = String::new();
    let mut is_space = false;
    for character in json.chars().take(PREVIEW_CHARACTERS) {
        let is_next_space = character.is_whitespace() || character.is_control();
        if !is_next_space {
            preview.push(character);
        } else if !is_space {
            preview.push(' ');
        }
        is_space = is_next_space;
    }
    preview
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_text_comes_back(text in "\\PC{0,300}", times in 1_usize..20) {
            let text = text.repeat(times);
            let body = pack(&text);
            prop_assert!(body.len() <= text.len() + 1);
            prop_assert_eq!(unpack(&body), text);
        }

        #[test]
        fn no_body_makes_the_reader_fall_over(body in prop::collection::vec(any::<u8>(), 0..200)) {
            unpack(&body);
        }
    }

    #[test]
    fn a_preview_is_one_short_line() {
        assert_eq!(preview("{\n  \"a\":\t1\n}"), "{ \"a\": 1 }");
        assert_eq!(preview(&"결".repeat(1_000)).chars().count(), PREVIEW_CHARACTERS);
    }
}
