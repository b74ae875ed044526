use super::*;

/// Poison of all kinds among good calls.
const CALLS: u128 = 4_000;

/// Has the database refuse calls of the tool `poison`.
async fn refuse_poison(database: &Database) {
    match database {
        Database::Sqlite(pool) => {
            sqlx::query(
                "CREATE TRIGGER refuse_poison BEFORE INSERT ON tool_calls WHEN NEW.tool_name = 'poison'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END",
            )
            .execute(pool)
            .await
            .unwrap();
        }
        Database::Postgres(pool) => {
            sqlx::query("ALTER TABLE tool_calls ADD CONSTRAINT no_poison CHECK (tool_name <> 'poison')")
                .execute(pool)
                .await
                .unwrap();
        }
    }
}

/// The bytes of what was put aside.
async fn dead_letters(store: &Store) -> Vec<Vec<u8>> {
    let statement = crate::store::Statement::new(&store.database, "SELECT record FROM dead_letters");
    let letters: Vec<(Vec<u8>,)> = statement.fetch_all(&store.database).await.unwrap();
    letters.into_iter().map(|(record,)| record).collect()
}

/// What is wrong with every second call: `None` where it is kept as it came,
/// else what is said of it.
fn poison(call: &mut ToolCall, kind: u8) -> Option<&'static str> {
    const REPLACED: &str = "NUL characters were replaced";
    const REFUSED: &str = "the database refused";
    let body = |json: &str| Some(fixtures::payload(json));
    match kind {
        0 => call.arguments = body("{\"a\":\"\0\"}"),
        1 => call.result = body("\0"),
        2 => call.error_message = "no\0such".to_owned(),
        3 => call.tool_name = "poison".to_owned(),
        4 => call.arguments = body(r#"{"a":"\ud800 \u0000"}"#),
        5 => call.arguments = body("1e400"),
        6 => call.result = body(&"[".repeat(100_000)),
        7 => call.arguments = body("{\"a\": tru"),
        8 => call.result = body(&"\u{10FFFF}\u{FFFE}".repeat(1_000)),
        _ => call.duration_us = Some(u64::MAX),
    }
    match kind {
        0..=2 => Some(REPLACED),
        3 => Some(REFUSED),
        _ => None,
    }
}

