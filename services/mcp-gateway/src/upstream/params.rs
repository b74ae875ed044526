use super::{Era, GATEWAY_CLIENT_INFO, Hello, Owner, RequestError, in_flight::Progress};
use crate::{
    message::{
        meta::{CLIENT_CAPABILITIES, CLIENT_INFO, LOG_LEVEL, PROTOCOL_VERSION},
        object_fields, object_members, object_of,
    },
    outbox::Outbox,
};

/// What a request says of itself towards a modern server, and never towards a
/// legacy one (2026-07-28, basic, "per-request protocol fields").
const PER_REQUEST: [&str; 4] = [PROTOCOL_VERSION, CLIENT_INFO, CLIENT_CAPABILITIES, LOG_LEVEL];

/// What a retry carries (2026-07-28, patterns, "multi round-trip requests").
const OF_RETRIES: [&str; 2] = ["inputResponses", "requestState"];

/// Who asks.
#[derive(Debug, Clone)]
pub(crate) struct ClientMeta {
    /// JSON objects.
    pub(crate) client_info: std::sync::Arc<str>,
    pub(crate) capabilities: std::sync::Arc<str>,
    /// What the request may have logged to it, such as `info`.
    pub(crate) log_level: Option<String>,
}

/// The params of a request as its server reads them.
#[derive(Debug)]
pub(super) struct Fitted {
    pub(super) params: Option<String>,
    /// Where progress goes, if it was asked for.
    pub(super) progress: Option<Progress>,
}

impl Fitted {
    /// As they are.
    pub(super) const fn plain(params: String) -> Self {
        Self {
            params: Some(params),
            progress: None,
        }
    }
}

/// Fits the params of a request to the era of its server. `id` becomes the
/// progress token, which no other client of the connection has.
pub(super) fn fit(
    params: Option<&str>,
    id: u64,
    hello: &Hello,
    owner: Option<&Owner>,
    client: Option<&ClientMeta>,
    progress_to: Option<&Outbox>,
) -> Result<Fitted, RequestError> {
    let token = match params {
        Some(params) => progress_token(params)?,
        None => None,
    };
    let progress = token.zip(progress_to).map(|(token, outbox)| Progress {
        token: token.to_owned(),
        outbox: outbox.clone(),
    });
    let own_token = token.map(|_| id.to_string());
    let params = match hello.era {
        Era::Legacy => params
            .map(|params| for_legacy(params, own_token.as_deref()))
            .transpose()?,
        Era::Modern => {
            let meta = per_request(&hello.revision, owner, client);
            Some(for_modern(params.unwrap_or("{}"), &meta, own_token.as_deref())?)
        }
    };
    Ok(Fitted { params, progress })
}

/// The members of `_meta` that say who asks.
pub(super) fn per_request(
    revision: &str,
    owner: Option<&Owner>,
    client: Option<&ClientMeta>,
) -> Vec<(&'static str, String)> {
    let (info, capabilities) = match (client, owner) {
        (Some(client), _) => (&*client.client_info, &*client.capabilities),
        (None, Some(owner)) => (&*owner.client_info, &*owner.capabilities),
        (None, None) => (GATEWAY_CLIENT_INFO, "{}"),
    };
    let mut members = vec![
        (PROTOCOL_VERSION, format!("\"{revision}\"")),
        (CLIENT_INFO, info.to_owned()),
        (CLIENT_CAPABILITIES, capabilities.to_owned()),
    ];
    if let Some(level) = client.and_then(|client| client.log_level.as_deref()) {
        members.push((LOG_LEVEL, serde_json::Value::from(level).to_string()));
    }
    members
}

fn progress_token(params: &str) -> Result<Option<&str>, RequestError> {
    let fields = object_fields(params, ["_meta"]).ok_or(RequestError::Ambiguous("_meta"))?;
    let Some(meta) = fields.get(0).filter(|meta| meta.starts_with('{')) else {
        return Ok(None);
    };
    let meta = object_fields(meta, ["progressToken"]).ok_or(RequestError::Ambiguous("progressToken"))?;
    Ok(meta.get(0))
}

/// As the client sent it, but for what an older server would take amiss.
fn for_legacy(params: &str, own_token: Option<&str>) -> Result<String, RequestError> {
    let ambiguous = || RequestError::Ambiguous("_meta");
    let fields = object_fields(params, ["_meta", OF_RETRIES[0], OF_RETRIES[1]]).ok_or_else(ambiguous)?;
    let meta = fields.get(0).filter(|meta| meta.starts_with('{'));
    let is_retry = fields.get(1).is_some() || fields.get(2).is_some();
    let new_meta = meta.map(|meta| legacy_meta(meta, own_token)).transpose()?;
    if !is_retry {
        return Ok(match (meta, new_meta) {
            (Some(meta), Some(new_meta)) => fields.splice().replace(meta, new_meta).finish(),
            _ => params.to_owned(),
        });
    }
    let members = object_members(params).ok_or_else(ambiguous)?;
    let kept = members
        .iter()
        .filter(|(name, _)| !OF_RETRIES.contains(&&**name))
        .map(|(name, value)| match (&**name, &new_meta) {
            ("_meta", Some(meta)) => ("_meta", meta.as_str()),
            (name, _) => (name, *value),
        });
    Ok(object_of(kept))
}

