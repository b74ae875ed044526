use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use serde_json::Value;

use crate::{
    palette::Palette,
    project_reader::{Place, ProjectReader, Range},
};

mod line;

pub(crate) use line::duration_text;

/// Shows tool calls: searches, follows, shows one, exports
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    search: SearchArgs,

    #[command(subcommand)]
    command: Option<LogsCommand>,
}

#[derive(Subcommand)]
enum LogsCommand {
    /// One call with its arguments and its result
    Show {
        #[command(flatten)]
        place: Place,
        /// Id of the call
        id: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// All calls of a query, written to standard output
    Export {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        range: Range,
        /// ndjson or csv
        #[arg(long, default_value = "ndjson")]
        format: String,
        /// With arguments and results
        #[arg(long)]
        full: bool,
        /// status:error tool:search_* duration:>500ms "not found"
        query: Vec<String>,
    },
}

#[derive(clap::Args)]
struct SearchArgs {
    #[command(flatten)]
    place: Option<Place>,

    #[command(flatten)]
    range: Range,

    /// Go on with what comes in
    #[arg(long, short)]
    follow: bool,

    /// How many calls at most
    #[arg(long, short = 'n', default_value_t = 50)]
    limit: u32,

    /// One call as JSON in each line
    #[arg(long)]
    json: bool,

    /// status:error tool:search_* duration:>500ms "not found"
    query: Vec<String>,
}

/// 0: done; 1: refused, or nobody answers.
pub(crate) async fn run(args: LogsArgs) -> anyhow::Result<ExitCode> {
    let palette = Palette::of_terminal();
    match args.command {
        None => search(args.search, palette).await?,
        Some(LogsCommand::Show { place, id, json }) => {
            let call = ProjectReader::new(place)?
                .get(&format!("/tool-calls/{id}"), &[])
                .await?;
            if json {
                println!("{}", serde_json::to_string_pretty(&call)?);
            } else {
                print!("{}", line::whole(&call, palette));
            }
        }
        Some(LogsCommand::Export {
            place,
            range,
            format,
            full,
            query,
        }) => {
            let reader = ProjectReader::new(place)?;
            let mut parameters = range.parameters();
            parameters.push(("q", query.join(" ")));
            parameters.push(("format", format));
            parameters.push(("fields", if full { "full" } else { "summary" }.to_owned()));
            reader.copy_to_stdout("/tool-calls/export", &parameters).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn search(args: SearchArgs, palette: Palette) -> anyhow::Result<()> {
    let place = args
        .place
        .context("say where: --project and --key, or MCPORCH_PROJECT and MCPORCH_KEY")?;
    let reader = ProjectReader::new(place)?;
    let query = args.query.join(" ");
    let mut parameters = args.range.parameters();
    parameters.push(("q", query.clone()));
    parameters.push(("limit", args.limit.to_string()));
    let page = match reader.get("/tool-calls", &parameters).await {
        Ok(page) => page,
        Err(error) => return Err(error.context(format!("{query:?} was not answered"))),
    };
    let show = |call: &Value| {
        if args.json {
            println!("{call}");
        } else {
            println!("{}", line::short(call, palette));
        }
    };
    // The newest stands last, beside the prompt.
    let calls = page["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    calls.iter().rev().for_each(show);
    if !args.follow {
        return Ok(());
    }
    let cursor = page["page"]["newer"].as_str().unwrap_or_default().to_owned();
    reader.follow(&query, cursor, show).await
}
