use std::pin::Pin;

use tokio_stream::{Stream, StreamExt as _};

/// Server-sent events of a response: their name and their data.
pub(super) struct Events {
    body: Pin<Box<dyn Stream<Item = reqwest::Result<bytes::Bytes>> + Send>>,
    unread: Vec<u8>,
}

impl Events {
    pub(super) fn new(response: reqwest::Response) -> Self {
        Self {
            body: Box::pin(response.bytes_stream()),
            unread: Vec::new(),
        }
    }

    pub(super) async fn next(&mut self) -> anyhow::Result<Option<(String, String)>> {
        loop {
            if let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                let (mut event, mut data) = (String::from("message"), Vec::new());
                for line in String::from_utf8(block)?.lines() {
                    match line
                        .split_once(':')
                        .map(|(field, value)| (field, value.trim_start()))
                    {
                        Some(("event", name)) => name.clone_into(&mut event),
                        Some(("data", text)) => data.push(text.to_owned()),
                        _ => {}
                    }
                }
                if !data.is_empty() && !data.iter().all(String::is_empty) {
                    return Ok(Some((event, data.join("\n"))));
                }
            } else {
                match self.body.next().await {
                    Some(chunk) => self.unread.extend_from_slice(&chunk?),
                    None => return Ok(None),
                }
            }
        }
    }
}
