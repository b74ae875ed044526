use std::process::ExitCode;

use service_host::{Host, dump, run};

use crate::{
    arrival::Arrival,
    config::Config,
    data_folder::DataFolder,
    settings::Settings,
    wiring::{GatewayPorts, Ports, wire},
};

/// Runs the services: all four, or those that are named.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    settings: Settings,

    /// Make no demo project in a new deployment
    #[arg(long)]
    no_demo: bool,

    /// Print the settings that would be used, without passwords, and end
    #[arg(long)]
    dump_config: bool,
}

/// Loads the configuration and lives until the end of the process.
pub(crate) fn serve(args: ServeArgs) -> ExitCode {
    let loaded = args.settings.load().and_then(|mut config| {
        config.demo &= !args.no_demo;
        let dumped = args.dump_config.then(|| dump(&config)).transpose()?;
        Ok((dumped, config))
    });
    match loaded {
        Ok((Some(text), _)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok((None, config)) => run(config.host.clone(), async |host| start(config, host).await),
        Err(error) => {
            eprintln!("mcp-orch: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Binds every port, starts the services in the order in which they need each
/// other, and says how to get in.
async fn start(mut config: Config, host: &mut Host) -> anyhow::Result<()> {
    let ports = Ports::bind(&config)?;
    let data = DataFolder::open(&config.data_dir, &config.running())?;
    wire(&mut config, &ports, &data)?;
    let arrival = Arrival::of(&config, &ports, &data)?;
    // Nobody else gets the folder before everything in it is closed.
    host.at_the_end(async move { drop(data) });

    host.describe(proto::FILE_DESCRIPTOR_SET);
    if let Some(grpc) = ports.projects {
        projects::start(config.projects, projects::Listeners { grpc }, host).await?;
    }
    if let Some(grpc) = ports.logging {
        logging::start(config.logging, logging::Listeners { grpc }, host).await?;
    }
    if let Some(GatewayPorts { grpc, mcp }) = ports.gateway {
        mcp_gateway::start(config.mcp_gateway, mcp_gateway::Listeners { grpc, mcp }, host).await?;
    }
    if let Some(http) = ports.http {
        http_gateway::start(config.http_gateway, http_gateway::Listeners { http }, host).await?;
    }
    tracing::info!("started");
    if let Some(arrival) = arrival {
        arrival.announce(host).await;
    }
    Ok(())
}
