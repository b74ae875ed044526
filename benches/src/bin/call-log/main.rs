//! The figures of the call log, see the README beside.

mod copy;
mod questions;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, ensure};
use benches::{Draw, Reader, Service, Shape};
use clap::Parser;
use database::{Database, on_database};
use domain::{Clock, ProjectId, Timestamp};
use proto::{
    logging::{ListToolCallsRequest, SummarizeToolCallsRequest, ToolCallFilter},
    page::PageRequest,
};
use questions::Questions;
use uuid::Uuid;

/// Measures the call log
#[derive(Parser)]
struct Args {
    /// An empty PostgreSQL database; absent: SQLite
    #[arg(long)]
    database_url: Option<String>,

    /// Keep the SQLite database in this folder, and store nothing where it is
    /// there already
    #[arg(long)]
    keep: Option<PathBuf>,

    /// The project that they are calls of
    #[arg(long, default_value_t = PROJECT)]
    project: Uuid,

    /// How many calls are stored
    #[arg(long, default_value_t = 200_000)]
    calls: u64,

    /// Over which time they lie
    #[arg(long, default_value_t = 24)]
    hours: u64,

    /// How large they are
    #[arg(long, default_value = "realistic")]
    shape: Shape,

    /// How often each question is asked; 0: nothing is asked
    #[arg(long, default_value_t = 20)]
    rounds: usize,

    /// On PostgreSQL: also COPY the same rows into the same tables, emptied, and
    /// ask nothing
    #[arg(long, requires = "database_url")]
    compare_copy: bool,
}

/// The same in each run, so that a kept database can be asked again.
const PROJECT: Uuid = Uuid::from_u128(0x0192_f0c1_7a3b_7c55_9d0e_2f4a_6b8c_0d1e);

/// Fewer calls than these wait for the index of words until more come.
const LEFT_TO_WAIT: i64 = 2_048;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let temporary = tempfile::tempdir()?;
    let folder = args.keep.clone().unwrap_or_else(|| temporary.path().to_owned());
    let url = match &args.database_url {
        Some(url) => url.clone(),
        None => format!("sqlite://{}", folder.join("logging.db").display()),
    };
    let service = Service::start(url.clone()).await?;
    let mut reader = service.reader();
    let is_there = newest(&mut reader, args.project).await?.is_some();
    if !is_there {
        store(&args, &service, &url).await?;
    }
    let now = newest(&mut reader, args.project)
        .await?
        .context("nothing is stored")?;
    check(&mut reader, &args, now).await?;
    match &args.database_url {
        Some(url) => print_disk(copy::database_bytes(url).await?, args.calls),
        None => print_disk(bytes_in(&folder)?, args.calls),
    }
    if args.compare_copy {
        let url = args.database_url.as_deref().context("PostgreSQL only")?;
        let seconds = copy::copy_again(url).await?;
        println!(
            "COPY of the same rows: {seconds:.1} s, {:.0} calls/s",
            args.calls as f64 / seconds
        );
        return service.stop().await;
    }
    if args.rounds == 0 {
        return service.stop().await;
    }
    let questions = Questions {
        reader,
        project: args.project,
        now,
        hours: args.hours,
        rounds: args.rounds,
    };
    questions.ask(args.calls).await?;
    service.stop().await
}

async fn store(args: &Args, service: &Service, url: &str) -> anyhow::Result<()> {
    let now = Clock::system().now();
    let draw = Draw::new(
        args.shape,
        ProjectId::from_uuid(args.project),
        args.calls,
        args.hours,
        now,
    );
    let begin = Instant::now();
    service.store(draw.take(args.calls as usize)).await?;
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{} calls stored in {seconds:.1} s: {:.0} calls/s",
        args.calls,
        args.calls as f64 / seconds
    );
    let waiting = indexed(url).await?;
    println!(
        "words of all but {waiting} indexed {:.1} s later",
        begin.elapsed().as_secs_f64() - seconds
    );
    Ok(())
}

/// Waits until all calls are in the index of words but those that wait for more.
/// Returns how many these are.
async fn indexed(url: &str) -> anyhow::Result<i64> {
    let database = Database::open(url, &logging::MIGRATIONS).await?;
    let waiting = loop {
        let waiting: i64 = on_database!(&database, |pool| {
            sqlx::query_scalar("SELECT COUNT(*) FROM unindexed_calls")
                .fetch_one(pool)
                .await?
        });
        if waiting < LEFT_TO_WAIT {
            break waiting;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    database.close().await;
    Ok(waiting)
}

/// Everything that was ever stored of the project.
fn everything(project: Uuid) -> ToolCallFilter {
    ToolCallFilter {
        project_id: project.to_string(),
        from_us: Some(1),
        to_us: Some(i64::MAX / 2),
        ..ToolCallFilter::default()
    }
}

/// When the newest call started.
async fn newest(reader: &mut Reader, project: Uuid) -> anyhow::Result<Option<Timestamp>> {
    let list = ListToolCallsRequest {
        filter: Some(everything(project)),
        page: Some(PageRequest {
            limit: 1,
            cursor: String::new(),
        }),
        ..ListToolCallsRequest::default()
    };
    let page = reader.list_tool_calls(list).await?.into_inner().tool_calls;
    Ok(page
        .first()
        .map(|call| Timestamp::from_micros(call.started_at_us)))
}

/// Every call is a row.
async fn check(reader: &mut Reader, args: &Args, now: Timestamp) -> anyhow::Result<()> {
    let summary = SummarizeToolCallsRequest {
        filter: Some(ToolCallFilter {
            to_us: Some(now.as_micros() + 1),
            ..everything(args.project)
        }),
        include_previous: false,
    };
    let total = reader.summarize_tool_calls(summary).await?.into_inner().total;
    ensure!(total == args.calls, "{total} of {} are in the store", args.calls);
    Ok(())
}

fn bytes_in(folder: &std::path::Path) -> anyhow::Result<u64> {
    let sizes = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()));
    Ok(sizes.sum())
}

fn print_disk(bytes: u64, calls: u64) {
    println!(
        "disk: {:.2} KiB per call, all indexes in",
        bytes as f64 / 1_024.0 / calls as f64
    );
}
