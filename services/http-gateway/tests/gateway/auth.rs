use domain::Permission;
use reqwest::Method;
use serde_json::json;

use crate::{
    backends::lock,
    stack::{self, Answer, answer},
};

/// The cookie as a browser sends it back.
fn cookie(signed_in: &Answer) -> String {
    let (pair, _) = signed_in
        .header("set-cookie")
        .split_once(';')
        .expect("a cookie with attributes");
    pair.to_owned()
}

#[tokio::test]
async fn signing_up_signs_in_and_signing_out_ends_it() {
    let stack = stack::start().await;
    let state = answer(stack.get("/api/v1/auth/sign-up")).await.done();
    assert_eq!(state, json!({"is_open": true, "is_first": true}));
    let body = json!({"email": "kim@example.com", "password": "right", "name": "Kim"});
    let signed_up = answer(stack.post("/api/v1/auth/sign-up", &body)).await;
    assert_eq!(signed_up.status, 201);
    let set_cookie = signed_up.header("set-cookie").to_owned();
    assert!(set_cookie.starts_with("mcporch_session=mcpweb_"), "{set_cookie}");
    assert!(
        set_cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600"),
        "{set_cookie}"
    );
    assert!(
        !signed_up.body.contains("mcpweb_"),
        "scripts could read the token"
    );
    assert_eq!(
        signed_up.json()["session"]["expires_at"],
        "2026-11-22T13:00:00.000000Z"
    );

    let cookie = cookie(&signed_up);
    let me = answer(stack.get("/api/v1/me").header("cookie", &cookie))
        .await
        .done();
    assert_eq!(me["user"]["email"], "kim@example.com");

    let sign_out = || {
        stack
            .request(Method::POST, "/api/v1/auth/sign-out")
            .header("cookie", &cookie)
    };
    let signed_out = answer(sign_out()).await;
    assert_eq!(signed_out.status, 204);
    assert!(signed_out.header("set-cookie").starts_with("mcporch_session=; "));
    answer(stack.get("/api/v1/me").header("cookie", &cookie))
        .await
        .refused(401, "not_signed_in");

    // A second time there is no session, and the cookie goes all the same.
    let again = answer(sign_out()).await;
    again.refused(401, "not_signed_in");
    assert!(again.header("set-cookie").contains("Max-Age=0"));
}

#[tokio::test]
async fn signing_in_by_password_and_by_link() {
    let stack = stack::start().await;
    let sign_in = |password: &str| {
        stack.post(
            "/api/v1/auth/sign-in",
            &json!({"email": "kim@example.com", "password": password}),
        )
    };
    let wrong = answer(sign_in("wrong")).await;
    wrong.refused(401, "wrong_password");
    assert!(!wrong.headers.contains_key("set-cookie"));
    let from = lock(&stack.world.asked.sign_in_from).take();
    assert_eq!(
        from.as_deref(),
        Some("127.0.0.1"),
        "attempts are counted per address"
    );

    let by_link = stack.post("/api/v1/auth/sign-in-link", &json!({"token": "mcplink_x"}));
    for signed_in in [answer(sign_in("right")).await, answer(by_link).await] {
        assert_eq!(signed_in.status, 200);
        answer(stack.get("/api/v1/me").header("cookie", cookie(&signed_in)))
            .await
            .done();
    }
}

#[tokio::test]
async fn the_cookie_is_for_tls_only_where_people_come_over_tls() {
    let stack =
        stack::start_with(|config| config.public_url = Some("https://mcp.example.com".to_owned())).await;
    let body = json!({"email": "kim@example.com", "password": "right"});
    let signed_in = answer(stack.post("/api/v1/auth/sign-in", &body)).await;
    assert!(signed_in.header("set-cookie").ends_with("; Secure"));
    assert!(
        signed_in
            .header("strict-transport-security")
            .starts_with("max-age=")
    );
}

#[tokio::test]
async fn a_page_of_another_site_can_neither_sign_in_nor_change_anything() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let create = || {
        stack
            .post("/api/v1/projects", &json!({"name": "New"}))
            .header("cookie", format!("mcporch_session={person}"))
    };
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        answer(create().header(name, value))
            .await
            .refused(403, "cross_site");
        let sign_in = json!({"email": "kim@example.com", "password": "right"});
        answer(stack.post("/api/v1/auth/sign-in", &sign_in).header(name, value))
            .await
            .refused(403, "cross_site");
    }
    for (name, value) in [
        ("sec-fetch-site", "same-origin".to_owned()),
        ("origin", format!("http://{}", stack.address)),
    ] {
        assert_eq!(answer(create().header(name, value)).await.status, 201);
    }
}

#[tokio::test]
async fn a_key_is_taken_in_either_header_and_what_is_no_key_is_refused() {
    let stack = stack::start().await;
    let key = stack.world.key(&[Permission::ReadProject]);
    let project = || stack.get("/api/v1/projects/acme");
    answer(project().bearer_auth(&key)).await.done();
    answer(project().header("x-api-key", &key)).await.done();
    for forged in ["mcporch_x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", ""] {
        answer(project().bearer_auth(forged))
            .await
            .refused(401, "invalid_credential");
    }
    stack.world.revoke(&key);
    let revoked = answer(project().bearer_auth(&key)).await;
    revoked.refused(401, "not_signed_in");
    assert_eq!(revoked.header("www-authenticate"), "Bearer");
}
