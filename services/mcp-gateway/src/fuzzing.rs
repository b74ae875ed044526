//! What the fuzzer of the tests throws bytes at: each function panics where what the gateway
//! holds of such bytes is not so.

/// Takes a message of JSON-RPC.
pub fn envelope(bytes: &[u8]) {
    crate::message::fuzz_envelope(bytes);
}

/// Takes a stream of server-sent events; its first byte says how chunks fall.
pub fn event_stream(bytes: &[u8]) {
    crate::upstream::fuzz_event_stream(bytes);
}

/// Takes the output of a stdio server; its first byte says how chunks fall.
pub fn lines(bytes: &[u8]) {
    crate::upstream::fuzz_lines(bytes);
}

/// Takes lines of headers, an empty line, and the body that they belong to.
pub fn headers(bytes: &[u8]) {
    crate::downstream::fuzz_headers(bytes);
}

/// The first byte is the size of a chunk, and how much larger each next one is.
pub(crate) fn chunks_of(bytes: &[u8]) -> (impl Iterator<Item = &[u8]>, &[u8]) {
    let (first, stream) = bytes.split_first().unwrap_or((&0, bytes));
    let (mut size, growth) = (usize::from(first >> 4) + 1, usize::from(first & 0x0F));
    let mut rest = stream;
    let chunks = std::iter::from_fn(move || {
        let (chunk, behind) = rest.split_at(size.min(rest.len()));
        rest = behind;
        size = (size + growth) % 64 + 1;
        (!chunk.is_empty()).then_some(chunk)
    });
    (chunks, stream)
}
