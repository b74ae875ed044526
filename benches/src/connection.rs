use std::{fmt::Write as _, io::Write as _, time::Duration};

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
    address: String,
    path: String,
    key: String,
    session: Option<String>,
    /// Of each request, up to the length of its body.
    head: Vec<u8>,
    request: Vec<u8>,
    line: String,
    answer: Answer,
}

/// What the server said.
#[derive(Debug, Default)]
struct Answer {
    status: u16,
    session: Option<String>,
    body: Vec<u8>,
}

/// More than any answer that is read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

const REVISION: &str = "2025-06-18";

/// A server that says nothing for so long is taken for dead.
const PATIENCE: Duration = Duration::from_secs(30);

impl McpConnection {
    /// Connects to `http://address/path` and shakes hands.
    pub async fn open(url: &str, key: &str) -> anyhow::Result<Self> {
        let rest = url.strip_prefix("http://").context("http only")?;
        let (address, path) = rest.split_once('/').context("no path")?;
        let mut connection = Self {
            stream: connect(address).await?,
            address: address.to_owned(),
            path: path.to_owned(),
            key: key.to_owned(),
            session: None,
            head: Vec::new(),
            request: Vec::new(),
            line: String::new(),
            answer: Answer::default(),
        };
        connection.head = connection.head_of("POST");
        let hello = format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{REVISION}","capabilities":{{}},"clientInfo":{{"name":"bench","version":"1"}}}}}}"#
        );
        connection.post(&hello).await?;
        let answer = &mut connection.answer;
        ensure!(answer.status == 200, "initialize: {answer:?}");
        connection.session = answer.session.take();
        connection.head = connection.head_of("POST");
        connection
            .post(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#)
            .await?;
        let answer = &connection.answer;
        ensure!(answer.status == 202, "initialized: {answer:?}");
        Ok(connection)
    }

    /// Sends a request, and gives the body of the answer.
    pub async fn request(&mut self, message: &str) -> anyhow::Result<&[u8]> {
        tokio::time::timeout(PATIENCE, self.post(message))
            .await
            .context("no answer for 30 seconds")??;
        let answer = &self.answer;
        ensure!(
            answer.status == 200,
            "{}: {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(&answer.body)
    }

    /// Opens the stream by which the server speaks to the client of its own
    /// accord, over another connection, which is open as long as it is kept.
    pub async fn listen(&self) -> anyhow::Result<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).await?;
        let mut request = self.head_of("GET");
        request.extend_from_slice(b"\r\n");
        stream.write_all(&request).await?;
        let mut begin = [0; 12];
        stream.read_exact(&mut begin).await?;
        ensure!(&begin == b"HTTP/1.1 200", "the stream is refused");
        Ok(stream)
    }

    /// Connects anew, within the session.
    pub async fn reconnect(&mut self) -> anyhow::Result<()> {
        self.stream = connect(&self.address).await?;
        Ok(())
    }

    /// Closes the connection, and keeps the session.
    pub async fn hang_up(&mut self) -> anyhow::Result<()> {
        Ok(self.stream.get_mut().shutdown().await?)
    }

    /// Ends the session, where there is one.
    pub async fn close(mut self) -> anyhow::Result<()> {
        if self.session.is_some() {
            self.request = self.head_of("DELETE");
            self.request.extend_from_slice(b"\r\n");
            self.send().await?;
            ensure!(self.answer.status == 204, "the session does not end");
        }
        Ok(())
    }

    fn head_of(&self, method: &str) -> Vec<u8> {
        let Self {
            address, path, key, ..
        } = self;
        let accept = match method {
            "GET" => "text/event-stream",
            _ => "application/json, text/event-stream",
        };
        let mut head = format!(
            "{method} /{path} HTTP/1.1\r\nHost: {address}\r\nAccept: {accept}\r\nContent-Type: application/json\r\n"
        );
        if !key.is_empty() {
            let _ = write!(head, "Authorization: Bearer {key}\r\n");
        }
        if let Some(session) = &self.session {
            let _ = write!(
                head,
                "Mcp-Session-Id: {session}\r\nMCP-Protocol-Version: {REVISION}\r\n"
            );
        }
        head.into_bytes()
    }

    async fn post(&mut self, body: &str) -> anyhow::Result<()> {
        self.request.clear();
        self.request.extend_from_slice(&self.head);
        write!(self.request, "Content-Length: {}\r\n\r\n{body}", body.len())?;
        self.send().await
    }

    /// Sends the request, and reads the answer.
    async fn send(&mut self) -> anyhow::Result<()> {
        self.stream.get_mut().write_all(&self.request).await?;

        self.read_line().await?;
        self.answer.status = self.line.split(' ').nth(1).context("no status")?.parse()?;
        self.answer.session = None;
        let (mut length, mut is_chunked) = (0, false);
        loop {
            self.read_line().await?;
            let Some((name, value)) = self.line.split_once(':') else {
                break;
            };
            let value = value.trim();
            if name.eq_ignore_ascii_case("content-length") {
                length = value.parse()?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                is_chunked = value.eq_ignore_ascii_case("chunked");
            } else if name.eq_ignore_ascii_case("mcp-session-id") {
                self.answer.session = Some(value.to_owned());
            }
        }
        self.answer.body.clear();
        if is_chunked {
            loop {
                self.read_line().await?;
                let size = usize::from_str_radix(self.line.trim(), 16)?;
                self.take(size).await?;
                self.read_line().await?;
                if size == 0 {
                    break;
                }
            }
        } else {
            self.take(length).await?;
        }
        Ok(())
    }

    async fn read_line(&mut self) -> anyhow::Result<()> {
        self.line.clear();
        let bytes = self.stream.read_line(&mut self.line).await?;
        ensure!(bytes > 0, "the connection ended");
        self.line.truncate(self.line.trim_end().len());
        Ok(())
    }

    async fn take(&mut self, bytes: usize) -> anyhow::Result<()> {
        let body = &mut self.answer.body;
        let start = body.len();
        body.resize(start + bytes, 0);
        self.stream.read_exact(&mut body[start..]).await?;
        Ok(())
    }
}

async fn connect(address: &str) -> anyhow::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(BufReader::with_capacity(BUFFER_BYTES, stream))
}
