//! Compresses with Zstandard (RFC 8878), with contexts that a thread makes once: to make
//! one costs more than most texts.
//!
//! Before, there was DEFLATE (RFC 1951), which is still read. zstd needs two thirds of
//! libdeflate's time to compress texts of some KiB, and half of it to bring pages back, for
//! 2 % more room (ADR 19).

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};
use zstd::{
    bulk::{Compressor, Decompressor},
    zstd_safe,
};

/// Of 1 to 22: beyond it, what it saves (less than 1 %) is less than what it costs.
const LEVEL: i32 = 1;

/// What each of ours begins with. Nothing of DEFLATE does: it would be a block that is
/// stored as it is, whose two lengths contradict each other.
const MAGIC: [u8; 4] = zstd_safe::MAGICNUMBER.to_le_bytes();

/// Inflated at a time.
const STEP_BYTES: usize = 8 * 1_024;

/// Of the room that a thread keeps: few texts need more, and those give it back.
const KEPT_BYTES: usize = 256 * 1_024;

thread_local! {
    static COMPRESSION: RefCell<Compression> = RefCell::new(Compression::new());
    static DECOMPRESSOR: RefCell<Decompressor<'static>> =
        RefCell::new(Decompressor::new().expect("there is memory for it"));
}

struct Compression {
    compressor: Compressor<'static>,
    /// Parts one behind another, and what becomes of them: room that is kept.
    whole: Vec<u8>,
    compressed: Vec<u8>,
}

impl Compression {
    fn new() -> Self {
        Self {
            compressor: Compressor::new(LEVEL).expect("there is memory for it, and this level"),
            whole: Vec::new(),
            compressed: Vec::new(),
        }
    }
}

/// Adds some bytes, one part behind another, in at most `room` bytes. Whether
/// they had enough of it; if not, nothing is added.
pub(crate) fn compress(parts: &[&[u8]], room: usize, compressed: &mut Vec<u8>) -> bool {
    COMPRESSION.with_borrow_mut(|compression| {
        compression.whole.clear();
        for part in parts {
            compression.whole.extend_from_slice(part);
        }
        if compression.compressed.len() < room {
            compression.compressed.resize(room, 0);
        }
        let into = &mut compression.compressed[..room];
        let length = compression
            .compressor
            .compress_to_buffer(&compression.whole, into);
        if let Ok(length) = length {
            compressed.reserve_exact(length);
            compressed.extend_from_slice(&into[..length]);
        }
        give_back(&mut compression.whole);
        give_back(&mut compression.compressed);
        length.is_ok()
    })
}

fn give_back(room: &mut Vec<u8>) {
    room.truncate(KEPT_BYTES);
    room.shrink_to(KEPT_BYTES);
}

/// The room that is enough for so many bytes, whatever they are.
pub(crate) fn room_for(length: usize) -> usize {
    zstd_safe::compress_bound(length)
}

/// The bytes again. `false` where they are damaged or more than `most`; then, what can be
/// read of them.
pub(crate) fn decompress(compressed: &[u8], most: usize) -> (Vec<u8>, bool) {
    if !compressed.starts_with(&MAGIC) {
        return inflate(compressed, most);
    }
    let length = match zstd_safe::get_frame_content_size(compressed) {
        Ok(Some(length)) => usize::try_from(length).ok(),
        _ => None,
    };
    let whole = length.filter(|length| *length <= most).and_then(|length| {
        DECOMPRESSOR.with_borrow_mut(|decompressor| decompressor.decompress(compressed, length).ok())
    });
    let is_whole = whole.is_some();
    (whole.unwrap_or_default(), is_whole)
}

fn inflate(deflated: &[u8], most: usize) -> (Vec<u8>, bool) {
    let mut inflate = Decompress::new(false);
    let mut inflated = Vec::new();
    let is_whole = loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        if inflated.len() > most {
            break false;
        }
        inflated.reserve(STEP_BYTES.max(inflated.len()));
        let rest = usize::try_from(read).ok().and_then(|read| deflated.get(read..));
        let status = inflate.decompress_vec(rest.unwrap_or_default(), &mut inflated, FlushDecompress::None);
        let goes_on = (inflate.total_in(), inflate.total_out()) > (read, written);
        match status {
            Ok(Status::StreamEnd) => break true,
            Ok(_) if goes_on => {}
            // It wants more than there is.
            Ok(_) | Err(_) => break false,
        }
    };
    inflated.truncate(most);
    (inflated, is_whole)
}

#[cfg(test)]
mod tests {
    use flate2::{Compression as Level, write::DeflateEncoder};
    use proptest::prelude::*;
    use std::io::Write as _;

    use super::*;

    fn text() -> Vec<u8> {
        (0_u32..20_000)
            .flat_map(|number| number.to_string().into_bytes())
            .collect()
    }

    fn deflated(text: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Level::fast());
        encoder.write_all(text).expect("a vector takes all");
        encoder.finish().expect("a vector takes all")
    }

    #[test]
    fn what_is_damaged_or_too_much_is_told() {
        let text = text();
        let mut compressed = Vec::new();
        assert!(compress(
            &[&text[..100], &text[100..]],
            text.len(),
            &mut compressed
        ));
        assert_eq!(decompress(&compressed, text.len()), (text.clone(), true));
        assert_eq!(decompress(&compressed, 5_000), (Vec::new(), false));
        assert_eq!(
            decompress(&compressed[..compressed.len() / 2], 1 << 24),
            (Vec::new(), false)
        );
        let claims_much = [&MAGIC[..], &[0b1110_0000], &[0x7f; 8]].concat();
        assert_eq!(decompress(&claims_much, 1 << 24), (Vec::new(), false));
    }

    #[test]
    fn what_was_deflated_before_is_read() {
        let text = text();
        let deflated = deflated(&text);
        assert_eq!(decompress(&deflated, text.len()), (text.clone(), true));
        assert_eq!(decompress(&deflated, 5_000), (text[..5_000].to_vec(), false));
        let (readable, is_whole) = decompress(&deflated[..deflated.len() / 2], 1 << 24);
        assert!(!is_whole && readable.len() > 1_000 && text.starts_with(&readable));
    }

    #[test]
    fn what_has_no_room_adds_nothing() {
        let mut compressed = vec![7];
        assert!(!compress(&[b"abcdefgh"], 3, &mut compressed));
        assert_eq!(compressed, [7]);
    }

    proptest! {
        #[test]
        fn all_bytes_come_back(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
            let mut compressed = Vec::new();
            prop_assert!(compress(&[&bytes], room_for(bytes.len()), &mut compressed));
            prop_assert_eq!(decompress(&compressed, bytes.len()), (bytes.clone(), true));
            prop_assert!(!deflated(&bytes).starts_with(&MAGIC));
        }
    }
}
