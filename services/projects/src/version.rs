//! Versions of what several people may change at once.

use service_error::{Code, ServiceError};

/// Refuses a change of what somebody else changed since the caller saw it.
pub(crate) fn check<V: Copy + PartialEq>(what: &str, seen: Option<V>, now: V) -> Result<(), ServiceError> {
    if seen.is_none_or(|seen| seen == now) {
        return Ok(());
    }
    Err(ServiceError::new(
        Code::Conflict,
        "changed_meanwhile",
        format!("somebody else changed this {what} meanwhile; look at it again, then change it"),
    ))
}
