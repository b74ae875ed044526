use std::process::ExitCode;

use anyhow::bail;
use database::{Database, Inspection, inspect};
use serde_json::{Value, json};

use crate::{
    data_folder::DataFolder,
    settings::Settings,
    stores::{Store, stores},
    wiring::{Addresses, fill_in},
};

/// Brings the databases of projects and logging up to date, and ends. Services
/// do the same when they start
#[derive(clap::Args)]
pub(crate) struct MigrateArgs {
    /// Change nothing and say what would be done. Exit code 0: nothing, 1: something, 2: a database cannot be
    /// looked at, or is of a newer release
    #[arg(long)]
    check: bool,

    /// As JSON
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    settings: Settings,
}

/// What became of one database.
struct Outcome {
    service: &'static str,
    result: anyhow::Result<Done>,
}

struct Done {
    inspection: Inspection,
    is_applied: bool,
}

/// 0: up to date; 1: it is not, or could not be brought there. With `--check`,
/// 2 says that it cannot be told.
pub(crate) async fn run(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    let mut config = args.settings.load()?;
    let data_dir = std::path::absolute(&config.data_dir)?;
    let addresses = Addresses::planned(&config);
    fill_in(&mut config, addresses, &data_dir);
    let stores = stores(&config);
    if stores.is_empty() {
        bail!(
            "neither projects nor logging is among the services of these settings: no other has a database"
        );
    }
    let files: Vec<_> = stores.iter().filter(|store| store.is_file()).collect();
    // A release that runs does not know what is done to its file.
    let _data = (!args.check && !files.is_empty())
        .then(|| {
            let services: Vec<_> = files.iter().map(|store| store.service).collect();
            DataFolder::open(&data_dir, &services)
        })
        .transpose()?;

    let mut outcomes = Vec::new();
    for store in stores {
        outcomes.push(Outcome {
            service: store.service,
            result: bring_up_to_date(store, args.check).await,
        });
    }
    if args.json {
        let all: Vec<_> = outcomes.iter().map(Outcome::json).collect();
        println!("{}", serde_json::to_string_pretty(&json!({"databases": all}))?);
    } else {
        for outcome in &outcomes {
            println!("{}", outcome.line());
        }
    }
    Ok(exit_code(&outcomes, args.check))
}

async fn bring_up_to_date(store: Store<'_>, is_check: bool) -> anyhow::Result<Done> {
    let inspection = inspect(store.url, store.migrations).await?;
    let is_applied = !is_check && !inspection.pending.is_empty();
    if is_applied {
        Database::open(store.url, store.migrations).await?.close().await;
    }
    Ok(Done {
        inspection,
        is_applied,
    })
}

fn exit_code(outcomes: &[Outcome], is_check: bool) -> ExitCode {
    if outcomes.iter().any(|outcome| outcome.result.is_err()) {
        return ExitCode::from(if is_check { 2 } else { 1 });
    }
    let is_behind = |outcome: &Outcome| outcome.result.as_ref().is_ok_and(Done::is_behind);
    if outcomes.iter().any(is_behind) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

impl Done {
    fn is_behind(&self) -> bool {
        !self.is_applied && !self.inspection.pending.is_empty()
    }
}

impl Outcome {
    fn line(&self) -> String {
        let Self { service, result } = self;
        match result {
            Err(error) => format!("{service:<9} {error:#}"),
            Ok(done) => {
                let Inspection {
                    engine,
                    version,
                    pending,
                    ..
                } = &done.inspection;
                let names: Vec<_> = pending
                    .iter()
                    .map(|migration| format!("{:04} {}", migration.version, migration.description))
                    .collect();
                let names = names.join(", ");
                let said = match (pending.is_empty(), done.is_applied) {
                    (true, _) => format!("up to date (migration {version:04})"),
                    (false, true) => format!("brought up to date: {names}"),
                    (false, false) => format!("to be done: {names}"),
                };
                format!("{service:<9} {engine:<10} {said}")
            }
        }
    }

    fn json(&self) -> Value {
        let done = match &self.result {
            Err(error) => return json!({"service": self.service, "error": format!("{error:#}")}),
            Ok(done) => done,
        };
        let pending: Vec<_> = done
            .inspection
            .pending
            .iter()
            .map(|migration| json!({"version": migration.version, "description": migration.description}))
            .collect();
        let (applied, pending) = if done.is_applied {
            (pending, Vec::new())
        } else {
            (Vec::new(), pending)
        };
        json!({
            "service": self.service,
            "engine": done.inspection.engine,
            "version_before": done.inspection.version,
            "applied": applied,
            "pending": pending,
        })
    }
}
