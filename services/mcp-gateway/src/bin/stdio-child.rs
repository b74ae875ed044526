//! What `mcp-orch stdio-child` does, as a program of its own: for tests, and
//! for whoever runs the gateway without the one binary.

fn main() -> std::process::ExitCode {
    mcp_gateway::run_stdio_child(std::env::args_os().skip(1))
}
