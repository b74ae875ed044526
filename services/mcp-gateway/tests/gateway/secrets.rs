use serde_json::json;

use crate::stack::{Stack, stdio, until};

const SECRET: &str = "s3cr3t/of \"all\"";

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_of_a_server_reaches_no_record_wherever_it_turns_up() {
    let stack = Stack::start_with(|server, _| {
        let definition = server.definition.as_mut().unwrap();
        definition.secrets.insert("TOKEN".to_owned(), SECRET.to_owned());
        stdio(server).env.insert("PLAIN".to_owned(), "kept".to_owned());
    })
    .await;
    let mut client = stack.client();
    client.initialize().await;
    let environment = client.call("scripted__environment", json!({})).await;
    let text = environment["result"]["content"][0]["text"].as_str().unwrap();
    assert!(
        text.contains("s3cr3t"),
        "the server has it, and the client gets what it says"
    );
    client.call("scripted__echo", json!({ "text": SECRET })).await;
    client.call("scripted__stderr", json!({ "line": SECRET })).await;
    client.call("scripted__crash", json!({ "why": SECRET })).await;
    let calls = stack.logging.calls(4).await;
    let logs = until("the line is logged", async || {
        let logs = stack.logging.server_logs();
        logs.iter().any(|log| log.tool_call_id.is_some()).then_some(logs)
    })
    .await;
    for record in [format!("{calls:?}"), format!("{logs:?}")] {
        assert!(!record.contains("s3cr3t"), "{record}");
        assert!(record.contains("[redacted]"));
    }
    assert!(calls[0].result.as_ref().unwrap().json.contains("kept"));
    // The line came while one call ran, and belongs to it.
    let of_call = logs.iter().find(|log| log.tool_call_id.is_some()).unwrap();
    assert_eq!(of_call.tool_call_id.as_ref(), Some(&calls[2].id));
    assert_eq!(calls[2].stderr_excerpt, "[redacted]\n");
}
