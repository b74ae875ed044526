//! Between the eras of the protocol: what one side sends as the other expects
//! it. Each hop has its own revision; this is what happens in the middle.

mod to_modern;

pub(crate) use to_modern::{message_to_modern, modern_error_code};
