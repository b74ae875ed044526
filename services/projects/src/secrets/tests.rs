use access::WrappingKeys;
use database::database_test;
use domain::{Isolation, ServerName};
use service_error::Code;

use super::*;
use crate::{
    MIGRATIONS,
    access::Granted,
    activities::Actor,
    servers::{Http, Limits, NewServer, Server, ServerChange, ServerDefinition, Stdio, Transport},
    test_project::TestProject,
};

fn remote(url: &str) -> ServerDefinition {
    of(Transport::StreamableHttp(Http::parse(url, []).expect("a server")))
}

fn program() -> ServerDefinition {
    let stdio = Stdio::parse("npx".to_owned(), Vec::new(), BTreeMap::new(), None);
    of(Transport::Stdio(stdio.expect("a program")))
}

fn of(transport: Transport) -> ServerDefinition {
    ServerDefinition {
        transport,
        limits: Limits::parse(0, 0, 0).expect("defaults"),
        isolation: Isolation::Auto,
    }
}

fn changes(secrets: &[(&str, &str)]) -> SecretChanges {
    let change = |(name, value): &(&str, &str)| {
        let value = Some(*value).filter(|value| !value.is_empty());
        ((*name).to_owned(), value.map(Into::into))
    };
    secrets.iter().map(change).collect()
}

fn set(secrets: &[(&str, &str)]) -> ServerChange {
    ServerChange {
        secrets: changes(secrets),
        ..ServerChange::default()
    }
}

fn redefine(definition: ServerDefinition, secrets: &[(&str, &str)]) -> ServerChange {
    ServerChange {
        definition: Some(definition),
        ..set(secrets)
    }
}

async fn add(
    home: &TestProject,
    granted: &Granted,
    name: &str,
    definition: ServerDefinition,
    secrets: &[(&str, &str)],
) -> Result<Server, ServiceError> {
    let new = NewServer {
        name: ServerName::parse(name).expect("a name"),
        definition,
        secrets: changes(secrets),
        is_enabled: true,
    };
    home.servers().create(granted, new).await
}

/// What the gateway would be given for that server.
async fn opened(home: &TestProject, server: ServerId) -> Result<Vec<(String, String)>, SealError> {
    let mut all = home.secrets().open(home.project.id).await.expect("read");
    let values = all.remove(&server).unwrap_or_else(|| Ok(SecretValues::new()))?;
    let shown = values
        .into_iter()
        .map(|(name, value)| (name, value.expose_secret().to_owned()));
    Ok(shown.collect())
}

fn pairs(secrets: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    secrets.iter().map(owned).collect()
}

fn names(server: &Server) -> Vec<&str> {
    server.secrets.iter().map(|secret| secret.name.as_str()).collect()
}

