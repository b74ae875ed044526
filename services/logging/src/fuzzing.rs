//! What the fuzzer of the tests throws bytes at: panics where what the service holds of
//! the bytes is not so.

/// Queries for tool calls.
pub fn query(bytes: &[u8]) {
    crate::query::fuzz_query(bytes);
}
