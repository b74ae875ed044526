//! REST, OpenAPI and the live tail for the web UI, which it serves. It holds no
//! state and speaks no SQL: every answer comes from the services behind.
//!
//! `routes` is the table of addresses, with one room per noun; `backends` are
//! the services behind, `caller` who asks. `query`, `json_body`, `path`,
//! `entity_tag`, `time_range` and `stray_parameters` read requests, `json` writes answers, `problems` refusals,
//! `live` event streams. `openapi` makes the document, `docs_page` shows it,
//! `web_files` are the web UI. `client_configuration` is what client programs
//! are told to reach a project. `idempotency` does some requests once.
//! `csrf`, `cookie` and `security_headers` keep browsers honest. `start` puts it together.

mod app;
mod backends;
mod caller;
mod client_configuration;
mod config;
mod cookie;
mod csrf;
mod docs_page;
mod entity_tag;
mod idempotency;
mod json;
mod json_body;
mod live;
mod openapi;
mod origin;
mod path;
mod problems;
mod query;
mod routes;
mod security_headers;
mod start;
mod stray_parameters;
mod suggest;
mod time_range;
mod web_files;

pub use config::{Config, InvalidConfig};
pub use routes::openapi_document;
pub use start::{Listeners, start};
