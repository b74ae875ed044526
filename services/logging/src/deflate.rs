//! Deflates and inflates with tables that a thread makes once: to fill them costs
//! more than most texts.
//!
//! libdeflate needs a third of zlib's time for texts of some KiB. It inflates
//! whole texts only, so zlib does that: it says what can be read of damaged ones.

use std::cell::RefCell;

use flate2::{Decompress, FlushDecompress, Status};
use libdeflater::{CompressionLvl, Compressor};

/// Of 1 to 12: beyond it, what it saves (1 %) is less than what it costs.
const LEVEL: i32 = 1;

/// Inflated at a time.
const STEP_BYTES: usize = 8 * 1_024;

thread_local! {
    static DEFLATE: RefCell<Deflate> = RefCell::new(Deflate::new());
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
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
        match deflate.compressor.deflate_compress(&deflate.whole, into) {
            Ok(length) => {
                deflated.reserve_exact(length);
                deflated.extend_from_slice(&into[..length]);
                true
            }
            Err(_) => false,
        }
    })
}

/// At most so many bytes. Of bytes that are damaged, what can be read, and
/// `false`.
pub(crate) fn inflate(deflated: &[u8], most: usize) -> (Vec<u8>, bool) {
    let mut inflated = Vec::new();
    let is_whole = INFLATE.with_borrow_mut(|inflate| {
        inflate.reset(false);
        loop {
            let (read, written) = (inflate.total_in(), inflate.total_out());
            if inflated.len() >= most {
                return true;
            }
            inflated.reserve(STEP_BYTES.max(inflated.len()).min(most - inflated.len()));
            let rest = usize::try_from(read).ok().and_then(|read| deflated.get(read..));
            let status =
                inflate.decompress_vec(rest.unwrap_or_default(), &mut inflated, FlushDecompress::None);
            let goes_on = (inflate.total_in(), inflate.total_out()) > (read, written);
            match status {
                Ok(Status::StreamEnd) => return true,
                Ok(_) if goes_on => {}
                // It wants more than there is.
                Ok(_) | Err(_) => return false,
            }
        }
    });
    inflated.truncate(most);
    (inflated, is_whole)
}
