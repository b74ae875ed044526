//! How the texts of a call are kept: compressed where that saves something, and
//! together, because results repeat what was asked for.

use crate::compression;

/// The first byte of a body: the text as it is.
const AS_IT_IS: u8 = 0;

/// Compressed by itself.
const COMPRESSED: u8 = 1;

/// Of arguments: their length (four bytes, the lowest first), then arguments and
/// result compressed. Of a result: it is there.
const TOGETHER: u8 = 2;

/// Below it, compression saves nothing.
const WORTH_IT_BYTES: usize = 96;

/// More than any record has (`rpc`'s `MAX_BATCH_BYTES`).
const LONGEST_BYTES: usize = 64 << 20;

/// The longest preview, in characters.
const PREVIEW_CHARACTERS: usize = 120;

/// Arguments and result as they are kept.
pub(crate) fn pack(arguments: Option<&str>, result: Option<&str>) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
    if let (Some(arguments), Some(result)) = (arguments, result)
        && let Ok(length) = u32::try_from(arguments.len())
        && let mut body = [&[TOGETHER][..], &length.to_le_bytes()].concat()
        && compress(&[arguments, result], &mut body)
    {
        return (Some(body), Some(vec![TOGETHER]));
    }
    (arguments.map(pack_one), result.map(pack_one))
}

fn pack_one(text: &str) -> Vec<u8> {
    let mut body = vec![COMPRESSED];
    if !compress(&[text], &mut body) {
        body.clear();
        body.push(AS_IT_IS);
        body.extend_from_slice(text.as_bytes());
    }
    body
}

/// Whether the texts are shorter so. If not, nothing is added to the body.
fn compress(texts: &[&str], body: &mut Vec<u8>) -> bool {
    let parts: Vec<&[u8]> = texts.iter().map(|text| text.as_bytes()).collect();
    let length: usize = texts.iter().map(|text| text.len()).sum();
    length >= WORTH_IT_BYTES && compression::compress(&parts, length - 1, body)
}

/// Arguments and result again. Of bodies that are damaged, what can be read.
pub(crate) fn unpack(arguments: Option<&[u8]>, result: Option<&[u8]>) -> (Option<String>, Option<String>) {
    let Some([TOGETHER, l0, l1, l2, l3, compressed @ ..]) = arguments else {
        return (arguments.map(unpack_one), result.map(unpack_one));
    };
    let length = u32::from_le_bytes([*l0, *l1, *l2, *l3]) as usize;
    let mut arguments = decompress(compressed);
    let after = arguments.split_off(length.min(arguments.len()));
    let after = match result {
        Some([TOGETHER, ..]) => Some(lossy(after)),
        other => other.map(unpack_one),
    };
    (Some(lossy(arguments)), after)
}

fn unpack_one(body: &[u8]) -> String {
    match body.split_first() {
        Some((&COMPRESSED, compressed)) => lossy(decompress(compressed)),
        Some((_, text)) => lossy(text.to_vec()),
        None => String::new(),
    }
}

fn decompress(compressed: &[u8]) -> Vec<u8> {
    let (text, is_whole) = compression::decompress(compressed, LONGEST_BYTES);
    if !is_whole {
        tracing::error!("a stored payload is damaged");
    }
    text
}

fn lossy(text: Vec<u8>) -> String {
    String::from_utf8(text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
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
        fn all_texts_come_back(
            arguments in prop::option::of("\\PC{0,300}"),
            result in prop::option::of("\\PC{0,300}"),
            times in 1_usize..20,
        ) {
            let repeated = |text: Option<String>| text.map(|text| text.repeat(times));
            let (arguments, result) = (repeated(arguments), repeated(result));
            let (packed_arguments, packed_result) = pack(arguments.as_deref(), result.as_deref());
            let length = |text: &Option<String>| text.as_ref().map_or(0, |text| text.len() + 1);
            let kept = |body: &Option<Vec<u8>>| body.as_ref().map_or(0, Vec::len);
            prop_assert!(
                kept(&packed_arguments) + kept(&packed_result) <= length(&arguments) + length(&result) + 4
            );
            prop_assert_eq!(unpack(packed_arguments.as_deref(), packed_result.as_deref()), (arguments, result));
        }

        #[test]
        fn no_body_makes_the_reader_fall_over(
            first in 0_u8..4,
            body in prop::collection::vec(any::<u8>(), 0..200),
            result in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
        ) {
            unpack(Some(&[&[first], &body[..]].concat()), result.as_deref());
        }
    }

    #[test]
    fn what_a_result_repeats_is_kept_once() {
        let numbers = (0_u32..200).map(|number| number.wrapping_mul(2_654_435_761).to_string());
        let text: String = numbers.collect();
        let (apart, _) = pack(Some(&text), None);
        let (arguments, result) = pack(Some(&text), Some(&text));
        let together = [arguments, result].map(|body| body.expect("it is kept").len());
        assert!(
            together.iter().sum::<usize>() < apart.expect("it is kept").len() + 50,
            "{together:?}"
        );
    }

    #[test]
    fn bodies_of_before_are_read() {
        let apart = [pack_one("{}"), pack_one(&"{\"a\":1}".repeat(40))];
        let read = unpack(Some(&apart[0]), Some(&apart[1]));
        assert_eq!(read, (Some("{}".to_owned()), Some("{\"a\":1}".repeat(40))));
    }

    #[test]
    fn a_preview_is_one_short_line() {
        assert_eq!(preview("{\n  \"a\":\t1\n}"), "{ \"a\": 1 }");
        assert_eq!(preview(&"결".repeat(1_000)).chars().count(), PREVIEW_CHARACTERS);
    }
}
