use std::collections::BTreeMap;

use anyhow::{Context as _, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use service_host::http_client;

/// A user at the REST gateway: keeps the session cookie that signing in gave.
#[derive(Debug, Clone)]
pub struct Rest {
    http: reqwest::Client,
    base: String,
    cookie: Option<String>,
}

/// A project with all that a client needs to call its tools.
#[derive(Debug, Clone)]
pub struct Project {
    /// As in addresses.
    pub slug: String,
    /// Where MCP clients of the whole project go.
    pub mcp_url: String,
    /// An API key.
    pub key: String,
}

/// A server to add to a project, with the defaults of the deployment.
#[derive(Debug, Clone)]
pub struct ServerDefinition {
    body: Value,
}

impl ServerDefinition {
    /// A program that speaks over stdin and stdout.
    pub fn stdio(name: &str, program: &std::path::Path, args: &[&str]) -> Self {
        Self {
            body: json!({"name": name, "transport": "stdio", "command": program, "args": args}),
        }
    }

    /// An address where `streamable_http` or `sse` is spoken.
    pub fn http(name: &str, transport: &str, url: &str) -> Self {
        Self {
            body: json!({"name": name, "transport": transport, "url": url}),
        }
    }

    /// Sets a field of the request.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.body[field] = value.into();
        self
    }
}

impl Rest {
    /// Of everybody who signs up here.
    pub const PASSWORD: &str = "correct horse battery staple";

    /// Somebody who is not signed in, at the gateway at `base`.
    pub fn new(base: &str) -> Self {
        let http = http_client().no_proxy().build().expect("a client");
        Self {
            http,
            base: base.to_owned(),
            cookie: None,
        }
    }

    /// Makes an account and signs in.
    pub async fn sign_up(base: &str, email: &str) -> anyhow::Result<Self> {
        let mut rest = Self::new(base);
        let body = json!({"email": email, "password": Self::PASSWORD, "name": "Kim"});
        let answer = rest
            .request(Method::POST, "/auth/sign-up")
            .json(&body)
            .send()
            .await?;
        ensure!(
            answer.status() == StatusCode::CREATED,
            "sign-up answered {}: {}",
            answer.status(),
            answer.text().await?
        );
        let cookie = answer
            .headers()
            .get("set-cookie")
            .context("sign-up sets a cookie")?
            .to_str()?;
        rest.cookie = Some(cookie.split(';').next().unwrap_or_default().to_owned());
        Ok(rest)
    }

    /// Signs in with a password; absent where it is refused.
    pub async fn sign_in(base: &str, email: &str, password: &str) -> anyhow::Result<Option<Self>> {
        let mut rest = Self::new(base);
        let body = json!({"email": email, "password": password});
        let answer = rest
            .request(Method::POST, "/auth/sign-in")
            .json(&body)
            .send()
            .await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        let cookie = answer
            .headers()
            .get("set-cookie")
            .context("sign-in sets a cookie")?
            .to_str()?;
        rest.cookie = Some(cookie.split(';').next().unwrap_or_default().to_owned());
        Ok(Some(rest))
    }

    /// What the cookie of somebody who is signed in holds.
    pub fn session_token(&self) -> Option<&str> {
        let (_, token) = self.cookie.as_deref()?.split_once('=')?;
        Some(token)
    }

    /// A request to `/api/v1{path}` with the user's cookie.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}/api/v1{path}", self.base));
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    /// GETs JSON; any answer but 200 is an error.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let answer = self.request(Method::GET, path).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status == StatusCode::OK, "GET {path} answered {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// POSTs JSON; any answer but 201 is an error.
    pub async fn create(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let answer = self.request(Method::POST, path).json(body).send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(
            status == StatusCode::CREATED,
            "POST {path} answered {status}: {text}"
        );
        Ok(serde_json::from_str(&text)?)
    }

