//! The official conformance suite: what a server passes directly, it passes
//! through the gateway.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tests::{
    Engine, Era, FixtureServer, HttpFixture, KeyForwarder, Rest, ServerDefinition, Stack, environment,
    installed_client,
};

/// Outcome of each check, by scenario, check, and how often it came before.
type Checks = BTreeMap<(String, String, usize), String>;

/// What a server of the legacy era cannot give to a stateless client, whoever
/// stands between.
const NOT_FROM_A_LEGACY_SERVER: [&str; 7] = [
    // A question has no name of its own there, so its key is the gateway's.
    "sep-2322-elicitation-incomplete",
    "sep-2322-elicitation-complete",
    // It asks before it could be answered.
    "sep-2322-ignore-unexpected-params",
    // Questions come one by one.
    "sep-2322-multiple-inputs-incomplete",
    "sep-2322-multiple-inputs-complete",
    // It has no error that says which capability is missing.
    "sep-2575-missing-capability-http-400",
    "sep-2575-server-rejects-undeclared-capability",
];

/// Runs the scenarios that a revision requires, and those that it does not score.
async fn run(suite: &Suite, url: &str, revision: &str, what: &str) -> Checks {
    let folder = suite.folder.path().join(format!("{revision}-{what}"));
    let output = tokio::process::Command::new(&suite.node)
        .arg(&suite.script)
        .args(["server", "--url", url, "--requirements", revision, "-o"])
        .arg(&folder)
        .kill_on_drop(true)
        .output()
        .await
        .expect("the suite starts");
    let checks = read(&folder);
    assert!(
        !checks.is_empty(),
        "the suite made no checks:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    checks
}

struct Suite {
    node: PathBuf,
    script: PathBuf,
    folder: tempfile::TempDir,
}

impl Suite {
    fn installed() -> Self {
        Self {
            node: installed_client("conformance/node_modules/.bin/node"),
            script: installed_client(
                "conformance/node_modules/@modelcontextprotocol/conformance/dist/index.js",
            ),
            folder: tempfile::tempdir().expect("a folder for the results"),
        }
    }
}

/// Reads `<folder>/server-<scenario>-<time>/checks.json` of each scenario.
fn read(folder: &Path) -> Checks {
    let mut checks = Checks::new();
    for entry in std::fs::read_dir(folder).expect("the suite wrote its results") {
        let path = entry.expect("it can be read").path();
        let name = path
            .file_name()
            .expect("it has a name")
            .to_string_lossy()
            .into_owned();
        // The time is 24 characters after a dash.
        let scenario = &name["server-".len()..name.len() - 25];
        let text = std::fs::read_to_string(path.join("checks.json")).expect("each scenario has its checks");
        let listed: Vec<Value> = serde_json::from_str(&text).expect("they are JSON");
        for check in listed {
            let id = check["id"].as_str().expect("a check has an id").to_owned();
            let said = format!("{} {}", check["status"], check["errorMessage"]);
            let before = (0..usize::MAX)
                .find(|before| !checks.contains_key(&(scenario.to_owned(), id.clone(), *before)))
                .expect("there is a free number");
            checks.insert((scenario.to_owned(), id, before), said);
        }
    }
    checks
}

fn passed(checks: &Checks) -> usize {
    checks
        .values()
        .filter(|said| said.starts_with("\"SUCCESS\""))
        .count()
}

/// Compares a run through the gateway with one against the server itself.
fn compare(direct: &Checks, through: &Checks, cannot: &[&str], what: &str) {
    let mut lost = String::new();
    for (check, said) in direct {
        let through = through.get(check).map_or("was not made", String::as_str);
        if said.starts_with("\"SUCCESS\"") && !through.starts_with("\"SUCCESS\"") {
            let (scenario, id, _) = check;
            if cannot.contains(&id.as_str()) {
                continue;
            }
            writeln!(lost, "  {scenario}: {id}: {through}").expect("a string takes text");
        }
    }
    println!(
        "{what}: {} checks pass directly, {} through the gateway",
        passed(direct),
        passed(through)
    );
    assert!(
        lost.is_empty(),
        "{what}: passed directly, lost through the gateway:\n{lost}"
    );
}

/// The set of `revision`, with a server behind the gateway that speaks `behind`.
async fn passes_through(revision: &str, behind: Era, cannot: &[&str]) {
    let suite = Suite::installed();
    // Another server, where a developer says so.
    let (address, own) = if let Some(address) = environment("MCPORCH_CONFORMANCE_SERVER") {
        (address, None)
    } else {
        let listening = listening(Era::Both).await;
        (listening.mcp_url(), Some(listening))
    };
    let direct = run(&suite, &address, revision, "direct").await;

    let stack = Stack::start(Engine::Sqlite).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user signs up");
    let fixture = listening(behind).await;
    let address = if own.is_some() { fixture.mcp_url() } else { address };
    let server = ServerDefinition::http("fixture", "streamable_http", &address);
    let project = owner.project("Acme", &[server]).await.expect("a project is made");
    let endpoint = format!("{}/servers/fixture", stack.endpoint(&project));
    let forwarder = KeyForwarder::start(&endpoint, &project.key)
        .await
        .expect("there are free ports");
    let through = run(&suite, &forwarder.mcp_url(), revision, "through").await;
    let what = format!("{revision} with a {behind:?} server");
    compare(&direct, &through, cannot, &what);
    stack.stop().await;
}

async fn listening(era: Era) -> HttpFixture {
    let server = FixtureServer::new(era, None).expect("a server without a ledger");
    server
        .serve_http(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .expect("there are free ports")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_2025_11_25_requires_passes_through() {
    passes_through("2025-11-25", Era::Legacy, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_2026_07_28_requires_passes_through() {
    passes_through("2026-07-28", Era::Modern, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_2025_11_25_requires_passes_through_to_a_modern_server() {
    passes_through("2025-11-25", Era::Modern, &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_2026_07_28_requires_passes_through_to_a_legacy_server() {
    passes_through("2026-07-28", Era::Legacy, &NOT_FROM_A_LEGACY_SERVER).await;
}
