use std::sync::{Arc, atomic::Ordering};

use domain::{LogLevel, ServerLogKind};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::Connection;
use crate::{
    message::{
        self, ErrorCode, Id, Message, Notification, Reply, Request, Response, meta::SUBSCRIPTION_ID,
        object_fields, object_members, object_of,
    },
    outbox::Outbox,
    polling::Polling,
    upstream::{Era, Question, RequestError},
};

/// What of a text that is no message is shown.
const MAX_NOISE_BYTES: usize = 8 * 1024;

/// The request that a message belongs to, where the wire tells.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::upstream) struct Related<'a> {
    pub(super) outbox: Option<&'a Outbox>,
    pub(super) questions: Option<&'a mpsc::Sender<Question>>,
    /// Whether it came by the stream of that request alone.
    pub(super) is_its_stream: bool,
}

impl<'a> Related<'a> {
    pub(in crate::upstream) fn polling(&self) -> Option<&'a Polling> {
        self.outbox.map(Outbox::polling)
    }
}

impl Connection {
    /// A message that came from the server.
    pub(in crate::upstream) fn receive(self: &Arc<Self>, message: Message, related: Related<'_>) {
        match message {
            Message::Response(response) => self.receive_response(response),
            Message::Request(request) => self.receive_request(request, related),
            Message::Notification(notification) => self.receive_notification(&notification, related),
        }
    }

    fn receive_response(&self, response: Response) {
        let id = response.id.as_ref().and_then(Id::as_u64);
        if !id.is_some_and(|id| self.in_flight.answer(id, Ok(response.reply))) {
            self.surroundings.late_replies.add(1, &[]);
        }
    }

    /// Ends the request whose answer begins so, because the rest of it cannot be
    /// taken.
    pub(in crate::upstream) fn fail_answer(&self, start: &[u8], error: RequestError) {
        if let Some(id) = id_at_start(start) {
            self.in_flight.answer(id, Err(error));
        }
    }

    fn receive_request(self: &Arc<Self>, request: Request, related: Related<'_>) {
        if self.is_modern() {
            // It must not, and answers would break the rules on our side
            // (2026-07-28, stdio, "receiving messages").
            let line = format!(
                "sent the request {:?}, which its revision has not",
                request.method
            );
            self.log(LogLevel::Warning, ServerLogKind::Protocol, &line);
            return;
        }
        if request.method == "ping" {
            let _ = self.lines.try_send(message::result_reply(&request.id, "{}"));
            return;
        }
        let questions = if related.is_its_stream {
            related.questions.cloned()
        } else {
            self.in_flight.newest_questions()
        };
        let Some(questions) = questions else {
            let audience = self.surroundings.audience();
            if !audience.is_some_and(|audience| audience.ask(self, &request)) {
                self.refuse_unheard(&request.id);
            }
            return;
        };
        let question = Question {
            connection: self.clone(),
            id: request.id,
            method: request.method,
            params: request.params,
        };
        if let Err(error) = questions.try_send(question) {
            self.refuse_unheard(&error.into_inner().id);
        }
    }

    fn refuse_unheard(&self, id: &Id) {
        let words = "no client of this connection can answer that";
        self.refuse(id, ErrorCode::MethodNotFound, words);
    }

    fn receive_notification(&self, notification: &Notification, related: Related<'_>) {
        let params = notification.params().unwrap_or("{}");
        match notification.method.as_str() {
            "notifications/progress" => self.pass_progress_on(params),
            "notifications/cancelled" => self.receive_cancelled(notification, params),
            "notifications/subscriptions/acknowledged" => {
                let listening = self.listening.load(Ordering::Relaxed);
                if subscription(notification).is_some_and(|(id, _)| id == listening) {
                    self.answered_watch();
                }
            }
            "notifications/message" => {
                let (level, line) = log_message(params);
                self.log(level, ServerLogKind::Protocol, &line);
                match related.outbox {
                    Some(outbox) => {
                        let line = message::notification(&notification.method, notification.params());
                        let _ = outbox.push(line);
                    }
                    None => self.tell_audience(notification),
                }
            }
            _ => self.tell_audience(notification),
        }
    }

    fn receive_cancelled(&self, notification: &Notification, params: &str) {
        let fields = object_fields(params, ["requestId"]);
        let Some(id) = fields.and_then(|fields| Id::parse(fields.get(0)?)) else {
            return;
        };
        if self.is_modern() {
            // It has no requests of its own: this ends what we listen to.
            if let Some(listening) = id.as_u64().filter(|id| self.in_flight.is_listening(*id)) {
                let nothing = RawValue::from_string("{}".to_owned()).expect("is JSON");
                self.in_flight.answer(listening, Ok(Reply::Result(nothing)));
            }
        } else if let Some(audience) = self.surroundings.audience() {
            audience.withdraw(self, &id, notification);
        }
    }

