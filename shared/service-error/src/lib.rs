//! What a service says when it does not do what it was asked: one closed table
//! of codes with their gRPC and their HTTP column, and one error type that
//! travels through both.
//!
//! `code` is the table, `error` the type, `status` its gRPC form (with
//! `google.rpc.ErrorInfo` and `BadRequest` details), `problem` its HTTP form
//! (RFC 9457).

mod code;
mod error;
mod problem;
mod status;

pub use code::Code;
pub use error::{FieldError, ServiceError, Span};
pub use problem::Problem;
