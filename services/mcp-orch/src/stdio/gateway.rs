use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, anyhow, bail};
use reqwest::{Method, RequestBuilder, Response, StatusCode, header};
use serde_json::Value;
use tokio::sync::mpsc;

use super::message::{self, Message};
use crate::{events::EventReader, http_client};

const SESSION: &str = "mcp-session-id";
const REVISION: &str = "mcp-protocol-version";

/// How long until a stream that broke off is taken up again, and how often.
const COME_AGAIN: Duration = Duration::from_secs(1);
const RESUMES: u32 = 5;

/// The gateway's end of the bridge (MCP 2025-11-25, "Streamable HTTP").
pub(super) struct Gateway {
    http: reqwest::Client,
    url: String,
    key: String,
    /// Where what the gateway says goes.
    says: mpsc::Sender<String>,
    state: Mutex<State>,
    /// Held by whoever begins a session anew.
    renewal: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct State {
    /// What the client began its session with: sessions end at the gateway after
    /// a while, and a client over stdio is not told.
    initialize: Option<Message>,
    session: Option<String>,
    revision: Option<String>,
}

impl Gateway {
    pub(super) fn new(url: String, key: String, says: mpsc::Sender<String>) -> anyhow::Result<Self> {
        Ok(Self {
            http: http_client::builder().build()?,
            url,
            key,
            says,
            state: Mutex::default(),
            renewal: tokio::sync::Mutex::default(),
        })
    }

    /// Whether the client began a session.
    pub(super) fn has_begun(&self) -> bool {
        self.state().initialize.is_some()
    }

    /// Sends a message and passes on all that is said to it.
    pub(super) async fn pass_on(&self, message: Message) {
        let Err(error) = self.exchange(&message).await else {
            return;
        };
        match message.awaited() {
            Some(id) => self.say(&message::refusal(id, &format!("{error:#}"))).await,
            None => eprintln!("mcp-orch: {error:#}"),
        }
    }

    /// Passes on what servers say by themselves, until the gateway has no such
    /// stream.
    pub(super) async fn listen(&self) {
        let mut last_event = None;
        loop {
            match self.open(last_event.as_deref()).await {
                Ok(stream) if stream.status() == StatusCode::METHOD_NOT_ALLOWED => return,
                Ok(stream) if stream.status().is_success() => {
                    self.take_events(stream, None, &mut last_event).await;
                }
                // Its session is over; with the next request there is another.
                Ok(_) | Err(_) => last_event = None,
            }
            tokio::time::sleep(COME_AGAIN).await;
        }
    }

    /// Ends the session, so that none is left behind.
    pub(super) async fn end(&self) {
        if self.state().session.is_some() {
            // It ends by itself where this does not arrive.
            self.request(Method::DELETE).send().await.ok();
        }
    }

    async fn exchange(&self, message: &Message) -> anyhow::Result<()> {
        let session = self.state().session.clone();
        let mut answer = self.post(message).await?;
        if answer.status() == StatusCode::NOT_FOUND && session.is_some() {
            self.begin_anew(session.as_deref()).await?;
            answer = self.post(message).await?;
        }
        if message.begins_a_session() {
            return self.begin(message, answer).await;
        }
        self.take(answer, message.awaited()).await
    }

    /// Takes the answer to the first message, and what it says of the session.
    async fn begin(&self, message: &Message, answer: Response) -> anyhow::Result<()> {
        let session = session_of(&answer);
        let text = self.whole(answer, message).await?;
        let read: Value = serde_json::from_str(&text).context("the answer is no JSON")?;
        let revision = read["result"]["protocolVersion"].as_str().map(str::to_owned);
        if revision.is_some() {
            let mut state = self.state();
            state.initialize = Some(message.clone());
            (state.session, state.revision) = (session, revision);
        }
        self.say(&text).await;
        Ok(())
    }

    /// Begins a session with what the client began its own with, unless somebody
    /// has done it.
    async fn begin_anew(&self, over: Option<&str>) -> anyhow::Result<()> {
        let _renewal = self.renewal.lock().await;
        let initialize = {
            let mut state = self.state();
            if state.session.as_deref() != over {
                return Ok(());
            }
            state.session = None;
            state.initialize.clone().context("no session was begun")?
        };
        let answer = self.post(&initialize).await?;
        let session = session_of(&answer);
        self.whole(answer, &initialize).await?;
        self.state().session = session;
        let initialized = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        let initialized = Message::read(initialized.to_owned()).context("it is JSON")?;
        let answer = self.post(&initialized).await?;
        self.take(answer, None).await
    }

