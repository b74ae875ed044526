use benches::{Outcome, Pace, cpu_seconds, median, median_of_pairs};

use crate::{scene::Scene, table::Table};

/// Of the calls of the server over stdio.
const PIPES_CONNECTIONS: u32 = 16;

/// Figures of some rounds.
#[derive(Debug, Default)]
struct Figures {
    per_second: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    cpu: Vec<f64>,
}

pub(crate) async fn measure(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    println!("| through | connections | calls/s | p50 ms | p99 ms | CPU-s per 1000 calls |");
    println!("|---|---:|---:|---:|---:|---:|");
    let proxy = scene.nginx().await?;
    for &connections in &scene.args.connections {
        let [mut direct, mut nginx, mut gateway] = [(); 3].map(|()| Figures::default());
        for _ in 0..scene.args.rounds {
            let outcome = scene.ask_only(&scene.direct(), connections, Pace::Closed).await?;
            direct.add(&outcome, f64::NAN);

            let pids = proxy.pids()?;
            let before = cpu_seconds(&pids)?;
            let outcome = scene
                .ask_only(&scene.through(&proxy), connections, Pace::Closed)
                .await?;
            let cpu = cpu_seconds(&pids)? - before;
            nginx.add(&outcome, cpu / (outcome.requests as f64 / 1_000.0));

            let run = scene
                .run(&scene.through_http(), connections, Pace::Closed)
                .await?;
            gateway.add(&run.outcome, run.cpu_seconds_per_1000);
        }
        for (name, figures) in [("nothing", &direct), ("nginx", &nginx), ("mcp-gateway", &gateway)] {
            figures.print(name, connections);
        }
        let relative = median_of_pairs(&gateway.per_second, &nginx.per_second, |own, other| own / other);
        let figure = format!("calls/s relative to nginx, {connections} connections");
        if connections == 1 {
            table.row(figure, "", "", format!("{relative:.2}"));
            let added = median_of_pairs(&gateway.p50_ms, &direct.p50_ms, |own, other| own - other) * 1_000.0;
            let figure = "added p50 over direct, 1 connection, microseconds";
            table.row(figure, "150", "60", format!("{added:.0}"));
        } else {
            table.row(figure, "0.5", "0.9", format!("{relative:.2}"));
            let relative = median_of_pairs(&gateway.cpu, &nginx.cpu, |own, other| own / other);
            let figure = format!("CPU of the gateway per call relative to nginx, {connections} connections");
            table.row(figure, "3.0", "1.5", format!("{relative:.2}"));
        }
    }
    if scene.args.connections.contains(&PIPES_CONNECTIONS) {
        pipes(scene, table).await?;
    }
    Ok(())
}

async fn pipes(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let mut figures = Figures::default();
    for _ in 0..scene.args.rounds {
        let run = scene
            .run(&scene.through_pipes(), PIPES_CONNECTIONS, Pace::Closed)
            .await?;
        figures.add(&run.outcome, run.cpu_seconds_per_1000);
    }
    figures.print("mcp-gateway, stdio", PIPES_CONNECTIONS);
    let calls = format!("{:.0}", median(figures.per_second));
    let figure = format!("stdio server, {PIPES_CONNECTIONS} connections, calls/s");
    table.row(figure, "10000", "20000", calls);
    Ok(())
}

impl Figures {
    fn add(&mut self, outcome: &Outcome, cpu: f64) {
        self.per_second.push(outcome.per_second);
        self.p50_ms.push(outcome.timing.percentile_ms(0.5));
        self.p99_ms.push(outcome.timing.percentile_ms(0.99));
        self.cpu.push(cpu);
    }

    fn print(&self, through: &str, connections: u32) {
        println!(
            "| {through} | {connections} | {:.0} | {:.3} | {:.3} | {:.4} |",
            median(self.per_second.clone()),
            median(self.p50_ms.clone()),
            median(self.p99_ms.clone()),
            median(self.cpu.clone())
        );
    }
}
