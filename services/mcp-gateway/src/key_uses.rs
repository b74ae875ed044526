//! When keys were used last, as the projects service shows it.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use access::ServiceIdentity;
use domain::{ApiKeyId, Timestamp};
use proto::projects::{KeyUse, RecordKeyUsesRequest, api_keys_service_client::ApiKeysServiceClient};
use service_host::{Channel, Shutdown};
use tonic::service::interceptor::InterceptedService;

use crate::id_map::IdMap;

pub(crate) type Client = ApiKeysServiceClient<InterceptedService<Channel, ServiceIdentity>>;

/// Of one key no more is told.
const ONCE_IN: Duration = Duration::from_mins(1);

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What one request may hold.
const MAX_USES: usize = 1_000;

/// The newest use of each key that is to be told. At most one entry for each key
/// that was let in within a minute.
#[derive(Debug, Default)]
pub(crate) struct KeyUses(Mutex<IdMap<ApiKeyId, Use>>);

#[derive(Debug)]
struct Use {
    at: Timestamp,
    ip: Option<IpAddr>,
    is_told: bool,
    told_at: Option<Instant>,
}

impl KeyUses {
    pub(crate) fn note(&self, key: ApiKeyId, at: Timestamp, ip: Option<IpAddr>) {
        let mut uses = self.lock();
        let used = uses.entry(key).or_insert(Use {
            at,
            ip,
            is_told: false,
            told_at: None,
        });
        (used.at, used.ip, used.is_told) = (at, ip, false);
    }

    /// Tells of uses until the gateway stops. What cannot be told is told later.
    pub(crate) async fn tell(self: Arc<Self>, mut client: Client, shutdown: Shutdown) -> anyhow::Result<()> {
        loop {
            let is_last = tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => false,
                () = shutdown.soft() => true,
            };
            let now = Instant::now();
            let due = self.due(now, is_last);
            if !due.is_empty() {
                let uses = due
                    .iter()
                    .map(|(key, at, ip)| KeyUse {
                        api_key_id: key.to_string(),
                        at_us: at.as_micros(),
                        ip: ip.map_or_else(String::new, |ip| ip.to_string()),
                    })
                    .collect();
                match client.record_key_uses(RecordKeyUsesRequest { uses }).await {
                    Ok(_) => self.told(&due, now),
                    Err(status) => tracing::debug!(code = ?status.code(), "uses of keys are told later"),
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Uses of keys of which nothing was told for long enough.
    fn due(&self, now: Instant, is_last: bool) -> Vec<(ApiKeyId, Timestamp, Option<IpAddr>)> {
        let mut uses = self.lock();
        let is_recent = |used: &Use| {
            used.told_at
                .is_some_and(|told| now.saturating_duration_since(told) < ONCE_IN)
        };
        uses.retain(|_, used| !used.is_told || is_recent(used));
        let due = uses
            .iter()
            .filter(|(_, used)| !used.is_told && (is_last || !is_recent(used)));
        due.map(|(key, used)| (*key, used.at, used.ip))
            .take(MAX_USES)
            .collect()
    }

    fn told(&self, told: &[(ApiKeyId, Timestamp, Option<IpAddr>)], now: Instant) {
        let mut uses = self.lock();
        for (key, at, _) in told {
            if let Some(used) = uses.get_mut(key) {
                // It may have been used again meanwhile.
                used.is_told = used.at == *at;
                used.told_at = Some(now);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, IdMap<ApiKeyId, Use>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use domain::Clock;

    use super::*;

    #[test]
    fn of_each_key_the_newest_use_is_told_once_a_minute() {
        let (uses, clock) = (KeyUses::default(), Clock::system());
        let (key, other) = (ApiKeyId::new(&clock), ApiKeyId::new(&clock));
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let start = Instant::now();
        uses.note(key, at(1), None);
        uses.note(key, at(2), None);
        let due = uses.due(start, false);
        assert_eq!(due, [(key, at(2), None)]);
        assert_eq!(uses.due(start, false), due, "it was not told yet");
        uses.told(&due, start);
        assert!(uses.due(start, false).is_empty());
        uses.note(key, at(3), None);
        uses.note(other, at(3), None);
        assert_eq!(uses.due(start, false), [(other, at(3), None)]);
        assert_eq!(uses.due(start, true).len(), 2, "the gateway stops");
        assert_eq!(uses.due(start + ONCE_IN, false).len(), 2);
        uses.told(&uses.due(start + ONCE_IN, false), start + ONCE_IN);
        assert!(uses.due(start + ONCE_IN * 2, false).is_empty());
        assert!(
            uses.lock().is_empty(),
            "nothing is kept of who does not come back"
        );
    }
}
