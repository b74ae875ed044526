use std::fmt::Write as _;

use serde_json::value::RawValue;

use crate::message::{object_fields, object_members};

/// What servers may answer with questions (2026-07-28, patterns, "supported
/// requests").
pub(crate) const WITH_ROUNDS: [&str; 3] = ["tools/call", "prompts/get", "resources/read"];

/// By which a legacy server says that it wants the user at an address first
/// (2025-11-25, elicitation, "URL elicitation required error").
const URL_ELICITATION_REQUIRED: &str = "-32042";

/// What a modern server wants to know before it goes on (2026-07-28, patterns,
/// "multi round-trip requests").
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InputRequired {
    pub(crate) requests: Vec<InputRequest>,
    /// The server's own, a JSON string.
    pub(crate) state: Option<String>,
}

/// One question in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputRequest {
    pub(crate) key: String,
    pub(crate) method: String,
    /// A JSON object.
    pub(crate) params: Option<String>,
}

impl InputRequired {
    /// Reads a result. Absent when it is of another kind.
    pub(crate) fn read(result: &str) -> Option<Self> {
        let fields = object_fields(result, ["resultType", "inputRequests", "requestState"])?;
        if fields.string(0)? != "input_required" {
            return None;
        }
        let members = fields.get(1).and_then(object_members).unwrap_or_default();
        let requests = members.into_iter().filter_map(|(key, request)| {
            let request = object_fields(request, ["method", "params"])?;
            Some(InputRequest {
                key: key.into_owned(),
                method: request.string(0)?,
                params: request.get(1).map(str::to_owned),
            })
        });
        Some(Self {
            requests: requests.collect(),
            state: fields.get(2).map(str::to_owned),
        })
    }

    /// As a result. The state is a JSON string.
    pub(crate) fn to_result(&self) -> Box<RawValue> {
        let mut json = String::from("{\"resultType\":\"input_required\"");
        for (place, request) in self.requests.iter().enumerate() {
            json.push_str(if place == 0 { ",\"inputRequests\":{" } else { "," });
            let _ = write!(
                json,
                "{}:{{\"method\":{},\"params\":{}}}",
                serde_json::Value::from(request.key.as_str()),
                serde_json::Value::from(request.method.as_str()),
                request.params.as_deref().unwrap_or("{}"),
            );
        }
        if !self.requests.is_empty() {
            json.push('}');
        }
        if let Some(state) = &self.state {
            let _ = write!(json, ",\"requestState\":{state}");
        }
        json.push('}');
        RawValue::from_string(json).expect("is made of JSON here")
    }
}

/// What a legacy server that refuses wants before. It has done nothing yet, so a
/// retry is a request of its own. Absent when it refuses for another reason.
pub(crate) fn asked_by_refusal(error: &str) -> Option<InputRequired> {
    let fields = object_fields(error, ["code", "data"])?;
    if fields.get(0)? != URL_ELICITATION_REQUIRED {
        return None;
    }
    let data = object_fields(fields.get(1)?, ["elicitations"])?;
    let elicitations: Vec<Box<RawValue>> = serde_json::from_str(data.get(0)?).ok()?;
    let requests = (1..).zip(&elicitations).map(|(number, params)| InputRequest {
        key: format!("elicitation-create-{number}"),
        method: "elicitation/create".to_owned(),
        params: Some(params.get().to_owned()),
    });
    let requests: Vec<_> = requests.collect();
    (!requests.is_empty()).then_some(InputRequired {
        requests,
        state: None,
    })
}

/// The params of a retry: those of the request, with what is answered and the
/// server's own state. Absent when the params are no unambiguous object.
pub(crate) fn retry_params(params: &str, responses: Option<&str>, state: Option<&str>) -> Option<String> {
    let fields = object_fields(params, ["inputResponses", "requestState"])?;
    let mut splice = fields.splice();
    for (place, name, value) in [(0, "inputResponses", responses), (1, "requestState", state)] {
        splice = match (fields.get(place), value) {
            (Some(old), Some(new)) => splice.replace(old, new.to_owned()),
            (None, Some(new)) => splice.add_member(name, new),
            (Some(_), None) => {
                return without(params, name).and_then(|rest| retry_params(&rest, responses, state));
            }
            (None, None) => splice,
        };
    }
    Some(splice.finish())
}

fn without(params: &str, name: &str) -> Option<String> {
    let members = object_members(params)?;
    let kept = members.iter().filter(|(member, _)| member != name);
    Some(crate::message::object_of(
        kept.map(|(name, value)| (&**name, *value)),
    ))
}

/// What a client may be asked, and which of its capabilities says so.
pub(crate) fn capability_of(method: &str) -> Option<&'static str> {
    match method {
        "elicitation/create" => Some("elicitation"),
        "sampling/createMessage" => Some("sampling"),
        "roots/list" => Some("roots"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_survives_being_read_and_written() {
        let text = r#"{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list","params":{}},"b":{"method":"elicitation/create","params":{"message":"?"}}},"requestState":"s"}"#;
        let asked = InputRequired::read(text).expect("is asked");
        assert_eq!(asked.requests.len(), 2);
        assert_eq!(asked.state.as_deref(), Some("\"s\""));
        assert_eq!(asked.to_result().get(), text);
        let only_state = r#"{"resultType":"input_required","requestState":"s"}"#;
        let asked = InputRequired::read(only_state).expect("is asked");
        assert_eq!(asked.to_result().get(), only_state);
        assert_eq!(InputRequired::read(r#"{"resultType":"complete"}"#), None);
        assert_eq!(InputRequired::read("{}"), None);
    }

    #[test]
    fn a_refusal_that_wants_the_user_somewhere_first_is_a_question() {
        let params = r#"{"mode":"url","url":"https://example.com/a","message":"?"}"#;
        let error = format!(r#"{{"code":-32042,"message":"m","data":{{"elicitations":[{params}]}}}}"#);
        let asked = asked_by_refusal(&error).expect("it asks");
        assert_eq!(asked.requests[0].method, "elicitation/create");
        assert_eq!(asked.requests[0].params.as_deref(), Some(params));
        for other in [
            r#"{"code":-32042,"message":"m"}"#,
            r#"{"code":-32042,"message":"m","data":{"elicitations":[]}}"#,
            r#"{"code":-32602,"message":"m","data":{"elicitations":[{}]}}"#,
        ] {
            assert_eq!(asked_by_refusal(other), None, "{other}");
        }
    }

    #[test]
    fn a_retry_is_the_request_with_what_was_asked_for() {
        let params = r#"{ "name":"t" }"#;
        assert_eq!(
            retry_params(params, Some("{}"), Some("\"s\"")).as_deref(),
            Some(r#"{"inputResponses":{},"requestState":"s", "name":"t" }"#)
        );
        assert_eq!(retry_params(params, None, None).as_deref(), Some(params));
        let again = r#"{"inputResponses":{"a":1},"requestState":"old","name":"t"}"#;
        assert_eq!(
            retry_params(again, Some("{}"), None).as_deref(),
            Some(r#"{"inputResponses":{},"name":"t"}"#)
        );
        assert_eq!(
            retry_params(r#"{"requestState":1,"requestState":2}"#, None, None),
            None
        );
    }
}
