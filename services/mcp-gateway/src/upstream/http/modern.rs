use std::sync::Arc;

use bytes::Bytes;
use domain::{LogLevel, ServerLogKind};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::value::RawValue;

use super::{
    HttpClient, Outgoing, post_headers,
    response::{self, Answer},
    taken,
    tool_headers::{ToolHeaders, header_value},
};
use crate::{
    header_names,
    message::{ErrorCode, Message, Reply, object_fields},
    upstream::{Connection, Hello, RequestError, RequestOptions, connection::Related, handshake},
};

/// Pages of a list of tools. More, and it does not end.
const MAX_PAGES: usize = 1_000;

/// A server of revision 2026-07-28 or later: each request stands for itself.
#[derive(Debug)]
pub(super) struct Modern {
    revision: HeaderValue,
    tool_headers: ToolHeaders,
}

impl Modern {
    pub(super) fn new(hello: &Hello) -> Self {
        Self {
            revision: revision_header(&hello.revision),
            tool_headers: ToolHeaders::default(),
        }
    }

    pub(super) async fn exchange(
        &self,
        client: &HttpClient,
        connection: &Arc<Connection>,
        mut request: Outgoing<'_>,
        related: Related<'_>,
    ) -> Result<Reply, RequestError> {
        let message = Bytes::from(std::mem::take(&mut request.message));
        let reply = self
            .once(client, connection, &request, message.clone(), related)
            .await?;
        if request.method == "tools/call" && has_code(&reply, ErrorCode::HeaderMismatch) {
            // Refused before it was looked at: the tool may have other headers
            // than when it was listed ("client behavior").
            self.list_tools(connection).await;
            return self.once(client, connection, &request, message, related).await;
        }
        match reply {
            Reply::Result(result) if request.method == "tools/list" => {
                Ok(Reply::Result(self.note_tools(connection, result)))
            }
            reply => Ok(reply),
        }
    }

    async fn once(
        &self,
        client: &HttpClient,
        connection: &Arc<Connection>,
        request: &Outgoing<'_>,
        message: Bytes,
        related: Related<'_>,
    ) -> Result<Reply, RequestError> {
        let mut headers = self.headers(request.method, request.params);
        headers.extend(request.carriers.clone());
        let response = client.send(Method::POST, &client.url, headers, message).await?;
        match response::read(response, connection, request.id, related).await? {
            Answer::Reply(reply) => {
                if has_code(&reply, ErrorCode::UnsupportedRevision) {
                    connection.doubt();
                }
                Ok(reply)
            }
            Answer::Broken(_) => Err(RequestError::Crashed(
                "the server closed the stream of its answer before the answer came".to_owned(),
            )),
            Answer::Refused(refusal) => {
                // No modern server refuses without saying why.
                if matches!(refusal.status.as_u16(), 400 | 404 | 405) {
                    connection.doubt();
                }
                Err(RequestError::BadAnswer(refusal.words()))
            }
        }
    }

    fn headers(&self, method: &str, params: Option<&str>) -> HeaderMap {
        let mut headers = request_headers(&self.revision, method);
        let params = params.unwrap_or("{}");
        let Some(fields) = object_fields(params, ["name", "uri", "arguments"]) else {
            return headers;
        };
        let name = match method {
            "tools/call" | "prompts/get" => fields.string(0),
            "resources/read" => fields.string(1),
            _ => None,
        };
        let Some(name) = name else { return headers };
        headers.insert(header_names::NAME, header_value(&name));
        if method == "tools/call" {
            self.tool_headers
                .add(&name, fields.get(2).unwrap_or("{}"), &mut headers);
        }
        headers
    }

    fn note_tools(&self, connection: &Connection, result: Box<RawValue>) -> Box<RawValue> {
        let Some((page, rejected)) = self.tool_headers.note(result.get()) else {
            return result;
        };
        for rejected in rejected {
            let line = format!("left out the tool {:?}: {}", rejected.tool, rejected.reason);
            connection.log(LogLevel::Warning, ServerLogKind::Protocol, &line);
        }
        RawValue::from_string(page).unwrap_or(result)
    }

    async fn list_tools(&self, connection: &Arc<Connection>) {
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let params = cursor.map(|cursor| format!("{{\"cursor\":{cursor}}}"));
            let options = RequestOptions::within(connection.server.timeout);
            let page = Box::pin(connection.request("tools/list", params.as_deref(), options)).await;
            let Ok(Reply::Result(page)) = page else { return };
            let next = object_fields(page.get(), ["nextCursor"]);
            cursor = next
                .and_then(|fields| fields.get(0).map(str::to_owned))
                .filter(|cursor| cursor.starts_with('"'));
            if cursor.is_none() {
                return;
            }
        }
    }

    /// The revision has no notifications of clients over HTTP, but has rules
    /// for those of extensions. Answers are not sent at all.
    pub(super) async fn notify(&self, client: &HttpClient, message: String) -> Result<(), RequestError> {
        let Ok(Message::Notification(notification)) = Message::parse(message.as_bytes()) else {
            return Ok(());
        };
        let headers = request_headers(&self.revision, &notification.method);
        let response = client.send(Method::POST, &client.url, headers, message).await?;
        taken(response).await
    }
}

/// The headers of every request (2026-07-28, Streamable HTTP, "request
/// metadata").
pub(super) fn request_headers(revision: &HeaderValue, method: &str) -> HeaderMap {
    let mut headers = post_headers();
    headers.insert(header_names::PROTOCOL_VERSION, revision.clone());
    headers.insert(header_names::METHOD, header_value(method));
    headers
}

pub(super) fn revision_header(revision: &str) -> HeaderValue {
    header_value(revision)
}

fn has_code(reply: &Reply, code: ErrorCode) -> bool {
    match reply {
        Reply::Error(error) => handshake::error_code(error.get()) == Some(code.number()),
        Reply::Result(_) => false,
    }
}
