use domain::Permission;

use crate::stack::{self, answer};

#[tokio::test]
async fn a_client_is_told_of_a_project_by_its_slug_whatever_it_was_named_by() {
    let stack =
        stack::start_with(|config| config.mcp_public_url = "https://mcp.example.com".to_owned()).await;
    let person = stack.world.person(Permission::ALL);
    let ask = |path: &str| {
        let path = format!("/api/v1/projects/acme/connect{path}");
        answer(stack.get(&path).bearer_auth(&person))
    };
    let cursor = ask("/cursor").await.done();
    assert_eq!(cursor["title"], "Cursor");
    assert_eq!(cursor["file"], "~/.cursor/mcp.json");
    assert_eq!(cursor["format"], "json");
    assert!(
        cursor["text"]
            .as_str()
            .is_some_and(|text| text.contains("https://mcp.example.com/projects/acme/mcp"))
    );
    assert_eq!(cursor["deeplink"]["encoding"], "base64");

    let all = ask("").await.done();
    let all = all["data"].as_array().expect("a list");
    let clients: Vec<_> = all.iter().filter_map(|one| one["client"].as_str()).collect();
    assert_eq!(
        clients,
        [
            "claude-code",
            "claude-desktop",
            "cursor",
            "vscode",
            "cline",
            "windsurf",
            "codex",
            "generic"
        ]
    );
    assert!(all.contains(&cursor));

    let unknown = ask("/cursr").await.refused(404, "unknown_client");
    assert_eq!(
        unknown["detail"],
        r#"there is no client "cursr"; did you mean "cursor"?"#
    );
}
