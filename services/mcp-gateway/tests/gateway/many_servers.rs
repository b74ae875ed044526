use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use domain::{Clock, ServerId};
use proto::projects::Server;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Client, Events},
    stack::{Stack, stdio, until},
};

static AGES: AtomicU64 = AtomicU64::new(1);

/// A server that lists what its file says.
pub(crate) struct Listing {
    pub(crate) server: Server,
    file: PathBuf,
}

impl Listing {
    pub(crate) fn new(stack: &Stack, name: &str, features: &Value) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/gateway/listing_server.py");
        let file = stack.folder.path().join(format!("{name}.json"));
        let mut server = stack.project.scripted(name);
        // Younger than all before it, within one millisecond too.
        let age = AGES.fetch_add(1, Ordering::Relaxed);
        let born = Clock::manual(Clock::system().now() + Duration::from_millis(age));
        server.id = ServerId::new(&born).to_string();
        let command = stdio(&mut server);
        command.args = vec!["-u".to_owned(), script.to_owned()];
        command.env = HashMap::from([
            ("FEATURES".to_owned(), file.display().to_string()),
            ("NAME".to_owned(), name.to_owned()),
        ]);
        let listing = Self { server, file };
        listing.lists(features);
        listing
    }

    pub(crate) fn with_env(mut self, name: &str) -> Self {
        let env = &mut stdio(&mut self.server).env;
        env.insert(name.to_owned(), "1".to_owned());
        self
    }

    /// From now on, without telling.
    pub(crate) fn lists(&self, features: &Value) {
        fs::write(&self.file, features.to_string()).unwrap();
    }

    /// The params of the requests of that method that it has seen.
    pub(crate) fn seen(&self, method: &str) -> Vec<Value> {
        let seen = fs::read_to_string(self.file.with_extension("json.seen")).unwrap_or_default();
        seen.lines()
            .map(|line| serde_json::from_str::<(String, Value)>(line).unwrap())
            .filter(|(seen, _)| seen == method)
            .map(|(_, params)| params)
            .collect()
    }
}

/// Adds servers to the project and waits until the gateway knows them.
pub(crate) async fn add(stack: &Stack, client: &Client, servers: &[&Listing]) {
    stack.project.change(|project| {
        project
            .servers
            .extend(servers.iter().map(|listing| listing.server.clone()));
    });
    let last = &servers.last().expect("at least one").server.name;
    let probe = Client::new(client.base.clone(), client.key.clone()).on_server(last);
    until("the servers are known", async || {
        (probe.post(&json!({})).await.status() == 400).then_some(())
    })
    .await;
}

pub(crate) fn tool(name: &str) -> Value {
    json!({ "name": name, "inputSchema": { "type": "object" } })
}

