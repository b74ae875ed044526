//! What a project's endpoint adds: the lists of its servers as one, and the way
//! from a name or an address back to the server that it is of.

mod announce;
mod completion;
mod lists;
mod prompts;
mod resources;

use super::{Answer, Caller, Relay};
use crate::{catalog::Kind, message::ErrorCode, outbox::Outbox};

impl Relay {
    /// Answers on a project's endpoint what its servers together would.
    pub(super) async fn project_request(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        if let Some(kind) = Kind::of_method(method) {
            return self.merged_list(caller, kind, params).await;
        }
        match method {
            "prompts/get" => self.get_prompt(caller, method, params, outbox).await,
            "resources/read" => self.of_resource(caller, method, params, outbox).await,
            "completion/complete" => self.complete(caller, method, params, outbox).await,
            _ => Answer::error(
                ErrorCode::MethodNotFound,
                format!(
                    "{method} is nothing that all servers of a project share; \
                     the endpoint of a single server passes it on"
                ),
            ),
        }
    }
}
