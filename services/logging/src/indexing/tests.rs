use std::collections::HashSet;

use database::{
    Database, Migrations, database_test,
    testing::{Engine, TestDatabase},
};
use domain::{Timestamp, ToolCallStatus};
use proto::logging::{ToolCall, ToolCallFilter};
use sqlx::migrate::Migrator;
use uuid::Uuid;

use super::*;
use crate::{
    fixtures::{self, Gateway, PROJECT, finished, of_project, payload, records, running},
    store::{MIGRATIONS, Readable, Statement, insert},
    tool_call::StoredToolCall,
    words::{self, ID_BYTES},
};

/// A call with some words in its arguments.
fn call(id: u128, text: &str) -> ToolCall {
    ToolCall {
        arguments: Some(payload(&format!(r#"{{"text":"{text}"}}"#))),
        ..finished(id, id as i64, ToolCallStatus::Success)
    }
}

/// The numbers of the calls that a query finds, at most 500.
async fn find(store: &Store, q: &str) -> Vec<u128> {
    let filter = ToolCallFilter {
        q: q.to_owned(),
        ..of_project()
    };
    let (calls, _) = fixtures::list(store, filter, "", 500).await;
    let number = |call: &ToolCall| call.id.parse::<Uuid>().unwrap().as_u128();
    calls.iter().map(number).collect()
}

async fn count(store: &Store, table: &str) -> i64 {
    let counts: Vec<(i64,)> = read(store, &format!("SELECT COUNT(*) FROM {table}")).await;
    counts[0].0
}

async fn read<T: Readable>(store: &Store, select: &str) -> Vec<T> {
    let statement = Statement::new(&store.database, select);
    statement.fetch_all(&store.database).await.unwrap()
}

/// The id of each call in the index, of all volumes.
async fn indexed(store: &Store) -> Vec<Uuid> {
    let ids: Vec<(Vec<u8>,)> = read(store, "SELECT ids FROM word_sections").await;
    ids.iter()
        .flat_map(|(ids,)| ids.as_chunks::<ID_BYTES>().0)
        .map(|id| Uuid::from_bytes(*id))
        .collect()
}

/// Which of some words stand in the bytes of the index, where a search would look
/// and anywhere else.
async fn words_in_pages<'word>(store: &Store, words: &[&'word str]) -> Vec<&'word str> {
    let pages: Vec<(Vec<u8>, Vec<u8>)> = read(store, "SELECT first_word, page FROM word_pages").await;
    let texts: Vec<Vec<u8>> = pages
        .iter()
        .flat_map(|(first, page)| [first.clone(), words::decompress(page)])
        .collect();
    let stands = |word: &str| {
        texts
            .iter()
            .any(|text| text.windows(word.len()).any(|there| there == word.as_bytes()))
    };
    words.iter().copied().filter(|word| stands(word)).collect()
}

