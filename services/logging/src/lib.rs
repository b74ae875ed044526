//! The logging service: ingest, store, query, live tail of tool calls, sessions and server logs.
