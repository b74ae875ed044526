use access::WrappingKeys;
use database::database_test;
use domain::{DisplayName, Role};
use service_error::Code;

use super::*;
use crate::{
    MIGRATIONS,
    activities::{Activities, Wanted},
    api_keys::{ApiKeys, KeyLimits},
    fixture::{Rooms, by},
    secrets::KeyRing,
    test_project::TestProject,
    users::UserChange,
};

fn administration(database: &Database, clock: &Clock, changes: &Changes) -> Administration {
    Administration {
        database: database.clone(),
        clock: clock.clone(),
        changes: changes.clone(),
        sign_up: SignUp::Open,
        secrets: Secrets::new(
            database.clone(),
            clock.clone(),
            KeyRing::given(WrappingKeys::from_hex(&"07".repeat(32)).expect("a key")),
        ),
    }
}

impl Rooms {
    fn administration(&self) -> Administration {
        administration(&self.database, &self.clock, &self.changes)
    }

    async fn administrator(&self, name: &str) -> User {
        let user = self.person(name).await;
        let change = UserChange {
            is_admin: Some(true),
            ..UserChange::default()
        };
        self.users
            .update(&Actor::operator(), user.id, change)
            .await
            .expect("promoted")
    }

    async fn set_active(&self, user: &User, is_active: bool) -> Result<User, ServiceError> {
        let change = UserChange {
            is_active: Some(is_active),
            ..UserChange::default()
        };
        self.users.update(&Actor::operator(), user.id, change).await
    }
}

async fn looks(database: &Database) -> Vec<String> {
    let wanted = Wanted {
        types: [ActivityType::AdministratorLooked].into(),
        ..Wanted::default()
    };
    let page = Activities::new(database.clone())
        .list(None, &wanted, 0, "")
        .await
        .expect("a page");
    let names = page.items.into_iter().map(|look| look.deed.target_name);
    names.collect()
}

database_test! {
    &MIGRATIONS;

    async fn an_administrator_sees_all_and_that_they_looked_is_told(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let boss = rooms.administrator("boss").await;
        rooms.clock.advance(std::time::Duration::from_secs(1));
        let lee = rooms.person("lee").await;
        rooms.in_team(&lee, "core").await;
        rooms.project(&lee, "acme").await;
        rooms.grant(&lee, "acme", "core", Role::Reporter).await;
        let all = rooms.administration();
        let admin = Administrator::Person(Box::new(by(&boss)));

        let users = all.users(&admin, "", 0, "").await.expect("a page").items;
        assert_eq!(users.iter().map(|user| user.id).collect::<Vec<_>>(), [lee.id, boss.id]);
        let found = all.users(&admin, "LEE@", 0, "").await.expect("a page").items;
        assert_eq!(found.len(), 1);
        assert_eq!(all.users(&admin, "%", 0, "").await.expect("a page").items, []);
        let first = all.users(&admin, "", 1, "").await.expect("a page");
        assert_eq!(all.users(&admin, "", 1, &first.older).await.expect("a page").items, [users[1].clone()]);

        let teams = all.teams(&admin, 0, "").await.expect("a page").items;
        assert_eq!((teams[0].slug.as_str(), teams[0].members, teams[0].projects), ("core", 1, 1));
        let projects = all.projects(&admin, 0, "").await.expect("a page").items;
        assert_eq!((projects[0].slug.as_str(), projects[0].members, projects[0].servers), ("acme", 1, 0));
        let counts = all.counts(&admin).await.expect("counts");
        assert_eq!((counts.users, counts.active_users, counts.teams, counts.projects), (2, 2, 1, 1));
        // The second page of a list is the same look.
        assert_eq!(looks(&rooms.database).await, ["system", "projects", "teams", "users", "users", "users", "users"]);
    }

    async fn only_an_administrator_or_the_operator_gets_in(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let refusal = check_administrator(&rooms.person("lee").await).expect_err("a person");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::PermissionDenied, "administrator_required"));
        let nothing = MetadataMap::new();
        let operator = Administrator::enter(&rooms.access, &nothing, true).await.expect("the operator");
        assert_eq!(operator.actor(), Actor::operator());
        let refusal = Administrator::enter(&rooms.access, &nothing, false).await.expect_err("nobody");
        assert_eq!(refusal.code, Code::Unauthenticated);
    }

    async fn who_is_deactivated_is_out_at_once_and_comes_back_by_signing_in(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        rooms.administrator("boss").await;
        let origin = crate::activities::Origin::default();
        let (lee, session) = rooms.users
            .sign_up(crate::users::Applicant::Stranger(origin.clone()), "lee@example.com", "Lee", "a few words are fine".into(), None)
            .await
            .expect("made");
        assert!(rooms.caller(&session.token).await.is_ok());
        rooms.set_active(&lee, false).await.expect("deactivated");
        assert_eq!(rooms.caller(&session.token).await.expect_err("out"), "session_ended");
        let refusal = rooms.users.sign_in(&origin, "lee@example.com", "a few words are fine".into()).await.expect_err("out");
        assert_eq!(refusal.reason, "account_inactive");
        rooms.set_active(&lee, true).await.expect("activated");
        assert_eq!(rooms.caller(&session.token).await.expect_err("gone for good"), "session_ended");
        rooms.users.sign_in(&origin, "lee@example.com", "a few words are fine".into()).await.expect("in again");
    }

    async fn the_last_administrator_stays_one(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (one, other) = (rooms.administrator("one").await, rooms.administrator("other").await);
        rooms.set_active(&one, false).await.expect("one is left");
        for change in [
            UserChange { is_active: Some(false), ..UserChange::default() },
            UserChange { is_admin: Some(false), ..UserChange::default() },
        ] {
            let refusal = rooms.users.update(&Actor::operator(), other.id, change).await.expect_err("the last");
            assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Refused, "last_administrator"));
        }
    }

    async fn gateways_hear_of_who_is_deactivated_and_keys_of_all_projects_are_seen(database: Database) {
        let home = TestProject::new(database).await;
        let keys = ApiKeys::new(home.database.clone(), home.clock.clone(), home.pepper.clone(), home.changes.clone());
        let name = DisplayName::parse("Cursor").expect("a name");
        let developer = home.granted(&home.developer).await;
        let (key, _) = keys.create(&developer, name, None, KeyLimits::default()).await.expect("made");
        let all = administration(&home.database, &home.clock, &home.changes);
        let seen = all.api_keys(&Administrator::Operator, 0, "").await.expect("a page").items;
        assert_eq!((seen[0].key.id, seen[0].project_slug.as_str(), seen[0].created_by_email.as_str()), (key.id, "home", "developer@example.com"));

        let before = crate::snapshot::changes::latest(&home.database).await.expect("a version");
        all.revoke_api_key(&Administrator::Operator, key.id).await.expect("revoked");
        let after = crate::snapshot::changes::latest(&home.database).await.expect("a version");
        assert!(after > before, "gateways are told");
        assert!(all.revoke_api_key(&Administrator::Operator, ApiKeyId::new(&home.clock)).await.is_err());
    }
}
