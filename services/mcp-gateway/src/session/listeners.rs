use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    message::{self, Id, meta::SUBSCRIPTION_ID, object_fields},
    outbox::{Outbox, OutboxReader, outbox},
};

/// How many listening streams a stay may have open.
const MAX_OPEN: usize = 64;

/// What a `subscriptions/listen` asked to be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) tools: bool,
    pub(crate) prompts: bool,
    pub(crate) resources: bool,
    pub(crate) uris: BTreeSet<String>,
}

/// The open `subscriptions/listen` requests of a stay.
#[derive(Debug, Default)]
pub(crate) struct Listeners(Mutex<Vec<Listener>>);

#[derive(Debug)]
struct Listener {
    id: Id,
    filter: Filter,
    outbox: Outbox,
}

impl Filter {
    fn wants(&self, method: &str, params: Option<&str>) -> bool {
        match method {
            "notifications/tools/list_changed" => self.tools,
            "notifications/prompts/list_changed" => self.prompts,
            "notifications/resources/list_changed" => self.resources,
            "notifications/resources/updated" => params
                .and_then(|params| object_fields(params, ["uri"])?.string(0))
                // Or a part of it (resources, "subscriptions").
                .is_some_and(|uri| self.uris.iter().any(|watched| uri.starts_with(watched.as_str()))),
            _ => false,
        }
    }
}

impl Listeners {
    /// Adds a stream. None when there are too many. Dropping the reader ends it.
    pub(crate) fn add(&self, id: &Id, filter: Filter) -> Option<OutboxReader> {
        let mut open = self.lock();
        open.retain(|listener| !listener.outbox.is_closed());
        if open.len() >= MAX_OPEN {
            return None;
        }
        let (outbox, reader) = outbox();
        open.push(Listener {
            id: id.clone(),
            filter,
            outbox,
        });
        Some(reader)
    }

    pub(super) fn count(&self) -> usize {
        let mut open = self.lock();
        open.retain(|listener| !listener.outbox.is_closed());
        open.len()
    }

    /// Tells those who asked for it.
    pub(super) fn tell(&self, method: &str, params: Option<&str>) {
        let open = self.lock();
        for listener in open
            .iter()
            .filter(|listener| listener.filter.wants(method, params))
        {
            let _ = listener.outbox.push(tagged(method, params, &listener.id));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Listener>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A notification that says to which subscription it belongs.
pub(crate) fn tagged(method: &str, params: Option<&str>, id: &Id) -> String {
    let id = id.to_string();
    let params = params.unwrap_or("{}");
    let tagged = object_fields(params, ["_meta"]).map(|fields| match fields.get(0) {
        Some(meta) if meta.starts_with('{') => {
            let own = object_fields(meta, [SUBSCRIPTION_ID]).map(|own| match own.get(0) {
                // A modern server's own.
                Some(theirs) => own.splice().replace(theirs, id.clone()).finish(),
                None => own.splice().add_member(SUBSCRIPTION_ID, &id).finish(),
            });
            fields
                .splice()
                .replace(meta, own.unwrap_or_else(|| only(&id)))
                .finish()
        }
        Some(other) => fields.splice().replace(other, only(&id)).finish(),
        None => fields.splice().add_member("_meta", &only(&id)).finish(),
    });
    message::notification(method, tagged.as_deref())
}

fn only(id: &str) -> String {
    format!("{{\"{SUBSCRIPTION_ID}\":{id}}}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_hears_what_it_asked_for_with_its_own_id() {
        let listeners = Listeners::default();
        let filter = Filter {
            tools: true,
            uris: ["a:1".to_owned()].into(),
            ..Filter::default()
        };
        let id = Id::parse("\"x\"").expect("an id");
        let mut reader = listeners.add(&id, filter).expect("room");
        listeners.tell("notifications/prompts/list_changed", None);
        listeners.tell("notifications/resources/updated", Some(r#"{"uri":"b:1"}"#));
        listeners.tell("notifications/message", Some("{}"));
        listeners.tell("notifications/tools/list_changed", None);
        listeners.tell(
            "notifications/resources/updated",
            Some(r#"{"uri":"a:1","_meta":{"io.modelcontextprotocol/subscriptionId":7,"k":1}}"#),
        );
        assert_eq!(
            reader.try_next().as_deref(),
            Some(
                r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":"x"}}}"#
            )
        );
        assert_eq!(
            reader.try_next().as_deref(),
            Some(
                r#"{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"a:1","_meta":{"io.modelcontextprotocol/subscriptionId":"x","k":1}}}"#
            )
        );
        assert_eq!(reader.try_next(), None);
    }
}
