//! The gateway from outside: started as in production, with a projects and a
//! logging service that only remember, and a server that does as it is told.

#![allow(clippy::unwrap_used, missing_docs, reason = "tests")]

mod calls;
mod children;
mod client;
mod delivery;
mod doors;
mod dual_era;
mod eras;
mod http_server;
mod http_servers;
mod limits;
mod many_servers;
mod refusals;
mod rest;
mod resuming;
mod rounds;
mod secrets;
mod stack;
mod stateless;
mod subscriptions;
mod tls;
