use benches::{Outcome, Pace, cpu_seconds, median};

use crate::{scene::Scene, table::Table};

const CONNECTIONS: [u32; 3] = [1, 16, 64];

/// Median figures of some rounds.
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
    for connections in CONNECTIONS {
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
        let relative = gateway.per_second() / nginx.per_second();
        let figure = format!("calls/s relative to nginx, {connections} connections");
        if connections == 1 {
            table.row(figure, "", "", format!("{relative:.2}"));
            let added = (gateway.p50_ms() - direct.p50_ms()) * 1_000.0;
            let figure = "added p50 over direct, 1 connection, microseconds";
            table.row(figure, "150", "60", format!("{added:.0}"));
        } else {
            table.row(figure, "0.5", "0.9", format!("{relative:.2}"));
            let relative = gateway.cpu() / nginx.cpu();
            let figure = format!("CPU of the gateway per call relative to nginx, {connections} connections");
            table.row(figure, "3.0", "1.5", format!("{relative:.2}"));
        }
    }
    pipes(scene, table).await
}

async fn pipes(scene: &Scene<'_>, table: &mut Table) -> anyhow::Result<()> {
    let mut figures = Figures::default();
    for _ in 0..scene.args.rounds {
        let run = scene.run(&scene.through_pipes(), 16, Pace::Closed).await?;
        figures.add(&run.outcome, run.cpu_seconds_per_1000);
    }
    figures.print("mcp-gateway, stdio", 16);
    let calls = format!("{:.0}", figures.per_second());
    table.row("stdio server, 16 connections, calls/s", "10000", "20000", calls);
    Ok(())
}

impl Figures {
    fn add(&mut self, outcome: &Outcome, cpu: f64) {
        self.per_second.push(outcome.per_second);
        self.p50_ms.push(outcome.timing.percentile_ms(0.5));
        self.p99_ms.push(outcome.timing.percentile_ms(0.99));
        self.cpu.push(cpu);
    }

    fn per_second(&self) -> f64 {
        median(self.per_second.clone())
    }

    fn p50_ms(&self) -> f64 {
        median(self.p50_ms.clone())
    }

    fn cpu(&self) -> f64 {
        median(self.cpu.clone())
    }

    fn print(&self, through: &str, connections: u32) {
        println!(
            "| {through} | {connections} | {:.0} | {:.3} | {:.3} | {:.4} |",
            self.per_second(),
            self.p50_ms(),
            median(self.p99_ms.clone()),
            self.cpu()
        );
    }
}
