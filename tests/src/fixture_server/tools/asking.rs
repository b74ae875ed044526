//! Tools that ask their client.

use serde_json::{Value, json};

use super::{
    super::exchange::{Exchange, Failure, Outcome, Question},
    text,
};

pub(super) async fn call(name: &str, exchange: &Exchange) -> Outcome {
    let arguments = &exchange.params["arguments"];
    match name {
        "test_sampling" => {
            let prompt = arguments["prompt"].as_str().unwrap_or_default();
            let answer = exchange.ask_one(Question::sample("sample", prompt)).await?;
            Ok(text(&format!("LLM response: {}", answer["content"]["text"])))
        }
        "test_elicitation" => {
            let message = arguments["message"].as_str().unwrap_or_default();
            let question = Question::elicit("response", message, "response", "string");
            Ok(elicited(&exchange.ask_one(question).await?))
        }
        "test_elicitation_sep1034_defaults" => Ok(elicited(&exchange.ask_one(defaults()).await?)),
        "test_elicitation_sep1330_enums" => Ok(elicited(&exchange.ask_one(choices()).await?)),
        "test_missing_capability" => {
            exchange.require("sampling")?;
            Ok(text("the client can sample"))
        }
        "test_input_required_result_elicitation" => {
            let question = Question::elicit("user_name", "What is your name?", "name", "string");
            let answer = exchange.ask_one(question).await?;
            Ok(text(&format!("Hello, {}!", answer["content"]["name"])))
        }
        "test_input_required_result_sampling" => {
            let question = Question::sample("capital_question", "What is the capital of France?");
            let answer = exchange.ask_one(question).await?;
            Ok(text(&format!("The model says {}", answer["content"]["text"])))
        }
        "test_input_required_result_list_roots" => {
            let answer = exchange.ask_one(Question::roots("client_roots")).await?;
            Ok(text(&answer["roots"].to_string()))
        }
        "test_input_required_result_request_state" | "test_input_required_result_tampered_state" => {
            let question = Question::elicit("confirm", "Please confirm", "ok", "boolean");
            exchange.ask_one(question).await?;
            Ok(text("state-ok"))
        }
        "test_input_required_result_multiple_inputs" => {
            let answers = exchange
                .ask(vec![
                    Question::elicit("user_name", "What is your name?", "name", "string"),
                    Question::sample("greeting", "Generate a greeting"),
                    Question::roots("client_roots"),
                ])
                .await?;
            Ok(text(&Value::from(answers).to_string()))
        }
        "test_input_required_result_multi_round" => {
            let first = Question::elicit("step1", "Step 1: What is your name?", "name", "string");
            let name = exchange.ask_one(first).await?;
            let second = Question::elicit("step2", "Step 2: What is your favorite color?", "color", "string");
            let color = exchange.ask_one(second).await?;
            Ok(text(&format!(
                "{} likes {}",
                name["content"]["name"], color["content"]["color"]
            )))
        }
        "test_input_required_result_capabilities" => {
            let mut questions = Vec::new();
            if exchange.declares("elicitation") {
                questions.push(Question::elicit("elicit_input", "A value?", "value", "string"));
            }
            if exchange.declares("sampling") {
                questions.push(Question::sample("sample_input", "Sample request"));
            }
            let answers = exchange.ask(questions).await?;
            Ok(text(&format!("{} answers", answers.len())))
        }
        _ => Err(Failure::error(-32602, format!("no tool {name}"))),
    }
}

fn elicited(answer: &Value) -> Value {
    text(&format!(
        "User response: action={}, content={}",
        answer["action"], answer["content"]
    ))
}

fn form(message: &str, properties: &Value) -> Question {
    Question {
        key: "form",
        method: "elicitation/create",
        params: json!({
            "mode": "form",
            "message": message,
            "requestedSchema": {"type": "object", "properties": properties, "required": []},
        }),
    }
}

/// A default for each type that a form may have.
fn defaults() -> Question {
    form(
        "Please review the defaults",
        &json!({
            "name": {"type": "string", "description": "User name", "default": "John Doe"},
            "age": {"type": "integer", "description": "User age", "default": 30},
            "score": {"type": "number", "description": "User score", "default": 95.5},
            "status": {
                "type": "string",
                "description": "User status",
                "enum": ["active", "inactive", "pending"],
                "default": "active",
            },
            "verified": {"type": "boolean", "description": "Whether verified", "default": true},
        }),
    )
}

/// Each way in which a form may offer a choice.
fn choices() -> Question {
    let plain = ["option1", "option2", "option3"];
    let titled = json!([
        {"const": "value1", "title": "First"},
        {"const": "value2", "title": "Second"},
        {"const": "value3", "title": "Third"},
    ]);
    form(
        "Please select",
        &json!({
            "untitledSingle": {"type": "string", "enum": plain},
            "titledSingle": {"type": "string", "oneOf": titled},
            "legacyEnum": {
                "type": "string",
                "enum": ["opt1", "opt2", "opt3"],
                "enumNames": ["Option One", "Option Two", "Option Three"],
            },
            "untitledMulti": {
                "type": "array",
                "minItems": 1,
                "maxItems": 3,
                "items": {"type": "string", "enum": plain},
            },
            "titledMulti": {"type": "array", "minItems": 1, "maxItems": 3, "items": {"anyOf": titled}},
        }),
    )
}
