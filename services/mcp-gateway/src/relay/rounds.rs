mod at_work;
mod round;

use std::sync::Arc;

use service_host::OnFailure;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    Answer, Caller, Relay,
    exchange::{MAX_QUESTIONS, is_input_required},
};
use crate::{
    bridge::{AtWork, Bound, InputRequest, InputRequired, Parking, WITH_ROUNDS, retry_params},
    message::{ErrorCode, Reply, Request, object_fields},
    outbox::{Outbox, outbox},
    recorder::RunningCall,
};
use round::Round;

/// How one round of a request ended.
#[derive(Debug)]
pub(crate) struct RoundEnd {
    pub(crate) answer: Answer,
    /// Where the server has questions first: the call, which goes on.
    pub(crate) running: Option<Box<RunningCall>>,
}

/// What a retry brings beside the request.
struct Retry {
    parked: Option<Parking>,
    /// A JSON object.
    responses: Option<String>,
    /// The state of a modern server: JSON.
    upstream_state: Option<String>,
}

impl Relay {
    /// Answers a request of a modern client: with the answer of the server, or
    /// with its questions, of which the client knows by a sealed state how to
    /// go on. Dropped, the request is withdrawn.
    pub(crate) async fn request_in_rounds(
        self: &Arc<Self>,
        caller: Caller,
        mut request: Request,
        outbox: &Outbox,
    ) -> Answer {
        if !WITH_ROUNDS.contains(&request.method.as_str()) {
            let never = CancellationToken::new();
            return self.request(&caller, &request, Some(outbox), &never).await;
        }
        let retry = match self.retry(&caller, &request) {
            Ok(retry) => retry,
            Err(words) => return Answer::error(ErrorCode::InvalidParams, words),
        };
        let mut running = None;
        if let Some(retry) = retry {
            match retry.parked {
                Some(Parking::AtWork(mut work)) => {
                    work.take_answers(retry.responses.as_deref().unwrap_or("{}"));
                    let round = Round::of(&request, outbox);
                    return self.wait(&caller, &request, work, &round).await;
                }
                Some(Parking::Row(row)) => running = Some(row),
                None => {}
            }
            let params = request.params().unwrap_or("{}");
            let params = retry_params(
                params,
                retry.responses.as_deref(),
                retry.upstream_state.as_deref(),
            );
            request.params = params.and_then(|params| serde_json::value::RawValue::from_string(params).ok());
        }
        if !caller.may_be_asked() {
            let end = self.round(&caller, &request, outbox, running).await;
            return self.end_round(&caller, &request, end);
        }
        let work = self.begin(caller.clone(), &request, running);
        let round = Round {
            outbox,
            token: None,
            is_first: true,
        };
        self.wait(&caller, &request, work, &round).await
    }

    /// What a request continues, if it does. The error says why it cannot.
    fn retry(&self, caller: &Caller, request: &Request) -> Result<Option<Retry>, String> {
        let fields = request
            .params()
            .and_then(|params| object_fields(params, ["inputResponses", "requestState"]));
        let Some(fields) = fields else {
            return Ok(None);
        };
        let responses = fields.get(0).map(str::to_owned);
        let Some(_) = fields.get(1) else {
            // A first request, or a server that keeps no state at all.
            return Ok(None);
        };
        let sealed = fields
            .string(1)
            .ok_or("requestState is a string; send back the one that the result had")?;
        let bound = bound(caller, request).ok_or("nobody is known to send this")?;
        let now = self.recorder.clock().now();
        let state = self
            .seal
            .open_state(&bound, &sealed, now)
            .map_err(|error| error.to_string())?;
        let parked = state.ticket.and_then(|ticket| self.parked.take(ticket));
        if parked.is_none() && state.is_at_work {
            return Err(
                "this requestState was used already, or the gateway has started anew; send the request without it"
                    .to_owned(),
            );
        }
        Ok(Some(Retry {
            parked,
            responses,
            upstream_state: state.upstream,
        }))
    }

