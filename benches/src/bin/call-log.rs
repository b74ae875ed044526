//! The figures of the call log, see the README beside.

use std::time::Instant;

use anyhow::ensure;
use benches::{Draw, Service, Shape, time};
use clap::Parser;
use domain::{Clock, ProjectId};
use proto::{
    logging::{
        BreakDownToolCallsRequest, ChartToolCallsRequest, CountFacetsRequest, Dimension,
        ExportToolCallsRequest, ListToolCallsRequest, SummarizeToolCallsRequest, ToolCallFilter,
    },
    page::PageRequest,
};

/// Measures the call log
#[derive(Parser)]
struct Args {
    /// An empty database; absent: SQLite in a temporary folder
    #[arg(long)]
    database_url: Option<String>,

    /// How many calls are stored
    #[arg(long, default_value_t = 200_000)]
    calls: u64,

    /// Over which time they lie
    #[arg(long, default_value_t = 24)]
    hours: u64,

    /// How large they are
    #[arg(long, default_value = "realistic")]
    shape: Shape,

    /// How often each question is asked
    #[arg(long, default_value_t = 20)]
    rounds: usize,
}

const HALF_AN_HOUR_US: i64 = 30 * 60 * 1_000_000;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("logging.db");
    let is_sqlite = args.database_url.is_none();
    let url = args
        .database_url
        .unwrap_or_else(|| format!("sqlite://{}", file.display()));
    let service = Service::start(url).await?;
    let now = Clock::system().now();
    let project_id = ProjectId::new(&Clock::system());

    let begin = Instant::now();
    let draw = Draw::new(args.shape, project_id, args.calls, args.hours, now);
    service.store(draw.take(args.calls as usize)).await?;
    let seconds = begin.elapsed().as_secs_f64();
    println!(
        "{} calls stored in {seconds:.1} s: {:.0} calls/s",
        args.calls,
        args.calls as f64 / seconds
    );
    if is_sqlite {
        let bytes: u64 = std::fs::read_dir(folder.path())?
            .filter_map(|entry| Some(entry.ok()?.metadata().ok()?.len()))
            .sum();
        println!(
            "disk: {:.2} KiB per call, all indexes in",
            bytes as f64 / 1_024.0 / args.calls as f64
        );
    }

    let mut reader = service.reader();
    let all = ToolCallFilter {
        project_id: project_id.to_string(),
        from_us: Some(now.as_micros() - args.hours as i64 * 3_600_000_000),
        to_us: Some(now.as_micros() + 1),
        ..ToolCallFilter::default()
    };
    let summary = SummarizeToolCallsRequest {
        filter: Some(all.clone()),
        include_previous: false,
    };
    let total = reader.summarize_tool_calls(summary).await?.into_inner().total;
    ensure!(total == args.calls, "{total} of {} are in the store", args.calls);

    println!("\n{:<58} {:>9} {:>9}", "milliseconds", "p50", "p95");
    let row = |name: &str, timing: &benches::Timing| {
        println!(
            "{name:<58} {:>9.1} {:>9.1}",
            timing.percentile_ms(0.5),
            timing.percentile_ms(0.95)
        );
    };
    let spread = args.hours as i64 * 3_600_000_000 - HALF_AN_HOUR_US;
    for q in [
        "",
        "status:error",
        "tool:search_issues",
        "tool:run_*",
        "server:jira",
        "client:cline",
        "duration:>100ms",
        "kind:tool_error",
        "code:-32602",
        "-status:success",
    ] {
        let timing = time(args.rounds, async |round| {
            let from_us = now.as_micros() - HALF_AN_HOUR_US - spread / args.rounds as i64 * round as i64;
            let filter = ToolCallFilter {
                q: q.to_owned(),
                from_us: Some(from_us),
                to_us: Some(from_us + HALF_AN_HOUR_US),
                ..all.clone()
            };
            let list = ListToolCallsRequest {
                filter: Some(filter),
                page: Some(PageRequest {
                    limit: 50,
                    cursor: String::new(),
                }),
                ..ListToolCallsRequest::default()
            };
            reader.list_tool_calls(list).await?;
            Ok(())
        })
        .await?;
        row(&format!("list, 30 minutes, {q:?}"), &timing);
    }
    for q in [
        "latency",
        "\"pull request\"",
        "이슈",
        "refused",
        "arguments.repo:acme/77",
        "arguments:throughput status:error",
        "nosuchword",
        "error:denied",
        "result:deploy*",
    ] {
        let timing = time(args.rounds, async |_| {
            let list = ListToolCallsRequest {
                filter: Some(ToolCallFilter {
                    q: q.to_owned(),
                    ..all.clone()
                }),
                page: Some(PageRequest {
                    limit: 50,
                    cursor: String::new(),
                }),
                ..ListToolCallsRequest::default()
            };
            reader.list_tool_calls(list).await?;
            Ok(())
        })
        .await?;
        row(&format!("text, {} h, {q:?}", args.hours), &timing);
    }
    for q in ["", "status:error", "tool:search_issues"] {
        let filter = ToolCallFilter {
            q: q.to_owned(),
            ..all.clone()
        };
        let timing = time(args.rounds, async |_| {
            let facets = CountFacetsRequest {
                filter: Some(filter.clone()),
                ..CountFacetsRequest::default()
            };
            reader.count_facets(facets).await?;
            Ok(())
        })
        .await?;
        row(&format!("facets, {q:?}"), &timing);
        let timing = time(args.rounds, async |_| {
            let summary = SummarizeToolCallsRequest {
                filter: Some(filter.clone()),
                include_previous: true,
            };
            reader.summarize_tool_calls(summary).await?;
            Ok(())
        })
        .await?;
        row(&format!("summary with the range before, {q:?}"), &timing);
        let timing = time(args.rounds, async |_| {
            let chart = ChartToolCallsRequest {
                filter: Some(filter.clone()),
                group_by: Some(Dimension::Status.into()),
                step_us: 0,
            };
            reader.chart_tool_calls(chart).await?;
            Ok(())
        })
        .await?;
        row(&format!("chart by status, {q:?}"), &timing);
        let timing = time(args.rounds, async |_| {
            let breakdown = BreakDownToolCallsRequest {
                filter: Some(filter.clone()),
                dimension: Dimension::Tool.into(),
                ..BreakDownToolCallsRequest::default()
            };
            reader.break_down_tool_calls(breakdown).await?;
            Ok(())
        })
        .await?;
        row(&format!("breakdown by tool, {q:?}"), &timing);
    }

    let begin = Instant::now();
    let export = ExportToolCallsRequest {
        filter: Some(all),
        ..ExportToolCallsRequest::default()
    };
    let mut parts = reader.export_tool_calls(export).await?.into_inner();
    let mut exported = 0;
    while let Some(part) = parts.message().await? {
        exported += part.tool_calls.len() as u64;
    }
    ensure!(
        exported == args.calls,
        "{exported} of {} were exported",
        args.calls
    );
    println!(
        "\nexport: {:.0} calls/s",
        exported as f64 / begin.elapsed().as_secs_f64()
    );
    service.stop().await
}
