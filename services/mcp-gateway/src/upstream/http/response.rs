use std::{collections::VecDeque, sync::Arc};

use bytes::{Buf as _, BytesMut};
use http::{HeaderMap, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Collected, Limited};

use super::body::Body;
use crate::{
    message::{Incoming, MAX_SERVER_LINE_BYTES, Message, Reply},
    upstream::{
        Connection, RequestError,
        connection::Related,
        event_parser::{Event, EventParser},
    },
};

/// What is read of an answer that only says why there is none.
const MAX_REFUSAL_BYTES: usize = 64 * 1024;

/// What of it is told.
const EXCERPT_CHARACTERS: usize = 200;

/// What came back for a request.
#[derive(Debug)]
pub(super) enum Answer {
    Reply(Reply),
    /// A stream of events ended before the reply was among them.
    Broken(Box<EventStream>),
    Refused(Refusal),
}

/// An answer without a JSON-RPC message.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) body: String,
    location: Option<String>,
}

/// A stream of server-sent events.
#[derive(Debug)]
pub(super) struct EventStream {
    body: Body,
    parser: EventParser,
    ready: VecDeque<Event>,
}

impl EventStream {
    pub(super) fn new(body: Body) -> Self {
        Self {
            body,
            parser: EventParser::new(MAX_SERVER_LINE_BYTES),
            ready: VecDeque::new(),
        }
    }

    /// The next event; none at the end, and where the connection breaks.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, RequestError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            let Some(Ok(frame)) = self.body.frame().await else {
                return Ok(None);
            };
            if let Ok(data) = frame.into_data() {
                let events = self.parser.push(&data).map_err(|_| too_large())?;
                self.ready.extend(events);
            }
        }
    }

    /// The messages of the next event that has any; none at the end.
    pub(super) async fn next_messages(
        &mut self,
        connection: &Connection,
    ) -> Result<Option<Vec<Message>>, RequestError> {
        while let Some(event) = self.next().await? {
            if event.name != "message" || event.data.is_empty() {
                continue;
            }
            match messages(&event.data) {
                Ok(messages) => return Ok(Some(messages)),
                Err(error) => connection.note_noise("an event", &error, &event.data),
            }
        }
        Ok(None)
    }

    pub(super) fn last_id(&self) -> Option<&str> {
        self.parser.last_id()
    }

    pub(super) const fn retry(&self) -> Option<std::time::Duration> {
        self.parser.retry()
    }
}

impl Refusal {
    /// What a person is told.
    pub(super) fn words(&self) -> String {
        let status = self.status.as_u16();
        let advice = match status {
            401 | 403 => "; check the headers and secrets of its definition",
            404 | 405 => "; check the URL of its definition",
            _ => "",
        };
        if let Some(location) = &self.location {
            return format!(
                "the server answered with a redirect (HTTP {status}) to {}; enter the address that it leads to",
                excerpt(location)
            );
        }
        let said = excerpt(&self.body);
        let said = if said.is_empty() {
            String::new()
        } else {
            format!(": {said}")
        };
        format!("the server answered with HTTP {status}{advice}{said}")
    }
}

/// Reads what came for the request with that id, and hands on what comes before
/// its reply.
pub(super) async fn read(
    response: Response<Body>,
    connection: &Arc<Connection>,
    id: u64,
    related: Related<'_>,
) -> Result<Answer, RequestError> {
    let status = response.status();
    if !status.is_success() {
        return read_refusal(response, id).await;
    }
    if is_event_stream(response.headers()) {
        let mut stream = EventStream::new(response.into_body());
        return Ok(match read_stream(&mut stream, connection, id, related).await? {
            Some(reply) => Answer::Reply(reply),
            None => Answer::Broken(Box::new(stream)),
        });
    }
    read_json(response, connection, id, related)
        .await
        .map(Answer::Reply)
}

