//! What is asked of each route: the smallest request that does what it is for.
//! Who is let in changes something that was made for this one request.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::{Rest, mcp_orch};

use super::house::{Caller, House};

/// A request that is being made.
struct Asked {
    path: String,
    body: Option<Value>,
    by: Caller,
}

impl Asked {
    fn at(&mut self, part: &str, value: &str) {
        assert!(self.path.contains(part), "{} has no {part}", self.path);
        self.path = self.path.replace(part, value);
    }
}

/// The request of a line such as `POST /projects/{project}/servers#stdio`.
pub(crate) async fn request(house: &House, caller: &Caller, line: &str) -> RequestBuilder {
    let route = line.split('#').next().expect("a first part");
    let (method, path) = route.split_once(' ').expect("a method and a path");
    let mut asked = Asked {
        path: path.to_owned(),
        body: None,
        by: caller.clone(),
    };
    match path.split('/').nth(1) {
        Some("auth" | "me" | "invitations") => own(house, &mut asked, line).await,
        Some("admin") => administration(house, &mut asked, line).await,
        _ if path.contains("/servers") || path.contains("/tools") => servers(house, &mut asked, line).await,
        _ => places(house, &mut asked, line).await,
    }
    for (part, value) in [
        ("{project}", house.project.slug.as_str()),
        ("{team}", "core"),
        ("{server}", "fixture"),
        ("{tool}", "echo"),
        ("{client}", "cursor"),
        ("{user}", &house.guest_id),
        ("{part}", "result"),
    ] {
        asked.path = asked.path.replace(part, value);
    }
    assert!(!asked.path.contains('{'), "{line}: what is {}?", asked.path);
    let method: Method = method.parse().expect("a method");
    let request = asked.by.request(method, &asked.path);
    match &asked.body {
        Some(body) => request.json(body),
        None => request,
    }
}

/// What people do with their own account.
async fn own(house: &House, asked: &mut Asked, line: &str) {
    // An account and its sessions come to harm: whoever is let in sends somebody
    // who has just signed up. What they are anywhere does not matter here.
    let is_harmed = matches!(
        line,
        "POST /auth/sign-out"
            | "POST /auth/change-password"
            | "DELETE /me"
            | "DELETE /me/sessions"
            | "DELETE /me/sessions/{id}"
    );
    if is_harmed && asked.by.is_person() {
        asked.by = house.stand_in().await;
    }
    match line {
        "POST /auth/sign-up" => {
            let email = format!("new-{}@example.com", house.number());
            asked.body = Some(json!({"email": email, "password": Rest::PASSWORD, "name": "Lee"}));
        }
        "POST /auth/sign-in" => {
            asked.body = Some(json!({"email": "guest@example.com", "password": Rest::PASSWORD}));
        }
        "POST /auth/sign-in-link" => {
            let link = house.stack.sign_in_link(&house.guest_id).await;
            let token = link.split_once("link=").expect("a link has a token").1;
            asked.body = Some(json!({"token": token}));
        }
        "POST /auth/change-password" => {
            asked.body = Some(
                json!({"current_password": Rest::PASSWORD, "new_password": "a horse of another colour"}),
            );
        }
        "DELETE /me" => asked.body = Some(json!({"password": Rest::PASSWORD})),
        "PATCH /me" => asked.body = Some(json!({"name": "Kim"})),
        "DELETE /me/sessions/{id}" => {
            let sessions = if asked.by.is_person() {
                asked
                    .by
                    .rest
                    .get("/me/sessions")
                    .await
                    .expect("one's own sessions")
            } else {
                house
                    .founder
                    .get("/me/sessions")
                    .await
                    .expect("one's own sessions")
            };
            asked.at(
                "{id}",
                sessions["data"][0]["id"].as_str().expect("a session has an id"),
            );
        }
        _ if line.contains("{token}") => {
            let team = if asked.by.is_person() {
                house.empty_team().await
            } else {
                "core".to_owned()
            };
            let nobody = format!("nobody-{}@example.com", house.number());
            let email = asked
                .by
                .email
                .clone()
                .filter(|_| asked.by.is_person())
                .unwrap_or(nobody);
            let (_, token) = house.invite(&format!("/teams/{team}"), &email, "reporter").await;
            asked.at("{token}", &token);
        }
        _ => {}
    }
}

