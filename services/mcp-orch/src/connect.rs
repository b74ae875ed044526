use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::Value;

use crate::project_reader::{Place, ProjectReader};

/// Prints what a client program is told to reach a project, ready to paste
#[derive(clap::Args)]
pub(crate) struct ConnectArgs {
    /// claude-code, claude-desktop, cursor, vscode, cline, windsurf, codex, or generic for any other
    client: String,

    #[command(flatten)]
    place: Place,
}

/// 0: done; 1: refused, or nobody answers.
pub(crate) async fn run(args: ConnectArgs) -> anyhow::Result<ExitCode> {
    let key = args.place.key().to_owned();
    let path = format!("/connect/{}", args.client);
    let answered = ProjectReader::new(args.place)?.get(&path, &[]).await?;
    println!("{}", text_with(&answered, &key)?);
    eprintln!("\n{}", place_of(&answered));
    Ok(ExitCode::SUCCESS)
}

fn text_with(answered: &Value, key: &str) -> anyhow::Result<String> {
    let text = answered["text"].as_str();
    let placeholder = answered["key_placeholder"].as_str();
    let (text, placeholder) = text.zip(placeholder).context("the answer has no text")?;
    Ok(text.replace(placeholder, key))
}

/// Where the text goes. It stands on standard error, so that the text alone can
/// be written to a file.
fn place_of(answered: &Value) -> String {
    let title = answered["title"].as_str().unwrap_or("the client");
    match answered["file"].as_str() {
        Some(file) => format!("This goes into {file} of {title}; it holds your key."),
        None if answered["format"] == "shell" => {
            format!("Run this in a terminal, and {title} knows the project; it holds your key.")
        }
        None => "This goes where your client keeps its servers; it holds your key.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_key_is_put_in_and_the_place_is_told() {
        let file = json!({"title": "Cursor", "file": "~/.cursor/mcp.json", "format": "json",
            "text": "{\"Authorization\": \"Bearer KEY\"}", "key_placeholder": "KEY"});
        assert_eq!(
            text_with(&file, "mcporch_1").expect("a text"),
            "{\"Authorization\": \"Bearer mcporch_1\"}"
        );
        assert!(place_of(&file).contains("into ~/.cursor/mcp.json of Cursor"));
        assert!(place_of(&json!({"format": "shell"})).starts_with("Run this"));
        assert!(place_of(&json!({"format": "json"})).starts_with("This goes where"));
        assert!(text_with(&json!({}), "").is_err());
    }
}
