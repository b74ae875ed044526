//! What is tried in each cell of the table.

use std::{path::PathBuf, pin::Pin};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tests::{Answer, Door, McpClient, wait_until};

/// A client that has connected, and what its server writes.
#[derive(Clone)]
pub(crate) struct Cell {
    pub(crate) client: McpClient,
    pub(crate) door: Door,
    pub(crate) ledger: PathBuf,
}

pub(crate) struct Feature {
    pub(crate) name: &'static str,
    /// The first revision that has it.
    pub(crate) since: &'static str,
    pub(crate) try_out: fn(Cell) -> Trial,
}

type Trial = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;

const FIRST: &str = "2024-11-05";

pub(crate) const FEATURES: [Feature; 13] = [
    feature("tools", FIRST, |cell| Box::pin(tools(cell))),
    feature("structured content", "2025-06-18", |cell| {
        Box::pin(structured(cell))
    }),
    feature("resources", FIRST, |cell| Box::pin(resources(cell))),
    feature("subscriptions", FIRST, |cell| Box::pin(subscriptions(cell))),
    feature("list changes", FIRST, |cell| Box::pin(list_changes(cell))),
    feature("prompts", FIRST, |cell| Box::pin(prompts(cell))),
    feature("completion", FIRST, |cell| Box::pin(completion(cell))),
    feature("logging", FIRST, |cell| Box::pin(logging(cell))),
    feature("progress", FIRST, |cell| Box::pin(progress(cell))),
    feature("cancellation", FIRST, |cell| Box::pin(cancellation(cell))),
    feature("elicitation", "2025-06-18", |cell| Box::pin(elicitation(cell))),
    feature("sampling", FIRST, |cell| Box::pin(sampling(cell))),
    feature("roots", FIRST, |cell| Box::pin(roots(cell))),
];

const fn feature(name: &'static str, since: &'static str, try_out: fn(Cell) -> Trial) -> Feature {
    Feature { name, since, try_out }
}

pub(crate) fn words(door: Door) -> &'static str {
    match door {
        Door::Sse => "2024-11-05, HTTP+SSE",
        Door::StreamableHttp202503 => "2025-03-26, Streamable HTTP",
        Door::StreamableHttp202506 => "2025-06-18, Streamable HTTP",
        Door::StreamableHttp => "2025-11-25, Streamable HTTP",
        Door::Stateless => "2026-07-28, Streamable HTTP",
    }
}

impl Cell {
    async fn text_of(&self, tool: &str, arguments: Value) -> anyhow::Result<String> {
        let answer = self.client.call(tool, arguments).await?;
        ensure!(answer.is_success(), "{tool} answered {answer:?}");
        Ok(answer.text().to_owned())
    }

    async fn result_of(&self, method: &str, params: Value) -> anyhow::Result<Value> {
        self.client
            .request(method, params)
            .await?
            .result()
            .with_context(|| method.to_owned())
    }

    /// Waits for a notification with params that are looked for.
    async fn told(&self, method: &str, is_it: impl Fn(&Value) -> bool) {
        wait_until(method, async || {
            self.client.seen(method).iter().any(&is_it).then_some(())
        })
        .await;
    }

    /// A word that no other cell uses.
    fn mark(&self, feature: &str) -> String {
        format!("{feature}-{}", self.door.revision())
    }
}

async fn tools(cell: Cell) -> anyhow::Result<()> {
    let listed = cell.result_of("tools/list", json!({})).await?;
    let tools = listed["tools"].as_array().context("no tools")?;
    ensure!(
        tools.iter().any(|tool| tool["name"] == "echo"),
        "no tool echo in {listed}"
    );
    let mark = cell.mark("tools");
    let echoed = cell
        .text_of("echo", json!({"mark": mark, "안녕": [1, null, "\u{2028}"]}))
        .await?;
    ensure!(
        echoed.contains(&mark) && echoed.contains("안녕"),
        "echoed {echoed}"
    );
    let picture = cell
        .client
        .call("test_image_content", json!({}))
        .await?
        .result()?;
    ensure!(picture["content"][0]["mimeType"] == "image/png", "{picture}");
    let failed = cell.client.call("fail", json!({})).await?.result()?;
    ensure!(failed["isError"] == true, "{failed}");
    let refused = cell.client.call("refuse", json!({})).await?;
    ensure!(
        matches!(&refused, Answer::Error(error) if error["code"] == -32602),
        "{refused:?}"
    );
    Ok(())
}

async fn structured(cell: Cell) -> anyhow::Result<()> {
    let result = cell.client.call("structured", json!({"n": 1})).await?.result()?;
    ensure!(result["structuredContent"]["echo"]["n"] == 1, "{result}");
    ensure!(result["_meta"]["example.com/kept"] == true, "{result}");
    Ok(())
}

async fn resources(cell: Cell) -> anyhow::Result<()> {
    let listed = cell.result_of("resources/list", json!({})).await?;
    ensure!(
        listed["resources"].as_array().is_some_and(|all| all.len() == 3),
        "{listed}"
    );
    let templates = cell.result_of("resources/templates/list", json!({})).await?;
    ensure!(
        templates["resourceTemplates"]
            .as_array()
            .is_some_and(|all| all.len() == 1),
        "{templates}"
    );
    let read = cell
        .result_of("resources/read", json!({"uri": "test://template/7/data"}))
        .await?;
    ensure!(
        read["contents"][0]["text"]
            .as_str()
            .is_some_and(|text| text.contains("ID: 7")),
        "{read}"
    );
    let unknown = cell
        .client
        .request("resources/read", json!({"uri": "test://nothing"}))
        .await?;
    let code = if cell.door == Door::Stateless {
        -32602
    } else {
        -32002
    };
    ensure!(
        matches!(&unknown, Answer::Error(error) if error["code"] == code),
        "{unknown:?}"
    );
    Ok(())
}

