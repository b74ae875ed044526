use std::sync::{Arc, atomic::Ordering};

use domain::{ApiKeyId, Door};

use super::{Endpoint, Greeting, Session, Sessions, registry::TooMany};
use crate::directory::Key;

/// By what requests without a session are put together: the same key, address
/// and program, able to do the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct StayKey {
    key: ApiKeyId,
    endpoint: Endpoint,
    client_name: String,
    client_version: String,
    ip_address: String,
    capabilities: Arc<str>,
}

/// A request of a stay that is worked on: until then the stay is in use.
#[derive(Debug)]
pub(crate) struct Working(Arc<Session>);

impl Sessions {
    /// The stay that a request of a modern client belongs to: the one that it is
    /// in, or a new one. It ends when nothing has come for as long as a session
    /// may be idle.
    pub(crate) fn stay(
        &self,
        key: &Arc<Key>,
        endpoint: Endpoint,
        greeting: Greeting,
        user_agent: &str,
        ip_address: &str,
    ) -> Result<Arc<Session>, TooMany> {
        let stay = StayKey {
            key: key.id,
            endpoint,
            client_name: greeting.client.name.clone(),
            client_version: greeting.client.version.clone(),
            ip_address: ip_address.to_owned(),
            capabilities: greeting.capabilities.clone(),
        };
        let mut open = self.lock();
        if let Some(known) = open.stays.get(&stay).cloned() {
            drop(open);
            self.seen(&known);
            return Ok(known);
        }
        let door = Door::StatelessHttp;
        let new = self.new_session(key, endpoint, door, user_agent, ip_address, Some(stay));
        new.greet(greeting);
        self.enter(&mut open, &new)?;
        drop(open);
        self.record(&new);
        Ok(new)
    }
}

impl Session {
    /// Enters a request of a stay.
    pub(crate) fn work(self: &Arc<Self>) -> Working {
        self.working.fetch_add(1, Ordering::Relaxed);
        Working(self.clone())
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.working.fetch_sub(1, Ordering::Relaxed);
    }
}
