//! Many servers behind one endpoint: how their tools are named, what they
//! listed, and how their lists become one.

mod address;
mod annotated;
mod kind;
mod list;
mod merge;
mod merged_lists;
mod names;
mod shelf;
mod store;

pub(crate) use address::{exposed_uri, looks_exposed, resolve_uri};
pub(crate) use annotated::Annotated;
pub(crate) use kind::Kind;
pub(crate) use list::{Digest, Item, List, Page, without_items};
pub(crate) use merge::{Merged, Part};
pub(crate) use names::{ExposedName, Names, exposed_name};
pub(crate) use shelf::{LIST_DEADLINE, Shelf, Stored};
pub(crate) use store::Catalog;
