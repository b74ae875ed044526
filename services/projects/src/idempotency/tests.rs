use database::{database_test, on_database};

use super::*;
use crate::{MIGRATIONS, access::Caller, test_project::TestProject};

fn idempotency(home: &TestProject) -> Idempotency {
    Idempotency {
        database: home.database.clone(),
        clock: home.clock.clone(),
        secrets: home.secrets(),
    }
}

fn key(user: &crate::users::User, text: &str) -> RequestKey {
    RequestKey::parse(&Caller::from(user.clone()), text.to_owned()).expect("a key")
}

fn answer(body: &str) -> Answer {
    Answer {
        status: 201,
        body: body.as_bytes().to_vec(),
    }
}

async fn refused(rules: &Idempotency, key: &RequestKey, fingerprint: &[u8]) -> String {
    rules.claim(key, fingerprint).await.expect_err("refused").reason
}

database_test! {
    &MIGRATIONS;

    async fn the_second_request_gets_the_answer_of_the_first(database: Database) {
        let home = TestProject::new(database).await;
        let (rules, one) = (idempotency(&home), key(&home.owner, "k-1"));
        assert_eq!(rules.claim(&one, b"a").await.expect("the first"), None);
        assert_eq!(refused(&rules, &one, b"a").await, "request_under_way");
        rules.complete(&one, 201, Some("the canary key".into())).await.expect("kept");
        for _ in 0..2 {
            assert_eq!(rules.claim(&one, b"a").await.expect("again"), Some(answer("the canary key")));
        }
        assert_eq!(refused(&rules, &one, b"b").await, "idempotency_key_reused");
        let other = key(&home.developer, "k-1");
        assert_eq!(rules.claim(&other, b"b").await.expect("another caller"), None);
        // Neither a late end nor a release changes what was kept.
        rules.complete(&one, 201, Some("another".into())).await.expect("nothing to do");
        rules.release(&one).await.expect("nothing to do");
        assert_eq!(rules.claim(&one, b"a").await.expect("again"), Some(answer("the canary key")));

        let rows: Vec<Vec<u8>> = on_database!(&home.database, |pool| {
            sqlx::query_scalar("SELECT answer FROM idempotent_requests WHERE answer IS NOT NULL").fetch_all(pool).await
        }).expect("rows");
        assert_eq!(rows.len(), 1);
        assert!(!rows[0].windows(6).any(|part| part == b"canary"), "it lies there sealed");
    }

    async fn what_was_not_done_may_be_tried_again_and_a_day_later_all_is_forgotten(database: Database) {
        let home = TestProject::new(database).await;
        let (rules, one) = (idempotency(&home), key(&home.owner, "k-1"));
        assert_eq!(rules.claim(&one, b"a").await.expect("the first"), None);
        rules.release(&one).await.expect("released");
        assert_eq!(rules.claim(&one, b"b").await.expect("the first again"), None);
        rules.complete(&one, 201, Some("b".into())).await.expect("kept");
        home.clock.advance(LIFE);
        assert_eq!(rules.claim(&one, b"c").await.expect("the first again"), None);
    }

    async fn an_answer_that_is_not_kept_is_not_made_up(database: Database) {
        let home = TestProject::new(database).await;
        let (rules, one) = (idempotency(&home), key(&home.owner, "k-1"));
        assert_eq!(rules.claim(&one, b"a").await.expect("the first"), None);
        rules.complete(&one, 201, Some(vec![b'x'; MAX_ANSWER_BYTES + 1])).await.expect("done");
        assert_eq!(refused(&rules, &one, b"a").await, "idempotent_answer_lost");
        let two = key(&home.owner, "k-2");
        assert_eq!(rules.claim(&two, b"a").await.expect("the first"), None);
        rules.complete(&two, 201, Some("a".into())).await.expect("done");
        home.execute(
            "UPDATE idempotent_requests SET answer = NULL WHERE caller_id = $1 AND key = 'k-2'",
            home.owner.id.uuid(),
        ).await;
        assert_eq!(refused(&rules, &two, b"a").await, "idempotent_answer_lost");
    }

    async fn what_is_no_key_is_refused(database: Database) {
        let home = TestProject::new(database).await;
        let caller = Caller::from(home.owner);
        for text in ["", "with blank", "키", &"x".repeat(256)] {
            let refusal = RequestKey::parse(&caller, text.to_owned()).expect_err("no key");
            assert_eq!(refusal.reason, "malformed_idempotency_key", "{text}");
        }
    }
}
