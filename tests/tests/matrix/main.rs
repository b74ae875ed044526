//! Every way in, every way out: clients of each revision reach servers of each
//! era over each transport, with all that MCP carries.
//!
//! The table of what works stands in `docs/compatibility.md` and is compared
//! with what this test sees; `UPDATE=1` writes it anew.

mod features;

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use features::{Cell, FEATURES};
use tests::{
    Door, Engine, Era, FixtureServer, HttpFixture, Manner, McpClient, Rest, ServerDefinition, Stack,
    environment, fixture_server,
};

/// A limit so that a broken cell ends; no cell passes or fails by it on a
/// machine that works.
const CELL_LIMIT: Duration = Duration::from_mins(1);

const HEADER: &str = "# Compatibility

Each row is a client of one revision in front of the gateway and a server of one era behind it. `yes` means that the
feature works end to end, translated where the two differ; `-` means that the client's revision does not have it.
`tests/tests/matrix` makes this table and fails when it no longer holds.

";

/// A way in which a server is reached.
#[derive(Clone, Copy)]
struct Connector {
    /// Name of the server in the project.
    server: &'static str,
    words: &'static str,
    era: Era,
    transport: &'static str,
}

const CONNECTORS: [Connector; 5] = [
    Connector {
        server: "stdio-legacy",
        words: "stdio, legacy",
        era: Era::Legacy,
        transport: "stdio",
    },
    Connector {
        server: "stdio-modern",
        words: "stdio, 2026-07-28",
        era: Era::Modern,
        transport: "stdio",
    },
    Connector {
        server: "http-legacy",
        words: "Streamable HTTP, legacy",
        era: Era::Legacy,
        transport: "streamable_http",
    },
    Connector {
        server: "http-modern",
        words: "Streamable HTTP, 2026-07-28",
        era: Era::Modern,
        transport: "streamable_http",
    },
    Connector {
        server: "sse",
        words: "HTTP+SSE",
        era: Era::Legacy,
        transport: "sse",
    },
];

impl Connector {
    /// Where its server writes what it did.
    fn ledger(&self, folder: &Path) -> PathBuf {
        folder.join(format!("{}.ledger", self.server))
    }

    /// How its server is defined; one over HTTP is started, and runs as long as
    /// what is returned with it.
    async fn define(&self, folder: &Path) -> (ServerDefinition, Option<HttpFixture>) {
        let ledger = self.ledger(folder);
        if self.transport == "stdio" {
            let era = if self.era == Era::Legacy {
                "legacy"
            } else {
                "modern"
            };
            let ledger = ledger.to_str().expect("the folder is UTF-8");
            let arguments = ["--era", era, "--ledger", ledger];
            return (
                ServerDefinition::stdio(self.server, &fixture_server(), &arguments),
                None,
            );
        }
        let server = FixtureServer::new(self.era, Some(&ledger)).expect("a ledger can be opened");
        let listening = server
            .serve_http(SocketAddr::from(([127, 0, 0, 1], 0)))
            .await
            .expect("there are free ports");
        let url = if self.transport == "sse" {
            listening.sse_url()
        } else {
            listening.mcp_url()
        };
        (
            ServerDefinition::http(self.server, self.transport, &url),
            Some(listening),
        )
    }
}

/// A row of the table: what of each feature was seen.
async fn row(cell: Cell, failures: &mut Vec<String>, words: &str) -> String {
    let mut row = String::new();
    for feature in FEATURES {
        let mark = if feature.since > cell.door.revision() {
            "-"
        } else {
            // A task of its own: what is waited for in vain panics.
            #[expect(clippy::disallowed_methods, reason = "a test has no host to keep its tasks")]
            let trial = tokio::spawn((feature.try_out)(cell.clone()));
            let failure = match tokio::time::timeout(CELL_LIMIT, trial).await {
                Ok(Ok(Ok(()))) => None,
                Ok(Ok(Err(error))) => Some(format!("{error:#}")),
                Ok(Err(panic)) => Some(panic.to_string()),
                Err(_) => Some(format!("took over {CELL_LIMIT:?}")),
            };
            match failure {
                None => "yes",
                Some(failure) => {
                    failures.push(format!("{words}: {}: {failure}", feature.name));
                    "no"
                }
            }
        };
        write!(row, " {mark} |").expect("a string takes text");
    }
    row
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_reaches_every_server_with_every_feature() {
    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let (mut definitions, mut listening) = (Vec::new(), Vec::new());
    for connector in CONNECTORS {
        let (definition, fixture) = connector.define(stack.folder()).await;
        definitions.push(definition);
        listening.extend(fixture);
    }
    let mut rows = tokio::task::JoinSet::new();
    for (number, door) in Door::ALL.into_iter().enumerate() {
        // Connections to servers of their own: what a server logs over stdio says
        // not for whom, and reaches nobody where it may be for several.
        let project = owner
            .project(&format!("Matrix {number}"), &definitions)
            .await
            .expect("a project is made");
        let (endpoint, key) = (stack.endpoint(&project), project.key);
        let folder = stack.folder().to_owned();
        rows.spawn(async move {
            let (mut lines, mut failures) = (BTreeMap::new(), Vec::new());
            for (column, connector) in CONNECTORS.into_iter().enumerate() {
                let words = format!("{} | {}", features::words(door), connector.words);
                let endpoint = format!("{endpoint}/servers/{}", connector.server);
                let line = match McpClient::connect_as(&endpoint, &key, door, Manner::Answering).await {
                    Ok(client) => {
                        let ledger = connector.ledger(&folder);
                        row(Cell { client, door, ledger }, &mut failures, &words).await
                    }
                    Err(error) => {
                        failures.push(format!("{words}: {error:#}"));
                        " no |".repeat(FEATURES.len())
                    }
                };
                lines.insert((number, column), format!("| {words} |{line}"));
            }
            (lines, failures)
        });
    }
    let (mut lines, mut failures) = (BTreeMap::new(), Vec::new());
    while let Some(row) = rows.join_next().await {
        let (of_door, failed) = row.expect("no row panics");
        lines.extend(of_door);
        failures.extend(failed);
    }

    let names: Vec<&str> = FEATURES.iter().map(|feature| feature.name).collect();
    let mut table = format!("{HEADER}| client | server | {} |\n", names.join(" | "));
    writeln!(table, "|{}", "---|".repeat(names.len() + 2)).expect("a string takes text");
    for line in lines.values() {
        writeln!(table, "{line}").expect("a string takes text");
    }
    println!("{table}\n{}", failures.join("\n"));

    let document = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compatibility.md");
    if environment("UPDATE").is_some() {
        std::fs::write(&document, &table).expect("the document can be written");
    }
    let written = std::fs::read_to_string(&document).expect("docs/compatibility.md is there");
    assert!(
        written == table,
        "docs/compatibility.md no longer says what works; run this test with UPDATE=1 to write it anew:\n{}",
        failures.join("\n")
    );
    stack.stop().await;
}
