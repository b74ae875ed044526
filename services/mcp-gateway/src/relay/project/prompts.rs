use std::sync::Arc;

use crate::{
    catalog::{ExposedName, Kind},
    directory::Server,
    message::{ErrorCode, object_fields},
    outbox::Outbox,
    relay::{Answer, Caller, Relay},
};

impl Relay {
    pub(super) async fn get_prompt(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        let fields = params.and_then(|params| object_fields(params, ["name"]));
        let named = fields
            .as_ref()
            .and_then(|fields| Some((fields.get(0)?, fields.string(0)?)));
        let (Some(fields), Some((text, name))) = (&fields, named) else {
            return Answer::error(
                ErrorCode::InvalidParams,
                "params lacks the name of a prompt, or has it twice",
            );
        };
        let Some((server, own)) = self.prompt(caller, &name).await else {
            let words = format!("Unknown prompt: {name}; prompts/list tells what there is");
            return Answer::error(ErrorCode::InvalidParams, words);
        };
        let params = fields
            .splice()
            .replace(text, serde_json::Value::from(own).to_string())
            .finish();
        self.pass(caller, &server, method, Some(&params), outbox).await
    }

    /// Whose prompt that is, and what it calls it itself.
    pub(super) async fn prompt(&self, caller: &Caller, name: &str) -> Option<(Arc<Server>, String)> {
        let (server, exposed) = caller.project.names.resolve(name)?;
        let server = caller
            .project
            .server_by_id(server)
            .filter(|server| server.is_enabled)?
            .clone();
        let own = match exposed {
            ExposedName::Plain(own) => own.to_owned(),
            ExposedName::Shortened(_) => self.long_name(caller, &server, Kind::Prompts, name).await?,
        };
        Some((server, own))
    }
}
