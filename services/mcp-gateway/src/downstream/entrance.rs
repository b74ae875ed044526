use std::{net::IpAddr, sync::Arc};

use access::{ApiKey, Credential};
use domain::{Door, Permission};
use http::{HeaderMap, header, header::AsHeaderName, request};

use super::{Doors, address::Address, refusal::Refusal};
use crate::{
    directory::{Key, Project},
    header_names,
    relay::{Caller, Permissions, Trace},
    session::{Endpoint, Session},
    spans,
};

/// A visitor who may come in.
#[derive(Debug)]
pub(super) struct Visitor<'a> {
    pub(super) key: Arc<Key>,
    pub(super) project: Arc<Project>,
    pub(super) endpoint: Endpoint,
    pub(super) user_agent: &'a str,
    address: IpAddr,
    trace: Trace,
}

impl<'a> Visitor<'a> {
    /// Checks name, origin, key, project and server, in this order: what is
    /// there is told only to who may know.
    pub(super) fn admit(
        doors: &Doors,
        address: &Address<'_>,
        head: &'a request::Parts,
        peer: IpAddr,
    ) -> Result<Self, Refusal> {
        let headers = &head.headers;
        doors.hosts.check(&head.uri, headers)?;
        let snapshot = doors.relay.directory.glance();
        let now = doors.relay.recorder.clock().now();
        let key = snapshot.key(&api_key(headers)?, now).ok_or_else(|| {
            Refusal::unauthorized(
                "this API key is unknown, revoked or past its end; make a new one in the project",
            )
        })?;
        let from = access::client_address(peer, headers, &doors.trusted_proxies);
        if !key.may_come_from(Some(from)) {
            return Err(Refusal::forbidden(
                "this API key may not be used from this address; use it from where it is meant for, or let its owner change its ranges",
            ));
        }
        // One answer for a project of others and for none.
        let project = snapshot
            .project(&address.project)
            .filter(|project| project.id == key.project_id)
            .ok_or_else(|| {
                Refusal::forbidden(
                    "this API key is of another project; use a key of the project in the address",
                )
            })?;
        if !key.may(Permission::ReadProject) && !key.may(Permission::CallTools) {
            return Err(Refusal::forbidden(
                "this API key may neither see the project nor call its tools; use one with the scope project:read or tools:call",
            ));
        }
        let endpoint = match &address.server {
            None => Endpoint::Project,
            Some(name) => {
                let server = project.server(name).filter(|server| server.is_enabled);
                let server = server.ok_or_else(|| {
                    Refusal::not_found(format!(
                        "the project has no server {name:?}, or it is disabled; see the project's servers"
                    ))
                })?;
                Endpoint::Server(server.id)
            }
        };
        doors.key_uses.note(key.id, now, Some(from));
        Ok(Self {
            key: key.clone(),
            project: project.clone(),
            endpoint,
            user_agent: text_of(headers, header::USER_AGENT).unwrap_or_default(),
            address: from,
            trace: Trace {
                carriers: spans::carriers_of(headers),
                ..text_of(headers, header_names::TRACEPARENT)
                    .and_then(Trace::parse)
                    .unwrap_or_default()
            },
        })
    }

    /// As text.
    pub(super) fn ip_address(&self) -> String {
        self.address.to_string()
    }

    /// The visitor as the relay knows it, in a session.
    pub(super) fn caller(&self, session: &Arc<Session>, door: Door) -> Caller {
        Caller {
            project: self.project.clone(),
            endpoint: self.endpoint,
            door,
            asker: None,
            revision: session.revision(),
            permissions: Permissions::of_key(&self.key),
            trace: self.trace.clone(),
            session: Some(session.clone()),
            log_level: None,
            questions: None,
        }
    }
}

/// `Authorization: Bearer` or `X-API-Key`; never in the address, which ends up
/// in logs.
fn api_key(headers: &HeaderMap) -> Result<ApiKey, Refusal> {
    if let Some(text) = text_of(headers, header_names::API_KEY) {
        return ApiKey::parse(text.trim()).map_err(|error| Refusal::unauthorized(error.to_string()));
    }
    match Credential::from_headers(headers) {
        Ok(Some(Credential::ApiKey(key))) => Ok(key),
        Ok(Some(Credential::WebSession(_))) => Err(Refusal::unauthorized(
            "MCP takes no web session; send an API key of the project",
        )),
        Ok(None) => Err(Refusal::unauthorized(
            "send an API key of the project: Authorization: Bearer mcporch_...",
        )),
        Err(error) => Err(Refusal::unauthorized(error.to_string())),
    }
}

pub(super) fn text_of(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}
