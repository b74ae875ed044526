use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// How far apart marks are ...
const EVERY: Duration = Duration::from_secs(1);

/// ... and how many are kept. Of more, every second one goes, the younger ones
/// too: who waits for hours does not mind seconds.
const MAX_MARKS: usize = 4_096;

/// When frames were appended, to about a second.
#[derive(Debug)]
pub(crate) struct Ages {
    /// Since when there can be frames of an earlier process.
    opened: Instant,
    /// From which number on frames are not older than that.
    marks: VecDeque<(u64, Instant)>,
}

impl Ages {
    pub(crate) fn since(opened: Instant) -> Self {
        Self {
            opened,
            marks: VecDeque::new(),
        }
    }

    /// That frame is appended now.
    pub(crate) fn appended(&mut self, seq: u64, now: Instant) {
        if self
            .marks
            .back()
            .is_some_and(|(_, at)| now.duration_since(*at) < EVERY)
        {
            return;
        }
        if self.marks.len() == MAX_MARKS {
            let mut stays = false;
            self.marks.retain(|_| {
                stays = !stays;
                stays
            });
        }
        self.marks.push_back((seq, now));
    }

    /// Frames before that one are needed no more.
    pub(crate) fn forget_before(&mut self, seq: u64) {
        while self.marks.get(1).is_some_and(|(next, _)| *next <= seq) {
            self.marks.pop_front();
        }
    }

    /// How old that frame is; 0: one of an earlier process.
    pub(crate) fn age(&self, seq: u64, now: Instant) -> Duration {
        let mark = self.marks.iter().rev().find(|(first, _)| *first <= seq);
        now.duration_since(mark.map_or(self.opened, |(_, at)| *at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_frame_is_as_old_as_the_mark_before_it() {
        let opened = Instant::now();
        let mut ages = Ages::since(opened);
        for (seq, at) in [(1, 10_000), (2, 10_500), (3, 12_000), (4, 20_000)] {
            ages.appended(seq, opened + Duration::from_millis(at));
        }
        let now = opened + seconds(30);
        assert_eq!(ages.age(0, now), seconds(30));
        let of = |ages: &Ages| [1, 2, 3, 4, 5].map(|seq| ages.age(seq, now).as_secs());
        assert_eq!(of(&ages), [20, 20, 18, 10, 10]);
        ages.forget_before(3);
        assert_eq!(of(&ages)[2..], [18, 10, 10]);
    }

    #[test]
    fn what_waits_for_days_takes_no_more_memory_and_keeps_its_age() {
        let opened = Instant::now();
        let mut ages = Ages::since(opened);
        for second in 0..400_000 {
            ages.appended(second + 1, opened + seconds(second));
        }
        assert!(ages.marks.len() <= MAX_MARKS);
        let now = opened + seconds(400_000);
        assert_eq!(ages.age(1, now), seconds(400_000));
    }
}
