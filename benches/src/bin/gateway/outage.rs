use benches::{Pace, ServiceProcess, median, median_of_pairs};

use crate::{scene::Scene, table::Table};

const CONNECTIONS: u32 = 16;

/// What the logging service is while calls are made.
#[derive(Debug, Clone, Copy)]
enum State {
    Alive,
    Dead,
    Hung,
}

/// One right after the other, because the machine is faster at one time and slower at
/// another: what counts is the median of the changes.
pub(crate) async fn measure(scene: &mut Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let mut times = [(); 3].map(|()| Vec::new());
    let mut states = [State::Alive, State::Dead, State::Hung];
    for _ in 0..scene.args.rounds {
        for state in states {
            times[state as usize].push(p99_ms(scene, state).await?);
        }
        states.reverse();
    }
    let [alive, dead, hung] = times;
    for (name, away) in [("dead", dead), ("hung", hung)] {
        let change = median_of_pairs(&away, &alive, |away, alive| (away / alive - 1.0) * 100.0);
        let figure = format!("call log {name}: change of p99");
        let (away, alive) = (median(away), median(alive.clone()));
        let measured = format!("{change:+.0} % ({away:.3} beside {alive:.3} ms)");
        table.row(figure, "+5 %", "none", measured);
    }
    Ok(())
}

/// Every call is a row when the service is back.
async fn p99_ms(scene: &mut Scene<'_>, state: State) -> anyhow::Result<f64> {
    let logging = ServiceProcess::Logging;
    let before = scene.rows().await?;
    match state {
        State::Alive => {}
        State::Dead => scene.deployment.kill_service(logging).await?,
        State::Hung => scene.deployment.signal(logging, "STOP").await?,
    }
    let pace = Pace::Open(scene.args.rate);
    let asked = scene.ask_only(&scene.through_http(), CONNECTIONS, pace).await;
    match state {
        State::Alive => {}
        State::Dead => scene.deployment.restart_service(logging).await?,
        State::Hung => scene.deployment.signal(logging, "CONT").await?,
    }
    let outcome = asked?;
    scene.rows_reach(before + outcome.requests).await?;
    Ok(outcome.timing.percentile_ms(0.99))
}
