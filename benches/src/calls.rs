use std::fmt::Write as _;

use domain::{Clock, Door, ErrorKind, ProjectId, ServerId, SessionId, Timestamp, ToolCallId, ToolCallStatus};
use proto::{
    convert::FromWire as _,
    logging::{Client, Payload, Principal, ToolCall},
};

const SERVERS: [&str; 6] = ["github", "postgres", "files", "slack", "jira", "browser"];
const VERBS: [&str; 7] = ["search", "get", "list", "create", "update", "delete", "run"];
const NOUNS: [&str; 6] = ["issues", "files", "messages", "rows", "pages", "users"];
const CLIENTS: [&str; 5] = ["cursor", "claude", "vscode", "cline", "sdk"];
const ERRORS: [&str; 5] = [
    "no such repository",
    "connection refused by the database",
    "permission denied for this user",
    "the request took too long",
    "unexpected token in the query",
];

const ENGLISH: [&str; 48] = [
    "repository",
    "branch",
    "commit",
    "pull",
    "request",
    "review",
    "merge",
    "conflict",
    "issue",
    "label",
    "database",
    "table",
    "column",
    "index",
    "query",
    "result",
    "error",
    "timeout",
    "retry",
    "server",
    "client",
    "token",
    "session",
    "message",
    "channel",
    "thread",
    "user",
    "team",
    "project",
    "document",
    "page",
    "section",
    "title",
    "content",
    "search",
    "filter",
    "update",
    "create",
    "delete",
    "version",
    "release",
    "build",
    "deploy",
    "monitor",
    "metric",
    "latency",
    "throughput",
    "memory",
];
const KOREAN: [&str; 24] = [
    "저장소",
    "이슈를",
    "검색",
    "결과",
    "사용자",
    "프로젝트",
    "데이터베이스",
    "테이블",
    "오류가",
    "시간",
    "초과",
    "메시지",
    "채널",
    "문서",
    "페이지",
    "제목",
    "내용",
    "업데이트",
    "배포",
    "서버",
    "클라이언트",
    "세션",
    "로그",
    "버전",
];

/// What texts are cut from.
const POOL_BYTES: usize = 4 * 1024 * 1024;

const LONGEST_TEXT_BYTES: usize = 128 * 1024;

/// How large bodies are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// From 100 B to 64 KiB, most of them small.
    Realistic,
    /// 1 KiB of arguments and 1 KiB of result.
    Uniform,
    /// 160 B of arguments and 160 B of result: for what does not depend on bodies,
    /// over more calls than would fit otherwise.
    Small,
}

/// Draws calls, the same in each run.
#[derive(Debug)]
pub struct Draw {
    random: u64,
    english: String,
    korean: String,
    shape: Shape,
    project_id: ProjectId,
    servers: Vec<ServerId>,
    sessions: Vec<SessionId>,
    first_us: i64,
    step_us: i64,
    next: i64,
}

impl Draw {
    /// `count` calls of a project, evenly over the last `hours`.
    pub fn new(shape: Shape, project_id: ProjectId, count: u64, hours: u64, now: Timestamp) -> Self {
        let span_us = hours as i64 * 3_600_000_000;
        let clock = Clock::manual(now);
        let mut draw = Self {
            random: 0x9e37_79b9_7f4a_7c15,
            english: String::new(),
            korean: String::new(),
            shape,
            project_id,
            servers: SERVERS.iter().map(|_| ServerId::new(&clock)).collect(),
            sessions: (0..200).map(|_| SessionId::new(&clock)).collect(),
            first_us: now.as_micros() - span_us,
            step_us: (span_us / count.max(1) as i64).max(1),
            next: 0,
        };
        draw.english = draw.pool(&ENGLISH);
        draw.korean = draw.pool(&KOREAN);
        draw
    }

