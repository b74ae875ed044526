use std::sync::Arc;

use serde_json::value::RawValue;

use crate::{
    catalog::{Kind, looks_exposed, resolve_uri},
    directory::Server,
    message::{ErrorCode, Reply, object_fields},
    outbox::Outbox,
    relay::{Answer, Caller, Relay},
};

/// Whose resource an address means, and how that server calls it.
pub(in crate::relay) struct Resource {
    pub(in crate::relay) server: Arc<Server>,
    pub(in crate::relay) uri: String,
}

impl Relay {
    pub(super) async fn of_resource(
        &self,
        caller: &Caller,
        method: &str,
        params: Option<&str>,
        outbox: Option<&Outbox>,
    ) -> Answer {
        let fields = params.and_then(|params| object_fields(params, ["uri"]));
        let addressed = fields
            .as_ref()
            .and_then(|fields| Some((fields.get(0)?, fields.string(0)?)));
        let (Some(fields), Some((text, uri))) = (&fields, addressed) else {
            return Answer::error(
                ErrorCode::InvalidParams,
                "params lacks the uri of a resource, or has it twice",
            );
        };
        let Some(resource) = self.resource(caller, &uri).await else {
            return Answer::error(
                ErrorCode::NoResource,
                format!(
                    "no server of this project has the resource {uri}; resources/list tells what there is"
                ),
            );
        };
        let own = serde_json::Value::from(resource.uri.as_str()).to_string();
        let params = fields.splice().replace(text, own.clone()).finish();
        let answer = self
            .pass(caller, &resource.server, method, Some(&params), outbox)
            .await;
        match answer {
            Answer::Reply(Reply::Result(result)) if resource.uri != uri => {
                Answer::Reply(Reply::Result(readdressed(result, &resource.uri, text)))
            }
            answer => answer,
        }
    }

    /// Finds a resource: by the gateway's own form of address, by the lists that
    /// are there, else by new ones. Of several servers with one address, the
    /// oldest is meant.
    pub(in crate::relay) async fn resource(&self, caller: &Caller, uri: &str) -> Option<Resource> {
        if looks_exposed(uri) {
            let (server, own) = resolve_uri(&caller.project.names, uri)?;
            let server = caller.project.server_by_id(server)?;
            return server.is_enabled.then(|| Resource {
                server: server.clone(),
                uri: own.to_owned(),
            });
        }
        if let Some(server) = self.server_with(caller, uri) {
            return Some(server);
        }
        self.settle(caller, &[Kind::Resources, Kind::Templates]).await;
        self.server_with(caller, uri)
    }

    fn server_with(&self, caller: &Caller, uri: &str) -> Option<Resource> {
        let fitting = caller.project.enabled_servers().filter_map(|server| {
            let how = self.catalog.has_resource(server, &caller.wanted(server), uri)?;
            Some((how, server))
        });
        let (_, server) = fitting.min_by_key(|(how, server)| (*how, server.id))?;
        Some(Resource {
            server: server.clone(),
            uri: uri.to_owned(),
        })
    }
}

/// What was read, under the address that the client knows.
fn readdressed(result: Box<RawValue>, own: &str, asked: &str) -> Box<RawValue> {
    let changed = || {
        let fields = object_fields(result.get(), ["contents"])?;
        let list: Vec<&RawValue> = serde_json::from_str(fields.get(0)?).ok()?;
        let contents = list.into_iter().map(|content| {
            let text = content.get();
            match object_fields(text, ["uri"]) {
                Some(uri) if uri.string(0).as_deref() == Some(own) => uri
                    .splice()
                    .replace(uri.get(0).unwrap_or_default(), asked.to_owned())
                    .finish(),
                _ => text.to_owned(),
            }
        });
        let contents = format!("[{}]", contents.collect::<Vec<_>>().join(","));
        let changed = fields.splice().replace(fields.get(0)?, contents).finish();
        RawValue::from_string(changed).ok()
    };
    changed().unwrap_or(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_stand_under_the_address_that_was_asked_for() {
        let result = r#"{"x":1e400,"contents":[{"uri":"a","text":"t"},{"uri":"b"}]}"#;
        let result = RawValue::from_string(result.to_owned()).expect("is JSON");
        assert_eq!(
            readdressed(result, "a", "\"mcporch://server/s/a\"").get(),
            r#"{"x":1e400,"contents":[{"uri":"mcporch://server/s/a","text":"t"},{"uri":"b"}]}"#
        );
        let other = RawValue::from_string(r#"{"contents":7}"#.to_owned()).expect("is JSON");
        assert_eq!(readdressed(other, "a", "\"b\"").get(), r#"{"contents":7}"#);
    }
}