database_test! {
    &MIGRATIONS;

    async fn poison_of_one_batch_holds_up_none_that_is_stored_with_it(database: Database) {
        refuse_poison(&database).await;
        let mut gateway = Gateway::over(database);
        let mut poisoned = finished(3, 3, ToolCallStatus::Success);
        poisoned.tool_name = "poison".to_owned();
        gateway.send_together(vec![
            records([finished(1, 1, ToolCallStatus::Success)]),
            records([finished(2, 2, ToolCallStatus::Success), poisoned]),
            records([finished(4, 4, ToolCallStatus::Success)]),
        ]).await;
        let (calls, _) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        let names: Vec<&str> = calls.iter().map(|call| call.tool_name.as_str()).collect();
        let good = finished(1, 1, ToolCallStatus::Success).tool_name;
        assert_eq!(names, [&good, "", &good, &good]);
        assert_eq!(count(&gateway.store, "dead_letters").await, 1);
        assert_eq!(gateway.store.holes().await.unwrap(), 0);
    }

    async fn poison_is_put_aside_and_holds_nothing_up(database: Database) {
        refuse_poison(&database).await;
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<ToolCall> = (1..=50).map(|id| finished(id, id as i64, ToolCallStatus::Success)).collect();
        calls[7].tool_name = "poison".to_owned();
        calls[30].tool_name = "poison".to_owned();
        calls[12].id = "no id".to_owned();
        calls[13].status = 99;
        // NUL, a lone surrogate in escapes, a number beyond any, and depth.
        calls[20].arguments = Some(fixtures::payload("{\"a\":\"\0\"}"));
        calls[21].arguments = Some(fixtures::payload(r#"{"a":"\ud800"}"#));
        calls[22].arguments = Some(fixtures::payload("1e400"));
        calls[23].arguments = Some(fixtures::payload(&"[".repeat(100_000)));
        calls[24].duration_us = Some(u64::MAX);
        let mut batch = records(calls);
        batch.push(Record { record: None });
        gateway.send(batch.clone()).await;

        let (stored, _) = fixtures::list(&gateway.store, of_project(), "", 100).await;
        assert_eq!(stored.len(), 48);
        let noted = |start: &str| stored.iter().filter(|call| call.storage_note.starts_with(start)).collect::<Vec<_>>();
        assert_eq!(noted("the database refused").len(), 2, "seen although refused");
        let sanitised = noted("NUL");
        assert_eq!(sanitised.len(), 1);
        assert_eq!(sanitised[0].arguments.as_ref().unwrap().json, "{\"a\":\"\u{FFFD}\"}");
        assert_eq!(sanitised[0].storage_note, "NUL characters were replaced in arguments");
        assert_eq!(count(&gateway.store, "dead_letters").await, 6);
        gateway.send(batch).await;
        assert_eq!(count(&gateway.store, "dead_letters").await, 6, "once, however often it comes");
        let (all, _) = filter::ToolCallFilter::from_wire(Some(of_project())).unwrap();
        let summary = crate::summary::summarize(&gateway.store, &all).await.unwrap();
        assert_eq!(summary.total, 48);
    }

    async fn bytes_that_are_no_record_are_put_aside_as_they_came(database: Database) {
        let mut gateway = Gateway::over(database);
        let mut batch = gateway.batch(&records([running(1, 1), running(2, 2)]));
        batch.records[0] = Bytes::from_static(b"\xff\xff");
        gateway.ingest.append(batch).await.unwrap();
        let (stored, _) = fixtures::list(&gateway.store, of_project(), "", 10).await;
        assert_eq!(stored, [running(2, 2)]);
        assert_eq!(dead_letters(&gateway.store).await, [b"\xff\xff"]);
    }

    async fn two_thousand_poison_bodies_block_nothing_and_are_all_seen(database: Database) {
        refuse_poison(&database).await;
        let mut gateway = Gateway::over(database);
        let mut calls: Vec<ToolCall> =
            (1..=CALLS).map(|id| finished(id, id as i64, ToolCallStatus::Success)).collect();
        let mut changed = std::collections::HashMap::new();
        for (index, call) in calls.iter_mut().enumerate().filter(|(index, _)| index % 2 == 1) {
            // Few are refused: each is looked for in ever smaller parts.
            let kind = match index / 2 % 50 {
                3 => 3,
                other => [0, 1, 2, 4, 5, 6, 7, 8, 9][other % 9],
            };
            if let Some(note) = poison(call, kind) {
                changed.insert(call.id.clone(), note);
            }
        }
        for batch in calls.chunks(400) {
            gateway.send(records(batch.to_vec())).await;
        }

        let mut stored = std::collections::HashMap::new();
        let mut cursor = String::new();
        loop {
            let (page, place) = fixtures::list(&gateway.store, of_project(), &cursor, 500).await;
            stored.extend(page.into_iter().map(|call| (call.id.clone(), call)));
            if !place.has_older {
                break;
            }
            cursor = place.older;
        }
        assert_eq!(stored.len() as u128, CALLS, "each is a row");
        for call in &calls {
            let row = &stored[&call.id];
            match changed.get(&call.id) {
                Some(note) => assert!(row.storage_note.starts_with(note), "{row:?}"),
                None if call.duration_us == Some(u64::MAX) => assert_eq!(row.duration_us, Some(crate::record::LONGEST_US as u64)),
                None => assert_eq!(row, &ToolCall { arguments_preview: row.arguments_preview.clone(), ..call.clone() }),
            }
        }
        let raw: std::collections::HashSet<Vec<u8>> = dead_letters(&gateway.store).await.into_iter().collect();
        assert_eq!(raw.len(), changed.len(), "those that were changed, and no others");
        for call in calls.iter().filter(|call| changed.contains_key(&call.id)) {
            let bytes = prost::Message::encode_to_vec(&record(Kind::ToolCall(call.clone())));
            assert!(raw.contains(&bytes), "the bytes are kept as they came");
        }
    }
}