fn legacy_meta(meta: &str, own_token: Option<&str>) -> Result<String, RequestError> {
    let ambiguous = || RequestError::Ambiguous("_meta");
    let fields = object_fields(meta, PER_REQUEST).ok_or_else(ambiguous)?;
    if (0..PER_REQUEST.len()).all(|place| fields.get(place).is_none()) {
        let token = object_fields(meta, ["progressToken"]).and_then(|fields| fields.get(0));
        return Ok(match (token, own_token) {
            (Some(token), Some(own)) => fields.splice().replace(token, own.to_owned()).finish(),
            _ => meta.to_owned(),
        });
    }
    let members = object_members(meta).ok_or_else(ambiguous)?;
    let kept = members
        .iter()
        .filter(|(name, _)| !PER_REQUEST.contains(&&**name))
        .map(|(name, value)| with_own_token(name, value, own_token));
    Ok(object_of(kept))
}

fn for_modern(
    params: &str,
    per_request: &[(&'static str, String)],
    own_token: Option<&str>,
) -> Result<String, RequestError> {
    let ambiguous = || RequestError::Ambiguous("_meta");
    let fields = object_fields(params, ["_meta"]).ok_or_else(ambiguous)?;
    let meta = fields.get(0);
    let members = match meta.filter(|meta| meta.starts_with('{')) {
        Some(meta) => object_members(meta).ok_or_else(ambiguous)?,
        None => Vec::new(),
    };
    let others = members
        .iter()
        .filter(|(name, _)| !PER_REQUEST.contains(&&**name))
        .map(|(name, value)| with_own_token(name, value, own_token));
    let own = per_request.iter().map(|(name, value)| (*name, value.as_str()));
    let new_meta = object_of(others.chain(own));
    Ok(match meta {
        Some(meta) => fields.splice().replace(meta, new_meta).finish(),
        None => fields.splice().add_member("_meta", &new_meta).finish(),
    })
}

fn with_own_token<'a>(name: &'a str, value: &'a str, own_token: Option<&'a str>) -> (&'a str, &'a str) {
    match own_token {
        Some(own) if name == "progressToken" => (name, own),
        _ => (name, value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(era: Era) -> Hello {
        let result = match era {
            Era::Legacy => r#"{"protocolVersion":"2025-11-25"}"#,
            Era::Modern => r#"{"supportedVersions":["2026-07-28"],"capabilities":{}}"#,
        };
        let result = serde_json::value::RawValue::from_string(result.to_owned()).expect("JSON");
        match era {
            Era::Legacy => Hello::of_initialize(result).expect("good"),
            Era::Modern => Hello::of_discover(result).expect("good"),
        }
    }

    fn fitted(params: &str, era: Era) -> String {
        let client = ClientMeta {
            client_info: r#"{"name":"c"}"#.into(),
            capabilities: r#"{"roots":{}}"#.into(),
            log_level: Some("info".to_owned()),
        };
        fit(Some(params), 7, &hello(era), None, Some(&client), None)
            .expect("unambiguous")
            .params
            .expect("some")
    }

    #[test]
    fn a_legacy_server_sees_nothing_that_only_modern_ones_know() {
        let params = r#"{ "name":"t", "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28", "k" : [1] ,"progressToken":"p"},"requestState":"s","inputResponses":{} }"#;
        assert_eq!(
            fitted(params, Era::Legacy),
            r#"{"name":"t","_meta":{"k":[1],"progressToken":7}}"#
        );
        let untouched = r#"{ "name" : "t", "_meta": { "k" : 1e400 } }"#;
        assert_eq!(fitted(untouched, Era::Legacy), untouched);
    }

    #[test]
    fn a_modern_server_is_told_who_asks() {
        let own = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c"},"io.modelcontextprotocol/clientCapabilities":{"roots":{}},"io.modelcontextprotocol/logLevel":"info"}"#;
        assert_eq!(fitted("{}", Era::Modern), format!(r#"{{"_meta":{{{own}}}"#));
        let params = r#"{"name":"t","_meta":{"io.modelcontextprotocol/protocolVersion":"1","k":1,"progressToken":"p"},"requestState":"s"}"#;
        assert_eq!(
            fitted(params, Era::Modern),
            format!(r#"{{"name":"t","_meta":{{"k":1,"progressToken":7,{own},"requestState":"s"}}"#)
        );
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for params in [
            r#"{"_meta":{},"_meta":{}}"#,
            r#"{"_meta":{"progressToken":1,"progressToken":2}}"#,
        ] {
            for era in [Era::Legacy, Era::Modern] {
                let refused = fit(Some(params), 7, &hello(era), None, None, None);
                assert!(refused.is_err(), "{params}");
            }
        }
    }
}
