//! Servers over HTTP: Streamable HTTP of both eras, and HTTP+SSE. Each request
//! is made in the task of whoever asks, and its answer read there.

mod body;
mod client;
mod connections;
mod connector;
mod era;
mod legacy;
mod life;
mod modern;
mod response;
mod sse;
mod tool_headers;

use std::sync::{Arc, OnceLock};

use futures::{StreamExt as _, stream::FuturesUnordered};
use http::{HeaderMap, HeaderValue, header};
use tokio::sync::mpsc;

use super::{Connection, RequestError, connection::Related, in_flight::Answer};
use crate::{directory::Http, message::Reply};

use body::Body;
use client::HttpClient;
pub(crate) use connector::Dialer;
use legacy::Legacy;
pub(super) use life::live;
use modern::Modern;
use response::EventStream;
use sse::Sse;

/// Notifications and answers that are on their way at the same time.
const MAX_POSTS: usize = 16;

/// So many headers has a request that carries no arguments in headers of their own: with
/// place for all, their table is made once.
const MAX_USUAL_HEADERS: usize = 12;

/// How a server over HTTP is spoken with.
#[derive(Debug)]
pub(super) struct HttpWire {
    client: HttpClient,
    /// Known when the server has been greeted.
    mode: OnceLock<Mode>,
}

#[derive(Debug)]
enum Mode {
    Modern(Modern),
    Legacy(Legacy),
    Sse(Sse),
}

/// A request on its way.
pub(super) struct Outgoing<'a> {
    pub(super) id: u64,
    pub(super) method: &'a str,
    pub(super) params: Option<&'a str>,
    /// All of it.
    pub(super) message: String,
    /// Headers that say of which trace it is.
    pub(super) carriers: HeaderMap,
}

impl HttpWire {
    /// The error says what is wrong with the definition.
    pub(super) fn new(definition: &Http, dialer: &Dialer) -> Result<Self, String> {
        Ok(Self {
            client: HttpClient::new(definition, dialer)?,
            mode: OnceLock::new(),
        })
    }

    /// Asks, and gives the answer. Where that comes by a stream of its own, it
    /// is awaited at `answer`.
    pub(super) async fn exchange(
        &self,
        connection: &Arc<Connection>,
        request: Outgoing<'_>,
        related: Related<'_>,
        answer: &mut Answer,
    ) -> Result<Reply, RequestError> {
        match self.mode.get() {
            Some(Mode::Modern(modern)) => modern.exchange(&self.client, connection, request, related).await,
            Some(Mode::Legacy(legacy)) => legacy.exchange(&self.client, connection, request, related).await,
            Some(Mode::Sse(sse)) => {
                sse.post(&self.client, request.message).await?;
                answer.await.unwrap_or_else(|_| Err(connection.crashed()))
            }
            None => Err(connection.crashed()),
        }
    }

    /// Whether closing the stream of an answer withdraws its request.
    pub(super) fn withdraws_by_closing(&self) -> bool {
        matches!(self.mode.get(), Some(Mode::Modern(_)))
    }

    /// Sends notifications and answers, until there will be none any more.
    async fn post_all(&self, mut waiting: mpsc::Receiver<String>) {
        let mut posts = FuturesUnordered::new();
        loop {
            tokio::select! {
                message = waiting.recv(), if posts.len() < MAX_POSTS => match message {
                    Some(message) => posts.push(self.post(message)),
                    None => break,
                },
                Some(()) = posts.next(), if !posts.is_empty() => {}
            }
        }
        while posts.next().await.is_some() {}
    }

    /// Best effort: nobody waits for it.
    async fn post(&self, message: String) {
        let posted = match self.mode.get() {
            Some(Mode::Modern(modern)) => modern.notify(&self.client, message).await,
            Some(Mode::Legacy(legacy)) => legacy.post(&self.client, message).await.map(drop),
            Some(Mode::Sse(sse)) => sse.post(&self.client, message).await,
            None => Ok(()),
        };
        if let Err(error) = posted {
            tracing::debug!(%error, "a notification or an answer did not reach a server");
        }
    }

    /// Lets go of connections that nobody has used for long, for as long as it is polled.
    async fn close_idle(&self) -> std::convert::Infallible {
        self.client.close_idle().await
    }

    /// Hears what the server says of its own accord. Ends, with the reason, when
    /// the connection is over.
    async fn listen(&self, connection: &Arc<Connection>, stream: Option<EventStream>) -> String {
        match self.mode.get() {
            Some(Mode::Legacy(legacy)) => legacy.listen(&self.client, connection).await,
            Some(Mode::Sse(sse)) => sse.listen(&self.client, connection, stream).await,
            // It has nothing to say but what it is asked for.
            Some(Mode::Modern(_)) | None => std::future::pending().await,
        }
    }

    /// Tells the server that this was all.
    async fn end(&self) {
        if let Some(Mode::Legacy(legacy)) = self.mode.get() {
            legacy.end(&self.client).await;
        }
    }
}

fn post_headers() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(MAX_USUAL_HEADERS);
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        header::ACCEPT,
        HeaderValue::from_static("application/json, text/event-stream"),
    );
    headers
}

fn stream_headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("text/event-stream"));
    headers
}

/// Makes sure that the connection can be used again, and says how it went.
async fn taken(response: http::Response<Body>) -> Result<(), RequestError> {
    use http_body_util::{BodyExt as _, Limited};

    let status = response.status();
    let _ = Limited::new(response.into_body(), 64 * 1024).collect().await;
    if status.is_success() {
        return Ok(());
    }
    Err(RequestError::BadAnswer(format!(
        "the server did not take a message: HTTP {}",
        status.as_u16()
    )))
}
