//! Deflates and inflates with tables that a thread makes once: to fill them costs
//! more than most texts.
//!
//! libdeflate needs a third of zlib's time to deflate texts of some KiB, and half of
//! it to inflate them. What can be read of damaged ones, zlib knows.

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{CompressionLvl, Compressor, DecompressionError, Decompressor};

/// Of 1 to 12: beyond it, what it saves (1 %) is less than what it costs.
const LEVEL: i32 = 1;

/// Inflated at first, or at a time: most texts are shorter.
const STEP_BYTES: usize = 8 * 1_024;

/// Of the room that a thread keeps: few texts need more, and those give it back.
const KEPT_BYTES: usize = 256 * 1_024;

thread_local! {
    static DEFLATE: RefCell<Deflate> = RefCell::new(Deflate::new());
    static INFLATE: RefCell<Inflate> = RefCell::new(Inflate::new());
}

struct Deflate {
    compressor: Compressor,
    /// Parts one behind another, and what becomes of them: room that is kept.
    whole: Vec<u8>,
    deflated: Vec<u8>,
}

impl Deflate {
    fn new() -> Self {
        let level = CompressionLvl::new(LEVEL).expect("libdeflate has this level");
        Self {
            compressor: Compressor::new(level),
            whole: Vec::new(),
            deflated: Vec::new(),
        }
    }
}

struct Inflate {
    decompressor: Decompressor,
    /// Room that is kept.
    inflated: Vec<u8>,
}

impl Inflate {
    fn new() -> Self {
        Self {
            decompressor: Decompressor::new(),
            inflated: vec![0; STEP_BYTES],
        }
    }
}

/// Adds some bytes, one part behind another, in at most `room` bytes. Whether
/// they had enough of it; if not, nothing is added.
pub(crate) fn deflate(parts: &[&[u8]], room: usize, deflated: &mut Vec<u8>) -> bool {
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.whole.clear();
        for part in parts {
            deflate.whole.extend_from_slice(part);
        }
        if deflate.deflated.len() < room {
            deflate.deflated.resize(room, 0);
        }
        let into = &mut deflate.deflated[..room];
        let length = deflate.compressor.deflate_compress(&deflate.whole, into);
        if let Ok(length) = length {
            deflated.reserve_exact(length);
            deflated.extend_from_slice(&into[..length]);
        }
        give_back(&mut deflate.whole);
        give_back(&mut deflate.deflated);
        length.is_ok()
    })
}

/// At most so many bytes. Of bytes that are damaged, what can be read, and
/// `false`.
pub(crate) fn inflate(deflated: &[u8], most: usize) -> (Vec<u8>, bool) {
    match inflate_whole(deflated, most) {
        Some(whole) => (whole, true),
        None => inflate_readable(deflated, most),
    }
}

/// `None` where it is more, or damaged.
fn inflate_whole(deflated: &[u8], most: usize) -> Option<Vec<u8>> {
    INFLATE.with_borrow_mut(|inflate| {
        let whole = loop {
            let room = inflate.inflated.len().min(most);
            let into = &mut inflate.inflated[..room];
            match inflate.decompressor.deflate_decompress(deflated, into) {
                Ok(length) => break Some(into[..length].to_vec()),
                Err(DecompressionError::InsufficientSpace) if room < most => {
                    inflate.inflated.resize(room.saturating_mul(2), 0);
                }
                Err(_) => break None,
            }
        };
        give_back(&mut inflate.inflated);
        whole
    })
}

fn give_back(room: &mut Vec<u8>) {
    room.truncate(KEPT_BYTES);
    room.shrink_to(KEPT_BYTES);
}

fn inflate_readable(deflated: &[u8], most: usize) -> (Vec<u8>, bool) {
    let mut inflate = Decompress::new(false);
    let mut inflated = Vec::new();
    let is_whole = loop {
        let (read, written) = (inflate.total_in(), inflate.total_out());
        if inflated.len() >= most {
            break true;
        }
        inflated.reserve(STEP_BYTES.max(inflated.len()).min(most - inflated.len()));
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
    use super::*;

    #[test]
    fn of_damaged_bytes_is_read_what_can_be() {
        let text: Vec<u8> = (0_u32..20_000)
            .flat_map(|number| number.to_string().into_bytes())
            .collect();
        let mut deflated = Vec::new();
        assert!(deflate(&[&text[..100], &text[100..]], text.len(), &mut deflated));
        assert_eq!(inflate(&deflated, usize::MAX), (text.clone(), true));
        assert_eq!(inflate(&deflated, 5_000), (text[..5_000].to_vec(), true));
        let (readable, is_whole) = inflate(&deflated[..deflated.len() / 2], usize::MAX);
        assert!(!is_whole && readable.len() > 1_000 && text.starts_with(&readable));
    }

    #[test]
    fn what_has_no_room_adds_nothing() {
        let mut deflated = vec![7];
        assert!(!deflate(&[b"abcdefgh"], 3, &mut deflated));
        assert_eq!(deflated, [7]);
    }
}
