//! SQLite or PostgreSQL behind one text of SQL.
//!
//! A store holds a [`Database`] and writes each statement once, in the dialect
//! that both speak: `$1`, `RETURNING`, `ON CONFLICT`, row values, keyset pages.
//! [`on_database!`] and [`on_transaction!`] compile it for both. Ids are bound
//! as `Uuid`, times as microseconds (`BIGINT`), enums as their words.
//!
//! What the engines do not agree on lives in files of the store that are named
//! after the engine. Errors of the drivers become a [`DatabaseError`] here and
//! nowhere else; [`keyset`] makes and reads cursors of pages.

mod failure;
mod inspect;
pub mod keyset;
mod migrate;
mod open;
#[cfg(feature = "testing")]
pub mod testing;
mod transaction;

pub use failure::DatabaseError;
pub use inspect::{Inspection, PendingMigration, ServerInspection, inspect};
pub use migrate::Migrations;
pub use open::{Database, OpenError};
pub use transaction::Transaction;