async fn subscriptions(cell: Cell) -> anyhow::Result<()> {
    let uri = "test://watched-resource";
    cell.client.listen(uri).await?;
    // A stream upstream may begin a moment after the answer.
    wait_until("notifications/resources/updated", async || {
        let told = cell.text_of("trigger_resource_update", json!({"uri": uri})).await;
        told.ok()?;
        let seen = cell.client.seen("notifications/resources/updated");
        seen.iter().any(|params| params["uri"] == uri).then_some(())
    })
    .await;
    Ok(())
}

/// After [`subscriptions`], which began to listen.
async fn list_changes(cell: Cell) -> anyhow::Result<()> {
    cell.text_of("test_trigger_tool_change", json!({})).await?;
    cell.told("notifications/tools/list_changed", |_| true).await;
    Ok(())
}

async fn prompts(cell: Cell) -> anyhow::Result<()> {
    let listed = cell.result_of("prompts/list", json!({})).await?;
    ensure!(
        listed["prompts"].as_array().is_some_and(|all| all.len() == 5),
        "{listed}"
    );
    let mark = cell.mark("prompts");
    let params = json!({"name": "test_prompt_with_arguments", "arguments": {"arg1": mark, "arg2": "x"}});
    let prompt = cell.result_of("prompts/get", params).await?;
    ensure!(prompt.to_string().contains(&mark), "{prompt}");
    Ok(())
}

async fn completion(cell: Cell) -> anyhow::Result<()> {
    let params = json!({
        "ref": {"type": "ref/prompt", "name": "test_prompt_with_arguments"},
        "argument": {"name": "arg1", "value": "par"},
    });
    let completed = cell.result_of("completion/complete", params).await?;
    ensure!(
        completed["completion"]["values"] == json!(["paris", "park", "party"]),
        "{completed}"
    );
    Ok(())
}

async fn logging(cell: Cell) -> anyhow::Result<()> {
    cell.client.set_log_level("info").await?;
    cell.text_of("test_tool_with_logging", json!({})).await?;
    cell.told("notifications/message", |params| {
        params["data"] == "Tool execution completed"
    })
    .await;
    Ok(())
}

async fn progress(cell: Cell) -> anyhow::Result<()> {
    let params = json!({
        "name": "steps",
        "arguments": {"steps": 4, "ms": 10},
        "_meta": {"progressToken": "mine"},
    });
    cell.result_of("tools/call", params).await?;
    cell.told("notifications/progress", |params| params["progress"] == 4)
        .await;
    let told = cell.client.seen("notifications/progress");
    let steps: Vec<&Value> = told
        .iter()
        .filter(|params| params["progressToken"] == "mine")
        .map(|params| &params["progress"])
        .collect();
    ensure!(steps == [&json!(1), &json!(2), &json!(3), &json!(4)], "{told:?}");
    Ok(())
}

async fn cancellation(cell: Cell) -> anyhow::Result<()> {
    let mark = cell.mark("cancellation");
    let in_ledger = async |what: &str| {
        wait_until(what, async || {
            let ledger = std::fs::read_to_string(&cell.ledger).ok()?;
            let mut lines = ledger.lines();
            lines
                .any(|line| line.contains(what) && line.contains(&mark))
                .then_some(())
        })
        .await;
    };
    cell.client
        .call_until(
            "sleep",
            json!({"ms": 600_000, "mark": mark}),
            in_ledger("\"tool\""),
        )
        .await?;
    in_ledger("\"cancelled\"").await;
    // The connection is as good as before.
    cell.text_of("echo", json!({})).await?;
    Ok(())
}

async fn elicitation(cell: Cell) -> anyhow::Result<()> {
    let answered = cell
        .text_of("test_elicitation", json!({"message": "Who?"}))
        .await?;
    ensure!(
        answered.contains("accept") && answered.contains("Kim"),
        "{answered}"
    );
    let twice = cell
        .text_of("test_input_required_result_multi_round", json!({}))
        .await?;
    ensure!(twice == "\"Kim\" likes \"Kim\"", "{twice}");
    let at_once = cell
        .text_of("test_input_required_result_multiple_inputs", json!({}))
        .await?;
    ensure!(
        ["Kim", "Paris", "file:///test/root"]
            .iter()
            .all(|part| at_once.contains(part)),
        "{at_once}"
    );
    Ok(())
}

async fn sampling(cell: Cell) -> anyhow::Result<()> {
    let answered = cell
        .text_of("test_sampling", json!({"prompt": "Capital of France?"}))
        .await?;
    ensure!(answered.contains("Paris"), "{answered}");
    Ok(())
}

async fn roots(cell: Cell) -> anyhow::Result<()> {
    let answered = cell
        .text_of("test_input_required_result_list_roots", json!({}))
        .await?;
    ensure!(answered.contains("file:///test/root"), "{answered}");
    Ok(())
}
