//! Who is let in, and who is not.

use std::time::Duration;

use domain::Clock;
use reqwest::Method;
use serde_json::{Value, json};
use service_host::http_client;
use tests::{Answer, Door, McpClient, Rest, ServerDefinition, fixture_server, wait_until};

use crate::house::{House, UNSIGNED, ask, read, status};

#[tokio::test(flavor = "multi_thread")]
async fn what_proves_who_somebody_is_opens_their_own_and_nothing_else_does() {
    let house = House::build().await;
    let session = house.owner.session_token().expect("signed in").to_owned();
    for path in [
        "/teams",
        "/projects",
        "/projects/acme",
        "/projects/acme/servers",
        "/me",
    ] {
        let by = |bearer: &str| house.nobody().request(Method::GET, path).bearer_auth(bearer);
        assert_eq!(read(by(UNSIGNED)).await.0, 401, "{path} with an unsigned token");
        assert_eq!(
            read(by(&session)).await.0,
            200,
            "{path} with what signing in gave"
        );
        assert_eq!(
            status(&house.nobody(), path).await,
            401,
            "{path} without anything"
        );
    }
    // A key of an administrator is a key of one project.
    let by_key = |path: &str| {
        house
            .nobody()
            .request(Method::GET, path)
            .bearer_auth(&house.project.key)
    };
    assert_eq!(read(by_key("/projects/acme")).await.0, 200);
    for path in ["/admin/users", "/admin/system", "/admin/api-keys"] {
        assert_eq!(read(by_key(path)).await.0, 403, "{path}");
    }
    let no_token = http_client().no_proxy().build().expect("a client");
    for door in ["mcp", "servers/fixture/mcp"] {
        let address = format!("{}/{door}", house.stack.endpoint(&house.project));
        let answer = no_token
            .post(address)
            .json(&json!({}))
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 401, "{door}");
        assert!(answer.headers().contains_key("www-authenticate"), "{door}");
    }
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_is_a_conflict_and_the_connection_goes_on() {
    let house = House::build().await;
    let person = json!({"email": "KIM@example.com", "password": Rest::PASSWORD, "name": "Kim"});
    let team = json!({"name": "Core"});
    house.owner.create("/teams", &team).await.expect("a team");
    let nobody = house.nobody();
    for (who, path, body) in [
        (&nobody, "/auth/sign-up", &person),
        (&house.owner, "/teams", &team),
        (&house.owner, "/projects", &json!({"name": "Acme"})),
    ] {
        for _ in 0..2 {
            let (status, problem) = ask(who, Method::POST, path, body).await;
            assert_eq!(status, 409, "{path}: {problem}");
            assert!(
                problem["code"].is_string() && problem["detail"].is_string(),
                "{problem}"
            );
        }
    }
    assert_eq!(status(&house.owner, "/teams/core").await, 200);
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_in_nothing_sees_and_does_nothing() {
    let house = House::build().await;
    let other = house.somebody("lee").await;
    for path in [
        "/projects/acme",
        "/projects/acme/servers",
        "/projects/acme/servers/fixture/tools",
        "/projects/acme/tool-calls/summary?last=1h",
        "/projects/acme/tool-calls/timeseries?last=1h",
        "/projects/acme/activities",
        "/projects/acme/sessions",
    ] {
        assert_eq!(status(&other, path).await, 404, "{path}");
    }
    let call = "/projects/acme/servers/fixture/tools/echo/call";
    assert_eq!(ask(&other, Method::POST, call, &json!({})).await.0, 404);
    for path in [
        "/admin/users",
        "/admin/system",
        "/admin/projects",
        "/admin/activities",
    ] {
        assert_eq!(status(&other, path).await, 403, "{path}");
    }
    assert_eq!(other.get("/projects").await.expect("a list")["data"], json!([]));
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reporter_of_a_team_reads_no_secrets_and_no_projects_of_others() {
    let secret = "planted-0123456789";
    let server = ServerDefinition::stdio("fixture", &fixture_server(), &[])
        .with("env", json!({"PLAIN": secret}))
        .with("secrets", json!({"TOKEN": secret}));
    let house = House::with(server).await;
    house
        .owner
        .create("/teams", &json!({"name": "Core"}))
        .await
        .expect("a team");
    let lee = house.somebody("lee").await;
    let invitation = json!({"email": "lee@example.com", "role": "reporter"});
    let invited = house.owner.create("/teams/core/invitations", &invitation).await;
    let token = invited.expect("invited")["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let accept = format!("/invitations/{token}/accept");
    assert_eq!(ask(&lee, Method::POST, &accept, &Value::Null).await.0, 200);
    assert_eq!(
        status(&lee, "/projects/acme/servers").await,
        404,
        "the team has no project"
    );
    let grant = json!({"role": "owner"});
    let (granted, _) = ask(&house.owner, Method::PUT, "/projects/acme/teams/core", &grant).await;
    assert_eq!(granted, 200);
    for path in [
        "/projects/acme/servers",
        "/projects/acme/servers/fixture",
        "/projects/acme/activities",
    ] {
        let seen = lee.get(path).await.expect("a reporter sees it");
        assert!(!seen.to_string().contains(secret), "{path}: {seen}");
    }
    assert_eq!(lee.get("/projects/acme").await.expect("seen")["role"], "reporter");
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_limits_of_a_key_hold_at_every_door() {
    let house = House::build().await;
    let soon = Clock::system().now() + Duration::from_millis(1_500);
    let expiring = house
        .key(json!({"name": "expiring", "expires_at": soon.to_string()}))
        .await;
    let elsewhere = house
        .key(json!({"name": "elsewhere", "ip_ranges": ["10.0.0.0/8"]}))
        .await;
    let endpoint = house.stack.endpoint(&house.project);
    let by = |key: &str| {
        house
            .nobody()
            .request(Method::GET, "/projects/acme")
            .bearer_auth(key)
    };
    assert_eq!(read(by(&elsewhere)).await.0, 403);
    wait_until("the key is past its end", async || {
        (read(by(&expiring)).await.0 == 401).then_some(())
    })
    .await;
    for door in Door::ALL {
        for key in [&expiring, &elsewhere] {
            let answer = match McpClient::connect(&endpoint, key, door).await {
                Ok(client) => client.call("fixture__echo", json!({})).await,
                Err(error) => Err(error),
            };
            assert!(!matches!(answer, Ok(Answer::Result(_))), "{door:?} is open");
        }
    }
    house.stack.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_deactivated_neither_signs_in_nor_goes_on() {
    let house = House::build().await;
    let lee = house.somebody("lee").await;
    let id = lee.get("/me").await.expect("a person")["user"]["id"]
        .as_str()
        .expect("an id")
        .to_owned();
    assert_eq!(status(&lee, "/projects").await, 200);
    let off = json!({"is_active": false});
    let path = format!("/admin/users/{id}");
    assert_eq!(ask(&house.owner, Method::PATCH, &path, &off).await.0, 200);
    assert_eq!(status(&lee, "/projects").await, 401);
    let again = json!({"email": "lee@example.com", "password": Rest::PASSWORD});
    let (status, problem) = ask(&house.nobody(), Method::POST, "/auth/sign-in", &again).await;
    assert!(status == 401 || status == 403, "{status}: {problem}");
    house.stack.stop().await;
}
