use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Id, check_text};

/// One JSON-RPC message.
#[derive(Debug)]
pub(crate) enum Message {
    Request(Request),
    Notification(Notification),
    Response(Response),
}

/// Wants an answer.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) id: Id,
    pub(crate) method: String,
    pub(crate) params: Option<Box<RawValue>>,
}

/// Wants none.
#[derive(Debug)]
pub(crate) struct Notification {
    pub(crate) method: String,
    pub(crate) params: Option<Box<RawValue>>,
}

/// Is one.
#[derive(Debug)]
pub(crate) struct Response {
    /// Absent where the other side could not read the id of what it answers.
    pub(crate) id: Option<Id>,
    pub(crate) reply: Reply,
}

/// What was answered: the text of `result`, or of `error`.
#[derive(Debug)]
pub(crate) enum Reply {
    Result(Box<RawValue>),
    Error(Box<RawValue>),
}

/// What one body, or one line, holds.
#[derive(Debug)]
pub(crate) enum Incoming {
    Single(Message),
    Batch(Vec<Result<Message, ParseError>>),
}

/// Why a text is no message. `Display` says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ParseError {
    /// JSON-RPC -32700.
    #[error("this is no JSON that the gateway takes: {0}")]
    Json(String),
    /// JSON-RPC -32600.
    #[error("this is no JSON-RPC 2.0 message: {problem}")]
    Shape {
        problem: &'static str,
        /// The id, where at least that could be read.
        id: Option<Id>,
    },
}

impl Request {
    /// The text of the params.
    pub(crate) fn params(&self) -> Option<&str> {
        self.params.as_deref().map(RawValue::get)
    }
}

impl Notification {
    /// The text of the params.
    pub(crate) fn params(&self) -> Option<&str> {
        self.params.as_deref().map(RawValue::get)
    }
}

impl Incoming {
    /// Reads what a client sent. Batches are told apart here; whether they are
    /// allowed is for the session to say.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let text = check_text(bytes).map_err(|problem| ParseError::Json(problem.to_string()))?;
        if !text.trim_start().starts_with('[') {
            return Message::from_text(text).map(Self::Single);
        }
        let items: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
        if items.is_empty() {
            return Err(shape("a batch holds at least one message", None));
        }
        Ok(Self::Batch(
            items
                .into_iter()
                .map(|item| Message::from_text(item.get()))
                .collect(),
        ))
    }
}

impl Message {
    /// Reads one message.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let text = check_text(bytes).map_err(|problem| ParseError::Json(problem.to_string()))?;
        Self::from_text(text)
    }

    fn from_text(text: &str) -> Result<Self, ParseError> {
        if !text.trim_start().starts_with('{') {
            // Tells "not JSON" from "JSON, but no message".
            serde_json::from_str::<IgnoredAny>(text).map_err(not_json)?;
            return Err(shape("a message is an object", None));
        }
        let envelope: Envelope = serde_json::from_str(text).map_err(not_json)?;
        envelope.into_message()
    }
}

/// The members of a message. A member that is there twice makes the text
/// ambiguous: two readers may each take another one.
#[derive(Default)]
struct Envelope<'a> {
    jsonrpc: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    method: Option<&'a RawValue>,
    params: Option<&'a RawValue>,
    result: Option<&'a RawValue>,
    error: Option<&'a RawValue>,
    repeated: bool,
}

impl Envelope<'_> {
    fn into_message(self) -> Result<Message, ParseError> {
        let id = self.id.and_then(|id| Id::parse(id.get()));
        if self.repeated {
            return Err(shape("a member is there twice; send each member once", None));
        }
        let fail = |problem| Err(shape(problem, id.clone()));
        if self.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
            return fail("it lacks \"jsonrpc\": \"2.0\"");
        }
        let Some(method) = self.method else {
            let reply = match (self.result, self.error) {
                (Some(result), None) => Reply::Result(result.to_owned()),
                (None, Some(error)) if error.get().starts_with('{') => Reply::Error(error.to_owned()),
                _ => return fail("it has neither a method nor exactly one of result and error"),
            };
            let is_null = self.id.is_none_or(|id| id.get() == "null");
            if id.is_none() && !is_null {
                return fail("an id is a string or an integer");
            }
            return Ok(Message::Response(Response { id, reply }));
        };
        let Ok(method) = serde_json::from_str::<String>(method.get()) else {
            return fail("method is a string");
        };
        if self.result.is_some() || self.error.is_some() {
            return fail("a message with a method has neither result nor error");
        }
        let params = match self.params {
            Some(params) if params.get() == "null" => None,
            Some(params) if !params.get().starts_with('{') => return fail("params is an object"),
            params => params.map(ToOwned::to_owned),
        };
        match (self.id, id) {
            (None, _) => Ok(Message::Notification(Notification { method, params })),
            (Some(_), Some(id)) => Ok(Message::Request(Request { id, method, params })),
            (Some(_), None) => Err(shape("an id is a string or an integer", None)),
        }
    }
}

impl<'de> Deserialize<'de> for Envelope<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Envelope<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut envelope = Envelope::default();
                while let Some(key) = map.next_key::<Key>()? {
                    let slot = match key {
                        Key::Jsonrpc => &mut envelope.jsonrpc,
                        Key::Id => &mut envelope.id,
                        Key::Method => &mut envelope.method,
                        Key::Params => &mut envelope.params,
                        Key::Result => &mut envelope.result,
                        Key::Error => &mut envelope.error,
                        Key::Other => {
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    envelope.repeated |= slot.replace(map.next_value()?).is_some();
                }
                Ok(envelope)
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "lowercase")]
enum Key {
    Jsonrpc,
    Id,
    Method,
    Params,
    Result,
    Error,
    #[serde(other)]
    Other,
}

fn shape(problem: &'static str, id: Option<Id>) -> ParseError {
    ParseError::Shape { problem, id }
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` wants")]
fn not_json(error: serde_json::Error) -> ParseError {
    ParseError::Json(error.to_string())
}

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
#[cfg(test)]
mod tests;
