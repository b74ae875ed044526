//! The team/project service: users, teams, projects, members, keys, servers.
//!
//! One noun, one room: `users.rs` holds the rules, `users/store.rs` the SQL,
//! `users/rpc.rs` the gRPC, and so for each. Every call from outside goes
//! through `access`: who is it, and may they do this in that project. Every
//! change that a gateway must know goes through `snapshot`.

mod access;
mod activities;
mod administration;
mod allow_list;
mod api_keys;
mod client_address;
mod config;
#[cfg(test)]
mod fixture;
mod idempotency;
mod invitations;
mod members;
mod migrations;
mod names;
mod passwords;
mod places;
mod projects;
mod saved_views;
mod secrets;
mod servers;
mod sessions;
mod settings;
mod sign_in_links;
mod snapshot;
mod start;
mod teams;
#[cfg(test)]
mod test_project;
mod throttle;
mod trash;
mod users;
mod version;

pub use config::{Config, InvalidConfig, SignUp};
pub use migrations::MIGRATIONS;
pub use start::{Listeners, start};
