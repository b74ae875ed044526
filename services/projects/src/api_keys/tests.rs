use access::{COUNTED_METADATA, Credential};
use database::database_test;
use tonic::metadata::MetadataMap;

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
    let used = KeyUse {
        at: home.clock.now(),
        ip: None,
    };
    authenticate(&home.database, &home.pepper, key, used)
        .await
        .map_err(|error| {
            assert_eq!(error.code, Code::Unauthenticated);
            error.reason
        })
}

const CLOSED: &str = "api_key_not_accepted";

database_test! {
    &MIGRATIONS;

    async fn a_key_opens_until_it_is_revoked(database: Database) {
        let home = TestProject::new(database).await;
        let developer = home.granted(&home.developer).await;
        let keys = rules(&home);
        let (stored, key) = keys.create(&developer, name("Cursor"), None, KeyLimits::default()).await.expect("made");
        let holder = enter(&home, &key).await.expect("it opens");
        assert_eq!(holder, KeyHolder {
            id: stored.id,
            name: "Cursor".to_owned(),
            project_id: home.project.id,
            user_id: home.developer.id,
            role: Role::Developer,
            limits: KeyLimits::default(),
        });
        let other_pepper = Pepper::from_bytes(&[8; 32]).expect("32 bytes");
        let refused = authenticate(&home.database, &other_pepper, &key, KeyUse { at: home.clock.now(), ip: None }).await;
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
        let (stored, key) = keys.create(&developer, name("a"), None, KeyLimits::default()).await.expect("made");
        assert_eq!(stored.expires_at, Some(now + DAY * 90));
        let (_, short) = keys.create(&developer, name("b"), Some(now + DAY), KeyLimits::default()).await.expect("made");
        for moment in [now, now - DAY, now + LONGEST_LIFE + DAY] {
            let refusal = keys.create(&developer, name("c"), Some(moment), KeyLimits::default()).await.expect_err("refused");
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
        let (_, of_owner) = keys.create(&home.granted(&home.owner).await, name("a"), None, KeyLimits::default()).await.expect("made");
        let developer = home.granted(&home.developer).await;
        let (_, of_developer) = keys.create(&developer, name("b"), None, KeyLimits::default()).await.expect("made");

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
        let (of_owner, _) = keys.create(&owner, name("a"), None, KeyLimits::default()).await.expect("made");
        home.clock.advance(DAY);
        let (of_developer, key) = keys.create(&developer, name("b"), None, KeyLimits::default()).await.expect("made");

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
        let (stored, key) = keys.create(&home.granted(&home.owner).await, name("a"), None, KeyLimits::default()).await.expect("made");
        let holder = enter(&home, &key).await.expect("it opens");
        let granted = home.grant(&Caller::from(holder), "home").await;
        for refused in [
            keys.create(&granted, name("b"), None, KeyLimits::default()).await.map(drop),
            keys.list(&granted, 0, "").await.map(drop),
            keys.revoke(&granted, stored.id).await.map(drop),
        ] {
            assert_eq!(refused.expect_err("refused").code, Code::PermissionDenied);
        }
        assert!(enter(&home, &key).await.is_ok());
    }

    async fn a_key_is_limited_to_its_scopes_and_addresses_and_can_be_changed(database: Database) {
        let home = TestProject::new(database).await;
        let developer = home.granted(&home.developer).await;
        let keys = rules(&home);
        let limits = KeyLimits {
            scopes: [Scope::ProjectRead].into(),
            ip_ranges: parse_ip_ranges(&["10.0.0.0/8".to_owned()]).expect("ranges"),
            rate_limit_per_minute: Some(60),
            tools: parse_tools(&["github/*".to_owned()]).expect("tools"),
        };
        let (stored, key) = keys.create(&developer, name("a"), None, limits.clone()).await.expect("made");
        assert_eq!(keys.list(&developer, 0, "").await.expect("a list").items, std::slice::from_ref(&stored));
        let enter_from = async |ip: Option<&str>| {
            let ip = ip.map(|ip| ip.parse().expect("an address"));
            let used = KeyUse { at: home.clock.now(), ip };
            authenticate(&home.database, &home.pepper, &key, used).await.map_err(|error| error.reason)
        };
        for elsewhere in [None, Some("127.0.0.1"), Some("11.0.0.1")] {
            assert_eq!(enter_from(elsewhere).await, Err("address_not_allowed".to_owned()), "{elsewhere:?}");
        }
        let holder = enter_from(Some("10.1.1.1")).await.expect("from there");
        assert_eq!(holder.limits, limits);
        let granted = home.grant(&Caller::from(holder), "home").await;
        assert_eq!(granted.permissions, [Permission::ReadProject]);

        let change = KeyChange {
            ip_ranges: Some(Vec::new()),
            rate_limit_per_minute: Some(None),
            scopes: Some([Scope::ToolsCall].into()),
            ..KeyChange::default()
        };
        let changed = keys.update(&developer, stored.id, change).await.expect("changed");
        assert_eq!((&changed.name, changed.expires_at, &changed.limits.tools), (&stored.name, stored.expires_at, &limits.tools));
        let holder = enter_from(None).await.expect("from everywhere");
        assert_eq!((&holder.limits, holder.limits.rate_limit_per_minute), (&changed.limits, None));

        let foreign = home.granted(&home.owner).await;
        keys.update(&foreign, stored.id, KeyChange { name: Some(name("b")), ..KeyChange::default() }).await.expect("an owner may");
        keys.revoke(&developer, stored.id).await.expect("revoked");
        let refusal = keys.update(&developer, stored.id, KeyChange::default()).await.expect_err("revoked");
        assert_eq!(refusal.reason, "api_key_revoked");
    }

    async fn the_last_use_is_noted_at_most_once_a_minute(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let keys = rules(&home);
        let (stored, key) = keys.create(&owner, name("a"), None, KeyLimits::default()).await.expect("made");
        let first = home.clock.now();
        let last_used = async || keys.list(&owner, 0, "").await.expect("a list").items[0].last_used;
        assert_eq!(last_used().await, None);
        enter(&home, &key).await.expect("it opens");
        home.clock.advance(Duration::from_secs(59));
        enter(&home, &key).await.expect("it opens");
        assert_eq!(last_used().await, Some(KeyUse { at: first, ip: None }));
        home.clock.advance(Duration::from_secs(1));
        enter(&home, &key).await.expect("it opens");
        assert_eq!(last_used().await.map(|used| used.at), Some(home.clock.now()));
        // What a gateway saw later, by a clock that is ahead; and earlier.
        let ip = Some([192, 0, 2, 7].into());
        home.clock.advance(Duration::from_mins(1));
        keys.record_use(stored.id, KeyUse { at: home.clock.now() + DAY, ip }).await.expect("noted");
        keys.record_use(stored.id, KeyUse { at: first, ip: None }).await.expect("noted");
        assert_eq!(last_used().await, Some(KeyUse { at: home.clock.now(), ip }));
    }

    async fn what_is_over_a_keys_limit_is_refused_and_one_request_counts_once(database: Database) {
        let home = TestProject::new(database).await;
        let keys = rules(&home);
        let owner = home.granted(&home.owner).await;
        let limits = KeyLimits { rate_limit_per_minute: Some(2), ..KeyLimits::default() };
        let (_, key) = keys.create(&owner, name("a"), None, limits).await.expect("made");
        let access = home.access();
        let mut first = MetadataMap::new();
        Credential::ApiKey(key).attach(&mut first);
        let mut further = first.clone();
        further.insert(COUNTED_METADATA, "1".parse().expect("metadata"));
        for _ in 0..2 {
            access.caller(&first).await.expect("within the limit");
            for _ in 0..3 {
                access.caller(&further).await.expect("the same request");
            }
        }
        let refusal = access.caller(&first).await.expect_err("over the limit");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::RateLimited, "rate_limited"));
        let wait_ms = refusal.retry_after_ms.expect("how long");
        assert!((1..=30_000).contains(&wait_ms), "{wait_ms}");
    }
}
