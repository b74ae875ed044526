//! REST, OpenAPI and the live tail for the web UI, which it serves.
