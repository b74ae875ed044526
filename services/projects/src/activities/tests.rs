use database::{database_test, keyset::Page};
use domain::{DisplayName, Isolation, Role, ServerName};

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    access::Caller,
    api_keys::{ApiKeys, KeyChange, KeyLimits},
    fixture::{Rooms, by},
    projects::NewProject,
    servers::{Limits, NewServer, ServerChange, ServerDefinition, Stdio, Transport, parse_secrets, switches},
    test_project::TestProject,
};

impl Rooms {
    async fn activities(&self, place: Option<Place>) -> Vec<Activity> {
        let (activities, all) = (Activities::new(self.database.clone()), Wanted::default());
        activities.list(place, &all, 0, "").await.expect("a page").items
    }
}

fn kinds(activities: &[Activity]) -> Vec<&'static str> {
    activities
        .iter()
        .map(|activity| activity.deed.kind.as_str())
        .collect()
}

/// What changed, as `field: before -> after`.
fn said(activity: &Activity) -> Vec<String> {
    let json =
        |value: &Option<serde_json::Value>| value.as_ref().map_or_else(String::new, ToString::to_string);
    let say = |change: &deed::FieldChange| {
        format!(
            "{}: {} -> {}",
            change.field,
            json(&change.before),
            json(&change.after)
        )
    };
    activity.deed.changes.iter().map(say).collect()
}

fn stdio(args: &[&str], token: &str) -> ServerDefinition {
    let args = args.iter().map(|arg| (*arg).to_owned()).collect();
    let env = [("TOKEN".to_owned(), token.to_owned())].into();
    ServerDefinition {
        transport: Transport::Stdio(Stdio::parse("npx".to_owned(), args, env, None).expect("a program")),
        limits: Limits::parse(0, 0, 0).expect("defaults"),
        isolation: Isolation::Auto,
    }
}

