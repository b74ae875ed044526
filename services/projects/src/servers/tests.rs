use std::{collections::BTreeMap, time::Duration};

use database::database_test;
use domain::Isolation;
use service_error::Code;

use super::*;
use crate::{MIGRATIONS, snapshot::changes::versions, test_project::TestProject};

fn name(text: &str) -> ServerName {
    ServerName::parse(text).expect("a name")
}

fn definition(command: &str, isolation: Isolation) -> ServerDefinition {
    let env = BTreeMap::from([("TOKEN".to_owned(), "a secret".to_owned())]);
    let args = vec!["-y".to_owned(), "it's \"quoted\" 깃".to_owned()];
    ServerDefinition {
        transport: Transport::Stdio(
            Stdio::parse(command.to_owned(), args, env, Some("/srv".to_owned())).expect("a program"),
        ),
        limits: Limits::parse(1_000, 3_600_000, 1_000).expect("limits"),
        isolation,
    }
}

fn new(text: &str) -> NewServer {
    NewServer {
        name: name(text),
        definition: definition("npx", Isolation::Auto),
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

fn rename(to: &str) -> ServerChange {
    ServerChange {
        name: Some(name(to)),
        ..ServerChange::default()
    }
}

database_test! {
    &MIGRATIONS;

    async fn a_server_is_read_back_as_it_was_defined(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        for (number, isolation) in Isolation::ALL.iter().enumerate() {
            let made = servers
                .create(&owner, NewServer {
                    name: name(&format!("Server {number}")),
                    definition: definition("npx", *isolation),
                    secrets: SecretChanges::new(),
                    is_enabled: number == 0,
                })
                .await
                .expect("made");
            assert_eq!(made.definition, definition("npx", *isolation));
            assert_eq!(servers.get(&owner, &made.id.to_string()).await.expect("by id"), made);
            assert_eq!(servers.get(&owner, &format!("sERVER {number}")).await.expect("by name"), made);
        }
    }

    async fn a_taken_name_is_refused_with_one_that_is_free(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        for text in ["Größe", "größe-2", "other"] {
            servers.create(&owner, new(text)).await.expect("made");
        }
        let refusals = [
            servers.create(&owner, new("GRÖSSE".replace("SS", "ß").as_str())).await.map(drop),
            servers.update(&owner, "other", rename("grÖße")).await.map(drop),
        ];
        for refusal in refusals {
            let refusal = refusal.expect_err("taken");
            assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "server_name_taken"));
            assert!(refusal.message.contains("-3\" is free"), "{}", refusal.message);
        }
        // Its own name in other letters is no other's.
        assert_eq!(servers.update(&owner, "other", rename("Other")).await.expect("renamed").name, name("Other"));
        let elsewhere = home.granted_in(&home.add_project("elsewhere").await, &home.owner).await;
        servers.create(&elsewhere, new("other")).await.expect("free in another project");
    }

    async fn only_who_may_run_programs_defines_them_but_others_switch_them(database: Database) {
        let home = TestProject::new(database).await;
        let (owner, developer) = (home.granted(&home.owner).await, home.granted(&home.developer).await);
        let servers = home.servers();
        servers.create(&owner, new("tools")).await.expect("made");
        let redefine = ServerChange {
            definition: Some(definition("sh", Isolation::Auto)),
            ..ServerChange::default()
        };
        for refused in [
            servers.create(&developer, new("mine")).await.map(drop),
            servers.update(&developer, "tools", redefine).await.map(drop),
            servers.update(&developer, "tools", rename("mine")).await.map(drop),
            servers.delete(&developer, "tools").await,
        ] {
            let refusal = refused.expect_err("refused");
            assert_eq!(refusal.code, Code::PermissionDenied);
            assert_eq!(refusal.reason, "stdio_servers_not_allowed");
        }
        assert!(!servers.update(&developer, "tools", switch(false)).await.expect("switched").is_enabled);
        servers.delete(&owner, "tools").await.expect("deleted");
        assert_eq!(servers.get(&owner, "tools").await.expect_err("gone").code, Code::NotFound);
    }

    async fn a_change_leaves_what_it_does_not_name(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        let made = servers.create(&owner, new("tools")).await.expect("made");
        home.clock.advance(Duration::from_secs(5));

        let before = versions(&home.database).await.expect("versions");
        let same = servers.update(&owner, "tools", switch(true)).await.expect("nothing to do");
        assert_eq!(same, made, "a change that changes nothing");
        assert_eq!(versions(&home.database).await.expect("versions"), before, "nobody is told");

        let changed = servers.update(&owner, "tools", switch(false)).await.expect("changed");
        let expected = Server { is_enabled: false, updated_at: home.clock.now(), version: 2, ..made };
        assert_eq!(changed, expected);
        assert_eq!(servers.get(&owner, "tools").await.expect("read back"), expected);
        assert_ne!(versions(&home.database).await.expect("versions"), before);
    }

    async fn every_change_makes_another_version_and_only_the_one_that_was_seen_is_changed(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        let made = servers.create(&owner, new("tools")).await.expect("made");
        let off = [("echo".to_owned(), false)].into();
        let switched = servers.switch_tools(&owner, "tools", &off).await.expect("switched");
        assert!(switched.version > made.version);

        let seen = |version| ServerChange { if_version: Some(version), ..switch(false) };
        let refusal = servers.update(&owner, "tools", seen(made.version)).await.expect_err("seen before");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Conflict, "changed_meanwhile"));
        let changed = servers.update(&owner, "tools", seen(switched.version)).await.expect("as it was seen");
        assert!(changed.version > switched.version && !changed.is_enabled);
        assert_eq!(servers.get(&owner, "tools").await.expect("read back"), changed);
    }

    async fn a_server_of_another_project_does_not_exist(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let elsewhere = home.granted_in(&home.add_project("elsewhere").await, &home.owner).await;
        let servers = home.servers();
        let foreign = servers.create(&elsewhere, new("tools")).await.expect("made").id.to_string();
        for refused in [
            servers.get(&owner, &foreign).await.map(drop),
            servers.get(&owner, "tools").await.map(drop),
            servers.update(&owner, &foreign, switch(false)).await.map(drop),
            servers.delete(&owner, &foreign).await,
        ] {
            assert_eq!(refused.expect_err("not found").code, Code::NotFound);
        }
        assert!(servers.get(&elsewhere, "tools").await.expect("untouched").is_enabled);
    }

    async fn pages_show_every_server_once(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        for number in 0..5 {
            // Two at each moment: the id tells them apart.
            home.clock.advance(Duration::from_micros(number % 2));
            servers.create(&owner, new(&format!("tools {number}"))).await.expect("made");
        }
        let mut seen = Vec::new();
        let mut page = servers.list(&owner, 2, "").await.expect("a page");
        let newer = page.newer.clone();
        loop {
            seen.extend(page.items.iter().map(|server| server.id));
            if !page.has_older {
                break;
            }
            page = servers.list(&owner, 2, &page.older).await.expect("a page");
        }
        let expected: Vec<_> = servers.list(&owner, 0, "").await.expect("all").items.iter().map(|server| server.id).collect();
        assert_eq!((seen.len(), &seen), (5, &expected));
        home.clock.advance(Duration::from_secs(1));
        let made = servers.create(&owner, new("newest")).await.expect("made");
        assert_eq!(servers.list(&owner, 2, &newer).await.expect("newer").items, [made]);
    }

    async fn a_project_has_so_many_servers_and_no_more(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        for number in 0..MAX_SERVERS {
            servers.create(&owner, new(&format!("tools {number}"))).await.expect("made");
        }
        let refusal = servers.create(&owner, new("one more")).await.expect_err("refused");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Refused, "too_many_servers"));
    }

    async fn what_a_newer_release_stored_does_no_harm(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let servers = home.servers();
        let known = servers.create(&owner, new("known")).await.expect("made");
        let unknown = servers.create(&owner, new("unknown")).await.expect("made");
        home.execute("UPDATE servers SET isolation = 'per_user' WHERE id = $1", known.id.uuid()).await;
        home.execute("UPDATE servers SET transport = 'carrier_pigeon' WHERE id = $1", unknown.id.uuid()).await;
        assert_eq!(servers.list(&owner, 0, "").await.expect("a list").items, std::slice::from_ref(&known));
        assert_eq!(of_project(&home.database, home.project.id).await.expect("a snapshot"), [known]);
    }

    async fn a_developer_adds_and_changes_servers_over_http(database: Database) {
        let home = TestProject::new(database).await;
        let (developer, reporter) = (home.granted(&home.developer).await, home.granted(&home.reporter).await);
        let servers = home.servers();
        let reached = |url: &str| Http::parse(url, [("X-Team".to_owned(), "a".to_owned())]).expect("a server");
        for (text, transport) in [
            ("new", Transport::StreamableHttp(reached("https://example.com/mcp?v=1"))),
            ("old", Transport::Sse(reached("http://10.0.0.7:8000/sse"))),
        ] {
            let definition = ServerDefinition { transport, ..definition("npx", Isolation::Auto) };
            let made = servers
                .create(&developer, NewServer { definition: definition.clone(), ..new(text) })
                .await
                .expect("made");
            assert_eq!(made.definition, definition);
            assert_eq!(servers.get(&reporter, text).await.expect("read back"), made);
        }
        let into_a_program = ServerChange {
            definition: Some(definition("sh", Isolation::Auto)),
            ..ServerChange::default()
        };
        let refusal = servers.update(&developer, "new", into_a_program).await.expect_err("a program");
        assert_eq!(refusal.reason, "stdio_servers_not_allowed");
        servers.update(&developer, "new", rename("newer")).await.expect("renamed");
        servers.delete(&developer, "newer").await.expect("deleted");
    }

    async fn tools_are_switched_off_and_on(database: Database) {
        let home = TestProject::new(database).await;
        let (owner, developer) = (home.granted(&home.owner).await, home.granted(&home.developer).await);
        let servers = home.servers();
        servers.create(&owner, new("tools")).await.expect("made");
        let switch = async |switches: &[(&str, bool)]| {
            let switches = switches.iter().map(|(tool, is_enabled)| ((*tool).to_owned(), *is_enabled));
            let switched = servers.switch_tools(&developer, "tools", &switches::parse(switches)?).await?;
            assert_eq!(servers.get(&owner, "tools").await.expect("read back"), switched);
            Ok::<_, ServiceError>(switched.disabled_tools.into_iter().collect::<Vec<_>>())
        };
        assert_eq!(switch(&[("b", false), ("a/깃", false), ("c", true)]).await.expect("switched"), ["a/깃", "b"]);
        let before = versions(&home.database).await.expect("versions");
        assert_eq!(switch(&[("b", false)]).await.expect("nothing to do"), ["a/깃", "b"]);
        assert_eq!(versions(&home.database).await.expect("versions"), before, "nobody is told");
        assert_eq!(switch(&[("b", true)]).await.expect("switched"), ["a/깃"]);
        for refused in [&[][..], &[("", false)], &[("a\n", false)], &[("a", false), ("a", true)]] {
            assert_eq!(switch(refused).await.expect_err("refused").code, Code::InvalidArgument);
        }
        let many: Vec<_> = (0..switches::MAX_DISABLED).map(|number| (format!("t{number}"), false)).collect();
        let refusal = servers.switch_tools(&owner, "tools", &switches::parse(many).expect("names")).await.expect_err("one too many");
        assert_eq!(refusal.reason, "too_many_disabled_tools");
    }
}
