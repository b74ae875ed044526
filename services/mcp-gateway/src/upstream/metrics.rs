use std::sync::Weak;

use domain::UpstreamState;
use opentelemetry::{KeyValue, metrics::Counter};

use super::Upstreams;

/// Answers of servers that nobody waited for any more. There from the start, so
/// that the first one is seen as a change.
pub(super) fn late_replies() -> Counter<u64> {
    let counter = opentelemetry::global::meter("mcp-gateway")
        .u64_counter("mcporch.upstream.late_replies")
        .with_description("Answers of servers that nobody waited for any more.")
        .build();
    counter.add(0, &[]);
    counter
}

/// Has the states of connections read whenever metrics are. They outlive the
/// service.
pub(super) fn register(upstreams: Weak<Upstreams>) {
    opentelemetry::global::meter("mcp-gateway")
        .u64_observable_gauge("mcporch.upstreams")
        .with_description("Connections to servers, by how they stand.")
        .with_callback(move |observer| {
            let Some(upstreams) = upstreams.upgrade() else {
                return;
            };
            let states = upstreams.states();
            for state in UpstreamState::ALL {
                let count = states.iter().filter(|found| *found == state).count();
                observer.observe(count as u64, &[KeyValue::new("state", state.as_str())]);
            }
        })
        .build();
}
