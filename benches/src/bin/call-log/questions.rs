use std::time::Instant;

use anyhow::ensure;
use benches::{Reader, Timing, time};
use domain::Timestamp;
use proto::{
    logging::{
        BreakDownToolCallsRequest, ChartToolCallsRequest, CountFacetsRequest, Dimension,
        ExportToolCallsRequest, ListToolCallsRequest, SummarizeToolCallsRequest, ToolCallFilter,
    },
    page::PageRequest,
};
use tests::memory_mib;
use uuid::Uuid;

const HOUR_US: i64 = 3_600_000_000;
const HALF_AN_HOUR_US: i64 = HOUR_US / 2;

/// Filters of one kind each.
const FILTERS: [&str; 10] = [
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
];

/// What no call has, so that no page is full: all that could have it is read.
const OF_NONE: [&str; 6] = [
    "tool:nosuch",
    "tool:nosuch*",
    "client:nosuch",
    "duration:>1000s",
    "tool:search_issues duration:>1000s",
    "status:error code:1",
];

/// What people look for in payloads: frequent, rare, never there.
const TEXTS: [&str; 9] = [
    "latency",
    "\"pull request\"",
    "이슈를",
    "refused",
    "arguments.repo:acme/77",
    "arguments:throughput status:error",
    "nosuchword",
    "error:denied",
    "result:deploy*",
];

/// What is asked of a log that is full.
pub(crate) struct Questions {
    pub(crate) reader: Reader,
    pub(crate) project: Uuid,
    /// When the newest call started.
    pub(crate) now: Timestamp,
    /// Over which time the calls lie.
    pub(crate) hours: u64,
    pub(crate) rounds: usize,
}

impl Questions {
    /// Asks all of them and prints how long each took.
    pub(crate) async fn ask(mut self, calls: u64) -> anyhow::Result<()> {
        println!("\n{:<58} {:>9} {:>9}", "milliseconds", "p50", "p95");
        self.lists().await?;
        self.lists_of_none().await?;
        self.texts().await?;
        self.figures().await?;
        self.export(calls).await
    }

    /// The calls of the last hours.
    fn last(&self, hours: i64, q: &str) -> ToolCallFilter {
        let to_us = self.now.as_micros() + 1;
        ToolCallFilter {
            project_id: self.project.to_string(),
            from_us: Some(to_us - hours * HOUR_US),
            to_us: Some(to_us),
            q: q.to_owned(),
            ..ToolCallFilter::default()
        }
    }

    fn span_hours(&self) -> i64 {
        self.hours.cast_signed()
    }

    /// Half an hour, another one each time.
    async fn lists(&mut self) -> anyhow::Result<()> {
        let spread = self.span_hours() * HOUR_US - HALF_AN_HOUR_US;
        for q in FILTERS {
            let (rounds, all) = (self.rounds, self.last(self.span_hours(), q));
            let newest = self.now.as_micros();
            let timing = time(rounds, async |round| {
                let from_us = newest - HALF_AN_HOUR_US - spread / rounds as i64 * round as i64;
                let filter = ToolCallFilter {
                    from_us: Some(from_us),
                    to_us: Some(from_us + HALF_AN_HOUR_US),
                    ..all.clone()
                };
                self.reader.list_tool_calls(first_page(filter)).await?;
                Ok(())
            });
            row(&format!("list, 30 minutes, {q:?}"), &timing.await?);
        }
        Ok(())
    }

    /// Over all calls.
    async fn lists_of_none(&mut self) -> anyhow::Result<()> {
        let hours = self.span_hours();
        for q in OF_NONE {
            let filter = self.last(hours, q);
            let timing = time(self.rounds, async |_| {
                let page = self.reader.list_tool_calls(first_page(filter.clone())).await?;
                ensure!(page.into_inner().tool_calls.is_empty(), "a call has {q}");
                Ok(())
            });
            row(&format!("list, {hours} h, {q:?}"), &timing.await?);
        }
        Ok(())
    }

    async fn texts(&mut self) -> anyhow::Result<()> {
        let hours = self.span_hours().min(24);
        for q in TEXTS {
            let filter = self.last(hours, q);
            let timing = time(self.rounds, async |_| {
                self.reader.list_tool_calls(first_page(filter.clone())).await?;
                Ok(())
            });
            row(&format!("text, {hours} h, {q:?}"), &timing.await?);
        }
        Ok(())
    }

    async fn figures(&mut self) -> anyhow::Result<()> {
        let (rounds, hours) = (self.rounds, self.span_hours());
        for q in ["", "status:error", "tool:search_issues"] {
            let filter = Some(self.last(hours, q));
            let timing = time(rounds, async |_| {
                let facets = CountFacetsRequest {
                    filter: filter.clone(),
                    ..CountFacetsRequest::default()
                };
                self.reader.count_facets(facets).await?;
                Ok(())
            });
            row(&format!("facets, {hours} h, {q:?}"), &timing.await?);
            let timing = time(rounds, async |_| {
                let summary = SummarizeToolCallsRequest {
                    filter: filter.clone(),
                    include_previous: true,
                };
                self.reader.summarize_tool_calls(summary).await?;
                Ok(())
            });
            row(
                &format!("summary and the range before, {hours} h, {q:?}"),
                &timing.await?,
            );
            let timing = time(rounds, async |_| {
                let chart = ChartToolCallsRequest {
                    filter: filter.clone(),
                    group_by: Some(Dimension::Status.into()),
                    step_us: 0,
                };
                self.reader.chart_tool_calls(chart).await?;
                Ok(())
            });
            row(&format!("chart by status, {hours} h, {q:?}"), &timing.await?);
            let timing = time(rounds, async |_| {
                let breakdown = BreakDownToolCallsRequest {
                    filter: filter.clone(),
                    dimension: Dimension::Tool.into(),
                    ..BreakDownToolCallsRequest::default()
                };
                self.reader.break_down_tool_calls(breakdown).await?;
                Ok(())
            });
            row(&format!("breakdown by tool, {hours} h, {q:?}"), &timing.await?);
        }
        Ok(())
    }

    async fn export(&mut self, calls: u64) -> anyhow::Result<()> {
        let begin = Instant::now();
        let export = ExportToolCallsRequest {
            filter: Some(self.last(self.span_hours() + 1, "")),
            ..ExportToolCallsRequest::default()
        };
        let mut parts = self.reader.export_tool_calls(export).await?.into_inner();
        let mut exported = 0;
        while let Some(part) = parts.message().await? {
            exported += part.tool_calls.len() as u64;
        }
        ensure!(exported == calls, "{exported} of {calls} were exported");
        println!(
            "\nexport: {:.0} calls/s; most memory of this process: {} MiB",
            exported as f64 / begin.elapsed().as_secs_f64(),
            memory_mib(std::process::id(), "VmHWM:")
        );
        Ok(())
    }
}

fn first_page(filter: ToolCallFilter) -> ListToolCallsRequest {
    ListToolCallsRequest {
        filter: Some(filter),
        page: Some(PageRequest {
            limit: 50,
            cursor: String::new(),
        }),
        ..ListToolCallsRequest::default()
    }
}

fn row(name: &str, timing: &Timing) {
    println!(
        "{name:<58} {:>9.1} {:>9.1}",
        timing.percentile_ms(0.5),
        timing.percentile_ms(0.95)
    );
}
