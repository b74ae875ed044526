use domain::Permission;
use serde_json::json;

use crate::stack::{self, Stack, answer};

const KEYS: &str = "/api/v1/projects/acme/api-keys";

fn create(stack: &Stack, person: &str, key: &str, name: &str) -> reqwest::RequestBuilder {
    let request = stack.post(KEYS, &json!({"name": name}));
    request.bearer_auth(person).header("idempotency-key", key)
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_done_once_and_answered_alike() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    let first = answer(create(&stack, &person, "k-1", "CI")).await;
    let again = answer(create(&stack, &person, "k-1", "CI")).await;
    assert_eq!(
        (first.status, again.status),
        (201.try_into().expect("a status"), first.status)
    );
    assert_eq!(again.body, first.body, "the same key, and no other one");
    assert!(!first.headers.contains_key("idempotency-replayed"));
    assert_eq!(again.header("idempotency-replayed"), "true");
    assert_eq!(again.header("content-type"), "application/json");

    let other = answer(create(&stack, &person, "k-2", "CI")).await;
    assert_ne!(other.body, first.body);
    answer(create(&stack, &person, "k-1", "another body"))
        .await
        .refused(422, "idempotency_key_reused");
}

#[tokio::test]
async fn what_was_refused_may_be_tried_again_and_strangers_claim_nothing() {
    let stack = stack::start().await;
    let person = stack.world.person(Permission::ALL);
    for _ in 0..2 {
        let unknown = stack.post(KEYS, &json!({"naem": "CI"}));
        let unknown = unknown.bearer_auth(&person).header("idempotency-key", "k-1");
        answer(unknown).await.refused(400, "unknown_field");
    }
    let done = answer(create(&stack, &person, "k-1", "CI")).await;
    assert_eq!(done.status, 201, "the key was free again");

    let stranger = stack
        .post(KEYS, &json!({"name": "CI"}))
        .header("idempotency-key", "k-9");
    answer(stranger).await.refused(401, "not_signed_in");
    // Other requests do not look at it.
    let project = stack.post("/api/v1/projects", &json!({"name": "New"}));
    let project = project.bearer_auth(&person).header("idempotency-key", "k-1");
    assert_eq!(answer(project).await.status, 201);
}
