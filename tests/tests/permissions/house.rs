use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use access::ApiKey;
use domain::Clock;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Door, Engine, McpClient, Project, Rest, ServerDefinition, Stack, fixture_server, wait_until};

/// A stack with people in every role, and a project with one of everything.
pub(crate) struct House {
    pub(crate) stack: Stack,
    /// Makes and owns whatever the others ask for.
    pub(crate) founder: Rest,
    pub(crate) project: Project,
    /// Somebody in the project and in both teams, with whom things are done.
    pub(crate) guest_id: String,
    pub(crate) tool_call_id: String,
    pub(crate) session_id: String,
    callers: Vec<Caller>,
    made: AtomicU32,
}

/// Somebody who asks, with what proves who they are.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) name: &'static str,
    /// Of a person.
    pub(crate) email: Option<String>,
    /// Of a program.
    pub(crate) bearer: Option<String>,
    pub(crate) rest: Rest,
}

impl Caller {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        // Attempts to sign in are counted by address, and there are many here.
        let address = format!("192.0.2.{}", NEXT_ADDRESS.fetch_add(1, Ordering::Relaxed));
        let request = self.rest.request(method, path).header("x-forwarded-for", address);
        match &self.bearer {
            Some(bearer) => request.bearer_auth(bearer),
            None => request,
        }
    }

    /// Whether the one who asks is a person who is let in at all.
    pub(crate) fn is_person(&self) -> bool {
        self.email.is_some() && self.name != "inactive"
    }
}

/// Stands in the arguments and in the result of a call.
pub(crate) const CANARY: &str = "said-in-the-house";

static NEXT_ADDRESS: AtomicU8 = AtomicU8::new(0);

/// Who is in the project by themselves, and who by the team.
const DIRECT: [(&str, &str); 4] = [
    ("owner", "owner"),
    ("dev", "developer"),
    ("rep", "reporter"),
    ("guest", "reporter"),
];
const BY_TEAM: [(&str, &str); 4] = [
    ("t-owner", "owner"),
    ("t-dev", "developer"),
    ("t-rep", "reporter"),
    ("guest", "reporter"),
];

impl House {
    pub(crate) async fn build() -> Self {
        let stack = Stack::start(Engine::Sqlite).await;
        let mut callers = Vec::new();
        // The first to sign up administrates, and is in nothing.
        for name in [
            "admin", "owner", "dev", "rep", "t-owner", "t-dev", "t-rep", "inactive", "stranger",
        ] {
            callers.push(person(&stack, name).await);
        }
        let founder = person(&stack, "founder").await.rest;
        let guest = person(&stack, "guest").await;
        let guest_id = id_of(&guest.rest).await;
        let nobody = Caller {
            name: "none",
            email: None,
            bearer: None,
            rest: Rest::new(stack.web_url()),
        };
        let program = |name, key: &str| Caller {
            name,
            bearer: Some(key.to_owned()),
            ..nobody.clone()
        };
        callers.push(program("bad", ApiKey::generate().expose()));

        let server = ServerDefinition::stdio("fixture", &fixture_server(), &[]);
        let project = founder.project("Acme", &[server]).await.expect("a project");
        let other = founder.project("Other", &[]).await.expect("a second project");
        callers.push(program("other", &other.key));
        callers.push(guest);
        // Switched off, so that nobody looks for it.
        let body = json!({"name": "idle", "transport": "streamable_http", "url": "http://127.0.0.1:9/mcp",
            "is_enabled": false});
        founder
            .create("/projects/acme/servers", &body)
            .await
            .expect("a server over HTTP");
        let mut house = Self {
            stack,
            founder,
            project,
            guest_id,
            tool_call_id: String::new(),
            session_id: String::new(),
            callers,
            made: AtomicU32::new(0),
        };
        for name in ["core", "crew"] {
            let body = json!({"name": name, "slug": name});
            house.founder.create("/teams", &body).await.expect("a team");
        }
        house.people_come_in("/projects/acme", "/teams/core").await;
        for name in ["owner", "dev", "rep", "t-owner", "t-dev", "t-rep"] {
            house.come_in("/teams/crew", name, "reporter").await;
        }
        house.come_in("/projects/acme", "inactive", "owner").await;
        house.come_in("/teams/crew", "guest", "reporter").await;

        for (name, scopes) in [
            ("read", &["project:read"][..]),
            ("call", &["tools:call"]),
            ("logs", &["logs:read"]),
            ("payl", &["logs:payloads", "logs:read"]),
        ] {
            let key = house.key(&json!({"name": name, "scopes": scopes})).await;
            house.callers.push(program(name, &key.text));
        }
        let key = house.key(&json!({"name": "revoked"})).await;
        house
            .founder_does(
                Method::DELETE,
                &format!("/projects/acme/api-keys/{}", key.id),
                json!({}),
            )
            .await;
        house.callers.push(program("revoked", &key.text));
        let soon = Clock::system().now() + std::time::Duration::from_millis(1_500);
        let key = house
            .key(&json!({"name": "expired", "expires_at": soon.to_string()}))
            .await;
        let expired = program("expired", &key.text);
        house.callers.push(nobody);

        house.call_a_tool().await;
        house.deactivate("inactive").await;
        wait_until("the key has expired", async || {
            let answer = expired.request(Method::GET, "/projects/acme").send().await.ok()?;
            (answer.status() == 401).then_some(())
        })
        .await;
        house.callers.push(expired);
        house
    }

    /// The one of that column.
    pub(crate) fn caller(&self, name: &str) -> &Caller {
        let found = self.callers.iter().find(|caller| caller.name == name);
        found.unwrap_or_else(|| panic!("nobody is called {name}"))
    }