    fn tell_audience(&self, notification: &Notification) {
        let Some(audience) = self.surroundings.audience() else {
            return;
        };
        match self.is_modern().then(|| subscription(notification)).flatten() {
            None => audience.notify(self, notification),
            Some((id, rest)) if self.in_flight.is_listening(id) => audience.notify(self, &rest),
            // Of what we no longer listen to.
            Some(_) => {}
        }
    }

    pub(super) fn is_modern(&self) -> bool {
        self.hello().is_some_and(|hello| hello.era == Era::Modern)
    }

    /// To the stream of the request that it belongs to, under the client's own
    /// token. Progress of what is over is dropped.
    fn pass_progress_on(&self, params: &str) {
        let Some(fields) = object_fields(params, ["progressToken"]) else {
            return;
        };
        let Some(text) = fields.get(0) else { return };
        let Some(progress) = text.parse().ok().and_then(|id| self.in_flight.progress(id)) else {
            return;
        };
        let params = fields.splice().replace(text, progress.token).finish();
        let _ = progress
            .outbox
            .push(message::notification("notifications/progress", Some(&params)));
    }

    /// A text that should have been a message, for the server's log.
    pub(in crate::upstream) fn note_noise(&self, what: &str, error: &str, text: &[u8]) {
        let start = String::from_utf8_lossy(&text[..text.len().min(MAX_NOISE_BYTES)]);
        let line = format!("{what} cannot be read ({error}): {start}");
        self.log(LogLevel::Warning, ServerLogKind::Protocol, &line);
    }
}

/// The subscription that a notification belongs to, and the notification
/// without that number, which is ours and no client's.
fn subscription(notification: &Notification) -> Option<(u64, Notification)> {
    let params = notification.params()?;
    let fields = object_fields(params, ["_meta"])?;
    let meta = fields.get(0)?;
    let id = object_fields(meta, [SUBSCRIPTION_ID])?.get(0)?.parse().ok()?;
    let members = object_members(meta)?;
    let others = members.iter().filter(|(name, _)| name != SUBSCRIPTION_ID);
    let meta_without = object_of(others.map(|(name, value)| (&**name, *value)));
    let params = fields.splice().replace(meta, meta_without).finish();
    let rest = Notification {
        method: notification.method.clone(),
        params: Some(RawValue::from_string(params).ok()?),
    };
    Some((id, rest))
}

/// The id of an answer of which only the start is there: among the members
/// before its result, where everybody writes it.
fn id_at_start(start: &[u8]) -> Option<u64> {
    let end = start
        .windows(8)
        .position(|part| part == b"\"result\"")
        .unwrap_or(start.len());
    let head = std::str::from_utf8(&start[..end]).ok()?;
    let head = head.trim_end().trim_end_matches(',');
    let fields = format!("{head}}}");
    object_fields(&fields, ["id"])?.get(0)?.parse().ok()
}

/// A `notifications/message` as a line of the server's log.
fn log_message(params: &str) -> (LogLevel, String) {
    let Some(fields) = object_fields(params, ["level", "data", "logger"]) else {
        return (LogLevel::Info, params.to_owned());
    };
    let level = match fields.string(0).as_deref() {
        Some("debug") => LogLevel::Debug,
        Some("warning") => LogLevel::Warning,
        Some("error" | "critical" | "alert" | "emergency") => LogLevel::Error,
        _ => LogLevel::Info,
    };
    let data = fields
        .string(1)
        .unwrap_or_else(|| fields.get(1).unwrap_or_default().to_owned());
    match fields.string(2) {
        Some(logger) => (level, format!("{logger}: {data}")),
        None => (level, data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_an_answer_is_known_from_its_start() {
        for (start, id) in [
            (r#"{"jsonrpc":"2.0","id":7,"result":{"id":8,"a":"b"#, Some(7)),
            (r#"{ "id": 7 , "result" : {"#, Some(7)),
            (r#"{"jsonrpc":"2.0","id":"7","result":{"#, None),
            (r#"{"jsonrpc":"2.0","result":{"id":8"#, None),
            (r#"{"method":"m","params":{"id":8"#, None),
            ("", None),
        ] {
            assert_eq!(id_at_start(start.as_bytes()), id, "{start}");
        }
    }
}
