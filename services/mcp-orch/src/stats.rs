use std::process::ExitCode;

use serde_json::Value;

use crate::project_reader::{Place, ProjectReader, Range};

/// Figures of tool calls: how many, how well, how fast
#[derive(clap::Args)]
pub(crate) struct StatsArgs {
    #[command(flatten)]
    place: Place,

    #[command(flatten)]
    range: Range,

    /// What to break down: tool, server, client, status, error_kind, error_message, session
    #[arg(long, default_value = "tool")]
    by: String,

    /// What the largest is by: calls, failed, p95_duration_us, avg_duration_us
    #[arg(long, default_value = "calls")]
    order: String,

    /// As JSON
    #[arg(long)]
    json: bool,

    /// status:error tool:search_* duration:>500ms "not found"
    query: Vec<String>,
}

/// 0: done; 1: refused, or nobody answers.
pub(crate) async fn run(args: StatsArgs) -> anyhow::Result<ExitCode> {
    let reader = ProjectReader::new(args.place)?;
    let mut parameters = args.range.parameters();
    parameters.push(("q", args.query.join(" ")));
    let summary = reader.get("/tool-calls/summary", &parameters).await?;
    parameters.push(("by", args.by));
    parameters.push(("order", args.order));
    let breakdown = reader.get("/tool-calls/breakdown", &parameters).await?;
    if args.json {
        let both = serde_json::json!({"summary": summary, "breakdown": breakdown["data"]});
        println!("{}", serde_json::to_string_pretty(&both)?);
    } else {
        print!(
            "{}",
            report(&summary, breakdown["data"].as_array().map_or(&[], Vec::as_slice))
        );
    }
    Ok(ExitCode::SUCCESS)
}

fn report(summary: &Value, rows: &[Value]) -> String {
    let number = |name: &str| summary[name].as_u64().unwrap_or(0);
    let mut lines = vec![
        format!(
            "{} calls ({} in the range before), {} succeed, {:.1} a minute",
            number("total"),
            summary["previous"]["total"].as_u64().unwrap_or(0),
            percent(&summary["success_rate"]),
            summary["calls_per_minute"].as_f64().unwrap_or(0.0),
        ),
        format!(
            "{} success, {} error, {} timeout, {} cancelled, {} running",
            number("success"),
            number("error"),
            number("timeout"),
            number("cancelled"),
            number("running"),
        ),
        format!(
            "p50 {}, p95 {}, p99 {}, average {}",
            duration(&summary["p50_duration_us"]),
            duration(&summary["p95_duration_us"]),
            duration(&summary["p99_duration_us"]),
            duration(&summary["avg_duration_us"]),
        ),
    ];
    if !rows.is_empty() {
        lines.push(String::new());
        lines.push(format!(
            "{:<44} {:>9} {:>9} {:>8} {:>9} {:>9}",
            "", "calls", "failed", "succeed", "p50", "p95"
        ));
    }
    for row in rows {
        let value = row["value"].as_str().unwrap_or_default();
        let name = match row["server_name"].as_str() {
            Some(server) => format!("{server}/{value}"),
            None => value.to_owned(),
        };
        let name: String = name
            .chars()
            .map(|character| if character.is_control() { ' ' } else { character })
            .take(44)
            .collect();
        lines.push(format!(
            "{name:<44} {:>9} {:>9} {:>8} {:>9} {:>9}",
            row["calls"].as_u64().unwrap_or(0),
            row["failed"].as_u64().unwrap_or(0),
            percent(&row["success_rate"]),
            duration(&row["p50_duration_us"]),
            duration(&row["p95_duration_us"]),
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn percent(rate: &Value) -> String {
    rate.as_f64()
        .map_or_else(|| "-".to_owned(), |rate| format!("{:.1} %", rate * 100.0))
}

fn duration(micros: &Value) -> String {
    micros
        .as_u64()
        .map_or_else(|| "-".to_owned(), crate::logs::duration_text)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_stand_in_words_and_a_table() {
        let summary = json!({
            "total": 20, "success": 19, "error": 1, "success_rate": 0.95, "calls_per_minute": 2.0,
            "p50_duration_us": 81_000, "previous": {"total": 10},
        });
        let rows =
            [json!({"value": "echo", "server_name": "demo", "calls": 20, "failed": 1, "success_rate": 0.95})];
        let report = report(&summary, &rows);
        assert!(
            report.starts_with("20 calls (10 in the range before), 95.0 % succeed, 2.0 a minute\n"),
            "{report}"
        );
        assert!(report.contains("p50 81 ms, p95 -"), "{report}");
        assert!(report.contains("demo/echo"), "{report}");
    }
}
