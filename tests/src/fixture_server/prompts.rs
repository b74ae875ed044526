use serde_json::{Value, json};

use super::{
    exchange::{Exchange, Failure, Outcome, Question},
    tools::RED_DOT_PNG,
};

pub(super) fn list() -> Value {
    let argument = |name: &str| json!({"name": name, "description": "Stands in the text", "required": true});
    json!([
        {"name": "test_simple_prompt", "description": "No arguments"},
        {
            "name": "test_prompt_with_arguments",
            "description": "Two arguments",
            "arguments": [argument("arg1"), argument("arg2")],
        },
        {
            "name": "test_prompt_with_embedded_resource",
            "description": "Holds a resource",
            "arguments": [argument("resourceUri")],
        },
        {"name": "test_prompt_with_image", "description": "Holds a picture"},
        {"name": "test_input_required_result_prompt", "description": "Asks the user first"},
    ])
}

pub(super) async fn get(exchange: &Exchange) -> Outcome {
    let arguments = &exchange.params["arguments"];
    let text = |text: String| json!({"role": "user", "content": {"type": "text", "text": text}});
    let messages = match exchange.params["name"].as_str().unwrap_or_default() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.".to_owned())],
        "test_prompt_with_arguments" => {
            let [first, second] = ["arg1", "arg2"].map(|name| arguments[name].as_str().unwrap_or_default());
            vec![text(format!(
                "Prompt with arguments: arg1='{first}', arg2='{second}'"
            ))]
        }
        "test_prompt_with_embedded_resource" => {
            let resource = json!({
                "uri": arguments["resourceUri"],
                "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            });
            vec![
                json!({"role": "user", "content": {"type": "resource", "resource": resource}}),
                text("Please process the embedded resource above.".to_owned()),
            ]
        }
        "test_prompt_with_image" => {
            let picture = json!({"type": "image", "data": RED_DOT_PNG, "mimeType": "image/png"});
            vec![
                json!({"role": "user", "content": picture}),
                text("Please analyze the image above.".to_owned()),
            ]
        }
        "test_input_required_result_prompt" => {
            let question = Question::elicit("user_context", "In which context?", "context", "string");
            let answer = exchange.ask_one(question).await?;
            vec![text(format!(
                "Prompt with context: {}",
                answer["content"]["context"]
            ))]
        }
        name => return Err(Failure::error(-32602, format!("no prompt {name}"))),
    };
    Ok(json!({"description": "A prompt for tests", "messages": messages}))
}
