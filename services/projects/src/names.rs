//! Names as people give them.

use domain::DisplayName;
use service_error::ServiceError;

/// The name of whatever a request makes or renames, out of its field `name`.
pub(crate) fn parse(text: &str) -> Result<DisplayName, ServiceError> {
    DisplayName::parse(text).map_err(|error| ServiceError::invalid("name", error.to_string()))
}
