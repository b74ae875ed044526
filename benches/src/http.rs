use std::fmt::Write as _;

use anyhow::{Context as _, ensure};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

/// A client of one MCP endpoint over one connection: HTTP/1.1 by hand, so that
/// asking costs little beside answering.
#[derive(Debug)]
pub struct McpConnection {
    stream: BufReader<TcpStream>,
    head: String,
    session: Option<String>,
}

/// What the server said.
#[derive(Debug)]
struct Answer {
    status: u16,
    session: Option<String>,
    body: Vec<u8>,
}

const REVISION: &str = "2025-06-18";

impl McpConnection {
    /// Connects to `http://address/path` and shakes hands.
    pub async fn open(url: &str, key: &str) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("http://").context("http only")?;
        let (address, path) = rest.split_once('/').context("no path")?;
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut connection = Self {
            stream: BufReader::with_capacity(64 * 1024, stream),
            head: format!(
                "POST /{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {key}\r\n\
                 Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
            ),
            session: None,
        };
        let hello = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{REVISION}","capabilities":{{}},"clientInfo":{{"name":"bench","version":"1"}}}}}}"#
        );
        let answer = connection.post(&hello).await?;
        ensure!(answer.status == 200, "initialize: {answer:?}");
        connection.session = answer.session;
        let answer = connection
            .post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await?;
        ensure!(answer.status == 202, "initialized: {answer:?}");
        Ok(connection)
    }

    /// Sends a request, and gives the body of the answer.
    pub async fn request(&mut self, message: &str) -> anyhow::Result<Vec<u8>> {
        let answer = self.post(message).await?;
        ensure!(
            answer.status == 200,
            "{}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(answer.body)
    }

    async fn post(&mut self, body: &str) -> anyhow::Result<Answer> {
        let mut request = self.head.clone();
        if let Some(session) = &self.session {
            write!(
                request,
                "Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: {REVISION}\r\n"
            )?;
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.stream.get_mut().write_all(request.as_bytes()).await?;

        let mut line = String::new();
        self.line(&mut line).await?;
        let status = line.split(' ').nth(1).context("no status")?.parse()?;
        let (mut length, mut is_chunked, mut session) = (0, false, None);
        loop {
            self.line(&mut line).await?;
            let Some((name, value)) = line.split_once(':') else {
                break;
            };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "transfer-encoding" => is_chunked = value.eq_ignore_ascii_case("chunked"),
                "mcp-session-id" => session = Some(value.to_owned()),
                _ => {}
            }
        }
        let mut body = Vec::new();
        if is_chunked {
            loop {
                self.line(&mut line).await?;
                let size = usize::from_str_radix(line.trim(), 16)?;
                self.take(&mut body, size).await?;
                self.line(&mut line).await?;
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(&mut body, length).await?;
        }
        Ok(Answer {
            status,
            session,
            body,
        })
    }

    async fn line(&mut self, line: &mut String) -> anyhow::Result<()> {
        line.clear();
        ensure!(self.stream.read_line(line).await? > 0, "the connection ended");
        line.truncate(line.trim_end().len());
        Ok(())
    }

    async fn take(&mut self, body: &mut Vec<u8>, bytes: usize) -> anyhow::Result<()> {
        let start = body.len();
        body.resize(start + bytes, 0);
        self.stream.read_exact(&mut body[start..]).await?;
        Ok(())
    }
}
