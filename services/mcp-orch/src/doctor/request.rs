use std::time::Duration;

use anyhow::{anyhow, ensure};
use bytes::{Bytes, BytesMut};
use reqwest::{Method, StatusCode, header::HeaderMap, redirect::Policy};
use serde_json::Value;

use crate::http_client;

/// From the look-up of the name to the last byte.
const WITHIN: Duration = Duration::from_secs(5);

/// More than any answer that is looked at.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What somebody answered.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    body: Bytes,
}

impl Answer {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The words of a problem or of a JSON-RPC error; `None` where it is neither,
    /// which no service of ours answers.
    pub(super) fn refusal(&self) -> Option<String> {
        let json: Value = serde_json::from_slice(&self.body).ok()?;
        let words = json.get("detail").or_else(|| json.pointer("/error/message"))?;
        words.as_str().map(str::to_owned)
    }
}

/// Asks for an address, over TLS where it begins with https.
pub(super) async fn get(url: &str) -> anyhow::Result<Answer> {
    ask(Method::GET, url, &[], Bytes::new()).await
}

/// Sends one JSON-RPC message to an MCP address.
pub(super) async fn post(url: &str, headers: &[(&str, &str)], message: &Value) -> anyhow::Result<Answer> {
    let mut all = vec![
        ("content-type", "application/json"),
        ("accept", "application/json, text/event-stream"),
    ];
    all.extend(headers);
    ask(Method::POST, url, &all, message.to_string().into()).await
}

/// The same with any method. Follows no redirection: nobody of ours answers one.
pub(super) async fn ask(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> anyhow::Result<Answer> {
    let client = http_client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(WITHIN)
        .build()?;
    let mut request = client.request(method, http_client::read_url(url)?).body(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let why = |error: reqwest::Error| {
        if error.is_timeout() {
            anyhow!("no answer within {} s", WITHIN.as_secs())
        } else {
            anyhow!(http_client::why(&error))
        }
    };
    let mut answer = request.send().await.map_err(why)?;
    let mut body = BytesMut::new();
    while let Some(part) = answer.chunk().await.map_err(why)? {
        body.extend_from_slice(&part);
        ensure!(body.len() <= MAX_BYTES, "the answer is too long");
    }
    Ok(Answer {
        status: answer.status(),
        headers: std::mem::take(answer.headers_mut()),
        body: body.freeze(),
    })
}
