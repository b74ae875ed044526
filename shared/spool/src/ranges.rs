/// A set of sequence numbers as ranges, ascending and apart from each other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    /// Adds a number that is larger than all in the set.
    pub(crate) fn push(&mut self, seq: u64) {
        match self.0.last_mut() {
            Some((_, last)) if *last + 1 == seq => *last = seq,
            _ => self.0.push((seq, seq)),
        }
    }

    /// Takes out all from `first` to `last`.
    pub(crate) fn remove(&mut self, first: u64, last: u64) {
        let apart = |&(low, high): &(u64, u64)| high < first || last < low;
        if first > last || self.0.iter().all(apart) {
            return;
        }
        self.0 = self
            .0
            .iter()
            .flat_map(|&(low, high)| {
                if apart(&(low, high)) {
                    return [Some((low, high)), None];
                }
                [
                    (low < first).then(|| (low, first - 1)),
                    (last < high).then(|| (last + 1, high)),
                ]
            })
            .flatten()
            .collect();
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn first(&self) -> Option<u64> {
        self.0.first().map(|(low, _)| *low)
    }

    pub(crate) fn count(&self) -> u64 {
        self.0.iter().map(|(low, high)| high - low + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_hold_what_a_set_would(
            pushed in proptest::collection::btree_set(1_u64..60, 0..40),
            removed in proptest::collection::vec((1_u64..60, 0_u64..20), 0..20),
        ) {
            let mut ranges = Ranges::default();
            let mut set: BTreeSet<u64> = pushed.clone();
            for seq in pushed {
                ranges.push(seq);
            }
            for (first, more) in removed {
                ranges.remove(first, first + more);
                set.retain(|seq| *seq < first || first + more < *seq);
                let held: BTreeSet<u64> = ranges.0.iter().flat_map(|&(low, high)| low..=high).collect();
                prop_assert_eq!(&held, &set);
                prop_assert_eq!(ranges.first(), set.first().copied());
                prop_assert_eq!(ranges.count(), set.len() as u64);
                prop_assert_eq!(ranges.is_empty(), set.is_empty());
                prop_assert!(ranges.0.windows(2).all(|pair| pair[0].1 < pair[1].0));
            }
        }
    }
}
