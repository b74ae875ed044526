//! Malformed inputs, thousands of them, the same in each run: at every door no
//! 5xx, no hang, and the connection is as good as before.

use reqwest::{Method, header};
use serde_json::{Value, json};
use service_host::http_client;
use tests::{
    Door, Engine, McpClient, Project, Rest, ServerDefinition, Stack, environment, fixture_server,
    nothing_went_wrong,
};

/// Inputs for each door; `MCPORCH_TEST_INPUTS` says otherwise.
const INPUTS: usize = 5_000;

/// How many are under way at a time.
const AT_A_TIME: usize = 8;

/// Pseudo-random numbers (xorshift), the same from the same seed.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, sides: usize) -> usize {
        (self.roll() % sides as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// What a member may be instead of what it should be.
fn nonsense(dice: &mut Dice) -> Value {
    match dice.below(10) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(-1),
        3 => json!(1.5e300),
        4 => json!(""),
        5 => json!("\u{0}\u{202e}💥"),
        6 => json!([]),
        7 => json!({}),
        8 => json!("x".repeat(dice.below(5_000))),
        _ => json!({"_meta": {"progressToken": [1]}}),
    }
}

/// A message that is right, or nearly.
fn message(dice: &mut Dice) -> Value {
    let methods = [
        "initialize",
        "ping",
        "tools/list",
        "tools/call",
        "resources/read",
        "resources/subscribe",
        "prompts/get",
        "completion/complete",
        "logging/setLevel",
        "server/discover",
        "subscriptions/listen",
        "notifications/cancelled",
        "notifications/initialized",
        "no/such/method",
    ];
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": dice.one_of(&["2026-07-28", "2025-11-25", "1.0"]),
        "io.modelcontextprotocol/clientCapabilities": {},
        "progressToken": dice.below(3),
    });
    let mut message = json!({
        "jsonrpc": "2.0",
        "id": dice.below(1_000),
        "method": dice.one_of(&methods),
        "params": {
            "name": dice.one_of(&["fixture__echo", "echo", "fixture__", "__", ""]),
            "uri": dice.one_of(&["test://static-text", "mcporch://server/x", "::"]),
            "arguments": {"text": "x"},
            "cursor": "nonsense",
            "level": "loud",
            "requestId": dice.below(10),
            "notifications": {"resourceSubscriptions": ["test://watched-resource"]},
            "requestState": "nonsense",
            "inputResponses": {"a": 1},
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "bad", "version": "1"},
            "_meta": meta,
        },
    });
    for _ in 0..dice.below(3) {
        let place = *dice.one_of(&["jsonrpc", "id", "method", "params", "result", "error"]);
        message[place] = nonsense(dice);
    }
    if let Some(params) = message["params"].as_object_mut() {
        for _ in 0..dice.below(4) {
            let names: Vec<String> = params.keys().cloned().collect();
            if names.is_empty() {
                break;
            }
            let name = dice.one_of(&names).clone();
            if dice.below(2) == 0 {
                params.remove(&name);
            } else {
                params.insert(name, nonsense(dice));
            }
        }
    }
    message
}

/// What is put into the middle of a message.
const INSERTED: [&[u8]; 7] = [
    b"\"id\":1,",
    b"\"method\":\"ping\",",
    b"\\ud800",
    b"\xff\xfe",
    b"}",
    b"\"",
    b"99999999999999999999999999",
];

/// Bytes that a client should not send.
fn input(dice: &mut Dice) -> Vec<u8> {
    let mut bytes = match dice.below(6) {
        0 => {
            let batch: Vec<Value> = (0..dice.below(5)).map(|_| message(dice)).collect();
            json!(batch).to_string().into_bytes()
        }
        1 => {
            let depth = 1 + dice.below(2_000);
            format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes()
        }
        _ => message(dice).to_string().into_bytes(),
    };
    match dice.below(5) {
        0 => bytes.truncate(dice.below(bytes.len())),
        1 => {
            for _ in 0..=dice.below(8) {
                let at = dice.below(bytes.len());
                bytes[at] = dice.roll() as u8;
            }
        }
        2 => {
            let at = dice.below(bytes.len());
            let inserted = dice.one_of(&INSERTED);
            bytes.splice(at..at, inserted.iter().copied());
        }
        _ => {}
    }
    bytes
}

/// A way into the gateway.
#[derive(Clone)]
struct Way {
    words: &'static str,
    method: Method,
    address: String,
    session_id: Option<String>,
}

impl Way {
    fn request(&self, http: &reqwest::Client, key: &str, dice: &mut Dice) -> reqwest::RequestBuilder {
        let mut request = http
            .request(self.method.clone(), &self.address)
            .bearer_auth(key)
            .header(header::ACCEPT, "application/json, text/event-stream")
            .header(header::CONTENT_TYPE, "application/json")
            .body(input(dice));
        if let Some(session_id) = &self.session_id {
            request = request.header("mcp-session-id", session_id);
        }
        for name in [
            "mcp-protocol-version",
            "mcp-method",
            "mcp-name",
            "mcp-session-id",
            "last-event-id",
            "mcp-param-region",
        ] {
            if dice.below(4) == 0 {
                let value = *dice.one_of(&[
                    "2026-07-28",
                    "2025-11-25",
                    "tools/call",
                    "fixture__echo",
                    "=?base64?!!?=",
                    "=?base64?SGVsbG8=?=",
                    "",
                    "7",
                ]);
                request = request.header(name, value);
            }
        }
        request
    }
}