/// Reads one message or, which the specification does not provide for and
/// servers send all the same, one a line as they come.
async fn read_json(
    response: Response<Body>,
    connection: &Arc<Connection>,
    id: u64,
    related: Related<'_>,
) -> Result<Reply, RequestError> {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    let mut text = BytesMut::new();
    // Of a message that is spread over lines each would be read again with every line.
    let (mut may_be_lines, mut searched) = (true, 0);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|error| broke(&error))?.into_data() {
            text.extend_from_slice(&data);
        }
        if text.len() > MAX_SERVER_LINE_BYTES {
            return Err(too_large());
        }
        while may_be_lines && let Some(length) = text[searched..].iter().position(|byte| *byte == b'\n') {
            let Ok(messages) = messages(&text[..searched + length]) else {
                may_be_lines = false;
                break;
            };
            text.advance(searched + length + 1);
            searched = 0;
            if let Some(reply) = take(messages, connection, id, true, related) {
                return Ok(reply);
            }
        }
        searched = text.len();
    }
    if text.trim_ascii().is_empty() {
        return Err(RequestError::BadAnswer(format!(
            "the server took the request with HTTP {status} and gave no answer"
        )));
    }
    let messages = messages(&text)
        .map_err(|error| RequestError::BadAnswer(format!("the server's answer cannot be read: {error}")))?;
    take(messages, connection, id, true, related).ok_or_else(|| {
        RequestError::BadAnswer("what the server answered belongs to another request".to_owned())
    })
}

/// Hands on what is not the reply to that request.
fn take(
    messages: Vec<Message>,
    connection: &Arc<Connection>,
    id: u64,
    is_alone: bool,
    related: Related<'_>,
) -> Option<Reply> {
    let mut reply = None;
    for message in messages {
        match of_request(message, id, is_alone) {
            Ok(own) => reply = Some(own),
            Err(message) => connection.receive(message, related),
        }
    }
    reply
}

/// The reply among the events of a stream; none where it ends without.
pub(super) async fn read_stream(
    stream: &mut EventStream,
    connection: &Arc<Connection>,
    id: u64,
    related: Related<'_>,
) -> Result<Option<Reply>, RequestError> {
    while let Some(messages) = stream.next_messages(connection).await? {
        let reply = take(messages, connection, id, false, related);
        if reply.is_some() {
            return Ok(reply);
        }
    }
    Ok(None)
}

pub(super) fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .to_ascii_lowercase()
            .starts_with(b"text/event-stream")
    })
}

/// Errors come with other codes than 200 as well, and are replies then too.
async fn read_refusal(response: Response<Body>, id: u64) -> Result<Answer, RequestError> {
    let status = response.status();
    let location = response.headers().get(header::LOCATION);
    let location = location
        .filter(|_| status.is_redirection())
        .map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned());
    let bytes = Limited::new(response.into_body(), MAX_REFUSAL_BYTES)
        .collect()
        .await;
    let bytes = bytes.map(Collected::to_bytes).unwrap_or_default();
    if let Ok(message) = Message::parse(&bytes)
        && let Ok(reply @ Reply::Error(_)) = of_request(message, id, true)
    {
        return Ok(Answer::Reply(reply));
    }
    Ok(Answer::Refused(Refusal {
        status,
        body: String::from_utf8_lossy(&bytes).into_owned(),
        location,
    }))
}

/// The reply, if it is the one of that request. Errors without an id are, where
/// nothing else can be meant.
fn of_request(message: Message, id: u64, is_alone: bool) -> Result<Reply, Message> {
    match message {
        Message::Response(response) => match &response.id {
            Some(own) if own.as_u64() == Some(id) => Ok(response.reply),
            None if is_alone && matches!(response.reply, Reply::Error(_)) => Ok(response.reply),
            _ => Err(Message::Response(response)),
        },
        other => Err(other),
    }
}

fn messages(bytes: &[u8]) -> Result<Vec<Message>, String> {
    match Incoming::parse(bytes).map_err(|error| error.to_string())? {
        Incoming::Single(message) => Ok(vec![message]),
        Incoming::Batch(messages) => Ok(messages.into_iter().flatten().collect()),
    }
}

fn broke(error: &hyper::Error) -> RequestError {
    RequestError::Crashed(format!(
        "the connection broke in the middle of the answer: {error}"
    ))
}

fn too_large() -> RequestError {
    RequestError::BadAnswer(format!(
        "the server's answer is larger than {MAX_SERVER_LINE_BYTES} bytes, the most that is taken"
    ))
}

fn excerpt(text: &str) -> String {
    let text: String = text.trim().chars().take(EXCERPT_CHARACTERS).collect();
    text.replace(|character: char| character.is_control(), " ")
}
