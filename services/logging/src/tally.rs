//! Counts by a small number, as rollups keep them: of latency buckets, or of
//! the minutes of an hour.

use std::collections::BTreeMap;

/// Bytes of one pair: the number, then its count, both big-endian.
const PAIR_BYTES: usize = 6;

/// How often each number was there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally(BTreeMap<u16, u64>);

impl Tally {
    pub(crate) fn add(&mut self, number: u16, count: u64) {
        *self.0.entry(number).or_default() += count;
    }

    /// Ascending by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter().map(|(number, count)| (*number, *count))
    }

    /// The bytes of both together.
    pub(crate) fn merge(one: &[u8], other: &[u8]) -> Vec<u8> {
        let mut tally = Self::unpack(one);
        tally.add_packed(other);
        tally.pack()
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * PAIR_BYTES);
        for (number, count) in self.iter() {
            bytes.extend(number.to_be_bytes());
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
        }
        bytes
    }

    /// In whatever order the pairs are: a database may have put them together.
    pub(crate) fn add_packed(&mut self, bytes: &[u8]) {
        for pair in bytes.chunks_exact(PAIR_BYTES) {
            let number = u16::from_be_bytes([pair[0], pair[1]]);
            self.add(
                number,
                u32::from_be_bytes([pair[2], pair[3], pair[4], pair[5]]).into(),
            );
        }
    }

    pub(crate) fn unpack(bytes: &[u8]) -> Self {
        let mut tally = Self::default();
        tally.add_packed(bytes);
        tally
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(counts: &[(u16, u32)]) -> Tally {
        let mut tally = Tally::default();
        for (number, count) in counts {
            tally.add(*number, u64::from(*count));
        }
        tally
    }

    proptest! {
        #[test]
        fn two_tallies_are_one_of_all(
            one in prop::collection::vec(any::<(u16, u32)>(), 0..20),
            other in prop::collection::vec(any::<(u16, u32)>(), 0..20),
        ) {
            let all: Vec<(u16, u32)> = one.iter().chain(&other).copied().collect();
            let merged = Tally::merge(&of(&one).pack(), &of(&other).pack());
            prop_assert_eq!(Tally::unpack(&merged), Tally::unpack(&of(&all).pack()));
        }

        #[test]
        fn no_bytes_make_the_reader_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            Tally::unpack(&bytes);
        }
    }
}