async fn administration(house: &House, asked: &mut Asked, line: &str) {
    match line {
        "PATCH /admin/users/{user}" => asked.body = Some(json!({"name": "Kim"})),
        "DELETE /admin/api-keys/{id}" => {
            let key = house.key(&json!({"name": "to be revoked"})).await;
            asked.at("{id}", &key.id);
        }
        _ => {}
    }
}

async fn servers(house: &House, asked: &mut Asked, line: &str) {
    let http = || {
        json!({"name": format!("http-{}", house.number()), "transport": "streamable_http",
            "url": "http://127.0.0.1:9/mcp", "is_enabled": false})
    };
    let stdio = || {
        json!({"name": format!("stdio-{}", house.number()), "transport": "stdio", "command": mcp_orch(),
            "args": ["sample-server"], "is_enabled": false})
    };
    match line {
        "POST /projects/{project}/servers" | "POST /projects/{project}/servers/test" => {
            asked.body = Some(http());
        }
        "POST /projects/{project}/servers#stdio" | "POST /projects/{project}/servers/test#stdio" => {
            asked.body = Some(stdio());
        }
        "POST /projects/{project}/servers/import" => {
            let name = format!("import-{}", house.number());
            asked.body = Some(json!({"mcpServers": {name: {"url": "http://127.0.0.1:9/mcp"}}}));
        }
        "PATCH /projects/{project}/servers/{server}" => {
            asked.at("{server}", "idle");
            asked.body = Some(json!({"timeout_ms": 30_000 + house.number()}));
        }
        "PATCH /projects/{project}/servers/{server}#stdio" => {
            asked.body = Some(json!({"timeout_ms": 30_000 + house.number()}));
        }
        "DELETE /projects/{project}/servers/{server}"
        | "DELETE /projects/{project}/servers/{server}#stdio" => {
            let body = if line.ends_with("#stdio") { stdio() } else { http() };
            let made = house.founder.create("/projects/acme/servers", &body).await;
            let name = made.expect("a server")["name"].as_str().map(str::to_owned);
            asked.at("{server}", &name.expect("a server has a name"));
        }
        "PATCH /projects/{project}/servers/{server}/tools" => {
            asked.body = Some(json!({"tools": [{"name": "count", "is_enabled": true}]}));
        }
        "PATCH /projects/{project}/servers/{server}/tools/{tool}" => {
            asked.body = Some(json!({"is_enabled": true}));
        }
        "POST /projects/{project}/servers/{server}/tools/{tool}/call" => {
            asked.body = Some(json!({"arguments": {"text": "hello"}}));
        }
        _ => {}
    }
}

