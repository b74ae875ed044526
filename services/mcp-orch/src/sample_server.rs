use std::time::Duration;

use rmcp::{
    ErrorData, Peer, RoleServer, ServerHandler, ServiceExt as _,
    handler::server::wrapper::Parameters,
    model::{
        CallToolResult, ContentBlock, Implementation, ProgressNotificationParam, RequestMetaObject,
        ServerCapabilities, ServerConfig,
    },
    schemars::{self, JsonSchema},
    tool, tool_handler, tool_router,
    transport::stdio,
};
use serde::Deserialize;

/// The longest time that `slow` takes, in seconds.
const MAX_SECONDS: f64 = 3_600.0;

/// The longest text that `large` answers, in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// What large texts are made of, 64 bytes each.
const LINE: &str = "All work and no play makes a long text, one line at a time.....\n";

/// An MCP server over stdin and stdout with a tool for each way in which a
/// call can go, to try the gateway and its log with.
pub(crate) async fn run() -> anyhow::Result<()> {
    // A server's stderr is kept as its log: there shall be a line to see.
    eprintln!("sample server ready, with six tools");
    let service = SampleServer.serve(stdio()).await?;
    service.waiting().await?;
    Ok(())
}

struct SampleServer;

#[derive(Deserialize, JsonSchema)]
struct EchoArguments {
    /// The text to send back.
    text: String,
}

#[derive(Deserialize, JsonSchema)]
struct AddArguments {
    /// The first number.
    a: f64,
    /// The second number.
    b: f64,
}

#[derive(Deserialize, JsonSchema)]
struct SlowArguments {
    /// How long to take, in seconds; at most 3600.
    seconds: f64,
    /// In how many steps progress is told.
    #[serde(default = "five")]
    steps: u32,
}

#[derive(Deserialize, JsonSchema)]
struct FailArguments {
    /// What the result says went wrong.
    message: String,
}

#[derive(Deserialize, JsonSchema)]
struct LargeArguments {
    /// The length of the text, in bytes; at most 67108864.
    size_bytes: usize,
}

fn five() -> u32 {
    5
}

#[tool_router]
impl SampleServer {
    #[tool(
        description = "Sends the text back unchanged. The quickest way to see a call go through.",
        annotations(read_only_hint = true)
    )]
    fn echo(Parameters(EchoArguments { text }): Parameters<EchoArguments>) -> String {
        text
    }

    #[tool(description = "Adds two numbers.", annotations(read_only_hint = true))]
    fn add(Parameters(AddArguments { a, b }): Parameters<AddArguments>) -> String {
        (a + b).to_string()
    }

    #[tool(
        description = "Takes its time: waits the given number of seconds and, when the caller asks for progress, tells it step by step.",
        annotations(read_only_hint = true)
    )]
    async fn slow(
        Parameters(SlowArguments { seconds, steps }): Parameters<SlowArguments>,
        meta: RequestMetaObject,
        client: Peer<RoleServer>,
    ) -> Result<String, ErrorData> {
        if !(0.0..=MAX_SECONDS).contains(&seconds) {
            return Err(invalid(format!(
                "seconds: expected 0 to {MAX_SECONDS}, got {seconds}"
            )));
        }
        let steps = steps.clamp(1, 1_000);
        let pause = Duration::from_secs_f64(seconds / f64::from(steps));
        let token = meta.get_progress_token();
        for step in 1..=steps {
            tokio::time::sleep(pause).await;
            if let Some(token) = &token {
                let progress = ProgressNotificationParam::new(token.clone(), f64::from(step))
                    .with_total(f64::from(steps))
                    .with_message(format!("step {step} of {steps}"));
                // A client that left is noticed by its closed stdin.
                let _ = client.notify_progress(progress).await;
            }
        }
        Ok(format!("took {seconds} seconds in {steps} steps"))
    }

    #[tool(
        description = "Fails as a tool fails: answers a result that is marked as an error, with the given message.",
        annotations(read_only_hint = true)
    )]
    fn fail(Parameters(FailArguments { message }): Parameters<FailArguments>) -> CallToolResult {
        eprintln!("the tool fail was asked to fail");
        CallToolResult::error(vec![ContentBlock::text(message)])
    }

    #[tool(
        description = "Fails as a server fails: answers a JSON-RPC error in place of a result.",
        annotations(read_only_hint = true)
    )]
    fn protocol_error() -> Result<String, ErrorData> {
        Err(ErrorData::internal_error(
            "this tool always answers a protocol error",
            None,
        ))
    }

    #[tool(
        description = "Answers a text of the given length, to see what large results do.",
        annotations(read_only_hint = true)
    )]
    fn large(
        Parameters(LargeArguments { size_bytes }): Parameters<LargeArguments>,
    ) -> Result<String, ErrorData> {
        if size_bytes > MAX_BYTES {
            return Err(invalid(format!(
                "size_bytes: expected at most {MAX_BYTES}, got {size_bytes}"
            )));
        }
        let mut text = LINE.repeat(size_bytes.div_ceil(LINE.len()));
        text.truncate(size_bytes);
        Ok(text)
    }
}

#[tool_handler]
impl ServerHandler for SampleServer {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("mcp-orch-sample", env!("CARGO_PKG_VERSION")))
            .with_instructions("Tools to try a gateway with: each goes another way.")
    }
}

fn invalid(message: String) -> ErrorData {
    ErrorData::invalid_params(message, None)
}
