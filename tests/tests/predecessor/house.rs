use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tests::{Door, Engine, McpClient, Project, Rest, ServerDefinition, Stack, fixture_server};

/// `{"alg":"none"}` with a subject and no signature.
pub(crate) const UNSIGNED: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiIxIn0.";

/// A stack with one project, whose server has one of everything.
pub(crate) struct House {
    pub(crate) stack: Stack,
    pub(crate) owner: Rest,
    pub(crate) project: Project,
}

impl House {
    pub(crate) async fn build() -> Self {
        Self::with(ServerDefinition::stdio("fixture", &fixture_server(), &[])).await
    }

    pub(crate) async fn with(server: ServerDefinition) -> Self {
        let stack = Stack::start(Engine::Sqlite).await;
        let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
            .await
            .expect("the first user");
        let project = owner.project("Acme", &[server]).await.expect("a project");
        Self {
            stack,
            owner,
            project,
        }
    }

    pub(crate) async fn somebody(&self, name: &str) -> Rest {
        let email = format!("{name}@example.com");
        Rest::sign_up(self.stack.web_url(), &email)
            .await
            .expect("another user")
    }

    pub(crate) fn nobody(&self) -> Rest {
        Rest::new(self.stack.web_url())
    }

    pub(crate) async fn client(&self, door: Door) -> McpClient {
        McpClient::connect(&self.stack.endpoint(&self.project), &self.project.key, door)
            .await
            .expect("the handshake succeeds")
    }

    pub(crate) async fn key(&self, body: Value) -> String {
        let made = self.owner.create("/projects/acme/api-keys", &body).await;
        let made = made.expect("a key");
        made["key"].as_str().expect("its text").to_owned()
    }

    /// The same call three ways: it works, its tool says that it failed, its
    /// server refuses it.
    pub(crate) async fn call_by_rest(&self, tool: &str) -> Value {
        let path = format!("/projects/acme/servers/fixture/tools/{tool}/call");
        let (status, body) = ask(
            &self.owner,
            Method::POST,
            &path,
            &json!({"arguments": {"text": "x"}}),
        )
        .await;
        assert_eq!(status, 200, "{body}");
        body
    }
}

pub(crate) async fn ask(person: &Rest, method: Method, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = person.request(method.clone(), path);
    let request = if method == Method::GET {
        request
    } else {
        request.json(body)
    };
    read(request).await
}

pub(crate) async fn read(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    let text = answer.text().await.expect("a body");
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub(crate) async fn status(person: &Rest, path: &str) -> StatusCode {
    ask(person, Method::GET, path, &Value::Null).await.0
}
