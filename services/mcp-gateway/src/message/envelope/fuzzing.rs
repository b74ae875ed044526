use super::{Id, Incoming, Message, Notification, ParseError, Request};
use crate::message::{object_fields, object_members, outgoing};

/// What is read is written in one line, and reads back as the same.
pub(crate) fn fuzz_envelope(bytes: &[u8]) {
    match Incoming::parse(bytes) {
        Ok(Incoming::Single(message)) => is_written_and_read_again(&message),
        Ok(Incoming::Batch(items)) => {
            assert!(!items.is_empty(), "a batch holds something");
            for item in items {
                item.as_ref().map_or_else(is_told, is_written_and_read_again);
            }
        }
        Err(error) => is_told(&error),
    }
}

fn is_written_and_read_again(message: &Message) {
    if let Message::Request(Request {
        params: Some(params), ..
    })
    | Message::Notification(Notification {
        params: Some(params), ..
    }) = message
    {
        members_can_be_changed(params.get());
    }
    let line = written(message);
    assert!(!line.contains(['\n', '\r']), "one line: {line}");
    let again = Message::parse(line.as_bytes());
    let again = again.unwrap_or_else(|error| panic!("{error}: {line}"));
    assert_eq!(written(&again), line);
    let same = std::mem::discriminant(message) == std::mem::discriminant(&again);
    assert!(same, "another kind of message: {line}");
}

fn written(message: &Message) -> String {
    match message {
        Message::Request(it) => outgoing::request(&it.id, &it.method, it.params()),
        Message::Notification(it) => outgoing::notification(&it.method, it.params()),
        Message::Response(it) => outgoing::reply(it.id.as_ref(), &it.reply),
    }
}

/// A change of one member is what is read then, and touches no other.
fn members_can_be_changed(params: &str) {
    let members = object_members(params).expect("params are an object");
    let Some(fields) = object_fields(params, ["name", "_meta"]) else {
        let often = |wanted| members.iter().filter(|(name, _)| name == wanted).count() > 1;
        assert!(often("name") || often("_meta"), "refused for nothing: {params}");
        return;
    };
    let changed = match fields.get(0) {
        Some(name) => fields.splice().replace(name, "7".to_owned()),
        None => fields.splice().add_member("name", "7"),
    };
    let changed = changed.finish();
    let again = object_fields(&changed, ["name", "_meta"]).expect("still an object");
    assert_eq!(again.get(0), Some("7"), "{changed}");
    assert_eq!(again.get(1), fields.get(1), "{changed}");
    let others = |text| {
        let members = object_members(text).expect("an object");
        let others = members.into_iter().filter(|(name, _)| name != "name");
        others
            .map(|(name, value)| (name.into_owned(), value.to_owned()))
            .collect::<Vec<_>>()
    };
    assert_eq!(others(&changed), others(params));
}

fn is_told(error: &ParseError) {
    let words = error.to_string();
    assert!(words.len() < 1_000, "too many words: {words}");
    if let ParseError::Shape { id: Some(id), .. } = error {
        assert_eq!(Id::parse(&id.to_string()).as_ref(), Some(id));
    }
}
