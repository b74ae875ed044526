//! The durable append log between gateway and logging. Knows nothing of MCP.
