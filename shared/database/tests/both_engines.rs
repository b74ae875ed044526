//! One text of SQL on both engines.

use database::{
    Database, DatabaseError, Migrations, OpenError, database_test, inspect, on_database, on_transaction,
    testing::{self, Engine, TestDatabase},
};
use sqlx::migrate::{Migration, Migrator};
use uuid::Uuid;

static MIGRATIONS: Migrations = Migrations {
    sqlite: sqlx::migrate!("tests/migrations/sqlite"),
    postgres: sqlx::migrate!("tests/migrations/postgres"),
};

#[derive(Debug, PartialEq, sqlx::FromRow)]
struct Thing {
    id: Uuid,
    name: String,
    made_at_us: i64,
    is_fine: bool,
    note: Option<String>,
}

fn thing(number: u128) -> Thing {
    Thing {
        id: Uuid::from_u128(number),
        name: format!("thing {number}"),
        made_at_us: 1_700_000_000_000_000 + number as i64,
        is_fine: number.is_multiple_of(2),
        note: (number == 1).then(|| "a note".to_owned()),
    }
}

async fn insert(transaction: &mut database::Transaction, thing: &Thing) -> Result<(), DatabaseError> {
    on_transaction!(transaction, |connection| {
        sqlx::query("INSERT INTO things (id, name, made_at_us, is_fine, note) VALUES ($1, $2, $3, $4, $5)")
            .bind(thing.id)
            .bind(&thing.name)
            .bind(thing.made_at_us)
            .bind(thing.is_fine)
            .bind(&thing.note)
            .execute(connection)
            .await
            .map(drop)
    })?;
    Ok(())
}

async fn all(database: &Database) -> Vec<Thing> {
    on_database!(database, |pool| sqlx::query_as(
        "SELECT * FROM things ORDER BY id"
    )
    .fetch_all(pool)
    .await)
    .expect("things can be read")
}

/// What a release with one more migration would have left.
fn with_one_more(migrator: &Migrator) -> Migrator {
    let mut migrations: Vec<Migration> = migrator.iter().cloned().collect();
    migrations.extend(sqlx::migrate!("tests/newer").iter().cloned());
    Migrator::with_migrations(migrations)
}

fn newer_release() -> Migrations {
    Migrations {
        sqlite: with_one_more(&MIGRATIONS.sqlite),
        postgres: with_one_more(&MIGRATIONS.postgres),
    }
}