/// Teams and projects, who is in them, their keys and their calls.
async fn places(house: &House, asked: &mut Asked, line: &str) {
    let (place, part) = if line.contains("{team}") && !line.contains("{project}") {
        ("/teams/core", "{team}")
    } else {
        ("/projects/acme", "{project}")
    };
    // Who leaves, or is no owner any more, is missed where others still go.
    let is_harmed = line.ends_with("/leave")
        || line.ends_with("/transfer")
        || line.ends_with("/restore")
        || ["DELETE /projects/{project}", "DELETE /teams/{team}"].contains(&line)
        || (line.starts_with("DELETE") && line.ends_with("/members/{user}"));
    if is_harmed && asked.by.is_person() {
        let slug = match part {
            "{team}" => house.fresh_team().await,
            _ => house.fresh_project().await,
        };
        asked.at(part, &slug);
        if line.ends_with("/restore") {
            let path = format!("{}?name=Fresh", asked.path.trim_end_matches("/restore"));
            house.founder_does(Method::DELETE, &path, json!({})).await;
        }
    }
    if ["DELETE /projects/{project}", "DELETE /teams/{team}"].contains(&line) {
        asked.path.push_str("?name=Fresh");
    }
    if line.ends_with("#search") {
        asked.path.push_str("?q=arguments.text:said*");
    }
    if line.ends_with("#full") {
        asked.path.push_str("?fields=full");
    }
    match line {
        "POST /projects" | "POST /teams" => {
            asked.body = Some(json!({"name": "Fresh", "slug": format!("new-{}", house.number())}));
        }
        "PATCH /teams/{team}" => asked.body = Some(json!({"name": "Core"})),
        "PUT /projects/{project}/teams/{team}" => {
            asked.at("{team}", "crew");
            asked.body = Some(json!({"role": "reporter"}));
        }
        "DELETE /projects/{project}/teams/{team}" => {
            let team = house.empty_team().await;
            let path = format!("/projects/acme/teams/{team}");
            let role = json!({"role": "reporter"});
            house.founder_does(Method::PUT, &path, role).await;
            asked.at("{team}", &team);
        }
        "PATCH /projects/{project}" => asked.body = Some(json!({"description": "Ours"})),
        "PATCH /projects/{project}/settings" => asked.body = Some(json!({"reporters_read_payloads": false})),
        "POST /projects/{project}/saved-views" => asked.body = Some(house.saved_view()),
        _ if line.contains("/saved-views/{view}") => {
            let by = if line.ends_with("#own") {
                asked.by.clone()
            } else {
                house.caller("none").clone()
            };
            let (path, body) = ("/projects/acme/saved-views", house.saved_view());
            asked.at("{view}", &own_or_founders(house, &by, path, &body).await);
            asked.body = line.starts_with("PATCH").then(|| json!({"search": "last=1h"}));
        }
        "POST /projects/{project}/api-keys" => asked.body = Some(json!({"name": "new"})),
        "PATCH /projects/{project}/api-keys/{id}" | "DELETE /projects/{project}/api-keys/{id}" => {
            let key = house.key(&json!({"name": "of the founder"})).await;
            asked.at("{id}", &key.id);
            asked.body = line
                .starts_with("PATCH")
                .then(|| json!({"name": "of another name"}));
        }
        "PATCH /projects/{project}/api-keys/{id}#own" | "DELETE /projects/{project}/api-keys/{id}#own" => {
            let body = json!({"name": "own"});
            let id = own_or_founders(house, &asked.by, "/projects/acme/api-keys", &body).await;
            asked.at("{id}", &id);
            asked.body = line
                .starts_with("PATCH")
                .then(|| json!({"name": "of another name"}));
        }
        "GET /projects/{project}/sessions/{id}" => asked.at("{id}", &house.session_id),
        _ if line.contains("/tool-calls/{id}") => asked.at("{id}", &house.tool_call_id),
        _ if line.ends_with("/invitations") && line.starts_with("POST") => {
            let email = format!("invited-{}@example.com", house.number());
            asked.body = Some(json!({"email": email, "role": "reporter"}));
        }
        _ if line.contains("/invitations/{id}") => {
            let email = format!("invited-{}@example.com", house.number());
            let (id, _) = house.invite(place, &email, "reporter").await;
            asked.at("{id}", &id);
        }
        _ if line.contains("/members/{user}") => {
            asked.body = line.starts_with("PATCH").then(|| json!({"role": "reporter"}));
        }
        _ if line.ends_with("/transfer") => asked.body = Some(json!({"user_id": house.guest_id})),
        _ => {}
    }
}

/// The id of what the caller has just made, where they may make such a thing;
/// else of what the founder has.
async fn own_or_founders(house: &House, by: &Caller, path: &str, body: &Value) -> String {
    let request = by.request(Method::POST, path);
    let answer = request.json(body).send().await.expect("an answer");
    let made = if answer.status() == 201 {
        answer.json().await.expect("it is JSON")
    } else {
        house.founder.create(path, body).await.expect("the founder may")
    };
    made["id"].as_str().expect("it has an id").to_owned()
}
