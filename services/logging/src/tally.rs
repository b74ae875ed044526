//! Counts by a number, as rollups keep them: of latency buckets, of the minutes
//! of an hour, of callers.

/// Bytes of a count. A pair is a number and its count, both big-endian.
const COUNT_BYTES: usize = 4;

/// How often each number was there, ascending by number. A number has two bytes
/// where nothing else is said.
///
/// In a row, because a month of a busy tool is half a million pairs that are put
/// together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally<const NUMBER_BYTES: usize = 2>(Vec<(u32, u64)>);

impl<const NUMBER_BYTES: usize> Tally<NUMBER_BYTES> {
    const PAIR_BYTES: usize = NUMBER_BYTES + COUNT_BYTES;

    pub(crate) fn add(&mut self, number: u32, count: u64) {
        match self.0.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(index) => self.0[index].1 += count,
            Err(index) => self.0.insert(index, (number, count)),
        }
    }

    /// Ascending by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        self.0.iter().copied()
    }

    /// The bytes of both together.
    pub(crate) fn merge(one: &[u8], other: &[u8]) -> Vec<u8> {
        let mut tally = Self::unpack(one);
        tally.add_packed(other);
        tally.pack()
    }

    pub(crate) fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.0.len() * Self::PAIR_BYTES);
        for (number, count) in self.iter() {
            bytes.extend(&number.to_be_bytes()[4 - NUMBER_BYTES..]);
            bytes.extend(u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
        }
        bytes
    }

    /// In whatever order the pairs are: a database may have put them together.
    pub(crate) fn add_packed(&mut self, bytes: &[u8]) {
        let number = |bytes: &[u8]| {
            bytes
                .iter()
                .fold(0, |number, byte| number << 8 | u32::from(*byte))
        };
        let pairs = bytes.chunks_exact(Self::PAIR_BYTES).map(|pair| {
            let (of, count) = pair.split_at(NUMBER_BYTES);
            (number(of), u64::from(number(count)))
        });
        self.0.extend(pairs);
        // Both parts are in order nearly always, which this sort finds and makes use of.
        self.0.sort_by_key(|(number, _)| *number);
        self.0.dedup_by(|later, earlier| {
            let is_same = later.0 == earlier.0;
            if is_same {
                earlier.1 += later.1;
            }
            is_same
        });
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

    /// Few numbers, of any size, so that some come more than once; and counts of which the
    /// forty of two such lists fit into the bytes of one.
    fn counts() -> impl Strategy<Value = Vec<(u16, u32)>> {
        let numbers = (0..50_u16).prop_map(|number| number * 1_311);
        prop::collection::vec((numbers, 0..=u32::MAX / 40), 0..20)
    }

    fn of<const BYTES: usize>(counts: &[(u16, u32)]) -> Tally<BYTES> {
        let mut tally = Tally::default();
        for (number, count) in counts {
            tally.add(u32::from(*number), u64::from(*count));
        }
        tally
    }

    proptest! {
        #[test]
        fn two_tallies_are_one_of_all(
            one in counts(),
            other in counts(),
        ) {
            let all: Vec<(u16, u32)> = one.iter().chain(&other).copied().collect();
            let merged = <Tally>::merge(&of::<2>(&one).pack(), &of::<2>(&other).pack());
            prop_assert_eq!(<Tally>::unpack(&merged), <Tally>::unpack(&of::<2>(&all).pack()));
        }

        #[test]
        fn pairs_come_in_any_order_and_more_than_once(
            one in counts(),
            other in counts(),
        ) {
            let put_together = [of::<2>(&one).pack(), of::<2>(&other).pack()].concat();
            let all: Vec<(u16, u32)> = one.into_iter().chain(other).collect();
            prop_assert_eq!(<Tally>::unpack(&put_together), of::<2>(&all));
        }

        #[test]
        fn wide_numbers_come_back(counts in prop::collection::vec(any::<(u32, u32)>(), 0..20)) {
            let mut tally = Tally::<4>::default();
            for (number, count) in counts {
                tally.add(number, u64::from(count >> 8));
            }
            prop_assert_eq!(Tally::unpack(&tally.pack()), tally);
        }

        #[test]
        fn no_bytes_make_the_reader_fall_over(bytes in prop::collection::vec(any::<u8>(), 0..50)) {
            <Tally>::unpack(&bytes);
            Tally::<4>::unpack(&bytes);
        }
    }
}
