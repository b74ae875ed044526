//! Latencies as counts of fixed buckets: percentiles of any range are a sum, the
//! same on both databases.

/// Each bucket's upper edge is so much larger than the one before.
const RATIO: f64 = 1.1;

/// The bucket of a duration: the first whose upper edge is not below it.
pub(crate) fn bucket(duration_us: u64) -> i16 {
    if duration_us <= 1 {
        return 0;
    }
    let nearest = ((duration_us as f64).ln() / RATIO.ln()).round() as i16;
    // The logarithm is inexact where a duration is an edge.
    (nearest - 1..=nearest + 1)
        .find(|bucket| duration_us <= upper_edge_us(*bucket))
        .unwrap_or(nearest + 1)
}

/// The longest duration of a bucket.
pub(crate) fn upper_edge_us(bucket: i16) -> u64 {
    RATIO.powi(i32::from(bucket)).round() as u64
}

/// The duration that a part of all calls does not exceed, 0 < `part` <= 1.
/// `counts` are ascending by bucket; `None` when there are none.
pub(crate) fn percentile(counts: &[(i16, u64)], part: f64) -> Option<u64> {
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let rank = ((total as f64 * part).ceil() as u64).max(1);
    let mut seen = 0;
    counts.iter().find_map(|(bucket, count)| {
        seen += count;
        (rank <= seen).then(|| upper_edge_us(*bucket))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_duration_lies_in_its_bucket_and_the_edge_is_close(duration_us in 0_u64..1 << 52) {
            let bucket = bucket(duration_us);
            prop_assert!(duration_us <= upper_edge_us(bucket));
            prop_assert!(bucket == 0 || upper_edge_us(bucket - 1) < duration_us);
            prop_assert!(upper_edge_us(bucket) as f64 <= (duration_us as f64 * 1.1).max(1.0) + 1.0);
        }

        #[test]
        fn a_percentile_is_at_most_one_bucket_above_the_exact_one(
            mut durations in proptest::collection::vec(1_u64..10_000_000, 1..200),
            part in 0.01_f64..=1.0,
        ) {
            durations.sort_unstable();
            let mut counts = std::collections::BTreeMap::new();
            for duration in &durations {
                *counts.entry(bucket(*duration)).or_insert(0) += 1;
            }
            let counts: Vec<(i16, u64)> = counts.into_iter().collect();
            let rank = ((durations.len() as f64 * part).ceil() as usize).max(1);
            let exact = durations[rank - 1];
            prop_assert_eq!(percentile(&counts, part), Some(upper_edge_us(bucket(exact))));
        }
    }

    #[test]
    fn the_longest_duration_has_a_bucket() {
        assert!(bucket(u64::MAX) < 470);
        assert_eq!(percentile(&[], 0.5), None);
    }
}
