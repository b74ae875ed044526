//! Every word of a closed set that people choose, sent as JSON, kept in a
//! database, and read back as what it was. The sets are walked by their own
//! lists: a new word cannot be left out. What the gateway writes (outcomes,
//! kinds of errors, levels) is walked where it is stored, in `logging`.

use std::collections::BTreeSet;

use domain::{InvitedAs, Isolation, PayloadMode, Role, Scope};
use reqwest::Method;
use serde_json::{Value, json};
use tests::{Engine, Rest, Stack};

struct House {
    stack: Stack,
    owner: Rest,
}

impl House {
    async fn send(&self, by: &Rest, method: Method, path: &str, body: &Value) -> Value {
        let answer = by.request(method, path).json(body).send().await;
        let answer = answer.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{path} {body}: {status} {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Somebody who comes into a place as that.
    async fn come_in(&self, place: &str, name: &str, role: Role) {
        let email = format!("{name}@example.com");
        let person = Rest::sign_up(self.stack.web_url(), &email)
            .await
            .expect("an account");
        let body = json!({"email": email, "role": role.as_str()});
        let invited = self
            .send(&self.owner, Method::POST, &format!("{place}/invitations"), &body)
            .await;
        assert_eq!(invited["role"], role.as_str());
        let token = invited["token"].as_str().expect("a token");
        let path = format!("/invitations/{token}/accept");
        self.send(&person, Method::POST, &path, &json!({})).await;
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let listed = self.owner.get(path).await.expect("a list");
        listed["data"].as_array().expect("rows").clone()
    }
}

fn words(rows: &[Value], field: &str) -> BTreeSet<String> {
    let words = rows.iter().filter_map(|row| row[field].as_str());
    words.map(str::to_owned).collect()
}

fn all(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn roles_and_ways(house: &House) {
    for role in Role::ALL {
        house.come_in("/teams/core", &format!("t-{role}"), *role).await;
        house.come_in("/projects/acme", &format!("p-{role}"), *role).await;
        let body = json!({"role": role.as_str()});
        house
            .send(&house.owner, Method::PUT, "/projects/acme/teams/core", &body)
            .await;
        let granted = house.list("/projects/acme/teams").await;
        assert_eq!(granted[0]["role"], role.as_str());
    }
    let in_team = house.list("/teams/core/members").await;
    assert_eq!(words(&in_team, "role"), all(Role::WORDS));
    let in_project = house.list("/projects/acme/members").await;
    assert_eq!(words(&in_project, "own_role"), all(Role::WORDS));
    assert_eq!(words(&in_project, "invited_as"), all(InvitedAs::WORDS));
}

async fn scopes(house: &House) {
    for scope in Scope::ALL {
        let body = json!({"name": scope.as_str(), "scopes": [scope.as_str()]});
        house
            .send(&house.owner, Method::POST, "/projects/acme/api-keys", &body)
            .await;
    }
    let keys = house.list("/projects/acme/api-keys").await;
    for scope in Scope::ALL {
        let key = keys.iter().find(|key| key["name"] == scope.as_str());
        assert_eq!(key.expect("it is listed")["scopes"], json!([scope.as_str()]));
    }
}

async fn settings_and_servers(house: &House) {
    for mode in PayloadMode::ALL {
        let body = json!({"payloads": {"mode": mode.as_str()}});
        house
            .send(&house.owner, Method::PATCH, "/projects/acme/settings", &body)
            .await;
        let settings = house.owner.get("/projects/acme/settings").await;
        assert_eq!(settings.expect("settings")["payloads"]["mode"], mode.as_str());
    }
    for isolation in Isolation::ALL {
        let body = json!({"name": isolation.as_str(), "transport": "streamable_http", "is_enabled": false,
            "url": "http://127.0.0.1:9/mcp", "isolation": isolation.as_str()});
        house
            .send(&house.owner, Method::POST, "/projects/acme/servers", &body)
            .await;
    }
    let servers = house.list("/projects/acme/servers").await;
    for isolation in Isolation::ALL {
        let server = servers.iter().find(|server| server["name"] == isolation.as_str());
        assert_eq!(server.expect("it is listed")["isolation"], isolation.as_str());
    }
}

async fn every_word_comes_back(engine: Engine) {
    let stack = Stack::start(engine).await;
    let owner = Rest::sign_up(stack.web_url(), "kim@example.com")
        .await
        .expect("the first user");
    owner.project("Acme", &[]).await.expect("a project");
    owner
        .create("/teams", &json!({"name": "Core"}))
        .await
        .expect("a team");
    let house = House { stack, owner };
    roles_and_ways(&house).await;
    scopes(&house).await;
    settings_and_servers(&house).await;
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_that_people_choose_comes_back_on_sqlite() {
    every_word_comes_back(Engine::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_word_that_people_choose_comes_back_on_postgres() {
    every_word_comes_back(Engine::Postgres).await;
}