async fn session_id(http: &reqwest::Client, endpoint: &str, key: &str) -> String {
    let params = json!({
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "bad", "version": "1"},
    });
    let response = http
        .post(format!("{endpoint}/mcp"))
        .bearer_auth(key)
        .header(header::ACCEPT, "application/json, text/event-stream")
        .json(&json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params}))
        .send()
        .await
        .expect("the door answers");
    let id = response
        .headers()
        .get("mcp-session-id")
        .expect("a session begins");
    id.to_str().expect("it is ASCII").to_owned()
}

/// Sends a share of the inputs of a way, and gives what was answered with a 5xx.
async fn bombard(way: Way, key: String, seed: u64, inputs: usize) -> Vec<String> {
    let http = http_client()
        .no_proxy()
        .pool_idle_timeout(std::time::Duration::from_secs(3))
        .build()
        .expect("a client");
    let mut dice = Dice(seed);
    let mut failed = Vec::new();
    for number in 0..inputs {
        let request = way.request(&http, &key, &mut dice);
        // A hang ends the test run, which names this test.
        let response = request
            .send()
            .await
            .unwrap_or_else(|error| panic!("{} seed {seed} input {number}: {error:?}", way.words));
        let status = response.status();
        if status.is_server_error() {
            let text = response.text().await.unwrap_or_default();
            failed.push(format!(
                "{} seed {seed} input {number}: {status}: {text}",
                way.words
            ));
        }
    }
    failed
}

/// Where an HTTP+SSE client posts, and the stream that must stay open for it.
async fn messages_address(http: &reqwest::Client, endpoint: &str, key: &str) -> (String, reqwest::Response) {
    let address = format!("{endpoint}/sse");
    let request = http.get(&address).bearer_auth(key);
    let request = request.header(header::ACCEPT, "text/event-stream");
    let mut stream = request.send().await.expect("the door answers");
    let first = stream
        .chunk()
        .await
        .expect("the stream stands")
        .expect("it begins");
    let first = String::from_utf8(first.to_vec()).expect("it is UTF-8");
    let data = first.lines().find_map(|line| line.strip_prefix("data:"));
    let base = reqwest::Url::parse(&address).expect("it is a URL");
    let address = base
        .join(data.expect("the first event says where").trim())
        .expect("it is a path");
    (address.to_string(), stream)
}

async fn ways(stack: &Stack, project: &Project) -> (Vec<Way>, reqwest::Response) {
    let endpoint = stack.endpoint(project);
    let http = http_client().no_proxy().build().expect("a client");
    let session = session_id(&http, &endpoint, &project.key).await;
    let (messages, stream) = messages_address(&http, &endpoint, &project.key).await;
    let single = format!("{endpoint}/servers/fixture");
    let way = |words, method: Method, address: String, session_id| Way {
        words,
        method,
        address,
        session_id,
    };
    let ways = vec![
        way("POST mcp", Method::POST, format!("{endpoint}/mcp"), None),
        way(
            "POST mcp of one server",
            Method::POST,
            format!("{single}/mcp"),
            None,
        ),
        way(
            "POST mcp in a session",
            Method::POST,
            format!("{endpoint}/mcp"),
            Some(session),
        ),
        way("POST messages", Method::POST, messages, None),
        way("GET sse", Method::GET, format!("{endpoint}/sse"), None),
        way("GET mcp", Method::GET, format!("{endpoint}/mcp"), None),
        way("DELETE mcp", Method::DELETE, format!("{endpoint}/mcp"), None),
    ];
    (ways, stream)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_malformed_input_gets_a_5xx_or_breaks_a_connection() {
    let inputs: usize = environment("MCPORCH_TEST_INPUTS").map_or(INPUTS, |inputs| {
        inputs.parse().expect("MCPORCH_TEST_INPUTS is a number")
    });
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    // Clients that connected before, at every door.
    let mut standing = Vec::new();
    for door in Door::ALL {
        let client = McpClient::connect(&stack.endpoint(&project), &project.key, door)
            .await
            .expect("the handshake succeeds");
        standing.push(client);
    }
    let (ways, _stream) = ways(&stack, &project).await;
    for way in ways {
        let mut failed = Vec::new();
        let mut shares = tokio::task::JoinSet::new();
        for share in 0..AT_A_TIME {
            let seed = 0x9e37_79b9_7f4a_7c15 ^ (share as u64 + 1);
            shares.spawn(bombard(
                way.clone(),
                project.key.clone(),
                seed,
                inputs / AT_A_TIME,
            ));
        }
        while let Some(share) = shares.join_next().await {
            failed.extend(share.expect("every input is answered"));
        }
        for client in &standing {
            let answer = client.call("fixture__echo", json!({"after": way.words})).await;
            let answer = answer.expect("the connection stands");
            assert!(answer.is_success(), "after {}: {answer:?}", way.words);
        }
        for one in failed.iter().take(10) {
            eprintln!("{one}");
        }
        nothing_went_wrong(
            &format!("malformed input, {}", way.words),
            format!("{} inputs", inputs / AT_A_TIME * AT_A_TIME),
            &[("answers 5xx", failed.len())],
        );
    }
    stack.stop().await;
}
