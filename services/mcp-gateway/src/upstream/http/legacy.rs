use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use tokio::sync::{Semaphore, watch};

use super::{
    HttpClient, Outgoing,
    body::Body,
    era, post_headers,
    response::{self, Answer, EventStream, is_event_stream},
    stream_headers, taken,
};
use crate::{
    backoff::Backoff,
    header_names,
    message::{Reply, Revision},
    upstream::{Connection, RequestError, connection::Related},
};

/// How long to wait before a broken stream is taken up again, where the server
/// does not say.
const RETRY: Duration = Duration::from_secs(1);

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How long the end of a session may take. It ends without it as well.
const END_WITHIN: Duration = Duration::from_secs(2);

/// A server of the revisions 2025-03-26 to 2025-11-25.
#[derive(Debug)]
pub(super) struct Legacy {
    session: watch::Sender<Arc<Session>>,
    /// One renews the session for all.
    renewing: Semaphore,
}

/// What the server gave the gateway to be known again.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Option<HeaderValue>,
    /// Absent where the revision has no such header.
    pub(super) revision: Option<HeaderValue>,
    /// Of each message that is sent in it.
    post: HeaderMap,
}

impl Session {
    pub(super) fn new(id: Option<HeaderValue>, revision: &str) -> Self {
        let has_header = revision
            .parse::<Revision>()
            .is_ok_and(|revision| revision >= Revision::V2025_06_18);
        let revision = has_header.then(|| super::tool_headers::header_value(revision));
        let mut session = Self {
            id,
            revision,
            post: HeaderMap::new(),
        };
        session.post = session.add_to(post_headers());
        session
    }

    fn add_to(&self, mut headers: HeaderMap) -> HeaderMap {
        if let Some(id) = &self.id {
            headers.insert(header_names::SESSION_ID, id.clone());
        }
        if let Some(revision) = &self.revision {
            headers.insert(header_names::PROTOCOL_VERSION, revision.clone());
        }
        headers
    }
}

