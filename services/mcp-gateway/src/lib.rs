//! The MCP gateway: clients in, servers out, every call recorded.
