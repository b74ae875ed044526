//! Deflates and inflates with tables that a thread makes once: to fill them costs
//! more than most texts.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// Of 1 to 9: beyond it, what it saves is less than what it costs.
const LEVEL: u32 = 4;

/// Inflated at a time.
const STEP_BYTES: usize = 8 * 1_024;

thread_local! {
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(LEVEL), false));
    static INFLATE: RefCell<Decompress> = RefCell::new(Decompress::new(false));
}

/// Adds some bytes, one part behind another, in at most `room` bytes. Whether
/// they had enough of it; if not, what is added is worth nothing.
pub(crate) fn deflate(parts: &[&[u8]], room: usize, deflated: &mut Vec<u8>) -> bool {
    let Some((last, before)) = parts.split_last() else {
        return false;
    };
    // It writes no further than there is room.
    deflated.reserve_exact(room);
    let status = DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        for part in before {
            deflate.compress_vec(part, deflated, FlushCompress::None)?;
        }
        let length: usize = before.iter().map(|part| part.len()).sum();
        let is_taken = deflate.total_in() == length as u64;
        let rest: &[u8] = if is_taken { last } else { &[] };
        let status = deflate.compress_vec(rest, deflated, FlushCompress::Finish)?;
        Ok::<_, flate2::CompressError>(if is_taken { status } else { Status::BufError })
    });
    deflated.shrink_to_fit();
    matches!(status, Ok(Status::StreamEnd))
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
