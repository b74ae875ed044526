use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use tokio::sync::mpsc::{self, error::TrySendError};

use super::{Caller, Relay};
use crate::{
    bridge::{self, InputRequired, PARKED_FOR, capability_of, retry_params},
    message::{ErrorCode, Reply, object_fields},
    outbox::Outbox,
    session::{AskedQuestion, TellingLogs},
    upstream::{Connection, Era, Patience, RequestError, RequestOptions},
};

/// How often one request may be answered with questions.
const MAX_ROUNDS: u32 = 16;

/// Questions of a server that wait to be put to the client. One more is refused.
pub(super) const MAX_QUESTIONS: usize = 16;

/// One request of a client to one server, each of whatever era.
pub(super) struct Exchange<'a> {
    pub(super) relay: &'a Relay,
    pub(super) caller: &'a Caller,
    pub(super) connection: &'a Arc<Connection>,
    pub(super) method: &'a str,
    pub(super) outbox: Option<&'a Outbox>,
    pub(super) timeout: Duration,
}

/// How it went, beside the answer.
#[derive(Default)]
pub(super) struct Course {
    /// How often the server was asked.
    pub(super) rounds: u32,
    /// What was translated, in stable words.
    pub(super) bridged: Vec<&'static str>,
    pub(super) downgrades: Vec<&'static str>,
}

