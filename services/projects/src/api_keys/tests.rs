use database::database_test;

use super::*;
use crate::{MIGRATIONS, access::Caller, test_project::TestProject};

fn rules(home: &TestProject) -> ApiKeys {
    ApiKeys::new(
        home.database.clone(),
        home.clock.clone(),
        home.pepper.clone(),
        home.changes.clone(),
    )
}

fn name(text: &str) -> DisplayName {
    DisplayName::parse(text).expect("a name")
}

/// Who comes with the key now.
async fn enter(home: &TestProject, key: &ApiKey) -> Result<KeyHolder, String> {
    authenticate(&home.database, &home.pepper, key, home.clock.now())
        .await
        .map_err(|error| {
            assert_eq!(error.code, Code::Unauthenticated);
            error.reason
        })
}

const CLOSED: &str = "api_key_not_accepted";

#[test]
fn a_key_may_read_and_call_as_its_creator_may_and_write_nothing() {
    use Permission as P;
    let of = permissions;
    assert_eq!(
        of(Role::Owner),
        [P::ReadProject, P::CallTools, P::ReadLogs, P::ReadPayloads]
    );
    assert_eq!(of(Role::Developer), of(Role::Owner));
    assert_eq!(of(Role::Reporter), [P::ReadProject, P::ReadLogs]);
}

database_test! {
    &MIGRATIONS;

    async fn a_key_opens_until_it_is_revoked(database: Database) {
        let home = TestProject::new(database).await;
        let developer = home.granted(&home.developer).await;
        let keys = rules(&home);
        let (stored, key) = keys.create(&developer, name("Cursor"), None).await.expect("made");
        let holder = enter(&home, &key).await.expect("it opens");
        assert_eq!(holder, KeyHolder {
            id: stored.id,
            project_id: home.project.id,
            user_id: home.developer.id,
            role: Role::Developer,
        });
        let other_pepper = Pepper::from_bytes(&[8; 32]).expect("32 bytes");
        let refused = authenticate(&home.database, &other_pepper, &key, home.clock.now()).await;
        assert!(refused.is_err(), "the hash is under the pepper");
        assert!(enter(&home, &ApiKey::generate()).await.is_err(), "a key that nobody made");

        let revoked = keys.revoke(&developer, stored.id).await.expect("revoked");
        assert_eq!(revoked.revoked_at, Some(home.clock.now()));
        assert_eq!(enter(&home, &key).await, Err(CLOSED.to_owned()));
        home.clock.advance(DAY);
        assert_eq!(keys.revoke(&developer, stored.id).await.expect("still"), revoked);
        assert_eq!(keys.list(&developer, 0, "").await.expect("a list").items, [revoked]);
    }

    async fn a_key_lives_90_days_unless_told_otherwise(database: Database) {
        let home = TestProject::new(database).await;
        let developer = home.granted(&home.developer).await;
        let keys = rules(&home);
        let now = home.clock.now();
        let (stored, key) = keys.create(&developer, name("a"), None).await.expect("made");
        assert_eq!(stored.expires_at, Some(now + DAY * 90));
        let (_, short) = keys.create(&developer, name("b"), Some(now + DAY)).await.expect("made");
        for moment in [now, now - DAY, now + LONGEST_LIFE + DAY] {
            let refusal = keys.create(&developer, name("c"), Some(moment)).await.expect_err("refused");
            assert_eq!(refusal.fields[0].field, "expires_at");
        }
        home.clock.advance(DAY);
        assert_eq!(enter(&home, &short).await, Err(CLOSED.to_owned()), "at its end");
        assert!(enter(&home, &key).await.is_ok());
        home.clock.advance(DAY * 89);
        assert_eq!(enter(&home, &key).await, Err(CLOSED.to_owned()));
    }

    async fn a_key_never_has_more_than_its_creator_has_now(database: Database) {
        let home = TestProject::new(database).await;
        let keys = rules(&home);
        let (_, of_owner) = keys.create(&home.granted(&home.owner).await, name("a"), None).await.expect("made");
        let developer = home.granted(&home.developer).await;
        let (_, of_developer) = keys.create(&developer, name("b"), None).await.expect("made");

        home.demote(&home.developer).await;
        assert_eq!(enter(&home, &of_developer).await.map(|holder| holder.role), Ok(Role::Reporter));
        home.remove_member(&home.developer).await;
        assert_eq!(enter(&home, &of_developer).await, Err(CLOSED.to_owned()));
        home.switch_off(&home.owner).await;
        assert_eq!(enter(&home, &of_owner).await, Err(CLOSED.to_owned()));
    }

    async fn people_see_and_end_their_own_keys_and_an_owner_all(database: Database) {
        let home = TestProject::new(database).await;
        let (owner, developer) = (home.granted(&home.owner).await, home.granted(&home.developer).await);
        let keys = rules(&home);
        let (of_owner, _) = keys.create(&owner, name("a"), None).await.expect("made");
        home.clock.advance(DAY);
        let (of_developer, key) = keys.create(&developer, name("b"), None).await.expect("made");

        let seen = keys.list(&developer, 0, "").await.expect("a list");
        assert_eq!(seen.items, std::slice::from_ref(&of_developer));
        let all = keys.list(&owner, 1, "").await.expect("a page");
        assert_eq!(all.items, std::slice::from_ref(&of_developer));
        let older = keys.list(&owner, 1, &all.older).await.expect("a page");
        assert_eq!(older.items, std::slice::from_ref(&of_owner));
        assert_eq!(keys.list(&owner, 9, &older.newer).await.expect("a page").items, std::slice::from_ref(&of_developer));
        assert!(keys.list(&developer, 1, &all.older).await.is_err(), "a cursor of another list");

        let refusal = keys.revoke(&developer, of_owner.id).await.expect_err("not theirs");
        assert_eq!(refusal.code, Code::NotFound);
        keys.revoke(&owner, of_developer.id).await.expect("an owner may");
        assert_eq!(enter(&home, &key).await, Err(CLOSED.to_owned()));

        let elsewhere = home.granted_in(&home.add_project("elsewhere").await, &home.owner).await;
        let refusal = keys.revoke(&elsewhere, of_owner.id).await.expect_err("of another project");
        assert_eq!(refusal.code, Code::NotFound);
    }

    async fn a_key_makes_lists_and_ends_no_keys(database: Database) {
        let home = TestProject::new(database).await;
        let keys = rules(&home);
        let (stored, key) = keys.create(&home.granted(&home.owner).await, name("a"), None).await.expect("made");
        let holder = enter(&home, &key).await.expect("it opens");
        let granted = home.grant(&Caller::Key(holder), "home").await;
        for refused in [
            keys.create(&granted, name("b"), None).await.map(drop),
            keys.list(&granted, 0, "").await.map(drop),
            keys.revoke(&granted, stored.id).await.map(drop),
        ] {
            assert_eq!(refused.expect_err("refused").code, Code::PermissionDenied);
        }
        assert!(enter(&home, &key).await.is_ok());
    }
}
