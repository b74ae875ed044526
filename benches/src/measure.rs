use std::time::{Duration, Instant};

/// How long something took, many times.
#[derive(Debug, Clone)]
pub struct Timing {
    sorted: Vec<Duration>,
}

/// Does something some times, one after the other.
pub async fn time(
    rounds: usize,
    mut what: impl AsyncFnMut(usize) -> anyhow::Result<()>,
) -> anyhow::Result<Timing> {
    let mut took = Vec::with_capacity(rounds);
    for round in 0..rounds {
        let begin = Instant::now();
        what(round).await?;
        took.push(begin.elapsed());
    }
    Ok(Timing::of(took))
}

impl Timing {
    /// Of what was measured elsewhere.
    pub fn of(mut took: Vec<Duration>) -> Self {
        took.sort_unstable();
        Self { sorted: took }
    }

    /// The time that a part of the rounds did not exceed, in milliseconds.
    pub fn percentile_ms(&self, part: f64) -> f64 {
        let index = ((self.sorted.len() as f64 * part).ceil() as usize).max(1) - 1;
        self.sorted
            .get(index)
            .map_or(0.0, |took| took.as_secs_f64() * 1_000.0)
    }
}

/// The middle one of some figures, the lower of two.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_unstable_by(f64::total_cmp);
    let middle = figures.len().saturating_sub(1) / 2;
    figures.get(middle).copied().unwrap_or(f64::NAN)
}

/// How two things compare that were measured one right after the other, round by round:
/// the machine is faster at one time and slower at another.
pub fn median_of_pairs(own: &[f64], other: &[f64], compare: impl Fn(f64, f64) -> f64) -> f64 {
    median(
        own.iter()
            .zip(other)
            .map(|(own, other)| compare(*own, *other))
            .collect(),
    )
}
