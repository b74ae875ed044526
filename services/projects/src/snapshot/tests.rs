use std::{collections::BTreeMap, pin::Pin};

use database::database_test;
use domain::{DisplayName, Isolation, ServerName};
use futures::{StreamExt as _, future::join_all};

use super::*;
use crate::{
    MIGRATIONS,
    api_keys::ApiKeys,
    secrets::SecretChanges,
    servers::{Limits, NewServer, ServerChange, ServerDefinition, Stdio, Transport},
    test_project::TestProject,
};

type Events = Pin<Box<dyn Stream<Item = Result<Event, ServiceError>> + Send>>;

/// Far beyond what an event may take.
const PATIENCE: Duration = Duration::from_secs(20);

fn watch(home: &TestProject) -> Events {
    watch_by(home, &home.changes)
}

fn watch_by(home: &TestProject, changes: &Changes) -> Events {
    Box::pin(
        Snapshots::new(
            home.database.clone(),
            home.clock.clone(),
            changes.clone(),
            home.secrets(),
        )
        .watch(),
    )
}

async fn next(events: &mut Events) -> Event {
    tokio::time::timeout(PATIENCE, events.next())
        .await
        .expect("never silent")
        .expect("no end")
        .expect("no error")
}

async fn next_change(events: &mut Events) -> Event {
    loop {
        match next(events).await {
            Event::Unchanged => {}
            event => return event,
        }
    }
}

async fn next_project(events: &mut Events) -> ProjectSnapshot {
    match next_change(events).await {
        Event::Project(project) => project,
        other => panic!("{other:?} is no project"),
    }
}

/// Everything that is told before the snapshot is whole.
async fn whole(events: &mut Events) -> Vec<ProjectSnapshot> {
    let mut projects = Vec::new();
    loop {
        match next(events).await {
            Event::Project(project) => projects.push(project),
            Event::Completed => return projects,
            other => panic!("{other:?} before the snapshot is whole"),
        }
    }
}

fn api_keys(home: &TestProject, changes: &Changes) -> ApiKeys {
    ApiKeys::new(
        home.database.clone(),
        home.clock.clone(),
        home.pepper.clone(),
        changes.clone(),
    )
}

fn key_name() -> DisplayName {
    DisplayName::parse("Cursor").expect("a name")
}

fn new_server(name: &str) -> NewServer {
    NewServer {
        name: ServerName::parse(name).expect("a name"),
        definition: ServerDefinition {
            transport: Transport::Stdio(
                Stdio::parse("npx".to_owned(), Vec::new(), BTreeMap::new(), None).expect("a program"),
            ),
            limits: Limits::parse(0, 0, 0).expect("defaults"),
            isolation: Isolation::Auto,
        },
        secrets: SecretChanges::new(),
        is_enabled: true,
    }
}

fn switch(is_enabled: bool) -> ServerChange {
    ServerChange {
        is_enabled: Some(is_enabled),
        ..ServerChange::default()
    }
}

