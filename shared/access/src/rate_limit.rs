use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroU32,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

const MINUTE: Duration = Duration::from_mins(1);

/// Buckets that are kept before full ones are thrown away, which are as good as
/// none.
const MAX_KEPT: usize = 4_096;

/// How many requests each API key may make: a bucket of tokens for each that has
/// a limit. Each service that clients come to counts for itself.
#[derive(Debug)]
pub struct RateLimits<K>(Mutex<HashMap<K, Bucket>>);

/// A whole minute's tokens fit in, so a client that was silent may send them at
/// once.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    filled_at: Instant,
}

impl<K> Default for RateLimits<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> RateLimits<K> {
    /// Takes one token of a key. The error is how long it takes until there is
    /// one.
    pub fn take(&self, key: K, per_minute: NonZeroU32, now: Instant) -> Result<(), Duration> {
        let size = f64::from(per_minute.get());
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEPT {
            buckets.retain(|_, bucket| now.duration_since(bucket.filled_at) < MINUTE);
        }
        let bucket = buckets.entry(key).or_insert(Bucket {
            tokens: size,
            filled_at: now,
        });
        let minutes = now.saturating_duration_since(bucket.filled_at).as_secs_f64() / MINUTE.as_secs_f64();
        // The limit may have been lowered meanwhile.
        bucket.tokens = (bucket.tokens + minutes * size).min(size);
        bucket.filled_at = now;
        if bucket.tokens < 1.0 {
            return Err(MINUTE.mul_f64((1.0 - bucket.tokens) / size));
        }
        bucket.tokens -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(per_minute: u32) -> NonZeroU32 {
        NonZeroU32::new(per_minute).expect("more than none")
    }

    #[test]
    fn a_key_that_waits_as_long_as_it_is_told_is_served() {
        let (limits, key, start) = (RateLimits::default(), 1, Instant::now());
        for _ in 0..6 {
            assert_eq!(limits.take(key, limit(6), start), Ok(()));
        }
        let wait = limits
            .take(key, limit(6), start)
            .expect_err("the bucket is empty");
        assert_eq!(wait, Duration::from_secs(10));
        assert!(limits.take(key, limit(6), start + wait / 2).is_err());
        assert_eq!(limits.take(key, limit(6), start + wait), Ok(()));
        assert_eq!(limits.take(2, limit(6), start), Ok(()), "another key");
    }

    proptest! {
        #[test]
        fn nobody_gets_more_than_two_minutes_in_one(
            per_minute in 1_u32..500,
            gaps_ms in prop::collection::vec(0_u64..2_000, 1..400),
        ) {
            let (limits, key) = (RateLimits::default(), 1);
            let start = Instant::now();
            let mut now = start;
            let mut taken = Vec::new();
            for gap in gaps_ms {
                now += Duration::from_millis(gap);
                if limits.take(key, limit(per_minute), now).is_ok() {
                    taken.push(now);
                }
            }
            for from in &taken {
                let within = taken.iter().filter(|at| *at >= from && at.duration_since(*from) < MINUTE);
                prop_assert!(within.count() <= 2 * per_minute as usize);
            }
        }
    }
}