database_test! {
    &MIGRATIONS;

    async fn a_call_is_found_while_it_waits_while_it_moves_and_then(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records((1..=400).map(|id| call(id, "moving target")))).await;
        let store = &gateway.store;
        let move_all = async {
            while store.index_calls(1, &Threads::Beside).await.unwrap() > 0 {}
        };
        let look = async {
            for _ in 0..30 {
                for q in ["moving", "\"moving target\"", "arguments.text:\"moving target\"", "mov* -nothing"] {
                    let found = find(store, q).await;
                    assert_eq!(found.len(), 400, "{q}");
                    assert!(found.is_sorted_by(|one, other| one > other), "{q}: newest first, each once");
                }
            }
        };
        futures::join!(move_all, look);
        assert_eq!(find(store, "moving").await.len(), 400);
        assert_eq!(store.count_unindexed().await.unwrap(), 0);
    }

    async fn an_end_that_comes_later_is_what_a_call_is_found_by(database: Database) {
        let mut gateway = Gateway::over(database);
        let begun = ToolCall { arguments: Some(payload(r#"{"q":"beginning"}"#)), ..running(1, 1) };
        gateway.send_and_index(records([begun])).await;
        assert_eq!(find(&gateway.store, "beginning").await, [1]);
        gateway.send(records([call(1, "ending")])).await;
        for _ in 0..2 {
            assert_eq!(find(&gateway.store, "beginning").await, []);
            assert_eq!(find(&gateway.store, "ending").await, [1]);
            everything(&gateway.store).await;
        }
        assert_eq!(words_in_pages(&gateway.store, &["beginning"]).await.len(), 0);
    }

    async fn two_who_index_at_once_take_each_call_once(database: Database) {
        let mut gateway = Gateway::over(database.clone());
        gateway.send(records((1..=1_500).map(|id| call(id, &format!("word{}", id % 7))))).await;
        let other = Store::over(database.clone());
        futures::join!(everything(&gateway.store), everything(&other), everything(&gateway.store));
        assert_eq!(gateway.store.count_unindexed().await.unwrap(), 0);
        let indexed = indexed(&gateway.store).await;
        let unique: HashSet<&Uuid> = indexed.iter().collect();
        assert_eq!((indexed.len(), unique.len()), (1_500, 1_500));
        assert_eq!(find(&gateway.store, "word3").await.len(), 214);
    }

    async fn calls_of_many_words_are_shared_among_volumes(database: Database) {
        let mut gateway = Gateway::over(database);
        let text = |id: u128| (0..80).map(|word| format!("w{id}x{word}")).collect::<Vec<_>>().join(" ");
        gateway.send_and_index(records((1..=250).map(|id| call(id, &text(id))))).await;
        for id in [1, 120, 250] {
            assert_eq!(find(&gateway.store, &format!("w{id}x79")).await, [id]);
        }
        let volumes = count(&gateway.store, "word_sections").await;
        assert!(volumes > 1, "{volumes}");
        assert_eq!(indexed(&gateway.store).await.len(), 250);
    }

    async fn few_calls_wait_for_more(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records((1..=9).map(|id| call(id, "few")))).await;
        assert_eq!(gateway.store.index_calls(10, &Threads::Beside).await.unwrap(), 0);
        assert_eq!(find(&gateway.store, "few").await.len(), 9);
        assert_eq!(gateway.store.count_unindexed().await.unwrap(), 9);
        assert_eq!(gateway.store.index_calls(9, &Threads::Beside).await.unwrap(), 9);
    }

    async fn no_word_outlives_its_payload(database: Database) {
        let mut gateway = Gateway::over(database);
        let now = Timestamp::from_micros(1_764_000_000_000_000);
        let other = Uuid::from_u128(99);
        let of = |project: Uuid, number: u128, days: i64, text: &str| {
            let at = crate::retention::days_ago(now, days);
            let id = crate::store::first_id(at).as_u128() + number;
            ToolCall {
                project_id: project.to_string(),
                started_at_us: at,
                ..call(id, text)
            }
        };
        let calls = vec![
            of(PROJECT, 1, 40, "xgone stays"),
            of(PROJECT, 2, 10, "kfresh stays"),
            of(other, 3, 40, "qsecret stays"),
            of(other, 4, 10, "zprivate stays"),
        ];
        gateway.send_and_index(records(calls)).await;
        let waiting = [of(PROJECT, 5, 40, "waits"), of(other, 6, 10, "waits")];
        gateway.send(records(waiting)).await;
        let store = &gateway.store;
        let all = ["xgone", "kfresh", "qsecret", "zprivate"];
        assert_eq!(words_in_pages(store, &all).await, all);

        store.sweep(now).await.unwrap();
        assert_eq!(words_in_pages(store, &all).await, ["kfresh", "zprivate"]);
        assert_eq!(count(store, "unindexed_calls").await, 1);
        for (q, found) in [("xgone", 0), ("kfresh", 1), ("stays", 1), ("waits", 0)] {
            assert_eq!(find(store, q).await.len(), found, "{q}");
        }

        store.purge_project(other).await.unwrap();
        assert_eq!(find(store, "stays").await.len(), 1);
        assert_eq!(words_in_pages(store, &all).await, ["kfresh"]);
        assert_eq!(count(store, "unindexed_calls").await, 0);
        assert_eq!(indexed(store).await.len(), 1);
        store.purge_project(PROJECT).await.unwrap();
        assert_eq!((count(store, "word_sections").await, count(store, "word_pages").await), (0, 0));
    }

    async fn what_goes_while_its_words_are_cut_leaves_none(database: Database) {
        let mut gateway = Gateway::over(database);
        for round in 0..8 {
            let calls = (1..=300).map(|id| call(round * 1_000 + id, "goes soon"));
            gateway.send(records(calls)).await;
            let store = &gateway.store;
            let (purged, ()) = futures::join!(store.purge_project(PROJECT), everything(store));
            purged.unwrap();
            for table in ["unindexed_calls", "word_sections", "word_pages"] {
                assert_eq!(count(store, table).await, 0, "{table}");
            }
        }
    }

    async fn a_call_that_comes_again_waits_once(database: Database) {
        let mut gateway = Gateway::over(database);
        gateway.send(records([call(1, "again")])).await;
        let mut transaction = gateway.store.database.begin().await.unwrap();
        let gone = Statement::within(&transaction, "DELETE FROM tool_calls");
        assert_eq!(gone.execute(&mut transaction).await.unwrap(), 1);
        transaction.commit().await.unwrap();
        gateway.send(records([call(1, "again")])).await;
        for _ in 0..2 {
            assert_eq!(find(&gateway.store, "again").await, [1]);
            everything(&gateway.store).await;
        }
    }
}

mod bodies_that_were_there_before_are_indexed {
    use super::*;

    /// Opens a database of before an engine had volumes.
    async fn test(engine: Engine, since: i64) {
        let home = TestDatabase::create(engine).await;
        let before = |migrator: &Migrator| {
            let migrations = migrator
                .iter()
                .filter(|migration| migration.version < since)
                .cloned();
            Migrator::with_migrations(migrations.collect())
        };
        let older = Migrations {
            sqlite: before(&MIGRATIONS.sqlite),
            postgres: before(&MIGRATIONS.postgres),
        };
        let database = Database::open(home.url(), &older).await.unwrap();
        let calls = [call(1, "old"), call(2, "older"), running(3, 3)];
        let calls: Vec<StoredToolCall> = calls
            .into_iter()
            .map(|call| StoredToolCall::from_wire(call).unwrap())
            .collect();
        let mut transaction = database.begin().await.unwrap();
        insert(&mut transaction, calls.iter().map(|call| &call.row), "")
            .await
            .unwrap();
        insert(&mut transaction, calls.iter().map(|call| &call.payload), "")
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        database.close().await;

        let store = Store::open(home.url()).await.unwrap();
        assert_eq!(
            store.count_unindexed().await.unwrap(),
            2,
            "what runs yet will come"
        );
        for _ in 0..2 {
            assert_eq!(find(&store, "old*").await, [2, 1]);
            assert_eq!(find(&store, "bug").await, [3]);
            everything(&store).await;
        }
        assert_eq!(store.count_unindexed().await.unwrap(), 0);
        store.close().await;
        home.remove().await;
    }

    #[tokio::test]
    async fn sqlite() {
        test(Engine::Sqlite, 8).await;
    }

    #[tokio::test]
    async fn postgres() {
        test(Engine::Postgres, 7).await;
    }
}
