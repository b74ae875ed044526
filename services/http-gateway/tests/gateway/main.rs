//! The whole HTTP gateway over real sockets, with services of this folder
//! behind it that say what a test wants to hear.

mod auth;
mod backends;
mod connect;
mod document;
mod idempotency;
mod projects;
mod refusals;
mod stack;
mod tail;
mod tool_calls;
mod web;