database_test! {
    &MIGRATIONS;

    async fn what_is_done_in_a_team_is_in_its_feed(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, lee) = (rooms.person("boss").await, rooms.person("lee").await);
        let team = rooms.in_team(&boss, "core").await;
        rooms.teams().rename(&by(&boss), "core", "The Core").await.expect("renamed");
        rooms.teams().rename(&by(&boss), "core", "The Core").await.expect("nothing to do");
        let invitations = rooms.invitations();
        let (_, link) = invitations.create(&team, "lee@example.com", Role::Reporter).await.expect("invited");
        invitations.accept(&by(&lee), link.expose()).await.expect("in");
        rooms.members().update(&team, lee.id, Role::Developer).await.expect("changed");
        rooms.members().update(&team, lee.id, Role::Developer).await.expect("nothing to do");
        let leaving = crate::fixture::entered(&lee, team.place);
        rooms.members().remove(&leaving, lee.id).await.expect("left");

        let feed = rooms.activities(Some(team.place)).await;
        assert_eq!(
            kinds(&feed),
            ["member_left", "member_role_changed", "invitation_accepted", "invitation_created", "team_updated", "team_created"]
        );
        let changed = &feed[1];
        assert_eq!(said(changed), [r#"role: "reporter" -> "developer""#]);
        assert_eq!((changed.by.user_id, changed.by.name.as_str()), (Some(boss.id), "boss"));
        assert_eq!((changed.deed.target_id, changed.deed.target_name.as_str()), (Some(lee.id.uuid()), "lee"));
        assert_eq!(said(&feed[4]), [r#"name: "core" -> "The Core""#]);
        assert!(rooms.activities(None).await.starts_with(&feed), "the deployment's has them too");
    }

    async fn a_change_that_fails_leaves_no_activity(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let boss = rooms.person("boss").await;
        let project = rooms.in_project(&boss, "acme").await;
        let taken = NewProject { name: "Acme", slug: "acme", description: "" };
        rooms.projects.create(&by(&boss), taken, None).await.expect_err("taken");
        rooms.members().remove(&project, boss.id).await.expect_err("the last owner");
        assert_eq!(kinds(&rooms.activities(Some(project.place)).await), ["project_created"]);
    }

    async fn a_team_in_a_project_is_in_both_feeds(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let boss = rooms.person("boss").await;
        let (team, project) = (rooms.in_team(&boss, "core").await, rooms.in_project(&boss, "acme").await);
        rooms.grant(&boss, "acme", "core", Role::Reporter).await;
        rooms.grant(&boss, "acme", "core", Role::Developer).await;
        for place in [team.place, project.place] {
            let feed = rooms.activities(Some(place)).await;
            assert_eq!(kinds(&feed)[..2], ["team_granted", "team_granted"]);
            assert_eq!(said(&feed[0]), [r#"role: "reporter" -> "developer""#]);
            assert_eq!(said(&feed[1]), [r#"role:  -> "reporter""#]);
        }
    }

    async fn of_servers_it_is_told_what_changed_and_no_secret(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        let definition = stdio(&["--key=canary"], "canary");
        let secrets = |value: &str| parse_secrets(&definition.transport, [("KEY".to_owned(), value.to_owned())]).expect("a secret");
        let new = NewServer {
            name: ServerName::parse("tools").expect("a name"),
            definition: definition.clone(),
            secrets: secrets("canary"),
            is_enabled: true,
        };
        servers.create(&owner, new).await.expect("made");
        let change = ServerChange { secrets: secrets("canary 2"), ..ServerChange::default() };
        servers.update(&owner, "tools", change).await.expect("changed");
        let change = ServerChange {
            definition: Some(stdio(&[], "canary 3")),
            is_enabled: Some(false),
            ..ServerChange::default()
        };
        servers.update(&owner, "tools", change).await.expect("changed");
        let off = switches::parse([("drop".to_owned(), false), ("echo".to_owned(), true)]).expect("switches");
        servers.switch_tools(&owner, "tools", &off).await.expect("switched");
        servers.delete(&owner, "tools").await.expect("deleted");

        let place = Some(Place::Project(home.project.id));
        let feed = Activities::new(home.database.clone()).list(place, &Wanted::default(), 0, "").await.expect("a page").items;
        assert_eq!(kinds(&feed)[..5], ["server_deleted", "tools_switched", "server_updated", "secrets_changed", "server_created"]);
        assert_eq!(said(&feed[1]), ["tools.drop: true -> false"]);
        assert_eq!(said(&feed[2]), ["is_enabled: true -> false", r#"args: "***" -> "#, r#"env.TOKEN: "***" -> "***""#]);
        assert_eq!(said(&feed[3]), [r#"secrets.KEY: "***" -> "***""#]);
        assert!(said(&feed[4]).contains(&r#"command:  -> "npx""#.to_owned()));
        assert!(said(&feed[4]).contains(&r#"secrets.KEY:  -> "***""#.to_owned()));
        assert!(!format!("{feed:?}").contains("canary"), "{feed:?}");
        assert!(feed.iter().all(|activity| activity.deed.target_name == "tools" || activity.deed.target_id.is_none()));
    }

    async fn of_keys_it_is_told_what_they_may(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let keys = ApiKeys::new(home.database.clone(), home.clock.clone(), home.pepper.clone(), home.changes.clone());
        let name = DisplayName::parse("Cursor").expect("a name");
        let (key, text) = keys.create(&owner, name, None, KeyLimits::default()).await.expect("made");
        let change = KeyChange { rate_limit_per_minute: Some(Some(60)), ..KeyChange::default() };
        keys.update(&owner, key.id, change).await.expect("changed");
        keys.revoke(&owner, key.id).await.expect("revoked");
        keys.revoke(&owner, key.id).await.expect("still");
        let place = Some(Place::Project(home.project.id));
        let feed = Activities::new(home.database.clone()).list(place, &Wanted::default(), 0, "").await.expect("a page").items;
        assert_eq!(kinds(&feed)[..3], ["api_key_revoked", "api_key_updated", "api_key_created"]);
        assert_eq!(said(&feed[1]), ["rate_limit_per_minute:  -> 60"]);
        assert!(!format!("{feed:?}").contains(text.expose()));
    }

    async fn a_feed_has_filters_and_pages(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, lee) = (rooms.person("boss").await, rooms.person("lee").await);
        let start = rooms.clock.now();
        for (person, slug) in [(&boss, "p1"), (&lee, "p2"), (&boss, "p3")] {
            rooms.project(person, slug).await;
            rooms.in_team(person, slug).await;
            rooms.clock.advance(std::time::Duration::from_secs(1));
        }
        let activities = Activities::new(rooms.database.clone());
        let find = async |wanted: Wanted| activities.list(None, &wanted, 0, "").await.expect("a page").items.len();
        assert_eq!(find(Wanted::default()).await, 6);
        assert_eq!(find(Wanted { types: [ActivityType::TeamCreated].into(), ..Wanted::default() }).await, 3);
        assert_eq!(find(Wanted { types: [ActivityType::TeamCreated, ActivityType::ProjectCreated].into(), ..Wanted::default() }).await, 6);
        assert_eq!(find(Wanted { types: [ActivityType::TeamDeleted].into(), ..Wanted::default() }).await, 0);
        assert_eq!(find(Wanted { actor: Some(lee.id), ..Wanted::default() }).await, 2);
        let second = start + std::time::Duration::from_secs(1);
        assert_eq!(find(Wanted { from: Some(second), ..Wanted::default() }).await, 4);
        assert_eq!(find(Wanted { to: Some(second), ..Wanted::default() }).await, 2);

        let wanted = Wanted { actor: Some(boss.id), ..Wanted::default() };
        let names = |page: &Page<Activity>| page.items.iter().map(|activity| activity.deed.target_name.clone()).collect::<Vec<_>>();
        let first = activities.list(None, &wanted, 3, "").await.expect("a page");
        assert_eq!((names(&first), first.has_older), (vec!["p3".to_owned(), "p3".to_owned(), "p1".to_owned()], true));
        let second = activities.list(None, &wanted, 3, &first.older).await.expect("a page");
        assert_eq!((names(&second), second.has_older), (vec!["p1".to_owned()], false));
        assert!(activities.list(None, &wanted, 3, &first.newer).await.expect("a page").items.is_empty());
        rooms.project(&boss, "p4").await;
        let newer = activities.list(None, &wanted, 3, &first.newer).await.expect("a page");
        assert_eq!(names(&newer), ["p4"]);
        assert!(activities.list(None, &Wanted::default(), 3, &first.older).await.is_err(), "a cursor of another filter");
    }

    async fn every_type_is_kept(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let boss = rooms.person("boss").await;
        for kind in ActivityType::ALL {
            rooms.access.record(&by(&boss), Deed::of(*kind)).await.expect("written");
        }
        let mut kept: Vec<_> = rooms.activities(None).await.iter().map(|activity| activity.deed.kind).collect();
        kept.reverse();
        assert_eq!(kept, ActivityType::ALL);
    }

    async fn from_where_somebody_came_is_kept(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let origin = Origin {
            address: Some([192, 0, 2, 7].into()),
            user_agent: "Firefox".to_owned(),
        };
        let caller = Caller { origin: origin.clone(), ..by(&rooms.person("boss").await) };
        rooms.teams().create(&caller, "Core", "").await.expect("made");
        assert_eq!(rooms.activities(None).await[0].by.origin, origin);
    }
}