    /// xorshift64*: enough for figures, and the same everywhere.
    fn random(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.random() >> 33) as usize % limit
    }

    /// Small numbers are frequent: about Zipf.
    fn skewed(&mut self, limit: usize) -> usize {
        let part = self.below(1 << 20) as f64 / f64::from(1 << 20);
        ((limit as f64 + 1.0).powf(part) - 1.0) as usize
    }

    /// A piece of one of the two languages, with a number at its head that
    /// nothing else has. Cut out of a pool, so that drawing costs less than
    /// what is measured.
    fn text(&mut self, bytes: usize) -> String {
        let is_korean = self.below(3) == 0;
        let at = self.below(POOL_BYTES);
        let pool = if is_korean { &self.korean } else { &self.english };
        let start = pool.floor_char_boundary(at);
        let end = pool.floor_char_boundary(at + bytes.saturating_sub(17).max(1));
        let piece = pool[start..end].to_owned();
        format!("{:016x} {piece}", self.random())
    }

    /// Words of a language, the first the most frequent ones, and among them ids
    /// and numbers, which nothing compresses.
    fn pool(&mut self, words: &[&str]) -> String {
        let mut text = String::with_capacity(POOL_BYTES + LONGEST_TEXT_BYTES);
        while text.len() < POOL_BYTES + LONGEST_TEXT_BYTES {
            match self.below(12) {
                0 => {
                    let _ = write!(text, "{:x}", self.random());
                }
                1 => text.push_str(&self.below(100_000).to_string()),
                _ => {
                    let word = self.skewed(words.len());
                    text.push_str(words[word]);
                }
            }
            text.push(' ');
        }
        text
    }

    fn size(&mut self, smallest: f64, largest: f64) -> usize {
        match self.shape {
            Shape::Uniform => 1_024,
            Shape::Small => 160,
            Shape::Realistic => {
                let part = (self.below(1 << 20) as f64 / f64::from(1 << 20)).powi(3);
                (smallest * (largest / smallest).powf(part)) as usize
            }
        }
    }

    fn payload(json: String) -> Payload {
        Payload {
            size_bytes: json.len() as u64,
            sha256: vec![7; 32],
            is_truncated: false,
            json,
        }
    }
}

impl Iterator for Draw {
    type Item = ToolCall;

    fn next(&mut self) -> Option<ToolCall> {
        let started_at_us = self.first_us + self.next * self.step_us;
        self.next += 1;
        let tool = self.skewed(40);
        let server = tool % SERVERS.len();
        let tool_name = format!(
            "{}_{}",
            VERBS[tool % VERBS.len()],
            NOUNS[tool / VERBS.len() % NOUNS.len()]
        );
        let is_failed = self.below(100) < 7;
        let (arguments_bytes, result_bytes) = (self.size(60.0, 8_192.0), self.size(100.0, 65_000.0));
        // Texts of the pools need no escapes.
        let (repo, limit) = (self.below(500), self.below(100));
        let query = self.text(arguments_bytes.saturating_sub(60));
        let arguments = format!(r#"{{"repo":"acme/{repo}","query":"{query}","limit":{limit}}}"#);
        let text = self.text(result_bytes.saturating_sub(48));
        let result = format!(r#"{{"content":[{{"type":"text","text":"{text}"}}],"isError":{is_failed}}}"#);
        let client = CLIENTS[self.skewed(CLIENTS.len())];
        let duration_us = 800.0 * 1.000_01_f64.powf(self.below(700_000) as f64) * (tool + 1) as f64;
        let session = self.skewed(self.sessions.len());
        Some(ToolCall {
            id: ToolCallId::new(&Clock::manual(Timestamp::from_micros(started_at_us))).to_string(),
            project_id: self.project_id.to_string(),
            server_id: Some(self.servers[server].to_string()),
            server_name: SERVERS[server].to_owned(),
            session_id: Some(self.sessions[session].to_string()),
            request_id: self.next.to_string(),
            exposed_name: format!("{}__{tool_name}", SERVERS[server]),
            tool_name,
            door: Door::StreamableHttp.to_wire(),
            client_revision: "2025-06-18".to_owned(),
            upstream_revision: "2025-06-18".to_owned(),
            status: if is_failed {
                ToolCallStatus::Error
            } else {
                ToolCallStatus::Success
            }
            .to_wire(),
            error_kind: if is_failed {
                ErrorKind::ToolError.to_wire()
            } else {
                0
            },
            error_message: if is_failed {
                ERRORS[self.skewed(ERRORS.len())].to_owned()
            } else {
                String::new()
            },
            started_at_us,
            duration_us: Some(duration_us as u64),
            queue_us: Some(12),
            connect_us: Some(3),
            upstream_us: Some(duration_us as u64 - 100),
            arguments: Some(Self::payload(arguments)),
            result: Some(Self::payload(result)),
            principal: Some(Principal {
                user_id: Some(self.sessions[session % 20].to_string()),
                api_key_id: Some(self.sessions[session % 30].to_string()),
            }),
            client: Some(Client {
                name: client.to_owned(),
                version: "1.2.3".to_owned(),
                r#type: client.to_owned(),
                user_agent: format!("{client}/1.2.3 (linux)"),
                ip_address: "192.0.2.7".to_owned(),
            }),
            trace_id: format!("{:016x}{:016x}", self.random(), self.random()),
            span_id: format!("{:016x}", self.random()),
            rounds: 1,
            ..ToolCall::default()
        })
    }
}
