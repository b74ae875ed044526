use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::ensure;
use tokio::task::JoinSet;

use crate::{McpConnection, Timing};

/// The same request over and over, each time with another number in it.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Of the endpoint.
    pub url: String,
    /// None is sent where it is empty.
    pub key: String,
    /// What is asked for.
    pub what: What,
    /// Sent, and to come back.
    pub text: String,
}

/// What a request asks for.
#[derive(Debug, Clone)]
pub enum What {
    /// The tool of that name.
    Tool(String),
    /// The prompt of that name.
    Prompt(String),
}

/// How often it is asked.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each connection asks as soon as it has the answer before.
    Closed,
    /// So many requests a second by all connections together, whether or not
    /// those before are answered.
    Open(u32),
}

/// What came of it. Each answer was the right one, else there is none of these.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Requests, those before the measured time among them.
    pub requests: u64,
    /// Of the measured time.
    pub per_second: f64,
    /// Of the measured time.
    pub timing: Timing,
}

struct Shared {
    ask: Ask,
    pace: Pace,
    connections: u32,
    begin: Instant,
    measured_from: Instant,
    until: Instant,
    next: AtomicU64,
}

impl Ask {
    /// Asks for that long by that many connections. What is asked within the
    /// first part, `warm_up`, is not measured.
    pub async fn run(
        &self,
        connections: u32,
        pace: Pace,
        warm_up: Duration,
        measured: Duration,
    ) -> anyhow::Result<Outcome> {
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(McpConnection::open(&self.url, &self.key).await?);
        }
        let begin = Instant::now();
        let shared = Arc::new(Shared {
            ask: self.clone(),
            pace,
            connections,
            begin,
            measured_from: begin + warm_up,
            until: begin + warm_up + measured,
            // All as long as each other.
            next: AtomicU64::new(10_000_000),
        });
        let mut workers = JoinSet::new();
        for (number, connection) in (0..connections).zip(open) {
            workers.spawn(shared.clone().work(number, connection));
        }
        let (mut requests, mut took) = (0, Vec::new());
        while let Some(worker) = workers.join_next().await {
            let (asked, times) = worker??;
            requests += asked;
            took.extend(times);
        }
        Ok(Outcome {
            requests,
            per_second: took.len() as f64 / measured.as_secs_f64(),
            timing: Timing::of(took),
        })
    }

    fn write(&self, number: u64, message: &mut String) {
        let (method, name) = match &self.what {
            What::Tool(name) => ("tools/call", name),
            What::Prompt(name) => ("prompts/get", name),
        };
        let text = &self.text;
        message.clear();
        let _ = write!(
            message,
            r#"{{"jsonrpc":"2.0","id":{number},"method":"{method}","params":{{"name":"{name}","arguments":{{"text":"<{number}> {text}"}}}}}}"#
        );
    }

    /// Whether that is the answer, alone or as an event of a stream. What a
    /// server says beside its text is its own affair.
    fn is_answered(&self, number: u64, answer: &[u8], expected: &mut String) -> bool {
        let Ok(answer) = std::str::from_utf8(answer) else {
            return false;
        };
        expected.clear();
        let _ = write!(expected, r#""id":{number},"#);
        let id_bytes = expected.len();
        let _ = write!(expected, r#""type":"text","text":"<{number}> {}"}}"#, self.text);
        let (id, text) = expected.split_at(id_bytes);
        answer.contains(id) && answer.contains(text)
    }
}

impl Shared {
    async fn work(
        self: Arc<Self>,
        worker: u32,
        mut connection: McpConnection,
    ) -> anyhow::Result<(u64, Vec<Duration>)> {
        let (mut message, mut expected) = (String::new(), String::new());
        let (mut requests, mut took) = (0, Vec::new());
        let mut free = self.begin;
        loop {
            let mut begin = Instant::now();
            if let Pace::Open(per_second) = self.pace {
                let place = requests * u64::from(self.connections) + u64::from(worker);
                let due = self.begin + Duration::from_secs(1) * place as u32 / per_second;
                if free < due {
                    tokio::time::sleep_until(due.into()).await;
                    // That the timer is coarse is no fault of the server.
                    begin = Instant::now();
                } else {
                    begin = due;
                }
            }
            if begin >= self.until {
                connection.close().await?;
                return Ok((requests, took));
            }
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            self.ask.write(number, &mut message);
            let answer = connection.request(&message).await?;
            free = Instant::now();
            ensure!(
                self.ask.is_answered(number, answer, &mut expected),
                "not the answer to {number}: {}",
                String::from_utf8_lossy(answer)
            );
            requests += 1;
            if begin >= self.measured_from && free < self.until {
                took.push(free - begin);
            }
        }
    }
}
