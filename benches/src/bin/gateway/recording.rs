use benches::{Outcome, Pace, median};

use crate::{scene::Scene, table::Table};

const CONNECTIONS: u32 = 16;

const PARTS: [(&str, f64, &str, &str); 3] = [
    ("p50", 0.5, "20", "5"),
    ("p99", 0.99, "100", "50"),
    ("p99.9", 0.999, "1000", "500"),
];

/// A tool call beside a prompt of the same size: the same way, not recorded.
pub(crate) async fn measure(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let pace = Pace::Open(scene.args.rate);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..scene.args.rounds {
        without.push(scene.run(&scene.unrecorded(), CONNECTIONS, pace).await?.outcome);
        with.push(scene.run(&scene.through_http(), CONNECTIONS, pace).await?.outcome);
    }
    for (name, part, floor, goal) in PARTS {
        let of = |outcomes: &[Outcome]| {
            let outcomes = outcomes.iter();
            median(
                outcomes
                    .map(|outcome| outcome.timing.percentile_ms(part))
                    .collect(),
            )
        };
        let (with, without) = (of(&with), of(&without));
        let added = (with - without) * 1_000.0;
        let figure = format!("recorded beside not recorded, added {name}, microseconds");
        let measured = format!("{added:.0} ({with:.3} beside {without:.3} ms)");
        table.row(figure, floor, goal, measured);
    }
    Ok(())
}
