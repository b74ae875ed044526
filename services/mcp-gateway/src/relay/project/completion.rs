use crate::{
    message::{ErrorCode, object_fields},
    outbox::Outbox,
    relay::{Answer, Caller, Relay},
};

impl Relay {
    /// For an argument of a prompt, or of a template's address.
    pub(super) async fn complete(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        let invalid = || {
            Answer::error(
                ErrorCode::InvalidParams,
                "params lacks a ref to a prompt or a resource that there is",
            )
        };
        let Some(params) = params else { return invalid() };
        let Some(fields) = object_fields(params, ["ref"]) else {
            return invalid();
        };
        let Some(reference) = fields
            .get(0)
            .and_then(|text| object_fields(text, ["name", "uri"]))
        else {
            return invalid();
        };
        let (text, server, own) = if let (Some(text), Some(uri)) = (reference.get(1), reference.string(1)) {
            let Some(resource) = self.resource(caller, &uri).await else {
                return invalid();
            };
            (text, resource.server, resource.uri)
        } else if let (Some(text), Some(name)) = (reference.get(0), reference.string(0)) {
            let Some((server, own)) = self.prompt(caller, &name).await else {
                return invalid();
            };
            (text, server, own)
        } else {
            return invalid();
        };
        let params = fields
            .splice()
            .replace(text, serde_json::Value::from(own).to_string())
            .finish();
        self.pass(caller, &server, method, Some(&params), outbox).await
    }
}
