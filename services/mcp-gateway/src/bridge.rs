//! Between the eras of the protocol: what one side sends as the other expects
//! it. Each hop has its own revision; this is what happens in the middle.

mod input_required;
mod parked;
mod sealed;
mod to_legacy;
mod to_modern;

pub(crate) use input_required::{
    InputRequest, InputRequired, WITH_ROUNDS, asked_by_refusal, capability_of, retry_params,
};
pub(crate) use parked::{AtWork, Parked, Parking};
pub(crate) use sealed::{Bound, PARKED_FOR, Seal};
pub(crate) use to_legacy::{error_to_legacy, question_to_legacy, result_to_legacy};
pub(crate) use to_modern::{message_to_modern, modern_error_code, with_server_info};

/// What is noted on a call, in words that stay: that a modern client called a
/// legacy server.
pub(crate) const MODERN_TO_LEGACY: &str = "modern_to_legacy";

/// That a legacy client called a modern server.
pub(crate) const LEGACY_TO_MODERN: &str = "legacy_to_modern";

/// That questions of the server were put to the client in the other era's way.
pub(crate) const INPUT_REQUIRED: &str = "input_required";