    /// Makes a project with servers and an API key, and waits until the gateway
    /// knows them. The key comes last: whoever knows it, knows the servers too.
    pub async fn project(&self, name: &str, servers: &[ServerDefinition]) -> anyhow::Result<Project> {
        let project = self.create("/projects", &json!({"name": name})).await?;
        let slug = text(&project, "slug")?;
        for server in servers {
            self.create(&format!("/projects/{slug}/servers"), &server.body)
                .await?;
        }
        let key = self
            .create(&format!("/projects/{slug}/api-keys"), &json!({"name": "test"}))
            .await?;
        let project = Project {
            mcp_url: text(&project, "mcp_url")?,
            key: text(&key, "key")?,
            slug,
        };
        crate::wait_until("the gateway knows the key", async || {
            let answer = self
                .http
                .delete(&project.mcp_url)
                .bearer_auth(&project.key)
                .send()
                .await
                .ok()?;
            (answer.status() != StatusCode::UNAUTHORIZED).then_some(())
        })
        .await;
        Ok(project)
    }

    /// All calls of a project in the last hour without payloads, newest first.
    pub async fn tool_calls(&self, project: &Project) -> anyhow::Result<Vec<Value>> {
        self.every_page(project, "summary").await
    }

    /// The same with arguments and results.
    pub async fn whole_tool_calls(&self, project: &Project) -> anyhow::Result<Vec<Value>> {
        self.every_page(project, "full").await
    }

    async fn every_page(&self, project: &Project, fields: &str) -> anyhow::Result<Vec<Value>> {
        let first = format!(
            "/projects/{}/tool-calls?last=1h&limit=500&fields={fields}",
            project.slug
        );
        let mut calls = Vec::new();
        let mut path = first.clone();
        loop {
            let page = self.get(&path).await?;
            calls.extend(
                page["data"]
                    .as_array()
                    .context("a list has data")?
                    .iter()
                    .cloned(),
            );
            if page["page"]["has_older"] != json!(true) {
                return Ok(calls);
            }
            let older = page["page"]["older"].as_str().context("a page has a cursor")?;
            path = format!("{first}&cursor={older}");
        }
    }

    /// Every call of a project in the last hours, with arguments and results.
    pub async fn export(&self, project: &Project) -> anyhow::Result<Vec<Value>> {
        let path = format!("/projects/{}/tool-calls/export?last=6h&fields=full", project.slug);
        let answer = self.request(Method::GET, &path).send().await?;
        ensure!(
            answer.status() == StatusCode::OK,
            "the export answered {}",
            answer.status()
        );
        let lines = answer.text().await?;
        Ok(lines
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?)
    }

    /// The same by the canary that each call carries.
    pub async fn calls_by_canary(&self, project: &Project) -> anyhow::Result<BTreeMap<u64, Vec<Value>>> {
        let mut calls: BTreeMap<u64, Vec<Value>> = BTreeMap::new();
        for call in self.export(project).await? {
            let canary = call["arguments"]["value"]["canary"].as_u64();
            let canary = canary.context("each call carries its canary")?;
            calls.entry(canary).or_default().push(call);
        }
        Ok(calls)
    }

    /// How many calls of a project have ended in the last hours.
    pub async fn count_ended(&self, project: &Project) -> anyhow::Result<u64> {
        let path = format!("/projects/{}/tool-calls/summary?last=6h", project.slug);
        let summary = self.get(&path).await?;
        let total = summary["total"].as_u64().context("no total")?;
        Ok(total - summary["running"].as_u64().unwrap_or(0))
    }

    /// Waits until `count` calls of a project have ended, and gives them.
    pub async fn ended_tool_calls(&self, project: &Project, count: usize) -> Vec<Value> {
        let what = format!("{count} ended calls in the log");
        crate::wait_within(crate::patience(count), &what, async || {
            // All of them are read once there are enough, and not again and again.
            if self.count_ended(project).await.ok()? < count as u64 {
                return None;
            }
            let calls = self.tool_calls(project).await.ok()?;
            let ended = calls.iter().filter(|call| call["status"] != "running").count();
            (ended >= count).then_some(calls)
        })
        .await
    }
}

fn text(object: &Value, field: &str) -> anyhow::Result<String> {
    Ok(object[field]
        .as_str()
        .with_context(|| format!("no {field} in {object}"))?
        .to_owned())
}