pub(crate) async fn names(client: &Client) -> Vec<String> {
    let list = client.ask("tools/list", json!({})).await;
    let tools = list["result"]["tools"].as_array().unwrap();
    tools
        .iter()
        .map(|tool| tool["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_and_a_slow_server_among_twenty_cost_their_own_tools_only_and_once() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    let features = json!({ "tools": [tool("one"), tool("two")] });
    let listings: Vec<_> = (0..20)
        .map(|number| {
            let listing = Listing::new(&stack, &format!("s{number:02}"), &features);
            match number {
                7 => listing.with_env("DEAD"),
                11 => listing.with_env("SLOW"),
                _ => listing,
            }
        })
        .collect();
    add(&stack, &client, &listings.iter().collect::<Vec<_>>()).await;
    client.initialize().await;
    // How it fails takes two starts to know, on a busy machine longer than a list waits.
    client.call("s07__one", json!({})).await;
    let list = client.ask("tools/list", json!({})).await;
    // With the eleven of the stack's own.
    let tools = list["result"]["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 18 * 2 + 11);
    let named: Vec<_> = tools[11..].iter().map(|tool| tool["name"].clone()).collect();
    let mut sorted = named.clone();
    sorted.sort_by_key(|name| name.as_str().unwrap()[..3].to_owned());
    assert_eq!(named, sorted, "in the order of the servers");
    let missing = list["result"]["_meta"]["mcp-orchestrator/missing"]
        .as_array()
        .unwrap();
    assert_eq!(missing.len(), 2);
    assert_eq!(missing[0]["server"], "s07");
    assert!(missing[0]["reason"].as_str().unwrap().contains("no license"));
    assert_eq!(
        missing[1],
        json!({ "server": "s11", "reason": "it did not answer within 5 s" })
    );
    // Who comes later does not wait for the slow one anew, and asks nobody.
    let asked = || {
        let lists = listings.iter().map(|listing| listing.seen("tools/list").len());
        lists.sum::<usize>()
    };
    let before = asked();
    for _ in 0..20 {
        let again = client.ask("tools/list", json!({})).await;
        assert_eq!(again["result"]["tools"], list["result"]["tools"]);
    }
    assert_eq!(asked(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_told_of_a_changed_list_when_the_merged_one_is_another() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    let features = json!({ "tools": [tool("a"), tool("notify")] });
    let listing = Listing::new(&stack, "listing", &features);
    add(&stack, &client, &[&listing]).await;
    client.initialize().await;
    let mut events = Events::new(client.request(Method::GET, "/mcp").send().await.unwrap());
    assert!(names(&client).await.contains(&"listing__a".to_owned()));
    let say = json!({ "method": "notifications/tools/list_changed" });
    // It says so, and it is not so.
    client.call("listing__notify", say.clone()).await;
    until("the list is asked for anew", async || {
        (listing.seen("tools/list").len() >= 2).then_some(())
    })
    .await;
    // Now it is so, for the prompts nobody has asked.
    listing.lists(&json!({ "tools": [tool("b"), tool("notify")], "prompts": [{ "name": "p" }] }));
    let about_prompts = json!({ "method": "notifications/prompts/list_changed" });
    client.call("listing__notify", about_prompts).await;
    client.call("listing__notify", say).await;
    let told = events.next_message().await;
    assert_eq!(told["method"], "notifications/tools/list_changed");
    assert!(names(&client).await.contains(&"listing__b".to_owned()));
    // A server that goes takes its tools along, and that is the next thing told.
    stack
        .project
        .change(|project| project.servers.retain(|server| server.name != "listing"));
    let told = events.next_message().await;
    assert_eq!(told["method"], "notifications/tools/list_changed");
    assert_eq!(names(&client).await.len(), 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_of_two_servers_becomes_two_that_lead_back() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    let features = json!({
        "resources": [{ "uri": "file:///a", "name": "a" }],
        "resourceTemplates": [{ "uriTemplate": "file:///{path}", "name": "t" }],
    });
    let one = Listing::new(&stack, "one", &features);
    let two = Listing::new(&stack, "two", &features);
    two.lists(&json!({
        "resources": [{ "uri": "file:///a", "name": "a" }, { "uri": "mem:only", "name": "o" }],
        "resourceTemplates": [{ "uriTemplate": "file:///{path}", "name": "t" }],
    }));
    add(&stack, &client, &[&one, &two]).await;
    client.initialize().await;
    let list = client.ask("resources/list", json!({})).await;
    let uris: Vec<_> = list["result"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|resource| resource["uri"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        uris,
        [
            "mcporch://server/one/file:///a",
            "mcporch://server/two/file:///a",
            "mem:only"
        ]
    );
    for (uri, server) in uris.iter().zip(["one", "two", "two"]) {
        let read = client.ask("resources/read", json!({ "uri": uri })).await;
        assert_eq!(
            read["result"]["contents"],
            json!([{ "uri": uri, "text": server }])
        );
    }
    let templates = client.ask("resources/templates/list", json!({})).await;
    let template = &templates["result"]["resourceTemplates"][1]["uriTemplate"];
    assert_eq!(template, "mcporch://server/two/file:///{path}");
    let read = client
        .ask(
            "resources/read",
            json!({ "uri": "mcporch://server/two/file:///b" }),
        )
        .await;
    assert_eq!(read["result"]["contents"][0]["text"], "two");
    let reference = json!({ "type": "ref/resource", "uri": template });
    let params = json!({ "ref": reference, "argument": { "name": "path", "value": "" } });
    client.ask("completion/complete", params).await;
    assert_eq!(two.seen("completion/complete")[0]["ref"]["uri"], "file:///{path}");
    assert!(one.seen("completion/complete").is_empty());
    for unknown in ["mcporch://server/three/file:///a", "ftp://nobody"] {
        let refused = client.ask("resources/read", json!({ "uri": unknown })).await;
        assert_eq!(refused["error"]["code"], -32002, "{unknown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_row_of_a_call_names_the_definition_that_was_listed() {
    let stack = Stack::start().await;
    let mut client = stack.client();
    let listing = Listing::new(&stack, "listing", &json!({ "tools": [tool("a")] }));
    add(&stack, &client, &[&listing]).await;
    client.initialize().await;
    client.call("listing__a", json!({})).await;
    names(&client).await;
    client.call("listing__a", json!({})).await;
    client.call("listing__a", json!({})).await;
    let calls = stack.logging.calls(3).await;
    assert_eq!(calls[0].tool_version, "", "nobody had listed it");
    assert_eq!(calls[1].tool_version.len(), 16);
    assert_eq!(calls[1].tool_version, calls[2].tool_version);
}
