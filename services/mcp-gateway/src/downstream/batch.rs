use std::sync::Arc;

use axum::response::Response;
use futures::future::join_all;
use http::StatusCode;
use service_host::OnFailure;
use tokio::sync::oneshot;

use super::{
    Doors,
    refusal::{Refusal, accepted, json},
};
use crate::{
    message::{self, ErrorCode, Message, ParseError, Request as McpRequest, Revision},
    relay::{Caller, Relay},
    session::Session,
};

/// Takes what wants no answer.
pub(super) fn take(doors: &Doors, caller: &Caller, session: &Session, message: Message) {
    match message {
        Message::Notification(notification) => doors.relay.notification(caller, &notification),
        Message::Response(response) => {
            if let Some(id) = &response.id {
                session.asked.answer(id, response.reply);
            }
        }
        Message::Request(_) => {}
    }
}

/// Batches: in one revision only, answered by one.
pub(super) async fn batch(
    doors: &Doors,
    caller: &Caller,
    session: &Arc<Session>,
    messages: Vec<Result<Message, ParseError>>,
) -> Result<Response, Refusal> {
    if !session.revision().is_some_and(Revision::has_batches) {
        return Err(Refusal::bad_request(format!(
            "batches exist in revision {} only; send each message by itself",
            Revision::V2025_03_26
        )));
    }
    let mut requests = Vec::new();
    let mut answers = Vec::new();
    for message in messages {
        match message {
            Ok(Message::Request(request)) => requests.push(request),
            Ok(message) => take(doors, caller, session, message),
            Err(error) => {
                let id = match &error {
                    ParseError::Shape { id, .. } => id.as_ref(),
                    ParseError::Json(_) => None,
                };
                answers.push(message::error_reply(
                    id,
                    ErrorCode::InvalidRequest,
                    &error.to_string(),
                ));
            }
        }
    }
    let (sender, all) = oneshot::channel();
    let (relay, caller, session) = (doors.relay.clone(), caller.clone(), session.clone());
    // Who loses the connection has not withdrawn what it asked.
    doors.tasks.spawn("batch", OnFailure::Log, async move {
        let work = join_all(
            requests
                .iter()
                .map(|request| batched(&relay, &caller, &session, request)),
        );
        tokio::select! {
            answers = work => {
                let _ = sender.send(answers);
            }
            () = session.ended.cancelled() => {}
        }
        Ok(())
    });
    answers.extend(all.await.unwrap_or_default());
    if answers.is_empty() {
        return Ok(accepted());
    }
    Ok(json(StatusCode::OK, format!("[{}]", answers.join(","))))
}

async fn batched(relay: &Relay, caller: &Caller, session: &Arc<Session>, request: &McpRequest) -> String {
    let answer = match relay.enter(caller, session, request, None) {
        Ok(waiting) => relay.request(caller, request, None, &waiting.cancel).await,
        Err(refused) => refused.answer,
    };
    answer.to_message(&request.id)
}
