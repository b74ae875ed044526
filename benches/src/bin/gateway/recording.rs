use benches::{Ask, Outcome, Pace, median, median_of_pairs};

use crate::{scene::Scene, table::Table};

const CONNECTIONS: u32 = 16;

const PARTS: [(&str, f64, &str, &str); 3] = [
    ("p50", 0.5, "20", "5"),
    ("p99", 0.99, "100", "50"),
    ("p99.9", 0.999, "1000", "500"),
];

/// A tool call beside a prompt of the same size: the same way, not recorded. One right
/// after the other, because the machine is faster at one time and slower at another: what
/// counts is the median of the differences.
pub(crate) async fn measure(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let pace = Pace::Open(scene.args.rate);
    let ask = async |ask: Ask| anyhow::Ok(scene.run(&ask, CONNECTIONS, pace).await?.outcome);
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for round in 0..scene.args.rounds {
        if round % 2 == 0 {
            without.push(ask(scene.unrecorded()).await?);
            with.push(ask(scene.through_http()).await?);
        } else {
            with.push(ask(scene.through_http()).await?);
            without.push(ask(scene.unrecorded()).await?);
        }
    }
    for (name, part, floor, goal) in PARTS {
        let of = |outcomes: &[Outcome]| -> Vec<f64> {
            let outcomes = outcomes.iter();
            outcomes
                .map(|outcome| outcome.timing.percentile_ms(part))
                .collect()
        };
        let (with, without) = (of(&with), of(&without));
        let added = median_of_pairs(&with, &without, |with, without| (with - without) * 1_000.0);
        let figure = format!("recorded beside not recorded, added {name}, microseconds");
        let measured = format!(
            "{added:.0} ({:.3} beside {:.3} ms)",
            median(with),
            median(without)
        );
        table.row(figure, floor, goal, measured);
    }
    Ok(())
}