    /// The answer to a request that nothing else is said to.
    async fn whole(&self, answer: Response, message: &Message) -> anyhow::Result<String> {
        let id = message.awaited().context("it has no id")?;
        if !is_stream(&answer) {
            return said(answer, Some(id)).await?.context("the gateway said nothing");
        }
        let (mut answer, mut reader) = (answer, EventReader::default());
        while let Some(part) = answer.chunk().await? {
            for event in reader.push(&part) {
                match event.data {
                    Some(data) if message::answers(&data, id) => return Ok(message::on_one_line(&data)),
                    Some(data) if !data.is_empty() => self.say(&data).await,
                    _ => {}
                }
            }
        }
        bail!("the connection broke off before the answer")
    }

    /// Passes on all that is said to a message.
    async fn take(&self, answer: Response, id: Option<&Value>) -> anyhow::Result<()> {
        if !is_stream(&answer) {
            if let Some(text) = said(answer, id).await? {
                self.say(&text).await;
            }
            return Ok(());
        }
        let mut last_event = None;
        let mut is_answered = self.take_events(answer, id, &mut last_event).await;
        for _ in 0..RESUMES {
            if is_answered || id.is_none() {
                return Ok(());
            }
            let Some(last) = last_event.clone() else { break };
            tokio::time::sleep(COME_AGAIN).await;
            if let Ok(answer) = self.open(Some(&last)).await
                && answer.status().is_success()
            {
                is_answered = self.take_events(answer, id, &mut last_event).await;
            }
        }
        if is_answered {
            return Ok(());
        }
        bail!("the connection broke off before the answer")
    }

    /// Passes on the events of a stream, and whether the answer was among them.
    async fn take_events(
        &self,
        mut stream: Response,
        id: Option<&Value>,
        last_event: &mut Option<String>,
    ) -> bool {
        let mut reader = EventReader::default();
        let mut is_answered = false;
        while let Ok(Some(part)) = stream.chunk().await {
            for event in reader.push(&part) {
                if let Some(data) = event.data.filter(|data| !data.is_empty()) {
                    is_answered |= id.is_some_and(|id| message::answers(&data, id));
                    self.say(&data).await;
                }
                *last_event = event.id.or(last_event.take());
            }
        }
        is_answered
    }

    async fn post(&self, message: &Message) -> anyhow::Result<Response> {
        let request = self
            .request(Method::POST)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream")
            .body(message.text.clone());
        request.send().await.map_err(|error| {
            let why = http_client::why(&error);
            anyhow!("{} does not answer: {why}; does mcp-orch run there?", self.url)
        })
    }

    async fn open(&self, last_event: Option<&str>) -> reqwest::Result<Response> {
        let mut request = self
            .request(Method::GET)
            .header(header::ACCEPT, "text/event-stream");
        if let Some(last_event) = last_event {
            request = request.header("last-event-id", last_event);
        }
        request.send().await
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let mut request = self.http.request(method, &self.url).bearer_auth(&self.key);
        let state = self.state();
        if let Some(session) = &state.session {
            request = request.header(SESSION, session);
            if let Some(revision) = &state.revision {
                request = request.header(REVISION, revision);
            }
        }
        request
    }

    async fn say(&self, text: &str) {
        // Nobody reads any more once the client is gone.
        self.says.send(message::on_one_line(text)).await.ok();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What is said outside of a stream: a JSON-RPC message, or nothing. A refusal
/// that names no request becomes an error here.
async fn said(answer: Response, id: Option<&Value>) -> anyhow::Result<Option<String>> {
    let status = answer.status();
    let text = answer.text().await.context("the answer broke off")?;
    let is_answer = id.is_some_and(|id| message::answers(&text, id));
    if is_answer || (status.is_success() && !text.is_empty()) {
        return Ok(Some(message::on_one_line(&text)));
    }
    if status.is_success() {
        return Ok(None);
    }
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    let words = problem["error"]["message"]
        .as_str()
        .or(problem["detail"].as_str());
    bail!("{}", words.unwrap_or(status.as_str()))
}

fn session_of(answer: &Response) -> Option<String> {
    let session = answer.headers().get(SESSION)?;
    session.to_str().ok().map(str::to_owned)
}

fn is_stream(answer: &Response) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    kind.and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/event-stream"))
}
