use benches::{Pace, ServiceProcess, median};

use crate::{scene::Scene, table::Table};

const CONNECTIONS: u32 = 16;

/// What the logging service is while calls are made.
#[derive(Debug, Clone, Copy)]
enum State {
    Alive,
    Dead,
    Hung,
}

pub(crate) async fn measure(scene: &mut Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let mut alive = Vec::new();
    let (mut dead, mut hung) = (Vec::new(), Vec::new());
    for _ in 0..scene.args.rounds {
        alive.push(p99_ms(scene, State::Alive).await?);
        dead.push(p99_ms(scene, State::Dead).await?);
        hung.push(p99_ms(scene, State::Hung).await?);
    }
    let alive = median(alive);
    for (name, away) in [("dead", median(dead)), ("hung", median(hung))] {
        let change = (away / alive - 1.0) * 100.0;
        let figure = format!("call log {name}: change of p99");
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
