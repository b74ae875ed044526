use database::database_test;
use domain::ApiKeyId;

use super::*;
use crate::api_keys::KeyLimits;
use crate::{MIGRATIONS, SignUp, fixture::Rooms, test_project::TestProject};

impl Rooms {
    /// The reason for which a caller is refused.
    async fn verdict(&self, caller: &Caller, project: &str, needed: &[Permission]) -> String {
        match self.access.authorize(caller, project, needed).await {
            Ok(_) => "allowed".to_owned(),
            Err(error) => format!("{:?} {}", error.code, error.reason),
        }
    }
}

database_test! {
    &MIGRATIONS;

    async fn every_role_is_kept_and_may_what_the_table_says(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let owner = rooms.person("owner").await;
        let project = rooms.project(&owner, "acme").await;
        for role in Role::ALL {
            let user = rooms.person(&format!("a-{role}")).await;
            rooms.add_member(&project, &user, *role).await;
            let caller = Caller::from(user);
            let granted = rooms.access.authorize(&caller, "acme", &[]).await.expect("a member");
            assert_eq!(granted.role, *role);
            for permission in Permission::ALL {
                let expected = if role.may(*permission) { "allowed" } else { "PermissionDenied role_too_low" };
                assert_eq!(rooms.verdict(&caller, "acme", &[*permission]).await, expected, "{role} {permission}");
            }
        }
    }

    async fn of_several_permissions_each_is_needed(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let owner = rooms.person("owner").await;
        let project = rooms.project(&owner, "acme").await;
        let reporter = rooms.person("reporter").await;
        rooms.add_member(&project, &reporter, Role::Reporter).await;
        let needed = [Permission::ReadLogs, Permission::CallTools];
        assert_eq!(
            rooms.verdict(&Caller::from(reporter), "acme", &needed).await,
            "PermissionDenied role_too_low"
        );
        assert_eq!(rooms.verdict(&Caller::from(owner), "acme", &needed).await, "allowed");
    }

    async fn a_project_of_others_is_one_that_does_not_exist(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let owner = rooms.person("owner").await;
        let project = rooms.project(&owner, "acme").await;
        let stranger = rooms.person("stranger").await;
        rooms.project(&stranger, "other").await;
        let stranger = Caller::from(stranger);
        let id = project.id.to_string();
        for name in ["acme", id.as_str(), "no-such-project", "Not A Slug", "", "../acme"] {
            assert_eq!(rooms.verdict(&stranger, name, &[]).await, "NotFound not_found", "{name}");
        }
        for name in ["acme", id.as_str()] {
            assert_eq!(rooms.verdict(&Caller::from(owner.clone()), name, &[]).await, "allowed", "{name}");
        }
    }

    async fn a_key_knows_its_own_project_and_nothing_of_others(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let owner = rooms.person("owner").await;
        let project = rooms.project(&owner, "acme").await;
        // The key's creator is in both.
        rooms.project(&owner, "other").await;
        let key = Caller::from(KeyHolder {
            id: ApiKeyId::new(&rooms.clock),
            name: "Cursor".to_owned(),
            project_id: project.id,
            user_id: owner.id,
            role: Role::Owner,
            limits: KeyLimits::default(),
        });
        let id = project.id.to_string();
        for name in ["acme", id.as_str()] {
            assert_eq!(rooms.verdict(&key, name, &[Permission::CallTools]).await, "allowed", "{name}");
        }
        for name in ["other", "no-such-project", ""] {
            assert_eq!(rooms.verdict(&key, name, &[]).await, "PermissionDenied other_project", "{name}");
        }
        for permission in Permission::ALL {
            let expected = if permission.scope().is_some() { "allowed" } else { "PermissionDenied key_may_not" };
            assert_eq!(rooms.verdict(&key, "acme", &[*permission]).await, expected, "{permission}");
        }
        assert_eq!(key.person().expect_err("a program").reason, "person_required");
    }

    async fn who_brings_nothing_is_told_to_sign_in(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let metadata = MetadataMap::new();
        let refusal = rooms.access.caller(&metadata).await.expect_err("nobody");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Unauthenticated, "not_signed_in"));
        assert_eq!(rooms.access.sign_out(&metadata).await.expect_err("nobody").reason, "not_signed_in");
    }

    async fn a_token_that_was_never_given_out_is_nobodys(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let token = SessionToken::generate();
        assert_eq!(rooms.caller(&token).await.expect_err("nobody"), "session_ended");
    }

    async fn developers_run_programs_where_the_deployment_lets_them(database: Database) {
        let home = TestProject::new(database).await;
        for is_let in [false, true] {
            let access = home.access().letting_developers_run_programs(is_let);
            for (user, may) in [(&home.owner, true), (&home.developer, is_let), (&home.reporter, false)] {
                let caller = Caller::from(user.clone());
                let granted = access.authorize(&caller, "home", &[Permission::WriteStdioServers]).await;
                assert_eq!(granted.is_ok(), may, "{} {is_let}", user.name);
            }
        }
    }
}