database_test! {
    &MIGRATIONS;

    async fn a_secret_is_set_kept_renewed_and_removed(database: Database) {
        let home = TestProject::new(database).await;
        let (owner, developer) = (home.granted(&home.owner).await, home.granted(&home.developer).await);
        let made = add(&home, &owner, "tools", remote("https://example.com"), &[("a", "1"), ("b", "비밀")])
            .await
            .expect("made");
        assert_eq!(names(&made), ["a", "b"]);
        assert_eq!((made.secrets[0].set_at, made.secrets[0].set_by), (home.clock.now(), Some(home.owner.id)));
        assert_eq!(opened(&home, made.id).await, Ok(pairs(&[("a", "1"), ("b", "비밀")])));

        home.clock.advance(std::time::Duration::from_secs(9));
        let servers = home.servers();
        let changed = servers.update(&developer, "tools", set(&[("a", "2"), ("b", ""), ("c", "3")])).await.expect("set");
        assert_eq!(names(&changed), ["a", "c"]);
        assert_eq!((changed.secrets[0].set_at, changed.secrets[0].set_by), (home.clock.now(), Some(home.developer.id)));
        assert_eq!(servers.get(&owner, "tools").await.expect("read back"), changed);
        assert_eq!(opened(&home, made.id).await, Ok(pairs(&[("a", "2"), ("c", "3")])));

        servers.delete(&owner, "tools").await.expect("deleted");
        assert!(home.secrets().open(home.project.id).await.expect("read").is_empty());
    }

    async fn what_lies_in_the_database_shows_no_secret(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let made = add(&home, &owner, "tools", remote("https://example.com"), &[("a", "canary canary")]).await.expect("made");
        let rows = store::of_project(&home.database, home.project.id).await.expect("rows");
        let keys = store::data_keys(&home.database, home.project.id).await.expect("rows");
        assert_eq!((rows.len(), keys.len()), (1, 1));
        assert!(!rows[0].sealed.windows(6).any(|part| part == b"canary"));
        assert!(!format!("{made:?}").contains("canary"));
    }

    async fn what_was_moved_or_changed_does_not_open(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let tools = add(&home, &owner, "tools", remote("https://example.com"), &[("a", "1"), ("b", "2")]).await.expect("made");
        let other = add(&home, &owner, "other", remote("https://example.com"), &[("a", "3")]).await.expect("made");
        home.execute(
            "UPDATE server_secrets SET sealed = (SELECT sealed FROM server_secrets WHERE name = 'b')
              WHERE name = 'a' AND server_id = $1",
            tools.id.uuid(),
        ).await;
        assert_eq!(opened(&home, tools.id).await, Err(SealError::NotAuthentic));
        assert_eq!(opened(&home, other.id).await, Ok(pairs(&[("a", "3")])), "others do not suffer");
        home.execute(
            "UPDATE server_secrets SET server_id = $1 WHERE name = 'b'",
            other.id.uuid(),
        ).await;
        assert_eq!(opened(&home, other.id).await, Err(SealError::NotAuthentic));
    }

    async fn another_wrapping_key_opens_nothing_and_is_told_at_the_start(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let foreign = Secrets::new(
            home.database.clone(),
            home.clock.clone(),
            KeyRing::given(WrappingKeys::from_hex(&"08".repeat(32)).expect("a key")),
        );
        foreign.check_key().await.expect("there is nothing yet");
        let made = add(&home, &owner, "tools", remote("https://example.com"), &[("a", "1")]).await.expect("made");
        home.secrets().check_key().await.expect("its own");
        let refusal = foreign.check_key().await.expect_err("another's").to_string();
        assert!(refusal.contains("give it the file"), "{refusal}");
        let opened = foreign.open(home.project.id).await.expect("read").remove(&made.id).expect("one");
        assert_eq!(opened.expect_err("sealed").to_string(), SealError::NoKey.to_string());
    }

    async fn the_key_is_rotated_while_all_runs_and_the_old_one_can_go(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secrets-key");
        let replica = || Secrets::new(home.database.clone(), home.clock.clone(), KeyRing::of_file(file.clone()).expect("keys"));
        let (first, second) = (replica(), replica());
        let (old_file, old) = (std::fs::read_to_string(&file).expect("a file"), first.key_id());
        let new = NewServer {
            name: ServerName::parse("tools").expect("a name"),
            definition: remote("https://example.com"),
            secrets: changes(&[("a", "1")]),
            is_enabled: true,
        };
        let servers = crate::servers::Servers::new(home.database.clone(), home.clock.clone(), home.changes.clone(), first.clone());
        let made = servers.create(&owner, new).await.expect("made");
        let opens = async |secrets: &Secrets| {
            let opened = secrets.open(home.project.id).await.expect("read").remove(&made.id).expect("one");
            opened.map(|values| values["a"].expose_secret().to_owned())
        };

        let rotated = first.rotate(&home.changes, &Actor::operator(), Rotate::default()).await.expect("rotated");
        assert_eq!((rotated.data_keys, rotated.old_key_ids.as_slice()), (1, std::slice::from_ref(&old)));
        assert_ne!(rotated.key_id, old);
        assert_eq!(store::wrapping_key_ids(&home.database).await.expect("ids"), std::slice::from_ref(&rotated.key_id));
        for secrets in [&first, &second, &replica()] {
            assert_eq!(opens(secrets).await, Ok("1".to_owned()), "also in a replica that had the old key alone");
            secrets.check_key().await.expect("it is known");
        }

        let to_current = Rotate { to_current: true, forget_old: true };
        let again = first.rotate(&home.changes, &Actor::operator(), to_current).await.expect("nothing to seal anew");
        assert_eq!((again.data_keys, again.old_key_ids.len(), &again.key_id), (0, 0, &rotated.key_id));
        assert_eq!(opens(&replica()).await, Ok("1".to_owned()), "without the old key");
        let alone = Secrets::new(
            home.database.clone(),
            home.clock.clone(),
            KeyRing::given(WrappingKeys::from_hex(&old_file).expect("a key")),
        );
        alone.check_key().await.expect_err("the old key opens nothing any more");
        assert_eq!(opens(&alone).await, Err(SealError::NoKey));
    }

    async fn a_rotation_that_cannot_open_something_changes_nothing(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        add(&home, &owner, "tools", remote("https://example.com"), &[("a", "1")]).await.expect("made");
        let (own, foreign) = ("07".repeat(32), "08".repeat(32));
        let secrets = |text: &str| {
            let keys = KeyRing::given(WrappingKeys::from_hex(text).expect("keys"));
            Secrets::new(home.database.clone(), home.clock.clone(), keys)
        };
        let to_current = Rotate { to_current: true, forget_old: false };
        let by = Actor::operator();
        let refusal = secrets(&foreign).rotate(&home.changes, &by, to_current).await.expect_err("another key");
        assert_eq!(refusal.reason, "data_key_sealed");
        let refusal = secrets(&own).rotate(&home.changes, &by, Rotate::default()).await.expect_err("not ours to write");
        assert_eq!(refusal.reason, "secrets_key_given");
        home.secrets().check_key().await.expect("as it was");
        // As a deployment does that is given its key in the environment.
        let both = secrets(&format!("{foreign},{own}"));
        assert_eq!(both.rotate(&home.changes, &by, to_current).await.expect("rotated").data_keys, 1);
        secrets(&foreign).check_key().await.expect("the new key is enough");
    }

    async fn no_secret_follows_a_server_to_another_host(database: Database) {
        let home = TestProject::new(database).await;
        let (owner, developer) = (home.granted(&home.owner).await, home.granted(&home.developer).await);
        let servers = home.servers();
        add(&home, &owner, "tools", remote("https://example.com/mcp"), &[("a", "1")]).await.expect("made");
        servers.update(&developer, "tools", redefine(remote("https://example.com/v2"), &[])).await.expect("the same host");
        for elsewhere in ["https://evil.example/mcp", "http://example.com/mcp", "https://example.com:444/mcp"] {
            for granted in [&owner, &developer] {
                let refusal = servers.update(granted, "tools", redefine(remote(elsewhere), &[])).await.expect_err(elsewhere);
                assert_eq!((refusal.code, refusal.reason.as_str()), (Code::Refused, "secrets_needed_again"));
            }
        }
        let refusal = servers.update(&owner, "tools", redefine(program(), &[])).await.expect_err("a program");
        assert_eq!(refusal.reason, "secrets_needed_again");
        let moved = redefine(remote("https://other.example"), &[("a", "2")]);
        servers.update(&developer, "tools", moved).await.expect("with secrets of its own");
        let moved = redefine(remote("https://third.example"), &[("a", "")]);
        assert!(servers.update(&developer, "tools", moved).await.expect("without").secrets.is_empty());
    }

    async fn a_developer_renews_the_secrets_of_a_program_and_adds_none(database: Database) {
        let home = TestProject::new(database).await;
        let (owner, developer) = (home.granted(&home.owner).await, home.granted(&home.developer).await);
        let servers = home.servers();
        let made = add(&home, &owner, "tools", program(), &[("TOKEN", "1")]).await.expect("made");
        servers.update(&developer, "tools", set(&[("TOKEN", "2")])).await.expect("renewed");
        assert_eq!(opened(&home, made.id).await, Ok(pairs(&[("TOKEN", "2")])));
        for refused in [
            set(&[("NODE_OPTIONS", "--require /tmp/evil.js")]),
            set(&[("TOKEN", "3"), ("LD_PRELOAD", "/tmp/evil.so")]),
            set(&[("TOKEN", "")]),
        ] {
            let refusal = servers.update(&developer, "tools", refused).await.expect_err("refused");
            assert_eq!(refusal.reason, "stdio_servers_not_allowed");
        }
    }

    async fn a_value_is_secret_or_open_and_never_both(database: Database) {
        let home = TestProject::new(database).await;
        let owner = home.granted(&home.owner).await;
        let open = || of(Transport::Sse(Http::parse("https://example.com", [("x-key".to_owned(), "1".to_owned())]).expect("a server")));
        let refusal = add(&home, &owner, "tools", open(), &[("x-key", "2")]).await.expect_err("both");
        assert_eq!(refusal.fields[0].field, "secrets");
        add(&home, &owner, "tools", open(), &[]).await.expect("made");
        let servers = home.servers();
        let refusal = servers.update(&owner, "tools", set(&[("x-key", "2")])).await.expect_err("both");
        assert_eq!(refusal.fields[0].field, "secrets");
        let sealed = redefine(remote("https://example.com"), &[("x-key", "2")]);
        servers.update(&owner, "tools", sealed).await.expect("from open to secret in one change");
    }
}
