use access::Credential;
use database::database_test;
use domain::{DisplayName, Role};
use tonic::metadata::MetadataMap;

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    api_keys::{ApiKeys, KeyLimits},
    fixture::{Rooms, by},
    snapshot::changes::versions,
};

const DAY: Duration = Duration::from_hours(24);

fn is_any(_: &Discarded) -> bool {
    true
}

fn names(discarded: Vec<Discarded>) -> Vec<String> {
    discarded.into_iter().map(|one| one.name).collect()
}

database_test! {
    &MIGRATIONS;

    async fn what_is_deleted_must_be_named(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let acme = rooms.in_project(&kim, "acme").await;
        for name in ["", "ACME", "acme2"] {
            let refusal = rooms.trash().discard(&acme, name).await.expect_err("another name");
            assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Refused, "name_does_not_match"));
            assert_eq!(refusal.fields[0].field, "name");
        }
        assert_eq!(rooms.role(&kim, "acme").await, Some(Role::Owner));
        rooms.trash().discard(&acme, " acme ").await.expect("deleted");
        let refusal = rooms.trash().discard(&acme, "acme").await.expect_err("deleted already");
        assert_eq!(refusal.code, Code::NotFound);
    }

    async fn a_project_in_the_trash_is_gone_for_all_and_its_keys_are_dead(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, lee) = (rooms.person("kim").await, rooms.person("lee").await);
        let place = rooms.in_project(&kim, "acme").await;
        rooms.join(place.place, &lee, Role::Developer).await;
        let granted = rooms.access.authorize(&by(&lee), "acme", &[]).await.expect("a member");
        let pepper = access::Pepper::from_bytes(&[7; 32]).expect("32 bytes");
        let keys = ApiKeys::new(rooms.database.clone(), rooms.clock.clone(), pepper, rooms.changes.clone());
        let name = DisplayName::parse("Cursor").expect("a name");
        let (_, key) = keys.create(&granted, name, None, KeyLimits::default()).await.expect("made");
        let mut metadata = MetadataMap::new();
        Credential::ApiKey(key).attach(&mut metadata);
        rooms.access.caller(&metadata).await.expect("the key lives");
        let id = granted.project.id;
        assert!(versions(&rooms.database).await.expect("versions").contains_key(&id));

        rooms.trash().discard(&place, "acme").await.expect("deleted");
        for user in [&kim, &lee] {
            assert_eq!(rooms.role(user, "acme").await, None);
            assert_eq!(rooms.projects.list(&by(user), 0, "").await.expect("a page").items, []);
        }
        assert_eq!(rooms.access.caller(&metadata).await.expect_err("dead").reason, "api_key_not_accepted");
        assert!(!versions(&rooms.database).await.expect("versions").contains_key(&id), "gateways hear of it");
        let taken = rooms.projects.create(&by(&lee), crate::projects::NewProject { name: "acme", ..Default::default() }, None).await;
        assert_eq!(taken.expect_err("not free yet").reason, "slug_taken");

        assert_eq!(names(rooms.trash().list(&by(&lee)).await.expect("a list")), [""; 0], "only owners take it back");
        assert_eq!(rooms.trash().restore(&by(&lee), is_any).await.expect_err("not an owner").code, Code::NotFound);
        rooms.trash().restore(&by(&kim), is_any).await.expect("taken back");
        assert_eq!(rooms.role(&lee, "acme").await, Some(Role::Developer));
        rooms.access.caller(&metadata).await.expect("the key lives again");
        assert!(versions(&rooms.database).await.expect("versions").contains_key(&id));
        assert_eq!(rooms.trash().restore(&by(&kim), is_any).await.expect_err("it is back").code, Code::NotFound);
    }

    async fn a_team_goes_without_what_belongs_to_others(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, lee) = (rooms.person("kim").await, rooms.person("lee").await);
        let core = rooms.in_team(&kim, "core").await;
        rooms.join(core.place, &lee, Role::Developer).await;
        rooms.project(&kim, "acme").await;
        rooms.grant(&kim, "acme", "core", Role::Developer).await;
        assert_eq!(rooms.role(&lee, "acme").await, Some(Role::Developer));
        let before = versions(&rooms.database).await.expect("versions");

        rooms.trash().discard(&core, "core").await.expect("deleted");
        assert_eq!(rooms.role(&lee, "acme").await, None, "who was there by the team alone is out");
        assert_eq!(rooms.role(&kim, "acme").await, Some(Role::Owner));
        assert_ne!(versions(&rooms.database).await.expect("versions"), before, "gateways hear of it");
        assert_eq!(rooms.teams().list(&kim).await.expect("a list"), []);
        assert_eq!(rooms.teams().enter(&lee, "core").await.expect_err("gone").code, Code::NotFound);
        let granted = rooms.access.authorize(&by(&kim), "acme", &[]).await.expect("an owner");
        assert_eq!(rooms.teams().of_project(granted.project.id).await.expect("a list"), []);

        rooms.trash().restore(&by(&kim), is_any).await.expect("taken back");
        assert_eq!(rooms.role(&lee, "acme").await, Some(Role::Developer));

        rooms.trash().discard(&core, "core").await.expect("deleted");
        rooms.clock.advance(7 * DAY);
        rooms.trash().purge().await.expect("purged");
        rooms.in_team(&lee, "core").await;
        assert_eq!(rooms.role(&kim, "acme").await, Some(Role::Owner), "nothing of others is touched");
        assert_eq!(rooms.role(&lee, "acme").await, None, "another team of that name has nothing of the old one");
    }

    async fn after_seven_days_it_is_gone_for_good_and_its_slug_is_free(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        let old = rooms.in_project(&kim, "old").await;
        let acme = rooms.in_project(&kim, "acme").await;
        rooms.trash().discard(&old, "old").await.expect("deleted");
        rooms.clock.advance(DAY);
        let discarded = rooms.trash().discard(&acme, "acme").await.expect("deleted");
        assert_eq!(discarded.gone_at(), rooms.clock.now() + 7 * DAY);
        assert_eq!(names(rooms.trash().list(&by(&kim)).await.expect("a list")), ["acme", "old"]);

        rooms.clock.advance(6 * DAY);
        assert_eq!(names(rooms.trash().list(&by(&kim)).await.expect("a list")), ["acme"], "the other is over");
        rooms.trash().purge().await.expect("purged");
        rooms.project(&kim, "old").await;
        rooms.trash().restore(&by(&kim), is_any).await.expect("within its time");
        assert_eq!(rooms.role(&kim, "acme").await, Some(Role::Owner));
        rooms.clock.advance(30 * DAY);
        rooms.trash().purge().await.expect("nothing to do");
        assert_eq!(rooms.role(&kim, "acme").await, Some(Role::Owner));
    }

    async fn what_is_gone_for_good_is_told_and_nothing_else_is(database: Database) {
        let rooms = Rooms::new(database.clone(), SignUp::Open);
        let kim = rooms.person("kim").await;
        let mut gone = Vec::new();
        for name in ["one", "two", "kept", "discarded"] {
            let place = rooms.in_project(&kim, name).await;
            if name == "kept" {
                continue;
            }
            if name == "discarded" {
                rooms.clock.advance(DAY);
            } else {
                gone.push(place.place.uuid());
            }
            rooms.trash().discard(&place, name).await.expect("deleted");
        }
        assert_eq!(rooms.trash().purged_projects(None).await.expect("a list"), []);
        rooms.clock.advance(6 * DAY);
        rooms.trash().purge().await.expect("purged");
        let told = async |after| -> Vec<_> {
            let told = rooms.trash().purged_projects(after).await.expect("a list");
            told.into_iter().map(ProjectId::uuid).collect()
        };
        gone.sort_unstable();
        assert_eq!(told(None).await, gone);
        assert_eq!(told(Some(ProjectId::from_uuid(gone[0]))).await, gone[1..]);

        // A copy of the database brought one of them back, though not this list.
        database::on_database!(&database, |pool| sqlx::query(
            "INSERT INTO projects (id, slug, name, description, created_at_us, snapshot_version)
             VALUES ($1, 'one', 'one', '', 1, 1)"
        ).bind(gone[0]).execute(pool).await.map(drop)).expect("restored");
        assert_eq!(told(None).await, gone[1..]);
    }

    async fn nobody_is_invited_into_the_trash(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, lee) = (rooms.person("kim").await, rooms.person("lee").await);
        let acme = rooms.in_project(&kim, "acme").await;
        let (_, link) = rooms.invitations().create(&acme, &lee.email, Role::Reporter).await.expect("invited");
        rooms.trash().discard(&acme, "acme").await.expect("deleted");
        assert_eq!(rooms.invitations().mine(&lee).await.expect("a list"), []);
        let refusal = rooms.invitations().accept(&by(&lee), link.expose()).await.expect_err("dead");
        assert_eq!(refusal.reason, "invitation_dead");
        rooms.trash().restore(&by(&kim), is_any).await.expect("taken back");
        rooms.invitations().accept(&by(&lee), link.expose()).await.expect("it lives again");
    }

    async fn what_only_lies_in_the_trash_keeps_nobody_from_leaving(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let signed_up = rooms.users.sign_up(
            crate::users::Applicant::Operator, "boss@example.com", "Boss", "correct horse battery".into(), None);
        signed_up.await.expect("an administrator");
        let signed_up = rooms.users.sign_up(
            crate::users::Applicant::Operator, "kim@example.com", "Kim", "correct horse battery".into(), None);
        let (kim, _): (_, crate::sessions::NewSession) = signed_up.await.expect("an account");
        let acme = rooms.in_project(&kim, "acme").await;
        let refusal = rooms.users.delete(&by(&kim), "correct horse battery".into()).await.expect_err("an owner");
        assert_eq!(refusal.reason, "last_owner");
        rooms.trash().discard(&acme, "acme").await.expect("deleted");
        rooms.users.delete(&by(&kim), "correct horse battery".into()).await.expect("gone");
    }
}