impl Legacy {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session: watch::Sender::new(Arc::new(session)),
            renewing: Semaphore::new(1),
        }
    }

    fn session(&self) -> Arc<Session> {
        self.session.borrow().clone()
    }

    pub(super) async fn exchange(
        &self,
        client: &HttpClient,
        connection: &Arc<Connection>,
        request: Outgoing<'_>,
        related: Related<'_>,
    ) -> Result<Reply, RequestError> {
        let mut session = self.session();
        let (message, carriers) = (Bytes::from(request.message), request.carriers);
        let mut response = Self::ask(client, &session, &carriers, message.clone()).await?;
        if session.id.is_some() && response.status() == StatusCode::NOT_FOUND {
            // The server does not know the session, so it has not looked at the
            // request ("session management").
            drop(response);
            Box::pin(self.renew(client, connection, &session)).await?;
            session = self.session();
            response = Self::ask(client, &session, &carriers, message).await?;
        }
        match response::read(response, connection, request.id, related).await? {
            Answer::Reply(reply) => Ok(reply),
            Answer::Broken(stream) => {
                let resuming = self.resume(client, &session, connection, request.id, related, *stream);
                Box::pin(resuming).await
            }
            Answer::Refused(refusal) => Err(RequestError::BadAnswer(refusal.words())),
        }
    }

    /// Sends what has no answer.
    pub(super) async fn post(&self, client: &HttpClient, message: String) -> Result<(), RequestError> {
        Self::tell(client, &self.session(), message).await
    }

    pub(super) async fn tell(
        client: &HttpClient,
        session: &Session,
        message: String,
    ) -> Result<(), RequestError> {
        taken(Self::send(client, session, message).await?).await
    }

    async fn ask(
        client: &HttpClient,
        session: &Session,
        carriers: &HeaderMap,
        message: Bytes,
    ) -> Result<Response<Body>, RequestError> {
        let mut headers = session.post.clone();
        headers.extend(carriers.clone());
        client.send(Method::POST, &client.url, headers, message).await
    }

    async fn send(
        client: &HttpClient,
        session: &Session,
        message: String,
    ) -> Result<Response<Body>, RequestError> {
        let headers = session.post.clone();
        client.send(Method::POST, &client.url, headers, message).await
    }

    async fn open(
        &self,
        client: &HttpClient,
        session: &Session,
        last_event_id: Option<&str>,
    ) -> Result<Response<Body>, RequestError> {
        let mut headers = session.add_to(stream_headers());
        if let Some(id) = last_event_id.and_then(|id| HeaderValue::from_str(id).ok()) {
            headers.insert(header_names::LAST_EVENT_ID, id);
        }
        client
            .send(Method::GET, &client.url, headers, String::new())
            .await
    }

    /// Goes on with the stream of an answer that broke, or that the server let
    /// go to be asked for it later ("resumability and redelivery"). It ends
    /// with the time of the request.
    async fn resume(
        &self,
        client: &HttpClient,
        session: &Session,
        connection: &Arc<Connection>,
        id: u64,
        related: Related<'_>,
        mut stream: EventStream,
    ) -> Result<Reply, RequestError> {
        let lost = |how: &str| RequestError::Crashed(format!("the stream of the server's answer {how}"));
        let mut retry = RETRY;
        let mut last_id: Option<String> = None;
        loop {
            // Whoever says so lets go, rather than that the connection broke.
            let asked_for = stream.retry();
            retry = asked_for.unwrap_or(retry);
            last_id = stream.last_id().map(str::to_owned).or(last_id);
            let Some(last) = last_id.as_deref() else {
                return Err(lost("ended before the answer came"));
            };
            let polling = related.polling().filter(|_| asked_for.is_some());
            let response = loop {
                match polling {
                    Some(polling) => polling.pause(retry).await,
                    None => tokio::time::sleep(retry).await,
                }
                match self.open(client, session, Some(last)).await {
                    Ok(response) => break response,
                    // It may be back in a moment, with all that it has to say.
                    Err(RequestError::Unreachable(_)) => {}
                    Err(error) => return Err(error),
                }
            };
            let status = response.status();
            if !status.is_success() || !is_event_stream(response.headers()) {
                return Err(lost(&format!(
                    "ended before the answer came, and was not taken up again (HTTP {})",
                    status.as_u16()
                )));
            }
            stream = EventStream::new(response.into_body());
            if let Some(reply) = response::read_stream(&mut stream, connection, id, related).await? {
                return Ok(reply);
            }
        }
    }

    /// Begins a new session, unless somebody just did.
    async fn renew(
        &self,
        client: &HttpClient,
        connection: &Arc<Connection>,
        stale: &Arc<Session>,
    ) -> Result<(), RequestError> {
        let _turn = self.renewing.acquire().await;
        if !Arc::ptr_eq(&self.session(), stale) {
            return Ok(());
        }
        let renewed = tokio::time::timeout(
            connection.server.init_timeout,
            era::initialize(client, connection),
        );
        let (session, _) = renewed
            .await
            .map_err(|_| RequestError::Timeout(connection.server.init_timeout))?
            .map_err(|failure| {
                // It may be another server by now.
                connection.doubt();
                RequestError::Unreachable(format!(
                    "the server has forgotten its session, and begins no new one: {failure}"
                ))
            })?;
        self.session.send_replace(Arc::new(session));
        connection.greeted_anew();
        Ok(())
    }

    /// Holds the stream open by which the server says what no request is about.
    pub(super) async fn listen(&self, client: &HttpClient, connection: &Arc<Connection>) -> ! {
        let mut sessions = self.session.subscribe();
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
        let mut last_id: Option<String> = None;
        loop {
            let session = sessions.borrow_and_update().clone();
            let mut pause = None;
            match self.open(client, &session, last_id.as_deref()).await {
                Ok(response) if is_event_stream(response.headers()) && response.status().is_success() => {
                    let mut stream = EventStream::new(response.into_body());
                    while let Ok(Some(messages)) = stream.next_messages(connection).await {
                        backoff.reset();
                        for message in messages {
                            connection.receive(message, Related::default());
                        }
                    }
                    last_id = stream.last_id().map(str::to_owned).or(last_id);
                    pause = stream.retry();
                }
                Ok(response) if response.status() == StatusCode::NOT_FOUND && session.id.is_some() => {
                    // What is watched would be missed until the next request.
                    let _ = self.renew(client, connection, &session).await;
                }
                // It offers no such stream, and will not in this session.
                Ok(response) if response.status().is_client_error() && last_id.is_none() => {
                    let _ = sessions.changed().await;
                    continue;
                }
                Ok(_) => last_id = None,
                Err(_) => {}
            }
            tokio::select! {
                () = tokio::time::sleep(pause.unwrap_or_else(|| backoff.next())) => {}
                _ = sessions.changed() => {}
            }
            if !Arc::ptr_eq(&session, &self.session()) {
                last_id = None;
            }
        }
    }

    /// Ends the session, where there is one. Whether the server wants to know
    /// is for it to say.
    pub(super) async fn end(&self, client: &HttpClient) {
        let session = self.session();
        if session.id.is_some() {
            let headers = session.add_to(HeaderMap::new());
            let ending = client.send(Method::DELETE, &client.url, headers, String::new());
            let _ = tokio::time::timeout(END_WITHIN, ending).await;
        }
    }
}
