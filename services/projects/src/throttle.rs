use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use domain::{Clock, Email, Timestamp};
use service_error::{Code, ServiceError};

use crate::client_address::ClientAddress;

/// Attempts are counted over this long.
const WINDOW: Duration = Duration::from_mins(15);

/// Far under the 100 failures in a row that NIST SP 800-63B-4 (3.2.2) allows.
const ATTEMPTS_PER_ACCOUNT: u32 = 20;

/// More than one account's: an office shares an address.
const ATTEMPTS_PER_ADDRESS: u32 = 100;

/// How many accounts, and how many addresses, are kept in mind. When a new one
/// finds no place, the one whose window began first gives way.
const CAPACITY: usize = 10_000;

/// Slows down whoever tries passwords: so many attempts for one account and so
/// many from one address, then no more until the window is over.
#[derive(Debug)]
pub(crate) struct Throttle {
    clock: Clock,
    accounts: Mutex<Counters<String>>,
    addresses: Mutex<Counters<ClientAddress>>,
}

#[derive(Debug)]
struct Counters<K> {
    limit: u32,
    counters: HashMap<K, Counter>,
}

#[derive(Debug, Clone, Copy)]
struct Counter {
    began_at: Timestamp,
    attempts: u32,
}

impl Throttle {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            accounts: Mutex::new(Counters::new(ATTEMPTS_PER_ACCOUNT)),
            addresses: Mutex::new(Counters::new(ATTEMPTS_PER_ADDRESS)),
        }
    }

    /// Counts an attempt before it is made, so that many at once count too.
    pub(crate) fn attempt(
        &self,
        account: &Email,
        address: Option<ClientAddress>,
    ) -> Result<(), ServiceError> {
        let now = self.clock.now();
        let mut wait = lock(&self.accounts).attempt(account.as_str().to_owned(), now);
        if let Some(address) = address {
            wait = wait.max(lock(&self.addresses).attempt(address, now));
        }
        let Some(wait) = wait else { return Ok(()) };
        Err(ServiceError::new(
            Code::RateLimited,
            "too_many_attempts",
            format!(
                "too many attempts to sign in; try again in {} minutes",
                wait.as_secs().div_ceil(60).max(1)
            ),
        )
        .retry_after(wait))
    }

    /// The attempt was the right person's: the account starts anew.
    pub(crate) fn succeeded(&self, account: &Email) {
        lock(&self.accounts).counters.remove(account.as_str());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<K: Hash + Eq + Clone> Counters<K> {
    fn new(limit: u32) -> Self {
        Self {
            limit,
            counters: HashMap::new(),
        }
    }

    /// How long to wait; absent when the attempt may be made.
    fn attempt(&mut self, key: K, now: Timestamp) -> Option<Duration> {
        if self.counters.len() >= CAPACITY && !self.counters.contains_key(&key) {
            self.make_room(now);
        }
        let counter = self.counters.entry(key).or_insert(Counter {
            began_at: now,
            attempts: 0,
        });
        if now.since(counter.began_at) >= WINDOW {
            *counter = Counter {
                began_at: now,
                attempts: 0,
            };
        }
        if counter.attempts >= self.limit {
            return Some(WINDOW.saturating_sub(now.since(counter.began_at)));
        }
        counter.attempts += 1;
        None
    }

    fn make_room(&mut self, now: Timestamp) {
        self.counters
            .retain(|_, counter| now.since(counter.began_at) < WINDOW);
        if self.counters.len() < CAPACITY {
            return;
        }
        let first = self
            .counters
            .iter()
            .min_by_key(|(_, counter)| counter.began_at)
            .map(|(key, _)| key.clone());
        if let Some(first) = first {
            self.counters.remove(&first);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn throttle() -> (Throttle, Clock) {
        let clock = Clock::manual(Timestamp::from_micros(1_700_000_000_000_000));
        (Throttle::new(clock.clone()), clock)
    }

    fn email(text: &str) -> Email {
        Email::parse(text).expect("an address")
    }

    fn address(last: u8) -> ClientAddress {
        ClientAddress::new([192, 0, 2, last].into())
    }

    #[test]
    fn an_account_is_closed_after_too_many_attempts_until_the_window_is_over() {
        let (throttle, clock) = throttle();
        for _ in 0..ATTEMPTS_PER_ACCOUNT {
            throttle
                .attempt(&email("kim@example.com"), None)
                .expect("still open");
        }
        let refusal = throttle
            .attempt(&email("kim@example.com"), None)
            .expect_err("closed");
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::RateLimited, "too_many_attempts")
        );
        throttle
            .attempt(&email("lee@example.com"), None)
            .expect("another account");
        clock.advance(WINDOW);
        throttle
            .attempt(&email("kim@example.com"), None)
            .expect("open again");
    }

    #[test]
    fn an_address_that_tries_many_accounts_is_closed() {
        let (throttle, _) = throttle();
        for number in 0..ATTEMPTS_PER_ADDRESS {
            throttle
                .attempt(&email(&format!("kim{number}@example.com")), Some(address(1)))
                .expect("still open");
        }
        assert!(
            throttle
                .attempt(&email("lee@example.com"), Some(address(1)))
                .is_err()
        );
        throttle
            .attempt(&email("lee@example.com"), Some(address(2)))
            .expect("another address");
    }

    #[test]
    fn success_opens_the_account_anew() {
        let (throttle, _) = throttle();
        for _ in 0..10 {
            for _ in 1..ATTEMPTS_PER_ACCOUNT {
                throttle
                    .attempt(&email("kim@example.com"), None)
                    .expect("still open");
            }
            throttle.succeeded(&email("kim@example.com"));
        }
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_gives_way() {
        let mut counters = Counters::new(1);
        let at = |micros| Timestamp::from_micros(micros);
        for key in 0..CAPACITY as i64 {
            assert_eq!(counters.attempt(key, at(key)), None);
        }
        assert_eq!(counters.attempt(-1, at(CAPACITY as i64)), None);
        assert_eq!(counters.counters.len(), CAPACITY);
        assert!(!counters.counters.contains_key(&0));
    }

    #[test]
    fn addresses_of_one_ipv6_customer_count_together() {
        let one = ClientAddress::new("2001:db8:1:2:3::4".parse().expect("an address"));
        assert_eq!(
            one,
            ClientAddress::new("2001:db8:1:2:ffff::1".parse().expect("an address"))
        );
        assert_ne!(
            one,
            ClientAddress::new("2001:db8:1:3::4".parse().expect("an address"))
        );
        let mapped = ClientAddress::new("::ffff:192.0.2.1".parse().expect("an address"));
        assert_eq!(mapped, address(1));
    }
}
