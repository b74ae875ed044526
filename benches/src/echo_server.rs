//! An MCP server that costs as little as can be: what a proxy adds is seen best
//! before it.

use std::{
    borrow::Cow,
    convert::Infallible,
    io::{BufRead as _, Write as _},
    net::SocketAddr,
};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::{net::TcpListener, task::JoinSet};

/// At this path it has [`MANY_TOOLS`] tools.
pub const MANY_TOOLS_PATH: &str = "/many";

/// How many tools a server with many has.
pub const MANY_TOOLS: usize = 50;

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    arguments: Option<Arguments<'a>>,
    #[serde(borrow, rename = "protocolVersion")]
    revision: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    #[serde(borrow)]
    text: Option<&'a RawValue>,
}

/// Serves Streamable HTTP, revisions before 2026-07-28, without sessions.
pub async fn serve_http(address: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(address).await?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        connections.spawn(async move {
            let service = service_fn(serve_request);
            let serving = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            let _ = serving.await;
        });
        while connections.try_join_next().is_some() {}
    }
}

/// Serves stdin and stdout.
pub fn serve_stdio() -> anyhow::Result<()> {
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut line = String::new();
    while input.read_line(&mut line)? > 0 {
        if let Some(mut reply) = reply(line.as_bytes(), false) {
            reply.push('\n');
            output.write_all(reply.as_bytes())?;
            output.flush()?;
        }
        line.clear();
    }
    Ok(())
}

async fn serve_request(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    if request.method() != Method::POST {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        return Ok(response);
    }
    let has_many = request.uri().path().starts_with(MANY_TOOLS_PATH);
    let Ok(body) = request.into_body().collect().await else {
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return Ok(response);
    };
    match reply(&body.to_bytes(), has_many) {
        Some(reply) => {
            *response.body_mut() = Full::from(reply);
            let json = HeaderValue::from_static("application/json");
            response.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        None => *response.status_mut() = StatusCode::ACCEPTED,
    }
    Ok(response)
}

fn reply(message: &[u8], has_many: bool) -> Option<String> {
    let message: Message<'_> = serde_json::from_slice(message).ok()?;
    let id = message.id?.get();
    let params = message
        .params
        .and_then(|params| serde_json::from_str(params.get()).ok());
    let Params { arguments, revision } = params.unwrap_or(Params {
        arguments: None,
        revision: None,
    });
    let text = || {
        let text = arguments.and_then(|arguments| arguments.text);
        text.map_or("\"\"", RawValue::get)
    };
    let result = match &*message.method {
        "initialize" => format!(
            r#"{{"protocolVersion":{},"capabilities":{{"tools":{{}},"prompts":{{}}}},"serverInfo":{{"name":"echo","version":"1"}}}}"#,
            revision?.get()
        ),
        "tools/call" => format!(r#"{{"content":[{{"type":"text","text":{}}}]}}"#, text()),
        "prompts/get" => format!(
            r#"{{"messages":[{{"role":"user","content":{{"type":"text","text":{}}}}}]}}"#,
            text()
        ),
        "tools/list" => {
            let names: Vec<_> = if has_many {
                (0..MANY_TOOLS).map(|number| format!("tool_{number}")).collect()
            } else {
                vec!["echo".to_owned()]
            };
            let tools: Vec<_> = names.iter().map(|name| tool(name)).collect();
            format!(r#"{{"tools":[{}]}}"#, tools.join(","))
        }
        "prompts/list" => r#"{"prompts":[{"name":"echo","arguments":[{"name":"text"}]}]}"#.to_owned(),
        "ping" => "{}".to_owned(),
        _ => {
            let error = r#"{"code":-32601,"message":"no such method"}"#;
            return Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#));
        }
    };
    Some(format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{result}}}"#))
}

fn tool(name: &str) -> String {
    format!(
        r#"{{"name":"{name}","description":"Gives back the text that it is given, word for word.","inputSchema":{{"type":"object","properties":{{"text":{{"type":"string","description":"What comes back"}}}},"required":["text"]}}}}"#
    )
}