impl Exchange<'_> {
    pub(super) async fn run(&self, params: Option<&str>) -> (Result<Reply, RequestError>, Course) {
        let mut course = Course::default();
        let reply = self.ask_until_answered(params, &mut course).await;
        (reply, course)
    }

    async fn ask_until_answered(
        &self,
        params: Option<&str>,
        course: &mut Course,
    ) -> Result<Reply, RequestError> {
        let is_modern_server = self
            .connection
            .hello()
            .is_some_and(|hello| hello.era == Era::Modern);
        match (self.caller.is_modern(), is_modern_server) {
            (true, false) => course.bridged.push(bridge::MODERN_TO_LEGACY),
            (false, true) => course.bridged.push(bridge::LEGACY_TO_MODERN),
            _ => {}
        }
        let _telling = self.tell_logs().await;
        let mut retry = None;
        while course.rounds < MAX_ROUNDS {
            course.rounds += 1;
            let reply = self.ask(retry.as_deref().or(params), &mut course.bridged).await;
            let asked = match &reply {
                Ok(Reply::Result(result)) if is_modern_server && !self.caller.is_modern() => {
                    InputRequired::read(result.get())
                }
                _ => None,
            };
            let Some(asked) = asked else {
                if let Some(asked) = self.asked_by_refusal(&reply) {
                    course.bridged.push(bridge::INPUT_REQUIRED);
                    return Ok(Reply::Result(asked.to_result()));
                }
                return reply.map(|reply| self.fit(reply, &mut course.downgrades));
            };
            if course.rounds == 1 {
                course.bridged.push(bridge::INPUT_REQUIRED);
            }
            if asked.requests.is_empty() {
                // The server sheds load: a little later it may have room.
                tokio::time::sleep(Duration::from_millis(100) * course.rounds).await;
            }
            let responses = self.answers(&asked).await.map_err(RequestError::BadAnswer)?;
            let state = asked.state.as_deref();
            retry = retry_params(params.unwrap_or("{}"), responses.as_deref(), state);
        }
        Err(RequestError::BadAnswer(format!(
            "the server asked for more {MAX_ROUNDS} times and did not come to an end"
        )))
    }

    /// Asks the server once. What it asks meanwhile goes to the client, on the
    /// stream of this very request.
    async fn ask(
        &self,
        params: Option<&str>,
        bridged: &mut Vec<&'static str>,
    ) -> Result<Reply, RequestError> {
        let client = self.caller.client_meta();
        let mut options = RequestOptions {
            progress_to: self.outbox,
            client: client.as_ref(),
            trace: Some(&self.caller.trace),
            ..RequestOptions::within(self.timeout)
        };
        // Who shares a connection is nobody whom a server could ask.
        if self.connection.owner.is_none() {
            return self.connection.request(self.method, params, options).await;
        }
        let (sender, mut questions) = mpsc::channel(MAX_QUESTIONS);
        let patience = Patience::default();
        options.questions = Some(&sender);
        options.patience = Some(&patience);
        let request = self.connection.request(self.method, params, options);
        tokio::pin!(request);
        loop {
            tokio::select! {
                biased;
                reply = &mut request => return reply,
                Some(question) = questions.recv() => {
                    if self.caller.is_modern() && !bridged.contains(&bridge::INPUT_REQUIRED) {
                        bridged.push(bridge::INPUT_REQUIRED);
                    }
                    self.put(AskedQuestion::of_request(question, &patience));
                }
            }
        }
    }

    /// A modern client says with each request what it wants to be told, a legacy
    /// server was told once.
    async fn tell_logs(&self) -> Option<TellingLogs> {
        let from = self.caller.log_level.filter(|_| self.caller.is_modern())?;
        let (session, outbox) = (self.caller.session.as_ref()?, self.outbox?);
        if session.log_level().is_none_or(|level| from < level) {
            session.set_log_level(from);
            Box::pin(self.relay.adjust_log_level(self.connection)).await;
        }
        Some(session.tell_logs(self.connection.server.id, from, outbox))
    }

    fn put(&self, asked: AskedQuestion) {
        let unheard = match (&self.caller.questions, &self.caller.session) {
            (Some(questions), _) => questions.try_send(asked).err().map(TrySendError::into_inner),
            (None, Some(session)) if !self.caller.is_modern() => {
                session.put(asked, self.outbox);
                None
            }
            (None, _) => Some(asked),
        };
        if let Some(asked) = unheard {
            let words = "nobody here can answer that";
            asked.question.refuse(ErrorCode::MethodNotFound, words);
        }
    }

    /// Asks a legacy client what a modern server wants to know.
    async fn answers(&self, asked: &InputRequired) -> Result<Option<String>, String> {
        if asked.requests.is_empty() {
            return Ok(None);
        }
        let Some(session) = &self.caller.session else {
            return Err("the server asks for input, and whoever called cannot give any".to_owned());
        };
        let answers = asked.requests.iter().map(|request| async move {
            let capability = capability_of(&request.method).unwrap_or_default();
            if !session.is_able(capability) {
                return Err(format!(
                    "the server asks for {}, and the client has not declared that it can do that",
                    request.method
                ));
            }
            let params = bridge::question_to_legacy(&request.method, request.params.as_deref());
            let asking = session.ask(&request.method, Some(&params), self.outbox);
            match tokio::time::timeout(PARKED_FOR, asking).await {
                Ok(Some(Reply::Result(result))) => Ok((request.key.as_str(), result)),
                Ok(Some(Reply::Error(error))) => Err(format!(
                    "the client answered {} with the error {error}",
                    request.method
                )),
                Ok(None) => Err(format!(
                    "the server asks for {}, and the client has no stream by which it can be asked",
                    request.method
                )),
                Err(_) => Err(format!("the client did not answer {} in time", request.method)),
            }
        });
        let answers = join_all(answers)
            .await
            .into_iter()
            .collect::<Result<Vec<_>, _>>()?;
        let members = answers.iter().map(|(key, result)| (*key, result.get()));
        Ok(Some(crate::message::object_of(members)))
    }

    /// What a legacy server wants of a modern client before it does anything.
    fn asked_by_refusal(&self, reply: &Result<Reply, RequestError>) -> Option<InputRequired> {
        let Ok(Reply::Error(error)) = reply else {
            return None;
        };
        let session = self.caller.session.as_ref()?;
        let can_be_asked = self.caller.is_modern()
            && session.is_able("elicitation")
            && bridge::WITH_ROUNDS.contains(&self.method);
        can_be_asked
            .then(|| bridge::asked_by_refusal(error.get()))
            .flatten()
    }

    /// What the older side would refuse is changed, and what came of it noted.
    fn fit(&self, reply: Reply, downgrades: &mut Vec<&'static str>) -> Reply {
        let revision = self
            .caller
            .session
            .as_ref()
            .and_then(|session| session.revision());
        match (reply, revision) {
            (Reply::Result(result), Some(revision)) if !revision.is_modern() => Reply::Result(
                bridge::result_to_legacy(self.method, revision, result, downgrades),
            ),
            (Reply::Error(error), Some(revision)) if !revision.is_modern() => {
                Reply::Error(bridge::error_to_legacy(self.method, error))
            }
            (Reply::Result(result), _) if self.caller.is_modern() => {
                let hello = self.connection.hello().filter(|hello| hello.era == Era::Legacy);
                let info = hello.and_then(|hello| hello.server_info.as_deref());
                Reply::Result(match info {
                    Some(info) => bridge::with_server_info(result, info),
                    None => result,
                })
            }
            (reply, _) => reply,
        }
    }
}

/// Whether a result is a question of a modern server.
pub(super) fn is_input_required(reply: &Reply) -> bool {
    match reply {
        Reply::Result(result) => object_fields(result.get(), ["resultType"])
            .is_some_and(|fields| fields.get(0) == Some("\"input_required\"")),
        Reply::Error(_) => false,
    }
}