database_test! {
    &MIGRATIONS;

    async fn a_snapshot_stays_what_it_was_at_its_first_look(database: Database) {
        async fn count(snapshot: &mut database::Transaction) -> i64 {
            on_transaction!(snapshot, |connection| {
                sqlx::query_scalar("SELECT COUNT(*) FROM things").fetch_one(connection).await
            })
            .expect("things can be counted")
        }
        let mut snapshot = database.snapshot().await.expect("begun");
        assert_eq!(count(&mut snapshot).await, 0);
        let mut transaction = database.begin().await.expect("begun");
        insert(&mut transaction, &thing(1)).await.expect("inserted");
        transaction.commit().await.expect("committed");
        assert_eq!(count(&mut snapshot).await, 0);
        snapshot.rollback().await.expect("rolled back");
        let mut later = database.snapshot().await.expect("begun");
        assert_eq!(count(&mut later).await, 1);
    }

    async fn a_committed_row_is_read_as_it_was_written(database: Database) {
        let mut transaction = database.begin().await.expect("begun");
        for number in [1, 2] {
            insert(&mut transaction, &thing(number)).await.expect("inserted");
        }
        transaction.commit().await.expect("committed");
        assert_eq!(all(&database).await, [thing(1), thing(2)]);
    }

    async fn a_dropped_transaction_never_happened(database: Database) {
        let mut transaction = database.begin().await.expect("begun");
        insert(&mut transaction, &thing(1)).await.expect("inserted");
        drop(transaction);
        assert_eq!(all(&database).await, []);
    }

    async fn a_taken_value_is_told_from_other_errors(database: Database) {
        let mut transaction = database.begin().await.expect("begun");
        insert(&mut transaction, &thing(1)).await.expect("inserted");
        let twin = Thing { id: Uuid::from_u128(9), ..thing(1) };
        assert!(insert(&mut transaction, &twin).await.expect_err("taken").is_taken());
        drop(transaction);

        let unknown = on_database!(&database, |pool| sqlx::query("SELECT nothing FROM nowhere").execute(pool).await.map(drop));
        assert!(matches!(unknown.map_err(DatabaseError::from), Err(DatabaseError::Fault(_))));
    }

    async fn row_values_page_alike(database: Database) {
        let mut transaction = database.begin().await.expect("begun");
        for number in [1, 2, 3] {
            insert(&mut transaction, &Thing { made_at_us: 7, ..thing(number) }).await.expect("inserted");
        }
        transaction.commit().await.expect("committed");
        let older: Vec<Thing> = on_database!(&database, |pool| {
            sqlx::query_as("SELECT * FROM things WHERE (made_at_us, id) < ($1, $2) ORDER BY made_at_us DESC, id DESC LIMIT $3")
                .bind(7_i64)
                .bind(Uuid::from_u128(3))
                .bind(10_i64)
                .fetch_all(pool)
                .await
        })
        .expect("a page");
        assert_eq!(older.iter().map(|thing| thing.id.as_u128()).collect::<Vec<_>>(), [2, 1]);
    }

    async fn a_closed_database_is_not_available(database: Database) {
        database.close().await;
        assert!(matches!(database.begin().await, Err(DatabaseError::Unavailable(_))));
    }
}

#[tokio::test]
async fn a_database_of_a_newer_release_is_refused() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let home = TestDatabase::create(engine).await;
        Database::open(home.url(), &newer_release())
            .await
            .expect("it opens")
            .close()
            .await;
        let refusal = Database::open(home.url(), &MIGRATIONS)
            .await
            .expect_err("too new");
        assert!(
            matches!(refusal, OpenError::NewerDatabase(2)),
            "{engine:?}: {refusal}"
        );
        Database::open(home.url(), &newer_release())
            .await
            .expect("still the newer one's")
            .close()
            .await;
        home.remove().await;
    }
}

/// The numbers of what is to be done to a database.
async fn pending(home: &TestDatabase, migrations: &Migrations) -> Vec<i64> {
    let inspection = inspect(home.url(), migrations)
        .await
        .expect("it can be looked at");
    let pending = inspection.pending.iter();
    pending.map(|migration| migration.version).collect()
}

#[tokio::test]
async fn a_look_at_a_database_says_what_is_to_be_done() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let home = TestDatabase::create(engine).await;
        assert_eq!(pending(&home, &MIGRATIONS).await, [1], "{engine:?}");
        let database = Database::open(home.url(), &MIGRATIONS).await.expect("it opens");
        let inspection = inspect(home.url(), &newer_release())
            .await
            .expect("while it is open");
        assert_eq!((inspection.version, inspection.engine), (1, database.engine()));
        assert_eq!(inspection.pending[0].description, "more");
        assert_eq!(inspection.server.is_some(), engine == Engine::Postgres);
        database.close().await;
        assert_eq!(pending(&home, &MIGRATIONS).await, [0_i64; 0], "{engine:?}");

        let opened = Database::open(home.url(), &newer_release()).await;
        opened.expect("it opens").close().await;
        let refusal = inspect(home.url(), &MIGRATIONS).await.expect_err("too new");
        assert!(matches!(refusal, OpenError::NewerDatabase(2)), "{refusal}");
        home.remove().await;
    }
}

