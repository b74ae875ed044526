use std::{error::Error, process::ExitCode};

use anyhow::{Context as _, anyhow};
use rmcp::{
    ServiceExt as _,
    model::{CallToolRequestParams, ClientCapabilities, ClientConfig, ContentBlock, Implementation, Tool},
    service::ClientInitializeError,
    transport::{
        StreamableHttpClientTransport,
        streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError},
    },
};
use serde_json::{Map, Value};

use crate::http_client;

/// Calls a tool over Streamable HTTP, or lists the tools.
#[derive(clap::Args)]
pub(crate) struct CallArgs {
    /// The MCP URL: https://HOST/projects/PROJECT/mcp
    #[arg(long, env = "MCPORCH_CALL_URL")]
    url: String,

    /// An API key of the project. In the environment nobody else on this machine sees it
    #[arg(long, env = "MCPORCH_CALL_KEY", hide_env_values = true)]
    key: String,

    /// Print the whole result as JSON
    #[arg(long)]
    json: bool,

    /// The tool. Without it, all tools are listed
    tool: Option<String>,

    /// Its arguments: one JSON object, or NAME=VALUE pairs
    #[arg(value_name = "ARGUMENT")]
    arguments: Vec<String>,
}

/// 0: the tool answered; 1: it said that it failed, or the call did not come
/// about.
pub(crate) async fn run(args: CallArgs) -> anyhow::Result<ExitCode> {
    let arguments = parse_arguments(&args.arguments)?;
    http_client::read_url(&args.url)?;
    // As the client that rmcp makes by itself: a connection that is used again right
    // after a stream ended waits for a delayed acknowledgement, some 40 ms.
    let http = http_client::builder().pool_max_idle_per_host(0).build()?;
    let config = StreamableHttpClientTransportConfig::with_uri(args.url.as_str()).auth_header(args.key);
    let identity = Implementation::new("mcp-orch", env!("CARGO_PKG_VERSION"));
    let client = ClientConfig::new(ClientCapabilities::default(), identity)
        .serve(StreamableHttpClientTransport::with_client(http, config))
        .await
        .map_err(|error| anyhow!("{}: {}", args.url, why(&error)))?;
    let exit_code = match args.tool {
        None => {
            let tools = client
                .list_all_tools()
                .await
                .context("the tools were not listed")?;
            list(&tools, args.json)?;
            ExitCode::SUCCESS
        }
        Some(tool) => {
            let request = CallToolRequestParams::new(tool.clone()).with_arguments(arguments);
            let result = client
                .call_tool(request)
                .await
                .with_context(|| format!("{tool} was not called"))?;
            if args.json {
                println!("{}", serde_json::to_string_pretty(&result)?);
            } else {
                result.content.iter().try_for_each(show)?;
            }
            if result.is_error == Some(true) {
                eprintln!("mcp-orch: the tool says that it failed");
                ExitCode::FAILURE
            } else {
                ExitCode::SUCCESS
            }
        }
    };
    // Ends the session at the gateway too, so that none is left behind.
    client.cancel().await?;
    Ok(exit_code)
}

/// `{"text": "hello"}`, or `text=hello count=3`.
fn parse_arguments(arguments: &[String]) -> anyhow::Result<Map<String, Value>> {
    if let [json] = arguments
        && json.trim_start().starts_with('{')
    {
        return serde_json::from_str(json)
            .with_context(|| format!("the arguments are no JSON object: {json}"));
    }
    arguments
        .iter()
        .map(|pair| {
            let (name, value) = pair
                .split_once('=')
                .with_context(|| format!("{pair:?}: expected one JSON object, or NAME=VALUE pairs"))?;
            // What is no JSON is a text, so that few quotes are needed.
            let value = serde_json::from_str(value).unwrap_or_else(|_| value.into());
            Ok((name.to_owned(), value))
        })
        .collect()
}

fn list(tools: &[Tool], is_json: bool) -> anyhow::Result<()> {
    if is_json {
        println!("{}", serde_json::to_string_pretty(tools)?);
        return Ok(());
    }
    let width = tools
        .iter()
        .map(|tool| tool.name.chars().count())
        .max()
        .unwrap_or(0);
    for tool in tools {
        let description = tool.description.as_deref().unwrap_or_default();
        let first_line = description.lines().next().unwrap_or_default();
        println!("{:width$}  {first_line}", tool.name);
    }
    Ok(())
}

fn show(block: &ContentBlock) -> anyhow::Result<()> {
    match block.as_text() {
        Some(text) => println!("{}", text.text),
        None => println!("{}", serde_json::to_string(block)?),
    }
    Ok(())
}

/// Why there is no connection, in words for whoever typed the command.
fn why(error: &ClientInitializeError) -> String {
    let mut next: Option<&(dyn Error + 'static)> = match error {
        ClientInitializeError::TransportError { error, .. } => Some(&*error.error),
        other => Some(other),
    };
    while let Some(error) = next {
        match error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
            Some(StreamableHttpError::Client(error)) => {
                let why = http_client::why(error);
                return format!("{why}; does mcp-orch run, and is this its MCP port?");
            }
            Some(StreamableHttpError::AuthRequired(_)) => {
                return "the key is not accepted; is it complete, of this project, not revoked?".to_owned();
            }
            Some(StreamableHttpError::InsufficientScope(_)) => {
                return "the key may not do this, or belongs to another project".to_owned();
            }
            Some(StreamableHttpError::UnexpectedServerResponse(text)) => return answered(text),
            Some(other) => return other.to_string(),
            None => next = error.source(),
        }
    }
    error.to_string()
}

/// What stands behind the status: the words of a problem or of a JSON-RPC
/// error, where it is one.
fn answered(text: &str) -> String {
    let json = text
        .find('{')
        .and_then(|start| serde_json::from_str::<Value>(&text[start..]).ok());
    let words = json.as_ref().and_then(|json| {
        let detail = json.get("detail").or_else(|| json.pointer("/error/message"));
        detail.and_then(Value::as_str)
    });
    words
        .unwrap_or_else(|| text.lines().next().unwrap_or_default())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(arguments: &[&str]) -> anyhow::Result<Value> {
        let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
        parse_arguments(&arguments).map(Value::Object)
    }

    #[test]
    fn arguments_are_one_object_or_pairs() {
        assert_eq!(parse(&[]).expect("none is fine"), json!({}));
        assert_eq!(parse(&[r#" {"a": [1]}"#]).expect("an object"), json!({"a": [1]}));
        assert_eq!(
            parse(&["text=a = b", "count=3", "flag=true", "name=", "quoted=\"3\""]).expect("pairs"),
            json!({"text": "a = b", "count": 3, "flag": true, "name": "", "quoted": "3"})
        );
    }

    #[test]
    fn a_refusal_is_told_in_its_own_words() {
        let problem = r#"HTTP 403 Forbidden: {"status":403,"detail":"not your project"}"#;
        assert_eq!(answered(problem), "not your project");
        let rpc = r#"HTTP 400 Bad Request: {"jsonrpc":"2.0","error":{"code":-32700,"message":"no JSON"}}"#;
        assert_eq!(answered(rpc), "no JSON");
        assert_eq!(
            answered("HTTP 404 Not Found: <html>\n<body>"),
            "HTTP 404 Not Found: <html>"
        );
    }

    #[test]
    fn arguments_that_are_neither_are_refused_with_what_would_be_right() {
        for wrong in [&["hello"][..], &["{\"a\": }"], &["[1]"]] {
            let error = parse(wrong).expect_err("refused").to_string();
            assert!(error.contains("JSON object"), "{error}");
        }
    }
}