    /// A number that nobody else gets.
    pub(crate) fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// A project with the same people in the same roles.
    pub(crate) async fn fresh_project(&self) -> String {
        let slug = format!("project-{}", self.number());
        let body = json!({"name": "Fresh", "slug": slug});
        self.founder.create("/projects", &body).await.expect("a project");
        let place = format!("/projects/{slug}");
        for (name, role) in DIRECT {
            self.come_in(&place, name, role).await;
        }
        self.founder_does(
            Method::PUT,
            &format!("{place}/teams/core"),
            json!({"role": "owner"}),
        )
        .await;
        slug
    }

    /// A team of the founder alone.
    pub(crate) async fn empty_team(&self) -> String {
        let slug = format!("team-{}", self.number());
        let body = json!({"name": "Fresh", "slug": slug});
        self.founder.create("/teams", &body).await.expect("a team");
        slug
    }

    /// A team with the same people in the same roles.
    pub(crate) async fn fresh_team(&self) -> String {
        let slug = self.empty_team().await;
        for (name, role) in BY_TEAM {
            self.come_in(&format!("/teams/{slug}"), name, role).await;
        }
        slug
    }

    /// Somebody else with an account of their own, which may come to harm.
    pub(crate) async fn stand_in(&self) -> Caller {
        let name: &'static str = "stand-in";
        let email = format!("stand-in-{}@example.com", self.number());
        let rest = Rest::sign_up(self.stack.web_url(), &email)
            .await
            .expect("signed up");
        Caller {
            name,
            email: Some(email),
            bearer: None,
            rest,
        }
    }

    /// One of a name that nobody else uses.
    pub(crate) fn saved_view(&self) -> Value {
        json!({"name": format!("View {}", self.number()), "search": "last=24h"})
    }

    /// A new key of the founder in the project.
    pub(crate) async fn key(&self, body: &Value) -> Key {
        let made = self.founder.create("/projects/acme/api-keys", body).await;
        let made = made.expect("a key");
        Key {
            id: text(&made, "id"),
            text: text(&made, "key"),
        }
    }

    /// Invites an address; gives the invitation's id and token.
    pub(crate) async fn invite(&self, place: &str, email: &str, role: &str) -> (String, String) {
        let body = json!({"email": email, "role": role});
        let made = self.founder.create(&format!("{place}/invitations"), &body).await;
        let made = made.expect("an invitation");
        (text(&made, "id"), text(&made, "token"))
    }

    /// Lets somebody into a place.
    pub(crate) async fn take_in(&self, place: &str, who: &Caller, role: &str) {
        let email = who.email.as_deref().expect("a person has an address");
        let (_, token) = self.invite(place, email, role).await;
        let path = format!("/invitations/{token}/accept");
        let accepted = who.request(Method::POST, &path).send().await.expect("an answer");
        assert_eq!(accepted.status(), 200, "{} comes into {place}", who.name);
    }

    /// What only the founder does, and what must work.
    pub(crate) async fn founder_does(&self, method: Method, path: &str, body: Value) -> Value {
        let request = self.founder.request(method.clone(), path).json(&body);
        let answer = request.send().await.expect("an answer");
        let status = answer.status();
        let text = answer.text().await.expect("a body");
        assert!(status.is_success(), "{method} {path} answered {status}: {text}");
        serde_json::from_str(&text).unwrap_or_default()
    }

    async fn come_in(&self, place: &str, name: &str, role: &str) {
        self.take_in(place, self.caller(name), role).await;
    }

    async fn people_come_in(&self, project: &str, team: &str) {
        for (name, role) in DIRECT {
            self.come_in(project, name, role).await;
        }
        for (name, role) in BY_TEAM {
            self.come_in(team, name, role).await;
        }
        let granted = format!("{project}{team}");
        self.founder_does(Method::PUT, &granted, json!({"role": "owner"}))
            .await;
    }

    /// So that there is a call, and a session, to be read.
    async fn call_a_tool(&mut self) {
        let endpoint = self.stack.endpoint(&self.project);
        let client = McpClient::connect(&endpoint, &self.project.key, Door::StreamableHttp).await;
        let client = client.expect("the handshake succeeds");
        let answer = client.call("fixture__echo", json!({"text": CANARY})).await;
        assert!(answer.expect("an answer").is_success());
        let calls = self.founder.ended_tool_calls(&self.project, 1).await;
        (self.tool_call_id, self.session_id) = (text(&calls[0], "id"), text(&calls[0], "session_id"));
        let session = format!("/projects/acme/sessions/{}", self.session_id);
        wait_until("the session is in the log", async || {
            self.founder.get(&session).await.ok()
        })
        .await;
    }

    async fn deactivate(&self, name: &str) {
        let id = id_of(&self.caller(name).rest).await;
        let request = self
            .caller("admin")
            .request(Method::PATCH, &format!("/admin/users/{id}"))
            .json(&json!({"is_active": false}));
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), 200, "an administrator deactivates {name}");
    }
}

/// A key that was made.
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) text: String,
}

async fn person(stack: &Stack, name: &'static str) -> Caller {
    let email = format!("{name}@example.com");
    let rest = Rest::sign_up(stack.web_url(), &email).await.expect("signed up");
    Caller {
        name,
        email: Some(email),
        bearer: None,
        rest,
    }
}

async fn id_of(person: &Rest) -> String {
    let me = person.get("/me").await.expect("a person knows who they are");
    text(&me["user"], "id")
}

fn text(object: &Value, field: &str) -> String {
    let text = object[field].as_str();
    text.unwrap_or_else(|| panic!("no {field} in {object}"))
        .to_owned()
}