#[tokio::test]
async fn a_look_at_a_database_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/deep/file.db", folder.path().display());
    inspect(&url, &MIGRATIONS).await.expect("none yet");
    let count = |folder: &std::path::Path| std::fs::read_dir(folder).map_or(0, Iterator::count);
    assert_eq!(count(folder.path()), 0);
    let opened = Database::open(&url, &MIGRATIONS).await;
    opened.expect("it opens").close().await;
    inspect(&url, &MIGRATIONS).await.expect("at rest");
    assert_eq!(count(&folder.path().join("deep")), 1, "the database alone");

    let below_a_file = inspect(&format!("{url}/file.db"), &MIGRATIONS).await;
    assert!(
        matches!(below_a_file, Err(OpenError::Connect { .. })),
        "{below_a_file:?}"
    );
}

#[tokio::test]
async fn a_changed_migration_is_refused_by_a_look_as_by_opening() {
    let home = TestDatabase::create(Engine::Sqlite).await;
    let opened = Database::open(home.url(), &MIGRATIONS).await;
    opened.expect("it opens").close().await;
    let mut changed: Vec<Migration> = MIGRATIONS.sqlite.iter().cloned().collect();
    changed[0].checksum = vec![0; 48].into();
    let changed = Migrations {
        sqlite: Migrator::with_migrations(changed),
        postgres: Migrator::with_migrations(Vec::new()),
    };
    for refusal in [
        inspect(home.url(), &changed).await.expect_err("looked at"),
        Database::open(home.url(), &changed).await.expect_err("opened"),
    ] {
        assert!(matches!(refusal, OpenError::ChangedMigration(1)), "{refusal}");
    }
    home.remove().await;
}

#[tokio::test]
async fn processes_that_start_at_once_make_the_tables_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let home = TestDatabase::create(engine).await;
        let (one, two, three) = tokio::join!(
            Database::open(home.url(), &MIGRATIONS),
            Database::open(home.url(), &MIGRATIONS),
            Database::open(home.url(), &MIGRATIONS),
        );
        for database in [one, two, three] {
            database
                .unwrap_or_else(|error| panic!("{engine:?}: {error}: {error:?}"))
                .close()
                .await;
        }
        home.remove().await;
    }
}

#[tokio::test]
async fn the_folder_of_a_new_file_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}/deep/in/new.db", folder.path().display());
    Database::open(&url, &MIGRATIONS)
        .await
        .expect("it opens")
        .close()
        .await;
    assert!(folder.path().join("deep/in/new.db").is_file());
}

#[tokio::test]
async fn a_url_of_something_else_is_refused_without_showing_it() {
    for url in [
        "",
        "sqlite://",
        "sqlite::memory:",
        "mysql://root:hunter2@host/db",
        "/data/file.db",
    ] {
        for refusal in [
            Database::open(url, &MIGRATIONS).await.expect_err(url),
            inspect(url, &MIGRATIONS).await.expect_err(url),
        ] {
            assert!(matches!(refusal, OpenError::UnknownUrl), "{refusal:?}");
            assert!(!format!("{refusal} {refusal:?}").contains("hunter2"));
        }
    }
}

#[tokio::test]
async fn equal_folders_are_equal() {
    testing::assert_parity(&MIGRATIONS, &[]).await;
    // Named as of one engine, a table of one engine is no difference.
    let one_more = Migrations {
        sqlite: with_one_more(&MIGRATIONS.sqlite),
        postgres: Migrator::with_migrations(MIGRATIONS.postgres.iter().cloned().collect()),
    };
    testing::assert_parity(&one_more, &["mor*"]).await;
}

#[tokio::test]
#[should_panic(expected = "table more on SQLite and on PostgreSQL")]
async fn a_column_that_may_be_null_on_one_engine_only_is_found() {
    let mut postgres: Vec<Migration> = MIGRATIONS.postgres.iter().cloned().collect();
    postgres.extend(sqlx::migrate!("tests/unequal").iter().cloned());
    let unequal = Migrations {
        sqlite: with_one_more(&MIGRATIONS.sqlite),
        postgres: Migrator::with_migrations(postgres),
    };
    testing::assert_parity(&unequal, &[]).await;
}