database_test! {
    &MIGRATIONS;

    async fn everything_is_told_first_and_then_each_change(database: Database) {
        let home = TestProject::new(database).await;
        let other = home.add_project("other").await;
        let owner = home.granted(&home.owner).await;
        let (stored, key) = api_keys(&home, &home.changes).create(&owner, key_name(), None, KeyLimits::default()).await.expect("made");
        let mut events = watch(&home);
        let told = whole(&mut events).await;
        let slugs: BTreeMap<_, _> = told.iter().map(|project| (project.id, project.slug.as_str())).collect();
        assert_eq!(slugs, BTreeMap::from([(home.project.id, "home"), (other.id, "other")]));
        let keys = &told.iter().find(|project| project.id == home.project.id).expect("told").api_keys;
        assert_eq!(keys.len(), 1);
        assert_eq!((keys[0].id, keys[0].created_by), (stored.id, home.owner.id));
        assert_eq!(keys[0].lookup_id, key.lookup_id());
        assert!(keys[0].hash.matches(&key.hash(&home.pepper)));
        assert!(keys[0].permissions.contains(&Permission::CallTools));

        let made = home.servers().create(&owner, new_server("tools")).await.expect("made");
        let changed = next_project(&mut events).await;
        assert_eq!((changed.id, &changed.servers[0].0), (home.project.id, &made));
        assert!(matches!(next(&mut events).await, Event::Unchanged), "nothing else");
    }

    async fn a_revoked_key_is_gone_at_once(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let keys = api_keys(&home, &home.changes);
        let (revoked, _) = keys.create(&owner, key_name(), None, KeyLimits::default()).await.expect("made");
        let (kept, _) = keys.create(&owner, key_name(), None, KeyLimits::default()).await.expect("made");
        let mut events = watch(&home);
        assert_eq!(whole(&mut events).await[0].api_keys.len(), 2);
        keys.revoke(&owner, revoked.id).await.expect("revoked");
        let left: Vec<_> = next_project(&mut events).await.api_keys.iter().map(|key| key.id).collect();
        assert_eq!(left, [kept.id]);
    }

    async fn keys_that_open_nothing_are_not_told(database: Database) {
        let home = TestProject::new(database).await;
        let keys = api_keys(&home, &home.changes);
        let (owner, developer) = (home.granted(&home.owner).await, home.granted(&home.developer).await);
        let soon = home.clock.now() + Duration::from_mins(1);
        keys.create(&owner, key_name(), Some(soon), KeyLimits::default()).await.expect("made");
        let (kept, _) = keys.create(&owner, key_name(), None, KeyLimits::default()).await.expect("made");
        keys.create(&developer, key_name(), None, KeyLimits::default()).await.expect("made");
        home.clock.advance(Duration::from_mins(1));
        let mut events = watch(&home);
        assert_eq!(whole(&mut events).await[0].api_keys.len(), 2, "one is past its end");

        home.demote(&home.developer).await;
        let mut told = next_project(&mut events).await.api_keys;
        told.retain(|key| key.created_by == home.developer.id);
        let demoted = told.pop().expect("the developer's");
        assert_eq!(demoted.permissions, [Permission::ReadProject, Permission::ReadLogs]);
        home.remove_member(&home.developer).await;
        let left: Vec<_> = next_project(&mut events).await.api_keys.iter().map(|key| key.id).collect();
        assert_eq!(left, [kept.id], "a creator left");
        home.switch_off(&home.owner).await;
        assert!(next_project(&mut events).await.api_keys.is_empty(), "a creator was switched off");
    }

    async fn many_changes_that_nobody_took_are_told_as_one(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        servers.create(&owner, new_server("tools")).await.expect("made");
        let mut events = watch(&home);
        whole(&mut events).await;
        for number in 0..9 {
            servers.update(&owner, "tools", switch(number % 2 == 1)).await.expect("switched");
        }
        let told = next_project(&mut events).await;
        assert!(!told.servers[0].0.is_enabled, "as it was at last");
        assert!(matches!(next(&mut events).await, Event::Unchanged), "and no other");
    }

    async fn what_another_replica_changed_is_found(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let elsewhere = Changes::new(home.database.clone(), home.clock.clone());
        let mut events = watch(&home);
        whole(&mut events).await;
        let (made, _) = api_keys(&home, &elsewhere).create(&owner, key_name(), None, KeyLimits::default()).await.expect("made");
        assert_eq!(next_project(&mut events).await.api_keys[0].id, made.id);
    }

    async fn a_project_that_is_gone_is_told_once(database: Database) {
        let home = TestProject::new(database).await;
        let other = home.add_project("other").await;
        let mut events = watch(&home);
        whole(&mut events).await;
        home.execute("DELETE FROM projects WHERE id = $1", other.id.uuid()).await;
        let transaction = home.database.begin().await.expect("a transaction");
        home.changes.commit(transaction, other.id).await.expect("committed");
        assert!(matches!(next_change(&mut events).await, Event::Removed(id) if id == other.id));
        assert!(matches!(next(&mut events).await, Event::Unchanged));
    }

    async fn writers_at_once_hide_no_change_from_a_watcher(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let mut events = watch(&home);
        whole(&mut events).await;
        let servers = home.servers();
        let writers = join_all((0..20).map(|number| {
            let (servers, owner) = (&servers, &owner);
            async move { servers.create(owner, new_server(&format!("tools {number}"))).await.map(drop) }
        }));
        let reader = async {
            loop {
                if next_project(&mut events).await.servers.len() == 20 {
                    break;
                }
            }
        };
        let (written, ()) = futures::join!(writers, reader);
        assert!(written.into_iter().all(|outcome| outcome.is_ok()));
        let version = changes::latest(&home.database).await.expect("a version");
        assert_eq!(changes::versions(&home.database).await.expect("versions")[&home.project.id], version);
    }
}
