use std::collections::BTreeMap;

use database::database_test;
use domain::{Permission, Role};
use serde_json::json;
use service_error::Code;

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    access::Caller,
    activities::{Activities, Wanted},
    fixture::Rooms,
    places::Place,
};

const BY_DEFAULT: Retention = Retention {
    tool_calls_days: 90,
    payloads_days: 30,
    server_logs_days: 14,
    sessions_days: 90,
};

async fn granted(rooms: &Rooms, user: &crate::users::User) -> Granted {
    let caller = Caller::from(user.clone());
    rooms
        .access
        .authorize(&caller, "acme", &[])
        .await
        .expect("a member")
}

database_test! {
    &MIGRATIONS;

    async fn what_is_changed_is_read_back_and_the_rest_stays(database: Database) {
        let rooms = Rooms::new(database.clone(), SignUp::Open);
        let kim = rooms.person("kim").await;
        let project = rooms.project(&kim, "acme").await;
        let settings = ProjectSettings::new(database, rooms.changes.clone());
        let granted = granted(&rooms, &kim).await;
        let first = settings.get(&granted).await.expect("there");
        assert_eq!((first.payloads.mode, first.retention), (PayloadMode::Redacted, BY_DEFAULT));

        let paths = vec![" $.arguments.card ".to_owned(), "$..email".to_owned(), "$..email".to_owned()];
        let change = SettingsChange { redacted_paths: Some(paths), payloads_days: Some(7), ..SettingsChange::default() };
        let second = settings.update(&granted, change).await.expect("changed");
        assert_eq!(second.version, 2);
        assert_eq!(second.payloads.redacted_paths, ["$.arguments.card", "$..email"]);
        assert_eq!(second.retention, Retention { payloads_days: 7, ..BY_DEFAULT });
        assert_eq!(settings.get(&granted).await.expect("there"), second);
        assert_eq!(settings.update(&granted, SettingsChange::default()).await.expect("nothing to do"), second);
        for mode in PayloadMode::ALL {
            let change = SettingsChange { mode: Some(*mode), reporters_read_payloads: Some(true), ..SettingsChange::default() };
            settings.update(&granted, change).await.expect("changed");
            let now = settings.get(&granted).await.expect("there");
            assert_eq!((now.payloads.mode, now.reporters_read_payloads), (*mode, true));
        }
        let listed = settings.retention(None).await.expect("a list");
        assert_eq!(listed, [(project.id, second.retention)]);
        assert_eq!(settings.retention(Some(project.id)).await.expect("a list"), []);
    }

    async fn who_has_not_seen_the_last_change_is_told(database: Database) {
        let rooms = Rooms::new(database.clone(), SignUp::Open);
        let kim = rooms.person("kim").await;
        rooms.project(&kim, "acme").await;
        let settings = ProjectSettings::new(database, rooms.changes.clone());
        let granted = granted(&rooms, &kim).await;
        let change = |version, days| SettingsChange { version: Some(version), sessions_days: Some(days), ..SettingsChange::default() };
        settings.update(&granted, change(1, 5)).await.expect("seen");
        let refusal = settings.update(&granted, change(1, 6)).await.expect_err("not seen");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "changed_meanwhile"));
        assert_eq!(settings.get(&granted).await.expect("there").retention.sessions_days, 5);
    }

    async fn nonsense_is_refused_by_the_field(database: Database) {
        let rooms = Rooms::new(database.clone(), SignUp::Open);
        let kim = rooms.person("kim").await;
        rooms.project(&kim, "acme").await;
        let settings = ProjectSettings::new(database, rooms.changes.clone());
        let granted = granted(&rooms, &kim).await;
        let nothing = SettingsChange::default;
        for (change, field) in [
            (SettingsChange { tool_calls_days: Some(0), ..nothing() }, "retention.tool_calls_days"),
            (SettingsChange { sessions_days: Some(3_651), ..nothing() }, "retention.sessions_days"),
            (SettingsChange { payloads_days: Some(91), ..nothing() }, "retention.payloads_days"),
            (SettingsChange { redacted_paths: Some(vec!["$..a".to_owned(), "a".to_owned()]), ..nothing() }, "payloads.redacted_paths.1"),
            (SettingsChange { redacted_paths: Some(vec![String::new(); 51]), ..nothing() }, "payloads.redacted_paths"),
        ] {
            let refusal = settings.update(&granted, change).await.expect_err(field);
            assert_eq!((refusal.code, refusal.fields[0].field.as_str()), (Code::InvalidArgument, field));
        }
        assert_eq!(settings.get(&granted).await.expect("there").version, 1);
    }

    async fn reporters_read_payloads_where_the_project_lets_them(database: Database) {
        let rooms = Rooms::new(database.clone(), SignUp::Open);
        let kim = rooms.person("kim").await;
        let lee = rooms.person("lee").await;
        let project = rooms.project(&kim, "acme").await;
        rooms.add_member(&project, &lee, Role::Reporter).await;
        let settings = ProjectSettings::new(database, rooms.changes.clone());
        let may = async || granted(&rooms, &lee).await.permissions;
        assert_eq!(may().await, [Permission::ReadProject, Permission::ReadLogs]);
        let change = SettingsChange { reporters_read_payloads: Some(true), ..SettingsChange::default() };
        settings.update(&granted(&rooms, &kim).await, change).await.expect("changed");
        assert_eq!(may().await, [Permission::ReadProject, Permission::ReadLogs, Permission::ReadPayloads]);
    }

    async fn a_change_is_an_activity_that_says_what_was(database: Database) {
        let rooms = Rooms::new(database.clone(), SignUp::Open);
        let kim = rooms.person("kim").await;
        let project = rooms.project(&kim, "acme").await;
        let settings = ProjectSettings::new(database.clone(), rooms.changes.clone());
        let change = SettingsChange { mode: Some(PayloadMode::Full), payloads_days: Some(7), ..SettingsChange::default() };
        settings.update(&granted(&rooms, &kim).await, change).await.expect("changed");
        let feed = Activities::new(database).list(Some(Place::Project(project.id)), &Wanted::default(), 0, "").await.expect("a feed");
        let last = &feed.items[0].deed;
        assert_eq!(last.kind, ActivityType::ProjectSettingsChanged);
        let changes: BTreeMap<_, _> = last.changes.iter().map(|change| (change.field.as_str(), (change.before.clone(), change.after.clone()))).collect();
        assert_eq!(changes, BTreeMap::from([
            ("payloads.mode", (Some(json!("redacted")), Some(json!("full")))),
            ("retention.payloads_days", (Some(json!(30)), Some(json!(7)))),
        ]));
    }
}