    /// Works on a request beside the connection that brought it, so that it can
    /// go on while the client looks for answers.
    fn begin(
        self: &Arc<Self>,
        mut caller: Caller,
        request: &Request,
        running: Option<Box<RunningCall>>,
    ) -> AtWork {
        let (end_sender, end) = oneshot::channel();
        let (questions_sender, questions) = mpsc::channel(MAX_QUESTIONS);
        let (told_writer, told) = outbox();
        let withdrawn = CancellationToken::new();
        caller.questions = Some(questions_sender);
        let relay = self.clone();
        let request = Request {
            id: request.id.clone(),
            method: request.method.clone(),
            params: request.params.clone(),
        };
        let token = withdrawn.clone();
        self.tasks.spawn("request in rounds", OnFailure::Log, async move {
            tokio::select! {
                end = relay.round(&caller, &request, &told_writer, running) => {
                    let _ = end_sender.send(end);
                }
                () = token.cancelled() => {}
            }
            Ok(())
        });
        AtWork {
            end,
            questions,
            told,
            open: Vec::new(),
            asked: 0,
            _withdrawal: withdrawn.drop_guard(),
        }
    }

    async fn round(
        &self,
        caller: &Caller,
        request: &Request,
        outbox: &Outbox,
        running: Option<Box<RunningCall>>,
    ) -> RoundEnd {
        let never = CancellationToken::new();
        if request.method != "tools/call" {
            return RoundEnd {
                answer: self.request(caller, request, Some(outbox), &never).await,
                running: None,
            };
        }
        let id = request.id.to_string();
        let end = self
            .call_tool(caller, &id, request.params(), Some(outbox), &never, running)
            .await;
        RoundEnd {
            answer: end.answer,
            running: end.running,
        }
    }

    /// Waits for the server's answer or its questions.
    async fn wait(&self, caller: &Caller, request: &Request, mut work: AtWork, round: &Round<'_>) -> Answer {
        loop {
            if !work.open.is_empty() {
                return self.park(caller, request, work);
            }
            tokio::select! {
                biased;
                Some(message) = work.told.next() => round.tell(message),
                end = &mut work.end => {
                    while let Some(message) = work.told.try_next() {
                        round.tell(message);
                    }
                    let end = end.unwrap_or_else(|_| RoundEnd {
                        answer: Answer::error(ErrorCode::Refused, "the gateway is stopping"),
                        running: None,
                    });
                    return self.end_round(caller, request, end);
                }
                Some(asked) = work.questions.recv() => {
                    work.take_question(caller, asked);
                    while let Ok(asked) = work.questions.try_recv() {
                        work.take_question(caller, asked);
                    }
                }
            }
        }
    }

    /// Leaves a request to the server, and its questions to the client.
    fn park(&self, caller: &Caller, request: &Request, work: AtWork) -> Answer {
        let requests = work.open.iter().map(|(key, asked)| InputRequest {
            key: key.clone(),
            method: asked.question.method.clone(),
            params: asked
                .question
                .params
                .as_ref()
                .map(|params| params.get().to_owned()),
        });
        let requests = requests.collect();
        self.asked(caller, request, requests, Some(Parking::AtWork(work)), None)
    }

    /// The answer as it is, or the questions of a modern server under a state
    /// that leads back here.
    fn end_round(&self, caller: &Caller, request: &Request, end: RoundEnd) -> Answer {
        let Answer::Reply(reply) = &end.answer else {
            return end.answer;
        };
        let asked = match reply {
            Reply::Result(result) if is_input_required(reply) => InputRequired::read(result.get()),
            _ => None,
        };
        match asked {
            None => end.answer,
            Some(asked) => {
                let row = end.running.map(Parking::Row);
                self.asked(caller, request, asked.requests, row, asked.state)
            }
        }
    }

    fn asked(
        &self,
        caller: &Caller,
        request: &Request,
        requests: Vec<InputRequest>,
        parking: Option<Parking>,
        upstream_state: Option<String>,
    ) -> Answer {
        let (Some(session), Some(bound)) = (&caller.session, bound(caller, request)) else {
            return Answer::error(ErrorCode::Refused, "whoever called cannot be asked");
        };
        let is_at_work = matches!(parking, Some(Parking::AtWork(_)));
        let ticket = parking.map(|parking| self.parked.park(session.key.id, parking));
        let now = self.recorder.clock().now();
        let state = self.seal.seal(&bound, ticket, is_at_work, upstream_state, now);
        let asked = InputRequired {
            requests,
            state: Some(format!("\"{state}\"")),
        };
        Answer::Reply(Reply::Result(asked.to_result()))
    }
}

impl Caller {
    /// Whether the client declared that it answers servers.
    fn may_be_asked(&self) -> bool {
        self.session
            .as_ref()
            .is_some_and(|session| session.answers_servers())
    }
}

fn bound(caller: &Caller, request: &Request) -> Option<Bound> {
    let session = caller.session.as_ref()?;
    Some(Bound::new(
        session.key.id,
        caller.project.id,
        caller.endpoint,
        &request.method,
        request.params(),
    ))
}
