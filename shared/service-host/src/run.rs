use std::process::ExitCode;

use anyhow::Context as _;
use domain::Clock;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{Host, HostConfig, telemetry::Telemetry};

/// The life of a process: telemetry, start, ready, signal, not ready, soft
/// stop, drain within the grace, hard stop, flush, exit code.
///
/// `start` binds every port first, then starts the services. The first SIGTERM
/// or SIGINT drains; a second one stops hard. The exit code is 0 for an orderly
/// stop and 1 for anything else, which is told on stderr.
pub fn run(config: HostConfig, start: impl AsyncFnOnce(&mut Host) -> anyhow::Result<()>) -> ExitCode {
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the run time cannot be started")
        .and_then(|runtime| runtime.block_on(live(config, start)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("mcp-orch: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn live(
    config: HostConfig,
    start: impl AsyncFnOnce(&mut Host) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut signals = Signals::new()?;
    let telemetry = Telemetry::install(&config.telemetry)?;
    let mut host = Host::with_metrics(config, Clock::system(), telemetry.metrics.clone())?;
    let outcome = tokio::select! {
        started = start(&mut host) => started.map(|()| true),
        () = signals.next() => Ok(false),
    };
    let outcome = match outcome {
        Ok(is_started) => {
            if is_started {
                tokio::select! {
                    () = signals.next() => tracing::info!("stopping, as a signal asked"),
                    () = host.stop_asked() => {}
                }
            }
            let shutdown = host.shutdown();
            tokio::select! {
                outcome = host.shut_down() => outcome,
                () = async { signals.next().await; shutdown.stop_hard(); std::future::pending().await } => Ok(()),
            }
        }
        Err(error) => {
            // What had been started before the failure ends in good order too.
            let _ = host.shut_down().await;
            Err(error)
        }
    };
    tokio::task::spawn_blocking(move || telemetry.flush())
        .await
        .context("telemetry was not flushed")?;
    outcome
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("signals cannot be listened to");
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
