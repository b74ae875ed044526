use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header::AsHeaderName};

use super::super::refusal::Refusal;
use crate::{
    header_names,
    message::{ErrorCode, ParamHeader, Request, decode_header_value, is_same_value, object_fields},
};

/// Refuses a request whose headers say something else than its body: whoever
/// routed it by the headers and whoever does what the body says must mean the
/// same (Streamable HTTP, "server validation").
pub(super) fn check_revision(headers: &HeaderMap, revision: &str) -> Result<(), Refusal> {
    match only(headers, &header_names::PROTOCOL_VERSION)? {
        Some(header) if header.trim() == revision => Ok(()),
        Some(header) => Err(mismatch(format!(
            "MCP-Protocol-Version says {header:?}, and params._meta says {revision:?}; send the same"
        ))),
        None => Err(mismatch(
            "MCP-Protocol-Version is missing; send it with the revision of params._meta".to_owned(),
        )),
    }
}

/// The headers that all requests have, and those that name what is asked for.
pub(super) fn check_standard(headers: &HeaderMap, request: &Request) -> Result<(), Refusal> {
    match only(headers, &header_names::METHOD)? {
        Some(header) if header.trim() == request.method => {}
        Some(header) => {
            return Err(mismatch(format!(
                "Mcp-Method says {header:?}, and the body {:?}; send the same",
                request.method
            )));
        }
        None => {
            return Err(mismatch(
                "Mcp-Method is missing; send it with the method of the body".to_owned(),
            ));
        }
    }
    let member = match request.method.as_str() {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return Ok(()),
    };
    let named = request
        .params()
        .and_then(|params| object_fields(params, [member])?.string(0));
    let Some(named) = named else {
        // What the body lacks is for the relay to say.
        return Ok(());
    };
    match decoded(headers, header_names::NAME.as_str())? {
        Some(header) if header == named => Ok(()),
        Some(header) => Err(mismatch(format!(
            "Mcp-Name says {header:?}, and params.{member} {named:?}; send the same"
        ))),
        None => Err(mismatch(format!(
            "Mcp-Name is missing; send it with params.{member} of the body"
        ))),
    }
}

/// The headers that mirror arguments of a tool.
pub(super) fn check_params(
    headers: &HeaderMap,
    annotated: &[ParamHeader],
    arguments: &str,
) -> Result<(), Refusal> {
    for param in annotated {
        let header = decoded(headers, &param.name)?;
        match (header, param.value(arguments)) {
            (None, None) => {}
            (Some(header), Some(value)) if is_same_value(&header, &value) => {}
            (None, Some(_)) => {
                return Err(mismatch(format!(
                    "{} is missing; the schema of the tool wants the argument in it too",
                    param.name
                )));
            }
            (Some(_), _) => {
                return Err(mismatch(format!(
                    "{} says something else than the argument in the body; send the same",
                    param.name
                )));
            }
        }
    }
    Ok(())
}

fn decoded(headers: &HeaderMap, name: &str) -> Result<Option<String>, Refusal> {
    let Some(value) = single(headers, name)? else {
        return Ok(None);
    };
    match decode_header_value(value.as_bytes()) {
        Some(value) => Ok(Some(value)),
        None => Err(mismatch(format!(
            "{name} is not encoded as it has to be: visible ASCII, else =?base64?...?= with padding"
        ))),
    }
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = single(headers, name)? else {
        return Ok(None);
    };
    let text = value.to_str();
    text.map(Some)
        .map_err(|_| mismatch(format!("{name} holds characters that no header may")))
}

fn single<N: AsHeaderName + fmt::Display + Copy>(
    headers: &HeaderMap,
    name: N,
) -> Result<Option<&HeaderValue>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let value = values.next();
    match values.next() {
        None => Ok(value),
        Some(_) => Err(mismatch(format!("{name} is there twice; send it once"))),
    }
}

fn mismatch(words: String) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, ErrorCode::HeaderMismatch, words)
}

#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
