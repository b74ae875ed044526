use domain::{ErrorKind, ToolCallStatus};
use opentelemetry::{KeyValue, metrics::Counter};
use proto::{convert::FromWire as _, logging::ToolCall};

/// What the recorder counts. Each counter is there from the start, so that its
/// first count is seen as a change.
#[derive(Debug)]
pub(super) struct Counters {
    tool_calls: Counter<u64>,
    lost: Counter<u64>,
}

impl Counters {
    pub(super) fn new() -> Self {
        let meter = opentelemetry::global::meter("mcp-gateway");
        let counters = Self {
            tool_calls: meter
                .u64_counter("mcporch.tool_calls")
                .with_description("Tool calls that ended, by how they did.")
                .build(),
            lost: meter
                .u64_counter("mcporch.records.lost")
                .with_description("Records that the spool did not take. Never tool calls without a refusal.")
                .build(),
        };
        for status in [
            ToolCallStatus::Success,
            ToolCallStatus::Timeout,
            ToolCallStatus::Cancelled,
        ] {
            counters.count_calls(0, Some(status), None);
        }
        for kind in ErrorKind::ALL {
            let status = match kind {
                ErrorKind::ClientGone => ToolCallStatus::Cancelled,
                _ => ToolCallStatus::Error,
            };
            counters.count_calls(0, Some(status), Some(*kind));
        }
        for record in ["session", "server_log", "tool_call"] {
            counters.lost.add(0, &[KeyValue::new("record", record)]);
        }
        counters
    }

    /// A call has ended.
    pub(super) fn ended(&self, call: &ToolCall) {
        let status = ToolCallStatus::from_wire(call.status);
        self.count_calls(1, status, ErrorKind::from_wire(call.error_kind));
    }

    /// The spool did not take a record of that kind.
    pub(super) fn lost(&self, record: &'static str) {
        self.lost.add(1, &[KeyValue::new("record", record)]);
    }

    fn count_calls(&self, calls: u64, status: Option<ToolCallStatus>, kind: Option<ErrorKind>) {
        let labels = [
            KeyValue::new("status", status.map_or("", ToolCallStatus::as_str)),
            KeyValue::new("error_kind", kind.map_or("", ErrorKind::as_str)),
        ];
        self.tool_calls.add(calls, &labels);
    }
}
